"""What is particular to the SQLite file: durability settings, versions, damage, a full disk, no place to write."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from filelock import FileLock
from sqlalchemy import create_engine

from session_state_ext.errors import (
    Damaged,
    SessionError,
    StorageFull,
    StorageReadOnly,
    StoreError,
    StoreOutdated,
    StoreTooNew,
    Unavailable,
)
from session_state_ext.store import migrations, place, sql, sqlite, tables, upkeep
from session_state_ext.store.base import Key
from session_state_ext.store.sql import SqlStore
from tests.store.elsewhere import processes
from tests.store.test_contract import commit, put, session, values


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "sessions.db"


def make(file: Path) -> SqlStore:
    store = SqlStore(f"sqlite:///{file}")
    store.open()
    return store


def filled(file: Path) -> None:
    store = make(file)
    put(store, commit(session(), {"a": '"a value to damage"'}, size=(1, 19)), made=session())
    store.close()


def test_the_settings_that_durability_needs(file: Path) -> None:
    store = make(file)
    with store.transaction(write=False) as transaction:
        ask = transaction.connection.exec_driver_sql
        assert ask("PRAGMA journal_mode").scalar() == "wal"
        assert ask("PRAGMA synchronous").scalar() == 2, "FULL"
    store.close()
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_migrations_make_the_tables(file: Path) -> None:
    make(file).close()
    assert migrations.scripts().get_current_head() == tables.HEAD
    with create_engine(f"sqlite:///{file}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_a_newer_database_is_refused_and_left_as_it_is(file: Path) -> None:
    filled(file)
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = file.read_bytes()
    with pytest.raises(StoreTooNew, match="newer version"):
        make(file)
    assert file.read_bytes() == before


def test_a_database_that_a_newer_version_takes_over_meanwhile_is_left_as_it_is(file: Path) -> None:
    filled(file)
    store = make(file)
    with sqlite3.connect(file) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    for write in (True, False):
        with pytest.raises(StoreTooNew, match="newer version"), store.transaction(write=write):
            pass
    with pytest.raises(StoreTooNew):
        put(store, SECOND)
    with other:
        assert other.execute("SELECT name FROM variables").fetchall() == [("a",)]
        other.execute("UPDATE alembic_version SET version_num = ?", (tables.HEAD,))
    other.close()
    put(store, SECOND)
    store.close()


def test_a_database_that_is_replaced_by_one_of_an_older_version_is_brought_up_to_date(file: Path) -> None:
    filled(file)
    store = make(file)
    old, live = sqlite3.connect(":memory:"), sqlite3.connect(file)
    old.executescript((Path(__file__).parent / "saved" / "0003.sql").read_text())
    old.backup(live)
    old.close()
    live.close()
    with pytest.raises(Unavailable, match="older version"):
        put(store, SECOND)
    with store.transaction(write=False) as transaction:
        (session,) = transaction.find("local")
    assert session.paths == ["/home/ada/report.ipynb", "/home/ada/sweep.ipynb"]
    store.close()
    assert upkeep.check(f"sqlite:///{file}").damage == []


def test_somebody_elses_database_is_left_as_it_is(file: Path) -> None:
    file.parent.mkdir()
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE cookies (id)")
    database.close()
    before = file.read_bytes()
    with pytest.raises(StoreError, match="something else"):
        make(file)
    assert file.read_bytes() == before


def test_what_is_no_database_is_left_as_it_is(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"my thesis " * 1000)
    with pytest.raises(StoreError):
        make(file)
    assert file.read_bytes() == b"my thesis " * 1000


def test_a_kill_in_the_midst_of_a_migration_is_survived(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = migrations.upgrade

    def dies(connection: object) -> None:
        real(connection)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(migrations, "upgrade", dies)
    with pytest.raises(KeyboardInterrupt):
        make(file)
    monkeypatch.undo()
    filled(file)


@pytest.mark.parametrize("table", [each for each in tables.metadata.tables if each != "ledgers"])
def test_every_table_of_values_has_a_checksum(table: str) -> None:
    assert tables.metadata.tables[table].columns.keys()[-1] == "checksum"


def test_a_flipped_bit_is_never_served(file: Path) -> None:
    filled(file)
    data = bytearray(file.read_bytes())
    at = data.find(b"a value to damage")
    hits = 0
    while at >= 0:
        data[at] ^= 1
        hits += 1
        at = data.find(b"a value to damage")
    assert hits >= 2, "the row and the log"
    file.write_bytes(data)
    store = make(file)
    with store.transaction(write=False) as transaction:
        assert transaction.session("s") is not None
        with pytest.raises(Damaged):
            transaction.variables("s")
        with pytest.raises(Damaged):
            transaction.changes("s", 0)
    store.close()


def flip(file: Path, table: str, column: str, was: str, now: str) -> None:
    """As a bit would do it, past every index and check."""
    with sqlite3.connect(file) as database:
        database.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (now, was))
    database.close()


def test_a_damaged_session_is_not_listed_and_others_are(file: Path) -> None:
    store = make(file)
    for name in ("good", "flipped", "moved"):
        put(store, made=session(id=name, name=name, paths=(f"/{name}.ipynb",)))
    store.close()
    flip(file, "sessions", "name", "flipped", "flopped")
    flip(file, "attachments", "path", "/moved.ipynb", "/loved.ipynb")
    store = make(file)
    with store.transaction(write=False) as transaction:
        assert [(found.name, found.paths) for found in transaction.find("me")] == [("good", ["/good.ipynb"])]
        for name in ("flipped", "moved"):
            with pytest.raises(Damaged):
                transaction.session(name)
        with pytest.raises(Damaged):
            transaction.attached("me", "/loved.ipynb")
    store.close()
    assert len(upkeep.check(f"sqlite:///{file}").damage) == 2
    flip(file, "attachments", "session_id", "good", "wood")
    assert "A row of attachments is damaged, and belongs to no session." in upkeep.check(f"sqlite:///{file}").damage


def test_a_text_that_is_no_text_any_more_is_damage_and_not_shown(file: Path) -> None:
    filled(file)
    with sqlite3.connect(file) as database:
        database.execute("UPDATE sessions SET owner = CAST(X'6DE5' AS TEXT)")
    database.close()
    store = make(file)
    with store.transaction(write=False) as transaction, pytest.raises(Damaged, match="set aside"):
        transaction.session("s")
    store.close()


def test_a_name_of_a_table_that_is_no_text_any_more_is_damage(file: Path) -> None:
    """SQLite's sentence about it cannot be read by Python then."""
    filled(file)
    file.write_bytes(file.read_bytes().replace(b"CREATE TABLE ledgers", b"CRE\xeeTE TABLE l\xeedgers"))
    with pytest.raises(Damaged):
        make(file)


def test_a_damaged_answer_to_a_request_is_not_given_again(file: Path) -> None:
    store = make(file)
    key = Key(owner="me", session_id="", key="k", body=b"h", status=201, revision=3, made="first", at=10)
    with store.transaction(write=True) as transaction:
        transaction.put_key(key)
    store.close()
    flip(file, "idempotency_keys", "made", "first", "fjrst")
    store = make(file)
    with store.transaction(write=False) as transaction, pytest.raises(Damaged):
        transaction.key("me", "", "k")
    store.close()
    assert upkeep.check(f"sqlite:///{file}").damage == ["A row of idempotency_keys is damaged."]


def test_a_missing_row_is_noticed(file: Path) -> None:
    filled(file)
    with sqlite3.connect(file) as database:
        database.execute("DELETE FROM variables")
    database.close()
    store = make(file)
    with store.transaction(write=False) as transaction, pytest.raises(Damaged, match="missing"):
        transaction.variables("s")
    store.close()


def test_a_full_disk_changes_nothing_and_is_got_over(file: Path) -> None:
    store = make(file)
    put(store, commit(session(), {"a": "1"}, size=(1, 1)), made=session())
    driver = store._file.connection.connection.driver_connection
    assert driver is not None
    pages = driver.execute("PRAGMA page_count").fetchone()[0]
    driver.execute(f"PRAGMA max_page_count={pages + 2}")
    large = {f"v{number}": '"' + "x" * 9000 + '"' for number in range(10)}
    second = commit(session(revision=1, tip="t1"), dict(large), size=(11, 1 + 10 * 9002))
    with pytest.raises(StorageFull):
        put(store, second)
    with sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True) as without_log:
        assert without_log.execute("SELECT name FROM variables").fetchall() == [("a",)], (
            "what the log held was taken over"
        )
    without_log.close()
    with store.transaction(write=False) as transaction:
        assert values(transaction) == {"a": b"1"}
    driver.execute("PRAGMA max_page_count=100000")
    put(store, second)
    with store.transaction(write=False) as transaction:
        assert len(values(transaction)) == 11
    store.close()


def test_no_place_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    url = f"sqlite:///{tmp_path / 'sessions.db'}"
    with pytest.raises(StoreError, match="Permission denied"):
        SqlStore(url).open()
    with caplog.at_level(logging.WARNING):
        store = SqlStore(url, fallback=True)
        store.open()
    assert store.storage == "memory"
    assert ["kept in memory" in record.getMessage() for record in caplog.records] == [True]
    put(store, commit(session(), {"a": "1"}, size=(1, 1)), made=session())
    with store.transaction(write=False) as transaction:
        assert values(transaction) == {"a": b"1"}
    store.close()
    assert not (tmp_path / "sessions.db").exists()


class Disk:
    """A disk that can be made read-only, for everybody who asks; SQLite is told so when it opens a file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.why: str | None = None
        real = place.unwritable
        monkeypatch.setattr(place, "unwritable", lambda path: self.why or real(path))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


SECOND = commit(session(revision=1, tip="t1"), {"b": "2"}, size=(2, 20))


@pytest.mark.parametrize("fallback", [True, False])
def test_a_file_that_cannot_be_written_is_read(
    file: Path, disk: Disk, fallback: bool, caplog: pytest.LogCaptureFixture
) -> None:
    filled(file)
    before = file.read_bytes()
    disk.why = "Read-only file system"
    store = SqlStore(f"sqlite:///{file}", fallback=fallback)
    with caplog.at_level(logging.WARNING):
        store.open()
        for _ in range(2):
            with pytest.raises(StorageReadOnly, match=r"cannot be written \(Read-only file system\)"):
                put(store, SECOND)
        with pytest.raises(StorageReadOnly):
            store.scrub()
    assert store.storage == "read-only"
    assert len(caplog.records) == 1, "said once"
    with store.transaction(write=False) as transaction:
        assert values(transaction) == {"a": b'"a value to damage"'}
        assert [summary.session_id for summary in transaction.find("me")] == ["s"]
    assert (file.read_bytes(), {beside.name for beside in file.parent.iterdir()} - {"sessions.db.lock"}) == (
        before,
        {"sessions.db"},
    )
    # It goes on where it can be written again, without being opened anew by anybody.
    was, disk.why = store.version(), None
    put(store, SECOND)
    assert (store.storage, store.version() != was) == ("durable", True)
    store.close()
    store = make(file)
    with store.transaction(write=False) as transaction:
        assert values(transaction) == {"a": b'"a value to damage"', "b": b"2"}
    store.close()


def test_a_file_that_cannot_be_written_any_more_is_read(file: Path, disk: Disk) -> None:
    filled(file)
    store = make(file)
    was = store.version()
    disk.why = "Permission denied"
    # As SQLite fails there.
    store._file.connection.exec_driver_sql("PRAGMA query_only=ON")
    for _ in range(2):
        with pytest.raises(StorageReadOnly, match="Permission denied"):
            put(store, SECOND)
    assert (store.storage, store.version() != was) == ("read-only", True)
    with store.transaction(write=False) as transaction:
        assert values(transaction) == {"a": b'"a value to damage"'}
    disk.why = None
    put(store, SECOND)
    assert store.storage == "durable"
    store.close()


def test_what_others_write_to_a_file_that_is_only_read_is_seen(file: Path, disk: Disk) -> None:
    filled(file)
    disk.why = "Permission denied"
    alone = make(file)
    disk.why = None
    writer = make(file)
    disk.why = "Permission denied"
    beside_a_writer = make(file)
    versions = [reader.version() for reader in (alone, beside_a_writer)]
    put(writer, SECOND)
    for reader, before in zip((alone, beside_a_writer), versions, strict=True):
        with reader.transaction(write=False) as transaction:
            assert "b" in values(transaction)
            assert reader.version() != before
        reader.close()
    writer.close()


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EMFILE, Unavailable),
        (errno.ENOSPC, StorageFull),
        (errno.EROFS, StorageReadOnly),
        (errno.EACCES, StorageReadOnly),
    ],
)
def test_a_lock_that_cannot_be_opened_is_told_in_words(
    file: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[SessionError]
) -> None:
    monkeypatch.setattr(sqlite, "_SAFE_TOGETHER", (99,))
    monkeypatch.setattr(sql, "_AGAIN_SECONDS", 0.0)
    filled(file)
    store = make(file)
    with monkeypatch.context() as patch:

        def fail(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        patch.setattr(FileLock, "acquire", fail)
        with pytest.raises(SessionError) as told:
            put(store, SECOND)
        assert type(told.value) is kind
        with store.transaction(write=False) as transaction:
            assert values(transaction) == {"a": b'"a value to damage"'}
    put(store, SECOND)
    with monkeypatch.context() as patch:
        patch.setattr(FileLock, "acquire", fail)
        store.close()
    assert not place.beside(file, "-wal").exists(), "it is closed all the same"


def test_an_old_file_that_cannot_be_written_is_left_alone(file: Path, disk: Disk) -> None:
    filled(file)
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = '0002'")
    database.close()
    disk.why = "Permission denied"
    with pytest.raises(StoreOutdated, match="older version"):
        make(file)
    assert not place.beside(file, "-wal").exists()


def test_a_network_file_system_gets_no_wal(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mounts = f"/dev/sda / ext4 rw 0 0\nserver:/home {file.parent.parent} nfs4 rw 0 0\n"
    real = Path.read_text
    fake = lambda path, **options: mounts if str(path) == "/proc/self/mounts" else real(path, **options)  # noqa: E731
    monkeypatch.setattr(Path, "read_text", fake)
    with caplog.at_level(logging.WARNING):
        filled(file)
    assert ["DELETE journal" in record.getMessage() for record in caplog.records] == [True]
    assert file.read_bytes()[18:20] == b"\x01\x01", "the file's own mark of its journal: no WAL"
    store = make(file)
    with store.transaction(write=False) as transaction:
        assert values(transaction) == {"a": b'"a value to damage"'}
    store.close()


def test_writers_of_several_processes_lose_nothing(file: Path) -> None:
    """Each adds to the same number: nobody is told that it is locked, and no step is lost."""
    filled_with_nothing(file)
    with processes(file, 3, locked=True) as writers:
        for writer in writers:
            writer.begin("count")
        assert [writer.done() for writer in writers] == ["done"] * 3
        assert writers[0].do("read") == "90"


@pytest.mark.parametrize("locked", [True, False])
def test_nobody_checkpoints_while_another_process_writes(file: Path, locked: bool) -> None:
    """What old versions of SQLite cannot stand. SQLite itself allows it: without the lock it happens."""
    filled_with_nothing(file)
    with processes(file, 2, locked=locked) as (writer, other):
        assert writer.do("take") == "done"
        assert other.do("checkpoint") == ("another process" if locked else "done")
        assert other.do("read") == "", "reading goes on"
        assert writer.do("give") == "done"
        assert [other.do(word) for word in ("checkpoint", "take", "give")] == ["done"] * 3


@pytest.mark.parametrize("locked", [True, False])
def test_nobody_writes_while_another_process_checkpoints(file: Path, locked: bool) -> None:
    filled_with_nothing(file)
    with processes(file, 2, locked=locked) as (one, other):
        assert one.do("hold") == "done"
        assert other.do("write") == ("another process" if locked else "done")
        assert one.do("let") == "done"
        assert other.do("write") == "done"


def filled_with_nothing(file: Path) -> None:
    store = make(file)
    put(store, made=session())
    store.close()
