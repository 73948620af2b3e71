"""The one store, on SQLAlchemy Core.

Driver exceptions stop here: what leaves is a SessionError, with the cause kept.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from sqlalchemy import Connection, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

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
from session_state_ext.model import Storage

from . import migrations
from .sqlite import SqliteFile, is_read_only
from .tables import HEAD
from .transaction import SqlTransaction

_AT = select(text("version_num")).select_from(text("alembic_version"))

#: How often it is tried whether a file that seems to be writable is, after it was not.
_AGAIN_SECONDS = 1.0

_DAMAGED = "The file with the stored sessions is damaged; restore it from a backup."

_log = logging.getLogger("session_state_ext")


def default_url() -> str:
    """``sqlite:///<jupyter data dir>/session_state/sessions.db``."""
    from jupyter_core.paths import jupyter_data_dir

    return f"sqlite:///{Path(jupyter_data_dir()) / 'session_state' / 'sessions.db'}"


class SqlStore:
    """Sessions in the database at ``url``.

    A file that this user can only read is read; it is written as soon as it can be. With ``fallback``, a place where
    nothing is stored yet and nothing can be is replaced by memory; without it, that is a StoreError. A log line says so
    once. With ``look_only`` nothing about the file is altered: tables of an older version are a StoreOutdated.
    """

    def __init__(self, url: str, *, fallback: bool = False, look_only: bool = False) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            raise StoreError(f"Sessions are stored in SQLite; {parsed.get_backend_name()} is not supported yet.")
        self._file = SqliteFile(parsed)
        self._fallback = fallback
        self._look_only = look_only
        self.storage: Storage = "durable" if self._file.path is not None else "memory"
        #: the version at which the tables were found to be ours
        self._known = -1
        #: they are older, and have to be brought up to date
        self._outdated = False
        #: between open and close, also while the file cannot be used
        self._in_use = False
        #: moves with every connection, for SQLite counts anew then, and with ``storage``
        self._turns = 0
        #: when it was last tried whether the file can be written again (monotonic seconds)
        self._tried = float("-inf")

    @property
    def beside(self) -> Path | None:
        path = self._file.path
        return None if path is None else path.with_name(f"{path.name}.processes")

    def open(self) -> None:
        try:
            self._connect()
        except OSError as error:
            if not (self._fallback and is_read_only(error)):
                raise StoreError(f"Sessions cannot be stored in {self._file.path}: {error.strerror}.") from error
            _log.warning(
                "session state: %s cannot be written (%s); sessions are kept in memory and end with this server.",
                self._file.path,
                error.strerror,
            )
            self._file = SqliteFile(make_url("sqlite://"))
            self.storage = "memory"
            self._connect()
        self._in_use = True

    def _connect(self, *, make: bool = True) -> None:
        with _translated():
            try:
                connection = self._file.connect(make=make and not self._look_only, to_read=self._look_only)
                self._turns += 1
                upgrade = _must_upgrade(connection)
                if self._file.writable:
                    try:
                        self._file.configure()
                    except StorageReadOnly:
                        self._file.close()
                        connection = self._file.connect(make=False, to_read=True)
                if upgrade and not self._file.writable:
                    raise StoreOutdated()
                if upgrade:
                    with self._file.begin(write=True):
                        # Somebody else may have done it while we waited.
                        if _must_upgrade(connection):
                            migrations.upgrade(connection)
            except BaseException:
                self._file.close()
                raise
        self._outdated = False
        if not self._file.writable:
            self._turn_read_only(self._file.unwritable())

    def close(self) -> None:
        self._in_use = False
        with _translated():
            self._file.close()

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[SqlTransaction]:
        self._look_again()
        if write and self.storage == "read-only":
            raise _read_only(self._file.unwritable())
        with self._noticing() if write else nullcontext(), _translated(), self._file.begin(write=write) as connection:
            self._check_tables(connection)
            transaction = SqlTransaction(connection)
            yield transaction
            transaction.flush()

    def _check_tables(self, connection: Connection) -> None:
        """A newer version may have taken the file over since it was opened, or an older copy may have replaced it."""
        version = self.version()
        if version == self._known:
            return
        if connection.execute(_AT).scalar_one_or_none() != HEAD and _must_upgrade(connection):
            self._outdated = True
            raise Unavailable("The stored sessions were replaced by those of an older version; try again.")
        self._known = version

    # --- a place that could be written and cannot, or the other way round ---

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        """Find out from a failure that the file cannot be written any more. Raises StorageReadOnly then.

        Where it is full, what can be done for the next one is done.
        """
        try:
            yield
        except StorageFull:
            with suppress(SessionError), _translated():
                self._file.make_room()
            raise
        except (StorageReadOnly, StoreError) as error:
            why = self._file.unwritable()
            if isinstance(error, Damaged) or not (why or isinstance(error, StorageReadOnly)):
                raise
            self._turn_read_only(why)
            raise _read_only(why) from error

    def _turn_read_only(self, why: str | None) -> None:
        if self.storage == "read-only":
            return
        self.storage = "read-only"
        self._turns += 1
        if self._look_only:
            return
        _log.warning(
            "session state: %s cannot be written (%s); it is read, and changes are refused until it can be.",
            self._file.path,
            why or "SQLite says so",
        )

    def _look_again(self) -> None:
        """Open the file once more where that may help."""
        if not self._in_use or self._look_only:
            return
        if self._outdated:
            self._reopen()
        if self._file.is_open and self.storage != "read-only":
            return
        if self._file.is_open and self._file.unwritable() is not None:
            if self._file.is_stale:
                self._reopen()
            return
        now = time.monotonic()
        if self._file.is_open and now - self._tried < _AGAIN_SECONDS:
            return
        self._tried = now
        if not self._is_proven():
            self._reopen()
            self._is_proven()

    def _is_proven(self) -> bool:
        """Whether the file, which could not be written, can be again."""
        if not (self._file.is_open and self._file.writable):
            return False
        try:
            with _translated():
                self._file.prove()
        except SessionError:
            return False
        if self.storage == "read-only":
            self.storage = "durable"
            self._turns += 1
            _log.warning("session state: %s can be written again.", self._file.path)
        return True

    def _reopen(self) -> None:
        self._file.close()
        try:
            self._connect(make=False)
        except OSError as error:
            raise StoreError(f"The stored sessions cannot be used: {self._file.path}: {error.strerror}.") from error

    # --- for upkeep ---

    @property
    def is_stale(self) -> bool:
        """Whether somebody has written to the file since it was opened to be looked at."""
        return self._file.is_stale

    def copy_to(self, path: Path) -> None:
        """Write all that is stored, as of one moment, to an empty file."""
        with _translated():
            self._file.copy_to(path)

    def leave_alone(self) -> None:
        """Make it one file that can be moved: no log beside it."""
        with _translated():
            self._file.leave_alone()

    def scrub(self) -> None:
        if self.storage == "read-only":
            raise _read_only(self._file.unwritable())
        with self._noticing(), _translated():
            self._file.scrub()

    def version(self) -> int:
        with _translated():
            return self._turns << 32 | self._file.version()


def _must_upgrade(connection: Connection) -> bool:
    """Whether the tables are missing or older. Raises StoreTooNew, or StoreError for somebody else's database."""
    present = set(inspect(connection).get_table_names())
    if not present:
        return True
    if "alembic_version" not in present or "sessions" not in present:
        raise StoreError("This database holds something else than sessions; it is left as it is.")
    at = connection.execute(_AT).scalar()
    if at == HEAD:
        return False
    if not migrations.knows(str(at)):
        raise StoreTooNew(
            f"These sessions were written by a newer version of session-state-ext (tables {at}, this version knows "
            f"{HEAD}). They are left as they are: upgrade, or set SessionStateExtension.store_url to another place."
        )
    return True


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _in_words(error) from error
    except UnicodeDecodeError:
        # SQLite's own sentence, with a damaged name in it.
        raise Damaged(_DAMAGED) from None
    except SQLAlchemyError as error:
        raise StoreError(f"The stored sessions cannot be used: {type(error).__name__}.") from error


def _in_words(error: DBAPIError) -> SessionError:
    # By SQLite's sentence: Python 3.10 does not give the code. No statement or value of ours is in it.
    said = str(error.orig)
    if "database or disk is full" in said:
        return StorageFull()
    if "is locked" in said or "is busy" in said:
        return Unavailable("Another process is writing the stored sessions; try again.")
    if "readonly" in said:
        return StorageReadOnly()
    if "malformed" in said or "not a database" in said:
        return Damaged(_DAMAGED)
    return StoreError(f"The stored sessions cannot be used: {said.splitlines()[0] if said else 'no reason given'}.")


def _read_only(why: str | None) -> StorageReadOnly:
    reason = "" if why is None else f" ({why})"
    return StorageReadOnly(f"What is stored can be read, but not changed just now: its file cannot be written{reason}.")
