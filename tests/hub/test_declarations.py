"""The op ``declare``: what it makes, what it forbids, for every way to write; taking it back, copying and purging it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET, Raw

from session_state_ext.errors import Conflict, InvalidSpec, InvalidValue, LimitExceeded, Locked, SessionError, TooLarge
from session_state_ext.hub import LOCAL, Hub
from session_state_ext.model import Declare, Delete, Op, Patch, Rename
from session_state_ext.wire import Limits, check_ops, problem
from tests.inprocess import API, Client, opened, sets, story, values

RATE = {"schema": {"type": "number", "minimum": 0, "maximum": 1}, "default": 0.1, "description": "learning rate"}


def declare(name: str, spec: dict[str, Any] | None) -> Declare:
    return Declare(name=name, spec=Raw(json.dumps(spec).encode()))


async def write(hub: Hub, session: str, *ops: Op) -> int:
    return (await hub.write(LOCAL, session, ops, origin=API)).session.revision


async def specs(hub: Hub, session: str) -> dict[str, Any]:
    async with hub.use(LOCAL, session) as live:
        return {name: json.loads(bytes(row.spec)) for name, row in live.rows.items() if row.spec is not UNSET}


async def made(hub: Hub, *ops: Op) -> str:
    return (await hub.create(LOCAL, ops=ops)).session.id


@story
async def test_a_declaration_makes_the_variable_and_never_changes_its_value(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub, *sets(there=7), declare("lr", RATE), declare("none", {}), declare("there", RATE))
        assert await values(hub, session) == {"there": 7, "lr": 0.1, "none": None}
        await write(hub, session, declare("lr", {**RATE, "default": 0.5}), declare("none", {"default": 3}))
        assert await values(hub, session) == {"there": 7, "lr": 0.1, "none": 3}
    async with opened(file) as hub:
        assert await values(hub, session) == {"there": 7, "lr": 0.1, "none": 3}
        assert (await specs(hub, session))["lr"] == {**RATE, "default": 0.5}


@story
async def test_the_same_declaration_again_is_no_change(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub, declare("lr", RATE))
        assert await write(hub, session, declare("lr", dict(reversed(RATE.items())))) == 1
        assert await write(hub, session, declare("nothing", None)) == 1
        assert await write(hub, session, declare("lr", None)) == 2
        assert await specs(hub, session) == {}
        assert await values(hub, session) == {"lr": 0.1}


@story
async def test_nobody_writes_what_the_declaration_forbids(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub, declare("lr", RATE), declare("config", {"schema": {"required": ["a"]}}), *sets(x=1))
        with pytest.raises(InvalidValue) as refused:
            await write(hub, session, *sets(lr=2, x=2))
        assert refused.value.message == "lr: 2 is more than the maximum 1."
        assert (refused.value.fields["name"], refused.value.fields["pointer"]) == ("lr", "")
        await write(hub, session, *sets(config={"a": 1}))
        patch = Raw(b'[{"op": "remove", "path": "/a"}]')
        with pytest.raises(InvalidValue, match='config: "a" is missing'):
            await write(hub, session, Patch(name="config", patch=patch))
        assert await values(hub, session) == {"lr": 0.1, "config": {"a": 1}, "x": 1}

        panel = Client(hub, session, "A")
        await panel.hello()
        await panel.set(1, base=2, lr=-1)
        reject = await panel.hear("ack", "reject")
        told = {key: reject[key] for key in ("code", "name", "pointer", "message")}
        message = "lr: -1 is less than the minimum 0."
        assert told == {"code": "invalid-value", "name": "lr", "pointer": "", "message": message}


@story
async def test_a_declaration_counts_for_what_comes_after_it_in_the_same_change(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub)
        with pytest.raises(InvalidValue):
            await write(hub, session, declare("lr", RATE), *sets(lr=2))
        await write(hub, session, *sets(lr=2), declare("lr", RATE))
        assert await values(hub, session) == {"lr": 2}
        # What stands stays, and may be written again; another wrong one may not.
        await write(hub, session, *sets(lr=2))
        with pytest.raises(InvalidValue):
            await write(hub, session, *sets(lr=3))


@story
async def test_what_is_locked_is_left_alone_until_it_is_unlocked(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub, *sets(seed=42), declare("seed", {"locked": True}))
        ways: list[Op] = [*sets(seed=1), Delete(name="seed"), Rename(name="seed", to="x")]
        ways.append(Patch(name="seed", patch=Raw(b'[{"op": "replace", "path": "", "value": 1}]')))
        for way in ways:
            with pytest.raises(Locked, match=r"seed is locked. To change it, unlock it first: .*session.unlock"):
                await write(hub, session, way)
        await write(hub, session, declare("seed", {}))
        await write(hub, session, *sets(seed=1))
        assert await values(hub, session) == {"seed": 1}


@story
async def test_declarations_are_taken_back_and_done_again(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub, *sets(lr=0.5))
        await write(hub, session, declare("lr", RATE))
        await write(hub, session, *sets(lr=0.6))
        # The value has changed since, the declaration has not.
        await hub.history.undo(LOCAL, session, origin=API, revision=2)
        assert (await values(hub, session), await specs(hub, session)) == ({"lr": 0.6}, {})
        await hub.history.redo(LOCAL, session, origin=API)
        assert (await values(hub, session), await specs(hub, session)) == ({"lr": 0.6}, {"lr": RATE})
        await write(hub, session, Delete(name="lr"))
        assert await specs(hub, session) == {}
        await hub.history.undo(LOCAL, session, origin=API)
        assert (await values(hub, session), await specs(hub, session)) == ({"lr": 0.6}, {"lr": RATE})
        await write(hub, session, declare("lr", {}))
        with pytest.raises(Conflict):
            await hub.history.undo(LOCAL, session, origin=API, revision=2)


@story
async def test_an_undo_to_what_is_not_valid_any_more_must_be_forced(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub, *sets(lr=5))
        await write(hub, session, *sets(lr=0.5))
        await write(hub, session, declare("lr", RATE))
        with pytest.raises(InvalidValue, match="lr: 5 is more than the maximum 1"):
            await hub.history.undo(LOCAL, session, origin=API, revision=2)
        await hub.history.undo(LOCAL, session, origin=API, revision=2, force=True)
        assert (await values(hub, session), await specs(hub, session)) == ({"lr": 5}, {"lr": RATE})


@story
async def test_a_restore_brings_values_with_their_declarations(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub, *sets(lr=5, seed=1), declare("lr", RATE), declare("seed", {"locked": True}))
        await hub.history.take_snapshot(LOCAL, session, "good")
        await write(hub, session, declare("lr", None), declare("seed", {}))
        await write(hub, session, *sets(lr=7, seed=2, other=1))
        await hub.history.restore(LOCAL, session, origin=API, snapshot="good")
        assert await values(hub, session) == {"lr": 5, "seed": 1}
        assert await specs(hub, session) == {"lr": RATE, "seed": {"locked": True}}
        await hub.history.restore(LOCAL, session, origin=API, revision=3, force=True)
        assert await values(hub, session) == {"lr": 7, "seed": 2, "other": 1}
        assert await specs(hub, session) == {"seed": {"locked": True}}


@story
async def test_a_restore_stops_at_a_lock_that_stands_and_leaves_it_there(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub, *sets(seed=1, same=1), declare("both", {"locked": True, "default": 1}))
        await hub.history.take_snapshot(LOCAL, session, "good")
        await write(hub, session, declare("both", {}), *sets(seed=2, both=2, late=1))
        locked: dict[str, Any] = {name: {"locked": True} for name in ("seed", "both", "late", "same")}
        await write(hub, session, *(declare(name, spec) for name, spec in locked.items()))
        before = await values(hub, session)
        with pytest.raises(Locked) as refused:
            await hub.history.restore(LOCAL, session, origin=API, snapshot="good")
        assert sorted(refused.value.fields["names"]) == ["both", "late", "seed"], "what has its value changes nothing"
        assert (await values(hub, session), await specs(hub, session)) == (before, locked)
        await hub.history.restore(LOCAL, session, origin=API, snapshot="good", force=True)
        assert await values(hub, session) == {"seed": 1, "same": 1, "both": 1}
        del locked["late"]
        assert await specs(hub, session) == {**locked, "both": {"locked": True, "default": 1}}
        with pytest.raises(Locked):
            await hub.history.undo(LOCAL, session, origin=API)
        await hub.history.undo(LOCAL, session, origin=API, force=True)
        assert await values(hub, session) == before
        assert set(await specs(hub, session)) == {"seed", "both", "late", "same"}


@story
async def test_a_copy_of_a_notebook_has_its_declarations(file: Path) -> None:
    async with opened(file) as hub:
        session, _ = await hub.notebooks.attach(LOCAL, "/a.ipynb")
        await write(hub, session, *sets(seed=1, lr=5), declare("seed", {"locked": True}), declare("lr", RATE))
        await hub.notebooks.copied("/a.ipynb", "/b.ipynb")
        copy, _ = await hub.notebooks.attach(LOCAL, "/b.ipynb")
        assert copy != session
        assert await values(hub, copy) == {"seed": 1, "lr": 5}
        assert await specs(hub, copy) == {"seed": {"locked": True}, "lr": RATE}


@story
async def test_a_purged_value_is_in_no_default_of_the_past(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub, declare("token", {"default": "hunter2", "description": "a key"}))
        await write(hub, session, *sets(token="mine"))
        await write(hub, session, declare("token", {"description": "a key"}))
        await hub.history.purge(LOCAL, session, "token")
        assert await values(hub, session) == {"token": "mine"}
    assert b"hunter2" not in b"".join(path.read_bytes() for path in file.parent.iterdir() if path.is_file())


@story
async def test_a_purged_value_is_in_no_answer(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub, declare("port", {"schema": {"type": "number"}}))
        client = Client(hub, session, "A")
        await client.hello()
        await client.say(
            "mutate", seq=1, base=1, ops=[{"op": "set", "name": "port", "value": "hunter2"}], origin={"kind": "panel"}
        )
        assert "hunter2" in (await client.hear("reject"))["message"]
        await hub.history.purge(LOCAL, session, "port")
        answer = (await Client(hub, session, "A").hello())["lastAnswer"]
        assert (answer["code"], "hunter2" in answer["message"]) == ("invalid-value", False)
    assert b"hunter2" not in b"".join(path.read_bytes() for path in file.parent.iterdir() if path.is_file())


@pytest.mark.parametrize("default", ["x" * 200, [[[[[1]]]]]], ids=["large", "deep"])
def test_a_default_is_a_value_like_any_other(default: object) -> None:
    limits = Limits(value_bytes=100, depth=4)
    with pytest.raises((TooLarge, LimitExceeded)):
        check_ops((declare("d", {"default": default}),), limits)
    check_ops((declare("d", {"default": [[[[1]]]]}), Declare(name="d", spec=Raw(b"null"))), limits)


@story
async def test_who_comes_later_is_told_of_declarations(file: Path) -> None:
    async with opened(file) as hub:
        session = await made(hub, *sets(lr=0.5))
        ada, bob = Client(hub, session, "A"), Client(hub, session, "B")
        before = await bob.hello()
        await ada.hello()
        op = {"op": "declare", "name": "lr", "spec": RATE}
        await ada.say("mutate", seq=1, base=1, ops=[op], origin={"kind": "cell"})
        assert (await ada.hear("ack"))["conflicts"] == []
        assert (await bob.hear("change"))["ops"] == [op]
        again = Client(hub, session, "C")
        (row,) = (await again.hello())["variables"]
        assert (row["value"], row["spec"], row["revision"]) == (0.5, RATE, 1)
        late = Client(hub, session, "D")
        welcome = await late.hello(since=1, tip=before["tip"], epoch=before["epoch"])
        assert [change["ops"] for change in welcome["changes"]] == [[op]]


@pytest.mark.parametrize(
    ("spec", "pointer", "says"),
    [
        ({"schema": {"maximum": "a"}}, "/schema/maximum", '"a" is not a number'),
        ({"schema": {"$ref": "http://127.0.0.1:1/x"}}, "/schema/$ref", "a part of the same schema"),
        ({"schema": {"properties": {"a": {"$ref": "#"}}}}, "/schema/properties/a/$ref", "refers to itself"),
        ({"schema": {"pattern": "(?=a)a"}}, "/schema/pattern", "no looking ahead"),
        ({"schema": {"type": "number"}, "default": "a"}, "/default", "is not what it allows"),
        ({"schema": 3}, "/schema", "a schema is an object"),
        ({"control": "knob"}, "/control", "there is no control 'knob'"),
        ({"description": "x" * 2001}, "/description", "2,000 characters"),
        ({"lock": True}, "", "unknown field `lock`"),
    ],
)
def test_what_declares_nothing_is_refused_with_its_place(spec: dict[str, Any], pointer: str, says: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        check_ops((declare("lr", spec),), Limits())
    assert (refused.value.fields["name"], refused.value.fields["pointer"]) == ("lr", pointer)
    assert says in refused.value.message


def test_a_schema_that_grows_without_end_is_refused_before_it_is_used() -> None:
    parts: dict[str, Any] = {"a0": {"type": "integer"}}
    for at in range(1, 40):
        parts[f"a{at}"] = {"anyOf": [{"$ref": f"#/$defs/a{at - 1}"}] * 2}
    with pytest.raises(SessionError, match="1,000 parts"):
        check_ops((declare("lr", {"schema": {"$defs": parts, "$ref": "#/$defs/a39"}}),), Limits())


def test_a_pattern_takes_time_by_the_length_of_the_text() -> None:
    spec = declare("text", {"schema": {"pattern": "^(a+)+$"}}).spec
    # A search that goes back would take longer than the universe is old.
    assert problem("text", spec, Raw(b'"' + b"a" * 10_000 + b'b"')) is not None
    assert problem("text", spec, Raw(b'"' + b"a" * 10_000 + b'"')) is None


def test_a_number_that_is_none_is_within_no_bounds() -> None:
    nan = Raw(b'{"$numberDouble": "NaN"}')
    for bound in ({"maximum": 1}, {"minimum": 0}):
        assert problem("x", declare("x", {"schema": bound}).spec, nan) is not None
    assert problem("x", declare("x", {"schema": {"type": "number"}}).spec, nan) is None
