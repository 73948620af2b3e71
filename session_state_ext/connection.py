"""One client's side of the live channel, without a transport.

The server carries it over a WebSocket (server/channel.py); a kernel that has no server holds it in process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from .hub import Hub


class Connection:
    """One client at one session, from its hello to its end.

    ``send`` is called on the hub's event loop with each frame (UTF-8 JSON text), in order; it must not
    block and must not call back. ``close`` is called at most once, when the connection ends from this side,
    with a close code of the contract (4400 protocol error, 4401 not allowed any more, 4404 no such session or
    deleted, 4408 no hello, 4409 replaced by a newer connection of this client, 4429 resync, 1001 going away)
    and a sentence; nothing is sent after it. The first frame must be a hello, within ``hello_timeout`` seconds
    of construction.

    ``role`` "kernel" is never asked to flush. ``kernel`` is the kernel's id, for origins and for
    :meth:`Hub.kernel_died`. ``user`` is shown as the origin's user; None leaves it out.
    """

    def __init__(
        self,
        hub: Hub,
        owner: str,
        session_id: str,
        *,
        role: Literal["editor", "kernel"],
        user: str | None,
        send: Callable[[bytes], None],
        close: Callable[[int, str], None],
        kernel: str | None = None,
        read_only: bool = False,
    ) -> None: ...

    async def receive(self, data: bytes | str) -> None:
        """Take one frame. Answers come through ``send``, not necessarily before this returns.

        Never raises for what a client sent: that is answered by ``reject``, ``error`` or ``close``. Frames take
        effect in the order of the calls.
        """

    async def closed(self) -> None:
        """The transport is gone. Mutates already received are still committed. Idempotent."""
