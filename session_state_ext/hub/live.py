"""One session as everybody sees it: what is committed, who is connected, and how they are told.

Belongs to the event loop. It changes only when the writer settles a commit, so that a job on the writer's
thread may read it (see :mod:`.draft`).
"""

from __future__ import annotations

import time
from asyncio import Future
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from msgspec import UNSET
from msgspec.structs import replace

from session_state_ext.model import Change, Meta, Run, RunOp, Session, Step, Storage, Value, Variable, advance
from session_state_ext.store.base import Client
from session_state_ext.wire import Ack, Deleted, InvalidField, MetaFrame, State, encode

#: Close codes of the live channel.
DELETED, RESYNC, GOING_AWAY = 4404, 4429, 1001


#: An editor that was lost while it held edits is named as late for this long.
_LOST_SECONDS = 60.0


class Listener(Protocol):
    """A connection, as a session knows it."""

    #: it did not answer a flush in time, and has sent nothing since
    late: bool

    @property
    def client(self) -> str: ...

    @property
    def role(self) -> Literal["editor", "kernel"]: ...

    @property
    def holds_edits(self) -> bool:
        """Whether this is an editor that said it holds unsent edits."""

    def tell(self, frame: bytes) -> None:
        """Send a frame; must not block."""

    def end(self, code: int, reason: str) -> None:
        """Close from our side."""

    def flush(self, tag: str) -> Future[list[InvalidField] | None]:
        """Ask for what is held back. Gives the fields that cannot be sent, or None where the connection ends."""


class Connected(Value, frozen=True, kw_only=True):
    """How many are connected to a session at this server."""

    editors: int
    kernels: int


@dataclass(frozen=True, kw_only=True)
class Advanced:
    """A change was committed, here or by another process."""

    change: Change
    session: Session
    rows: Mapping[str, Variable | None]
    steps: Iterable[Step]
    value_bytes: int
    #: who gets ``ack`` in place of the change
    author: Listener | None = None
    ack: Ack | None = None
    #: whether it was committed by this process
    ours: bool = False


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """Another history was found in the store: everybody starts over."""

    session: Session
    rows: dict[str, Variable]
    steps: dict[str, Step]


@dataclass(frozen=True, kw_only=True)
class Purged:
    """Values were taken out of the past, which its steps had read and clients had been told of."""

    steps: dict[str, Step]


@dataclass(frozen=True, kw_only=True)
class Described:
    """Name or paths are others."""

    session: Session
    #: whether it is in the store
    born: bool


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A client's number moved."""

    client: Client


@dataclass(frozen=True, kw_only=True)
class Looked:
    """The store was looked at, at this version of it."""

    version: int
    storage: Storage


@dataclass(frozen=True, kw_only=True)
class Vanished:
    """It was deleted, or its notebook has another session by now; or it cannot be read any more."""

    damaged: bool = False


Event = Advanced | Replaced | Purged | Described | Heard | Looked | Vanished


@dataclass(kw_only=True, eq=False)
class Live:
    """The live replica of one session."""

    session: Session
    rows: dict[str, Variable] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    #: of all values together
    value_bytes: int = 0
    #: whether it is in the store; a session nobody has written to is not
    born: bool = True
    #: the version of the store it was last compared with
    version: int = -1
    #: what becomes of a change, as the store was then
    storage: Storage = "durable"
    gone: bool = False
    #: the revision at which its past was last looked after
    looked_after: int = 0
    #: and when (monotonic seconds)
    looked_after_at: float = float("-inf")
    #: by path, the cells that its notebooks had when they were last seen; while unborn, then they are in the store
    cells: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: the numbers of connected clients; of every client while unborn
    clients: dict[str, Client] = field(default_factory=dict)
    listeners: dict[Listener, None] = field(default_factory=dict)
    #: editors whose connection was lost while they held edits, and when (monotonic seconds)
    lost: dict[str, float] = field(default_factory=dict)
    #: how many requests and connections hold it
    users: int = 0

    @property
    def is_dirty(self) -> bool:
        return any(listener.holds_edits for listener in self.listeners)

    def lost_lately(self) -> list[str]:
        """The editors whose connection was lost while they held edits, and that may still come back with them."""
        now = time.monotonic()
        self.lost = {client: since for client, since in self.lost.items() if now - since <= _LOST_SECONDS}
        return list(self.lost)

    def connected(self) -> Connected:
        roles = [listener.role for listener in self.listeners]
        return Connected(editors=roles.count("editor"), kernels=roles.count("kernel"))

    def meta(self) -> Meta:
        return meta_of(self.session, is_dirty=self.is_dirty, storage=self.storage)

    def state(self, *, detail: bool = False, minimal: bool = False) -> State:
        """What REST shows."""
        return State(
            session_id=self.session.id,
            variables=UNSET if minimal else {name: row.value for name, row in self.rows.items()},
            meta=self.meta(),
            rows=list(self.rows.values()) if detail else UNSET,
        )

    def follow(self, events: Iterable[Event]) -> None:
        """Take over what was committed, and tell those who are connected, in this order."""
        for event in events:
            if isinstance(event, Advanced):
                self._advance(event)
            elif isinstance(event, Heard):
                self.clients[event.client.client] = event.client
            elif isinstance(event, Looked):
                if self.version != event.version:
                    self.version = event.version
                    # Somebody else may have spoken for a client of ours.
                    self.clients.clear()
                if self.storage != event.storage:
                    self.storage = event.storage
                    self.tell_meta()
            elif isinstance(event, Described):
                self.session, self.born = event.session, event.born
                self.tell_meta()
            elif isinstance(event, Purged):
                self.steps = event.steps
                self.clients.clear()
            elif isinstance(event, Replaced):
                self._replace(event)
            else:
                self._vanish(event)

    def _advance(self, event: Advanced) -> None:
        self.session, self.born = event.session, True
        for name, row in event.rows.items():
            if row is None:
                self.rows.pop(name, None)
            else:
                self.rows[name] = row
        for step in event.steps:
            self.steps[step.name] = step
        self.value_bytes = event.value_bytes
        frame: bytes | None = None
        for listener in list(self.listeners):
            if listener is event.author and event.ack is not None:
                listener.tell(encode(event.ack))
                continue
            if frame is None:
                frame = encode(event.change)
            listener.tell(frame)

    def _replace(self, event: Replaced) -> None:
        self.session, self.rows, self.steps = event.session, event.rows, event.steps
        self.value_bytes = size_of(event.rows.values())
        self.clients.clear()
        self.end_all(RESYNC, "This session has another history now; read it again.")

    def _vanish(self, event: Vanished) -> None:
        self.gone = True
        if event.damaged:
            self.end_all(RESYNC, "What is stored of this session is damaged.")
            return
        self.tell_all(encode(Deleted()))
        self.end_all(DELETED, "This session was deleted.")

    def forget_strangers(self) -> None:
        """Of a stored session the numbers of those who are not connected are in the store."""
        connected = {listener.client for listener in self.listeners}
        for client in [name for name in self.clients if name not in connected]:
            del self.clients[client]

    def tell_meta(self) -> None:
        if self.listeners:
            self.tell_all(encode(MetaFrame(meta=self.meta())))

    def tell_all(self, frame: bytes) -> None:
        for listener in list(self.listeners):
            listener.tell(frame)

    def end_all(self, code: int, reason: str) -> None:
        for listener in list(self.listeners):
            listener.end(code, reason)


def meta_of(session: Session, *, is_dirty: bool, storage: Storage) -> Meta:
    return Meta(
        last_synced_at=session.updated_at,
        is_dirty=is_dirty,
        revision=session.revision,
        epoch=session.epoch,
        name=session.name,
        paths=list(session.paths),
        tip=session.tip,
        storage=storage,
    )


def size_of(rows: Iterable[Variable]) -> int:
    """Bytes of all values and declarations together."""
    return sum(row.weight for row in rows)


def moved_steps(change: Change, steps: Mapping[str, Step]) -> list[Step]:
    """The steps that the runs in ``change`` alter, as they stand after it."""
    moved: dict[str, Step] = {}
    for op in change.ops:
        if isinstance(op, RunOp):
            moved[op.run.step] = advance(moved.get(op.run.step) or steps.get(op.run.step), op.run)
    return list(moved.values())


def stamped(run: Run, revision: int) -> Run:
    """The run as it is recorded by the change that makes ``revision``."""
    return replace(run, revision=revision)
