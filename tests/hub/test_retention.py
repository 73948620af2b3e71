"""What is kept of the past, what is joined, what is forgotten, and what is purged for good."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw

from session_state_ext import errors
from session_state_ext.hub import LOCAL, Hub
from session_state_ext.hub.retention import Retention
from session_state_ext.model import PURGED, Delete, Input, Op, Origin, Rename, Run, RunOp, Set
from session_state_ext.store.sql import SqlStore


class Past:
    def __init__(self, hub: Hub, session: str) -> None:
        self.hub, self.session = hub, session

    async def write(self, *ops: Op, run: str | None = None, **variables: Any) -> None:
        sets = tuple(Set(name=name, value=Raw(json.dumps(value).encode())) for name, value in variables.items())
        origin = Origin(kind="panel" if run is None else "step", run=run)
        await self.hub.write(LOCAL, self.session, (*ops, *sets), origin=origin)

    async def look_after(self, **policy: Any) -> None:
        async with self.hub.use(LOCAL, self.session) as live:
            await self.hub.alter(LOCAL, self.session, lambda batch, _: Retention(**policy).look_after(batch, live))

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
