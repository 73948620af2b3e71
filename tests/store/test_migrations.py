"""What an older version stored opens in this one, with every revision; ``saved/`` holds a database of each."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from session_state_ext.errors import Damaged
from session_state_ext.hub import LOCAL
from session_state_ext.store import tables, upkeep
from session_state_ext.store.sql import SqlStore
from tests.inprocess import Client, opened, values

SAVED = Path(__file__).parent / "saved"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """As version 0001 left it: a session of a notebook that a panel and a kernel wrote to, and somebody else's."""
    return saved(tmp_path, "0001")


def saved(folder: Path, version: str) -> Path:
    file = folder / "sessions.db"
    with sqlite3.connect(file) as database:
        database.executescript((SAVED / f"{version}.sql").read_text())
    database.close()
    return file


def rows(file: Path, table: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(file) as database:
        found = database.execute(f"SELECT * FROM {table}").fetchall()
    database.close()
    return sorted(found)


@pytest.mark.parametrize("version", ["0001", "0003"])
def test_a_database_of_an_older_version_keeps_all(tmp_path: Path, version: str) -> None:
    keeps_all(saved(tmp_path, version))


def keeps_all(old: Path) -> None:
    names = ("sessions", "variables", "changes", "touches", "ledgers", "snapshots", "runs", "steps", "idempotency_keys")
    before = {name: rows(old, name) for name in names}
    asyncio.run(open_and_go_on(old))
    assert all(len(before[name]) > 0 for name in names)
    for name in ("changes", "touches", "snapshots", "runs"):
        assert set(before[name]) <= set(rows(old, name)), name
    assert before["idempotency_keys"] == [row[:-1] for row in rows(old, "idempotency_keys")], "and a checksum"
    assert upkeep.check(f"sqlite:///{old}").damage == []
    with create_engine(f"sqlite:///{old}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


async def open_and_go_on(file: Path) -> None:
    async with opened(file) as hub:
        session, again = [
            (await hub.notebooks.attach(LOCAL, f"/home/ada/{name}.ipynb", cells=("a", "b"))).session_id
            for name in ("sweep", "report")
        ]
        assert session == again
        assert await values(hub, session) == {"lr": 0.2, "note": "first", "loss": 10}
        (theirs,) = await hub.list("user:bob")
        assert (theirs.name, theirs.variable_count) == ("other", 1)
        # The panel's numbers go on where they were, and what it sent already counts once.
        panel = Client(hub, session, "panel-1")
        assert (await panel.hello())["lastSeq"] == 2
        await panel.set(3, base=3, lr=0.3)
        assert (await panel.hear("ack"))["revision"] == 4


def test_what_was_damaged_stays_recognisable(old: Path) -> None:
    with sqlite3.connect(old) as database:
        database.execute("UPDATE clients SET last_seq = last_seq + 1")
    database.close()
    store = SqlStore(f"sqlite:///{old}")
    store.open()
    with store.transaction(write=False) as transaction:
        (session,) = transaction.find(LOCAL)
        with pytest.raises(Damaged):
            transaction.client(session.session_id, "panel-1")
    store.close()


@pytest.mark.parametrize("damage", [False, True])
def test_a_check_alters_nothing_of_an_older_version(old: Path, damage: bool) -> None:
    if damage:
        with sqlite3.connect(old) as database:
            database.execute("UPDATE variables SET value = X'39'")
        database.close()
    before = old.read_bytes()
    report = upkeep.check(f"sqlite:///{old}")
    assert (report.sessions, bool(report.damage)) == (2, damage)
    assert (old.read_bytes(), [file.name for file in old.parent.iterdir()]) == (before, [old.name])


DIES = """
import os, sys
from sqlalchemy import event
from session_state_ext.store import migrations
from session_state_ext.store.sql import SqlStore

upgrade, left = migrations.upgrade, int(sys.argv[2])

def count(*_):
    global left
    left -= 1
    if not left:
        os._exit(9)

def dying(connection):
    event.listen(connection, "before_cursor_execute", count)
    upgrade(connection)

migrations.upgrade = dying
SqlStore(f"sqlite:///{sys.argv[1]}").open()
"""


@pytest.mark.parametrize("statement", [2, 5, 8, 11, 14, 16])
def test_a_kill_at_any_point_of_a_migration_is_survived(old: Path, statement: int) -> None:
    died = subprocess.run([sys.executable, "-c", DIES, str(old), str(statement)], cwd=SAVED.parents[2])
    assert died.returncode == 9, "it came that far"
    assert rows(old, "alembic_version") == [("0001",)]
    keeps_all(old)
