"""``jupyter session steps``: how steps stand, without a kernel, and those that are gone."""

from __future__ import annotations

from .conftest import Terminal
from .test_run import LOAD

PREPARE = "%%session step prepare --in share --out size\nsize = int(100 * share)"
TRAIN = "#| step: train(size, lr) -> loss\nloss = size * lr"
FUNCTION = "@session.step(outputs='twice')\ndef double(size: int):\n    return 2 * size\n\n\nsession.run('double')"
LATER = "%%session step later --in loss --out seen\nseen = loss"


def states(terminal: Terminal, *words: str) -> dict[str, tuple[str, str]]:
    listed = terminal("steps", *(words or ("study.ipynb",)), "--json").json["steps"]
    return {one["name"]: (one["status"], one["why"]) for one in listed}


def test_steps_are_judged_by_values_runs_and_cells(terminal: Terminal) -> None:
    terminal.notebook("study.ipynb", LOAD, PREPARE, TRAIN, FUNCTION)
    terminal.ok("run", "study.ipynb", "--own", "-p", "share", "0.5", "-p", "lr", "1")
    fresh = ("fresh", "")
    assert states(terminal) == {"prepare": fresh, "train": fresh, "double": fresh}
    terminal.ok("set", "study.ipynb", "lr=2")
    assert states(terminal)["train"] == ("stale", "lr changed")
    terminal.ok("set", "study.ipynb", "lr=1.0")
    assert states(terminal)["train"] == fresh, "1 and 1.0 are alike"
    # A cell that was altered since, in the order of the work, with one that never ran.
    terminal.notebook("study.ipynb", LOAD, LATER, PREPARE + " + 1", TRAIN, FUNCTION)
    altered = states(terminal)
    assert list(altered).index("prepare") < list(altered).index("train") < list(altered).index("later")
    assert altered["prepare"] == ("stale", "its source changed")
    assert altered["train"] == altered["double"] == ("stale", "prepare before it is stale")
    assert altered["later"] == ("new", "")
    assert states(terminal, "study.ipynb", "later") == {"later": ("new", "")}

    table = [line.split("  ") for line in terminal.ok("steps", "study.ipynb").splitlines()]
    cells = {line[0]: [part.strip() for part in line[1:] if part.strip()] for line in table}
    assert cells["step"] == ["reads", "writes", "state", "last run", "took"]
    assert cells["train"][:3] == ["size, lr", "loss", "stale: prepare before it is stale"]
    assert cells["later"] == ["loss", "seen", "never ran"]


def test_a_step_is_forgotten_until_it_runs_again(terminal: Terminal) -> None:
    terminal.notebook("study.ipynb", LOAD, PREPARE)
    terminal.ok("run", "study.ipynb", "--session", "sweep", "-p", "share", "0.5")
    before = terminal("show", "sweep", "--json").json[0]["variables"]
    for words, code, says in (
        (["steps", "sweep", "--forget"], 2, "Which step? Give its name."),
        (["steps", "sweep", "prepar", "--forget"], 1, "has no step prepar. Did you mean prepare?"),
        (["steps", "sweep", "other"], 1, "has no step other. It has prepare."),
        (["steps", "swep"], 1, "Did you mean sweep?"),
    ):
        ended = terminal(*words)
        assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
        assert says in ended.err
    assert terminal.ok("steps", "sweep", "--forget", "prepare") == "Forgotten: prepare. What they wrote stays.\n"
    assert "No steps yet." in terminal.ok("steps", "sweep")
    assert terminal("show", "sweep", "--json").json[0]["variables"] == before
    assert "has no step prepare. It has none." in terminal("steps", "sweep", "prepare").err
    terminal.ok("run", "study.ipynb", "--session", "sweep")
    assert states(terminal, "sweep") == {"prepare": ("fresh", "")}


def test_what_only_a_kernel_had_is_gone_with_it(terminal: Terminal) -> None:
    """To a terminal no kernel is this one; and what has run has run, also where that was forgotten."""
    terminal.notebook("study.ipynb", LOAD, "#| step: make -> q\nq = object()", "#| step: boom -> x\nx = 1 / 0")
    assert terminal("run", "study.ipynb", "--own").code == 3
    assert states(terminal)["make"] == ("needs-kernel", "q was in a kernel that has ended")
    assert "has to run again: q was in a kernel that has ended" in terminal.ok("steps", "study.ipynb")
    terminal.ok("steps", "study.ipynb", "boom", "--forget")
    assert states(terminal)["boom"] == ("new", "it was forgotten, and has not run since")
    assert "  forgotten" in terminal.ok("steps", "study.ipynb", "boom")
    said = terminal("steps", "study.ipynb", "boom", "--forget").err
    assert said == "boom is forgotten already. It is in the list because it is a cell of the notebook.\n"
