"""Values that travel with a notebook: by a real server's saves, and what a colleague is offered."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from .conftest import Rest
from .test_access import Names

Save = Callable[..., Awaitable[dict[str, Any]]]

LR = {"schema": {"type": "number", "maximum": 1}, "default": 0.1}


@pytest.fixture
def save(jp_fetch: Any, jp_root_dir: Path) -> Save:
    """Saves a notebook as the browser does; gives our part of its metadata as it is on disk then."""

    async def put(name: str, place: Any = None, **headers: str) -> dict[str, Any]:
        cells = [nbformat.v4.new_code_cell("1", id="one")]  # type: ignore[no-untyped-call]
        metadata = {} if place is None else {"session_state": place}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)  # type: ignore[no-untyped-call]
        body = json.dumps({"type": "notebook", "format": "json", "content": notebook})
        await jp_fetch("api", "contents", name, method="PUT", body=body, headers=headers)
        found: dict[str, Any] = json.loads((jp_root_dir / name).read_text())["metadata"].get("session_state", {})
        return found

    return put


async def attached(rest: Rest, name: str, **headers: str) -> str:
    return str((await rest("POST", "attach", body={"path": name}, headers=dict(headers))).json["sessionId"])


@pytest.fixture
def session(rest: Rest, save: Save, jp_asyncio_loop: Any) -> str:
    """That of study.ipynb, with lr declared and secret not."""

    async def make() -> str:
        await save("study.ipynb")
        made = await attached(rest, "study.ipynb")
        await rest("PUT", made, "variables", "lr", body={"spec": LR, "value": 0.5})
        await rest("POST", made, body={"variables": {"secret": "s"}})
        return made

    return str(jp_asyncio_loop.run_until_complete(make()))


async def test_nothing_travels_unasked(save: Save, session: str) -> None:
    assert await save("study.ipynb") == {}
    assert await save("study.ipynb", {"keep": None, "values": {}}) == {"keep": None, "values": {}}


async def test_declared_values_are_put_in_as_it_is_saved(rest: Rest, save: Save, session: str) -> None:
    assert await save("study.ipynb", {"keep": session}) == {"keep": session, "values": {"lr": 0.5}}
    await rest("PUT", session, "variables", "lr", body={"value": 0.25})
    await rest("PUT", session, "variables", "later", body={"spec": {"schema": {"type": "number"}}})
    await rest("PUT", session, "variables", "long", body={"spec": {}, "value": "x" * 70_000})
    # What the page had when it was opened does not count.
    assert await save("study.ipynb", {"keep": session, "values": {"lr": 9, "old": 1}}) == {
        "keep": session,
        "values": {"lr": 0.25},
    }
    answer = await rest("GET", session, "kept", params={"path": "study.ipynb"})
    assert answer.json == {"keep": True, "values": {"lr": 0.25}, "offered": []}


async def test_only_those_of_the_notebooks_own_session(rest: Rest, save: Save, session: str) -> None:
    carried = {"keep": session, "values": {"lr": 9}}
    # Another notebook says it: a copy, or one that somebody has written by hand.
    assert await save("other.ipynb", dict(carried)) == carried
    assert await save("study.ipynb", {**carried, "keep": "A" * 22}) == {**carried, "keep": "A" * 22}


async def test_a_colleague_takes_what_is_offered(rest: Rest, save: Save) -> None:
    values = {"lr": 0.5, "epochs": 60, "note": "a", "bad": 5, "seed": 7, "": 1, "__proto__": 2}
    await save("theirs.ipynb", {"keep": "A" * 22, "values": values})
    mine = await attached(rest, "theirs.ipynb")
    where = {"path": "theirs.ipynb"}
    answer = await rest("GET", mine, "kept", params=where)
    assert answer.json["keep"] is False
    assert answer.json["offered"] == ["bad", "epochs", "lr", "note", "seed"]
    # What is decided here, or not allowed here, is no longer offered; a default is no decision.
    await rest("PUT", mine, "variables", "lr", body={"spec": LR})
    await rest("PUT", mine, "variables", "bad", body={"spec": LR})
    await rest("PUT", mine, "variables", "seed", body={"spec": {"default": 1, "locked": True}})
    await rest("POST", mine, body={"variables": {"note": "mine"}})
    assert (await rest("GET", mine, "kept", params=where)).json["offered"] == ["epochs", "lr"]
    taken = await rest("POST", mine, "kept", body=where)
    assert taken.status == 200
    assert taken.json["variables"] == {"lr": 0.5, "bad": 0.1, "seed": 1, "note": "mine", "epochs": 60}
    assert (await rest("GET", mine, "kept", params=where)).json["offered"] == []
    (change,) = (await rest("GET", mine, "changes", params={"limit": "1"})).json["changes"]
    assert change["label"] == "values that came with theirs.ipynb"
    await rest("POST", mine, "undo", body={})
    assert "epochs" not in (await rest("GET", mine)).json["variables"]
    # By name it is whatever they say.
    some = await rest("POST", mine, "kept", body={**where, "names": ["note"]})
    assert some.json["variables"]["note"] == "a"
    assert (await rest("POST", mine, "kept", body={**where, "names": ["bad"]})).status == 422
    assert (await rest("POST", mine, "kept", body={**where, "names": ["none"]})).json["name"] == "none"


async def test_what_cannot_be_read_is_not_offered(rest: Rest, save: Save, session: str, jp_root_dir: Path) -> None:
    for text in ("", "{", '{"metadata": {"session_state": 5}}', '{"metadata": {"session_state": {"values": [1]}}}'):
        (jp_root_dir / "study.ipynb").write_text(text)
        answer = await rest("GET", session, "kept", params={"path": "study.ipynb"})
        assert (answer.status, answer.json["offered"]) == (200, [])
    for path in ("", "other.ipynb", "../../etc/passwd"):
        assert (await rest("GET", session, "kept", params={"path": path})).status in (404, 422)
    assert (await rest("GET", "A" * 22, "kept", params={"path": "study.ipynb"})).status == 404


class TestManyUsers:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ServerApp"]["identity_provider_class"] = Names
        return jp_server_config

    @pytest.fixture
    def session(self) -> str:
        return ""

    async def test_nobody_gets_at_anothers_values_by_saving(self, rest: Rest, save: Save) -> None:
        ann, bob = {"X-Name": "ann"}, {"X-Name": "bob"}
        await save("study.ipynb", None, **ann)
        anns = await attached(rest, "study.ipynb", **ann)
        await rest("PUT", anns, "variables", "lr", body={"spec": LR, "value": 0.5}, headers=dict(ann))
        assert await save("study.ipynb", {"keep": anns}, **bob) == {"keep": anns}
        assert await save("study.ipynb", {"keep": anns}, **ann) == {"keep": anns, "values": {"lr": 0.5}}
        bobs = await attached(rest, "study.ipynb", **bob)
        where = {"path": "study.ipynb"}
        assert (await rest("GET", anns, "kept", params=where, headers=dict(bob))).status == 404
        assert (await rest("GET", bobs, "kept", params=where, headers=dict(bob))).json["offered"] == ["lr"]
