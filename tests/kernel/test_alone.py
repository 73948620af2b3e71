"""Kernels that a server starts and no notebook runs: a throw-away session, one that is named, or the notebook's at last."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.jupyter import Jupyter

from .notebook import Kernel, until


@pytest.fixture
def kernel(jupyter: Jupyter) -> Iterator[Kernel]:
    kernel = Kernel.past_notebooks(jupyter)
    yield kernel
    kernel.shutdown()


def test_it_has_a_session_in_memory_says_so_and_can_name_another(jupyter: Jupyter, kernel: Kernel) -> None:
    jupyter.request("POST", "/api/session", json={"name": "sweep", "variables": {"lr": 0.1}})
    said = kernel.run("%load_ext session_state_ext").text + kernel.run("%session set a = 1").text
    said += kernel.run("session['a'] + 1").text
    how = "no notebook of this server runs this kernel, so its session is kept in this kernel's memory only."
    assert said.count(f"{how} To keep it: %session use NAME --new") == 1
    assert "not answered" not in said, "it has: nobody has to be back"
    assert said.endswith("2\n")
    assert "sweep" in kernel.run("%session list").text
    missed = kernel.run("session.env()").error
    assert missed is not None
    assert missed.startswith("This session is kept in this kernel's memory only. Name one first: %session use NAME")

    assert kernel.run("%session use sweep").ok
    assert kernel.run("dict(session)").value == "{'lr': 0.1}"
    kernel.run("session['n'] = 2")
    listed = jupyter.request("GET", "/api/session?name=sweep").json()["sessions"]
    state = jupyter.request("GET", f"/api/session/{listed[0]['sessionId']}").json()
    assert (state["variables"], state["meta"]["paths"]) == ({"lr": 0.1, "n": 2}, [])
    # Its workers act there too.
    child = "from session_state_ext import connect; s = connect(); s['child'] = s['n'] + 1; s.flush(60)"
    kernel.run(
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], env=session.env(), check=True)"
    )
    assert kernel.run("session['child']").value == "3"
    # The session that it goes back to is there after a lost connection, too.
    assert jupyter.request("DELETE", f"/api/session/{state['sessionId']}").status_code == 204
    until(lambda: kernel.run("dict(session)").value == "{}")


def test_a_notebook_that_runs_it_later_has_what_was_in_its_memory(jupyter: Jupyter, kernel: Kernel) -> None:
    path = jupyter.notebook("later.ipynb", [])
    session = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    jupyter.request("POST", f"/api/session/{session}", json={"variables": {"lr": 0.1}})
    kernel.run("%load_ext session_state_ext")
    kernel.run("%session set lr = 5 n = 1")
    body = {"path": path, "type": "notebook", "name": "", "kernel": {"id": kernel.id}}
    kernel._session = jupyter.request("POST", "/api/sessions", json=body).json()["id"]
    said: list[str] = []

    def went_over() -> bool:
        ran = kernel.run("session.id")
        said.append(ran.text)
        return ran.value == repr(session)

    until(went_over)
    # Nothing that stood there is overwritten in silence.
    until(lambda: jupyter.variables(path) == {"lr": 0.1, "n": 1})
    said += [kernel.run("1").text]
    assert "A notebook runs this kernel by now" in "".join(said)
    assert "lr: 5 was not taken, somebody else wrote 0.1 in the meantime" in "".join(said)
    kernel.run("session['lr'] = 6")
    assert jupyter.variables(path) == {"lr": 6, "n": 1}
