"""For the person who runs it: is what is stored sound, a copy of it, and a smaller file."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import make_url, select

from session_state_ext.errors import Damaged, StoreError, StoreOutdated
from session_state_ext.names import new_tag

from .rows import is_sound
from .sql import SqlStore
from .tables import OF_SESSION, bindings, idempotency_keys, ledgers, sessions
from .transaction import SqlTransaction

#: Its rows carry no checksum: they are one.
_UNSEALED = (ledgers,)


class Report(NamedTuple):
    """What a check found."""

    sessions: int
    variables: int
    changes: int
    #: a sentence for each thing that is wrong
    damage: list[str]


def stored_at(url: str) -> Path:
    """The file that ``url`` names. Raises StoreError where there is none."""
    database = make_url(url).database
    if make_url(url).get_backend_name() != "sqlite" or not database or database == ":memory:":
        raise StoreError("Only sessions in a SQLite file can be looked after here.")
    if not Path(database).exists():
        raise StoreError(f"Nothing is stored at {database} yet.")
    return Path(database)


def check(url: str) -> Report:
    """Read all that is stored and compare it with its checksums. Alters nothing. Raises StoreError.

    What an older version stored is read as this version would have it, in a copy.
    """
    path = stored_at(url)
    try:
        return _check(url)
    except StoreOutdated:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "sessions.db"
            _copy(path, copy)
            with _open(f"sqlite:///{copy}"):
                pass  # That has brought it up to date.
            return _check(f"sqlite:///{copy}")


def _check(url: str) -> Report:
    with _open(url, look_only=True) as store:
        report = _report(store)
        # Where nobody had it open, it was read as a file that does not change.
        moved = store.is_stale
    return _check(url) if moved and report.damage else report


def _copy(path: Path, copy: Path) -> None:
    """Page by page, damaged ones too."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _report(store: SqlStore) -> Report:
    damage: list[str] = []
    counts = {"variables": 0, "changes": 0}
    with store.transaction(write=False) as transaction:
        connection = transaction.connection
        for (line,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
            if line != "ok":
                damage.append(f"The file: {line}.")
        ids = list(connection.execute(select(sessions.c.id).order_by(sessions.c.id)).scalars())
        for table in (idempotency_keys, bindings):
            if not all(map(is_sound, connection.execute(select(table)))):
                damage.append(f"A row of {table.name} is damaged.")
        # Where a damaged key has taken them away from their session.
        for table in (each for each in OF_SESSION if each not in _UNSEALED):
            strays = select(table).where(table.c.session_id.not_in(select(sessions.c.id)))
            if not all(map(is_sound, connection.execute(strays))):
                damage.append(f"A row of {table.name} is damaged, and belongs to no session.")
        for session_id in ids:
            for said in _check_session(transaction, session_id, counts):
                damage.append(f"Session {session_id}: {said}")
    return Report(len(ids), counts["variables"], counts["changes"], damage)


def _check_session(transaction: SqlTransaction, session_id: str, counts: dict[str, int]) -> Iterator[str]:
    try:
        session = transaction.session(session_id)
        counts["variables"] += len(transaction.variables(session_id))
    except Damaged as damaged:
        yield damaged.message
        return
    sound = True
    for table in OF_SESSION:
        if table in _UNSEALED:
            continue
        for row in transaction.connection.execute(select(table).where(table.c.session_id == session_id)):
            if not is_sound(row):
                sound = False
                yield f"a row of {table.name} is damaged."
                break
            counts["changes"] += table.name == "changes"
    try:
        if sound:
            transaction.before(session_id, 0)
    except Damaged as damaged:
        yield damaged.message
    if session is not None and session.revision and transaction.tip(session_id, session.revision) != session.tip:
        yield "its newest change is missing."


def backup(url: str, target: Path) -> int:
    """Copy all that is stored to the new file ``target``, as of one moment, also while it is written to; its bytes.

    Each session of the copy gets a new epoch: clients that connect to a server on the copy read everything anew
    instead of taking it for the history they know. Raises StoreError, also where ``target`` exists.
    """
    stored_at(url)
    if target.exists():
        raise StoreError(f"{target} exists already; a backup never overwrites a file.")
    half = target.with_name(target.name + ".part")
    try:
        # For this user alone from the first byte on.
        half.unlink(missing_ok=True)
        half.touch(mode=0o600)
        with _open(url) as store:
            store.copy_to(half)
        with _open(f"sqlite:///{half}") as copy:
            with copy.transaction(write=True) as transaction:
                for session_id in list(transaction.connection.execute(select(sessions.c.id)).scalars()):
                    try:
                        session = transaction.session(session_id)
                    except Damaged:
                        # As it is: a backup is no place to lose what a repair may still find.
                        continue
                    if session is not None:
                        transaction.put(replace(session, epoch=new_tag()))
            copy.leave_alone()
        os.replace(half, target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        for leftover in half.parent.glob(half.name + "*"):
            leftover.unlink()
    return target.stat().st_size


def compact(url: str) -> tuple[int, int]:
    """Give back the room of what was deleted; the bytes before and after. Raises StoreError."""
    path = stored_at(url)
    before = _bytes(path)
    with _open(url) as store:
        store.scrub()
    return before, _bytes(path)


def _bytes(path: Path) -> int:
    """Those of the file, and of what is written and not moved into it yet."""
    log = path.with_name(f"{path.name}-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)


@contextmanager
def _open(url: str, *, look_only: bool = False) -> Iterator[SqlStore]:
    store = SqlStore(url, look_only=look_only)
    store.open()
    try:
        yield store
    finally:
        store.close()
