"""Declarations over REST: made, refused, and held to by every verb."""

from __future__ import annotations

from typing import Any

from tests.server.conftest import Rest

SPEC = {"schema": {"type": "number", "maximum": 1}, "default": 0.1, "description": "learning rate"}


async def test_a_variable_is_declared_and_undeclared(rest: Rest, session: str) -> None:
    made = await rest("PUT", session, "variables", "rate", body={"spec": SPEC})
    assert (made.status, made.json["value"], made.json["spec"]) == (201, 0.1, SPEC)
    again = await rest("PUT", session, "variables", "rate", body={"spec": {**SPEC, "default": 0.5}, "value": 0.7})
    assert (again.status, again.json["value"]) == (200, 0.7)
    assert again.tag != made.tag
    read = await rest("GET", session, "variables", "rate")
    assert (read.json["spec"]["default"], read.tag) == (0.5, again.tag)
    declared = await rest("PUT", session, "variables", "rate", body={"spec": SPEC}, headers={"If-Match": read.tag})
    assert (declared.json["revision"], declared.tag == read.tag) == (read.json["revision"], False)
    stale = await rest("PUT", session, "variables", "rate", body={"value": 1}, headers={"If-Match": read.tag})
    assert stale.status == 412
    rows = {row["name"]: row for row in (await rest("GET", session, params={"detail": "1"})).json["rows"]}
    assert rows["rate"]["spec"] == SPEC
    bare = await rest("PUT", session, "variables", "rate", body={"spec": None})
    assert "spec" not in bare.json
    nothing = await rest("PUT", session, "variables", "never", body={"spec": None})
    assert (nothing.status, nothing.json["code"]) == (404, "not-found")
    assert (await rest("PUT", session, "variables", "never", body={})).status == 422


async def test_every_verb_is_held_to_it(rest: Rest, session: str) -> None:
    await rest("PUT", session, "variables", "lr", body={"spec": SPEC})
    refused = [
        await rest("PUT", session, "variables", "lr", body={"value": 2}),
        await rest("POST", session, body={"variables": {"lr": 2, "other": 1}}),
        await rest("PATCH", session, body={"lr": 2}, headers={"Content-Type": "application/merge-patch+json"}),
        await rest(
            "POST",
            session,
            "mutate",
            body={
                "client": "A",
                "seq": 1,
                "base": 0,
                "ops": [{"op": "set", "name": "lr", "value": 2}],
                "origin": {"kind": "panel"},
            },
        ),
    ]
    for answer in refused:
        told = {key: answer.json[key] for key in ("code", "name", "pointer", "message")}
        message = "lr: 2 is more than the maximum 1."
        assert answer.status == 422
        assert told == {"code": "invalid-value", "name": "lr", "pointer": "", "message": message}
    assert (await rest("GET", session)).json["variables"] == {"lr": 0.1}


async def test_what_declares_nothing_is_refused_with_its_place(rest: Rest, session: str) -> None:
    answer = await rest("PUT", session, "variables", "lr", body={"spec": {"schema": {"minimum": "a"}}})
    assert (answer.status, answer.json["code"], answer.json["pointer"]) == (422, "invalid-spec", "/schema/minimum")
    assert answer.json["message"] == 'lr cannot be declared so: its schema is not one: "a" is not a number.'


async def test_what_is_locked_stays(rest: Rest, session: str) -> None:
    await rest("PUT", session, "variables", "lr", body={"spec": {"locked": True}})
    for answer in (
        await rest("PUT", session, "variables", "lr", body={"value": 2}),
        await rest("DELETE", session, "variables", "lr"),
    ):
        assert (answer.status, answer.json["code"], answer.json["name"]) == (409, "locked", "lr")
    both: dict[str, Any] = {"spec": {"locked": False}, "value": 2}
    assert (await rest("PUT", session, "variables", "lr", body=both)).json["value"] == 2
