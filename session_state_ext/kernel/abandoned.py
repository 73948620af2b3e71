"""Sending what earlier kernels of a session could not send, under their own client ids."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from session_state_ext.errors import SessionError
from session_state_ext.wire import Hello, Overwritten, decode_server_frame, encode

from .backend import Backend, Channel, Lost
from .outbox import Refusal
from .replica import Replica, Resync

if TYPE_CHECKING:
    from .leftovers import Abandoned

#: Close codes after which the open mutate would only bring the same end again, and why it is refused.
FATAL_TO_MUTATE = {1009: "too-large", 4413: "too-large", 4400: "invalid-frame"}


class Told(NamedTuple):
    """What whoever sends it has to tell of an outbox."""

    refused: list[Refusal]
    overwritten: list[Overwritten]


async def send_abandoned(backend: Backend, session_id: str) -> Told:
    """Send all that kernels of this session left behind; what of it was refused, and what it replaced."""
    told = Told([], [])
    if backend.fleeting is not None:
        return told
    from . import leftovers

    with leftovers.abandoned(session_id, leftovers.folder()) as found:
        for left in found:
            replica = Replica(left.outbox.client)
            replica.outbox = left.outbox
            try:
                await _send_all(backend, session_id, replica, left)
                left.remove()
            except (OSError, SessionError, Lost, Resync):
                # The rest stays for the next time. Of what was answered nobody else will tell.
                with contextlib.suppress(OSError):
                    left.write(replica.rows)
            told.refused.extend(replica.refused)
            told.overwritten.extend(replica.conflicts)
    return told


async def _send_all(backend: Backend, session_id: str, replica: Replica, left: Abandoned) -> None:
    """Send the whole of an outbox. Raises where the channel ends before."""
    resynced = False
    while True:
        channel = await backend.open(session_id)
        try:
            await _send_over(channel, replica, left)
            return
        except Lost as lost:
            if lost.code not in FATAL_TO_MUTATE:
                raise
            replica.unblock(FATAL_TO_MUTATE[lost.code], str(lost))
        except Resync:
            if resynced:
                raise
            resynced, replica.tip = True, None
        finally:
            await channel.close()


async def _send_over(channel: Channel, replica: Replica, left: Abandoned) -> None:
    await channel.send(encode(Hello(**replica.hello())))
    while True:
        opened = replica.receive(decode_server_frame(await channel.receive())) or replica.freeze()
        if opened is not None:
            # Number and body first, or whoever comes after us would send the same edits under another one.
            left.write(replica.rows)
            await channel.send(opened.body)
        elif replica.known and not replica.outbox:
            return
