"""Taking back, going back and looking back, on a real store; the log is added to and never rewritten."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Raw

from session_state_ext import errors
from session_state_ext.hub import LOCAL, Hub
from session_state_ext.model import Delete, Op, Origin, Patch, Rename, Run, RunOp, Set
from session_state_ext.store.sql import SqlStore


def patch(name: str, *operations: dict[str, Any]) -> Op:
    return Patch(name=name, patch=Raw(json.dumps(operations).encode()))


class Past:
    """A session and its past, in short words. ``me`` is whose undo is meant."""

    def __init__(self, hub: Hub, session: str) -> None:
        self.hub, self.session = hub, session

    async def write(self, *ops: Op, by: str = "me", **variables: Any) -> None:
        sets = tuple(Set(name=name, value=Raw(json.dumps(value).encode())) for name, value in variables.items())
        await self.hub.write(LOCAL, self.session, (*ops, *sets), origin=Origin(kind="panel", client=by))

    async def undo(self, by: str = "me", **options: Any) -> None:
        origin = Origin(kind="panel", client=by)
        await self.hub.history.undo(LOCAL, self.session, origin=origin, client=by, **options)

    async def redo(self, by: str = "me", **options: Any) -> None:
        origin = Origin(kind="panel", client=by)
        await self.hub.history.redo(LOCAL, self.session, origin=origin, client=by, **options)

    async def restore(self, **to: Any) -> None:
        await self.hub.history.restore(LOCAL, self.session, origin=Origin(kind="panel"), **to)

    async def snapshot(self, name: str, **options: Any) -> None:
        await self.hub.history.take_snapshot(LOCAL, self.session, name, **options)

    async def now(self) -> dict[str, Any]:
        async with self.hub.use(LOCAL, self.session) as live:
            return {name: json.loads(bytes(row.value)) for name, row in live.rows.items()}

    async def at(self, revision: int) -> dict[str, Any]:
        rows = await self.hub.history.at(LOCAL, self.session, revision)
        return {name: json.loads(bytes(row.value)) for name, row in rows.items()}

    async def revision(self) -> int:
        async with self.hub.use(LOCAL, self.session) as live:
            return live.session.revision

    async def log(self, **options: Any) -> list[tuple[int, int | None]]:
        page, _ = await self.hub.history.changes(LOCAL, self.session, **options)
        return [(change.revision, None if change.undoes is UNSET else change.undoes) for change in page]


Tell = Callable[[Callable[[Past], Awaitable[None]]], None]


@pytest.fixture
def past(tmp_path: Path) -> Tell:
    def run(story: Callable[[Past], Awaitable[None]]) -> None:
        async def tell() -> None:
            hub = Hub(SqlStore(f"sqlite:///{tmp_path / 'sessions.db'}"))
            await hub.start()
            try:
                written = await hub.create(LOCAL)
                await story(Past(hub, written.session.id))
            finally:
                await hub.stop()

        asyncio.run(tell())

    return run


def test_an_undo_of_members_leaves_alone_what_others_wrote_beside_them(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(config={"lr": 1, "epochs": 1, "tags": ["a"]})
        await session.write(patch("config", {"op": "replace", "path": "/lr", "value": 2}))
        await session.write(patch("config", {"op": "replace", "path": "/epochs", "value": 9}), by="other")
        await session.undo()
        assert await session.now() == {"config": {"lr": 1, "epochs": 9, "tags": ["a"]}}
        await session.redo()
        assert await session.now() == {"config": {"lr": 2, "epochs": 9, "tags": ["a"]}}
        # The very member: that is a conflict still.
        await session.write(patch("config", {"op": "replace", "path": "/lr", "value": 3}), by="other")
        with pytest.raises(errors.Conflict):
            await session.undo()
        assert (await session.now())["config"]["lr"] == 3

    past(story)


@pytest.mark.parametrize("how", ["purged", "as before already"])
def test_what_cannot_be_taken_back_any_more_does_not_block_what_was_before_it(past: Tell, how: str) -> None:
    async def story(session: Past) -> None:
        await session.write(b=0)
        await session.write(b=1)
        await session.write(a=1, by="other")
        await session.write(a=2)
        if how == "purged":
            await session.hub.history.purge(LOCAL, session.session, "a")
            await session.undo()
        else:
            await session.write(a=1, by="other")
            await session.undo()
        assert (await session.now())["b"] == 0
        await session.undo()
        with pytest.raises(errors.NothingToUndo):
            await session.undo()

    past(story)


def test_undo_and_redo_go_back_and_forth(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(lr=1)
        await session.write(lr=2)
        await session.write(lr=3, n=1)
        await session.undo()
        assert await session.now() == {"lr": 2}
        await session.undo()
        assert await session.now() == {"lr": 1}
        await session.redo()
        assert await session.now() == {"lr": 2}
        await session.redo()
        assert await session.now() == {"lr": 3, "n": 1}
        with pytest.raises(errors.NothingToUndo):
            await session.redo()
        await session.undo()
        await session.undo()
        await session.undo()
        assert await session.now() == {}
        with pytest.raises(errors.NothingToUndo):
            await session.undo()

    past(story)


def test_a_new_edit_leaves_nothing_to_redo(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(lr=1)
        await session.write(lr=2)
        await session.undo()
        await session.write(n=1)
        with pytest.raises(errors.NothingToUndo):
            await session.redo()
        await session.undo()
        assert await session.now() == {"lr": 1}
        await session.undo()
        assert await session.now() == {}

    past(story)


def test_one_takes_back_ones_own_changes_only(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(lr=1)
        await session.write(by="kernel", loss=5)
        await session.undo()
        assert await session.now() == {"loss": 5}
        await session.undo(by="kernel")
        assert await session.now() == {}

    past(story)


def test_what_moved_on_since_is_not_taken_back_unless_forced(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(lr=1, n=1)
        await session.write(lr=2, n=2)
        await session.write(by="kernel", lr=9)
        before = await session.revision()
        with pytest.raises(errors.Conflict, match="lr was changed again") as moved:
            await session.undo()
        assert moved.value.fields["name"] == "lr"
        assert bytes(moved.value.fields["theirs"]) == b"9"
        assert await session.revision() == before
        assert await session.now() == {"lr": 9, "n": 2}
        await session.undo(force=True)
        assert await session.now() == {"lr": 1, "n": 1}

    past(story)


def test_moved_away_and_back_again_is_not_moved_on(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(lr=1)
        await session.write(lr=2)
        await session.write(by="kernel", lr=9)
        await session.write(by="kernel", lr=2)
        await session.undo()
        assert await session.now() == {"lr": 1}

    past(story)


def test_a_change_by_its_number(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(a=1)
        first = await session.revision()
        await session.write(b=1)
        await session.undo(revision=first)
        assert await session.now() == {"b": 1}
        assert await session.log() == [(first + 2, first), (first + 1, None), (first, None)]
        with pytest.raises(errors.NotFound, match="no change 99"):
            await session.undo(revision=99)

    past(story)


def test_deletes_and_renames_are_taken_back(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(a=1, b=2)
        await session.write(Delete(name="a"))
        await session.write(Rename(name="b", to="c"))
        assert await session.now() == {"c": 2}
        await session.undo()
        assert await session.now() == {"b": 2}
        await session.undo()
        assert await session.now() == {"a": 1, "b": 2}

    past(story)


def test_the_start_of_a_run_is_nothing_to_take_back(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(a=1)
        await session.write(RunOp(run=Run(id="r", step="train", status="running", start=1)))
        await session.undo()
        assert await session.now() == {}

    past(story)


def test_going_back_to_a_revision_or_snapshot_is_a_new_change(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(lr=1, old=1)
        await session.snapshot("good")
        good = await session.revision()
        await session.write(Delete(name="old"), lr=2, new=[1])
        await session.write(lr=3)
        await session.restore(snapshot="good")
        assert await session.now() == {"lr": 1, "old": 1}
        assert await session.revision() == good + 3
        await session.undo(revision=good + 3)
        assert await session.now() == {"lr": 3, "new": [1]}
        await session.restore(revision=good)
        assert await session.now() == {"lr": 1, "old": 1}
        again = await session.revision()
        await session.restore(revision=good)
        assert await session.revision() == again
        with pytest.raises(errors.NotFound, match="no snapshot 'bad'"):
            await session.restore(snapshot="bad")
        with pytest.raises(errors.NotFound, match="no revision 99"):
            await session.restore(revision=99)

    past(story)


def test_snapshots_are_named_revisions(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(lr=1)
        await session.snapshot("one")
        await session.write(lr=2)
        await session.snapshot("two")
        await session.snapshot("first", revision=0)
        named = await session.hub.history.snapshots(LOCAL, session.session)
        assert {each.name: each.revision for each in named} == {"one": 1, "two": 2, "first": 0}
        await session.snapshot("one")
        await session.hub.history.forget_snapshot(LOCAL, session.session, "two")
        named = await session.hub.history.snapshots(LOCAL, session.session)
        assert {each.name: each.revision for each in named} == {"one": 2, "first": 0}
        with pytest.raises(errors.NotFound):
            await session.hub.history.forget_snapshot(LOCAL, session.session, "two")
        with pytest.raises(errors.NotFound):
            await session.snapshot("future", revision=99)
        with pytest.raises(errors.InvalidName):
            await session.snapshot("")

    past(story)


def test_history_comes_in_pages_newest_first_and_by_variable(past: Tell) -> None:
    async def story(session: Past) -> None:
        for number in range(7):
            await session.write(**{"even" if number % 2 == 0 else "odd": number})
        history = session.hub.history
        first, before = await history.changes(LOCAL, session.session, limit=3)
        assert [change.revision for change in first] == [7, 6, 5]
        second, before = await history.changes(LOCAL, session.session, limit=3, before=before)
        assert [change.revision for change in second] == [4, 3, 2]
        third, before = await history.changes(LOCAL, session.session, limit=3, before=before)
        assert ([change.revision for change in third], before) == ([1], None)
        odd, _ = await history.changes(LOCAL, session.session, name="odd")
        assert [change.revision for change in odd] == [6, 4, 2]

    past(story)


def test_differences_between_two_revisions_both_ways(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(a=1, same=1)
        await session.write(a=2, b=1)
        await session.write(Delete(name="b"), c=1, same=2)
        await session.write(same=1)

        async def diff(earlier: int, later: int) -> dict[str, tuple[bytes | None, bytes | None]]:
            found = await session.hub.history.diff(LOCAL, session.session, earlier, later)
            return {
                each.name: (each.before and bytes(each.before.value), each.after and bytes(each.after.value))
                for each in found
            }

        assert await diff(1, 4) == {"a": (b"1", b"2"), "c": (None, b"1")}
        assert await diff(4, 1) == {"a": (b"2", b"1"), "c": (b"1", None)}
        assert await diff(1, 2) == {"a": (b"1", b"2"), "b": (None, b"1")}
        assert await diff(2, 2) == {}

    past(story)


def test_somebody_elses_history_is_not_there(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(a=1)
        for asked in (
            session.hub.history.changes("eve", session.session),
            session.hub.history.at("eve", session.session, 0),
            session.hub.history.undo("eve", session.session, origin=Origin(kind="api")),
            session.hub.history.snapshots("eve", session.session),
        ):
            with pytest.raises(errors.NotFound):
                await asked

    past(story)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from("abc"), st.integers(0, 3)),
        st.tuples(st.just("delete"), st.sampled_from("abc"), st.none()),
        st.tuples(st.just("rename"), st.sampled_from("abc"), st.sampled_from("abc")),
        st.tuples(st.just("undo"), st.none(), st.none()),
        st.tuples(st.just("redo"), st.none(), st.none()),
        st.tuples(st.just("restore"), st.none(), st.integers(0, 6)),
    ),
    max_size=14,
)


@settings(max_examples=60)
@given(steps)
def test_every_revision_can_be_looked_at_as_it_was(plan: list[tuple[str, Any, Any]]) -> None:
    async def story(session: Past) -> None:
        was = {0: await session.now()}
        for kind, name, value in plan:
            try:
                if kind == "write":
                    await session.write(**{name: value})
                elif kind == "delete":
                    await session.write(Delete(name=name))
                elif kind == "rename":
                    await session.write(Rename(name=name, to=value))
                elif kind == "restore":
                    await session.restore(revision=value)
                else:
                    await (session.undo() if kind == "undo" else session.redo())
            except errors.SessionError:
                assert await session.now() == was[max(was)]
                continue
            was[await session.revision()] = await session.now()
        assert sorted(was) == list(range(len(was)))
        for revision, variables in was.items():
            assert await session.at(revision) == variables

    async def tell() -> None:
        hub = Hub(SqlStore("sqlite://"))
        await hub.start()
        try:
            written = await hub.create(LOCAL)
            await story(Past(hub, written.session.id))
        finally:
            await hub.stop()

    asyncio.run(tell())


def test_renames_of_one_change_meet_what_stands_by_then(past: Tell) -> None:
    async def story(session: Past) -> None:
        await session.write(a=1, b=2, c=3)
        with pytest.raises(errors.Conflict):
            await session.write(Rename(name="a", to="z"), Rename(name="c", to="z"))
        with pytest.raises(errors.Gone):
            await session.write(Delete(name="a"), Rename(name="a", to="z"))
        assert await session.now() == {"a": 1, "b": 2, "c": 3}
        await session.write(Rename(name="a", to="z"), Rename(name="b", to="a"), Rename(name="z", to="b"))
        assert await session.now() == {"a": 2, "b": 1, "c": 3}
        await session.write(Delete(name="b"), Rename(name="a", to="b"))
        assert await session.now() == {"b": 2, "c": 3}
        await session.undo()
        await session.undo()
        assert await session.now() == {"a": 1, "b": 2, "c": 3}

    past(story)
