"""``jupyter session list``, ``show`` and ``delete``."""

from __future__ import annotations

import csv
import io
import json
import sys

import pytest

from session_state_ext.cli import SessionApp

from .conftest import Terminal


def test_list_shows_the_latest_first(terminal: Terminal) -> None:
    assert "No sessions are stored yet" in terminal.ok("list")
    assert terminal("list", "--json").json == {"sessions": []}
    terminal.ok("set", "older", "lr=1", "--new")
    terminal.ok("set", "study.ipynb", "lr=1", "n=2", "--new")
    head, first, second = terminal.ok("list").splitlines()
    assert head.split() == ["name", "notebooks", "variables", "revision", "changed"]
    assert first.split()[1:4] == ["study.ipynb", "2", "1"]
    assert second.split()[:3] == ["older", "1", "1"]


def test_a_store_that_is_named_has_to_be_there(terminal: Terminal) -> None:
    (terminal.folder / "params.json").write_text('{"lr": 1}')
    for url, says in (
        ("sqlite:///nowhere/x.db", "There is no folder nowhere."),
        ("sqlite:///x.db", "There is no file x.db."),
        ("sqlite:///params.json", "params.json holds something else than sessions; it is left as it is."),
    ):
        ended = terminal("list", "--store-url", url)
        assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
        assert ended.err.startswith(says)
    assert "holds something else" in terminal("check", "--store-url", url).err


def test_show_has_a_line_a_variable(terminal: Terminal) -> None:
    terminal.ok("set", "sweep", "lr=0.10", 'tags=["a"]', "--new")
    title, head, lr, tags = terminal.ok("show", "sweep").splitlines()
    assert title.startswith("Session sweep · revision 1")
    assert head.split() == ["name", "value", "type", "by", "when"]
    assert lr.split()[:4] == ["lr", "0.10", "float", "cli"]
    assert tags.split()[:2] == ["tags", '["a"]']


def test_show_tabulates_a_class(terminal: Terminal) -> None:
    for name, values in {"ada.ipynb": ("lr=0.10", "n=1"), "bob.ipynb": ("lr=2",)}.items():
        terminal.notebook(name, "1")
        terminal.ok("set", name, *values, "--new")
    terminal.notebook("eve.ipynb", "1")
    files = ("ada.ipynb", "bob.ipynb", "eve.ipynb")
    head, ada, bob, eve = terminal.ok("show", *files).splitlines()
    assert head.split() == ["session", "lr", "n", "changed"]
    assert ada.split()[:3] == ["ada.ipynb", "0.10", "1"]
    assert bob.split()[:2] == ["bob.ipynb", "2"]
    assert eve.split() == ["eve.ipynb", "no", "session", "yet"]
    shown = terminal("show", *files, "--json")
    assert '"lr":0.10' in shown.out
    assert [(one["asked"], one["variables"]) for one in shown.json] == [
        ("ada.ipynb", {"lr": 0.1, "n": 1}),
        ("bob.ipynb", {"lr": 2}),
        ("eve.ipynb", {}),
    ]
    assert shown.json[2]["sessionId"] is None


def test_a_class_in_a_spreadsheet(terminal: Terminal) -> None:
    terminal.ok("set", "ada", "lr=0.10", "note=base, line", "tags=[1]", "--new")
    terminal.ok("import", "-", "=bob", "--new", stdin='{"note": "=1+1", "=sum": 2, "a b": 3}')
    rows = list(csv.reader(io.StringIO(terminal.ok("show", "ada", "=bob", "none", "--csv"))))
    assert rows[0] == ["session", "lr", "note", "tags", '"=sum"', "a b"]
    assert rows[1] == ["ada", "0.10", "base, line", "[1]", "", ""]
    assert rows[2] == ["./=bob", "", '"=1+1"', "", "2", "3"]
    assert rows[3] == ["none", "", "", "", "", ""]
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]


def test_notebooks_that_were_handed_in_with_their_values(terminal: Terminal) -> None:
    """They have no session on this machine, perhaps nothing has; what they carry is shown, and can be taken over."""
    path = terminal.notebook("ada.ipynb", "1")
    document = json.loads(path.read_text())
    document["metadata"]["session_state"] = {"keep": "A" * 22, "values": {"lr": 0.5, "note": "mine"}}
    path.write_text(json.dumps(document))
    terminal.notebook("eve.ipynb", "1")
    title, _, lr, note = terminal.ok("show", "ada.ipynb").splitlines()
    assert "carries these values" in title
    assert (lr.split(), note.split()) == (["lr", "0.5"], ["note", '"mine"'])
    _, ada, eve = terminal.ok("show", "ada.ipynb", "eve.ipynb").splitlines()
    assert ada.split() == ["ada.ipynb", "0.5", '"mine"', "carried", "by", "the", "notebook"]
    assert "no session yet" in eve
    (shown, _) = terminal("show", "ada.ipynb", "eve.ipynb", "--json").json
    assert (shown["sessionId"], shown["carried"], shown["variables"]) == (None, True, {"lr": 0.5, "note": "mine"})
    assert "To make it: --new" in terminal("import", "ada.ipynb").err
    terminal.ok("import", "ada.ipynb", "--new")
    assert terminal("get", "ada.ipynb").json == {"lr": 0.5, "note": "mine"}
    # Its own session counts from now on.
    terminal.ok("set", "ada.ipynb", "lr=0.25")
    (shown, _) = terminal("show", "ada.ipynb", "eve.ipynb", "--json").json
    assert (shown["carried"], shown["variables"]["lr"]) == (False, 0.25)
    assert "carries no values" in terminal("import", "eve.ipynb", "--new").err


def test_every_command_has_help_with_lines_to_copy(terminal: Terminal) -> None:
    said = terminal.ok("--help")
    for name, (command, _) in SessionApp.subcommands.items():
        assert f"  {name} " in said
        page = terminal.ok(name, "--help")
        assert page.startswith(f"usage: jupyter session {name}")
        assert f"\n  jupyter session {name}" in page.partition("examples:")[2], name
        assert max(map(len, page.splitlines())) <= 120
        assert command.title() in page


def test_a_terminal_obeys_nothing_that_is_stored(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.ok("set", "\x1b[31mred [bold]", 'x="\x9bdanger"', "--new")
    assert "\x1b" not in terminal.ok("list")
    (session,) = terminal("list", "--json").json["sessions"]
    plain = terminal.ok("show", session["sessionId"])
    assert "\x1b" not in plain
    assert "\x9b" not in plain
    # With rich, its own colours only, and square brackets are text.
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    assert "[bold]" in terminal.ok("list")


def test_without_rich_a_terminal_gets_the_plain_table(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.ok("set", "sweep", "lr=1", "--new")
    piped = terminal.ok("show", "sweep")
    for name in ("rich", "rich.box"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    assert terminal.ok("show", "sweep") == piped


def test_delete_asks_first(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.ok("set", "sweep", "lr=1", "--new")
    ended = terminal("delete", "sweep", stdin="y\n")
    assert ended.code == 2
    assert "--yes" in ended.err
    assert terminal.ok("get", "sweep", "lr") == "1\n"
    terminal.ok("delete", "sweep", "--yes")
    assert terminal("list", "--json").json == {"sessions": []}


def test_deleted_variables_come_back_by_undo(terminal: Terminal) -> None:
    terminal.ok("set", "sweep", "lr=1", "n=2", "old=3", "--new")
    assert "no variable odl. Did you mean old?" in terminal("delete", "sweep", "n", "odl").err
    terminal.ok("delete", "sweep", "n", "old")
    assert terminal.ok("get", "sweep") == '{"lr":1}\n'
    terminal.ok("undo", "sweep")
    assert terminal("get", "sweep").json == {"lr": 1, "n": 2, "old": 3}


def test_two_sessions_of_one_name_are_told_apart_by_id(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from session_state_ext.hub import LOCAL, Hub
    from session_state_ext.store.sql import SqlStore, default_url

    async def make() -> None:
        hub = Hub(SqlStore(default_url()))
        await hub.start()
        await hub.create(LOCAL, name="twin")
        # As one in 64 is made.
        monkeypatch.setattr("session_state_ext.hub.hub.new_session_id", lambda: "-" + "x" * 21)
        await hub.create(LOCAL, name="twin")
        await hub.stop()

    asyncio.run(make())
    ended = terminal("show", "twin")
    assert ended.code == 1
    assert "2 sessions are called twin" in ended.err
    for session in terminal("list", "--json").json["sessions"]:
        assert session["sessionId"] in ended.err
        terminal.ok("show", session["sessionId"])
