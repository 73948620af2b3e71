"""The scenarios that the panel's client replays too, and what only a kernel does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from session_state_ext import wire
from session_state_ext.differences import difference
from session_state_ext.jsontext import canonical
from session_state_ext.kernel.outbox import DELETED, Group, Patched, as_text
from session_state_ext.kernel.replica import Replica, Resync
from session_state_ext.model import Run

CELL = wire.SaidOrigin(kind="cell")


class _Exact(float):
    """A float that is written as it was read."""

    def __new__(cls, text: str) -> _Exact:
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str

    def __repr__(self) -> str:
        return self.text


FRAMES = Path(__file__).parents[1] / "frames"
SCENARIOS = json.loads((FRAMES / "replica.json").read_text("utf-8"), parse_float=_Exact)


def _dumps(value: Any) -> bytes:
    if isinstance(value, _Exact):
        return value.text.encode()
    if isinstance(value, list):
        return b"[" + b",".join(map(_dumps, value)) + b"]"
    if isinstance(value, dict):
        return b"{" + b",".join(_dumps(key) + b":" + _dumps(member) for key, member in value.items()) + b"}"
    return json.dumps(value).encode()


META = {"lastSyncedAt": None, "isDirty": False, "revision": 0, "epoch": "e", "name": None, "paths": []}
LIMITS = {
    "valueBytes": 1 << 20,
    "sessionBytes": 1 << 24,
    "variables": 10000,
    "depth": 64,
    "digits": 4300,
    "nameChars": 128,
}


def _complete(frame: dict[str, Any]) -> dict[str, Any]:
    """A frame with the fields which the scenarios leave out because they do not matter there."""
    kind = frame["type"]
    origin = {"kind": "panel"}
    if kind == "welcome":
        rows = [{"updatedAt": 1, "origin": origin, **row} for row in frame.get("variables", [])]
        changes = [_complete(change) for change in frame.get("changes", [])]
        last = frame["lastAnswer"] and _complete(frame["lastAnswer"])
        filled = {"session": "s", "epoch": "e", "meta": META, "steps": [], "readOnly": False, "limits": LIMITS, **frame}
        return {
            **filled,
            "lastAnswer": last,
            ("variables" if frame["mode"] == "snapshot" else "changes"): rows or changes,
        }
    if kind == "change":
        return {"at": 1, "origin": origin, **frame}
    if kind == "ack":
        return {"at": 1, "conflicts": [], **frame}
    return frame


class Client:
    """A replica whose connection is the scenario."""

    def __init__(self) -> None:
        self.replica = Replica(SCENARIOS["client"])
        self.sent: list[dict[str, Any]] = []
        self.offline = 0.0

    def step(self, step: dict[str, Any]) -> None:
        ((what, given),) = ((what, given) for what, given in step.items() if what != "panel")
        getattr(self, what)(given)

    def open(self, _: bool) -> None:
        self.sent.append({"type": "hello", **self.replica.hello()})

    def lost(self, _: bool) -> None:
        pass

    def away(self, seconds: float) -> None:
        self.offline = seconds

    def receive(self, frame: dict[str, Any]) -> None:
        said = wire.decode_server_frame(_dumps(_complete(frame)))
        try:
            self._send(self.replica.receive(said, offline=self.offline))
        except Resync:
            # As the talker does.
            self.replica.tip = None
        self.offline = 0.0

    def edit(self, edit: dict[str, Any]) -> None:
        if edit.get("members"):
            box = self.replica.written(edit["name"])
            assert box is not None
            before, after = as_text(box.value), _dumps(edit["value"])
            patch = difference(before, after)
            if patch is not None:
                self.replica.patch(edit["name"], Patched(patch, after, before), CELL)
                return
        self.replica.outbox.put(edit["name"], DELETED if edit.get("deleted") else _dumps(edit["value"]), CELL)

    def due(self, _: bool) -> None:
        self._send(self.replica.freeze())

    def again(self, _: bool) -> None:
        self._send(self.replica.repeat())

    def waits(self, why: str | None) -> None:
        assert self.replica.waits == why

    def _send(self, opened: Any) -> None:
        if opened is not None:
            frame = json.loads(opened.body, parse_float=_Exact)
            del frame["origin"]
            self.sent.append(frame)

    def view(self, expected: dict[str, Any]) -> None:
        shown = {name: canonical(text) for name, text in self.replica.view().items()}
        assert shown == {name: canonical(_dumps(value)) for name, value in expected.items()}

    def pending(self, count: int) -> None:
        assert len(self.replica.outbox.names) == count

    def refused(self, expected: list[dict[str, Any]]) -> None:
        shown = [
            {"name": one.name, "value": json.loads(one.value or b"null"), "code": one.code}
            for one in self.replica.refused
        ]
        assert shown == expected

    def conflicts(self, names: list[str]) -> None:
        assert [one.name for one in self.replica.conflicts] == names

    def check_sent(self, expected: list[dict[str, Any]]) -> None:
        sent, self.sent = self.sent, []
        for frame, wanted in zip(sent, expected, strict=False):
            if "base" not in wanted:
                frame.pop("base", None)
        assert [canonical(_dumps(frame)) for frame in sent] == [canonical(_dumps(frame)) for frame in expected]


@pytest.mark.parametrize("scenario", SCENARIOS["scenarios"], ids=lambda scenario: scenario["case"])
def test_scenario(scenario: dict[str, Any]) -> None:
    client = Client()
    for step in scenario["steps"]:
        if "sent" in step:
            client.check_sent(step["sent"])
        else:
            client.step(step)


def _welcome(**fields: Any) -> bytes:
    frame = {"type": "welcome", "mode": "snapshot", "variables": [], "lastAnswer": None, "revision": 1, "tip": "t1"}
    return _dumps(_complete({**frame, **fields}))


def _replica(*edits: tuple[str, Any]) -> Replica:
    replica = Replica("A")
    replica.receive(wire.decode_server_frame(_welcome(lastSeq=0)))
    for name, value in edits:
        replica.outbox.put(name, value, CELL)
    return replica


def test_a_number_that_was_taken_is_settled_though_its_answer_is_forgotten() -> None:
    replica = _replica(("lr", 1))
    assert replica.freeze() is not None
    assert replica.receive(wire.decode_server_frame(_welcome(lastSeq=1))) is None
    assert not replica.outbox
    assert replica.freeze() is None


def test_a_frame_that_is_missing_asks_for_everything() -> None:
    replica = _replica()
    change = {"type": "change", "revision": 3, "tip": "t3", "ops": [{"op": "set", "name": "lr", "value": 1}]}
    with pytest.raises(Resync):
        replica.receive(wire.decode_server_frame(_dumps(_complete(change))))
    ack = {"type": "ack", "seq": 1, "revision": 3, "tip": "t3"}
    replica.outbox.put("lr", 1, CELL)
    replica.freeze()
    with pytest.raises(Resync):
        replica.receive(wire.decode_server_frame(_dumps(_complete(ack))))


def test_an_assignment_to_what_was_deleted_meanwhile_is_sent_again() -> None:
    replica = _replica(("lr", 1))
    replica.freeze()
    gone = wire.Reject(seq=1, code="gone", message="lr was deleted.", name="lr")
    replica.receive(gone)
    again = replica.freeze()
    assert again is not None
    assert again.seq == 2
    assert replica.refused == []


def test_edits_made_long_offline_do_not_overwrite_what_is_newer() -> None:
    replica = _replica(("lr", 1))
    replica.receive(wire.decode_server_frame(_welcome(lastSeq=0, revision=2, tip="t2")), offline=3600)
    opened = replica.freeze()
    assert opened is not None
    assert json.loads(opened.body)["ops"] == [{"op": "set", "name": "lr", "value": 1, "ifRevision": 0}]


def test_a_session_that_may_only_be_read_refuses_what_waits() -> None:
    replica = _replica(("lr", 1))
    replica.receive(wire.decode_server_frame(_welcome(lastSeq=0, readOnly=True)))
    assert [(one.name, one.code) for one in replica.refused] == [("lr", "read-only")]
    assert replica.view() == {}


def test_a_batch_is_refused_as_a_whole() -> None:
    replica = _replica()
    replica.outbox.append(Group(CELL, {"a": 1, "b": 2}, whole=True))
    opened = replica.freeze()
    assert opened is not None
    replica.receive(wire.Reject(seq=opened.seq, code="too-large", message="b is too large."))
    assert [one.name for one in replica.refused] == ["a", "b"]
    assert replica.freeze() is None


def test_a_mutate_is_no_larger_than_a_frame() -> None:
    value = b'"' + b"x" * 1_000_000 + b'"'
    replica = _replica(*((f"v{number}", value) for number in range(20)))
    sizes = []
    while (opened := replica.freeze()) is not None:
        sizes.append(len(opened.body))
        replica.outbox.settle()
    assert sum(sizes) > 20_000_000
    assert max(sizes) < 9_000_000


def test_an_open_change_that_the_server_may_have_taken_counts_once() -> None:
    """It knew the client's numbers, and does not any more: after a month, or from a backup."""
    replica = _replica(("lr", 1))
    replica.freeze()
    replica.receive(wire.decode_server_frame(_dumps(_complete({"type": "ack", "seq": 1, "revision": 2, "tip": "t2"}))))
    replica.outbox.put("lr", 2, CELL)
    replica.freeze()
    replica.outbox.put("n", 1, CELL)
    opened = replica.receive(wire.decode_server_frame(_welcome(lastSeq=0, revision=9, tip="t9")))
    assert opened is not None
    assert (opened.seq, json.loads(opened.body)["ops"]) == (
        1,
        [{"op": "set", "name": "lr", "value": 2, "ifRevision": 2}],
    )
    replica.outbox.settle()
    never_sent = replica.freeze()
    assert never_sent is not None
    assert json.loads(never_sent.body)["ops"] == [{"op": "set", "name": "n", "value": 1}]


def test_the_outputs_of_a_step_are_sent_as_of_its_beginning_and_edits_around_them_as_they_are() -> None:
    replica = _replica(("before", 1))
    run = Run(id="r", step="train", status="done", start=1, outputs=["loss"], written=["loss"])
    replica.outbox.append(Group(CELL, {"loss": 1}, [run], whole=True, base=1))
    replica.outbox.put("after", 1, CELL)
    replica.revision = 7
    bases = []
    while (opened := replica.freeze()) is not None:
        bases.append(json.loads(opened.body)["base"])
        replica.outbox.settle()
    assert bases == [7, 1, 7]


@pytest.mark.parametrize("code", ["gone", "renamed"])
def test_an_output_that_was_taken_away_while_its_step_ran_is_made_anew(code: str) -> None:
    replica = _replica()
    run = Run(id="r", step="train", status="done", start=1, outputs=["loss"], written=["loss"])
    replica.outbox.append(Group(CELL, {"loss": 1, "acc": 2}, [run], whole=True, base=1))
    replica.revision = 7
    opened = replica.freeze()
    assert opened is not None
    replica.receive(wire.Reject(seq=opened.seq, code=code, message="loss is elsewhere.", name="loss"))
    again = replica.freeze()
    assert again is not None
    sent = json.loads(again.body)
    assert (sent["base"], [op["op"] for op in sent["ops"]]) == (7, ["set", "set", "run"])
    assert replica.refused == []


def test_what_a_step_had_seen_counts_in_its_own_history_only() -> None:
    replica = _replica()
    run = Run(id="r", step="train", status="done", start=1, outputs=["loss"], written=["loss"])
    replica.outbox.append(Group(CELL, {"loss": 1}, [run], whole=True, base=1))
    welcome = _dumps(_complete({**json.loads(_welcome(lastSeq=0)), "epoch": "another", "revision": 5, "tip": "t5"}))
    replica.receive(wire.decode_server_frame(welcome))
    opened = replica.freeze()
    assert opened is not None
    assert json.loads(opened.body)["base"] == 5


def _restored(*rows: dict[str, Any], **fields: Any) -> bytes:
    """The welcome of a server that was set up anew from a backup."""
    return _welcome(epoch="another", revision=9, tip="t9", variables=list(rows), **fields)


def test_own_writes_in_another_history_are_written_over() -> None:
    replica = _replica(("lr", 3), ("fresh", 1))
    own = {"kind": "cell", "client": "A"}
    row = {"name": "lr", "value": 2, "revision": 7, "updatedAt": 5, "origin": own}
    replica.receive(wire.decode_server_frame(_restored(row, lastSeq=0)))
    opened = replica.freeze()
    assert opened is not None
    assert [op.get("ifRevision") for op in json.loads(opened.body)["ops"]] == [None, None]


def test_a_step_does_not_write_over_what_others_have_written_in_another_history() -> None:
    replica = _replica()
    run = Run(id="r", step="train", status="done", start=1, outputs=["loss", "acc"], written=["loss", "acc"])
    replica.outbox.append(Group(CELL, {"loss": 1, "acc": 2}, [run], whole=True, base=1))
    replica.receive(
        wire.decode_server_frame(_restored({"name": "loss", "value": 2, "revision": 8, "updatedAt": 5}, lastSeq=0))
    )
    opened = replica.freeze()
    assert opened is not None
    assert [op.get("ifRevision") for op in json.loads(opened.body)["ops"]] == [0, None, None]
    replica.receive(wire.Reject(seq=opened.seq, code="conflict", message="loss was changed.", name="loss"))
    assert [(one.name, one.value, one.run) for one in replica.refused] == [("loss", b"1", "r")]
    again = replica.freeze()
    assert again is not None
    assert [(op["op"], op.get("name")) for op in json.loads(again.body)["ops"]] == [("set", "acc"), ("run", None)]
