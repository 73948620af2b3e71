"""What makes a cell see every edit made before it was started: editors are asked for what they hold back."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from session_state_ext.names import new_tag

if TYPE_CHECKING:
    from session_state_ext.wire import InvalidField

    from .live import Listener, Live

#: An editor that was lost while it held edits is named as late for this long.
_LOST_SECONDS = 60.0


async def ask_to_flush(live: Live, asker: Listener, *, timeout: float) -> tuple[list[str], list[InvalidField]]:
    """Ask every other editor that holds edits, and wait ``timeout`` seconds at most.

    Gives the client ids of those that did not answer, and the fields that hold what cannot be sent. One that
    was late is not waited for again until it sends a frame.
    """
    now = time.monotonic()
    for client in [client for client, since in live.lost.items() if now - since > _LOST_SECONDS]:
        del live.lost[client]
    late = [client for client in live.lost if client != asker.client]
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
