"""Sessions in this process, on the same file that a server would use: for a kernel that has no server.

The hub and the store are imported on the link's thread, for they take their time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from session_state_ext.errors import NotFound

from .backend import Channel, Known, Lost
from .choice import choose
from .memory import MemoryBackend

if TYPE_CHECKING:
    from session_state_ext.connection import Connection
    from session_state_ext.hub import Hub


class EmbeddedBackend:
    """The sessions of the default store.

    The kernel's own is the one called ``name``, or that of the notebook at ``path``; where neither is known, a
    throw-away one in memory, and the store is opened only when another session is asked for.
    """

    local = True

    def __init__(self, *, name: str | None = None, path: str | None = None, url: str | None = None) -> None:
        self._name, self._path, self._url = name, path, url
        self._opened: Hub | None = None
        self._chosen: str | None = None
        self._memory = None if name or path else MemoryBackend()

    @property
    def durable(self) -> bool:
        """Whether the kernel's session is kept in the store."""
        return self._memory is None

    async def _hub(self) -> Hub:
        if self._opened is None:
            from session_state_ext.hub import Hub
            from session_state_ext.store.sql import SqlStore, default_url

            hub = Hub(SqlStore(self._url or default_url()))
            await hub.start()
            self._opened = hub
        return self._opened

    async def attach(self) -> str:
        if self._memory is not None:
            return await self._memory.attach()
        if self._chosen is None and self._name is not None:
            # A session that a program names is there as soon as it is named.
            try:
                self._chosen = choose(self._name, await self.sessions(), new=False)
            except NotFound:
                self._chosen = await self._create(self._name)
        if self._chosen is not None:
            return self._chosen
        assert self._path is not None
        return (await (await self._hub()).attach(_local(), self._path)).session_id

    async def _create(self, name: str) -> str:
        return (await (await self._hub()).create(_local(), name=name)).session.id

    async def open(self, session_id: str) -> Channel:
        if self._memory is not None:
            return await self._memory.open(session_id)
        return EmbeddedChannel(await self._hub(), session_id)

    async def sessions(self) -> list[Known]:
        listed = await (await self._hub()).list(_local())
        return [
            Known(
                session_id=one.session_id,
                name=one.name,
                paths=list(one.paths),
                revision=one.revision,
                updated_at=one.updated_at,
                variable_count=one.variable_count,
            )
            for one in listed
        ]

    async def use(self, name: str, *, new: bool) -> str:
        session_id = choose(name, await self.sessions(), new=new)
        self._chosen = session_id or await self._create(name)
        self._memory = None
        return self._chosen

    async def close(self) -> None:
        if self._opened is not None:
            hub, self._opened = self._opened, None
            await hub.stop()


def _local() -> str:
    """The owner of everything on this machine, as on a server with its own token."""
    from session_state_ext.hub import LOCAL

    return LOCAL


class EmbeddedChannel:
    """The live channel without a wire."""

    def __init__(self, hub: Hub, session_id: str) -> None:
        from session_state_ext.connection import Connection
        from session_state_ext.hub import LOCAL

        self._frames: asyncio.Queue[bytes | Lost] = asyncio.Queue()
        self._ended: Lost | None = None
        self._connection: Connection = Connection(
            hub,
            LOCAL,
            session_id,
            role="kernel",
            user=None,
            send=self._frames.put_nowait,
            close=lambda code, reason: self._frames.put_nowait(Lost(code, reason)),
        )

    async def send(self, frame: bytes) -> None:
        if self._ended is not None:
            raise self._ended
        await self._connection.receive(frame)

    async def receive(self) -> bytes:
        if self._ended is not None:
            raise self._ended
        frame = await self._frames.get()
        if isinstance(frame, Lost):
            self._ended = frame
            raise frame
        return frame

    async def close(self) -> None:
        await self._connection.closed()
