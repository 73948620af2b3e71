"""What makes a cell see every edit made before it was started: editors are asked for what they hold back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from session_state_ext.names import new_tag

if TYPE_CHECKING:
    from session_state_ext.wire import InvalidField

    from .live import Listener, Live


async def ask_to_flush(live: Live, asker: Listener, *, timeout: float) -> tuple[list[str], list[InvalidField]]:
    """Ask every other editor that holds edits, and wait ``timeout`` seconds at most.

    Gives the client ids of those that did not answer, and the fields that hold what cannot be sent. One that
    was late is not waited for again until it sends a frame.
    """
    late = [client for client in live.lost_lately() if client != asker.client]
    tag = new_tag()
    asked: dict[asyncio.Future[list[InvalidField] | None], Listener] = {}
    for listener in list(live.listeners):
        if listener is asker or not listener.holds_edits:
            continue
        if listener.late:
            late.append(listener.client)
        else:
            asked[listener.flush(tag)] = listener
    invalid: list[InvalidField] = []
    if asked:
        await asyncio.wait(asked, timeout=timeout)
        for answer, listener in asked.items():
            fields = answer.result() if answer.done() else None
            if fields is not None:
                invalid += fields
                continue
            late.append(listener.client)
            listener.late = True
            answer.cancel()
    return late, invalid
