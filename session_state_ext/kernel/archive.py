"""A session's past, as a link's backend keeps it: over HTTP, in process, or not at all."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from msgspec import Raw, Struct

from session_state_ext.errors import SessionError
from session_state_ext.model import Change, Snapshot
from session_state_ext.wire import SaidOrigin


class NoPast(SessionError):
    """This session is in this kernel's memory only and has no history. To keep one: %session use NAME --new"""

    code = "no-past"


class Page(NamedTuple):
    """Changes, newest first."""

    changes: list[Change]
    #: older ones are those before this revision; None where there are none
    following: int | None


class Row(Struct, frozen=True):
    """A variable as it stood at a revision; of all that is known of it only the value."""

    value: Raw


class Altered(Struct, frozen=True):
    """What became of one variable between two revisions; None where it did not exist."""

    name: str
    before: Row | None
    after: Row | None


class Author(NamedTuple):
    """Who asks for a change: the kernel's client id, and what the change is part of."""

    client: str
    origin: SaidOrigin


class Archive(Protocol):
    """One session's past; everything runs on the link's own event loop. What writes answers the revision after it.

    Raises OSError, NotFound, Expired, and other SessionErrors; :class:`NoPast` where nothing is kept.
    """

    async def changes(self, *, before: int | None, limit: int, name: str | None) -> Page:
        """The changes before revision ``before`` (or the newest) that touched ``name`` (or anything)."""

    async def diff(self, earlier: int, later: int) -> list[Altered]:
        """What was altered between two revisions."""

    async def undo(self, author: Author, *, revision: int | None, force: bool) -> int:
        """Take back change ``revision``, or the author's newest. Raises Conflict, NothingToUndo."""

    async def redo(self, author: Author, *, force: bool) -> int:
        """Take back the author's newest undo. Raises Conflict, NothingToUndo."""

    async def restore(self, author: Author, *, revision: int | None, snapshot: str | None, force: bool) -> int:
        """Go back to a revision or a snapshot. Raises Locked."""

    async def snapshots(self) -> list[Snapshot]:
        """Oldest first."""

    async def take_snapshot(self, name: str, revision: int | None) -> Snapshot:
        """Give a revision (or the newest) a name."""

    async def forget_snapshot(self, name: str) -> None:
        """The revision stays."""

    async def purge(self, name: str) -> int:
        """Remove a variable's earlier values for good; how many there were."""


class NoArchive:
    """The past of a session that is in memory only: there is none."""

    async def changes(self, *, before: int | None, limit: int, name: str | None) -> Page:
        raise NoPast()

    async def diff(self, earlier: int, later: int) -> list[Altered]:
        raise NoPast()

    async def undo(self, author: Author, *, revision: int | None, force: bool) -> int:
        raise NoPast()

    async def redo(self, author: Author, *, force: bool) -> int:
        raise NoPast()

    async def restore(self, author: Author, *, revision: int | None, snapshot: str | None, force: bool) -> int:
        raise NoPast()

    async def snapshots(self) -> list[Snapshot]:
        raise NoPast()

    async def take_snapshot(self, name: str, revision: int | None) -> Snapshot:
        raise NoPast()

    async def forget_snapshot(self, name: str) -> None:
        raise NoPast()

    async def purge(self, name: str) -> int:
        raise NoPast()
