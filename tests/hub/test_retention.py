"""What is kept of the past, what is joined, what is forgotten, and what is purged for good."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from session_state_ext import errors
from session_state_ext.hub import LOCAL, Hub, batch, caretaker
from session_state_ext.hub.retention import Retention
from session_state_ext.model import PURGED, Delete, Input, Op, Origin, Patch, Rename, Run, RunOp, Set
from session_state_ext.store.sql import SqlStore


class Past:
    def __init__(self, hub: Hub, session: str) -> None:
        self.hub, self.session = hub, session

    async def write(self, *ops: Op, run: str | None = None, origin: Origin | None = None, **variables: Any) -> None:
        sets = tuple(Set(name=name, value=Raw(json.dumps(value).encode())) for name, value in variables.items())
        origin = origin or Origin(kind="panel" if run is None else "step", run=run)
        await self.hub.write(LOCAL, self.session, (*ops, *sets), origin=origin)

    async def look_after(self, **policy: Any) -> None:
        async with self.hub.use(LOCAL, self.session) as live:
            await self.hub.alter(LOCAL, self.session, lambda batch, _: Retention(**policy).look_after(batch, live))

    async def alter(self, do: Callable[[batch.Batch], Any]) -> None:
        await self.hub.alter(LOCAL, self.session, lambda one, _: do(one))

    async def log(self) -> list[int]:
        page, _ = await self.hub.history.changes(LOCAL, self.session, limit=1000)
        return [change.revision for change in page]

    async def at(self, revision: int) -> dict[str, Any]:
        rows = await self.hub.history.at(LOCAL, self.session, revision)
        return {name: json.loads(bytes(row.value)) for name, row in rows.items()}


Story = Callable[[Past], Awaitable[None]]


def tell(story: Story, url: str = "sqlite://") -> None:
    async def run() -> None:
        hub = Hub(SqlStore(url))
        await hub.start()
        try:
            written = await hub.create(LOCAL)
            await story(Past(hub, written.session.id))
        finally:
            await hub.stop()

    asyncio.run(run())


def test_the_oldest_changes_are_forgotten_and_what_is_left_is_told_as_before() -> None:
    async def story(session: Past) -> None:
        for number in range(1, 31):
            await session.write(**{"odd" if number % 2 else "even": number})
        before = {revision: await session.at(revision) for revision in range(12, 31)}
        await session.look_after(changes=20)
        assert await session.log() == list(range(30, 12, -1))
        for revision, variables in before.items():
            assert await session.at(revision) == variables
        with pytest.raises(errors.Expired, match="back to revision 12"):
            await session.at(11)
        with pytest.raises(errors.Expired):
            await session.hub.history.undo(LOCAL, session.session, origin=Origin(kind="api"), revision=3)

    tell(story)


def test_the_writes_of_a_run_are_joined_before_a_persons_are_forgotten() -> None:
    async def story(session: Past) -> None:
        await session.write(lr=1)
        await session.write(lr=2)
        for number in range(50):
            await session.write(run="r1", loss=number, step=number)
        await session.write(lr=3)
        for number in range(50):
            await session.write(run="r2", loss=-number)
        await session.look_after(changes=20)
        log = await session.log()
        assert len(log) <= 20
        assert {1, 2, 52, 53} <= set(log)
        assert await session.at(2) == {"lr": 2}
        assert await session.at(52) == {"lr": 2, "loss": 49, "step": 49}
        with pytest.raises(errors.Expired, match="middle of a run"):
            await session.at(30)
        page, _ = await session.hub.history.changes(LOCAL, session.session, limit=1000)
        joined = next(change for change in page if change.revision == 52)
        assert sorted(op.name for op in joined.ops if isinstance(op, Set)) == ["loss", "step"]
        await session.hub.history.undo(LOCAL, session.session, origin=Origin(kind="api"), revision=52, force=True)
        assert await session.at(104) == {"lr": 3}

    tell(story)


CELL = Origin(kind="cell", cell="c1", client="kernel")
RUNS = Origin(kind="step", run="r1"), Origin(kind="step", run="r2")


@pytest.mark.parametrize(
    "writers", [(RUNS[0],), (CELL,), RUNS, (*RUNS, CELL)], ids=["a run", "a cell", "two runs", "runs and a cell"]
)
def test_programs_that_write_side_by_side_push_out_nothing_of_a_persons(writers: tuple[Origin, ...]) -> None:
    async def story(session: Past) -> None:
        for number in range(5):
            await session.write(lr=number)
        for number in range(300):
            who = number % len(writers)
            await session.write(origin=writers[who], **{f"loss{who}": number, f"epoch{who}": number // 9})
            if number % 100 == 50:
                await session.write(lr=number)
        await session.look_after(changes=100)
        page, _ = await session.hub.history.changes(LOCAL, session.session, limit=1000)
        assert [change.origin.kind for change in page].count("panel") == 8
        assert len(page) < 40

    tell(story)


def test_what_each_run_wrote_last_stays() -> None:
    async def story(session: Past) -> None:
        for run in RUNS:
            for number in range(30):
                await session.write(origin=run, loss=number)
        await session.write(lr=1)
        await session.alter(lambda one: one.transaction.thin(session.session, 61))
        page, _ = await session.hub.history.changes(LOCAL, session.session, limit=1000)
        assert [(change.revision, change.origin.run) for change in page] == [
            (61, None), (60, "r2"), (30, "r1"), (1, "r1"),
        ]  # fmt: skip

    tell(story)


def test_members_that_a_run_wrote_one_after_the_other_are_told_together() -> None:
    async def story(session: Past) -> None:
        await session.write(config={})
        for number, member in enumerate("abc"):
            patch = json.dumps([{"op": "add", "path": f"/{member}", "value": number}]).encode()
            await session.write(Patch(name="config", patch=Raw(patch)), origin=CELL)
        await session.write(lr=1)
        await session.alter(lambda one: one.transaction.thin(session.session, 5))
        page, _ = await session.hub.history.changes(LOCAL, session.session)
        assert [change.revision for change in page] == [5, 4, 1]
        (op,) = page[1].ops
        assert isinstance(op, Patch)
        assert [each["path"] for each in json.loads(bytes(op.patch))] == ["/a", "/b", "/c"]

    tell(story)


WRITERS = (Origin(kind="panel"), CELL, *RUNS)
written = st.tuples(
    st.sampled_from(range(len(WRITERS))),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(["set", "patch", "delete"]), min_size=1, max_size=2),
    st.sampled_from([False, False, True]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(written, min_size=8, max_size=30), st.integers(4, 12))
def test_whatever_goes_each_revision_that_is_left_is_told_as_before(
    changes: list[tuple[int, dict[str, str], bool]], kept: int
) -> None:
    async def story(session: Past) -> None:
        states: dict[int, dict[str, Any]] = {0: {}}
        of_people: set[int] = set()
        for number, (who, names, snapshot) in enumerate(changes):
            stands = states[max(states)]
            for name, how in names.items():
                if how == "set" or name not in stands:
                    op: Op = Set(name=name, value=Raw(b'{"n": %d}' % number))
                elif how == "delete":
                    op = Delete(name=name)
                else:
                    op = Patch(
                        name=name, patch=Raw(b'[{"op": "add", "path": "/p%d", "value": %d}]' % (number % 3, number))
                    )
                await session.write(op, origin=WRITERS[who])
                revision = max(states) + 1
                states[revision] = await session.at(revision)
                if who == 0:
                    of_people.add(revision)
            if snapshot:
                await session.hub.history.take_snapshot(LOCAL, session.session, f"at {number}")
        named = {one.revision for one in await session.hub.history.snapshots(LOCAL, session.session)}
        newest = max(states)
        for before in (newest - kept, newest):
            await session.alter(lambda batch, before=before: batch.transaction.thin(session.session, before))
            left = await session.log()
            assert of_people | (named - {0}) <= set(left)
            for revision in (0, *left):
                assert await session.at(revision) == states[revision], revision
        await session.look_after(changes=kept)
        for revision in {*(await session.log()), *named}:
            assert await session.at(revision) == states[revision], revision

    tell(story)


def test_a_snapshot_is_kept_whatever_is_forgotten_around_it() -> None:
    async def story(session: Past) -> None:
        await session.write(a=1, b=1)
        await session.hub.history.take_snapshot(LOCAL, session.session, "good")
        await session.write(Delete(name="b"))
        for number in range(40):
            await session.write(run="r", a=number + 2)
            if number == 10:
                await session.hub.history.take_snapshot(LOCAL, session.session, "eleven")
        await session.look_after(changes=10)
        await session.look_after(changes=10)
        assert len(await session.log()) <= 10
        origin = Origin(kind="api")
        await session.hub.history.restore(LOCAL, session.session, origin=origin, snapshot="good")
        async with session.hub.use(LOCAL, session.session) as live:
            assert {name: bytes(row.value) for name, row in live.rows.items()} == {"a": b"1", "b": b"1"}
        await session.hub.history.restore(LOCAL, session.session, origin=origin, snapshot="eleven")
        async with session.hub.use(LOCAL, session.session) as live:
            assert {name: bytes(row.value) for name, row in live.rows.items()} == {"a": b"12"}

    tell(story)


def test_a_past_that_is_larger_than_memory_is_rewritten_in_portions(tmp_path: Path) -> None:
    async def story(session: Past) -> None:
        for number in range(60):
            await session.write(run="r" if number < 30 else None, big=f"{number} " + "x" * 900_000)
        before = {revision: await session.at(revision) for revision in (50, 60)}
        tracemalloc.start()
        try:
            await session.look_after(changes=20)
            await session.hub.history.purge(LOCAL, session.session, "other")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 30_000_000, "of some 100 MB"
        assert len(await session.log()) <= 20
        assert {revision: await session.at(revision) for revision in (50, 60)} == before

    tell(story, f"sqlite:///{tmp_path / 'sessions.db'}")


def test_a_client_that_was_away_for_longer_than_the_log_gets_everything(tmp_path: Path) -> None:
    async def story(session: Past) -> None:
        for number in range(30):
            await session.write(a=number)
        await session.look_after(changes=10)
        assert await session.hub.read(LOCAL, session.session, lambda draft: draft.changes(3)) is None
        recent = await session.hub.read(LOCAL, session.session, lambda draft: draft.changes(25))
        assert recent is not None
        assert [change.revision for change in recent] == [26, 27, 28, 29, 30]

    tell(story)


def test_a_session_that_is_written_to_all_the_time_does_not_grow_for_ever(tmp_path: Path) -> None:
    async def run() -> None:
        hub = Hub(SqlStore("sqlite://"), retention=Retention(changes=50))
        await hub.start()
        try:
            session = Past(hub, (await hub.create(LOCAL)).session.id)
            for number in range(700):
                await session.write(a=number)
            for _ in range(100):
                if len(await session.log()) <= 300:
                    break
                await asyncio.sleep(0.05)
            assert len(await session.log()) <= 300
        finally:
            await hub.stop()

    asyncio.run(run())


@pytest.mark.parametrize(("table", "column"), [("changes", "frame"), ("touches", "before")])
def test_what_fails_at_a_damaged_row_has_altered_nothing(tmp_path: Path, table: str, column: str) -> None:
    path = tmp_path / "sessions.db"

    async def story(session: Past) -> None:
        for number in range(1, 51):
            await session.write(run=None if number % 15 == 0 else f"r{number // 15}", a=number)
        flipped = f"CAST(replace(CAST({column} AS TEXT), 'value', 'valve') AS BLOB)"
        with sqlite3.connect(path) as database:
            database.execute(f"UPDATE {table} SET {column} = {flipped} WHERE revision = 26")
        database.close()
        before = contents(path)
        # In one transaction with what somebody else writes, and alone.
        failed, written = await asyncio.gather(
            session.look_after(changes=20), session.write(b=1), return_exceptions=True
        )
        assert (type(failed), written) == (errors.Damaged, None)
        with pytest.raises(errors.Damaged):
            await session.look_after(changes=20)
        assert [row for row in before if row not in contents(path)] == []
        assert await session.at(30) == {"a": 30}, "what can be read still is"

    tell(story, f"sqlite:///{path}")


def contents(path: Path) -> list[Any]:
    with sqlite3.connect(path) as database:
        found = [row for name in ("changes", "touches") for row in database.execute(f"SELECT * FROM {name}")]
    database.close()
    return found


class Clock:
    """What the caretaker and the writer take for the time: as it is, and this much later."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.later = self.much_later = 0.0
        patch.setattr(caretaker, "time", self)
        patch.setattr(batch, "time", self)

    def monotonic(self) -> float:
        return time.monotonic() + self.later

    def time_ns(self) -> int:
        return time.time_ns() + int(self.much_later * 1e9)


def test_what_is_too_old_goes_within_an_hour_and_when_a_session_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    async def is_cut(session: Past) -> bool:
        for _ in range(200):
            if len(await session.log()) == 1:
                return True
            await asyncio.sleep(0.05)
        return False

    async def run() -> None:
        hub = Hub(SqlStore("sqlite://"), retention=Retention(days=1))
        await hub.start()
        try:
            session = Past(hub, (await hub.create(LOCAL)).session.id)
            async with hub.use(LOCAL, session.session) as live:
                for number in range(20):
                    await session.write(a=number)
                clock.much_later += 2 * 24 * 3600
                clock.later += 3601
                assert await is_cut(session)
                for number in range(20):
                    await session.write(a=number)
                clock.much_later += 2 * 24 * 3600
            hub.drop(live)
            assert await is_cut(session)
        finally:
            await hub.stop()

    asyncio.run(run())


SECRET = "correct horse battery staple"


def test_a_purged_value_is_nowhere_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"

    async def story(session: Past) -> None:
        await session.write(lr=1, token="first " + SECRET)
        await session.write(Rename(name="token", to="key"))
        await session.write(key=SECRET)
        read = {"key": Input(revision=3, value=Raw(json.dumps(SECRET).encode()))}
        run = Run(id="r", step="train", status="done", start=1, inputs=read)
        await session.write(RunOp(run=run))
        await session.hub.history.take_snapshot(LOCAL, session.session, "with key")
        await session.write(key="harmless")
        assert stored(path)
        assert await session.hub.history.purge(LOCAL, session.session, "key") == 3
        assert not stored(path)
        assert await session.at(1) == {"lr": 1, "token": {"$purged": True}}
        page, _ = await session.hub.history.changes(LOCAL, session.session)
        assert [change.revision for change in page] == [5, 4, 3, 2, 1]
        await session.hub.history.restore(LOCAL, session.session, origin=Origin(kind="api"), snapshot="with key")
        async with session.hub.use(LOCAL, session.session) as live:
            assert {name: bytes(row.value) for name, row in live.rows.items()} == {"lr": b"1", "key": b'"harmless"'}

    tell(story, f"sqlite:///{path}")


def test_what_stands_now_is_not_purged_and_neither_are_others(tmp_path: Path) -> None:
    async def story(session: Past) -> None:
        await session.write(key="old", lr=1)
        await session.write(key="new", lr=2)
        assert await session.hub.history.purge(LOCAL, session.session, "key") == 1
        assert await session.at(2) == {"key": "new", "lr": 2}
        assert await session.at(1) == {"key": {"$purged": True}, "lr": 1}
        assert await session.hub.history.purge(LOCAL, session.session, "never") == 0

    tell(story, f"sqlite:///{tmp_path / 'sessions.db'}")


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "by another process"])
def test_what_a_step_had_read_does_not_come_back_with_its_next_run(tmp_path: Path, elsewhere: bool) -> None:
    path = tmp_path / "sessions.db"

    async def story(session: Past) -> None:
        await session.write(token=SECRET)
        read = {"token": Input(revision=1, value=Raw(json.dumps(SECRET).encode()))}
        ended = Run(id="r1", step="train", status="done", start=1, inputs=read, fingerprint="sha256:of a short value")
        await session.write(RunOp(run=ended))
        await session.write(token="harmless")
        other = Hub(SqlStore(f"sqlite:///{path}")) if elsewhere else session.hub
        if elsewhere:
            await other.start()
        await other.history.purge(LOCAL, session.session, "token")
        if elsewhere:
            # Not the newest change: there is one more to take in.
            await other.write(LOCAL, session.session, (Delete(name="token"),), origin=Origin(kind="api"))
            await other.stop()
        await session.write(RunOp(run=Run(id="r2", step="train", status="failed", start=2)))
        async with session.hub.use(LOCAL, session.session) as live:
            done = live.steps["train"].done
            assert done is not None
            assert (done.inputs["token"].value, done.fingerprint) == (PURGED, "")
        assert not stored(path)

    tell(story, f"sqlite:///{path}")


def stored(path: Path) -> bool:
    return any(SECRET.encode() in file.read_bytes() for file in path.parent.iterdir())
