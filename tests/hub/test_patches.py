"""The op ``patch``: two people in one object, what is told, logged, taken back, joined and purged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from msgspec import Raw

from session_state_ext.changes import apply
from session_state_ext.hub import LOCAL, Hub
from session_state_ext.hub.retention import Retention
from session_state_ext.model import Change, Delete, Op, Origin, Patch, Rename, Set
from session_state_ext.store.sql import SqlStore
from tests.inprocess import API, Client, opened, sets, story, values


def patch(name: str, *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"op": "patch", "name": name, "patch": list(operations), **more}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


async def mutate(client: Client, seq: int, base: int, *ops: dict[str, Any]) -> dict[str, Any]:
    await client.say("mutate", seq=seq, base=base, ops=list(ops), origin={"kind": "panel"})
    return await client.hear("ack", "reject")


async def two(hub: Hub, **variables: Any) -> tuple[str, Client, Client]:
    made = await hub.create(LOCAL, ops=sets(**variables))
    ada, bob = Client(hub, made.session.id, "A"), Client(hub, made.session.id, "B")
    await ada.hello()
    await bob.hello()
    return made.session.id, ada, bob


CONFIG = {"optimizer": {"lr": 0.1, "momentum": 0.9}, "layers": [64, 64]}


@story
async def test_two_people_in_one_object_do_not_overwrite_one_another(file: Path) -> None:
    async with opened(file) as hub:
        session, ada, bob = await two(hub, config=CONFIG)
        lr = await mutate(ada, 1, 1, patch("config", replace("/optimizer/lr", 0.2)))
        momentum = await mutate(bob, 1, 1, patch("config", replace("/optimizer/momentum", 0.8)))
        assert [(one["revision"], one["conflicts"]) for one in (lr, momentum)] == [(2, []), (3, [])]
        assert await values(hub, session) == {"config": {"optimizer": {"lr": 0.2, "momentum": 0.8}, "layers": [64, 64]}}


@story
async def test_the_same_member_is_a_conflict_that_says_what_was_there(file: Path) -> None:
    async with opened(file) as hub:
        _, ada, bob = await two(hub, config=CONFIG)
        await mutate(ada, 1, 1, patch("config", replace("/optimizer/lr", 0.2)))
        ack = await mutate(bob, 1, 1, patch("config", replace("/optimizer", {})))
        (conflict,) = ack["conflicts"]
        assert conflict["base"] == CONFIG
        assert conflict["theirs"] == {**CONFIG, "optimizer": {"lr": 0.2, "momentum": 0.9}}
        assert conflict["origin"]["client"] == "A"
        array = await mutate(ada, 2, 2, patch("config", replace("/layers/0", 1)))
        assert array["conflicts"] == [], "what they wrote elsewhere in the object is none of its business"
        array = await mutate(bob, 2, 3, patch("config", replace("/layers/1", 2)))
        assert len(array["conflicts"]) == 1, "places in an array shift"


@story
async def test_a_set_over_a_patch_and_a_patch_over_a_set(file: Path) -> None:
    async with opened(file) as hub:
        _, ada, bob = await two(hub, config=CONFIG)
        await mutate(ada, 1, 1, patch("config", replace("/optimizer/lr", 0.2)))
        whole = await mutate(bob, 1, 1, {"op": "set", "name": "config", "value": {**CONFIG, "layers": [1]}})
        assert [one["name"] for one in whole["conflicts"]] == ["config"]
        member = await mutate(ada, 2, 2, patch("config", replace("/optimizer/momentum", 0.5)))
        assert member["conflicts"] == [], "the set left this member as it was"
        member = await mutate(ada, 3, 2, patch("config", {"op": "remove", "path": "/layers"}))
        assert member["conflicts"] == [], "its last writer is its own author"


@story
async def test_a_large_object_is_told_by_what_changed_in_it(file: Path) -> None:
    large = {f"k{number}": "x" * 100 for number in range(5000)}
    async with opened(file) as hub:
        session, ada, bob = await two(hub, large=large)
        frames: list[bytes] = []
        bob.connection._send = frames.append  # as they travel
        tested = {"op": "test", "path": "/k7", "value": "x" * 100}
        await mutate(ada, 1, 1, patch("large", tested, replace("/k7", 1.0), ifRevision=1))
        change = json.loads(frames[-1])
        assert change["ops"] == [patch("large", replace("/k7", 1.0))], "conditions are not part of what happened"
        assert len(frames[-1]) < 400
        async with hub.use(LOCAL, session) as live:
            assert b'"k7":1.0,' in bytes(live.rows["large"].value)


@story
async def test_what_does_not_fit_is_refused_and_says_what_stands_there(file: Path) -> None:
    async with opened(file) as hub:
        session, ada, bob = await two(hub, config={"a": 1}, other=1)
        missing = await mutate(ada, 1, 1, {"op": "set", "name": "other", "value": 2}, patch("config", replace("/b", 1)))
        assert (missing["code"], missing["name"], missing["theirs"]) == ("conflict", "config", {"a": 1})
        assert missing["message"] == "config: Operation 0 of the patch (replace /b): there is no such place."
        test = await mutate(ada, 2, 1, patch("config", {"op": "test", "path": "/a", "value": 2}, replace("/a", 3)))
        assert (test["code"], test["revision"]) == ("conflict", 1)
        revision = await mutate(ada, 3, 1, patch("config", replace("/a", 3), ifRevision=7))
        assert (revision["code"], revision["theirs"]) == ("conflict", {"a": 1})
        never = await mutate(ada, 4, 1, patch("never", replace("/a", 3)))
        assert (never["code"], never["message"]) == ("gone", "There is no variable never to change.")
        no_patch = await mutate(ada, 5, 1, patch("config", {"op": "add", "path": "a", "value": 1}))
        assert (no_patch["code"], no_patch["name"]) == ("invalid-body", "config")
        nothing = await mutate(ada, 6, 1, patch("config", replace("/a", 1)))
        assert (nothing["type"], nothing["revision"]) == ("ack", 1), "what alters nothing commits nothing"
        assert await values(hub, session) == {"config": {"a": 1}, "other": 1}
        assert bob.frames.empty()


@story
async def test_gone_and_renamed(file: Path) -> None:
    async with opened(file) as hub:
        session, ada, bob = await two(hub, a={"x": 1}, b={"x": 1})
        await mutate(bob, 1, 1, {"op": "delete", "name": "a"}, {"op": "rename", "name": "b", "to": "c"})
        gone = await mutate(ada, 1, 1, patch("a", replace("/x", 2)))
        assert (gone["code"], gone["name"]) == ("gone", "a")
        renamed = await mutate(ada, 2, 1, patch("b", replace("/x", 2)))
        assert (renamed["code"], renamed["to"]) == ("renamed", "c")
        # Within one change, what comes before counts.
        ops: tuple[dict[str, Any], ...] = (
            {"op": "set", "name": "d", "value": {"x": 1}},
            patch("d", replace("/x", 2)),
            {"op": "rename", "name": "d", "to": "e"},
            patch("e", {"op": "add", "path": "/y", "value": 3}),
        )
        assert (await mutate(ada, 3, 2, *ops))["type"] == "ack"
        assert await values(hub, session) == {"c": {"x": 1}, "e": {"x": 2, "y": 3}}


@story
async def test_limits_hold_for_what_a_patch_makes(file: Path) -> None:
    async with opened(file, value_bytes=1000, depth=5) as hub:
        session, ada, _ = await two(hub, o={"text": "x" * 600})
        large = await mutate(ada, 1, 1, patch("o", {"op": "copy", "from": "/text", "path": "/more"}))
        assert (large["code"], large["name"]) == ("too-large", "o")
        deep = await mutate(
            ada, 2, 1, patch("o", replace("/text", 1), {"op": "add", "path": "/d", "value": [[[[[1]]]]]})
        )
        assert deep["code"] == "limit-exceeded"
        doubling = [{"op": "copy", "from": "", "path": f"/a{number}"} for number in range(64)]
        assert (await mutate(ada, 3, 1, patch("o", *doubling)))["code"] == "too-large"
        assert await values(hub, session) == {"o": {"text": "x" * 600}}


@story
async def test_another_server_follows(file: Path) -> None:
    async with opened(file) as here, opened(file) as there:
        session, ada, _ = await two(here, o={"a": 1, "big": 9007199254740993})
        far = Client(there, session, "F")
        await far.hello()
        await mutate(ada, 1, 1, patch("o", replace("/a", 1.5)))
        await far.say("barrier", id="b")
        change = await far.hear("change")
        assert change["ops"] == [patch("o", replace("/a", 1.5))]
        async with there.use(LOCAL, session) as live:
            assert bytes(live.rows["o"].value) == b'{"a":1.5,"big":9007199254740993}'


async def _write(hub: Hub, session: str, *ops: Op, run: str | None = None, client: str = "me") -> None:
    await hub.write(LOCAL, session, ops, origin=Origin(kind="cell", run=run, client=client))


def _patch(name: str, *operations: dict[str, Any]) -> Patch:
    return Patch(name=name, patch=Raw(json.dumps(operations).encode()))


async def _at(hub: Hub, session: str, revision: int) -> dict[str, Any]:
    rows = await hub.history.at(LOCAL, session, revision)
    return {name: json.loads(bytes(row.value)) for name, row in rows.items()}


@story
async def test_a_patch_is_part_of_the_past(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL, ops=sets(o={"a": 1, "b": 1}))).session.id
        await _write(hub, session, _patch("o", replace("/a", 2)))
        await _write(hub, session, _patch("o", {"op": "remove", "path": "/b"}))
        assert [await _at(hub, session, revision) for revision in (1, 2, 3)] == [
            {"o": {"a": 1, "b": 1}}, {"o": {"a": 2, "b": 1}}, {"o": {"a": 2}},
        ]  # fmt: skip
        (found,) = await hub.history.diff(LOCAL, session, 1, 3)
        assert found.name == "o"
        await hub.history.undo(LOCAL, session, origin=Origin(kind="panel", client="me"), client="me")
        assert await values(hub, session) == {"o": {"a": 2, "b": 1}}
        await hub.history.redo(LOCAL, session, origin=Origin(kind="panel", client="me"), client="me")
        assert await values(hub, session) == {"o": {"a": 2}}
        page, _ = await hub.history.changes(LOCAL, session, name="o")
        assert [change.revision for change in page] == [5, 4, 3, 2, 1]


@story
async def test_the_patches_of_a_run_are_joined(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL, ops=sets(o={"n": 0, "xs": []}, p={"n": 0}))).session.id
        for number in range(20):
            await _write(hub, session, _patch("o", replace("/n", number + 1)), run="r")
            await _write(hub, session, _patch("o", {"op": "add", "path": "/xs/-", "value": number}), run="r")
        await _write(hub, session, *sets(p={"m": 1}), run="r")
        await _write(hub, session, _patch("p", replace("/m", 2)), run="r")
        await _write(hub, session, *sets(last=1))
        await _write(hub, session, *sets(last=2))
        now = await values(hub, session)

        await hub.alter(LOCAL, session, lambda batch, _: Retention(changes=5).look_after(batch, batch.live(session)))  # type: ignore[arg-type]

        page, _ = await hub.history.changes(LOCAL, session)
        assert [change.revision for change in page] == [45, 44, 43, 1]
        joined = page[2]
        assert [type(op) for op in joined.ops] == [Patch, Set]
        made = apply(joined, await hub.history.at(LOCAL, session, 1))
        assert {name: json.loads(bytes(row.value)) for name, row in made.items() if row} == {
            name: now[name] for name in ("o", "p")
        }
        assert {**await _at(hub, session, 43), "last": 2} == now
        assert now["o"] == {"n": 20, "xs": list(range(20))}


SECRET = "correct horse battery staple"


@story
async def test_a_purged_value_is_in_no_patch(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL, ops=sets(o={"a": 1}, other={"a": 1}))).session.id
        client = Client(hub, session, "C")
        before = await client.hello()
        await client.connection.closed()
        await _write(hub, session, _patch("o", {"op": "add", "path": "/key", "value": SECRET}))
        await _write(hub, session, _patch("o", replace("/key", "harmless")), _patch("other", replace("/a", 2)))
        await _write(hub, session, _patch("o", {"op": "add", "path": "/b", "value": 1.0}))
        assert any(SECRET.encode() in each.read_bytes() for each in file.parent.iterdir())
        await hub.history.purge(LOCAL, session, "o")
        assert not any(SECRET.encode() in each.read_bytes() for each in file.parent.iterdir())
        # What stands can still be told to one who was away.
        again = Client(hub, session, "C")
        welcome = await again.hello(since=1, tip=before["tip"], epoch=before["epoch"])
        state: dict[str, Any] = {"other": {"a": 1}}
        for change in welcome["changes"]:
            for op in change["ops"]:
                state[op["name"]] = op.get("value", {"a": 2})
        assert state == await values(hub, session) == {"o": {"a": 1, "key": "harmless", "b": 1.0}, "other": {"a": 2}}


@story
async def test_what_was_renamed_is_told_after_a_purge_too(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL, ops=sets(other=1))).session.id
        await _write(hub, session, *sets(old={"key": 1}))
        await _write(hub, session, Rename(name="old", to="new"))
        await hub.history.purge(LOCAL, session, "new")

        def told(changes: list[Change]) -> dict[str, Any]:
            state: dict[str, Any] = {}
            for change in reversed(changes):
                for op in change.ops:
                    if isinstance(op, Set):
                        state[op.name] = json.loads(bytes(op.value))
                    elif isinstance(op, Rename):
                        state[op.to] = state.pop(op.name)
                    elif isinstance(op, Delete):
                        state.pop(op.name)
            return state

        page, _ = await hub.history.changes(LOCAL, session)
        assert told(page) == await values(hub, session) == {"other": 1, "new": {"key": 1}}


def test_the_log_of_patches_survives_its_process(tmp_path: Path) -> None:
    import asyncio

    async def tell() -> None:
        url = f"sqlite:///{tmp_path / 'sessions.db'}"
        hub = Hub(SqlStore(url))
        await hub.start()
        session = (await hub.create(LOCAL, ops=sets(o={"a": 1}))).session.id
        await hub.write(LOCAL, session, (_patch("o", replace("/a", 2)),), origin=API)
        await hub.stop()
        hub = Hub(SqlStore(url))
        await hub.start()
        assert await values(hub, session) == {"o": {"a": 2}}
        assert await _at(hub, session, 1) == {"o": {"a": 1}}
        await hub.stop()

    asyncio.run(tell())
