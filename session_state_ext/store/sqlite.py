"""What is particular to SQLite: a file that processes share, on a disk that may be full, remote or read-only."""

from __future__ import annotations

import errno
import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from session_state_ext.errors import StoreError, Unavailable

#: Up to this version a WAL that two connections write and checkpoint at once can be corrupted.
_SAFE_TOGETHER = (3, 51, 3)

_BUSY_SECONDS = 5.0

#: File systems on which processes on two machines cannot share the memory that a WAL needs.
_REMOTE = re.compile(
    r"nfs4?|cifs|smb3|smbfs|ncpfs|afs|9p|ceph|lustre|gpfs|beegfs|glusterfs|davfs|fuse\.(sshfs|glusterfs|s3fs|rclone|davfs2)"
)

_log = logging.getLogger("session_state_ext")


class SqliteFile:
    """One connection to one database file (or memory), and how transactions begin on it."""

    def __init__(self, url: URL) -> None:
        self.path = Path(url.database) if url.database not in (None, "", ":memory:") else None
        self._engine: Engine = create_engine(
            url,
            poolclass=NullPool,
            # Transactions are begun here, with the right kind of BEGIN, and nowhere else.
            isolation_level="AUTOCOMMIT",
            # What a statement was given never reaches a log line.
            hide_parameters=True,
            connect_args={"timeout": _BUSY_SECONDS},
        )
        self._lock: FileLock | None = None
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            raise StoreError("The store is not open.")
        return self._connection

    def connect(self) -> Connection:
        """Open the file, making it and its folder (for this user alone) where there is none; alters no tables."""
        if self.path is not None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_unwritable(self.path)
            # SQLite gives its -wal and -shm the mode of the file.
            self.path.touch(mode=0o600)
            if sqlite3.sqlite_version_info < _SAFE_TOGETHER:
                self._lock = FileLock(f"{self.path}.lock", mode=0o600, poll_interval=0.002)
        self._connection = self._engine.connect()
        return self._connection

    def configure(self) -> None:
        """Acknowledged shall mean on disk. Called after the version of the tables was found acceptable."""
        with self._alone():
            mode = "delete" if self._is_remote() else "wal"
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
            self.connection.exec_driver_sql("PRAGMA cell_size_check=ON")

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
        if self._connection is None:
            return
        try:
            # The last one out checkpoints.
            with self._alone():
                self._connection.close()
        except Unavailable:
            self._connection.close()
        self._connection = None
        self._engine.dispose()

    def _rollback(self) -> None:
        driver = self.connection.connection.driver_connection
        # After a full disk or an I/O error SQLite may have rolled back by itself.
        if isinstance(driver, sqlite3.Connection) and driver.in_transaction:
            self.connection.exec_driver_sql("ROLLBACK")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._lock is None:
            yield
            return
        try:
            self._lock.acquire(timeout=_BUSY_SECONDS)
        except Timeout:
            raise Unavailable("Another process is writing the stored sessions; try again.") from None
        try:
            yield
        finally:
            self._lock.release()

    def _is_remote(self) -> bool:
        if self.path is None:
            return False
        try:
            mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            # Elsewhere SQLite finds out for itself: it answers with another journal mode than the one asked for.
            return False
        real = os.path.realpath(self.path)
        under = [fields for line in mounts if len(fields := line.split()) > 2 and _holds(_plain(fields[1]), real)]
        return bool(under) and _REMOTE.fullmatch(max(under, key=lambda fields: len(fields[1]))[2]) is not None


def _plain(mount: str) -> str:
    return mount.replace("\\040", " ")


def _holds(folder: str, path: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def _refuse_unwritable(path: Path) -> None:
    """SQLite opens a read-only file without a word and fails at the first write."""
    for file in (path, path.parent):
        if file.exists() and not os.access(file, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))


def is_read_only(error: OSError) -> bool:
    """Whether ``error`` says that this place cannot be written by this user, now or later."""
    return error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
