"""``jupyter session history``, ``diff``, ``undo``, ``redo``, ``snapshot`` and ``restore``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from .conftest import Terminal
from .test_run import LOAD


def test_history_tells_who_did_what(terminal: Terminal, sweep: Callable[..., str]) -> None:
    sweep("lr=0.1")
    sweep("lr=0.2", "n=1")
    terminal.ok("delete", "sweep", "n")
    head, *lines = terminal.ok("history", "sweep").splitlines()
    assert head.split() == ["revision", "when", "by", "what"]
    assert [line.split("cli")[1].strip() for line in lines] == ["deleted n", "lr = 0.2, n = 1", "lr = 0.1"]
    assert len(terminal("history", "sweep", "n", "--json").json["changes"]) == 2
    page = terminal.ok("history", "sweep", "--limit", "1")
    assert "Earlier ones: --before 3" in page
    assert terminal("history", "sweep", "--before", "2", "--json").json["changes"][0]["revision"] == 1


def test_diff_between_revisions_and_snapshots(terminal: Terminal, sweep: Callable[..., str]) -> None:
    sweep("lr=0.1", "n=1")
    assert "good is revision 1" in terminal.ok("snapshot", "sweep", "good")
    sweep("lr=0.2", "new=1")
    _, lr, new = terminal.ok("diff", "sweep", "good").splitlines()
    assert lr.split() == ["lr", "0.1", "0.2"]
    assert new.split() == ["new", "1"]
    assert terminal("diff", "sweep", "2", "good", "--json").json["to"] == 1
    assert "are the same" in terminal.ok("diff", "sweep", "2")
    assert "neither a revision's number nor a snapshot. There are: good." in terminal("diff", "sweep", "bad").err


def test_undo_and_redo(terminal: Terminal, sweep: Callable[..., str]) -> None:
    sweep("lr=0.1")
    sweep("lr=0.2")
    assert terminal.ok("undo", "sweep") == "Revision 3: lr: 0.2 → 0.1\n"
    assert terminal.ok("redo", "sweep") == "Revision 4: lr: 0.1 → 0.2\n"
    assert "nothing to redo" in terminal("redo", "sweep").err
    ended = terminal("undo", "sweep", "1")
    assert ended.code == 1
    assert "lr was changed again after revision 1" in ended.err
    assert "--force" in ended.err
    assert terminal.ok("undo", "sweep", "1", "--force") == "Revision 5: deleted lr\n"


def test_what_became_of_a_variable_inside(terminal: Terminal, sweep: Callable[..., str]) -> None:
    """Told by its values where they fit, else by the places in it; so does the history."""
    edit = "with session.edit('config') as config:\n    config['lr'] = 2\n    del config['n']"
    terminal.notebook("study.ipynb", LOAD, edit)
    sweep(f'config={{"a":"{"x" * 60}","lr":1,"n":1}}')
    terminal.ok("run", "study.ipynb", "--session", "sweep")
    assert "  config/lr = 2, deleted config/n\n" in terminal.ok("history", "sweep", "--limit", "1")
    assert terminal.ok("undo", "sweep").partition(": ")[2] == "config/lr = 1, config/n = 1\n"
    sweep('config={"lr":1}')
    sweep('config={"lr":2}')
    assert terminal.ok("undo", "sweep").partition(": ")[2] == 'config: {"lr":2} → {"lr":1}\n'


def test_snapshots_bring_a_state_back(terminal: Terminal, sweep: Callable[..., str], tmp_path: Path) -> None:
    sweep("lr=0.10", "n=1")
    sweep("lr=0.2")
    terminal.ok("snapshot", "sweep", "good", "--at", "1")
    (listed,) = terminal("snapshot", "sweep", "--json").json["snapshots"]
    assert (listed["name"], listed["revision"]) == ("good", 1)
    terminal.ok("restore", "sweep", "good")
    assert terminal.ok("get", "sweep") == '{"lr":0.10,"n":1}\n'
    terminal.ok("restore", "sweep", "2")
    assert terminal.ok("get", "sweep", "lr") == "0.2\n"
    assert "Nothing was different" in terminal.ok("restore", "sweep", "2")
    document = tmp_path / "locked.json"
    locked = {"format": "session-state/1", "variables": {"lr": 0.2}, "specs": {"lr": {"locked": True}}}
    document.write_text(json.dumps(locked))
    terminal.ok("import", str(document), "sweep")
    assert "lr is locked, and would change. Unlock it first, or: --force" in terminal("restore", "sweep", "good").err
    terminal.ok("restore", "sweep", "good", "--force")
    assert terminal.ok("get", "sweep", "lr") == "0.10\n"
    terminal.ok("snapshot", "sweep", "good", "--forget")
    assert "No snapshots" in terminal.ok("snapshot", "sweep")
    assert terminal("restore", "sweep", "good").code == 1
