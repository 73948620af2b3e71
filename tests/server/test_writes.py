"""Every write takes If-Match and an Idempotency-Key, and the contract says so: over the table of routes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from tornado import web

from session_state_ext.server.app import ROUTES
from tests.server.conftest import Rest
from tests.server.test_openapi import contract as contract
from tests.server.test_openapi import told

VERBS = ("post", "put", "patch", "delete")

#: The number of a mutate is its key, and its base its condition.
NUMBERED = ("post", "/api/session/{id}/mutate")

#: One request for each write, and where it is not its origin what makes another of it; ``{id}`` is a session with lr at 0.2, 0.1 before that, and a snapshot called good.
WRITES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/api/session"): {"body": {"name": "another"}},
    ("post", "/api/session/attach"): {"body": {"path": "n.ipynb", "sessionId": "{id}"}, "other": {"bound": {}}},
    ("delete", "/api/session/attach"): {"params": {"path": "kept.ipynb"}},
    ("post", "/api/session/{id}"): {"body": {"variables": {"lr": 0.3}}},
    ("patch", "/api/session/{id}"): {"body": {"lr": 0.3}, "other": {"lr": 0.4}, "kind": "application/merge-patch+json"},
    ("delete", "/api/session/{id}"): {},
    ("put", "/api/session/{id}/meta"): {"body": {"name": "renamed"}, "other": {"name": "it"}},
    ("put", "/api/session/{id}/variables/{name}"): {"name": "lr", "body": {"value": 0.3}},
    ("delete", "/api/session/{id}/variables/{name}"): {"name": "lr"},
    ("post", "/api/session/{id}/undo"): {"body": {}},
    ("post", "/api/session/{id}/redo"): {"body": {}},
    ("post", "/api/session/{id}/restore"): {"body": {"snapshot": "good"}},
    ("post", "/api/session/{id}/purge"): {"body": {"name": "lr"}, "other": {"name": "other"}},
    ("put", "/api/session/{id}/snapshots/{name}"): {"name": "best", "body": {}, "other": {"revision": 1}},
    ("delete", "/api/session/{id}/snapshots/{name}"): {"name": "good"},
    ("post", "/api/session/{id}/kept"): {"body": {"path": "kept.ipynb"}},
}


def test_they_are_all_there(contract: dict[str, Any]) -> None:
    real = {
        (verb, pattern)
        for pattern, handler in ROUTES
        for verb in VERBS
        if getattr(handler, verb) is not getattr(web.RequestHandler, verb)
    }
    assert {(verb, told(path)) for verb, path in [*WRITES, NUMBERED]} == real
    for verb, path in WRITES:
        named = {one.get("$ref", "").rpartition("/")[2] for one in contract["paths"][path][verb]["parameters"]}
        assert {"IfMatch", "IdempotencyKey"} <= named, f"{verb} {path}"


class World:
    """A session that every one of these requests can be made of, and what is seen of it."""

    def __init__(self, rest: Rest, files: Path) -> None:
        self.rest = rest
        self._files = files
        self.id = ""

    async def begin(self) -> None:
        notebook = nbformat.v4.new_notebook(metadata={"session_state": {"keep": "somebody's", "values": {"kept": 1}}})
        nbformat.write(notebook, self._files / "kept.ipynb")
        self.id = (await self.rest("POST", body={"name": "it", "variables": {"lr": 0.1}})).json["sessionId"]
        await self.rest("PUT", self.id, "snapshots", "good", body={})
        await self.rest("POST", "attach", body={"path": "kept.ipynb", "sessionId": self.id})
        await self.rest("POST", self.id, body={"variables": {"lr": 0.2}})
        # Something to do again, too.
        await self.rest("POST", self.id, body={"variables": {"other": 1}})
        await self.rest("POST", self.id, "undo", body={})

    async def ask(self, verb: str, path: str, headers: dict[str, str], **more: Any) -> tuple[int, Any]:
        said = {**WRITES[verb, path], **more}
        where = path.removeprefix("/api/session").replace("{id}", self.id).replace("{name}", said.get("name", ""))
        body = said.get("body")
        if body is not None and "sessionId" in body:
            body = {**body, "sessionId": self.id}
        kind = {"Content-Type": said["kind"]} if "kind" in said else {}
        words = where.strip("/").split("/") if where else []
        params = said.get("params")
        answer = await self.rest(verb.upper(), *words, body=body, headers={**headers, **kind}, params=params)
        return answer.status, answer.json

    async def seen(self) -> Any:
        sessions = (await self.rest("GET")).json
        state = await self.rest("GET", self.id, params={"detail": "1"})
        changes = await self.rest("GET", self.id, "changes")
        snapshots = await self.rest("GET", self.id, "snapshots")
        return sessions, state.status, state.json, changes.json, snapshots.json


async def test_what_is_not_as_it_was_read_is_left_alone(rest: Rest, jp_root_dir: Path) -> None:
    world = World(rest, jp_root_dir)
    for verb, path in WRITES:
        await world.begin()
        before = await world.seen()
        status, answer = await world.ask(verb, path, {"If-Match": '"as it was"'})
        assert (status, answer and answer.get("code")) == (412, "precondition-failed"), f"{verb} {path}"
        assert await world.seen() == before, f"{verb} {path}"


async def test_a_request_that_is_repeated_is_done_once(rest: Rest, jp_root_dir: Path) -> None:
    world = World(rest, jp_root_dir)
    for number, (verb, path) in enumerate(WRITES):
        await world.begin()
        key = {"Idempotency-Key": f"k{number}"}
        before = await world.seen()
        first = await world.ask(verb, path, key)
        assert first[0] in (200, 201, 204), f"{verb} {path}: {first}"
        after = await world.seen()
        assert after != before, f"{verb} {path}"
        assert await world.ask(verb, path, key) == first, f"{verb} {path}"
        assert await world.seen() == after, f"{verb} {path}"
        # The condition that it met the first time is none any more.
        assert await world.ask(verb, path, {**key, "If-Match": '"as it was"'}) == first, f"{verb} {path}"
        said = WRITES[verb, path]
        if "body" in said:
            other = {**said["body"], **said.get("other", {"origin": {"kind": "cli"}})}
            status, answer = await world.ask(verb, path, key, body=other)
            assert (status, answer["code"]) == (422, "idempotency-mismatch"), f"{verb} {path}"
        assert await world.seen() == after, f"{verb} {path}"


async def test_a_condition_is_met_by_what_the_answer_before_has_told(rest: Rest, jp_root_dir: Path) -> None:
    """Of what has a tag of its own: a snapshot, and the session that a notebook has."""
    world = World(rest, jp_root_dir)
    await world.begin()
    where = (world.id, "snapshots", "good")
    taken = await rest("GET", *where)
    assert (taken.status, taken.json["name"], taken.json["revision"]) == (200, "good", 1)
    assert (await rest("GET", *where, headers={"If-None-Match": taken.tag})).status == 304
    assert (await rest("GET", world.id, "snapshots", "bad")).status == 404
    new = {"If-None-Match": "*"}
    assert (await rest("PUT", *where, body={}, headers=new)).status == 412
    assert (await rest("PUT", world.id, "snapshots", "new", body={}, headers=new)).status == 201
    later = await rest("PUT", *where, body={}, headers={"If-Match": taken.tag})
    assert (later.status, later.tag != taken.tag) == (200, True)
    assert (await rest("DELETE", *where, headers={"If-Match": taken.tag})).status == 412
    assert (await rest("DELETE", *where, headers={"If-Match": later.tag})).status == 204

    asked = {"path": "new.ipynb", "sessionId": world.id}
    first = await rest("POST", "attach", body=asked, headers=new)
    assert first.status == 201, "it had none"
    assert (await rest("POST", "attach", body=asked, headers=new)).status == 412
    other = (await rest("POST", body={})).json["sessionId"]
    moved = {**asked, "sessionId": other}
    assert (await rest("POST", "attach", body=moved, headers={"If-Match": first.tag})).status == 201
    assert (await rest("POST", "attach", body=asked, headers={"If-Match": first.tag})).status == 412
    bound = {"path": "new.ipynb", "bound": {"names": ["lr"]}}
    assert (await rest("POST", "attach", body=bound, headers={"If-Match": first.tag})).status == 412
    assert "bound" not in (await rest("POST", "attach", body={"path": "new.ipynb"})).json
