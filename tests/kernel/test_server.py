"""A kernel of a real Jupyter server, and somebody else at the same session."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from tests.jupyter import Jupyter

from .notebook import Kernel, Panel, until


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


def test_a_notebook_goes_over_to_another_session(jupyter: Jupyter, notebook: Kernel) -> None:
    notebook.run("%session set lr = 0.1")
    old = notebook.run("session.id").value.strip("'")
    went = notebook.run("%session use other --new")
    assert went.ok
    assert f"Back to the session it had: %session use {old}" in went.text
    notebook.run("%session set lr = 5")
    assert "other" in notebook.run("%session list").text
    assert jupyter.variables(notebook.path) == {"lr": 5}
    said = notebook.run("%session use nowhere").error
    assert said is not None
    assert said.startswith("There is no session called nowhere. There are: other, ")


def test_leaving_a_session_that_nobody_wrote_to_is_no_loss(jupyter: Jupyter, notebook: Kernel) -> None:
    jupyter.request("POST", "/api/session", json={"name": "written", "variables": {"lr": 7}})
    notebook.run("%load_ext session_state_ext")
    ran = notebook.run("%session use written")
    assert ran.ok
    assert "deleted" not in ran.text + notebook.run("1").text
    assert notebook.run("session['lr']").value == "7"


def test_a_session_that_is_deleted_is_told_and_a_new_one_takes_its_place(jupyter: Jupyter, notebook: Kernel) -> None:
    notebook.run("%session set lr = 0.1")
    session = notebook.run("session.id").value.strip("'")
    assert jupyter.request("DELETE", f"/api/session/{session}").status_code == 204
    ran = notebook.run("dict(session)")
    if ran.value != "{}":  # the word had not reached the kernel yet
        ran = notebook.run("dict(session)")
    assert ran.value == "{}"
    assert "This notebook's session was deleted. A new, empty one has taken its place." in ran.text
    notebook.run("%session set n = 1")
    assert jupyter.variables(notebook.path) == {"n": 1}


def test_what_an_editor_holds_back_is_asked_for_before_the_cell_runs(notebook: Kernel, panel: Panel) -> None:
    notebook.run("%load_ext session_state_ext")
    panel.set(lr=1)
    panel.send({"type": "dirty", "dirty": True})
    thread = threading.Thread(target=panel.answer_flush, kwargs={"lr": 2})
    thread.start()
    assert notebook.run("session['lr']").value == "2"
    thread.join()


def test_a_field_that_holds_no_value_is_named_with_what_the_cell_ran_with(notebook: Kernel, panel: Panel) -> None:
    notebook.run("%load_ext session_state_ext")
    panel.set(lr=0.1)
    panel.send({"type": "dirty", "dirty": True})
    thread = threading.Thread(target=panel.answer_flush, kwargs={"invalid": [{"name": "lr", "text": "0,01"}]})
    thread.start()
    ran = notebook.run("session['lr']")
    assert ran.value == "0.1"
    assert ran.text.startswith("lr: '0,01' is not a number, ran with 0.1\n")
    thread.join()


def test_an_editor_that_does_not_answer_is_told_of(notebook: Kernel, panel: Panel) -> None:
    notebook.run("%load_ext session_state_ext")
    panel.set(lr=0.1)
    notebook.run("1")
    panel.send({"type": "dirty", "dirty": True})
    panel.send({"type": "barrier", "id": "x"})  # it has arrived when this is answered
    panel.wait(lambda frame: frame["type"] == "barrier")
    ran = notebook.run("session['lr']")
    assert ran.value == "0.1"
    assert "a panel did not answer in time" in ran.text


@pytest.mark.parametrize("when", ["before", "after"])
def test_reject_policy_refuses_the_cell(jupyter: Jupyter, notebook: Kernel, when: str) -> None:
    lines = ["%config SessionState.barrier = 'reject'", "%load_ext session_state_ext"]
    for line in lines if when == "before" else reversed(lines):
        assert notebook.run(line).text == ""
    assert notebook.run("ran = 1").ok
    with jupyter.frozen():
        ran = notebook.run("ran = 2")
        assert ran.text.strip() == (
            "The cell was not run: the session server does not answer. Run it again when the session is back."
        )
        assert not ran.ok
    until(lambda: notebook.run("ran").value == "1")


def test_the_stop_button_while_the_barrier_waits_refuses_the_cell(jupyter: Jupyter, notebook: Kernel) -> None:
    notebook.run("%load_ext session_state_ext")
    notebook.run("import session_state_ext.kernel.link as link; link.Link.barrier.__defaults__ = (30.0,)\nran = 1")
    pid = int(notebook.run("import os; os.getpid()").value)
    with jupyter.frozen():
        threading.Timer(1.0, os.kill, (pid, signal.SIGINT)).start()
        ran = notebook.run("ran = 2")
        assert ran.text.strip() == "Interrupted while waiting for the session; the cell was not run."
    until(lambda: notebook.run("ran").value == "1")


def test_a_kernel_follows_its_notebook_to_another_session(jupyter: Jupyter, notebook: Kernel) -> None:
    notebook.run("%session set lr = 0.1")
    other = jupyter.request("POST", "/api/session", json={"name": "elsewhere", "variables": {"lr": 7}}).json()
    body = {"path": notebook.path, "sessionId": other["sessionId"]}
    assert jupyter.request("POST", "/api/session/attach", json=body).ok
    until(lambda: notebook.run("session['lr']").value == "7")


def test_a_renamed_notebook_keeps_its_session(jupyter: Jupyter, notebook: Kernel) -> None:
    notebook.run("%session set lr = 0.1")
    body = {"path": f"renamed-{notebook.path}"}
    assert jupyter.request("PATCH", f"/api/contents/{notebook.path}", json=body).ok
    notebook.run("session['lr'] = session['lr'] * 2")
    assert jupyter.variables(body["path"]) == {"lr": 0.2}
