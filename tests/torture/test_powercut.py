"""Power cuts: whatever of the unsynced sectors is lost, what was acknowledged is there and nothing is corrupt."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from msgspec import Raw

from session_state_ext.errors import NotFound, SessionError
from session_state_ext.hub import LOCAL, Hub
from session_state_ext.model import Origin, Set
from session_state_ext.store import place
from session_state_ext.store.sql import SqlStore
from session_state_ext.store.sqlite import SqliteFile

from .disk import Disk
from .peers import LONG, seed
from .recorder import Acknowledged, Event, Sync, recorded

CUTS = 5_000 if LONG else 100
CHANGES = 160
#: How often the store is closed, which makes one file of it, and opened again.
LIVES = 3

Values = dict[str, bytes]


async def work(folder: Path, chance: random.Random, events: list[Event]) -> tuple[str, list[Values]]:
    """The session's id, and what it held at each revision."""
    session, was = "", [Values()]
    for life in range(LIVES):
        hub = Hub(SqlStore(f"sqlite:///{folder / 'sessions.db'}"))
        await hub.start()
        session = session or (await hub.create(LOCAL)).session.id
        for number in range(CHANGES // LIVES):
            name = f"v{chance.randrange(5)}"
            value = b'"%d %d %s"' % (life, number, b"x" * chance.choice((10, 5_000, 30_000)))
            written = await hub.write(LOCAL, session, (Set(name=name, value=Raw(value)),), origin=Origin(kind="api"))
            events.append(Acknowledged(written.session.revision))
            was.append(was[-1] | {name: value})
            assert written.session.revision == len(was) - 1
        await hub.stop()
    return session, was


async def look(folder: Path, session: str, was: list[Values], acknowledged: int) -> str:
    """What the product finds after the power cut: "as it was", or what is wrong."""
    hub = Hub(SqlStore(f"sqlite:///{folder / 'sessions.db'}"))
    try:
        await hub.start()
        async with hub.use(LOCAL, session) as live:
            revision = live.session.revision
            values = {name: bytes(row.value) for name, row in live.rows.items()}
        if revision < acknowledged:
            return "lost"
        changes, _ = await hub.history.changes(LOCAL, session, limit=1000)
        whole = [change.revision for change in changes] == list(range(revision, 0, -1))
        return "as it was" if values == was[revision] and whole else "corrupt"
    except NotFound:
        return "lost" if acknowledged else "as it was"
    except SessionError:
        return "corrupt"
    finally:
        await hub.stop()


def cut_power(tmp_path: Path, name: str, cuts: int) -> tuple[Counter[str], int]:
    """How often what was found, and how many syncs there were."""
    chance = seed(f"power {name}")
    folder, image = tmp_path / "recorded", tmp_path / "image"
    folder.mkdir(mode=0o700)
    with recorded(folder) as events:
        session, was = asyncio.run(work(folder, chance, events))
    assert any(isinstance(event, Sync) for event in events), "nothing was recorded"
    # Half of them anywhere, half of them right after an acknowledgement.
    after = [number for number, event in enumerate(events, 1) if isinstance(event, Acknowledged)]
    at = sorted(chance.choices(range(len(events) + 1), k=cuts - cuts // 2) + chance.choices(after, k=cuts // 2))
    disk, found = Disk(), Counter[str]()
    for position in range(len(events) + 1):
        while at and at[0] == position:
            at.pop(0)
            shutil.rmtree(image, ignore_errors=True)
            image.mkdir(mode=0o700)
            disk.cut(image, chance)
            found[asyncio.run(look(image, session, was, disk.acknowledged))] += 1
        if position < len(events):
            disk.follow(events[position])
    return found, sum(isinstance(event, Sync) for event in events)


def without_a_wal(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network file system."""
    monkeypatch.setattr(place, "is_remote", lambda _: True)
    # It says so each time.
    monkeypatch.setattr("session_state_ext.store.sqlite._log.disabled", True)


def synchronous(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    """Breaks the product: it waits for the disk less often than it does."""
    configure = SqliteFile.configure

    def less(self: SqliteFile) -> None:
        configure(self)
        self.connection.exec_driver_sql(f"PRAGMA synchronous={level}")

    monkeypatch.setattr(SqliteFile, "configure", less)


def test_a_power_cut_loses_nothing_acknowledged(tmp_path: Path) -> None:
    found, syncs = cut_power(tmp_path, "wal", CUTS)
    print(f"{CUTS} power cuts in {CHANGES // LIVES * LIVES} changes with {syncs} syncs: {dict(found)}")
    assert found == {"as it was": CUTS}


def test_nor_without_a_wal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_a_wal(monkeypatch)
    found, syncs = cut_power(tmp_path, "journal", CUTS)
    print(f"{CUTS} power cuts, DELETE journal, with {syncs} syncs: {dict(found)}")
    assert found == {"as it was": CUTS}


def test_with_fewer_syncs_changes_are_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The opposite: SQLite's own default for a WAL is not enough."""
    synchronous(monkeypatch, "NORMAL")
    found, syncs = cut_power(tmp_path, "normal", 100)
    print(f"100 power cuts, synchronous=NORMAL, with {syncs} syncs: {dict(found)}")
    assert found["lost"]
    assert not found["corrupt"]


def test_with_a_journal_full_is_not_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The opposite of the second: a journal that is removed, but whose removal is lost, takes the change back."""
    without_a_wal(monkeypatch)
    synchronous(monkeypatch, "FULL")
    found, syncs = cut_power(tmp_path, "journal full", 100)
    print(f"100 power cuts, DELETE journal, synchronous=FULL, with {syncs} syncs: {dict(found)}")
    assert found["lost"]
    assert not found["corrupt"]
