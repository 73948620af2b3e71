"""The extension: its settings, its routes, and what lives as long as the server."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Float, Integer, Unicode, default

from session_state_ext.errors import SessionError
from session_state_ext.hub import LOCAL, Hub
from session_state_ext.hub.retention import Retention
from session_state_ext.store.sql import SqlStore, default_url
from session_state_ext.wire import Limits

from .attach import AttachHandler
from .base import is_one_person
from .channel import ChannelHandler
from .credentials import Credentials
from .events import Events
from .history import (
    ChangesHandler,
    DiffHandler,
    PurgeHandler,
    RedoHandler,
    RestoreHandler,
    SnapshotHandler,
    SnapshotsHandler,
    UndoHandler,
)
from .kept import Keeper, KeptHandler
from .kernels import Kernels, Moves, NotebookPaths
from .mutate import MutateHandler
from .rest import (
    MetaHandler,
    OneSessionHandler,
    RunsHandler,
    SessionsHandler,
    StepsHandler,
    VariableHandler,
)

_SESSION = r"/api/session/([^/]+)"

#: In order: "attach" would be a session's id otherwise.
ROUTES = [
    (r"/api/session", SessionsHandler),
    (r"/api/session/attach", AttachHandler),
    (_SESSION, OneSessionHandler),
    (_SESSION + r"/meta", MetaHandler),
    (_SESSION + r"/mutate", MutateHandler),
    (_SESSION + r"/variables/([^/]+)", VariableHandler),
    (_SESSION + r"/changes", ChangesHandler),
    (_SESSION + r"/diff", DiffHandler),
    (_SESSION + r"/undo", UndoHandler),
    (_SESSION + r"/redo", RedoHandler),
    (_SESSION + r"/restore", RestoreHandler),
    (_SESSION + r"/purge", PurgeHandler),
    (_SESSION + r"/snapshots", SnapshotsHandler),
    (_SESSION + r"/snapshots/([^/]+)", SnapshotHandler),
    (_SESSION + r"/steps", StepsHandler),
    (_SESSION + r"/runs", RunsHandler),
    (_SESSION + r"/kept", KeptHandler),
    (_SESSION + r"/channel", ChannelHandler),
]


class SessionService:
    """What the handlers share. Nothing touches the disk before :meth:`ready`."""

    def __init__(self, hub: Hub, limits: Limits, paths: NotebookPaths, *, hello: float, flush: float) -> None:
        self.hub = hub
        self.limits = limits
        self.paths = paths
        self.credentials = Credentials()
        self.hello_timeout = hello
        self.flush_timeout = flush
        self._started: asyncio.Task[None] | None = None

    async def ready(self) -> Hub:
        # A place that could not be used a moment ago may have been put right.
        failed = self._started is not None and self._started.done() and self._started.exception() is not None
        if self._started is None or failed:
            self._started = asyncio.create_task(self.hub.start())
        # One who stops waiting does not stop the others.
        await asyncio.shield(self._started)
        return self.hub

    async def stop(self) -> None:
        if self._started is not None:
            await asyncio.wait([self._started])
            await self.hub.stop()


class SessionStateExtension(ExtensionApp):
    """Durable, live-shared variables for notebooks."""

    name = "session_state_ext"
    load_other_extensions = True

    store_url = Unicode(
        help="Where sessions are stored, as a URL of SQLAlchemy. Default: a SQLite file in Jupyter's data directory."
    ).tag(config=True)
    value_bytes = Integer(Limits().value_bytes, min=1, help="The largest value of a variable, in bytes.").tag(
        config=True
    )
    session_bytes = Integer(Limits().session_bytes, min=1, help="All values of a session together, in bytes.").tag(
        config=True
    )
    variables = Integer(Limits().variables, min=1, help="How many variables a session can have.").tag(config=True)
    depth = Integer(Limits().depth, min=1, max=256, help="How deep arrays and objects can be nested in a value.").tag(
        config=True
    )
    # Python reads no longer integers, unless a process is told to.
    digits = Integer(Limits().digits, min=20, max=4300, help="How many digits a number can have.").tag(config=True)
    name_chars = Integer(Limits().name_chars, min=1, max=128, help="How long a variable's name can be.").tag(
        config=True
    )
    history_limit = Integer(
        Retention().changes, min=10, help="How many changes of a session are remembered; snapshots always are."
    ).tag(config=True)
    history_days = Float(
        Retention().days, min=0.0, help="For how many days changes are remembered; 0 is for ever."
    ).tag(config=True)
    hello_timeout = Float(10.0, min=0.0, help="Seconds a new channel has for its first frame.").tag(config=True)
    flush_timeout = Float(
        0.6, min=0.0, help="Seconds that a cell waits for editors to send what is being typed, before it runs."
    ).tag(config=True)
    gc_freeze = Bool(
        True,
        help="Whether what the server has loaded by its start is let be by Python's garbage collector from then on:"
        " looking through it would stop everybody for some tenths of a second now and then.",
    ).tag(config=True)

    @default("store_url")
    def _default_store_url(self) -> str:
        return default_url()

    def initialize_settings(self) -> None:
        app: Any = self.serverapp
        limits = Limits(
            value_bytes=self.value_bytes,
            session_bytes=self.session_bytes,
            variables=self.variables,
            depth=self.depth,
            digits=self.digits,
            name_chars=self.name_chars,
        )
        retention = Retention(changes=self.history_limit, days=self.history_days)
        hub = Hub(SqlStore(self.store_url, fallback=True), limits=limits, retention=retention)
        hub.committed = Events(app.event_logger).committed
        paths = NotebookPaths(app.contents_manager, app.kernel_manager, app.session_manager)
        self.service = SessionService(hub, limits, paths, hello=self.hello_timeout, flush=self.flush_timeout)
        self.settings["session_state"] = self.service
        # The panel keeps unsent edits by person; where all are one, the names that Jupyter makes up do not tell.
        if is_one_person(app.identity_provider):
            app.web_app.settings.setdefault("page_config_data", {})["sessionStateOwner"] = LOCAL
        self._kernels = Kernels(self.service, app)
        self._kernels.wrap()
        self._moves = Moves(self.service, app.contents_manager)
        self._moves.listen()
        Keeper(self.service, app.contents_manager, app.identity_provider).wrap()

    def initialize_handlers(self) -> None:
        self.handlers.extend(ROUTES)

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        if self.gc_freeze and hasattr(gc, "freeze"):
            # By now all extensions are loaded, and hardly any of that ever goes. No collection before it: that would be
            # the first to stop everybody.
            gc.freeze()
        try:
            await self.service.ready()
            self._kernels.look_for_dead()
        except SessionError as error:
            # The server goes on without sessions; each request says why.
            self.log.error("session state: %s", error.message)

    async def stop_extension(self) -> None:
        await self._kernels.stop()
        await self.service.stop()
