"""Which notebook a kernel runs, the credential it gets for that, and where notebooks go."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from jupyter_core.paths import jupyter_runtime_dir
from jupyter_core.utils import ensure_async
from jupyter_server.base.call_context import CallContext
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from session_state_ext.errors import InvalidBody, NoNotebook, NotFound, SessionError, Unavailable
from session_state_ext.hub import LOCAL
from session_state_ext.names import is_session_id
from session_state_ext.notebookfile import MOST_BYTES, Kept, cells_at, kept_at, kept_in, known

from .base import Caller, Service, owner_of
from .credentials import Credential

#: How long the start of a kernel waits to hear which names its notebook has bound.
_BOUND_SECONDS = 1.0

_LOOK_AGAIN_SECONDS = 1.0

_CONTENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"


class NotebookPaths:
    """Contents paths as attachments know them: absolute for files on this machine, ``drive:path`` for others."""

    def __init__(self, contents_manager: Any, kernel_manager: Any, session_manager: Any) -> None:
        self._contents = contents_manager
        self._kernels = kernel_manager
        self._sessions = session_manager

    def place(self, path: str) -> str:
        drive, path = _apart(path)
        if drive:
            return f"{drive}:{path}"
        path = path.strip("/")
        if not path or "\x00" in path:
            raise InvalidBody("A notebook's path is not empty.")
        file = self._file(path)
        if file is None:
            return f"{type(self._contents).__name__}:{path}"
        # The folder's real name, that a kernel without a server sees too; the file may be gone by now.
        return str(Path(os.path.realpath(file.parent)) / file.name)

    def _file(self, path: str) -> Path | None:
        """Where this machine has it; None where the contents are no files. Raises InvalidBody."""
        if not hasattr(self._contents, "_get_os_path") or not getattr(self._contents, "root_dir", None):
            return None
        try:
            return Path(self._contents._get_os_path(path))
        except web.HTTPError:
            raise InvalidBody("This path leads out of the server's folder.") from None

    async def cells(self, path: str) -> tuple[str, ...] | None:
        file = self._file_of(path)
        if file is not None:
            # Not through the contents manager, which would validate, sign and tell of it.
            return await asyncio.to_thread(cells_at, file)
        try:
            return known(cell.get("id") for cell in (await self._content(path))["cells"])
        except (web.HTTPError, OSError, KeyError, AttributeError, TypeError):
            return None

    async def kept(self, path: str) -> Kept:
        file = self._file_of(path)
        if file is not None:
            return await asyncio.to_thread(kept_at, file)
        try:
            return kept_in(json.dumps({"metadata": (await self._content(path))["metadata"]}).encode())
        except (web.HTTPError, OSError, KeyError, TypeError, ValueError):
            return Kept()

    def _file_of(self, path: str) -> Path | None:
        drive, inside = _apart(path)
        return None if drive else self._file(inside.strip("/"))

    async def _content(self, path: str) -> Any:
        """A notebook that is no file of this machine. Raises TypeError where it is none, or a large one."""
        about = await ensure_async(self._contents.get(path, content=False))
        if about.get("type") != "notebook" or (about.get("size") or 0) > MOST_BYTES:
            raise TypeError(path)
        return (await ensure_async(self._contents.get(path, content=True, type="notebook")))["content"]

    async def kernels_at(self, paths: Collection[str]) -> list[str]:
        return [
            session["kernel"]["id"]
            for session in await ensure_async(self._sessions.list_sessions())
            if session["kernel"] is not None and self._is_one_of(session["path"], paths)
        ]

    def _is_one_of(self, path: str, paths: Collection[str]) -> bool:
        try:
            return self.place(path) in paths
        except InvalidBody:
            return False

    async def of_kernel(self, kernel_id: str | None, otherwise: str | None = None) -> str:
        if kernel_id is not None and kernel_id not in self._kernels:
            raise NotFound()
        running = [
            session
            for session in await ensure_async(self._sessions.list_sessions())
            if session["kernel"] is not None and session["kernel"]["id"] == kernel_id
        ]
        # A notebook wins over a console on the same kernel.
        running.sort(key=lambda session: session["type"] != "notebook")
        if not running and otherwise is not None:
            return otherwise
        if not running:
            raise NoNotebook("This kernel has no notebook yet; try again, or name a session.")
        return str(running[0]["path"])


def _apart(path: str) -> tuple[str, str]:
    """The drive, where it is another one than the server's own, and the path in it."""
    drive, colon, rest = path.partition(":")
    if not colon or "/" in drive:
        return "", path
    # The drive of real-time collaboration holds the same files as the one without a name.
    return ("", rest) if drive == "RTC" else (drive, rest)


class Kernels:
    """Gives each kernel that the server starts a credential, and notices when it dies."""

    def __init__(self, service: Service, serverapp: Any) -> None:
        self._service = service
        self._app = serverapp
        self._manager = serverapp.kernel_manager
        self._tasks: set[asyncio.Task[None]] = set()

    def wrap(self) -> None:
        """The kernel manager's instance, so that every way to start a kernel passes here."""
        self._start, self._restart = self._manager.start_kernel, self._manager.restart_kernel
        self._remove = self._manager.remove_kernel
        self._manager.start_kernel = self.start_kernel
        self._manager.restart_kernel = self.restart_kernel
        self._manager.remove_kernel = self.remove_kernel

    def unwrap(self) -> None:
        for name in ("start_kernel", "restart_kernel", "remove_kernel"):
            self._manager.__dict__.pop(name, None)

    async def stop(self) -> None:
        """The server ends and its kernels with it, after the extensions: say so while the store is still open."""
        self.unwrap()
        for task in self._tasks:
            task.cancel()
        for kernel_id in self._manager.list_kernel_ids():
            with suppress(SessionError):
                await self._interrupt(kernel_id, _now())

    def look_for_dead(self) -> None:
        """A server that was killed could not say which runs its kernels left; find out, now and while any is alive."""
        _in_background(self._tasks, self._bury())

    async def _bury(self) -> None:
        wait = _LOOK_AGAIN_SECONDS
        with suppress(SessionError):
            hub = await self._service.ready()
            while True:
                kernels = [each for each in await hub.runs.kernels() if each not in self._manager]
                alive = [each for each in kernels if await asyncio.to_thread(_is_alive, each)]
                for kernel_id in set(kernels) - set(alive):
                    try:
                        await hub.runs.interrupt(kernel_id, before=_now())
                    except Unavailable:
                        alive.append(kernel_id)
                if not alive:
                    return
                # Orphans end within a second or two; those of another server may go on for days.
                await asyncio.sleep(wait)
                wait = min(wait * 2, 60.0)

    async def start_kernel(self, *args: Any, **kwargs: Any) -> Any:
        wanted = kwargs.get("kernel_id")
        if wanted is not None and wanted in self._manager:
            return await ensure_async(self._start(*args, **kwargs))
        credential = self._credential(wanted)
        env = dict(kwargs.get("env") or os.environ)
        env["KERNEL_SESSION_STATE_URL"] = self._base_url()
        env["KERNEL_SESSION_STATE_TOKEN"] = self._service.credentials.issue(credential)
        # The very dict that the kernel manager keeps for restarts, by itself or by somebody.
        credential.environment = env
        credential.notebook = _of_voila(env)
        try:
            credential.be_eager(await self._has_bound(credential.owner, env))
            kernel_id = await ensure_async(self._start(*args, **{**kwargs, "env": env}))
        except BaseException:
            self._service.credentials.revoke(credential)
            raise
        credential.kernel = kernel_id
        if hasattr(self._manager, "add_restart_callback"):
            self._manager.add_restart_callback(kernel_id, lambda: self._died(kernel_id), "restart")
        return kernel_id

    async def restart_kernel(self, kernel_id: str, *args: Any, **kwargs: Any) -> Any:
        before = _now()
        try:
            return await ensure_async(self._restart(kernel_id, *args, **kwargs))
        finally:
            self._died(kernel_id, before)

    def remove_kernel(self, kernel_id: str) -> Any:
        self._service.credentials.revoke_kernel(kernel_id)
        self._died(kernel_id)
        return self._remove(kernel_id)

    async def _has_bound(self, owner: str, env: Mapping[str, str]) -> bool:
        """Whether the kernel's notebook has bound names, where Jupyter says by now which one it is.

        A store that does not answer soon keeps no kernel from starting.
        """

        async def any_bound() -> bool:
            notebooks = (await self._service.ready()).notebooks
            return any([await notebooks.bound(owner, path) is not None for path in self._notebook_of(env)])

        with suppress(SessionError, asyncio.TimeoutError):
            return await asyncio.wait_for(any_bound(), _BOUND_SECONDS)
        return False

    def _notebook_of(self, env: Mapping[str, str]) -> list[str]:
        """As attachments know it: what whoever starts the kernel asks for, and what Jupyter tells the kernel."""
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        asked: Any = None
        with suppress(web.HTTPError):
            asked = handler.get_json_body() if isinstance(handler, JupyterHandler) else None
        path, named = asked.get("path") if isinstance(asked, dict) else None, Path(env.get("JPY_SESSION_NAME", ""))
        found = [self._service.paths.place(path)] if isinstance(path, str) and path else []
        return [*found, str(Path(os.path.realpath(named.parent)) / named.name)] if named.is_absolute() else found

    def _base_url(self) -> str:
        """Of this server, as a process on this machine reaches it."""
        url = urlsplit(str(self._app.connection_url))
        if url.hostname in ("0.0.0.0", "::"):  # noqa: S104
            # All interfaces: not an address to connect to everywhere.
            url = url._replace(netloc=f"{'[::1]' if url.hostname == '::' else '127.0.0.1'}:{url.port}")
        return urlunsplit(url)

    def _credential(self, kernel_id: str | None) -> Credential:
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        user = getattr(handler, "current_user", None)
        if isinstance(handler, Caller) and handler.credential is not None:
            starter = handler.credential
            return Credential(owner=starter.owner, user=starter.user, shown=starter.shown, kernel=kernel_id)
        owner = LOCAL if user is None else owner_of(self._app.identity_provider, user)
        shown = None if user is None or owner == LOCAL else str(user.username)
        return Credential(owner=owner, user=user, shown=shown, kernel=kernel_id)

    def _died(self, kernel_id: str, before: int | None = None) -> None:
        """Its runs that had begun by then are interrupted."""
        _in_background(self._tasks, self._interrupt(kernel_id, before or _now()))

    async def _interrupt(self, kernel_id: str, before: int) -> None:
        hub = await self._service.ready()
        await hub.runs.interrupt(kernel_id, before=before)


class Moves:
    """Notebooks that Jupyter moves, copies and deletes take their sessions along."""

    def __init__(self, service: Service, contents_manager: Any) -> None:
        self._service = service
        self._events = contents_manager.event_logger

    def listen(self) -> None:
        self._events.add_listener(schema_id=_CONTENTS, listener=self._happened)

    def stop(self) -> None:
        self._events.remove_listener(schema_id=_CONTENTS, listener=self._happened)

    async def _happened(self, logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        action = data["action"]
        if action not in ("rename", "copy", "delete", "save"):
            return
        try:
            notebooks = (await self._service.ready()).notebooks
            path = self._service.paths.place(data["path"])
            if action == "save":
                await notebooks.saved(path, await self._service.paths.cells(data["path"]))
                return
            if action == "delete":
                await notebooks.removed(path)
                return
            source = self._service.paths.place(data["source_path"])
            await (notebooks.moved(source, path) if action == "rename" else notebooks.copied(source, path))
        except SessionError as error:
            logger.log.warning("session state: a notebook's %s was not followed: %s", action, error.code)


def _of_voila(env: Mapping[str, str]) -> str | None:
    """The notebook whose page Voila makes with a kernel of its own, which no session of Jupyter's knows."""
    _, found, path = unquote(urlsplit(env.get("VOILA_REQUEST_URL", "")).path).partition("/voila/render/")
    return path.strip("/") if found and path.endswith(".ipynb") else None


def _is_alive(kernel_id: str) -> bool:
    """Whether the kernel of this id answers on this machine, by the ports that its connection file names."""
    if not is_session_id(kernel_id):
        # Whoever records a run says this; it is no path of theirs to choose.
        return False
    file = Path(jupyter_runtime_dir()) / f"kernel-{kernel_id}.json"
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        if known.get("transport", "tcp") != "tcp":
            return True
        with socket.create_connection((known["ip"], known["hb_port"]), timeout=1):
            return True
    except (OSError, ValueError, KeyError):
        return False


def _in_background(tasks: set[asyncio.Task[None]], work: Any) -> None:
    task = asyncio.ensure_future(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def _now() -> int:
    return time.time_ns() // 1_000_000
