"""What a transaction adds, kept back until it reads or commits: one statement a table then, not one a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, update
from sqlalchemy.dialects.sqlite import insert as upsert_into

from session_state_ext.model import RunOp
from session_state_ext.wire import encode

from .base import Commit
from .rows import from_run, from_session, from_touch, from_variable, sealed
from .tables import (
    changes,
    clients,
    ledgers,
    runs,
    sessions,
    steps,
    touches,
    variables,
)

_Row = dict[str, Any]


def upsert(table: Table) -> Any:
    """Insert a row, or replace the one with its primary key."""
    statement = upsert_into(table)
    keys = [column.name for column in table.primary_key]
    rest = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


_added = upsert_into(ledgers)
_book = _added.on_conflict_do_update(
    index_elements=["session_id"], set_={"touches": ledgers.c.touches + _added.excluded.touches}
)
SAVE_SESSION = update(sessions).where(sessions.c.id == bindparam("of"))
_remove_variable = delete(variables).where(
    variables.c.session_id == bindparam("of"), variables.c.name == bindparam("gone")
)
#: Tables of which only the last row of a key counts.
_LATEST = {table: upsert(table) for table in (variables, runs, steps, clients)}
_ADDED = {table: insert(table) for table in (changes, touches)}


class Pending:
    """Rows of one transaction that are not in the database yet; false where there are none."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._any = False
        self._sessions: dict[str, _Row] = {}
        #: by their key; None for a variable that is to go
        self._latest: dict[Table, dict[tuple[str, str], _Row | None]] = {table: {} for table in _LATEST}
        self._added: dict[Table, list[_Row]] = {table: [] for table in _ADDED}
        self._booked: dict[str, int] = {}

    def __bool__(self) -> bool:
        return self._any

    def append(self, commit: Commit) -> None:
        """One change, and all that moves with it."""
        self._any = True
        session, change = commit.session, commit.change
        of = session.id
        self._sessions[of] = {"of": of, **from_session(session, commit.variable_count, commit.value_bytes)}
        frame = encode(change)
        self._added[changes].append(
            sealed(changes, session_id=of, revision=change.revision, tip=change.tip, frame=frame)
        )
        for name, variable in commit.rows.items():
            self._latest[variables][of, name] = None if variable is None else from_variable(of, variable)
        if commit.touches:
            rows = [from_touch(of, touch) for touch in commit.touches]
            self._added[touches] += rows
            self._booked[of] = self._booked.get(of, 0) + sum(row["checksum"] for row in rows)
        for op in change.ops:
            if isinstance(op, RunOp):
                self._latest[runs][of, op.run.id] = from_run(of, change.revision, op.run)
        for step in commit.steps:
            row = sealed(steps, session_id=of, name=step.name, step=encode(step))
            self._latest[steps][of, step.name] = row

    def put_client(self, session_id: str, client: str, row: _Row) -> None:
        self._any = True
        self._latest[clients][session_id, client] = row

    def write(self, do: Callable[[Any, list[_Row]], Any]) -> None:
        """Give it all to the database. Where that fails, the transaction fails as a whole."""
        saved, latest, added, booked = self._sessions, self._latest, self._added, self._booked
        self._clear()
        if saved:
            do(SAVE_SESSION, list(saved.values()))
        for table, rows in added.items():
            if rows:
                do(_ADDED[table], rows)
        for table, by_key in latest.items():
            kept = [row for row in by_key.values() if row is not None]
            if kept:
                do(_LATEST[table], kept)
        gone = [{"of": of, "gone": name} for (of, name), row in latest[variables].items() if row is None]
        if gone:
            do(_remove_variable, gone)
        if booked:
            do(_book, [{"session_id": of, "touches": total} for of, total in booked.items()])
