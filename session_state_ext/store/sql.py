"""The one store, on SQLAlchemy Core.

Driver exceptions stop here: what leaves is a SessionError, with the cause kept.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from session_state_ext.errors import Damaged, SessionError, StorageFull, StoreError, StoreTooNew, Unavailable

from . import migrations
from .sqlite import SqliteFile, is_read_only
from .tables import HEAD
from .transaction import SqlTransaction

_log = logging.getLogger("session_state_ext")


def default_url() -> str:
    """``sqlite:///<jupyter data dir>/session_state/sessions.db``."""
    from jupyter_core.paths import jupyter_data_dir

    return f"sqlite:///{Path(jupyter_data_dir()) / 'session_state' / 'sessions.db'}"


class SqlStore:
    """Sessions in the database at ``url``.

    With ``fallback``, a place that this user may not write is replaced by memory, and a log line says so once;
    without it, that is a StoreError.
    """

    def __init__(self, url: str, *, fallback: bool = False) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            raise StoreError(f"Sessions are stored in SQLite; {parsed.get_backend_name()} is not supported yet.")
        self._file = SqliteFile(parsed)
        self._fallback = fallback
        #: whether what is stored lasts longer than this store
        self.durable = self._file.path is not None

    @property
    def beside(self) -> Path | None:
        path = self._file.path
        return None if path is None else path.with_name(f"{path.name}.processes")

    def open(self) -> None:
        try:
            self._open()
        except OSError as error:
            if not (self._fallback and is_read_only(error)):
                raise StoreError(f"Sessions cannot be stored in {self._file.path}: {error.strerror}.") from error
            _log.warning(
                "session state: %s cannot be written (%s); sessions are kept in memory and end with this server.",
                self._file.path,
                error.strerror,
            )
            self._file = SqliteFile(make_url("sqlite://"))
            self.durable = False
            self._open()

    def _open(self) -> None:
        with _translated():
            connection = self._file.connect()
            try:
                upgrade = _must_upgrade(connection)
                self._file.configure()
                if upgrade:
                    with self._file.begin(write=True):
                        # Somebody else may have done it while we waited.
                        if _must_upgrade(connection):
                            migrations.upgrade(connection)
            except BaseException:
                self._file.close()
                raise

    def close(self) -> None:
        with _translated():
            self._file.close()

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[SqlTransaction]:
        with _translated(), self._file.begin(write=write) as connection:
            transaction = SqlTransaction(connection)
            yield transaction
            transaction.flush()

    def copy_to(self, path: Path) -> None:
        """Write all that is stored, as of one moment, to an empty file."""
        with _translated():
            self._file.copy_to(path)

    def leave_alone(self) -> None:
        """Make it one file that can be moved: no log beside it."""
        with _translated():
            self._file.leave_alone()

    def scrub(self) -> None:
        with _translated():
            self._file.scrub()

    def version(self) -> int:
        with _translated():
            return self._file.version()


def _must_upgrade(connection: Connection) -> bool:
    """Whether the tables are missing or older. Raises StoreTooNew, or StoreError for somebody else's database."""
    present = set(inspect(connection).get_table_names())
    if not present:
        return True
    if "alembic_version" not in present or "sessions" not in present:
        raise StoreError("This database holds something else than sessions; it is left as it is.")
    at = connection.execute(select(text("version_num")).select_from(text("alembic_version"))).scalar()
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
    except SQLAlchemyError as error:
        raise StoreError(f"The stored sessions cannot be used: {type(error).__name__}.") from error


def _in_words(error: DBAPIError) -> SessionError:
    # By SQLite's sentence: Python 3.10 does not give the code. No statement or value of ours is in it.
    said = str(error.orig)
    if "database or disk is full" in said:
        return StorageFull()
    if "is locked" in said or "is busy" in said:
        return Unavailable("Another process is writing the stored sessions; try again.")
    if "malformed" in said or "not a database" in said:
        return Damaged("The file with the stored sessions is damaged; restore it from a backup.")
    return StoreError(f"The stored sessions cannot be used: {said.splitlines()[0] if said else 'no reason given'}.")
