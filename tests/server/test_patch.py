"""PATCH on the object of variables, by RFC 7396 and RFC 6902, and what changed since a revision."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Rest

MERGE = {"Content-Type": "application/merge-patch+json"}
PATCH = {"Content-Type": "application/json-patch+json"}


async def test_a_merge_patch(rest: Rest, session: str) -> None:
    await rest("POST", session, body={"variables": {"model": {"kind": "ridge", "degree": 3}, "old": 1}})
    body = {"lr": 0.2, "model": {"degree": None, "alpha": 1.0}, "old": None, "new": {"a": None, "b": 1}}
    answer = await rest("PATCH", session, body=body, headers=MERGE)
    assert answer.status == 200
    assert answer.json["variables"] == {"lr": 0.2, "model": {"kind": "ridge", "alpha": 1.0}, "new": {"b": 1}}
    assert answer.json["meta"]["revision"] == 3


async def test_a_json_patch_takes_effect_as_a_whole_or_not_at_all(rest: Rest, session: str) -> None:
    await rest("POST", session, body={"variables": {"xs": [1, 2], "model": {"degree": 3}}})
    patch: list[dict[str, Any]] = [
        {"op": "test", "path": "/lr", "value": 0.1},
        {"op": "add", "path": "/xs/-", "value": 3},
        {"op": "move", "from": "/model/degree", "path": "/degree"},
        {"op": "copy", "from": "/xs", "path": "/ys"},
    ]
    answer = await rest("PATCH", session, body=patch, headers=PATCH)
    assert answer.status == 200
    assert answer.json["variables"] == {"lr": 0.1, "xs": [1, 2, 3], "model": {}, "degree": 3, "ys": [1, 2, 3]}
    assert answer.json["meta"]["revision"] == 3

    failed = await rest("PATCH", session, body=[*patch[1:2], {"op": "remove", "path": "/never"}], headers=PATCH)
    assert (failed.status, failed.json["code"]) == (409, "patch-failed")
    assert (failed.json["index"], failed.json["pointer"]) == (1, "/never")
    assert (await rest("GET", session)).json["variables"]["xs"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        ([1], MERGE, 422, "invalid-body"),
        ({"op": "add"}, PATCH, 422, "invalid-body"),
        ([{"op": "fly", "path": "/a"}], PATCH, 422, "invalid-body"),
        ([{"op": "test", "path": "/lr", "value": True}], PATCH, 409, "patch-failed"),
        ([{"op": "add", "path": "/__proto__", "value": 1}], PATCH, 422, "invalid-name"),
        ([{"op": "replace", "path": "", "value": [1]}], PATCH, 409, "patch-failed"),
        ({"": 1}, MERGE, 422, "invalid-name"),
        (b'{"lr": NaN}', MERGE, 422, "invalid-value"),
        (b'{"lr": 1, "lr": 2}', MERGE, 422, "invalid-value"),
        (b"{", MERGE, 400, "invalid-json"),
        ({"big": "x" * 1_048_576}, MERGE, 413, "too-large"),
        ({"lr": 1}, {"Content-Type": "application/json"}, 415, "unsupported-media-type"),
        ({"lr": 1}, MERGE | {"If-Match": '"no-1"'}, 412, "precondition-failed"),
    ],
)
async def test_what_is_refused_stores_nothing(
    rest: Rest, session: str, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await rest("PATCH", session, body=body, headers=headers)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.json["message"].endswith(".")
    if status == 415:
        assert answer.headers["Accept-Patch"] == "application/merge-patch+json, application/json-patch+json"
    state = (await rest("GET", session)).json
    assert (state["variables"], state["meta"]["revision"]) == ({"lr": 0.1}, 1)


async def test_a_patch_said_twice_is_applied_once(rest: Rest, session: str) -> None:
    await rest("POST", session, body={"variables": {"xs": []}})
    headers = PATCH | {"Idempotency-Key": "k1"}
    for _ in range(2):
        answer = await rest("PATCH", session, body=[{"op": "add", "path": "/xs/-", "value": 1}], headers=headers)
        assert (answer.status, answer.json["meta"]["revision"]) == (200, 3)
    assert (await rest("GET", session)).json["variables"]["xs"] == [1]


async def test_only_what_changed_since(rest: Rest, session: str) -> None:
    epoch = (await rest("GET", session)).json["meta"]["epoch"]
    await rest("POST", session, body={"variables": {"a": 1, "b": 2}})
    await rest("POST", session, body={"variables": {"a": 3, "gone": 1}, "removed": ["lr"]})
    await rest("POST", session, body={"removed": ["gone"]})
    answer = await rest("GET", session, params={"since": "1", "epoch": epoch})
    assert answer.status == 200
    assert {key: answer.json[key] for key in ("sessionId", "from", "variables", "removed")} == {
        "sessionId": session,
        "from": 1,
        "variables": {"a": 3, "b": 2},
        "removed": ["lr"],
    }
    assert answer.json["meta"]["revision"] == 4
    nothing = (await rest("GET", session, params={"since": "4", "epoch": epoch})).json
    assert (nothing["variables"], nothing["removed"]) == ({}, [])


async def test_a_file_that_was_replaced_by_an_older_copy_is_another_history(
    rest: Rest, session: str, tmp_path: Path
) -> None:
    file, kept = sqlite3.connect(tmp_path / "state" / "sessions.db"), sqlite3.connect(":memory:")
    file.backup(kept)
    await rest("POST", session, body={"variables": {"lr": 2}})
    before = await rest("GET", session)
    row = await rest("GET", session, "variables", "lr")
    kept.backup(file)
    await rest("POST", session, body={"variables": {"lr": 3}})
    now = await rest("GET", session, headers={"If-None-Match": before.tag})
    assert (now.status, now.json["meta"]["revision"], now.json["variables"]) == (200, 2, {"lr": 3})
    seen = await rest("GET", session, "variables", "lr", headers={"If-None-Match": row.tag})
    assert (seen.status, seen.json["value"]) == (200, 3)
    assert (await rest("POST", session, body={"variables": {}}, headers={"If-Match": before.tag})).status == 412
    known = {"since": "2", "epoch": before.json["meta"]["epoch"], "tip": before.json["meta"]["tip"]}
    assert (await rest("GET", session, params=known)).json["code"] == "expired"
    # From here on also who does not say the tip is told.
    del known["tip"]
    assert (await rest("GET", session, params=known)).json["code"] == "expired"
    assert (await rest("GET", session)).json["meta"]["epoch"] != known["epoch"]
    file.close()
    kept.close()


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"since": "1", "epoch": "another"}, 410, "expired"),
        ({"since": "99"}, 410, "expired"),
        ({"since": "-1"}, 422, "invalid-body"),
        ({"since": "x"}, 422, "invalid-body"),
    ],
)
async def test_since_when_it_cannot_be_told(
    rest: Rest, session: str, params: dict[str, str], status: int, code: str
) -> None:
    answer = await rest("GET", session, params=params)
    assert (answer.status, answer.json["code"]) == (status, code)
