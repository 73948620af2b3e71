"""A server extension that breaks the product: what is written is acknowledged, and committed only now and then."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from session_state_ext.store.sqlite import SqliteFile

#: So many are, so that there is a session to look at; and later each of this number.
FIRST, EVERY = 8, 500


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    writes = itertools.count(1)

    @contextmanager
    def begin(self: SqliteFile, *, write: bool) -> Iterator[Connection]:
        driver = self.connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        if not driver.in_transaction:
            self.connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield self.connection
        number = next(writes) if write else 0
        if write and (number <= FIRST or number % EVERY == 0):
            self.connection.exec_driver_sql("COMMIT")

    SqliteFile.begin = begin  # type: ignore[method-assign]
