"""Bound names in a real kernel: of a notebook on a server, with somebody else at its session; and after a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.jupyter import Jupyter

from .notebook import Kernel, Panel, until


def test_what_somebody_sets_is_there_before_the_next_cell(notebook: Kernel, panel: Panel) -> None:
    panel.set(lr=0.1, tags=["a"])
    assert notebook.run("%session bind lr tags\nprint(lr, tags)").text == "Bound: lr, tags.\n0.1 ['a']\n"
    for value in (0.2, 0.3):
        panel.set(lr=value)
        assert notebook.run("lr").value == str(value)


def test_what_a_cell_changes_is_one_change_by_this_cell(notebook: Kernel, panel: Panel) -> None:
    panel.set(lr=0.1, tags=["a"], config={"depth": 3})
    notebook.run("%session bind")
    notebook.run("lr = 0.5\ntags.append('b')\nconfig['depth'] += 1", cell="c7")
    change = panel.wait(lambda frame: frame["type"] == "change")
    assert {op["name"]: op.get("value", op.get("patch")) for op in change["ops"]} == {
        "lr": 0.5,
        "tags": ["a", "b"],
        "config": [{"op": "replace", "path": "/depth", "value": 4}],
    }
    assert (change["origin"]["kind"], change["origin"]["cell"]) == ("cell", "c7")


def test_what_a_cell_had_done_when_it_was_interrupted_is_not_lost(notebook: Kernel, panel: Panel) -> None:
    panel.set(done=0)
    notebook.run("%session bind done")
    ran = notebook.run("import time\ndone = 7\nprint('go', flush=True)\ntime.sleep(60)", meanwhile=notebook.press_stop)
    assert "KeyboardInterrupt" in ran.text
    panel.wait(lambda frame: frame["type"] == "change")
    assert panel.seen("done") == [7]


def test_a_cell_that_awaits_is_a_cell_like_any_other(notebook: Kernel, panel: Panel) -> None:
    panel.set(n=1)
    notebook.run("%session bind n")
    panel.set(n=2)
    notebook.run("import asyncio\nawait asyncio.sleep(0)\nn += 1")
    panel.wait(lambda frame: frame["type"] == "change")
    notebook.run("%%time\nn += 1")
    panel.wait(lambda frame: frame["type"] == "change")
    assert panel.seen("n") == [3, 4]


def test_the_later_write_wins_and_the_conflict_is_shown_with_both(notebook: Kernel, panel: Panel) -> None:
    panel.set(lr=0.1)
    notebook.run("%session bind lr")
    wait = "import time\nprint('go', flush=True)\nwhile session['lr'] == 0.1: time.sleep(0.01)\nlr = 0.3"
    ran = notebook.run(wait, meanwhile=lambda: panel.set(lr=0.2))
    assert "lr: this cell's 0.3 replaces 0.2, which panel wrote meanwhile." in ran.text
    panel.wait(lambda frame: frame["type"] == "change")
    assert panel.seen("lr") == [0.3]


def test_members_that_others_alter_meanwhile_stay(notebook: Kernel, panel: Panel) -> None:
    panel.set(config={"lr": 0.1, "depth": 3})
    notebook.run("%session bind config")
    wait = "import time\nprint('go', flush=True)\nwhile session['config']['lr'] == 0.1: time.sleep(0.01)\nconfig['depth'] = 4"
    ran = notebook.run(wait, meanwhile=lambda: panel.set(config={"lr": 0.2, "depth": 3}))
    assert "meanwhile" not in ran.text
    assert notebook.run("config, session['config'] == config").value == "({'lr': 0.2, 'depth': 4}, True)"


def test_arrays_and_frames_that_are_changed_in_place(notebook: Kernel, panel: Panel) -> None:
    notebook.run("import numpy as np, pandas as pd\na = np.zeros(3)\nf = pd.DataFrame({'x': [1, 2]})")
    notebook.run("%session bind a f")
    revision = notebook.run("session.revision").value
    assert notebook.run("session.revision").value == revision, "what is not changed is not written"
    notebook.run("a[1] = 5\nf.loc[0, 'x'] = 9")
    assert notebook.run("session['a'].tolist(), session['f'].x.tolist()").value == "([0.0, 5.0, 0.0], [9, 2])"


def test_a_step_gets_bound_names_and_its_outputs_are_written_once(notebook: Kernel, panel: Panel) -> None:
    panel.set(lr=0.5, loss=0)
    notebook.run("%session bind lr loss")
    panel.frames.clear()
    assert notebook.run("%%session step train --in lr --out loss\nloss = lr * 2").ok
    notebook.run("lr = 4\nsession.run('train')")
    panel.set(other=1)
    assert panel.seen("loss") == [1.0, 8]
    assert panel.seen("lr") == [4]
    assert notebook.run("loss").value == "8"


def test_what_a_step_that_failed_made_of_its_outputs_stays_here(notebook: Kernel, panel: Panel) -> None:
    panel.set(loss=0.5)
    notebook.run("%session bind loss")
    ran = notebook.run("%%session step train --out loss\nloss = 99\n1 / 0")
    assert "train: failed; loss as before" in ran.text
    assert notebook.run("session['loss'], loss").value == "(0.5, 99)"
    panel.set(loss=0.4)
    ran = notebook.run("loss")
    assert ran.value == "0.4"
    assert "loss: 0.4 from the session replaces your 99 (%session push loss sends yours)" in ran.text


def test_a_restarted_kernel_has_its_names_before_the_first_cell(
    jupyter: Jupyter, notebook: Kernel, panel: Panel
) -> None:
    panel.set(lr=0.1, other=1)
    notebook.run("%session bind lr")
    notebook.restart()
    panel.set(lr=0.2)
    assert notebook.run("lr, 'other' in dir()").value == "(0.2, False)"
    notebook.run("%session bind off")
    notebook.restart()
    assert "NameError" in notebook.run("lr").text


def test_the_next_kernel_of_the_notebook_has_them_too_wherever_it_went(jupyter: Jupyter) -> None:
    first = Kernel.of_notebook(jupyter, "before.ipynb")
    with Panel(jupyter, first.path) as panel:
        panel.set(lr=0.1)
    first.run("%session bind --force")
    first.shutdown()
    jupyter.request("PATCH", f"/api/contents/{first.path}", json={"path": "after.ipynb"})
    second = Kernel.of_notebook(jupyter, "after.ipynb")
    assert second.run("lr").value == "0.1"
    assert second.run("session.bound").value == "['lr']"
    second.shutdown()


def test_a_lost_link_and_the_next_cells(jupyter: Jupyter, notebook: Kernel, panel: Panel) -> None:
    panel.set(lr=0.1)
    notebook.run("%session bind lr")
    with jupyter.frozen():
        notebook.run("lr = 0.2")
        assert notebook.run("lr").value == "0.2"
    panel.wait(lambda frame: frame["type"] == "change")
    assert panel.seen("lr") == [0.2]


def test_going_over_to_another_session_takes_its_values_and_deletes_nothing(notebook: Kernel, panel: Panel) -> None:
    panel.set(lr=0.1, mine=1)
    notebook.run("%session bind lr mine")
    assert notebook.run("%session use bound-other --new").ok
    assert notebook.run("lr, mine, dict(session)").value == "(0.1, 1, {})"
    notebook.run("lr = 5")
    assert notebook.run("dict(session)").value == "{'lr': 5}"
    notebook.run(f"%session use {panel.session_id}")
    assert notebook.run("lr, mine, dict(session)").value == "(0.1, 1, {'lr': 0.1, 'mine': 1})"


def test_headless(lone: Callable[..., Kernel], home: Path) -> None:
    kernel = lone(SESSION_STATE_SESSION="sweep")
    kernel.run("%load_ext session_state_ext\n%session set lr = 0.1")
    html = kernel.run("%session bind lr").html
    assert "Bound: lr." in html
    kernel.run("lr = 0.2")
    other = lone(SESSION_STATE_SESSION="sweep")
    other.run("%load_ext session_state_ext")
    assert other.run("session['lr']").value == "0.2"
    other.run("session['lr'] = 0.3")
    until(lambda: kernel.run("lr").value == "0.3")
