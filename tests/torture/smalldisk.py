"""A server extension for where nothing can be mounted: SQLite's own limit of pages, while there is ballast beside the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from session_state_ext.store.sqlite import SqliteFile

PAGES = 200


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    begin = SqliteFile.begin

    @contextmanager
    def limited(self: SqliteFile, *, write: bool) -> Iterator[Connection]:
        assert self.path is not None
        pages = PAGES if (self.path.parent / "ballast").exists() else 1_000_000
        self.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        with begin(self, write=write) as connection:
            yield connection

    SqliteFile.begin = limited  # type: ignore[method-assign]
