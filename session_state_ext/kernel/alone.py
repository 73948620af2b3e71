"""A kernel of a server that no notebook runs, or none yet: until a session is named it has a throw-away one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from .backend import Channel, Moved

IN_MEMORY = (
    "Session: no notebook of this server runs this kernel, so its session is kept in this kernel's memory only. "
    "To keep it: %session use NAME --new"
)
#: Whether it has a notebook by now is asked after a time that doubles from the first to the second.
LOOK_SECONDS = (2.0, 60.0)


class Alone:
    """The channel of such a session; it ends when the kernel has a notebook after all."""

    def __init__(self, channel: Channel, has_notebook: Callable[[], Awaitable[bool]]) -> None:
        self._channel = channel
        self._has_notebook = has_notebook
        self._looking = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        seconds, most = LOOK_SECONDS
        await asyncio.sleep(seconds)
        while not await self._has_notebook():
            seconds = min(2 * seconds, most)
            await asyncio.sleep(seconds)

    async def send(self, frame: bytes) -> None:
        await self._channel.send(frame)

    async def receive(self) -> bytes | str:
        frame = asyncio.ensure_future(self._channel.receive())
        try:
            await asyncio.wait([frame, self._looking], return_when=asyncio.FIRST_COMPLETED)
            if frame.done():
                return frame.result()
            raise Moved
        finally:
            frame.cancel()

    async def close(self) -> None:
        self._looking.cancel()
        await self._channel.close()
