"""The ways to run a notebook without a browser that are not ours: papermill, nbconvert, jupyter execute, IPython."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Terminal
from .test_run import LOAD, TRAIN, printed

RECIPE = Path(__file__).parents[2] / "notebooks" / "headless.ipynb"


def run(*words: str, session: str = "sweep", fails: str | None = None) -> None:
    """``fails``: what the program ends with."""
    environment = os.environ | {"SESSION_STATE_SESSION": session, "MPLBACKEND": "agg"}
    ran = subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert (ran.returncode == 0) == (fails is None), ran.stderr[-2000:]
    assert fails is None or fails in ran.stderr, ran.stderr[-2000:]


def shown(path: str) -> str:
    """All that the cells of an executed notebook say."""
    return json.dumps([cell.get("outputs") for cell in json.loads(Path(path).read_text())["cells"]])


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir=.", "--output=out"),
        ("-m", "jupyter", "execute", "--output=out"),
    ],
    ids=["nbconvert", "execute"],
)
def test_a_recipe(terminal: Terminal, words: tuple[str, ...]) -> None:
    """Its values are those that the session has, its results are there afterwards."""
    terminal.ok("set", "sweep", "slope=2.5", "--new")
    (terminal.folder / "recipe.ipynb").write_bytes(RECIPE.read_bytes())
    run(*words, "recipe.ipynb")
    assert terminal("get", "sweep", "estimate").json == pytest.approx(2.5, abs=0.1)


def test_a_recipe_by_papermill(terminal: Terminal) -> None:
    """What is injected wins over what is stored, whose place it takes; the rest is as it is stored."""
    terminal.ok("set", "sweep", "points=50", "slope=2.5", "--new")
    run("-m", "papermill", str(RECIPE), "out.ipynb", "-p", "points", "60", "--no-progress-bar")
    assert terminal("get", "sweep", "points").json == 60
    assert terminal("get", "sweep", "estimate").json == pytest.approx(2.5, abs=0.1)


def test_a_parameters_cell_by_papermill(terminal: Terminal) -> None:
    """What the notebook's own cell says of them by comments describes them, wherever the extension is loaded."""
    own = "lr: float = 0.1  # learning rate\nnote = 'a'"
    terminal.notebook("study.ipynb", LOAD, own, TRAIN, tags={1: "parameters"})
    terminal.notebook("late.ipynb", own, LOAD, TRAIN, tags={0: "parameters"})
    for name in ("study.ipynb", "late.ipynb"):
        terminal.ok("set", "sweep", "lr=3", "--new")
        run("-m", "papermill", name, "out.ipynb", "-p", "lr", "1.5", "--no-progress-bar")
        assert terminal("get", "sweep").json == {"lr": 1.5, "note": "a", "loss": 1.0}
        assert terminal("export", "sweep").json["specs"] == {
            "lr": {"description": "learning rate", "schema": {"type": "number"}, "default": 0.1}
        }
        assert "trained" in printed("out.ipynb")
        terminal.ok("delete", "sweep", "--yes")


def test_a_declaration_counts_more_than_a_comment_of_papermills_cell(terminal: Terminal) -> None:
    declares = "session.declare('lr', 0.2, maximum=2, description='said before')"
    terminal.notebook("study.ipynb", LOAD, declares, "lr = 0.1  # learning rate", tags={2: "parameters"})
    run("-m", "papermill", "study.ipynb", "out.ipynb", "-p", "lr", "1.5", "--no-progress-bar")
    assert terminal("get", "sweep").json == {"lr": 1.5}
    assert terminal("export", "sweep").json["specs"]["lr"]["description"] == "said before"


def test_what_the_notebooks_own_cell_assigns_counts_where_the_session_has_no_value(terminal: Terminal) -> None:
    """By papermill and by whatever else runs a notebook; papermill's own cell is no such cell."""
    own = "# Parameters\nlr = 0.1\nnew = 1  # how many"
    terminal.notebook("late.ipynb", own, LOAD, "session['seen'] = [lr, new]", tags={0: "parameters"})
    terminal.notebook("study.ipynb", LOAD, own, "session['seen'] = [lr, new]")
    ways = [
        ("jupyter", "execute", "late.ipynb"),
        ("jupyter", "execute", "study.ipynb"),
        ("papermill", "late.ipynb", "out.ipynb", "--no-progress-bar"),
    ]
    for words in ways:
        terminal.ok("set", "sweep", "lr=3", "--new")
        run("-m", *words)
        assert terminal("get", "sweep").json == {"lr": 3, "new": 1, "seen": [3, 1]}, words
        assert terminal("export", "sweep").json["specs"] == {"new": {"description": "how many", "default": 1}}
        terminal.ok("delete", "sweep", "--yes")
    assert "lr: 3 from the session replaces your 0.1" in shown("out.ipynb")


def test_an_injected_value_that_is_not_allowed_fails_the_run(terminal: Terminal) -> None:
    """Wherever the extension is loaded, and wherever the declaration stands."""
    own, declares = "lr = 0.5", "session.declare('lr', 0.5, maximum=1)"
    terminal.notebook("study.ipynb", LOAD, own, "open('ran', 'w').close()", tags={1: "parameters"})
    terminal.notebook("late.ipynb", own, f"{LOAD}\nopen('ran', 'w').close()", tags={0: "parameters"})
    terminal.notebook("declares.ipynb", LOAD, own, declares, "open('ran', 'w').close()", tags={1: "parameters"})
    Path("bounds.json").write_text(
        '{"format": "session-state/1", "variables": {"lr": 0.5}, "specs": {"lr": {"schema": {"maximum": 1}}}}'
    )
    terminal.ok("import", "bounds.json", "sweep", "--new")
    for name, session in (("study.ipynb", "sweep"), ("late.ipynb", "sweep"), ("declares.ipynb", "other")):
        fails = "No cell is run with the parameters that were put in: lr: 5 is more than the maximum 1."
        words = (name, "out.ipynb", "-p", "lr", "5", "--no-progress-bar")
        run("-m", "papermill", *words, session=session, fails=fails)
        assert not Path("ran").exists(), name
    assert terminal("get", "sweep").json == {"lr": 0.5}


def test_a_script_of_ipython(terminal: Terminal) -> None:
    Path("script.ipy").write_text(
        f"{LOAD}\nsession.setdefault('lr', 1.5)\n%session set n = 1\nsession['twice'] = 2 * session['lr']\n"
    )
    run("-m", "IPython", "--no-banner", "script.ipy")
    assert terminal("get", "sweep").json == {"lr": 1.5, "n": 1, "twice": 3.0}


def test_a_kernel_that_vs_code_has_started(terminal: Terminal) -> None:
    """It says which notebook it runs by a name, under which it keeps its own copy; nothing else has a session."""
    says = f"__vsc_ipynb_file__ = {str(terminal.folder / 'study-jvsc-0d5f3c6e-1f0b-4b3e-9d55-8f0f6a8f5c2e.ipynb')!r}"
    terminal.notebook("study.ipynb", says, LOAD, "session.setdefault('n', 0)\nsession['n'] += 1")
    for _ in range(2):
        run("-m", "jupyter", "execute", "study.ipynb", session="")
    assert terminal("get", "study.ipynb").json == {"n": 2}
    # Another editor that says nothing gets one that is thrown away.
    terminal.notebook("other.ipynb", LOAD, "session['n'] = 1")
    run("-m", "jupyter", "execute", "other.ipynb", session="")
    assert len(terminal("list", "--json").json["sessions"]) == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["noise", "0.2", "points", "500"], 0, ""),
        (["points", "20", "noise", "9"], 3, "(step judge) failed: AssertionError: the slope is off by"),
        (["tolerance", "2"], 5, "tolerance: 2 is more than the maximum 1."),
        (["points", "many"], 5, "points: "),
        (["nois", "1"], 4, "Did you mean noise?"),
    ],
)
def test_the_recipe_for_ci_ends_as_it_says(terminal: Terminal, words: list[str], code: int, says: str) -> None:
    pairs = [word for name, value in zip(words[::2], words[1::2], strict=True) for word in ("-p", name, value)]
    ended = terminal("run", str(RECIPE), "out.ipynb", *pairs, "--json")
    assert ended.code == code, ended.err
    assert says in ended.err
    assert Path("out.ipynb").exists() == (code in (0, 3))
    if code == 0:
        assert ended.json["parameters"] == {"points": 500, "slope": 1.5, "noise": 0.2}
        assert ended.json["results"]["error"] < 0.1
