"""``jupyter session export`` and ``import``."""

from __future__ import annotations

import json
from collections.abc import Callable

from .conftest import Terminal

EXACT = ("lr=1E2", "big=123456789012345678901234567890", 'nested={"b": -0.0, "a": null}', "note=größe")


def test_what_is_exported_comes_back_digit_for_digit(terminal: Terminal, sweep: Callable[..., str]) -> None:
    sweep(*EXACT)
    terminal.ok("export", "sweep", "sweep.json")
    assert terminal.ok("import", "sweep.json", "copy", "--new") == "4 variables into copy.\n"
    assert terminal.ok("get", "copy") == terminal.ok("get", "sweep")
    assert len(terminal("history", "copy", "--json").json["changes"]) == 1


def test_through_a_pipe(terminal: Terminal, sweep: Callable[..., str]) -> None:
    sweep(*EXACT)
    document = terminal.ok("export", "sweep")
    sweep("lr=0", "other=1")
    # By its own name, into the session that is there: what the document lacks stays.
    terminal.ok("import", "-", stdin=document)
    assert terminal.ok("get", "sweep", "lr") == "1E2\n"
    assert terminal.ok("get", "sweep", "other") == "1\n"
    terminal.ok("import", "-", "sweep", "--replace", stdin=document)
    assert "no variable other" in terminal("get", "sweep", "other").err
    assert len(terminal("history", "sweep", "--json").json["changes"]) == 4


def test_full_says_who_and_when(terminal: Terminal, sweep: Callable[..., str]) -> None:
    sweep("lr=1")
    assert "rows" not in json.loads(terminal.ok("export", "sweep"))
    (row,) = json.loads(terminal.ok("export", "sweep", "--full"))["rows"]
    assert row["origin"] == {"kind": "cli"}
    assert row["updatedAt"] > 1_600_000_000_000


def test_any_object_will_do_and_nothing_else(terminal: Terminal, sweep: Callable[..., str]) -> None:
    sweep("lr=1")
    terminal.ok("import", "-", "sweep", stdin='{"lr": 2.50, "epochs": 3}')
    assert terminal.ok("get", "sweep") == '{"epochs":3,"lr":2.50}\n'
    for text, says in {
        "[1]": "an object",
        "{": "-: ",
        '{"a": 1, "a": 2}': "-: ",
        '{"format": "session-state/9"}': "another version",
    }.items():
        ended = terminal("import", "-", "sweep", stdin=text)
        assert (ended.code, ended.out) == (1, "")
        assert says in ended.err
    assert "Give one" in terminal("import", "-", stdin='{"a": 1}').err
    assert "--new" in terminal("import", "-", "nowhere", stdin='{"a": 1}').err
    assert "cannot be read" in terminal("import", "nothing.json", "sweep").err


def test_declarations_come_along(terminal: Terminal) -> None:
    specs = {"lr": {"schema": {"maximum": 1}, "description": "learning rate"}, "seed": {"locked": True}}
    document = {"format": "session-state/1", "name": "sweep", "variables": {"lr": 5, "seed": 1}, "specs": specs}
    terminal.ok("import", "-", "--new", stdin=json.dumps(document))
    again = json.loads(terminal.ok("export", "sweep"))
    assert (again["variables"], again["specs"]) == (document["variables"], specs)
    assert "lr: 7 is more than the maximum 1." in terminal("set", "sweep", "lr=7").err
    assert "seed is locked" in terminal("set", "sweep", "seed=2").err
