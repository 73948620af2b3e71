"""What a link connects to: the one interface that a server, an embedded store and mere memory share."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

from session_state_ext.errors import SessionError
from session_state_ext.wire import Bindings

from .archive import Archive

#: What becomes of a notebook that its session does not know.
Choice = Literal["use", "copy", "empty"]


class Lost(Exception):
    """The channel has ended. ``code`` is a close code of the contract, None where the connection broke."""

    def __init__(self, code: int | None, reason: str = "") -> None:
        self.code = code
        super().__init__(reason or f"closed with {code}")


class Moved(Exception):
    """This kernel's session is another one by now."""


class Busy(SessionError):
    """The server does not know yet which session this kernel has."""

    code = "unavailable"


class Known(NamedTuple):
    """A session in a list."""

    session_id: str
    name: str | None
    paths: list[str]
    revision: int
    #: ms since the epoch
    updated_at: int | None
    variable_count: int


class Channel(Protocol):
    """One open live channel; frames are JSON text."""

    async def send(self, frame: bytes) -> None:
        """Raises Lost."""

    async def receive(self) -> bytes | str:
        """The next frame. Raises Lost, Moved."""

    async def close(self) -> None:
        """End it. Idempotent, never raises."""


class Backend(Protocol):
    """Where sessions are kept. Everything runs on the link's own event loop."""

    @property
    def fleeting(self) -> str | None:
        """Why what is acknowledged does not outlive this kernel, a sentence; None where it does."""

    @property
    def chosen(self) -> str | None:
        """The id of the session that was named for this kernel, where no notebook says which it has."""

    @property
    def remembered(self) -> Bindings | None:
        """The names that this notebook's kernels had bound; None before :meth:`attach`, and where there are none."""

    async def remember(self, bindings: Bindings) -> None:
        """Have this notebook's next kernel bind these. Raises OSError, SessionError."""

    async def attach(self) -> str:
        """The id of this kernel's session.

        Raises Busy (ask again), UnknownNotebook (somebody has to choose first), OSError (nobody there), SessionError.
        """

    async def open(self, session_id: str) -> Channel:
        """A channel to a session, before its hello. Raises OSError, SessionError (NotFound)."""

    async def sessions(self) -> list[Known]:
        """The sessions of whoever this kernel works for, latest change first."""

    async def use(self, name: str, *, new: bool) -> str:
        """Make the session called ``name`` (or with this id) this kernel's; its id. ``new``: make it."""

    async def choose(self, choice: Choice) -> None:
        """Answer an UnknownNotebook, for whoever else waits too. Raises SessionError."""

    def archive(self, session_id: str) -> Archive:
        """The past of a session."""

    async def close(self) -> None:
        """Let go of everything. Idempotent."""
