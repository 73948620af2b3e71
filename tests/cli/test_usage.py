"""A line that is not understood: one sentence, nothing done, and 2 for scripts, whichever command it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Terminal

LINES = [
    (["frobnicate"], "There is no jupyter session frobnicate."),
    (["sett", "sweep", "a=1"], "Did you mean set?"),
    (["list", "all"], "'all' is one too many"),
    (["list", "--jsn"], "did you mean --json?"),
    (["show"], "required: SESSION"),
    (["show", "sweep", "--json", "--csv"], "not allowed with"),
    (["get"], "required: SESSION"),
    (["get", "sweep", "lr", "note", "--raw"], "--raw prints one variable: name one."),
    (["set", "sweep"], "required: NAME=VALUE"),
    (["set", "sweep", "a"], "'a' sets nothing. Write NAME=VALUE"),
    (["set", "sweep", "a", "=", "1"], "'a' sets nothing. Write NAME=VALUE"),
    (["set", "sweep", "=1"], "'=1' sets nothing. Write NAME=VALUE"),
    (["set", "sweep", "a=1", "a=2"], "a is set twice."),
    (["set", "sweep", "a=1", "--nwe"], "did you mean --new?"),
    (["delete"], "required: SESSION"),
    (["delete", "sweep"], "Say so: --yes"),
    (["history", "sweep", "--limit", "x"], "'x' is no whole number"),
    (["history", "sweep", "--limit", "0"], "a page has 1 to 999 changes"),
    (["history", "sweep", "--limit", "-3"], "a page has 1 to 999 changes"),
    (["history", "sweep", "--limit"], "expected one argument"),
    (["history", "sweep", "--before", "-1"], "'-1' is no whole number from 0"),
    (["diff", "sweep"], "required: FROM"),
    (["diff", "sweep", "1", "2", "3"], "'3' is one too many"),
    (["undo", "sweep", "x"], "'x' is no whole number"),
    (["redo", "sweep", "3"], "'3' is one too many"),
    (["snapshot", "sweep", "--forget"], "Which snapshot? Give its name."),
    (["snapshot", "sweep", "12"], "12 would be mistaken for a revision."),
    (["snapshot", "sweep", "good", "--at", "1", "--forget"], "Say one of them."),
    (["restore", "sweep"], "required: TO"),
    (["steps"], "required: SESSION"),
    (["steps", "sweep", "--forget"], "Which step? Give its name."),
    (["export"], "required: SESSION"),
    (["import"], "required: FILE"),
    (["import", "params.json"], "does not say which session it was"),
    (["run"], "required: IN"),
    (["run", "study.ipynb", "--set", "points"], "'points' sets nothing. Write NAME=VALUE"),
    (["run", "study.ipynb", "--set", "a=1", "-p", "a", "2"], "a is set twice."),
    (["run", "study.ipynb", "-p", "lr"], "-p takes a name and a value: -p lr 0.5"),
    (["run", "study.ipynb", "-p", "lr", "--strict"], "-p takes a name and a value: -p lr 0.5"),
    (["run", "study.ipynb", "-p", "lr", "-p", "n", "1"], "-p takes a name and a value: -p lr 0.5"),
    (["run", "study.ipynb", "-p", "__proto__", "1"], "__proto__ cannot be used as a name"),
    (["run", "study.ipynb", "--hlp"], "did you mean --help? Write: jupyter session run"),
    (["run", "study.ipynb", "--timeout", "soon"], "soon is no number of seconds"),
    (["run", "study.ipynb", "--session", "a", "--own"], "Give one of them."),
    (["run", "study.ipynb", "--stael"], "did you mean --stale?"),
    (["eject"], "required: NB"),
    (
        ["run", "study.ipynb", "--lr", "-3"],
        "There is no option --lr. A parameter is given by --set: --set lr=-3. Write:",
    ),
    (["run", "study.ipynb", "--note=a;b"], "--set 'note=a;b'. Write:"),
    (["check", "--json"], "There is no option --json. Write: jupyter session check"),
    (["check", "now"], "'now' is one too many"),
    (["backup"], "required: FILE"),
    (["compact", "--all"], "There is no option --all"),
]


@pytest.mark.parametrize(("words", "says"), LINES, ids=[" ".join(words) for words, _ in LINES])
def test_a_line_that_is_not_understood_ends_with_2(terminal: Terminal, words: list[str], says: str) -> None:
    terminal.ok("set", "sweep", "lr=1", "note=a", "--new")
    terminal.notebook("study.ipynb", "open('ran', 'w').close()")
    Path("params.json").write_text('{"lr": 2}')
    ended = terminal(*words)
    assert (ended.code, ended.out) == (2, ""), ended.err
    assert says in ended.err
    assert ended.err.count("\n") == 1
    assert not Path("ran").exists()
    assert terminal.ok("get", "sweep") == '{"lr":1,"note":"a"}\n'
