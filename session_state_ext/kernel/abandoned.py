"""Sending what earlier kernels of a session could not send, under their own client ids."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from session_state_ext.errors import SessionError, StorageReadOnly, Unavailable
from session_state_ext.wire import Hello, Overwritten, Reject, Welcome, decode_server_frame, encode

from .backend import Backend, Channel, Lost
from .outbox import Refusal
from .replica import Replica, Resync

if TYPE_CHECKING:
    from .leftovers import Abandoned

#: Close codes after which the open mutate would only bring the same end again, and why it is refused.
FATAL_TO_MUTATE = {1009: "too-large", 4413: "too-large", 4400: "invalid-frame"}


#: What could not be sent is tried again after a time that doubles from the first to the second.
AGAIN_SECONDS = (1.0, 60.0)


class Told(NamedTuple):
    """What whoever sends it has to tell of an outbox."""

    refused: list[Refusal]
    overwritten: list[Overwritten]
    #: whether there is more, which could not be sent now
    left: bool


async def send_abandoned(backend: Backend, session_id: str) -> Told:
    """Send all that kernels of this session left behind; what of it was refused, and what it replaced."""
    refused: list[Refusal] = []
    overwritten: list[Overwritten] = []
    left_some = False
    if backend.fleeting is not None:
        return Told(refused, overwritten, left_some)
    from . import leftovers

    with leftovers.abandoned(session_id, leftovers.folder()) as found:
        for left in found:
            replica = Replica(left.outbox.client)
            replica.outbox = left.outbox
            try:
                await _send_all(backend, session_id, replica, left)
                left.remove()
            except (OSError, SessionError, Lost, Resync):
                left_some = True
                # The rest stays for the next time. Of what was answered nobody else will tell.
                with contextlib.suppress(OSError):
                    left.write(replica.rows)
            refused += replica.refused
            overwritten += replica.conflicts
    return Told(refused, overwritten, left_some)


async def send_rest(backend: Backend, session_id: str, tell: Callable[[Told], bool]) -> None:
    """Try again what could not be sent, until nothing is left or this is cancelled; ``tell`` says whether there is."""
    seconds, most = AGAIN_SECONDS
    while True:
        await asyncio.sleep(seconds)
        if not tell(await send_abandoned(backend, session_id)):
            return
        seconds = min(2 * seconds, most)


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
        frame = decode_server_frame(await channel.receive())
        if isinstance(frame, Welcome) and frame.meta.storage == "read-only":
            raise StorageReadOnly
        if isinstance(frame, Reject) and frame.code == Unavailable.code:
            raise Unavailable(frame.message)
        opened = replica.receive(frame) or replica.freeze()
        if opened is not None:
            # Number and body first, or whoever comes after us would send the same edits under another one.
            left.write(replica.rows)
            await channel.send(opened.body)
        elif replica.waits is not None:
            raise Unavailable(replica.waits)
        elif replica.known and not replica.outbox:
            return
