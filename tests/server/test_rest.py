"""What a program sees of the REST contract: bodies, statuses, headers, and that a refusal stores nothing."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from traitlets import TraitError

from session_state_ext.server.app import SessionStateExtension
from tests.server.conftest import Channel, Rest

Connect = Callable[..., Awaitable[Channel]]


async def test_make_write_read_remove(rest: Rest) -> None:
    made = await rest("POST", body={"name": "sweep", "variables": {"lr": 0.1, "old": [1]}})
    assert made.status == 201
    session = made.json["sessionId"]
    assert made.headers["Location"].endswith(f"/api/session/{session}")
    assert made.json["meta"]["revision"] == 1
    assert made.json["meta"]["name"] == "sweep"

    merged = await rest("POST", session, body={"variables": {"lr": 0.2, "note": None}, "removed": ["old"]})
    assert merged.status == 200
    assert merged.json["variables"] == {"lr": 0.2, "note": None}
    assert merged.json["meta"]["revision"] == 2
    assert merged.json["meta"]["lastSyncedAt"] >= made.json["meta"]["lastSyncedAt"]

    listed = (await rest("GET")).json["sessions"]
    assert [(one["sessionId"], one["name"], one["revision"], one["variableCount"]) for one in listed] == [
        (session, "sweep", 2, 2)
    ]
    assert (await rest("GET", params={"name": "sweep"})).json["sessions"] == listed
    assert (await rest("GET", params={"name": "other"})).json["sessions"] == []

    assert (await rest("DELETE", session)).status == 204
    assert (await rest("GET", session)).status == 404
    assert (await rest("GET")).json["sessions"] == []


async def test_a_value_comes_back_as_it_was_written(rest: Rest, jp_fetch: Any) -> None:
    text = b'{"variables": {"a": 1E2, "b": -0.0, "c": 123456789012345678901234567890, "d": {"z": 1.0, "a": 1}}}'
    session = (await rest("POST", body=text)).json["sessionId"]
    response = await jp_fetch("api", "session", session)
    assert b'{"a":1E2,"b":-0.0,"c":123456789012345678901234567890,"d":{"z": 1.0, "a": 1}}' in response.body


async def test_a_write_that_alters_nothing_is_no_change(rest: Rest, session: str) -> None:
    answer = await rest("POST", session, body={"variables": {"lr": 0.10}, "removed": ["never"]})
    assert (answer.status, answer.json["meta"]["revision"]) == (200, 1)
    assert (await rest("POST", session, body={"variables": {"lr": True}})).json["meta"]["revision"] == 2
    assert (await rest("POST", session, body={"variables": {"lr": 1}})).json["meta"]["revision"] == 3
    assert (await rest("POST", session, body={"variables": {"lr": 1.0}})).json["meta"]["revision"] == 4


async def test_one_variable(rest: Rest, session: str) -> None:
    made = await rest("PUT", session, "variables", "läng e", body={"value": {"a": [1]}, "origin": {"kind": "cli"}})
    assert made.status == 201
    assert made.tag.startswith('"2-')
    assert {key: made.json[key] for key in ("name", "value", "revision", "origin")} == {
        "name": "läng e",
        "value": {"a": [1]},
        "revision": 2,
        "origin": {"kind": "cli"},
    }
    assert (await rest("PUT", session, "variables", "läng e", body={"value": 2})).status == 200
    got = await rest("GET", session, "variables", "läng e")
    assert (got.status, got.json["value"], got.tag.partition("-")[0]) == (200, 2, '"3')
    assert (await rest("DELETE", session, "variables", "läng e")).status == 204
    for method in ("GET", "DELETE"):
        gone = await rest(method, session, "variables", "läng e")
        assert (gone.status, gone.json["code"]) == (404, "not-found")


async def test_detail_shows_the_rows(rest: Rest, session: str) -> None:
    answer = await rest("GET", session, params={"detail": "1"})
    (row,) = answer.json["rows"]
    assert (row["name"], row["value"], row["revision"], row["origin"]) == ("lr", 0.1, 1, {"kind": "api"})
    assert answer.tag.endswith('-d"')


@pytest.mark.parametrize("more", [{}, {"since": "9", "epoch": "another"}])
async def test_detail_is_1_or_0(rest: Rest, session: str, more: dict[str, str]) -> None:
    answer = await rest("GET", session, params={"detail": "7", **more})
    assert answer.status == 422
    assert "detail" in answer.json["message"]


async def test_not_modified(rest: Rest, session: str) -> None:
    first = await rest("GET", session)
    assert first.tag.startswith(f'"{first.json["meta"]["epoch"]}-1-')
    assert (await rest("GET", session, headers={"If-None-Match": first.tag})).status == 304
    assert (await rest("GET", session, params={"detail": "1"}, headers={"If-None-Match": first.tag})).status == 200
    await rest("POST", session, body={"variables": {"lr": 7}})
    assert (await rest("GET", session, headers={"If-None-Match": first.tag})).status == 200
    row = await rest("GET", session, "variables", "lr")
    assert (await rest("GET", session, "variables", "lr", headers={"If-None-Match": row.tag})).status == 304


async def test_a_new_name_or_path_is_noticed(rest: Rest, session: str) -> None:
    first = await rest("GET", session)
    renamed = await rest("PUT", session, "meta", body={"name": "n"}, headers={"If-Match": first.tag})
    assert renamed.status == 200
    assert renamed.json["meta"]["revision"] == first.json["meta"]["revision"]
    seen = await rest("GET", session, headers={"If-None-Match": first.tag})
    assert (seen.status, seen.json["meta"]["name"], seen.tag) == (200, "n", renamed.tag)
    again = await rest("PUT", session, "meta", body={"name": "m"}, headers={"If-Match": first.tag})
    assert again.status == 412, "somebody has renamed it since"
    moved = await rest("POST", "attach", body={"path": "a.ipynb", "sessionId": session})
    assert moved.tag not in (first.tag, renamed.tag)
    assert (await rest("GET", session, headers={"If-None-Match": renamed.tag})).status == 200
    assert (await rest("GET", session, headers={"If-None-Match": moved.tag})).status == 304
    detail = await rest("GET", session, params={"detail": "1"}, headers={"If-None-Match": moved.tag})
    assert detail.status == 200
    written = await rest("POST", session, body={"variables": {"lr": 1}}, headers={"If-Match": detail.tag})
    assert written.status == 200


@pytest.mark.parametrize(("digits", "is_taken"), [(4300, True), (4301, False)])
def test_no_more_digits_than_python_reads(digits: int, is_taken: bool) -> None:
    if is_taken:
        assert SessionStateExtension(digits=digits).digits == digits
        assert len(str(json.loads("9" * digits))) == digits
        return
    with pytest.raises(TraitError):
        SessionStateExtension(digits=digits)
    with pytest.raises(ValueError, match="digits"):
        json.loads("9" * digits)


async def test_if_match(rest: Rest, session: str) -> None:
    tag = (await rest("GET", session)).tag
    detail = (await rest("GET", session, params={"detail": "1"})).tag
    assert (
        await rest("POST", session, body={"variables": {"a": 1}}, headers={"If-Match": f'"x", {tag}'})
    ).status == 200
    for stale in (tag, detail, '"x"', f"W/{tag}"):
        refused = await rest("POST", session, body={"variables": {"a": 2}}, headers={"If-Match": stale})
        assert (refused.status, refused.json["code"]) == (412, "precondition-failed")
        assert (await rest("DELETE", session, headers={"If-Match": stale})).status == 412
    assert (await rest("PUT", session, "meta", body={"name": "n"}, headers={"If-Match": tag})).status == 412
    assert (await rest("GET", session)).json["variables"] == {"lr": 0.1, "a": 1}
    assert (await rest("POST", session, body={"variables": {"a": 3}}, headers={"If-Match": "*"})).status == 200


async def test_if_match_on_a_variable(rest: Rest, session: str) -> None:
    where = (session, "variables", "lr")
    assert (await rest("PUT", *where, body={"value": 1}, headers={"If-Match": '"1"'})).status == 200
    assert (await rest("PUT", *where, body={"value": 2}, headers={"If-Match": '"1"'})).status == 412
    assert (await rest("DELETE", *where, headers={"If-Match": '"1"'})).status == 412
    assert (await rest("PUT", *where, body={"value": 2}, headers={"If-None-Match": "*"})).status == 412
    assert (await rest("PUT", session, "variables", "n", body={"value": 2}, headers={"If-Match": "*"})).status == 412
    assert (
        await rest("PUT", session, "variables", "n", body={"value": 2}, headers={"If-None-Match": "*"})
    ).status == 201
    assert (await rest("GET", session)).json["variables"] == {"lr": 1, "n": 2}


async def test_a_request_that_comes_again_is_done_once(rest: Rest) -> None:
    key = {"Idempotency-Key": "k1"}
    made = await rest("POST", body={"variables": {"n": 0}}, headers=key)
    again = await rest("POST", body={"variables": {"n": 0}}, headers=key)
    assert (again.status, again.json) == (201, made.json)
    assert len((await rest("GET")).json["sessions"]) == 1
    session = made.json["sessionId"]

    first = await rest("POST", session, body={"variables": {"n": 1}}, headers=key)
    await rest("POST", session, body={"variables": {"n": 2}})
    repeated = await rest("POST", session, body={"variables": {"n": 1}}, headers=key)
    assert (repeated.status, repeated.json["meta"]["revision"]) == (200, first.json["meta"]["revision"])
    assert (await rest("GET", session)).json["variables"] == {"n": 2}
    other = await rest("POST", session, body={"variables": {"n": 3}}, headers=key)
    assert (other.status, other.json["code"]) == (422, "idempotency-mismatch")

    put = await rest("PUT", session, "variables", "m", body={"value": 1}, headers={"Idempotency-Key": "k2"})
    await rest("PUT", session, "variables", "m", body={"value": 5})
    repeated = await rest("PUT", session, "variables", "m", body={"value": 1}, headers={"Idempotency-Key": "k2"})
    assert (put.status, repeated.status) == (201, 201)
    assert (repeated.json["value"], repeated.json["revision"], repeated.tag) == (1, put.json["revision"], put.tag)
    assert (await rest("GET", session, "variables", "m")).json["value"] == 5

    for method, path in (("DELETE", (session, "variables", "m")), ("DELETE", (session,))):
        answers = [await rest(method, *path, headers={"Idempotency-Key": "k3"}) for _ in range(2)]
        assert [answer.status for answer in answers] == [204, 204]
    assert (await rest("DELETE", session, headers={"Idempotency-Key": "k4"})).status == 404


async def test_prefer_minimal(rest: Rest, session: str) -> None:
    answer = await rest("POST", session, body={"variables": {"a": 1}}, headers={"Prefer": "return=minimal"})
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert set(answer.json) == {"sessionId", "meta"}
    assert answer.json["meta"]["revision"] == 2


async def test_a_whole_state_can_be_sent_back(rest: Rest, session: str) -> None:
    state = (await rest("GET", session)).json
    state["variables"]["lr"] = 5
    assert (await rest("POST", session, body=state)).json["variables"] == {"lr": 5}
    refused = await rest("POST", session, body={**state, "sessionId": "another"})
    assert (refused.status, refused.json["code"]) == (422, "invalid-body")


async def test_a_session_can_be_named(rest: Rest, session: str) -> None:
    assert (await rest("PUT", session, "meta", body={"name": "sweep"})).json["meta"]["name"] == "sweep"
    assert (await rest("GET", session)).json["meta"]["name"] == "sweep"
    assert (await rest("PUT", session, "meta", body={"name": None})).json["meta"]["name"] is None
    assert (await rest("PUT", session, "meta", body={"name": "a\nb"})).status == 422


async def test_attach_by_path(rest: Rest) -> None:
    unborn = await rest("POST", "attach", body={"path": "dir/a.ipynb"})
    assert unborn.status == 200
    assert unborn.json["meta"]["revision"] == 0
    assert unborn.json["meta"]["paths"][0].endswith("/root_dir/dir/a.ipynb")
    session = unborn.json["sessionId"]
    assert (await rest("GET")).json["sessions"] == [], "opening a notebook leaves nothing behind"
    assert (await rest("POST", "attach", body={"path": "dir/a.ipynb"})).json["sessionId"] == session

    await rest("POST", session, body={"variables": {"a": 1}})
    (listed,) = (await rest("GET", params={"path": "dir/a.ipynb"})).json["sessions"]
    assert (listed["sessionId"], listed["paths"]) == (session, unborn.json["meta"]["paths"])
    assert (await rest("POST", "attach", body={"path": "/dir/a.ipynb"})).json["variables"] == {"a": 1}

    other = await rest("POST", "attach", body={"path": "b.ipynb", "sessionId": session})
    assert (other.status, other.json["sessionId"]) == (201, session)
    assert len(other.json["meta"]["paths"]) == 2
    again = await rest("POST", "attach", body={"path": "b.ipynb", "sessionId": session})
    assert again.status == 200


async def test_detach(rest: Rest, channel: Connect, session: str) -> None:
    await rest("POST", "attach", body={"path": "a.ipynb", "sessionId": session})
    panel = await channel(session)
    await panel.hello("A")
    assert (await rest("DELETE", "attach", params={"path": "a.ipynb"})).status == 204
    assert (await panel.hear("meta"))["meta"]["paths"] == [], "whoever shows it hears of it"
    assert (await rest("POST", "attach", body={"path": "a.ipynb"})).json["variables"] == {}, "another one"
    assert (await rest("GET", session)).json["variables"] == {"lr": 0.1}, "which stays as it was"
    assert (await rest("DELETE", "attach", params={"path": "a.ipynb"})).status == 204, "again, and of one never stored"
    assert (await rest("DELETE", "attach")).status == 400


async def test_the_list_says_who_is_connected(rest: Rest, channel: Connect, session: str) -> None:
    async def connected() -> Any:
        return (await rest("GET")).json["sessions"][0]["connected"]

    assert await connected() == {"editors": 0, "kernels": 0}
    one = await channel(session)
    await one.hello("A")
    two = await channel(session)
    await two.hello("B")
    assert await connected() == {"editors": 2, "kernels": 0}


async def test_a_session_is_made_with_declarations(rest: Rest) -> None:
    body = {"name": "n", "variables": {"lr": 0.1}, "specs": {"lr": {"schema": {"maximum": 1}, "locked": True}}}
    made = await rest("POST", body=body)
    assert (made.status, made.json["meta"]["revision"]) == (201, 1)
    rows = (await rest("GET", made.json["sessionId"], params={"detail": "1"})).json["rows"]
    assert [(row["value"], row["spec"]["locked"]) for row in rows] == [(0.1, True)]
    wrong = await rest("POST", body={"specs": {"lr": {"control": "knob"}}})
    assert (wrong.status, wrong.json["code"]) == (422, "invalid-spec")


async def test_attach_refuses(rest: Rest) -> None:
    for body, status, code in (
        ({}, 422, "invalid-body"),
        ({"path": "a.ipynb", "kernelId": "k"}, 422, "invalid-body"),
        ({"path": "../../etc/a.ipynb"}, 422, "invalid-body"),
        ({"path": ""}, 422, "invalid-body"),
        ({"path": "a.ipynb", "sessionId": "nobodys"}, 404, "not-found"),
        ({"kernelId": "nothing-runs-here"}, 404, "not-found"),
    ):
        answer = await rest("POST", "attach", body=body)
        assert (answer.status, answer.json["code"]) == (status, code), body


UNSTORABLE: list[tuple[bytes, int, str, str]] = [
    (b"{", 400, "invalid-json", "not JSON"),
    (b'{"variables": {"a": "\xff"}}', 400, "invalid-json", "UTF-8"),
    (b'{"variables": {"a": NaN}}', 422, "invalid-value", "NaN"),
    (b'{"variables": {"a": 1e999}}', 422, "invalid-value", "1e999"),
    (b'{"variables": {"a": "\\ud800"}}', 422, "invalid-value", "surrogate"),
    (b'{"variables": {"a": 1, "a": 2}}', 422, "invalid-value", "twice"),
    (b'{"variables": {"": 1}}', 422, "invalid-name", "at least one character"),
    (b'{"variables": {"a\\u0000": 1}}', 422, "invalid-name", "U+0000"),
    (b'{"variables": {"__proto__": 1}}', 422, "invalid-name", "__proto__"),
    (b'{"variables": {"%s": 1}}' % (b"n" * 129), 422, "invalid-name", "128"),
    (b'{"variables": {"deep": %s}}' % (b"[" * 65 + b"]" * 65), 422, "limit-exceeded", "64 deep"),
    (b'{"variables": {"deep": %s}}' % (b"[" * 100_000), 422, "limit-exceeded", "deep"),
    (b'{"variables": {"big": %s}}' % (b"9" * 4301), 422, "limit-exceeded", "4300 digits"),
    (b'{"variables": {"big": "%s"}}' % (b"x" * 2**20), 413, "too-large", "big: a value can have "),
    (b'{"variables": {"a": 1}, "removed": ["a"]}', 422, "invalid-body", "both set and removed"),
    (b'{"variabels": {"a": 1}}', 422, "invalid-body", "variabels"),
    (b'{"variables": [1]}', 422, "invalid-body", "variables"),
    (b"[1]", 422, "invalid-body", "object"),
]


async def test_what_cannot_be_stored_is_refused(rest: Rest, session: str) -> None:
    for body, status, code, hint in UNSTORABLE:
        for path in ((session,), ()) if b"removed" not in body else ((session,),):
            answer = await rest("POST", *path, body=body)
            assert (answer.status, answer.json["code"]) == (status, code), answer.json
            assert hint in answer.json["message"]
    assert (await rest("GET", session)).json["variables"] == {"lr": 0.1}
    assert len((await rest("GET")).json["sessions"]) == 1


async def test_only_json_is_taken(rest: Rest, session: str) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json5"):
        answer = await rest("POST", session, body={"variables": {"lr": 9}}, headers={"Content-Type": kind})
        assert (answer.status, answer.json["code"]) == (415, "unsupported-media-type"), kind
    assert (await rest("GET", session)).json["variables"] == {"lr": 0.1}
    charset = {"Content-Type": "application/json; charset=utf-8"}
    assert (await rest("POST", session, body={"variables": {"lr": 9}}, headers=charset)).status == 200


async def test_a_verb_it_does_not_know(rest: Rest, session: str) -> None:
    for method, path, allow in (
        ("PUT", (), "GET, POST, OPTIONS"),
        ("PUT", (session,), "GET, POST, PATCH, DELETE, OPTIONS"),
        ("POST", (session, "variables", "a"), "GET, PUT, DELETE, OPTIONS"),
        ("GET", ("attach",), "POST, DELETE, OPTIONS"),
        ("GET", (session, "meta"), "PUT, OPTIONS"),
        ("DELETE", (session, "steps"), "GET, OPTIONS"),
    ):
        answer = await rest(method, *path, body={} if method in ("PUT", "POST") else None)
        assert (answer.status, answer.json["code"]) == (405, "method-not-allowed")
        assert answer.headers["Allow"] == allow


async def test_what_does_not_exist(rest: Rest) -> None:
    for path in (("nobodys",), ("nobodys", "variables", "a"), ("a.b",), ("nobodys", "steps"), ("%2e",)):
        answer = await rest("GET", *path)
        assert (answer.status, answer.json["code"]) == (404, "not-found")
        assert answer.json["message"]


async def test_steps_and_runs_come_back(rest: Rest, session: str) -> None:
    assert (await rest("GET", session, "steps")).json == {"steps": []}
    assert (await rest("GET", session, "runs")).json == {"runs": []}


class TestLimits:
    @pytest.fixture
    def limits(self) -> dict[str, Any]:
        return {"value_bytes": 100, "session_bytes": 250, "variables": 3, "name_chars": 10}

    async def test_they_are_traits(self, rest: Rest) -> None:
        session = (await rest("POST", body={"variables": {"a": "x" * 90, "b": "y" * 90}})).json["sessionId"]
        too_long = await rest("PUT", session, "variables", "c", body={"value": "z" * 100})
        assert (too_long.status, too_long.json["name"]) == (413, "c")
        assert "100 bytes" in too_long.json["message"]
        too_much = await rest("PUT", session, "variables", "c", body={"value": "z" * 90})
        assert (too_much.status, too_much.json["code"]) == (413, "too-large")
        assert (await rest("PUT", session, "variables", "n" * 11, body={"value": 1})).status == 422
        assert (await rest("PUT", session, "variables", "c", body={"value": 1})).status == 201
        too_many = await rest("PUT", session, "variables", "d", body={"value": 1})
        assert (too_many.status, too_many.json["code"]) == (422, "limit-exceeded")
        assert "3 variables" in too_many.json["message"]
        assert (await rest("PUT", session, "variables", "a", body={"value": 1})).status == 200, "smaller always fits"
        state = (await rest("GET", session)).json
        assert json.dumps(state["variables"]) == json.dumps({"a": 1, "b": "y" * 90, "c": 1})

    async def test_a_body_is_refused_by_its_length(self, rest: Rest) -> None:
        answer = await rest("POST", body=b'{"name": "' + b" " * 300_000 + b'"}')
        assert (answer.status, answer.json["code"]) == (413, "too-large")
