"""The server freezes, goes away, comes back: cells run on, nothing that was written is lost."""

from __future__ import annotations

import psutil
import pytest

from tests.jupyter import Jupyter

from .conftest import serving
from .notebook import Kernel, Panel, until


def test_a_frozen_server_costs_one_cell_a_second_and_a_warning(jupyter: Jupyter, notebook: Kernel) -> None:
    notebook.run("session_lr = 1\n%session set lr = 0.1")
    with jupyter.frozen():
        first, second, third = (notebook.run("print(session['lr'])") for _ in range(3))
    assert "the session server does not answer" in first.text
    assert (second.text, third.text) == ("0.1\n", "0.1\n")
    # The wait is paid once: what follows takes a small part of it.
    assert second.seconds + third.seconds < first.seconds


def test_what_is_written_while_the_server_is_frozen_is_saved_when_it_is_back(
    jupyter: Jupyter, notebook: Kernel
) -> None:
    notebook.run("%session set lr = 0.1")
    with jupyter.frozen():
        notebook.run("1")
        for value in range(3):
            assert notebook.run(f"session['lr'] = {value}; session['lr']").value == str(value)
        assert "not saved yet" in notebook.run("%session").text
    assert notebook.run("session.flush(60)").value == "True"
    assert jupyter.variables(notebook.path) == {"lr": 2}
    assert "all saved" in notebook.run("%session").text


def test_a_restarted_kernel_has_everything(notebook: Kernel, panel: Panel) -> None:
    notebook.run("%session set lr = 0.1 tags = ['a']")
    notebook.run("%%session step train --in lr --out loss\nloss = lr")
    notebook.restart()
    assert notebook.run("%session get lr tags loss").value == "{'lr': 0.1, 'tags': ['a'], 'loss': 0.1}"
    panel.set(lr=5)
    assert notebook.run("session['lr']").value == "5"


def test_the_credential_is_in_no_subprocess_unless_it_is_handed_on(notebook: Kernel) -> None:
    child = "import os; print([name for name in os.environ if 'SESSION_STATE' in name])"
    run = f"import subprocess, sys; print(subprocess.run([sys.executable, '-c', {child!r}], %s, capture_output=True, text=True).stdout)"
    assert notebook.run(run % "env=None").text.strip() == "[]"
    notebook.run("%session set lr = 0.1")
    assert "KERNEL_SESSION_STATE_TOKEN" in notebook.run(run % "env=session.env()").text
    script = "from session_state_ext import connect; s = connect(); s['lr'] = s['lr'] * 2; print(s.flush())"
    handed = f"import subprocess, sys; print(subprocess.run([sys.executable, '-c', {script!r}], env=session.env(), capture_output=True, text=True))"
    assert "True" in notebook.run(handed).text
    assert notebook.run("session['lr']").value == "0.2"


def test_a_forked_child_reads_but_does_not_write(notebook: Kernel) -> None:
    notebook.run("%session set lr = 0.1")
    code = """
import multiprocessing as mp
def child(queue):
    try:
        queue.put(session["lr"])
        session["lr"] = 2
    except Exception as error:
        queue.put(str(error))
queue = mp.get_context("fork").Queue()
process = mp.get_context("fork").Process(target=child, args=(queue,))
process.start(); print(queue.get(timeout=30), queue.get(timeout=30)); process.join()
"""
    assert "0.1 This process does not hold the session" in notebook.run(code).text
    assert notebook.run("session['lr'] = 3\nsession.flush()").value == "True"


def test_a_kernel_that_ends_while_the_server_is_frozen_leaves_its_edits_to_the_next(
    jupyter: Jupyter, notebook: Kernel
) -> None:
    notebook.run("%session set lr = 0.1 n = 1")
    with jupyter.frozen():
        pid = int(notebook.run("import os; os.getpid()").value)
        notebook.run("1")
        notebook.run("session['lr'] = 0.2")
        # As jupyter_client ends it.
        notebook.ask_to_end()
        # Its parent is frozen and does not reap it.
        until(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
        kept = list((jupyter.folder / "data" / "session_state" / "unsent").glob("*.json"))
        assert [file.stat().st_mode & 0o777 for file in kept] == [0o600]
    notebook.shutdown()
    following = Kernel.of_notebook(jupyter, notebook.path)
    assert following.run("%session get lr n").value == "{'lr': 0.2, 'n': 1}"
    following.shutdown()
    assert jupyter.variables(notebook.path) == {"lr": 0.2, "n": 1}
    assert not list(kept[0].parent.iterdir())


def test_a_killed_server_takes_its_kernel_along_but_no_edit(tmp_path_factory: pytest.TempPathFactory) -> None:
    jupyter = serving(tmp_path_factory.mktemp("killed"))
    jupyter.start()
    try:
        notebook = Kernel.of_notebook(jupyter, "killed.ipynb")
        notebook.run("%session set lr = 0.1")
        pid = int(notebook.run("import os; os.getpid()").value)
        with jupyter.frozen():
            notebook.run("1")
            notebook.run("session['lr'] = 0.2\nsession['n'] = 1")
            jupyter.process.kill()
        until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
        jupyter.process.wait(60)
        jupyter.start()
        again = Kernel.of_notebook(jupyter, "killed.ipynb")
        assert again.run("%session get lr n").value == "{'lr': 0.2, 'n': 1}"
        assert jupyter.variables("killed.ipynb") == {"lr": 0.2, "n": 1}
        again.shutdown()
    finally:
        jupyter.stop()
