"""Flipped bits and cut files: what is stored is served as it was written, or not at all."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from msgspec import Raw
from msgspec.structs import replace

from session_state_ext.errors import SessionError
from session_state_ext.hub import LOCAL, Hub
from session_state_ext.model import Origin, Run, RunOp, Set
from session_state_ext.store import rows
from session_state_ext.store.base import Summary
from session_state_ext.store.sql import SqlStore

from .peers import LONG, seed

FLIPS = 300 if LONG else 120
CUTS = 50 if LONG else 20
SESSIONS = 6
REVISIONS = 12

Values = dict[str, bytes]
#: session -> revision -> name -> value
History = dict[str, dict[int, Values]]
Listed = dict[str, Summary]


async def write(path: Path, chance: random.Random) -> tuple[History, Listed]:
    """Sessions with a past, and what each of their revisions held; and how they are listed."""
    was: History = {}
    hub = Hub(SqlStore(f"sqlite:///{path}"))
    await hub.start()
    for number in range(SESSIONS):
        session = (await hub.create(LOCAL, name=f"session {number}")).session.id
        await hub.notebooks.attach(LOCAL, f"/home/ada/notebook {number}.ipynb", session_id=session, cells=("a", "b"))
        values: Values = {}
        was[session] = {0: {}}
        for revision in range(1, REVISIONS + 1):
            name, value = f"v{chance.randrange(4)}", b'"%s"' % chance.randbytes(chance.choice((4, 400))).hex().encode()
            run = Run(id=f"r{revision}", step="train", status="done", start=revision)
            ops = (Set(name=name, value=Raw(value)), RunOp(run=run))
            await hub.write(LOCAL, session, ops, origin=Origin(kind="step"))
            values[name] = value
            was[session][revision] = dict(values)
    listed = {summary.session_id: summary for summary in await hub.list(LOCAL)}
    await hub.stop()
    return was, listed


async def read(path: Path, was: History, listed: Listed) -> Counter[str]:
    """Reads everything there is; what is served must be what was written."""
    seen: Counter[str] = Counter()
    hub = Hub(SqlStore(f"sqlite:///{path}"))
    try:
        await hub.start()
    except SessionError:
        seen["refused whole"] += 1
        await hub.stop()
        return seen
    try:
        try:
            for summary in await hub.list(LOCAL):
                was_listed = listed[summary.session_id]
                assert replace(summary, paths=was_listed.paths) == was_listed, "a session was listed as another one"
                # Of an attachment whose key is damaged nobody hears: the notebook gets another session.
                assert set(summary.paths) <= set(was_listed.paths), "a notebook's path is another one"
                seen["listed"] += 1
        except SessionError:
            seen["refused a list"] += 1
        for session, revisions in was.items():
            try:
                async with hub.use(LOCAL, session) as live:
                    served = {name: bytes(row.value) for name, row in live.rows.items()}
                    assert served == revisions[live.session.revision], "a wrong value was served"
                    assert live.session.revision == REVISIONS, "an acknowledged change is missing"
                    assert set(live.session.paths) <= set(listed[session].paths), "a notebook's path is another one"
                for revision in (0, REVISIONS // 2, REVISIONS - 1):
                    then = await hub.history.at(LOCAL, session, revision)
                    found = {name: bytes(row.value) for name, row in then.items()}
                    assert found == revisions[revision], "a wrong value was served of the past"
                await hub.history.changes(LOCAL, session)
                await hub.runs.of(LOCAL, session)
                seen["as it was"] += 1
            except SessionError:
                seen["set aside"] += 1
    finally:
        await hub.stop()
    return seen


def damaged(original: Path, copy: Path, chance: random.Random, cut: bool) -> None:
    for leftover in copy.parent.glob(copy.name + "*"):
        leftover.unlink()
    shutil.copyfile(original, copy)
    data = bytearray(copy.read_bytes())
    if cut:
        del data[chance.randrange(len(data)) :]
    else:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    copy.write_bytes(data)


def test_no_wrong_value_is_ever_served(tmp_path: Path) -> None:
    chance = seed("damage")
    original, copy = tmp_path / "sessions.db", tmp_path / "damaged.db"
    was, listed = asyncio.run(write(original, chance))
    assert asyncio.run(read(original, was, listed)) == {"as it was": SESSIONS, "listed": SESSIONS}
    seen: Counter[str] = Counter()
    for number in range(FLIPS + CUTS):
        damaged(original, copy, chance, cut=number >= FLIPS)
        seen += asyncio.run(read(copy, was, listed))
    print(f"{FLIPS} flips and {CUTS} cuts: {dict(seen)}; none wrong")
    assert seen["set aside"]
    assert seen["refused whole"]


def test_without_checksums_wrong_values_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The opposite: it is the checksums that the proof above rests on."""
    chance = seed("damage without checksums")
    original, copy = tmp_path / "sessions.db", tmp_path / "damaged.db"
    was, listed = asyncio.run(write(original, chance))
    monkeypatch.setattr("session_state_ext.store.transaction.verified", lambda row: row)
    monkeypatch.setattr(rows, "verified", lambda row: row)
    wrong = 0
    for _ in range(300):
        damaged(original, copy, chance, cut=False)
        try:
            asyncio.run(read(copy, was, listed))
        except (AssertionError, KeyError):
            wrong += 1
            break
    assert wrong
