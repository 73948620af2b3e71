"""An ipykernel in a process of its own: outputs, errors, the stop button, and what a headless run sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from .notebook import Kernel


@pytest.fixture
def kernel(lone: Callable[..., Kernel]) -> Kernel:
    kernel = lone(SESSION_STATE_SESSION="sweep")
    assert kernel.run("%load_ext session_state_ext").ok
    return kernel


def test_the_stop_button_ends_a_step_and_the_next_cell_runs(kernel: Kernel) -> None:
    kernel.run("%session set y = 7")
    body = "import time\nprint('go', flush=True)\ntime.sleep(60)\ny = 1"
    ran = kernel.run(f"%%session step slow --out y\n{body}", meanwhile=kernel.press_stop)
    assert not ran.ok
    assert "KeyboardInterrupt" in ran.text
    assert "slow: interrupted; y as before" in ran.text
    assert kernel.run("session['y']").value == "7"
    status = "session_state._link.steps()['slow'].run.status"
    assert kernel.run(status).value == "'interrupted'"
    error = kernel.run("print(session_state._link.steps()['slow'].run.error)").text
    assert "type='Stopped', message='the run was interrupted', line=4" in error


def test_the_stop_button_ends_a_step_that_awaits(kernel: Kernel) -> None:
    # ipykernel cancels a cell that awaits when its loop is next woken; one long sleep would not wake it.
    body = "import asyncio\nprint('go', flush=True)\nfor _ in range(600):\n    await asyncio.sleep(0.1)\ny = 1"
    ran = kernel.run(f"%%session step slow --out y\n{body}", meanwhile=kernel.press_stop)
    assert not ran.ok
    assert "slow: interrupted" in ran.text
    assert kernel.run("session_state._link.steps()['slow'].run.status").value == "'interrupted'"
    assert kernel.run("'y' in session").value == "False"


def test_a_step_that_awaits_is_stopped_in_time(kernel: Kernel) -> None:
    ran = kernel.run("%%session step slow --out y --timeout 0.5\nimport asyncio\nawait asyncio.sleep(60)\ny = 1")
    assert not ran.ok
    assert "slow ran longer than 0.5 s and was stopped" in ran.text


def test_a_mistake_is_an_error_reply_with_one_sentence(kernel: Kernel) -> None:
    ran = kernel.run("%session get nope")
    assert not ran.ok
    assert ran.text.strip() == "This session has no variable nope. Set it: %session set nope = ..."


def test_outputs_of_a_step_are_those_of_any_cell(kernel: Kernel) -> None:
    body = "import sys\nprint('out')\nprint('err', file=sys.stderr)\nfrom IPython.display import HTML, display\ndisplay(HTML('<i>x</i>'))\ny = 1\n{'a': y}"
    ran = kernel.run(f"%%session step show --out y\n{body}")
    assert ran.ok
    assert ran.value == "{'a': 1}"
    for part in ("out\n", "err\n", "{'a': 1}"):
        assert part in ran.text
    assert "<i>x</i>" in ran.html


def test_a_restarted_kernel_has_its_session(kernel: Kernel) -> None:
    kernel.run("%session set lr = 0.1")
    kernel.restart()
    kernel.run("%load_ext session_state_ext")
    assert kernel.run("session['lr']").value == "0.1"


def notebook_of(*sources: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})


@pytest.mark.parametrize(
    "step",
    [
        "%%session step train --in missing --out y\ny = 1",
        "%%session step train --out y\n1/0",
        "%%session step train --out y\npass",
        "%session get missing",
    ],
)
def test_a_headless_run_stops_at_a_step_that_fails(home: Path, step: str) -> None:
    notebook = notebook_of("%load_ext session_state_ext", step, "session['after'] = 1")
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, timeout=60).execute()
    assert notebook.cells[1].outputs
    assert not notebook.cells[2].get("execution_count")


def test_a_headless_run_of_steps_that_succeed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_STATE_SESSION", "sweep")
    notebook = notebook_of(
        "%load_ext session_state_ext",
        "%session set lr = 0.1",
        "%%session step train --in lr --out y\ny = lr",
        "session",
    )
    NotebookClient(notebook, timeout=60).execute()
    shown = notebook.cells[3].outputs[0].data
    assert "step train" in shown["text/plain"]
    assert "step train" in shown["text/html"]


def test_a_cell_of_parameters_that_a_person_runs_is_a_cell_like_any_other(kernel: Kernel) -> None:
    """Even one that papermill has put in: whoever edits and runs it is not told that the session knows better."""
    kernel.run("%session set lr = 3")
    assert kernel.run("# Parameters\nlr = 5\nnew = 1\n", cell="a").text == ""
    assert kernel.run("lr, session['lr'], 'new' in session", cell="b").value == "(5, 3, False)"
