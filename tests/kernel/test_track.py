"""``session.track``: how far a loop is, for whoever looks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from session_state_ext import connect
from session_state_ext.kernel import progress, talker

from .notebook import Kernel, Panel, Shell


def bar(session: Any, name: str = "training") -> dict[str, Any]:
    inner: dict[str, Any] = session[name]["$progress"]
    return inner


def test_a_loop_that_ends_is_done_and_has_its_bar(shell: Shell) -> None:
    ran = shell.run("total = 0\nfor x in session.track(range(5), 'training'):\n    total += x\ntotal")
    assert ran.value == 10
    assert "training: 100%" in ran.text
    assert "5/5" in ran.text
    shown = bar(shell.session)
    assert (shown["done"], shown["total"], shown["state"]) == (5, 5, "done")
    assert shown["rate"] > 0
    assert shell.session.saved
    ran = shell.run("for x in session.track(range(5), 'again'): pass\nsession['again']['$progress']['state']")
    assert ran.value == "done", "for the rest of its cell, too"


def test_a_loop_that_nobody_goes_through_has_no_bar(shell: Shell) -> None:
    ran = shell.run("waiting = session.track(range(5), 'training')")
    assert (ran.ok, ran.text, dict(shell.session)) == (True, "", {})


def test_in_a_script_a_loop_has_ended_when_the_script_has(home: Path) -> None:
    code = (
        "import threading, time\nfrom session_state_ext import connect\nsession = connect('sweep', new=True)\n"
        "def go():\n    for x in session.track(range(3), 'beside'): begun.set(), time.sleep(60)\n"
        "begun = threading.Event()\nthreading.Thread(target=go, daemon=True).start()\nbegun.wait()\n"
        "for x in session.track(range(3), 'whole'): pass\n"
        "for x in session.track(range(3), 'left'): [][x]"
    )
    assert "IndexError" in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr
    session = connect("sweep")
    ended = {name: (bar(session, name)["done"], bar(session, name)["state"]) for name in session}
    assert ended == {"beside": (0, "interrupted"), "whole": (3, "done"), "left": (0, "stopped")}


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("if x == 3: break", "stopped"),
        ("if x == 3: 1 / 0", "failed"),
        ("if x == 3: raise KeyboardInterrupt", "interrupted"),
    ],
)
def test_a_loop_that_is_left_says_how(shell: Shell, body: str, state: str) -> None:
    shell.run(f"for x in session.track(range(10), 'training'):\n    {body}")
    shown = bar(shell.session)
    assert (shown["done"], shown["total"], shown["state"]) == (3, 10, state)


def test_what_fails_is_what_is_gone_through(shell: Shell) -> None:
    shell.run("def items():\n    yield 1\n    raise OSError('no disk')")
    ran = shell.run("for x in session.track(items(), 'training'): pass")
    assert ran.error == "no disk"
    shown = bar(shell.session)
    assert (shown["done"], shown["total"], shown["state"]) == (1, None, "failed")


def test_an_error_that_is_caught_has_stopped_the_loop(shell: Shell) -> None:
    shell.run("try:\n    for x in session.track(range(10), 'training'): 1 / 0\nexcept ArithmeticError: pass")
    assert bar(shell.session)["state"] == "stopped"


def test_a_total_can_be_said_and_the_next_loop_begins_anew(shell: Shell) -> None:
    shell.run("for x in session.track(iter('abc'), 'training', total=4, unit='letter'): pass")
    assert (bar(shell.session)["done"], bar(shell.session)["total"]) == (3, 4)
    shell.run("for x in session.track([], 'training'): pass")
    assert (bar(shell.session)["done"], bar(shell.session)["total"], bar(shell.session)["state"]) == (0, 0, "done")


def test_a_fast_loop_writes_seldom_and_loops_within_loops_too(shell: Shell) -> None:
    shell.run("1")
    before = shell.session.revision
    code = (
        "for epoch in session.track(range(200), 'epochs'):\n    for batch in session.track(range(50), 'batches'): pass"
    )
    ran = shell.run(code)
    assert ran.ok, ran.text
    assert bar(shell.session, "epochs")["done"] == 200
    assert (bar(shell.session, "batches")["done"], bar(shell.session, "batches")["state"]) == (50, "done")
    seconds = bar(shell.session, "epochs")["seconds"]
    # An end does not wait, but for what else is sent.
    often = 1 / progress.EVERY_SECONDS + 1 / talker.GATHER_SECONDS
    assert shell.session.revision - before <= seconds * often + 6


def test_loops_in_threads_go_on_side_by_side(shell: Shell) -> None:
    ran = shell.run(
        "import threading\n"
        "def go(name):\n    for x in session.track(range(20), name): pass\n"
        "threads = [threading.Thread(target=go, args=(name,)) for name in 'abc']\n"
        "for thread in threads: thread.start()\nfor thread in threads: thread.join()"
    )
    assert ran.ok, ran.text
    assert [bar(shell.session, name)["done"] for name in "abc"] == [20, 20, 20]


def test_a_variable_of_another_kind_is_not_made_into_a_bar(shell: Shell) -> None:
    shell.session["lr"] = 0.1
    said = shell.run("for x in session.track([1], 'lr'): pass").error
    assert said == (
        "lr is a variable already and not a loop's progress. Give the progress another name: "
        'session.track(..., "lr progress")'
    )
    assert shell.session["lr"] == 0.1
    said = shell.run("session.track(5)").error
    assert said is not None
    assert said.startswith("What is tracked is gone through with for; int is not such a thing. Write: for x in")


def test_without_tqdm_one_sentence_says_what_to_install(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    said = shell.run("session.track([1], 'training')").error
    assert said is not None
    assert said.endswith("which is not installed in this kernel's environment: %pip install tqdm")


def test_loading_the_extension_imports_neither_tqdm_nor_ipywidgets(notebook: Kernel) -> None:
    code = "%load_ext session_state_ext\nimport sys\n[m for m in ('tqdm', 'ipywidgets') if m in sys.modules]"
    assert notebook.run(code).value == "[]"


def test_somebody_else_sees_a_step_move_and_knows_its_run(notebook: Kernel, panel: Panel) -> None:
    body = "import time\nfor x in session.track(range(4), 'training'):\n    time.sleep(0.25)\nloss = 1"
    ran = notebook.run(f"%%session step train --out loss\n{body}")
    assert ran.ok, ran.text
    panel.wait(lambda frame: bool(panel.seen("loss")))
    seen = [one["$progress"] for one in panel.seen("training")]
    assert [one["state"] for one in seen] == ["running"] * (len(seen) - 1) + ["done"]
    assert [one["done"] for one in seen] == sorted(one["done"] for one in seen)
    assert len(seen) >= 4
    changes = [frame for frame in panel.frames if frame["type"] == "change"]
    moved = next(frame for frame in changes for op in frame["ops"] if op.get("name") == "training")
    assert moved["origin"]["run"] == panel.runs()[0]["id"]


def test_after_a_restart_a_loop_that_was_running_is_interrupted(notebook: Kernel, panel: Panel) -> None:
    notebook.run("%load_ext session_state_ext")
    notebook.run(
        "import threading, time\n"
        "def go():\n    for x in session.track(range(1000), 'training'): time.sleep(0.05)\n"
        "threading.Thread(target=go, daemon=True).start()"
    )
    panel.wait(lambda frame: bool(panel.seen("training")) and panel.seen("training")[-1]["$progress"]["done"] > 0)
    notebook.restart()
    notebook.run("%load_ext session_state_ext")
    notebook.run("1")
    ran = notebook.run("session['training']['$progress']['state']")
    assert ran.value == "'interrupted'", ran.text


def test_the_table_says_it_in_words(shell: Shell) -> None:
    shell.run("for x in session.track(range(2000), 'training'):\n    if x == 1500: break")
    assert "1,500 of 2,000, stopped" in shell.run("%session").text
    shell.run("for x in session.track(iter('abc'), 'training'): pass")
    assert "3, done" in shell.run("%session").text
