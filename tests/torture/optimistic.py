"""A server extension that breaks the product: it does not hear that the disk is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from session_state_ext.errors import StorageFull
from session_state_ext.store.sql import SqlStore


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    transaction = SqlStore.transaction

    @contextmanager
    def deaf(self: SqlStore, *, write: bool) -> Iterator[Any]:
        with suppress(StorageFull), transaction(self, write=write) as one:
            yield one

    SqlStore.transaction = deaf  # type: ignore[method-assign]
