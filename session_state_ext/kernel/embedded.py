"""Sessions in this process, on the same file that a server would use: for a kernel that has no server.

The hub and the store are imported on the link's thread, for they take their time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from session_state_ext.errors import NotFound, SessionError
from session_state_ext.notebookfile import cells_at

from . import credential
from .archive import Archive
from .backend import Channel, Choice, Known, Lost
from .choice import Call, check_free, find
from .memory import MemoryBackend

if TYPE_CHECKING:
    from session_state_ext.hub import Hub
    from session_state_ext.hub.connection import Connection
    from session_state_ext.hub.processes import Process
    from session_state_ext.wire import Bindings

#: How long a kernel waits for another that looks for the same name.
_NAME_SECONDS = 10.0

_IN_MEMORY = (
    "Session: there is no server here and this notebook's session has no name, so it is kept in this kernel's memory "
    "only. To keep it: %session use NAME --new"
)
_READ_ONLY = (
    "Session: {where} cannot be written, so the session is kept in this kernel's memory only. "
    "Set JUPYTER_DATA_DIR to a folder of yours."
)


class EmbeddedBackend:
    """The sessions of the default store.

    The kernel's own is the one called ``name``, or that of the notebook at ``path``; where neither is known, a
    throw-away one in memory, and the store is opened only when another session is asked for.
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        path: str | None = None,
        url: str | None = None,
        call: Call | None = None,
    ) -> None:
        """``call``: a person named the session in Python, who is told whether it is there; else it is made."""
        self._name, self._path, self._url, self._call = name, path, url, call
        #: by the URLs of their stores; the process is that by which the others there see whether this kernel lives
        self._opened: dict[str, tuple[Hub, Process | None]] = {}
        self.chosen: str | None = None
        self._memory = None if name or path else MemoryBackend()
        self._fleeting: str | None = None
        self.remembered: Bindings | None = None

    @property
    def fleeting(self) -> str | None:
        """Why what is acknowledged does not outlive this kernel."""
        return self._fleeting if self._memory is None else _IN_MEMORY

    async def _hub(self, url: str | None = None) -> Hub:
        """That of this kernel's session, or of another store."""
        from session_state_ext.store.sql import SqlStore, default_url

        self._url = self._url or default_url()
        url = url or self._url
        if url not in self._opened:
            from session_state_ext.hub import Hub

            store = SqlStore(url, fallback=True)
            hub = Hub(store)
            await hub.start()
            if store.storage == "memory":
                self._fleeting = _READ_ONLY.format(where=url.partition("///")[2])
            self._opened[url] = hub, hub.processes.enter()
        return self._opened[url][0]

    async def attach(self) -> str:
        if self._memory is not None:
            return await self._memory.attach()
        if self.chosen is None and self._name is not None:
            self.chosen = await self._called(self._name)
        if self.chosen is not None:
            return self.chosen
        return await self._attach()

    async def _attach(self, choice: Choice | None = None) -> str:
        """The session of this notebook's path."""
        assert self._path is not None
        cells = await asyncio.to_thread(cells_at, self._path)
        notebooks = (await self._hub()).notebooks
        attached = await notebooks.attach(_local(), self._path, cells=cells, choose=choice)
        self.remembered = await notebooks.bound(_local(), self._path)
        return attached.session_id

    async def remember(self, bindings: Bindings) -> None:
        if self._path is not None and self._memory is None:
            await (await self._hub()).notebooks.bind(_local(), self._path, bindings)

    async def choose(self, choice: Choice) -> None:
        if self._memory is not None or self._path is None:
            raise SessionError("There is nothing to choose: this notebook has its session.")
        await self._attach(choice)

    async def _called(self, name: str) -> str:
        """The session that the environment names is there as soon as it is named; one, however many kernels start at
        once."""
        hub = await self._hub()
        with contextlib.ExitStack() as held:
            # Where nothing can be written there is nobody to share with either.
            with contextlib.suppress(OSError):
                held.enter_context(_only_one())
            known = await _listed(hub)
            if self._call is not None and (session_id := self._call.found(name, known)) is not None:
                return session_id
            try:
                return find(name, known)
            except NotFound:
                return (await hub.create(_local(), name=name)).session.id

    async def open(self, session_id: str) -> Channel:
        if self._memory is not None:
            return await self._memory.open(session_id)
        hub = await self._hub()
        process = next(process for one, process in self._opened.values() if one is hub)
        return EmbeddedChannel(hub, session_id, None if process is None else process.id)

    async def sessions(self) -> list[Known]:
        return await _listed(await self._hub(os.environ.get(credential.STORED)))

    async def use(self, name: str, *, new: bool) -> str:
        # Those with names are not where a session is that a run throws away.
        stored = os.environ.get(credential.STORED) or self._url
        hub = await self._hub(stored)
        known = await _listed(hub)
        if new:
            check_free(name, known)
            chosen = (await hub.create(_local(), name=name)).session.id
        else:
            chosen = find(name, known)
        credential.went_over(chosen, next((one.revision for one in known if one.session_id == chosen), 0))
        self.chosen, self._url, self._memory = chosen, stored, None
        return chosen

    def archive(self, session_id: str) -> Archive:
        if self._memory is not None:
            return self._memory.archive(session_id)
        from .embeddedarchive import EmbeddedArchive

        # A session that is talked of has been attached to, which has opened the store.
        assert self._url is not None
        hub, _ = self._opened[self._url]
        return EmbeddedArchive(hub, _local(), session_id)

    async def close(self) -> None:
        opened, self._opened = self._opened, {}
        for hub, process in opened.values():
            if process is not None:
                with contextlib.suppress(SessionError):
                    await hub.runs.interrupt(process.id)
            await hub.stop()
            if process is not None:
                process.leave()


async def _listed(hub: Hub) -> list[Known]:
    return [
        Known(
            session_id=one.session_id,
            name=one.name,
            paths=list(one.paths),
            revision=one.revision,
            updated_at=one.updated_at,
            variable_count=one.variable_count,
        )
        for one in await hub.list(_local())
    ]


def _only_one() -> AbstractContextManager[Any]:
    """Held by whoever looks for a session by its name and makes it. Raises OSError; being late is one."""
    from filelock import FileLock
    from jupyter_core.paths import jupyter_data_dir

    where = Path(jupyter_data_dir()) / "session_state" / "names.lock"
    return FileLock(where, timeout=_NAME_SECONDS, thread_local=False)


def _local() -> str:
    """The owner of everything on this machine, as on a server with its own token."""
    from session_state_ext.hub import LOCAL

    return LOCAL


class EmbeddedChannel:
    """The live channel without a wire."""

    def __init__(self, hub: Hub, session_id: str, process: str | None) -> None:
        from session_state_ext.hub.connection import Connection

        self._frames: asyncio.Queue[bytes | Lost] = asyncio.Queue()
        self._ended: Lost | None = None
        self._connection: Connection = Connection(
            hub,
            _local(),
            session_id,
            role="kernel",
            kernel=process,
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
