"""What administrators hear: that a session changed and a step ran, by name and revision, never by value."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from session_state_ext.server.events import SESSION_CHANGED, STEP_RAN
from tests.server.conftest import Rest


@pytest.fixture
def heard(jp_serverapp: Any) -> list[tuple[str, dict[str, Any]]]:
    events: list[tuple[str, dict[str, Any]]] = []

    async def listen(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        events.append((schema_id, dict(data)))

    for schema in (SESSION_CHANGED, STEP_RAN):
        jp_serverapp.event_logger.add_listener(schema_id=schema, listener=listen)
    return events


async def until(heard: list[tuple[str, dict[str, Any]]], count: int) -> None:
    for _ in range(200):
        if len(heard) >= count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{len(heard)} events, not {count}")


async def test_a_change_is_told_without_its_values(rest: Rest, heard: list[tuple[str, dict[str, Any]]]) -> None:
    session = (await rest("POST", body={"variables": {"lr": "canary-1"}})).json["sessionId"]
    await rest("POST", session, body={"variables": {"n": "canary-2"}, "removed": ["lr"], "origin": {"kind": "cli"}})
    await until(heard, 2)
    assert heard[1] == (
        SESSION_CHANGED,
        {"session": session, "owner": "local", "revision": 2, "kind": "cli", "variables": ["n", "lr"], "count": 2},
    )
    assert "canary" not in json.dumps(heard)
    await rest("POST", session, body={"variables": {"n": "canary-2"}})
    await rest("GET", session)
    await asyncio.sleep(0.1)
    assert len(heard) == 2


async def test_a_modifier_that_fails_is_no_fault_of_the_change(
    rest: Rest,
    session: str,
    channel: Any,
    jp_serverapp: Any,
    heard: list[tuple[str, dict[str, Any]]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(schema_id: str, data: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("canary-3")

    jp_serverapp.event_logger.add_modifier(schema_id=SESSION_CHANGED, modifier=broken)
    ann = await channel(session)
    await ann.hello("A")
    ack = await ann.set(1, base=1, lr="canary-4")
    assert (ack["type"], ack["revision"]) == ("ack", 2)
    assert (await ann.set(2, base=2, lr=3))["revision"] == 3
    answer = await rest("POST", session, body={"variables": {"lr": 4}})
    assert (answer.status, answer.json["meta"]["revision"]) == (200, 4)
    told = [record.getMessage() for record in caplog.records if record.name == "session_state_ext"]
    assert told == ["session state: a change could not be told as an event: RuntimeError"] * 3


async def test_a_run_is_told_from_beginning_to_end(
    rest: Rest, session: str, channel: Any, heard: list[tuple[str, dict[str, Any]]]
) -> None:
    kernel = await channel(session)
    await kernel.hello("k")
    run = {"id": "r1", "step": "train", "status": "running", "start": 1000, "outputs": ["loss"]}
    origin = {"kind": "step", "step": "train", "run": "r1"}
    await kernel.say("mutate", seq=1, base=1, ops=[{"op": "run", "run": run}], origin=origin)
    await kernel.hear("ack")
    ended = run | {
        "status": "failed",
        "end": 1750,
        "error": {"type": "ValueError", "message": "canary-3"},
        "inputs": {"lr": {"revision": 1, "value": "canary-4"}},
    }
    await kernel.say("mutate", seq=2, base=2, ops=[{"op": "run", "run": ended}], origin=origin)
    await kernel.hear("ack")
    await until(heard, 2)
    ran = [event for event in heard if event[0] == STEP_RAN]
    common = {"session": session, "owner": "local", "step": "train", "run": "r1"}
    assert [data for _, data in ran] == [
        common | {"revision": 2, "status": "running"},
        common | {"revision": 3, "status": "failed", "milliseconds": 750, "error": "ValueError"},
    ]
    assert "canary" not in json.dumps(heard)


def documented() -> str:
    """What docs/reference.md says of events."""
    text = (Path(__file__).parents[2] / "docs" / "reference.md").read_text("utf-8")
    return text.partition("## Events\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("schema", [SESSION_CHANGED, STEP_RAN])
def test_all_that_is_told_is_documented(jp_serverapp: Any, schema: str) -> None:
    row = next(line for line in documented().splitlines() if f"`{schema}`" in line)
    fields: dict[str, Any] = jp_serverapp.event_logger.schemas.get(schema)._schema["properties"]
    for field, said in fields.items():
        for word in (field, *said.get("enum", ())):
            assert f"`{word}`" in row, word


async def test_an_administrator_listens_as_documented(rest: Rest, jp_serverapp: Any, tmp_path: Path) -> None:
    example = re.findall(r"```python\n(.+?)```", documented(), re.DOTALL)[0]
    there = example.replace("/var/log/jupyter", str(tmp_path))
    assert there != example
    config = Config()
    exec(there, {"c": config})
    (handler,) = config.EventLogger.handlers
    jp_serverapp.event_logger.register_handler(handler)
    jp_serverapp.contents_manager.emit(data={"action": "get", "path": "somebody-elses-event.txt"})
    session = (await rest("POST", body={"variables": {"lr": "canary-5"}})).json["sessionId"]
    jp_serverapp.event_logger.remove_handler(handler)
    handler.close()
    (line,) = (tmp_path / "session-events.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert (told["__schema__"], told["session"], told["variables"]) == (SESSION_CHANGED, session, ["lr"])
    assert "canary" not in line
