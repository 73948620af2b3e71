"""The scenarios that the panel's client replays too, and what only a kernel does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from session_state_ext import wire
from session_state_ext.jsontext import canonical
from session_state_ext.kernel.outbox import DELETED
from session_state_ext.kernel.replica import Replica

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

    def step(self, step: dict[str, Any]) -> None:
        ((what, given),) = step.items()
        getattr(self, what)(given)

    def open(self, _: bool) -> None:
        self.sent.append({"type": "hello", **self.replica.hello()})

    def lost(self, _: bool) -> None:
        pass

    def receive(self, frame: dict[str, Any]) -> None:
        self._send(self.replica.receive(wire.decode_server_frame(_dumps(_complete(frame)))))

    def edit(self, edit: dict[str, Any]) -> None:
        self.replica.outbox.put(edit["name"], DELETED if edit.get("deleted") else _dumps(edit["value"]), CELL)

    def due(self, _: bool) -> None:
        self._send(self.replica.freeze())

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
        assert [canonical(_dumps(frame)) for frame in sent] == [canonical(_dumps(frame)) for frame in expected]


@pytest.mark.parametrize("scenario", SCENARIOS["scenarios"], ids=lambda scenario: scenario["case"])
def test_scenario(scenario: dict[str, Any]) -> None:
    client = Client()
    for step in scenario["steps"]:
        if "sent" in step:
            client.check_sent(step["sent"])
        else:
            client.step(step)
