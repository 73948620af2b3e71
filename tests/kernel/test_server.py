"""A kernel of a real Jupyter server, and somebody else at the same session."""

from __future__ import annotations

from tests.browser.jupyter import Jupyter

from .notebook import Kernel, Panel


def test_what_a_cell_writes_is_on_the_server_when_it_has_run(jupyter: Jupyter, notebook: Kernel) -> None:
    ran = notebook.run("%session set lr = 0.1\nsession['n'] = 10**30")
    assert ran.ok, ran.text
    assert jupyter.variables(notebook.path) == {"lr": 0.1, "n": 10**30}


def test_the_barrier_brings_every_edit_made_before(notebook: Kernel, panel: Panel) -> None:
    notebook.run("%session")
    for value in range(20):
        panel.set(lr=value, wait=False)
        assert notebook.run("session['lr']").value == str(value)


def test_a_step_moves_the_panel_while_it_runs(notebook: Kernel, panel: Panel) -> None:
    panel.set(epochs=3)
    body = (
        "import time\nfor epoch in range(epochs):\n    session['epoch'] = epoch\n    time.sleep(0.2)\nloss = 1/epochs"
    )
    ran = notebook.run(f"%%session step train --in epochs --out loss\n{body}", cell="cell-7")
    assert ran.ok, ran.text
    panel.wait(lambda frame: bool(panel.seen("loss")))
    assert panel.seen("epoch") == [0, 1, 2]
    assert [run["status"] for run in panel.runs()] == ["running", "done"]
    last = [frame for frame in panel.frames if frame["type"] == "change"][-1]
    assert {op["op"] for op in last["ops"]} == {"set", "run"}
    assert last["origin"]["step"] == "train"
    assert last["origin"]["cell"] == "cell-7"
