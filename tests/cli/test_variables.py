"""``jupyter session get`` and ``set``."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Terminal


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("1E2", "1E2"),
        ("0.10", "0.10"),
        ("-0.0", "-0.0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ('{"b": 1.0, "a": [2]}', '{"b": 1.0, "a": [2]}'),
        ("null", "null"),
        ("True", "true"),
        ("None", "null"),
        ("['a', 1]", '["a",1]'),
        ("nan", '{"$numberDouble":"NaN"}'),
        ("baseline", '"baseline"'),
        ("two words", '"two words"'),
        ("/data/a.csv", '"/data/a.csv"'),
        ("a=b", '"a=b"'),
        ('"0.5"', '"0.5"'),
        ("größe", '"größe"'),
    ],
)
def test_a_value_is_stored_as_it_is_typed(terminal: Terminal, typed: str, stored: str) -> None:
    terminal.ok("set", "sweep", f"x={typed}", "--new")
    assert terminal.ok("get", "sweep", "x") == stored + "\n"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("x=0,5", "write it with a point: 0.5"),
        ("x=[1,", "neither JSON nor a Python literal"),
        ("x=2026-01-01", "In a shell, text: x='\"2026-01-01\"'"),
        ("x=", "There is no value after x="),
        ('x={"a": 1, "a": 2}', "x: "),
        ("x=1e999", "x: "),
        ("__proto__=1", "__proto__ cannot be used as a name"),
    ],
)
def test_what_is_no_value_is_refused_with_a_sentence(terminal: Terminal, typed: str, says: str) -> None:
    terminal.ok("set", "sweep", "y=1", "--new")
    ended = terminal("set", "sweep", "y=2", typed)
    assert (ended.code, ended.out) == (1, "")
    assert says in ended.err
    assert ended.err.count("\n") == 1
    # All or nothing.
    assert terminal.ok("get", "sweep") == '{"y":1}\n'


def test_several_values_are_one_change_of_the_command_line(terminal: Terminal) -> None:
    terminal.ok("set", "sweep", "lr=0.1", "epochs=3", "--new")
    terminal.ok("set", "sweep", "lr=0.2", "note=b")
    changes = terminal("history", "sweep", "--json").json["changes"]
    assert [(one["revision"], one["origin"], len(one["ops"])) for one in changes] == [
        (2, {"kind": "cli"}, 2),
        (1, {"kind": "cli"}, 2),
    ]


def test_get_prints_one_some_or_all(terminal: Terminal) -> None:
    terminal.ok("set", "sweep", "lr=0.10", "note=plain text", "n=1", "--new")
    assert terminal.ok("get", "sweep", "lr", "n") == '{"lr":0.10,"n":1}\n'
    assert terminal("get", "sweep").json == {"lr": 0.1, "n": 1, "note": "plain text"}
    assert terminal.ok("get", "sweep", "note", "--raw") == "plain text\n"
    assert terminal.ok("get", "sweep", "lr", "--raw") == "0.10\n"
    missing = terminal("get", "sweep", "nite")
    assert (missing.code, missing.out) == (1, "")
    assert "no variable nite. Did you mean note?" in missing.err


def test_a_session_is_named_by_name_id_or_notebook(terminal: Terminal) -> None:
    (terminal.folder / "deep").mkdir()
    terminal.ok("set", "deep/study.ipynb", "lr=1", "--new")
    (session,) = terminal("list", "--json").json["sessions"]
    assert session["paths"] == [str(Path("deep/study.ipynb").resolve())]
    for word in ("deep/study.ipynb", str(Path("deep/study.ipynb").resolve()), session["sessionId"]):
        assert terminal.ok("get", word, "lr") == "1\n"


def test_a_session_that_is_not_there_is_not_made_by_a_slip(terminal: Terminal) -> None:
    assert "Nothing is stored" in terminal("get", "sweep").err
    terminal.ok("set", "sweep", "lr=1", "--new")
    ended = terminal("set", "swep", "lr=2")
    assert ended.code == 1
    assert "There is no session called swep. Did you mean sweep?" in ended.err
    assert "other.ipynb has no session yet" in terminal("get", "other.ipynb").err
    assert len(terminal("list", "--json").json["sessions"]) == 1


def test_the_servers_limits_count_here_too(terminal: Terminal) -> None:
    ended = terminal("set", "sweep", "x=12345678901", "--new", "--SessionStateExtension.value_bytes=10")
    assert ended.code == 1
    assert "x: a value can have 10 bytes" in ended.err


def test_the_help_of_a_command(terminal: Terminal) -> None:
    assert "as they are stored" in terminal.ok("get", "--help")
