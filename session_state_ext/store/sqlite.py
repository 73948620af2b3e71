"""What is particular to SQLite: a file that processes share, on a disk that may be full, remote or read-only."""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.pool import NullPool

from session_state_ext.errors import SessionError, StorageFull, StorageReadOnly, StoreError, Unavailable

from . import place

#: Up to this version a WAL that two connections write and checkpoint at once can be corrupted.
_SAFE_TOGETHER = (3, 51, 3)

_BUSY_SECONDS = 5.0

_LOCKED = "Another process is writing the stored sessions; try again."

_log = logging.getLogger("session_state_ext")


class SqliteFile:
    """One connection to one database file (or memory), and how transactions begin on it."""

    def __init__(self, url: URL) -> None:
        self.path = Path(url.database) if url.database not in (None, "", ":memory:") else None
        #: whether it was opened to be written
        self.writable = True
        self._url = url
        self._lock: FileLock | None = None
        self._connection: Connection | None = None
        #: how the file looked where SQLite was told that it does not change
        self._mark: tuple[int, ...] | None = None

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            raise StoreError("The store is not open.")
        return self._connection

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    @property
    def is_stale(self) -> bool:
        """Whether it was opened as a file that nobody writes, and somebody has."""
        return self._mark is not None and self.path is not None and place.mark(self.path) != self._mark

    def unwritable(self) -> str | None:
        """Why this user cannot write the file, in the system's words; None where they can."""
        return None if self.path is None else place.unwritable(self.path)

    def connect(self, *, make: bool = True, to_read: bool = False) -> Connection:
        """Open the file; with ``make`` it and its folder are made, for this user alone, where there is none.

        One that is there and that this user cannot write is opened to be read, as with ``to_read``. Alters no tables.
        Raises OSError where there is none, and none can be made.
        """
        url, self._mark, self.writable = self._url, None, True
        if self.path is not None:
            if not make or self._is_there(self.path):
                self.path.stat()
                self.writable = not to_read and self.unwritable() is None
            else:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                # SQLite gives its -wal and -shm the mode of the file.
                self.path.touch(mode=0o600)
            if not self.writable:
                url = self._to_be_read(self.path)
            elif sqlite3.sqlite_version_info < _SAFE_TOGETHER:
                self._lock = FileLock(f"{self.path}.lock", mode=0o600, poll_interval=0.002)
        engine = create_engine(
            url,
            poolclass=NullPool,
            # Transactions are begun here, with the right kind of BEGIN, and nowhere else.
            isolation_level="AUTOCOMMIT",
            # What a statement was given never reaches a log line.
            hide_parameters=True,
            connect_args={"timeout": _BUSY_SECONDS},
        )
        self._connection = engine.connect()
        self._connection.exec_driver_sql("PRAGMA cell_size_check=ON")
        driver = self._connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        # A damaged text shall be found by its row's checksum, and not fail every row that is read with it.
        driver.text_factory = _text
        return self._connection

    def _is_there(self, path: Path) -> bool:
        try:
            return path.exists()
        except OSError as error:
            # There may well be one: it is not for us to begin another.
            raise StoreError(f"Sessions cannot be looked for in {path.parent}: {error.strerror}.") from error

    def _to_be_read(self, path: Path) -> URL:
        options = {"mode": "ro", "uri": "true"}
        if place.is_settled(path):
            # SQLite would want to make the files that it shares with writers, which it cannot here.
            self._mark = place.mark(path)
            options["immutable"] = "1"
        return self._url.set(database=path.absolute().as_uri()).update_query_dict(options)

    def configure(self) -> None:
        """Acknowledged shall mean on disk. Called after the version of the tables was found acceptable."""
        with self._alone():
            mode = "delete" if self.path is not None and place.is_remote(self.path) else "wal"
            got = self.connection.exec_driver_sql(f"PRAGMA journal_mode={mode}").scalar()
            if got == "memory" or self.path is None:
                return
            if got != "wal":
                self.connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
                _log.warning(
                    "session state: %s lies on a file system without shared memory; using SQLite's DELETE journal.",
                    self.path,
                )
            # Without a WAL a change is committed by removing the journal: FULL does not sync that, EXTRA does.
            level = "FULL" if got == "wal" else "EXTRA"
            self.connection.exec_driver_sql(f"PRAGMA synchronous={level}")
            # A WAL that once grew large is cut down again.
            self.connection.exec_driver_sql("PRAGMA journal_size_limit=16777216")

    @contextmanager
    def begin(self, *, write: bool) -> Iterator[Connection]:
        connection = self.connection
        if not write:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                self._rollback()
            return
        with self._alone():
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                # A checkpoint may happen here, hence inside the lock.
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                self._rollback()
                raise

    def prove(self) -> None:
        """Write something that alters nothing. Raises where that cannot be done."""
        with self.begin(write=True) as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")

    def make_room(self) -> None:
        """Take over what waits in the log, which is written from its beginning then: it grows until it is large."""
        with self._alone():
            self.connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    def copy_to(self, path: Path) -> None:
        """Needs no lock: it reads, in one transaction, and writers go on."""
        self.connection.exec_driver_sql("VACUUM INTO ?", (str(path),))

    def leave_alone(self) -> None:
        self.connection.exec_driver_sql("PRAGMA journal_mode=DELETE")

    def scrub(self) -> None:
        """Write the file anew without what was deleted, and empty the log beside it."""
        with self._alone():
            self.connection.exec_driver_sql("VACUUM")
            busy = self.connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        if busy:
            raise Unavailable("Another process is reading the stored sessions; what was purged is still in its log.")

    def version(self) -> int:
        return int(self.connection.exec_driver_sql("PRAGMA data_version").scalar_one())

    def close(self) -> None:
        """Idempotent; whatever happens, it is closed."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            # The last one out checkpoints.
            with self._alone():
                connection.close()
        except SessionError:
            connection.close()

    def _rollback(self) -> None:
        driver = self.connection.connection.driver_connection
        # After a full disk or an I/O error SQLite may have rolled back by itself.
        if isinstance(driver, sqlite3.Connection) and driver.in_transaction:
            self.connection.exec_driver_sql("ROLLBACK")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._lock is None or not self.writable:
            yield
            return
        try:
            self._lock.acquire(timeout=_BUSY_SECONDS)
        except Timeout:
            raise Unavailable(_LOCKED) from None
        except (OSError, NotImplementedError) as error:
            # The latter on file systems that have no locks.
            raise _in_words(error) from error
        try:
            yield
        finally:
            self._lock.release()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def is_read_only(error: OSError) -> bool:
    """Whether ``error`` says that this place cannot be written by this user."""
    return error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)


def _in_words(error: OSError | NotImplementedError) -> SessionError:
    """What it means that the lock's file cannot be used."""
    if isinstance(error, NotImplementedError):
        return StoreError("The stored sessions cannot be used: their file system has no locks.")
    if is_read_only(error):
        return StorageReadOnly()
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull()
    return Unavailable(f"The stored sessions cannot be locked just now: {error.strerror}.")
