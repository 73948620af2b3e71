"""What is being added to a session in one transaction.

Belongs to the writer's thread. Nothing here is seen by anybody until the transaction has committed and the
hub has taken :meth:`View.take` over into the live session.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, cast

from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from session_state_ext.changes import apply, effective
from session_state_ext.errors import LimitExceeded, PatchFailed, TooLarge
from session_state_ext.model import (
    Change,
    Delete,
    Op,
    Origin,
    Patch,
    Rename,
    RunOp,
    Session,
    Set,
    Snapshot,
    Storage,
    Variable,
)
from session_state_ext.names import new_tag
from session_state_ext.store.base import Client, Commit, Touch, Transaction
from session_state_ext.wire import Ack, Limits, check_value, obey, size

from .conflicts import check, conflict, leaves
from .live import Advanced, Described, Heard, Live, stamped
from .view import View

if TYPE_CHECKING:
    from .live import Listener


class Draft(View):
    """Reads and writes one session inside one transaction; see the module."""

    def __init__(
        self, live: Live, transaction: Transaction, *, version: int, storage: Storage, limits: Limits, now: int
    ) -> None:
        super().__init__(live, transaction, version=version, storage=storage, now=now)
        self._limits = limits

    def put_snapshot(self, snapshot: Snapshot) -> None:
        if not self.born:
            self.describe(self.session)
        self._transaction.put_snapshot(self.session.id, snapshot)

    def forget_snapshot(self, name: str) -> None:
        self._transaction.forget_snapshot(self.session.id, name)

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

    def renew(self) -> None:
        """Clients know another history than the one that stands here: it gets an epoch of its own."""
        self._transaction.put(replace(self.session, epoch=new_tag()))
        stored = self._transaction.session(self.session.id)
        assert stored is not None
        self._replace(stored)

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
