"""A session as one transaction sees it: what is live, what others have stored since, and what is being added.

Belongs to the writer's thread. Nothing here is seen by anybody until the transaction has committed and the
hub has taken :meth:`Draft.take` over into the live session.
"""

from __future__ import annotations

import dataclasses
from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, cast

from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from session_state_ext.changes import apply, effective
from session_state_ext.errors import Damaged, LimitExceeded, NotFound, PatchFailed, SessionError, TooLarge
from session_state_ext.model import (
    Change,
    Delete,
    Op,
    Origin,
    Patch,
    Rename,
    Run,
    RunOp,
    Session,
    Set,
    Snapshot,
    Step,
    Variable,
)
from session_state_ext.names import new_tag
from session_state_ext.store.base import Client, Commit, Touch, Transaction
from session_state_ext.wire import Ack, Limits, check_value, obey, size

from .conflicts import check, conflict, leaves
from .live import (
    Advanced,
    Described,
    Event,
    Heard,
    Live,
    Looked,
    Purged,
    Replaced,
    Vanished,
    moved_steps,
    size_of,
    stamped,
)

if TYPE_CHECKING:
    from .live import Listener


class Draft:
    """Reads and writes one session inside one transaction; see the module."""

    def __init__(self, live: Live, transaction: Transaction, *, version: int, limits: Limits, now: int) -> None:
        self._live = live
        self._transaction = transaction
        self._limits = limits
        self.now = now
        self.session: Session = live.session
        self.born = live.born
        #: why it cannot be used any more
        self._refusal: SessionError | None = NotFound() if live.gone else None
        # A name that maps to None is gone; both readers, effective and apply, ask by get().
        self._changed: dict[str, Variable | None] = {}
        self._rows: Mapping[str, Variable | None] = ChainMap(
            self._changed, cast("dict[str, Variable | None]", live.rows)
        )
        self._moved: dict[str, Step] = {}
        self.steps: Mapping[str, Step] = ChainMap(self._moved, live.steps)
        self._count = len(live.rows)
        self._size = live.value_bytes
        # What is known of clients without asking; the loop may take one out meanwhile, which does no harm.
        self._known: Mapping[str, Client] = live.clients if not live.born or live.version == version else {}
        self._heard: dict[str, Client] = {}
        self._events: list[Event] = []
        if live.version != version and not live.gone:
            try:
                self._look()
            except Damaged as damage:
                self._refusal = damage
                self._events.append(Vanished(damaged=True))
            self._events.append(Looked(version=version))

    # --- reading ---

    def row(self, name: str) -> Variable | None:
        return self._rows.get(name)

    def rows(self) -> list[Variable]:
        """All of them."""
        return [row for row in self._rows.values() if row is not None]

    def take(self) -> list[Event]:
        """What happened since this was last asked, in order."""
        events, self._events = self._events, []
        return events

    def client(self, client: str) -> Client | None:
        """How far this client has come."""
        known = self._heard.get(client) or self._known.get(client)
        if known is None and self.born:
            known = self._transaction.client(self.session.id, client)
        return known

    def changes(self, since: int) -> list[Change] | None:
        return self._transaction.changes(self.session.id, since)

    def tip_at(self, revision: int) -> str | None:
        if revision == self.session.revision:
            return self.session.tip
        return self._transaction.tip(self.session.id, revision)

    # --- what it was before; a session that is not stored has no past ---

    def change(self, revision: int) -> Change | None:
        """The change that made this revision, where the log has it."""
        found = self.history(before=revision + 1, limit=1)
        return found[0] if found and found[0].revision == revision else None

    def history(self, *, before: int | None, limit: int, name: str | None = None) -> list[Change]:
        if not self.born:
            return []
        return self._transaction.history(self.session.id, before=before, limit=limit, name=name)

    def oldest_revision(self) -> int:
        return self._transaction.oldest_revision(self.session.id) if self.born else 0

    def has_revision(self, revision: int) -> bool:
        return self._transaction.has_revision(self.session.id, revision) if self.born else revision == 0

    def touches(self, revision: int) -> list[Touch]:
        return self._transaction.touches(self.session.id, revision) if self.born else []

    def first_touch(self, name: str, since: int) -> Touch | None:
        """The oldest thing that happened to ``name`` after revision ``since``."""
        return self._transaction.first_touch(self.session.id, name, since) if self.born else None

    def last_touch(self, name: str) -> Touch | None:
        """The newest thing that happened to ``name``."""
        return self._transaction.last_touch(self.session.id, name) if self.born else None

    def before(self, since: int) -> dict[str, Variable | None]:
        if not self.born or since >= self.session.revision:
            return {}
        return self._transaction.before(self.session.id, since)

    def snapshots(self) -> dict[str, Snapshot]:
        return self._transaction.snapshots(self.session.id) if self.born else {}

    def put_snapshot(self, snapshot: Snapshot) -> None:
        if not self.born:
            self.describe(self.session)
        self._transaction.put_snapshot(self.session.id, snapshot)

    def forget_snapshot(self, name: str) -> None:
        self._transaction.forget_snapshot(self.session.id, name)

    def runs(self, limit: int) -> list[Run]:
        """Newest first."""
        return self._transaction.runs(self.session.id, limit=limit) if self.born else []

    def running(self, kernel: str) -> list[Run]:
        """The session's runs in this kernel that have not ended."""
        return [run for session_id, run in self._transaction.running(kernel) if session_id == self.session.id]

    def _look(self) -> None:
        """Take in what others have stored."""
        stored = self._transaction.session(self.session.id)
        if not self.born:
            if any(self._transaction.attached(self.session.owner, path) for path in self.session.paths):
                self._vanish()
            return
        if stored is None:
            self._vanish()
            return
        changes = [] if stored.tip == self.session.tip else self.changes(self.session.revision)
        newest = self.session.tip if changes == [] else changes[-1].tip if changes else None
        if stored.epoch != self.session.epoch or newest != stored.tip:
            self._replace(stored)
            return
        try:
            for change in changes or ():
                self._advance(change)
        except PatchFailed:
            # These are not the rows that it was made for.
            self._replace(stored)
            return
        if (steps := self._transaction.steps(stored.id)) != dict(self.steps):
            self._take_purged(steps)
        if (stored.name, stored.paths) != (self.session.name, self.session.paths):
            self.session = stored
            self._events.append(Described(session=stored, born=True))

    def _vanish(self) -> None:
        self._refusal = NotFound()
        self._events.append(Vanished())

    def _take_purged(self, steps: dict[str, Step]) -> None:
        """A purge makes no revision: what it took out of steps must not be stored again with their next runs."""
        self._moved = {}
        self.steps = ChainMap(self._moved, steps)
        self._events.append(Purged(steps=dict(steps)))

    def _replace(self, stored: Session) -> None:
        rows = self._transaction.variables(stored.id)
        steps = self._transaction.steps(stored.id)
        self._changed, self._moved = {}, {}
        self._rows = ChainMap(self._changed, cast("dict[str, Variable | None]", rows))
        self.steps = ChainMap(self._moved, steps)
        self.session = stored
        self._count, self._size = len(rows), size_of(rows.values())
        # The live session may be changed in place later on, and is not this one.
        self._events.append(Replaced(session=stored, rows=dict(rows), steps=dict(steps)))

    # --- writing ---

    def purge(self, name: str) -> int:
        """Take earlier values of ``name`` out of the past, and out of what is at hand; how many there were."""
        if not self.born:
            return 0
        purged = self._transaction.purge(self.session.id, name)
        # Answers may have told of them, too.
        self._known = {}
        self._heard.clear()
        self._take_purged(self._transaction.steps(self.session.id))
        return purged

    def require(self) -> None:
        """Raise NotFound where the session does not exist any more, Damaged where it cannot be read."""
        if self._refusal is not None:
            raise self._refusal

    def hear(self, client: Client) -> None:
        """Remember a client's number and its answer. Those of an unborn session are stored at its birth."""
        self._heard[client.client] = client
        if self.born:
            self._transaction.put_client(self.session.id, client)
        self._events.append(Heard(client=client))

    def describe(self, session: Session) -> None:
        """Give it another name or other paths; stores it if it was not."""
        self.session = session
        if self.born:
            self._transaction.put(session)
        else:
            self._bear()
        self._events.append(Described(session=session, born=True))

    def move(self, paths: tuple[str, ...]) -> None:
        """Its notebook is elsewhere now; one that is not stored stays so."""
        session = replace(self.session, paths=paths)
        if self.born:
            self.describe(session)
        else:
            self.session = session
            self._events.append(Described(session=session, born=False))

    def erase(self) -> None:
        if self.born:
            self._transaction.delete(self.session.id)
        self._vanish()

    def prepare(
        self,
        ops: Iterable[Op],
        *,
        client: str | None = None,
        base: int | None = None,
        granted: Collection[str] = (),
    ) -> tuple[Op, ...]:
        """The ops of ``ops`` that alter something, runs numbered; writes nothing.

        Raises Conflict, Gone, Renamed, Locked, InvalidValue (not what its declaration says), TooLarge or
        LimitExceeded. ``base`` is the revision which ``client`` had seen; None asks for no comparison. The values of
        the names in ``granted`` may be anything.
        """
        self.require()
        ops = tuple(ops)
        made: dict[str, bool] = {}
        for op in ops:
            check(self, op, made, client, base)
            made.update(leaves(op))
        revision = self.session.revision + 1

        def allow(op: Set | Patch | Delete | Rename, value: Raw | None, spec: Raw | UnsetType) -> None:
            if isinstance(op, Patch) and value is not None:
                check_value(op.name, value, self._limits)
            if spec is not UNSET:
                obey(op.name, value, spec, granted=op.name in granted)

        try:
            kept = effective(ops, cast("Mapping[str, Variable]", self._rows), allow)
        except PatchFailed as failed:
            name = failed.fields["name"]
            raise conflict(failed.message, name, self.row(name)) from None
        return tuple(RunOp(run=stamped(op.run, revision)) if isinstance(op, RunOp) else op for op in kept)

    def commit(
        self,
        ops: tuple[Op, ...],
        *,
        origin: Origin,
        client: str | None = None,
        base: int | None = None,
        label: str | None = None,
        undoes: int | None = None,
    ) -> Change:
        """Make prepared ops one change. Raises TooLarge or LimitExceeded before anything is written."""
        change = Change(
            revision=self.session.revision + 1,
            tip=new_tag(),
            at=self.now,
            origin=origin,
            ops=ops,
            client=UNSET if client is None else client,
            base=UNSET if base is None else base,
            label=UNSET if label is None else label,
            undoes=UNSET if undoes is None else undoes,
        )
        rows = apply(change, cast("Mapping[str, Variable]", self._rows))
        count, value_bytes = self._totals(rows)
        if count > max(self._limits.variables, self._count):
            raise LimitExceeded(f"A session can have {self._limits.variables} variables.")
        if value_bytes > max(self._limits.session_bytes, self._size):
            raise TooLarge(
                f"A session can have {size(self._limits.session_bytes)}, with this it would have {size(value_bytes)}."
            )
        if not self.born:
            self._bear()
        touches = self._touches(change, rows)
        event = self._advance(change, rows)
        self._transaction.append(
            Commit(
                session=self.session,
                change=change,
                rows=dict(rows),
                touches=touches,
                steps=list(event.steps),
                variable_count=self._count,
                value_bytes=self._size,
            )
        )
        return change

    def acknowledge(self, author: Listener, ack: Ack) -> None:
        """The change just committed was the author's own, who gets ``ack`` in its place."""
        event = self._events[-1]
        assert isinstance(event, Advanced)
        self._events[-1] = dataclasses.replace(event, author=author, ack=ack)

    def _bear(self) -> None:
        self._transaction.create(self.session)
        self.born = True
        for path, cells in self._live.cells.items():
            self._transaction.put_cells(self.session.owner, path, cells)
        for client in {**dict(self._live.clients), **self._heard}.values():
            self._transaction.put_client(self.session.id, client)

    def _totals(self, rows: Mapping[str, Variable | None]) -> tuple[int, int]:
        count, value_bytes = self._count, self._size
        for name, row in rows.items():
            before = self.row(name)
            count += (row is not None) - (before is not None)
            value_bytes += (0 if row is None else row.weight) - (0 if before is None else before.weight)
        return count, value_bytes

    def _touches(self, change: Change, rows: Mapping[str, Variable | None]) -> list[Touch]:
        moves = {op.name: op.to for op in change.ops if isinstance(op, Rename)}
        return [
            Touch(
                name=name,
                revision=change.revision,
                fate="set" if row is not None else "renamed" if name in moves else "deleted",
                moved_to=moves.get(name) if row is None else None,
                client=None if change.client is UNSET else change.client,
                before=self.row(name),
            )
            for name, row in rows.items()
        ]

    def _advance(self, change: Change, rows: Mapping[str, Variable | None] | None = None) -> Advanced:
        ours = rows is not None
        if rows is None:
            rows = apply(change, cast("Mapping[str, Variable]", self._rows))
        self._count, self._size = self._totals(rows)
        self._changed.update(rows)
        steps = moved_steps(change, self.steps)
        self._moved.update((step.name, step) for step in steps)
        self.session = replace(self.session, revision=change.revision, tip=change.tip, updated_at=change.at)
        event = Advanced(change=change, session=self.session, rows=rows, steps=steps, value_bytes=self._size, ours=ours)
        self._events.append(event)
        return event
