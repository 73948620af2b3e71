"""The store and the REST API against a plain model: whatever is asked in whatever order, both say the same.

A hypothesis state machine: it makes the requests up, and when server and model part, finds the fewest that do it.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from .peers import LONG, Server, seed
from .plainmodel import Plain, Refused, merged, patched, same

EXAMPLES, STEPS = (int(os.environ.get("TORTURE_EXAMPLES", "2000")), 50) if LONG else (20, 20)

#: Stores by engine: what a server is told to use.
ENGINES: dict[str, Callable[[Path], str]] = {"sqlite": lambda folder: f"sqlite:///{folder / 'sessions.db'}"}

NAMES = st.sampled_from(["a", "b", "lr", "größe/2", "constructor"])
KEYS = st.sampled_from(["x", "y", "constructor", "a/b"])
SCALARS = st.sampled_from([None, True, 0, 1, 1.0, -0.0, 0.1, 100.0, 2**70, "", "ü"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=5
)
POINTERS = st.builds(lambda *parts: "".join("/" + part.replace("/", "~1") for part in parts), NAMES) | st.builds(
    lambda name, part: f"/{name.replace('/', '~1')}/{part.replace('/', '~1')}",
    NAMES,
    KEYS | st.sampled_from(["0", "1", "-"]),
)
OPERATIONS = (
    st.fixed_dictionaries({"op": st.sampled_from(["add", "replace", "test"]), "path": POINTERS, "value": VALUES})
    | st.fixed_dictionaries({"op": st.just("remove"), "path": POINTERS})
    | st.fixed_dictionaries({"op": st.sampled_from(["move", "copy"]), "path": POINTERS, "from": POINTERS})
)
#: What a request says of what it has seen: nothing, the truth, or something old.
SEEN = st.sampled_from(["", "", "", "now", "old", "*"])
BACK = st.integers(0, 8)
#: Where a number stands beside those that were said.
WHEN = st.sampled_from(["next", "next", "next", "again", "late", "early", "another"])
MERGE, PATCH = "application/merge-patch+json", "application/json-patch+json"


def another(path: str, body: Any, content_type: str | None) -> Any:
    """A body that could have been sent there as well, and was not."""
    if path in ("/undo", "/redo"):
        return {**body, "force": not body["force"]}
    if path == "/restore":
        return {"snapshot": "another"}
    if path == "/meta":
        return {"name": "another"}
    return {"variables": {"another": 1}} if content_type is None else {"another": 1} if content_type == MERGE else []


class Sessions(RuleBasedStateMachine):
    """One session of a running server, and its model."""

    server: ClassVar[Server]
    http: ClassVar[requests.Session]
    #: a rule of the model that is broken on purpose
    fault: ClassVar[str] = ""
    requests_made: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.plain = Plain()
        self.epoch = self.etag = ""
        self.tags: dict[str, int] = {}
        self.base = ""
        self.last: tuple[str, str, dict[str, Any], tuple[int, int]] | None = None
        #: what each client has said, by number, and what it was told
        self.said: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {"one": [], "two": []}

    @initialize(variables=st.dictionaries(NAMES, VALUES, max_size=3))
    def born(self, variables: dict[str, Any]) -> None:
        answer = self.ask("POST", "", {"variables": variables})
        assert answer.status_code == 201
        self.base = "/" + answer.json()["sessionId"]
        self.epoch = answer.json()["meta"]["epoch"]
        self.plain.write(variables)

    # --- how requests are made and answers compared ---

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        Sessions.requests_made += 1
        told = {name.replace("_", "-"): value for name, value in headers.items() if value}
        told.setdefault("Content-Type", "application/json")
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.server.url}/api/session{self.base}{path}"
        return self.http.request(method, url, data=data, headers=told, timeout=60)

    def change(
        self, method: str, path: str, body: Any, seen: str, expect: Callable[[], int | None], **headers: str
    ) -> None:
        """One write that is told the session's ETag; it may be repeated by a later rule."""
        key = uuid.uuid4().hex
        tag = {"now": self.etag, "old": f'"{self.epoch}-999999"', "*": "*"}.get(seen, "")
        before = deepcopy(self.plain)
        try:
            if seen == "old":
                raise Refused(412)
            status = expect() or 200
        except Refused as refused:
            self.plain, status = before, refused.status
        headers = {**headers, "If_Match": tag, "Idempotency_Key": key}
        answer = self.ask(method, path, body, **headers)
        assert answer.status_code == status, (answer.status_code, answer.text, status)
        if status < 300:
            self.compare(answer.json())
            self.last = (method, path, {"body": body, **headers}, (status, self.plain.revision))

    def compare(self, state: dict[str, Any]) -> None:
        assert state["meta"]["revision"] == self.plain.revision
        assert same(state["variables"], self.plain.variables), (state["variables"], self.plain.variables)

    def back(self, steps: int) -> int:
        """A revision some way back; beyond the first one that is one that never was."""
        return self.plain.revision - steps if steps <= self.plain.revision else self.plain.revision + steps

    # --- writing ---

    @rule(variables=st.dictionaries(NAMES, VALUES, max_size=3), removed=st.sets(NAMES, max_size=2), seen=SEEN)
    def merges(self, variables: dict[str, Any], removed: set[str], seen: str) -> None:
        def expect() -> int:
            if removed & set(variables):
                raise Refused(422)
            self.plain.write(variables, removed)
            return 200

        if seen == "old" and removed & set(variables):
            seen = ""
        self.change("POST", "", {"variables": variables, "removed": sorted(removed)}, seen, expect)

    @rule(name=NAMES, value=VALUES, seen=SEEN)
    def puts(self, name: str, value: Any, seen: str) -> None:
        row = self.plain.rows.get(name)
        match = {"now": f'"{row}"', "old": '"999999"', "*": "*"}.get(seen, "")
        status = 200 if row is not None else 201
        if seen == "old" or (seen in ("now", "*") and row is None):
            status = 412
        answer = self.ask("PUT", f"/variables/{quote(name, safe='')}", {"value": value}, If_Match=match)
        assert answer.status_code == status, answer.text
        if status < 300:
            self.plain.write({name: value})
            assert answer.headers["ETag"].startswith(f'"{self.plain.rows[name]}-')
            assert same(answer.json()["value"], self.plain.variables[name])

    @rule(name=NAMES, value=VALUES)
    def puts_what_is_new(self, name: str, value: Any) -> None:
        answer = self.ask("PUT", f"/variables/{quote(name, safe='')}", {"value": value}, If_None_Match="*")
        assert answer.status_code == (412 if name in self.plain.rows else 201)
        if answer.status_code == 201:
            self.plain.write({name: value})

    @rule(name=NAMES, seen=SEEN)
    def deletes(self, name: str, seen: str) -> None:
        row = self.plain.rows.get(name)
        match = {"now": f'"{row}"', "old": '"999999"', "*": "*"}.get(seen, "")
        status = 204 if row is not None else 404
        if seen == "old" or (seen in ("now", "*") and row is None):
            status = 412
        answer = self.ask("DELETE", f"/variables/{quote(name, safe='')}", If_Match=match)
        assert answer.status_code == status
        if status == 204:
            self.plain.write({}, {name})

    @rule(patch=st.dictionaries(NAMES, VALUES, max_size=3), seen=SEEN)
    def merge_patches(self, patch: dict[str, Any], seen: str) -> None:
        self.change(
            "PATCH", "", patch, seen, lambda: self.plain.become(merged(self.plain.variables, patch)), Content_Type=MERGE
        )

    @rule(patch=st.lists(OPERATIONS, min_size=1, max_size=3), seen=SEEN)
    def json_patches(self, patch: list[dict[str, Any]], seen: str) -> None:
        self.change(
            "PATCH",
            "",
            patch,
            seen,
            lambda: self.plain.become(patched(self.plain.variables, patch)),
            Content_Type=PATCH,
        )

    @rule(name=st.sampled_from([None, "sweep", "größe"]), seen=SEEN)
    def is_named(self, name: str | None, seen: str) -> None:
        def expect() -> int:
            self.plain.name = name
            return 200

        self.change("PUT", "/meta", {"name": name}, seen, expect)

    @precondition(lambda self: self.last is not None)
    @rule(other=st.booleans())
    def says_it_again(self, other: bool) -> None:
        assert self.last is not None
        method, path, said, (status, revision) = self.last
        said = dict(said)
        body = said.pop("body")
        if other:
            body = another(path, body, said.get("Content_Type"))
        answer = self.ask(method, path, body, **said)
        if other:
            assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-mismatch")
        else:
            assert (answer.status_code, answer.json()["meta"]["revision"]) == (status, revision)

    # --- numbered changes of two clients, in and out of order ---

    # Several at once, so that some have been passed when one of them comes again.
    @rule(
        client=st.sampled_from(["one", "two"]),
        numbers=st.lists(st.tuples(WHEN, st.integers(1, 8), NAMES, VALUES), min_size=3, max_size=6),
    )
    def says_numbers(self, client: str, numbers: list[tuple[str, int, str, Any]]) -> None:
        for number in numbers:
            self.say_number(client, *number)

    def say_number(self, client: str, when: str, back: int, name: str, value: Any) -> None:
        said = self.said[client]
        if self.fault == "late" and when != "next":
            when = "late"
        if when == "late" and len(said) > 1:
            back = min(back, len(said) - 1)
        seq = {"next": len(said) + 1, "early": len(said) + 1 + back, "late": len(said) - back}.get(when, len(said))
        if seq < 1:
            return
        if when in ("again", "late"):
            body, answered = said[seq - 1]
        else:
            op = {"op": "set", "name": name, "value": value}
            body = {"client": client, "seq": seq, "base": self.plain.revision, "ops": [op], "origin": {"kind": "panel"}}
        answer = self.ask("POST", "/mutate", body)
        if when == "next":
            self.plain.write({name: value})
            assert (answer.status_code, answer.json()["revision"]) == (200, self.plain.revision), answer.text
            said.append((body, answer.json()))
        elif when == "again":
            assert (answer.status_code, answer.json()) == (200, answered)
        elif when == "another" and not same(body["ops"], said[seq - 1][0]["ops"]):
            assert (answer.status_code, answer.json()["code"]) == (422, "seq-mismatch")
        elif when == "late" and self.fault == "late":
            self.plain.write({op["name"]: op["value"] for op in body["ops"]})
        elif when != "another":
            assert (answer.status_code, answer.json()["code"]) == (409, "gap")

    # --- the past ---

    @rule(steps=st.none() | BACK, force=st.booleans(), seen=SEEN)
    def undoes(self, steps: int | None, force: bool, seen: str) -> None:
        revision = None if steps is None else self.back(steps)
        body = {"force": force} if revision is None else {"force": force, "revision": revision}
        if self.fault == "undo" and revision is None:
            self.change("POST", "/undo", body, seen, lambda: self.plain.undo(self.plain.revision, force))
        else:
            self.change("POST", "/undo", body, seen, lambda: self.plain.undo(revision, force))

    @rule(force=st.booleans(), seen=SEEN)
    def redoes(self, force: bool, seen: str) -> None:
        self.change("POST", "/redo", {"force": force}, seen, lambda: self.plain.redo(force))

    @rule(steps=BACK, seen=SEEN)
    def restores(self, steps: int, seen: str) -> None:
        revision = self.back(steps)
        self.change("POST", "/restore", {"revision": revision}, seen, lambda: self.plain.restore(revision))

    @rule(name=st.sampled_from(["good", "better"]), seen=SEEN)
    def restores_a_snapshot(self, name: str, seen: str) -> None:
        def expect() -> None:
            if name not in self.plain.snapshots:
                raise Refused(404)
            self.plain.restore(self.plain.snapshots[name])

        self.change("POST", "/restore", {"snapshot": name}, seen, expect)

    @rule(name=st.sampled_from(["good", "better"]), steps=st.none() | BACK)
    def takes_a_snapshot(self, name: str, steps: int | None) -> None:
        revision = self.plain.revision if steps is None else self.back(steps)
        answer = self.ask("PUT", f"/snapshots/{name}", {} if steps is None else {"revision": revision})
        if revision > self.plain.revision:
            assert answer.status_code == 404
            return
        assert answer.status_code == (200 if name in self.plain.snapshots else 201)
        assert answer.json()["revision"] == revision
        self.plain.snapshots[name] = revision

    @rule(name=st.sampled_from(["good", "better"]))
    def forgets_a_snapshot(self, name: str) -> None:
        answer = self.ask("DELETE", f"/snapshots/{name}")
        assert answer.status_code == (204 if self.plain.snapshots.pop(name, None) is not None else 404)

    # Seldom, for the file is written anew.
    @rule(name=NAMES, lot=st.integers(0, 9))
    def purges(self, name: str, lot: int) -> None:
        if lot != 3:
            return
        answer = self.ask("POST", "/purge", {"name": name})
        assert answer.status_code == 200, answer.text
        self.plain.purge(name)

    # --- reading ---

    @rule(steps=BACK, epoch=st.sampled_from(["", "ours", "another"]))
    def asks_what_is_new(self, steps: int, epoch: str) -> None:
        since = self.back(steps)
        told = {"": "", "ours": f"&epoch={self.epoch}", "another": "&epoch=another"}[epoch]
        answer = self.ask("GET", f"?since={since}{told}")
        if since > self.plain.revision or epoch == "another":
            assert answer.status_code == 410
            before, self.epoch = self.epoch, self.ask("GET", "").json()["meta"]["epoch"]
            # Who knows more of this history than there is has seen it before it was replaced: another one begins.
            assert (self.epoch != before) is (epoch == "ours")
            return
        then, now = self.plain.at(since), self.plain.variables
        touched = self.plain.touched_after(since)
        assert answer.status_code == 200
        assert same(answer.json()["variables"], {name: now[name] for name in touched if name in now})
        assert sorted(answer.json()["removed"]) == sorted(name for name in touched if name in then and name not in now)

    @rule(first=BACK, second=BACK)
    def asks_for_differences(self, first: int, second: int) -> None:
        earlier, later = self.back(first), self.back(second)
        answer = self.ask("GET", f"/diff?from={earlier}&to={later}")
        if max(earlier, later) > self.plain.revision:
            assert answer.status_code == 404
            return
        one, other = self.plain.at(earlier), self.plain.at(later)
        expected = {
            name: [one.get(name, "none"), other.get(name, "none")]
            for name in {**one, **other}
            if not (name in one and name in other and same(one[name], other[name]))
        }
        found = {
            each["name"]: ["none" if each[side] is None else each[side]["value"] for side in ("before", "after")]
            for each in answer.json()["changed"]
        }
        assert same(found, expected), (found, expected)

    @invariant()
    def both_are_the_same(self) -> None:
        if not self.base:
            return
        answer = self.ask("GET", "?detail=1")
        state = answer.json()
        self.compare(state)
        assert state["meta"]["name"] == self.plain.name
        assert {row["name"]: row["revision"] for row in state["rows"]} == self.plain.rows
        # A tag never stands for two revisions.
        self.etag = answer.headers["ETag"]
        assert self.tags.setdefault(self.etag, self.plain.revision) == self.plain.revision

    def teardown(self) -> None:
        if not self.base:
            return
        log = self.ask("GET", "/changes?limit=1000").json()["changes"]
        assert [change["revision"] for change in log] == list(range(self.plain.revision, 0, -1))
        for change in log:
            made = self.plain.changes[change["revision"]]
            assert made is not None
            assert change.get("undoes") == made.undoes
            assert {op["name"] for op in change["ops"]} == made.touched
        named = self.ask("GET", "/snapshots").json()["snapshots"]
        assert {each["name"]: each["revision"] for each in named} == self.plain.snapshots
        assert self.ask("DELETE", "").status_code == 204
        assert self.ask("GET", "").status_code == 404


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp(request.param)
    server = Server(folder)
    config = folder / "config" / "jupyter_server_config.json"
    traits = {"SessionStateExtension": {"store_url": ENGINES[request.param](folder)}}
    config.write_text(json.dumps({**json.loads(config.read_text()), **traits}))
    server.start()
    with requests.Session() as http:
        http.headers["Authorization"] = f"token {server.token}"
        Sessions.server, Sessions.http = server, http
        yield request.param
    server.stop()


def run(machine: type[Sessions], examples: int, chance: int, *phases: Phase) -> None:
    run_state_machine_as_test(
        hypothesis_seed(chance)(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=phases,
            print_blob=True,
            report_multiple_bugs=False,
        ),
    )


def test_server_and_model_say_the_same(engine: str) -> None:
    chance = seed("machine").randrange(2**32)
    Sessions.requests_made = 0
    # To look for the fewest steps takes minutes, which the short form does not have: it tells all of them.
    run(Sessions, EXAMPLES, chance, Phase.generate, *([Phase.shrink] if LONG else []))
    print(f"{engine}: {EXAMPLES} examples of up to {STEPS} steps, {Sessions.requests_made} requests: no difference")


@pytest.mark.parametrize("broken", ["undo", "late"])
def test_a_model_with_another_rule_is_found_out(engine: str, broken: str) -> None:
    class Wrong(Sessions):
        fault = broken

    with pytest.raises(AssertionError):
        run(Wrong, 200, 1, Phase.generate)
