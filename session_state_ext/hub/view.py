"""A session as one transaction sees it: what is live, and what others have stored since.

Belongs to the writer's thread.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import cast

from msgspec.structs import replace

from session_state_ext.changes import apply
from session_state_ext.errors import Damaged, NotFound, PatchFailed, SessionError
from session_state_ext.model import Change, Run, Session, Snapshot, Step, Storage, Variable
from session_state_ext.store.base import Client, Touch, Transaction

from .live import Advanced, Described, Event, Live, Looked, Purged, Replaced, Vanished, moved_steps, size_of


class View:
    """One session, and what is stored of its past; a session that is not stored has none."""

    def __init__(self, live: Live, transaction: Transaction, *, version: int, storage: Storage, now: int) -> None:
        self._live = live
        self._transaction = transaction
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
            self._events.append(Looked(version=version, storage=storage))

    def require(self) -> None:
        """Raise NotFound where the session does not exist any more, Damaged where it cannot be read."""
        if self._refusal is not None:
            raise self._refusal

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

    def weight(self, since: int) -> int:
        """How many bytes the changes after revision ``since`` have together."""
        return self._transaction.weight(self.session.id, since)

    def tip_at(self, revision: int) -> str | None:
        if revision == self.session.revision:
            return self.session.tip
        return self._transaction.tip(self.session.id, revision)

    def is_another(self, epoch: str | None, since: int | None, tip: str | None) -> bool:
        """Whether who knows this revision, by this tag, knows another history of the same epoch.

        So does somebody after the stored file was replaced by an older copy of it.
        """
        if not self.born or epoch != self.session.epoch or not since:
            return False
        if since > self.session.revision:
            return True
        stands = self.tip_at(since)
        return None not in (stands, tip) and stands != tip

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
        known = self.session.revision
        if stored.tip == self.session.tip:
            changes: list[Change] | None = []
        elif known and self._transaction.tip(stored.id, known) != self.session.tip:
            # What we know was replaced, or joined with what came later.
            changes = None
        else:
            changes = self.changes(known)
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

    def _totals(self, rows: Mapping[str, Variable | None]) -> tuple[int, int]:
        count, value_bytes = self._count, self._size
        for name, row in rows.items():
            before = self.row(name)
            count += (row is not None) - (before is not None)
            value_bytes += (0 if row is None else row.weight) - (0 if before is None else before.weight)
        return count, value_bytes

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
