"""Sending what earlier kernels of a session could not send, under their own client ids."""

from __future__ import annotations

from session_state_ext.errors import SessionError, StorageReadOnly, Unavailable
from session_state_ext.wire import Hello, Reject, Welcome, decode_server_frame, encode

from .backend import Backend, Channel, Lost
from .outbox import Outbox, Refusal
from .replica import Replica, Resync

#: Close codes after which the open mutate would only bring the same end again, and why it is refused.
FATAL_TO_MUTATE = {1009: "too-large", 4413: "too-large", 4400: "invalid-frame"}


async def send_abandoned(backend: Backend, session_id: str) -> list[Refusal]:
    """Send all that kernels of this session left behind; what of it was refused."""
    if backend.fleeting is not None:
        return []
    from . import leftovers

    refused: list[Refusal] = []
    with leftovers.abandoned(session_id, leftovers.folder()) as found:
        for path, outbox in found:
            try:
                refused += await _send_all(backend, session_id, outbox)
            except (OSError, SessionError, Lost, Resync):
                continue  # it stays for the next time
            path.unlink(missing_ok=True)
    return refused


async def _send_all(backend: Backend, session_id: str, outbox: Outbox) -> list[Refusal]:
    """Send the whole of an outbox; what of it was refused. Raises where the channel ends before."""
    replica = Replica(outbox.client)
    replica.outbox = outbox
    while True:
        channel = await backend.open(session_id)
        try:
            return await _send_over(channel, replica)
        except Lost as lost:
            if lost.code not in FATAL_TO_MUTATE:
                raise
            replica.unblock(FATAL_TO_MUTATE[lost.code], str(lost))
        finally:
            await channel.close()


async def _send_over(channel: Channel, replica: Replica) -> list[Refusal]:
    await channel.send(encode(Hello(**replica.hello())))
    while True:
        frame = decode_server_frame(await channel.receive())
        if isinstance(frame, Welcome) and frame.meta.storage == "read-only":
            raise StorageReadOnly
        if isinstance(frame, Reject) and frame.code == Unavailable.code:
            raise Unavailable(frame.message)
        opened = replica.receive(frame) or replica.freeze()
        if opened is not None:
            await channel.send(opened.body)
        elif replica.known and not replica.outbox:
            return replica.refused
