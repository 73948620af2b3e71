"""A session's past over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.conftest import Rest


async def variables(rest: Rest, session: str) -> dict[str, Any]:
    return dict((await rest("GET", session)).json["variables"])


async def test_the_log_newest_first_and_in_pages(rest: Rest, session: str) -> None:
    await rest("POST", session, body={"variables": {"lr": 0.2}, "origin": {"kind": "cli"}})
    await rest("POST", session, body={"variables": {"n": 1}})
    await rest("POST", session, "undo", body={})
    log = (await rest("GET", session, "changes")).json
    assert [change["revision"] for change in log["changes"]] == [4, 3, 2, 1]
    newest, _, second, _ = log["changes"]
    assert (newest["undoes"], newest["label"], newest["ops"]) == (3, "undo", [{"op": "delete", "name": "n"}])
    assert (second["origin"], second["ops"]) == ({"kind": "cli"}, [{"op": "set", "name": "lr", "value": 0.2}])
    assert log["next"] is None
    page = (await rest("GET", session, "changes", params={"limit": "2"})).json
    assert ([change["revision"] for change in page["changes"]], page["next"]) == ([4, 3], 3)
    page = (await rest("GET", session, "changes", params={"limit": "2", "before": "3"})).json
    assert ([change["revision"] for change in page["changes"]], page["next"]) == ([2, 1], None)
    named = (await rest("GET", session, "changes", params={"name": "lr"})).json
    assert [change["revision"] for change in named["changes"]] == [2, 1]


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many"])
async def test_a_page_that_cannot_be(rest: Rest, session: str, limit: str) -> None:
    answer = await rest("GET", session, "changes", params={"limit": limit})
    assert answer.status == 422
    assert answer.json["message"].startswith("limit is a whole number from")


async def test_undo_redo_and_conflicts(rest: Rest, session: str) -> None:
    await rest("POST", session, body={"variables": {"lr": 0.2}})
    undone = await rest("POST", session, "undo", body={})
    assert (undone.status, undone.json["variables"], undone.json["meta"]["revision"]) == (200, {"lr": 0.1}, 3)
    redone = await rest("POST", session, "redo", body={})
    assert (redone.status, redone.json["variables"]) == (200, {"lr": 0.2})
    nothing = await rest("POST", session, "redo", body={})
    assert (nothing.status, nothing.json["code"]) == (409, "nothing-to-undo")
    moved = await rest("POST", session, "undo", body={"revision": 1})
    assert (moved.status, moved.json["code"], moved.json["name"], moved.json["theirs"]) == (409, "conflict", "lr", 0.2)
    forced = await rest("POST", session, "undo", body={"revision": 1, "force": True})
    assert (forced.status, forced.json["variables"]) == (200, {})


async def test_an_undo_said_twice_is_one(rest: Rest, session: str) -> None:
    await rest("POST", session, body={"variables": {"lr": 0.2}})
    for _ in range(2):
        answer = await rest("POST", session, "undo", body={}, headers={"Idempotency-Key": "u1"})
        assert (answer.status, answer.json["meta"]["revision"]) == (200, 3)
    assert await variables(rest, session) == {"lr": 0.1}


async def test_a_client_takes_back_its_own(rest: Rest, session: str, channel: Any) -> None:
    panel, kernel = await channel(session), await channel(session)
    await panel.hello("panel")
    await kernel.hello("kernel")
    await panel.set(1, base=1, lr=0.5)
    await kernel.set(1, base=2, loss=3)
    answer = await rest("POST", session, "undo", body={"client": "panel"})
    assert answer.json["variables"] == {"lr": 0.1, "loss": 3}
    change = await kernel.hear("change")
    while change["revision"] < 4:
        change = await kernel.hear("change")
    assert (change["undoes"], change["ops"]) == (2, [{"op": "set", "name": "lr", "value": 0.1}])


async def test_restore_and_snapshots(rest: Rest, session: str) -> None:
    taken = await rest("PUT", session, "snapshots", "before sweep", body={})
    assert (taken.status, taken.json["revision"]) == (201, 1)
    assert (await rest("PUT", session, "snapshots", "before sweep", body={"revision": 0})).status == 200
    assert (await rest("PUT", session, "snapshots", "before sweep", body={"revision": 1})).status == 200
    await rest("POST", session, body={"variables": {"lr": 5, "n": 1}})
    named = (await rest("GET", session, "snapshots")).json["snapshots"]
    assert [(each["name"], each["revision"]) for each in named] == [("before sweep", 1)]
    back = await rest("POST", session, "restore", body={"snapshot": "before sweep"})
    assert (back.status, back.json["variables"], back.json["meta"]["revision"]) == (200, {"lr": 0.1}, 3)
    forth = await rest("POST", session, "restore", body={"revision": 2})
    assert forth.json["variables"] == {"lr": 5, "n": 1}
    await rest("PUT", session, "variables", "lr", body={"spec": {"locked": True}})
    refused = await rest("POST", session, "restore", body={"snapshot": "before sweep"})
    assert (refused.status, refused.json["code"], refused.json["names"]) == (409, "locked", ["lr"])
    forced = await rest("POST", session, "restore", body={"snapshot": "before sweep", "force": True})
    assert forced.json["variables"] == {"lr": 0.1}
    assert (await rest("DELETE", session, "snapshots", "before sweep")).status == 204
    assert (await rest("DELETE", session, "snapshots", "before sweep")).status == 404
    for body in ({}, {"revision": 1, "snapshot": "x"}):
        assert (await rest("POST", session, "restore", body=body)).status == 422
    assert (await rest("POST", session, "restore", body={"snapshot": "before sweep"})).status == 404


async def test_purge(rest: Rest, session: str) -> None:
    await rest("POST", session, body={"variables": {"lr": "a secret"}})
    await rest("POST", session, body={"variables": {"lr": 0.3}})
    answer = await rest("POST", session, "purge", body={"name": "lr"})
    assert (answer.status, answer.json) == (200, {"name": "lr", "purged": 2})
    log = (await rest("GET", session, "changes")).json["changes"]
    assert [change["ops"][0]["value"] for change in log] == [0.3, {"$purged": True}, {"$purged": True}]
    assert await variables(rest, session) == {"lr": 0.3}


async def test_differences(rest: Rest, session: str) -> None:
    await rest("POST", session, body={"variables": {"lr": 0.2, "n": 1}})
    changed = (await rest("GET", session, "diff", params={"from": "1", "to": "2"})).json["changed"]
    assert [(each["name"], (each["before"] or {}).get("value"), each["after"]["value"]) for each in changed] == [
        ("lr", 0.1, 0.2),
        ("n", None, 1),
    ]
    assert (await rest("GET", session, "diff", params={"from": "2"})).json["changed"] == []
    assert (await rest("GET", session, "diff")).status == 422
    assert (await rest("GET", session, "diff", params={"from": "9"})).status == 404


@pytest.mark.parametrize("what", ["changes", "diff", "snapshots", "undo", "redo", "restore", "purge"])
async def test_a_session_that_is_not_there_has_no_past(rest: Rest, what: str) -> None:
    bodies = {"undo": {}, "redo": {}, "restore": {"revision": 1}, "purge": {"name": "lr"}}
    if what in bodies:
        answer = await rest("POST", "nowhere", what, body=bodies[what])
    else:
        answer = await rest("GET", "nowhere", what, params={"from": "0", "to": "0"})
    assert (answer.status, answer.json["code"]) == (404, "not-found")
