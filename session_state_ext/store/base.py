"""What a store promises, and the values that pass between it and the hub.

A store is synchronous and belongs to one thread, the writer's: it is opened, used and closed there. It keeps
what it is given and decides nothing: numbering, conflicts and limits are the hub's.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

from session_state_ext.model import Change, Run, Session, Snapshot, Step, Storage, Value, Variable
from session_state_ext.wire import Bindings


class Summary(Value, frozen=True, kw_only=True):
    """A session in a list."""

    session_id: str
    name: str | None
    paths: list[str]
    revision: int
    #: ms since the epoch, None before the first change
    updated_at: int | None
    variable_count: int
    #: of all values together
    bytes: int


class Client(Value, frozen=True, kw_only=True):
    """How far a client of a session has come."""

    client: str
    #: the owner who first used this client id
    owner: str
    last_seq: int
    #: SHA-256 of the mutate with that number
    body: bytes
    #: the frame that answered it
    answer: bytes
    #: ms since the epoch when it was last used
    at: int


class Key(Value, frozen=True, kw_only=True):
    """What became of a request with an Idempotency-Key."""

    owner: str
    session_id: str
    key: str
    #: SHA-256 of method, path and body
    body: bytes
    status: int
    revision: int
    #: the id of the session that it made or attached, or how many values it took out
    made: str | None = None
    #: ms since the epoch
    at: int


class Touch(Value, frozen=True, kw_only=True):
    """What one change did to one name."""

    name: str
    revision: int
    fate: Literal["set", "deleted", "renamed"]
    #: the new name, where it was renamed
    moved_to: str | None
    #: who did it, where that is known
    client: str | None
    #: the row as it stood before
    before: Variable | None


class Attachment(Value, frozen=True, kw_only=True):
    """Which session one owner's notebook has."""

    owner: str
    path: str
    session_id: str
    #: the ids of its cells when it was last seen; empty where they are not known
    cells: tuple[str, ...] = ()


class BoundNotebook(Value, frozen=True, kw_only=True):
    """The names that the kernels of one owner's notebook keep equal with variables."""

    owner: str
    path: str
    bound: Bindings


class Commit(Value, frozen=True, kw_only=True):
    """A change, with all that it alters. One commit takes a session from revision N to N + 1."""

    #: the session after the change
    session: Session
    change: Change
    #: each name touched: the row after it, None where there is none
    rows: dict[str, Variable | None]
    #: one for each name touched; undoes the change
    touches: list[Touch]
    #: the steps that its runs moved
    steps: list[Step]
    #: of the session after the change
    variable_count: int
    value_bytes: int


class Transaction(Protocol):
    """A unit of work: all of it is on disk when the context ends, or none of it ever happened.

    Reads see what this transaction has written, and everything committed by anybody before it began. Methods
    that give variables or changes raise Damaged where a checksum disagrees; nothing damaged is ever returned.
    """

    @property
    def writes(self) -> int:
        """A number that moves whenever this transaction writes something."""

    def session(self, session_id: str) -> Session | None:
        """The session, paths included. In a writing transaction nobody else changes it until the end."""

    def find(self, owner: str, *, name: str | None = None, path: str | None = None) -> list[Summary]:
        """The owner's sessions, latest change first; without those of which a row here is damaged."""

    def attached(self, owner: str, path: str) -> str | None:
        """The id of the session of the notebook at ``path``."""

    def attachment(self, owner: str, path: str) -> Attachment | None:
        """The same, with the cells that the notebook had."""

    def attachments(self, below: str) -> list[Attachment]:
        """Every owner's, for the path ``below`` itself and all paths under it as a folder."""

    def attachments_of(self, owner: str) -> list[Attachment]:
        """All of one owner's, by path."""

    def variables(self, session_id: str) -> dict[str, Variable]:
        """All rows, by name. Raises Damaged also where rows are missing."""

    def steps(self, session_id: str) -> dict[str, Step]: ...

    def runs(self, session_id: str, *, limit: int) -> list[Run]:
        """Newest first."""

    def running(self, kernel: str) -> list[tuple[str, Run]]:
        """(session id, run) of each run of this kernel that has not ended."""

    def running_kernels(self) -> list[str]:
        """The kernels of runs that have not ended, each once."""

    def changes(self, session_id: str, since: int) -> list[Change] | None:
        """Every change after revision ``since``, oldest first; None where the log no longer reaches."""

    def weight(self, session_id: str, since: int) -> int:
        """How many bytes those changes have together, as frames of the live channel; reads none of them."""

    def tip(self, session_id: str, revision: int) -> str | None:
        """The tag of the change that made this revision; None where the log does not have it."""

    def last_touch(self, session_id: str, name: str) -> Touch | None:
        """The newest thing that happened to ``name``."""

    def first_touch(self, session_id: str, name: str, since: int) -> Touch | None:
        """The oldest thing that happened to ``name`` after revision ``since``."""

    def oldest_revision(self, session_id: str) -> int:
        """The earliest revision that can still be gone back to: the one before the oldest change in the log."""

    def history(self, session_id: str, *, before: int | None, limit: int, name: str | None) -> list[Change]:
        """Up to ``limit`` changes before this revision, newest first; with ``name`` those that touched it."""

    def touches(self, session_id: str, revision: int) -> list[Touch]:
        """What one change did, a name each."""

    def before(self, session_id: str, since: int) -> dict[str, Variable | None]:
        """The row, or None for none, which stood at revision ``since`` for each name touched after it."""

    def has_revision(self, session_id: str, revision: int) -> bool:
        """Whether the log still tells what stood at this revision: after a change it has, or before its oldest."""

    def purge(self, session_id: str, name: str) -> int:
        """Replace earlier values of ``name`` by PURGED, in all that is stored of the session; how many."""

    def thin(self, session_id: str, before: int) -> int:
        """Take out what runs and cells wrote over themselves before this revision; how many changes went."""

    def cut(self, session_id: str, oldest: int) -> int:
        """Forget the changes up to this revision, but what snapshots need; how many."""

    def count_changes(self, session_id: str) -> int: ...

    def nth_newest(self, session_id: str, count: int) -> int:
        """The revision up to which all but the ``count`` newest changes go; 0 where there are fewer."""

    def revision_before(self, session_id: str, at: int) -> int:
        """The newest revision made before this time (ms), 0 where there is none."""

    def snapshots(self, session_id: str) -> dict[str, Snapshot]: ...

    def put_snapshot(self, session_id: str, snapshot: Snapshot) -> None: ...

    def forget_snapshot(self, session_id: str, name: str) -> None: ...

    def bounds(self, below: str) -> list[BoundNotebook]:
        """Every owner's, for the path ``below`` itself and all paths under it as a folder."""

    def client(self, session_id: str, client: str) -> Client | None: ...

    def key(self, owner: str, session_id: str, key: str) -> Key | None: ...

    def create(self, session: Session) -> None:
        """Store a new session and its paths. The id and the paths must be free."""

    def put(self, session: Session) -> None:
        """Store name and paths of a session that exists. Its paths are taken from any other session.

        Of a path that it had already the cells stay known; those of a new one are not known yet.
        """

    def put_cells(self, owner: str, path: str, cells: tuple[str, ...]) -> None:
        """Remember the cells of an attached notebook."""

    def put_bound(self, notebook: BoundNotebook) -> None:
        """Remember the names that a notebook's kernels bind; where there are none, nothing is kept."""

    def append(self, commit: Commit) -> None:
        """Add a change. The session must be at the revision before it."""

    def put_client(self, session_id: str, client: Client) -> None: ...

    def forget_clients(self, before: int) -> None:
        """Remove clients last used before this time (ms)."""

    def put_key(self, key: Key) -> None: ...

    def forget_keys(self, before: int) -> None:
        """Remove keys older than this time (ms)."""

    def delete(self, session_id: str) -> None:
        """Remove a session and all that belongs to it, except its idempotency keys."""


class Store(Protocol):
    """A durable place for sessions.

    Raises StoreError where the place cannot be used, StorageFull where it is full (nothing was changed, and
    reads go on), StorageReadOnly where it can only be read (and once it can be written, writes go on), Unavailable
    where somebody else holds it for too long.
    """

    @property
    def beside(self) -> Path | None:
        """A folder, not necessarily there, for what processes that share this store say of themselves; None where
        nobody shares it."""

    @property
    def storage(self) -> Storage:
        """What becomes of what is written here. Whenever it moves, so does :meth:`version`."""

    def open(self) -> None:
        """Make or upgrade the place. One written by a newer version is refused (StoreTooNew) and left as it is."""

    def close(self) -> None:
        """Let go of it. Idempotent."""

    def transaction(self, *, write: bool) -> AbstractContextManager[Transaction]:
        """Begin; commit at the end, roll back where an error leaves. Reading ones hold up nobody."""

    def scrub(self) -> None:
        """Overwrite what was deleted, so that it is nowhere in the place. Not inside a transaction."""

    def version(self) -> int:
        """A number that moves when somebody else has committed since it was last looked at, or ``storage`` moved.

        It never moves for this store's own commits.
        """
