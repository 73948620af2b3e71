"""The engines that every test of the contract runs against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from session_state_ext.store.base import Store
from session_state_ext.store.sql import SqlStore

Open = Callable[[], Store]

#: name -> URL of a fresh database in a folder. Another engine is added here and nowhere else.
ENGINES: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda folder: f"sqlite:///{folder / 'state' / 'sessions.db'}",
}


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return ENGINES[request.param](tmp_path)


@pytest.fixture
def opened(url: str) -> Iterator[Open]:
    """Opens another store on the same database, as another process would."""
    stores: list[Store] = []

    def another() -> Store:
        store = SqlStore(url)
        store.open()
        stores.append(store)
        return store

    yield another
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Open) -> Store:
    return opened()
