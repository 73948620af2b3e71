"""The hub on a real store: who is told what, in which order, and what is on disk when they are told."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace

from session_state_ext.errors import Damaged, LimitExceeded, NotFound, StorageFull, TooLarge, Unavailable
from session_state_ext.hub import LOCAL, Hub
from session_state_ext.hub.draft import Draft
from session_state_ext.model import Delete, Op, Rename, Set
from session_state_ext.store import sqlite
from session_state_ext.store.base import Transaction
from session_state_ext.store.sql import SqlStore
from tests.inprocess import API, Client, opened, sets, story, values


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


class Counted(SqlStore):
    """Counts writing transactions, and can be held up or made to fail."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"sqlite:///{file}")
        self.tries = self.writes = 0
        self.full = False

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[Any]:
        self.tries += write
        with super().transaction(write=write) as transaction:
            yield transaction
            self.writes += write
            if write and self.full:
                raise StorageFull


@story
async def test_what_gathers_is_one_commit(file: Path) -> None:
    store = Counted(file)
    async with opened(file, store) as hub:
        made = await hub.create(LOCAL)
        before = store.writes
        writes = [hub.write(LOCAL, made.session.id, sets(**{f"v{n}": n}), origin=API) for n in range(200)]
        written = await asyncio.gather(*writes)
        assert [one.session.revision for one in written] == list(range(1, 201))
        assert store.writes - before <= 3, "200 changes, hardly any commits"
        assert await values(hub, made.session.id) == {f"v{n}": n for n in range(200)}


@story
async def test_a_refusal_is_its_own(file: Path) -> None:
    async with opened(file, variables=2) as hub:
        made = await hub.create(LOCAL)
        writes = [hub.write(LOCAL, made.session.id, sets(**{f"v{n}": n}), origin=API) for n in range(4)]
        results = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(result).__name__ for result in results] == ["Written", "Written", "LimitExceeded", "LimitExceeded"]
        assert await values(hub, made.session.id) == {"v0": 0, "v1": 1}


@story
async def test_nobody_is_told_before_it_is_on_disk(file: Path) -> None:
    store = Counted(file)
    async with opened(file, store) as hub:
        made = await hub.create(LOCAL, ops=sets(a=1))
        watcher, author = Client(hub, made.session.id, "W"), Client(hub, made.session.id, "A")
        await watcher.hello()
        await author.hello()
        store.full = True
        await author.set(1, 1, a=2)
        reject = await author.hear()
        assert (reject["type"], reject["code"]) == ("reject", "storage-full")
        with pytest.raises(StorageFull):
            await hub.write(LOCAL, made.session.id, sets(a=3), origin=API)
        assert await values(hub, made.session.id) == {"a": 1}, "reads go on"
        store.full = False
        # Nothing could be stored of number 1; the client may repeat it or go on.
        await author.set(2, 1, a=4)
        assert (await author.hear())["revision"] == 2
        change = await watcher.hear()
        assert (change["type"], change["revision"], watcher.frames.empty()) == ("change", 2, True)


@story
async def test_a_locked_file_is_said_to_all_at_once_and_the_same_number_counts_later(file: Path) -> None:
    store = Counted(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "_BUSY_SECONDS", 0.05)
        async with opened(file, store) as hub:
            session = (await hub.create(LOCAL, ops=sets(a=1))).session.id
            author, reader = Client(hub, session, "A"), Client(hub, session, "R")
            await author.hello()
            await reader.hello()
            other = sqlite3.connect(file, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            before = store.tries
            await author.set(1, 1, a=2)
            writes = [hub.write(LOCAL, session, sets(**{f"v{n}": n}), origin=API) for n in range(50)]
            await reader.say("barrier", id="b")
            refused = await asyncio.gather(*writes, return_exceptions=True)
            assert {type(error) for error in refused} == {Unavailable}
            assert (await reader.hear("barrier"))["revision"] == 1, "who only reads is answered"
            assert (await author.hear())["code"] == "unavailable"
            assert store.tries - before <= 3, "it is not waited for by each of them"
            other.execute("ROLLBACK")
            other.close()
            await author.set(1, 1, a=2)
            assert (await author.hear())["revision"] == 2
            assert (await Client(hub, session, "A").hello())["lastSeq"] == 1


@story
async def test_that_it_is_unavailable_just_now_is_nobodys_answer_for_ever(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        author = Client(hub, session, "A")
        await author.hello()
        with pytest.MonkeyPatch.context() as patch:

            def unavailable(*_: object, **__: object) -> None:
                raise Unavailable

            patch.setattr(Draft, "prepare", unavailable)
            await author.set(1, a=1)
            assert (await author.hear("reject"))["code"] == "unavailable"
        await author.set(1, a=1)
        assert (await author.hear("ack"))["revision"] == 1


@story
async def test_one_that_breaks_does_not_break_the_others(file: Path) -> None:
    async with opened(file) as hub:
        made = await hub.create(LOCAL)

        def breaks(batch: Any) -> None:
            raise RuntimeError("a bug")

        async def bad() -> None:
            await hub.work(breaks, lambda _: None)

        good = [hub.write(LOCAL, made.session.id, sets(**{f"v{n}": n}), origin=API) for n in range(3)]
        # All are submitted in one turn of the loop, so they share a transaction.
        results = await asyncio.gather(*good, bad(), return_exceptions=True)
        assert isinstance(results[-1], RuntimeError)
        assert await values(hub, made.session.id) == {"v0": 0, "v1": 1, "v2": 2}


@story
async def test_two_servers_share_a_file(file: Path) -> None:
    """What the other one writes arrives without being asked for, in order, and nothing is overwritten unseen."""
    async with opened(file) as ours, opened(file) as theirs:
        session = (await ours.create(LOCAL, ops=sets(n=0))).session.id
        here, there = Client(ours, session, "here"), Client(theirs, session, "there")
        assert (await here.hello())["revision"] == (await there.hello())["revision"] == 1
        await there.set(1, 1, n=1)
        assert (await there.hear("ack"))["revision"] == 2
        change = await here.hear("change")
        assert (change["revision"], change["client"], change["ops"][0]["value"]) == (2, "there", 1)
        # At once, from both sides.
        for seq in range(2, 12):
            await there.set(seq, 2, **{f"t{seq}": seq})
            await here.set(seq - 1, 2, **{f"h{seq}": seq})
        for client in (here, there):
            revisions = [(await client.hear("ack", "change"))["revision"] for _ in range(20)]
            assert revisions == list(range(3, 23))
        assert await values(ours, session) == await values(theirs, session)
        # A conflict is one, whichever server it came through.
        await here.set(11, 22, n=5)
        await here.hear("ack")
        await there.set(12, 22, n=6)
        (conflict,) = (await there.hear("ack"))["conflicts"]
        assert (conflict["theirs"], conflict["base"]) == (5, 1)

        await ours.describe(LOCAL, session, name="sweep")
        assert (await there.hear("meta"))["meta"]["name"] == "sweep"
        await ours.delete(LOCAL, session)
        await there.hear("deleted")
        assert await there.ended == 4404


@story
async def test_a_barrier_sees_what_the_other_server_has_committed(file: Path) -> None:
    async with opened(file) as ours, opened(file) as theirs:
        session = (await ours.create(LOCAL, ops=sets(n=0))).session.id
        kernel = Client(theirs, session, "K")
        await kernel.hello()
        for number in range(1, 20):
            written = await ours.write(LOCAL, session, sets(n=number), origin=API)
            await kernel.say("barrier", id=str(number))
            assert (await kernel.hear("barrier"))["revision"] == written.session.revision


@story
async def test_two_servers_open_the_same_new_notebook(file: Path) -> None:
    async with opened(file) as ours, opened(file) as theirs:
        first = (await ours.notebooks.attach(LOCAL, "/a.ipynb")).session_id
        second = (await theirs.notebooks.attach(LOCAL, "/a.ipynb")).session_id
        assert first != second, "neither is stored"
        waiting = Client(theirs, second, "T")
        await waiting.hello()
        await ours.write(LOCAL, first, sets(a=1), origin=API)
        # The other one hears that its session is none, attaches again and is at the right one.
        assert await waiting.ended == 4404
        assert (await theirs.notebooks.attach(LOCAL, "/a.ipynb")).session_id == first
        assert await values(theirs, first) == {"a": 1}


@story
async def test_a_path_has_one_session(file: Path) -> None:
    """Moved onto another notebook's path, or attached there: the other session is told that it lost it."""
    async with opened(file) as hub:
        one, two = [(await hub.notebooks.attach(LOCAL, path)).session_id for path in ("/one.ipynb", "/two.ipynb")]
        unborn = (await hub.notebooks.attach(LOCAL, "/three.ipynb")).session_id
        for session in (one, two):
            await hub.write(LOCAL, session, sets(a=1), origin=API)
        loser, stray = Client(hub, two, "L"), Client(hub, unborn, "S")
        await loser.hello()
        await stray.hello()
        await hub.notebooks.moved("/one.ipynb", "/two.ipynb")
        assert (await loser.hear("meta"))["meta"]["paths"] == []
        assert (await hub.notebooks.attach(LOCAL, "/two.ipynb")).session_id == one
        assert await hub.notebooks.attach(LOCAL, "/three.ipynb", session_id=one) == (one, True)
        assert await stray.ended == 4404
        assert await hub.notebooks.attach(LOCAL, "/two.ipynb", session_id=two) == (two, True)
        paths = {summary.session_id: summary.paths for summary in await hub.list(LOCAL)}
        assert paths == {one: ["/three.ipynb"], two: ["/two.ipynb"]}
        async with hub.use(LOCAL, one) as live:
            assert live.session.paths == ("/three.ipynb",)


@story
async def test_another_history_in_the_store_is_read_again(file: Path) -> None:
    """A file from a backup: the epoch or a tip is another, so everybody starts over."""
    async with opened(file) as hub:
        made = await hub.create(LOCAL, ops=sets(a=1))
        client = Client(hub, made.session.id, "A")
        await client.hello()
        other = SqlStore(f"sqlite:///{file}")
        other.open()
        with other.transaction(write=True) as transaction:
            stored = transaction.session(made.session.id)
            assert stored is not None
            transaction.delete(made.session.id)
            transaction.create(replace(stored, epoch="another", revision=0, tip=""))
        other.close()
        assert await client.ended == 4429
        again = Client(hub, made.session.id, "A")
        welcome = await again.hello(since=1, tip=made.session.tip, epoch=made.session.epoch)
        assert (welcome["mode"], welcome["revision"], welcome["variables"]) == ("snapshot", 0, [])


@pytest.mark.parametrize(("since", "read_only"), [(3, False), (4, False), (3, True)])
def test_a_file_that_was_replaced_by_an_older_copy_gets_another_epoch(file: Path, since: int, read_only: bool) -> None:
    """By plain cp: nobody has put another epoch into it."""

    async def told() -> None:
        async with opened(file) as hub:
            session = (await hub.create(LOCAL, ops=sets(a=1))).session.id
            await hub.write(LOCAL, session, sets(a=2), origin=API)
        shutil.copy(file, file.with_name("copy"))
        async with opened(file) as hub:
            lost = [(await hub.write(LOCAL, session, sets(a=number), origin=API)).session for number in (3, 4)]
        shutil.copy(file.with_name("copy"), file)
        known = lost[since - 3]
        async with opened(file) as hub:
            await hub.write(LOCAL, session, sets(a=9), origin=API)
            other = Client(hub, session, "B")
            epoch = (await other.hello())["epoch"]
            assert epoch == known.epoch, "nobody can tell yet"
            client = Client(hub, session, "A", read_only=read_only)
            welcome = await client.hello(since=since, tip=known.tip, epoch=known.epoch)
            assert (welcome["mode"], welcome["variables"][0]["value"]) == ("snapshot", 9)
            if read_only:
                assert welcome["epoch"] == epoch, "who may not write moves nobody"
                return
            assert welcome["epoch"] != epoch
            assert await other.ended == 4429
            again = Client(hub, session, "B")
            assert (await again.hello(since=3, tip=welcome["tip"], epoch=epoch))["mode"] == "snapshot"
            assert (await Client(hub, session, "A").hello(**resumed(welcome)))["mode"] == "delta"
        async with opened(file) as hub:
            assert (await Client(hub, session, "C").hello())["epoch"] == welcome["epoch"], "it is stored"

    asyncio.run(told())


def resumed(welcome: dict[str, Any]) -> dict[str, Any]:
    return {"since": welcome["revision"], "tip": welcome["tip"], "epoch": welcome["epoch"]}


@story
async def test_a_replica_of_another_history_does_not_take_its_changes_for_ours(file: Path) -> None:
    """The file is replaced under a hub by a copy that has gone on otherwise, further than this one."""
    async with opened(file) as hub:
        session = (await hub.create(LOCAL, ops=sets(a=1))).session.id
        live, kept = sqlite3.connect(file), sqlite3.connect(file.with_name("copy"))
        live.backup(kept)
        kept.close()
        await hub.write(LOCAL, session, sets(only_here=1), origin=API)
        async with opened(file.with_name("copy")) as elsewhere:
            for number in range(3):
                await elsewhere.write(LOCAL, session, sets(b=number), origin=API)
        kept = sqlite3.connect(file.with_name("copy"))
        kept.backup(live)
        kept.close()
        live.close()
        await hub.write(LOCAL, session, sets(c=1), origin=API)
        assert await values(hub, session) == {"a": 1, "b": 2, "c": 1}


@story
async def test_sessions_nobody_uses_are_dropped_and_come_back(file: Path) -> None:
    async with opened(file) as hub:
        ids = [(await hub.create(LOCAL, ops=sets(n=n))).session.id for n in range(5)]
        for live in [await hub.hold(LOCAL, session) for session in ids]:
            hub.release(live)
            hub.drop(live)
        assert [await values(hub, session) for session in ids] == [{"n": n} for n in range(5)]


@story
async def test_limits(file: Path) -> None:
    async with opened(file, session_bytes=100, variables=3) as hub:
        session = (await hub.create(LOCAL, ops=sets(a="x" * 48, b="y" * 46))).session.id
        with pytest.raises(TooLarge):
            await hub.write(LOCAL, session, sets(c="z"), origin=API)
        await hub.write(LOCAL, session, sets(a="x"), origin=API)
        await hub.write(LOCAL, session, sets(c="z"), origin=API)
        with pytest.raises(LimitExceeded):
            await hub.write(LOCAL, session, sets(d=1), origin=API)
        await hub.write(LOCAL, session, (Delete(name="a"), *sets(d=1)), origin=API)
        await hub.write(LOCAL, session, (Rename(name="d", to="e"),), origin=API)
        assert await values(hub, session) == {"b": "y" * 46, "c": "z", "e": 1}


@story
async def test_a_session_that_cannot_be_made_is_not_stored(file: Path) -> None:
    async with opened(file, session_bytes=100, variables=3) as hub:
        for ops in (sets(a="x" * 60, b="x" * 60), sets(a=1, b=2, c=3, d=4)):
            with pytest.raises((TooLarge, LimitExceeded)):
                await hub.create(LOCAL, ops=ops)
        assert await hub.list(LOCAL) == []
        unborn = (await hub.notebooks.attach(LOCAL, "/a.ipynb")).session_id
        with pytest.raises(TooLarge):
            await hub.write(LOCAL, unborn, sets(a="x" * 99), origin=API)
        assert await hub.list(LOCAL) == []


@story
async def test_limits_that_were_lowered_lock_nobody_out(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL, ops=sets(a="x" * 90, b=1, c=2))).session.id
    async with opened(file, session_bytes=50, variables=2) as hub:
        await hub.write(LOCAL, session, sets(b=3), origin=API)
        await hub.write(LOCAL, session, sets(a="x" * 80), origin=API)
        assert (await values(hub, session))["b"] == 3


@story
async def test_stop_commits_what_was_received(file: Path) -> None:
    hub = Hub(SqlStore(f"sqlite:///{file}"))
    await hub.start()
    session = (await hub.create(LOCAL)).session.id
    client = Client(hub, session, "A")
    await client.hello()
    await client.set(1, a=1)
    await hub.stop()
    assert await client.ended == 1001
    with pytest.raises(Unavailable):
        await hub.write(LOCAL, session, sets(a=2), origin=API)
    async with opened(file) as again:
        assert await values(again, session) == {"a": 1}


@story
async def test_rounds_go_on_whatever_went_wrong_and_nothing_of_it_keeps_the_hub_from_stopping(file: Path) -> None:
    hub = Hub(SqlStore(f"sqlite:///{file}"))
    await hub.start()
    session = (await hub.create(LOCAL)).session.id
    client = Client(hub, session, "A")
    await client.hello()
    rounds: list[None] = []

    def broken(_: float) -> None:
        rounds.append(None)
        raise OSError(24, "Too many open files: correct horse")

    with pytest.MonkeyPatch.context() as patch, Caught() as log:
        patch.setattr(hub, "drop_idle", broken)
        while len(rounds) < 3:
            await asyncio.sleep(0.02)
    assert log.lines == ["session state: could not look after the stored sessions: OSError"], "once, and no values"
    async with opened(file) as theirs:
        await theirs.write(LOCAL, session, sets(a=1), origin=API)
        assert (await client.hear("change"))["revision"] == 1
    await client.set(1, 1, a=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub, "drop_idle", broken)
        await hub.stop()
    async with opened(file) as again:
        assert await values(again, session) == {"a": 2}


class Caught(logging.Handler):
    """Our log lines, while this lasts."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def __enter__(self) -> Caught:
        logging.getLogger("session_state_ext").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("session_state_ext").removeHandler(self)


@story
async def test_another_owners_session_is_not_there(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create("user:ann", ops=sets(a=1))).session.id
        for attempt in (
            hub.write("user:bob", session, sets(a=2), origin=API),
            hub.delete("user:bob", session),
            hub.describe("user:bob", session, name="mine"),
            hub.notebooks.attach("user:bob", "/b.ipynb", session_id=session),
            hub.runs.of("user:bob", session),
        ):
            with pytest.raises(NotFound):
                await attempt
        assert await hub.list("user:bob") == []
        assert len(await hub.list("user:ann")) == 1


@story
async def test_a_client_id_belongs_to_who_first_used_it(file: Path) -> None:
    """Sessions can be shared; nobody can speak as somebody else's client."""
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        client = Client(hub, session, "A")
        await client.hello()
        await client.set(1, a=1)
        await client.hear("ack")
        await client.connection.closed()
        thief = Client(hub, session, "A", speaker="user:thief")
        await thief.say("hello", client="A")
        assert await thief.ended == 4401


names = st.sampled_from(["a", "b", "c"])
some_ops = st.one_of(
    st.builds(lambda name, value: Set(name=name, value=Raw(b"%d" % value)), names, st.integers(0, 3)),
    st.builds(lambda name: Delete(name=name), names),
)


@settings(max_examples=12)
@given(st.lists(st.lists(some_ops, min_size=1, max_size=4), min_size=1, max_size=12))
def test_the_log_leads_to_the_state(tmp_path_factory: pytest.TempPathFactory, changes: list[list[Op]]) -> None:
    """What was committed, applied one by one to nothing, gives what is live; and a load gives the same."""
    file = tmp_path_factory.mktemp("log") / "sessions.db"

    async def told() -> None:
        async with opened(file) as hub:
            session = (await hub.create(LOCAL)).session.id
            await asyncio.gather(*(hub.write(LOCAL, session, tuple(ops), origin=API) for ops in changes))
            state = await values(hub, session)
            log = await hub.work(lambda batch: batch.transaction.changes(session, 0), lambda log: log, writes=False)
        replayed: dict[str, Any] = {}
        assert log is not None
        assert [change.revision for change in log] == list(range(1, len(log) + 1))
        for op in (op for change in log for op in change.ops):
            if isinstance(op, Set):
                replayed[op.name] = json.loads(bytes(op.value))
            elif isinstance(op, Delete):
                del replayed[op.name]
        assert replayed == state
        async with opened(file) as again:
            assert await values(again, session) == state

    asyncio.run(told())


def test_a_damaged_session_is_set_aside_and_others_go_on(file: Path) -> None:
    async def make() -> tuple[str, str]:
        async with opened(file) as hub:
            one = await hub.create(LOCAL, ops=sets(a="a value to damage"))
            other = await hub.create(LOCAL, ops=sets(b=1))
            return one.session.id, other.session.id

    async def look(one: str, other: str) -> None:
        async with opened(file) as hub:
            with pytest.raises(Damaged):
                await values(hub, one)
            assert await values(hub, other) == {"b": 1}
            assert len(await hub.list(LOCAL)) == 2

    one, other = asyncio.run(make())
    file.write_bytes(file.read_bytes().replace(b"a value to damage", b"a valve to damage"))
    asyncio.run(look(one, other))


def test_transactions_are_the_stores(file: Path) -> None:
    """The hub asks for nothing that the contract does not promise."""
    store = SqlStore(f"sqlite:///{file}")
    store.open()
    with store.transaction(write=False) as transaction:
        promised = {name for name in vars(Transaction) if not name.startswith("_")}
        assert promised <= set(dir(transaction))
    store.close()
