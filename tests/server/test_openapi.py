"""The contract says what the server does: routes, verbs, statuses and shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tornado import web

import session_state_ext.server
from session_state_ext.server.app import ROUTES
from tests.server.conftest import Rest

VERBS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    file = Path(session_state_ext.server.__file__).parent / "openapi.yaml"
    contract: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return contract


def told(path: str) -> str:
    """A path of the contract as the pattern of its route."""
    return re.sub(r"\{\w+\}", "([^/]+)", path)


def test_routes_and_verbs_are_those_of_the_server(contract: dict[str, Any]) -> None:
    said = {told(path): {verb for verb in VERBS if verb in item} for path, item in contract["paths"].items()}
    unimplemented = web.RequestHandler
    real = {
        pattern: {verb for verb in VERBS if getattr(handler, verb) is not getattr(unimplemented, verb)}
        for pattern, handler in ROUTES
    }
    assert said == real


def schema(contract: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    return {**content["schema"], "components": contract["components"]}


def contents(contract: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that has a body: each request, and each answer of each verb."""
    for path, item in contract["paths"].items():
        for verb in VERBS:
            operation = item.get(verb, {})
            parts = {"asked": operation.get("requestBody", {}), **operation.get("responses", {})}
            for status, part in parts.items():
                if "$ref" in part:
                    part = contract["components"]["responses"][part["$ref"].rpartition("/")[2]]
                for kind, content in part.get("content", {}).items():
                    yield f"{verb} {path} {status} {kind}", content


def test_all_that_has_a_body_has_valid_examples(contract: dict[str, Any]) -> None:
    shown = 0
    for where, content in contents(contract):
        examples = [each["value"] for each in content.get("examples", {}).values()]
        examples += [content["example"]] if "example" in content else []
        assert examples, f"{where} has no example"
        for example in examples:
            shown += 1
            try:
                jsonschema.validate(example, schema(contract, content), cls=jsonschema.Draft202012Validator)
            except jsonschema.ValidationError as error:
                raise AssertionError(f"{where}: {error.message}") from None
    # Every route has at least an answer and a refusal.
    assert shown >= 2 * len(ROUTES)


async def test_answers_are_as_they_are_described(contract: dict[str, Any], rest: Rest) -> None:
    def described(verb: str, path: str, status: int) -> dict[str, Any]:
        responses = contract["paths"][path][verb]["responses"]
        response = responses.get(str(status)) or responses["default"]
        if "$ref" in response:
            response = contract["components"]["responses"][response["$ref"].rpartition("/")[2]]
        return schema(contract, response["content"]["application/json"])

    made = await rest(
        "POST", body=contract["paths"]["/api/session"]["post"]["requestBody"]["content"]["application/json"]["example"]
    )
    session = made.json["sessionId"]
    mutate = contract["paths"]["/api/session/{id}/mutate"]["post"]["requestBody"]["content"]["application/json"][
        "example"
    ]
    mutate = {**mutate, "seq": 1}
    asked: list[tuple[str, str, Any, dict[str, Any]]] = [
        ("get", "", None, {}),
        ("post", "/attach", {"path": "a.ipynb"}, {}),
        ("post", "/attach", {}, {}),
        ("delete", "/attach", None, {}),
        ("get", "/{id}", None, {}),
        ("get", "/{id}", None, {"detail": "1"}),
        ("get", "/{id}", None, {"since": "0"}),
        ("post", "/{id}", {"variables": {"a": [1]}, "removed": ["lr"]}, {}),
        ("post", "/{id}", {"variables": {"": 1}}, {}),
        ("put", "/{id}/meta", {"name": "n"}, {}),
        ("put", "/{id}/variables/{name}", {"value": {"x": None}}, {}),
        ("put", "/{id}/variables/{name}", {"value": 2, "origin": {"kind": "cli"}}, {}),
        ("get", "/{id}/variables/{name}", None, {}),
        ("get", "/{id}/changes", None, {}),
        ("get", "/{id}/diff", None, {"from": "1"}),
        ("put", "/{id}/snapshots/{name}", {}, {}),
        ("get", "/{id}/snapshots", None, {}),
        ("post", "/{id}/mutate", mutate, {}),
        ("post", "/{id}/mutate", {**mutate, "seq": 9}, {}),
        ("post", "/{id}/undo", {}, {}),
        ("post", "/{id}/redo", {}, {}),
        ("post", "/{id}/restore", {"revision": 1}, {}),
        ("get", "/{id}/kept", None, {"path": "a.ipynb"}),
        ("post", "/{id}/kept", {"path": "a.ipynb"}, {}),
        ("get", "/{id}/steps", None, {}),
        ("get", "/{id}/runs", None, {}),
        ("get", "/{id}/variables/{name}/more", None, {}),
    ]
    for verb, path, body, params in asked:
        where = path.replace("{id}", session).replace("{name}", "v").strip("/")
        answer = await rest(verb.upper(), *where.split("/"), body=body, params=params)
        if f"/api/session{path}" in contract["paths"]:
            rules = described(verb, f"/api/session{path}", answer.status)
            jsonschema.validate(answer.json, rules, cls=jsonschema.Draft202012Validator)
        else:
            assert answer.status == 404
