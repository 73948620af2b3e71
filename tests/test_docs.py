"""Every magic, method, route, option, setting and error code is documented, and nothing is that does not exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from session_state_ext import Session, cli, errors
from session_state_ext.kernel.calls import offered
from session_state_ext.kernel.magics import COMMANDS
from session_state_ext.server.app import SessionStateExtension
from session_state_ext.server.base import status_of

ROOT = Path(__file__).parents[1]
REFERENCE = (ROOT / "docs" / "reference.md").read_text()
MAPPING = {"clear", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"}


def table(heading: str) -> dict[str, list[str]]:
    """The cells of the tables under a heading, by what stands in backquotes at the start of the row."""
    part = re.split(r"^## ", REFERENCE, flags=re.M)
    section = next(text for text in part if text.startswith(heading))
    rows = re.findall(r"^\| `([^`]+)`.*$", section, re.M)
    lines = re.findall(r"^\| `.*$", section, re.M)
    return {
        first: [cell.strip() for cell in line.strip("|").split(" | ")] for first, line in zip(rows, lines, strict=True)
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_magic(command: str) -> None:
    assert f"session {command} " in REFERENCE or f"`%session {command}`" in REFERENCE


def test_no_command_that_does_not_exist() -> None:
    for page in (REFERENCE, (ROOT / "README.md").read_text()):
        assert set(re.findall(r"%session ([a-z]+)\b", page)) - {"loads", "alone"} <= set(COMMANDS)


def test_each_public_name_of_a_session() -> None:
    public = set(offered(Session))
    documented = set(re.findall(r"session\.([a-z_]+)", REFERENCE)) | MAPPING
    assert public <= documented
    assert documented - MAPPING <= public | MAPPING


def test_each_option_with_its_default() -> None:
    options = SessionStateExtension.class_own_traits(config=True)
    rows = table("Server options")
    assert set(options) == set(rows)
    for name, trait in options.items():
        if name != "store_url":
            assert rows[name][1] == str(trait.default_value)


def test_each_subcommand() -> None:
    assert set(re.findall(r"`jupyter session ([a-z]+)", REFERENCE)) == set(cli.SessionApp.subcommands)


def test_each_setting_of_the_panel() -> None:
    properties = json.loads((ROOT / "labextension" / "schema" / "plugin.json").read_text())["properties"]
    rows = table("The panel")
    for name, schema in properties.items():
        assert rows[name][1] == json.dumps(schema["default"])


def test_each_route() -> None:
    """Against the OpenAPI file, which is tested against the server."""
    paths = yaml.safe_load((ROOT / "session_state_ext" / "server" / "openapi.yaml").read_text())["paths"]
    wanted = {
        (verb.upper(), path)
        for path, verbs in paths.items()
        for verb in verbs
        if verb in ("get", "post", "put", "patch", "delete") and not path.endswith("/channel")
    }
    section = REFERENCE[REFERENCE.index("## REST") : REFERENCE.index("## Live channel")]
    found = set()
    for line in re.findall(r"^\| (`.*?`) \|", section, re.M):
        verbs: list[str] = []
        for code in re.findall(r"`([^`]+)`", line):
            verb, _, path = code.partition(" ")
            verbs.append(verb)
            if path:
                found |= {(each, path) for each in verbs}
                verbs = []
    assert found == wanted


def every(kind: type[errors.SessionError]) -> set[type[errors.SessionError]]:
    return {kind}.union(*(every(sub) for sub in kind.__subclasses__()))


def test_each_error_code_with_its_status() -> None:
    rows = table("Error codes")
    ours = [kind for kind in every(errors.SessionError) if kind.__module__ == errors.__name__]
    for kind in ours:
        if kind is not errors.SessionError and kind is not errors.Gap:
            assert rows[kind.code][1] == str(status_of(kind())), kind.code
    assert "gap" in rows
