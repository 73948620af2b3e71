"""A notebook that its session does not know: its kernel waits for a choice, says so, and goes on by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from session_state_ext.errors import SessionError
from session_state_ext.kernel.backend import Known
from session_state_ext.kernel.choice import find
from tests.jupyter import Jupyter

from .notebook import Kernel, Shell, until


def write(file: Path, *ids: str) -> None:
    cells = [{"cell_type": "code", "id": each, "metadata": {}, "source": "1", "outputs": []} for each in ids]
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


@pytest.fixture
def known(jupyter: Jupyter, notebook: Kernel) -> str:
    """The id of the session that the notebook had, with lr, before another took its place and its kernel was restarted."""
    write(jupyter.files / notebook.path, "a1", "a2")
    state = jupyter.request("POST", "/api/session/attach", json={"path": notebook.path}).json()
    notebook.run("%session set lr = 0.1")
    write(jupyter.files / notebook.path, "b1", "b2")
    notebook.restart()
    notebook.run("%load_ext session_state_ext")
    return str(state["sessionId"])


def test_a_cell_runs_and_says_what_to_do(jupyter: Jupyter, notebook: Kernel, known: str) -> None:
    ran = notebook.run("print(1 + 1)")
    assert ran.ok
    assert ran.text.count("choose in the Session panel, or by %session use --this, --copy or --empty") == 1
    assert "\n2" in f"\n{ran.text}"
    assert "choose" not in notebook.run("1").text, "said once"
    missed = notebook.run("session['lr']").error
    assert missed is not None
    assert "%session use --this" in missed

    # Whoever chooses, chooses for all; what was written meanwhile goes to the session that was chosen.
    notebook.run("session['written'] = 'before'")
    asked = jupyter.request("POST", "/api/session/attach", json={"path": notebook.path})
    assert (asked.status_code, asked.json()["session"]["sessionId"]) == (409, known)
    chosen = jupyter.request("POST", "/api/session/attach", json={"path": notebook.path, "choose": "copy"}).json()
    assert chosen["sessionId"] != known
    until(lambda: notebook.run("session.get('lr')").value == "0.1")
    until(lambda: jupyter.variables(notebook.path) == {"lr": 0.1, "written": "before"})
    assert jupyter.request("GET", f"/api/session/{known}").json()["variables"] == {"lr": 0.1}


@pytest.mark.parametrize(("option", "there"), [("--this", {"lr": 0.1}), ("--copy", {"lr": 0.1}), ("--empty", {})])
def test_a_cell_chooses(jupyter: Jupyter, notebook: Kernel, known: str, option: str, there: dict[str, float]) -> None:
    ran = notebook.run(f"%session use {option}")
    assert ran.ok, ran.text
    assert notebook.run("dict(session)").value == str(there)
    assert (notebook.run("session.id").value.strip("'") == known) == (option == "--this")
    assert notebook.run(f"%session use {option}").error == "There is nothing to choose: this notebook has its session."


def test_a_cell_goes_to_another_session_instead(jupyter: Jupyter, notebook: Kernel, known: str) -> None:
    assert notebook.run("%session use other-one --new").ok
    notebook.run("%session set n = 1")
    assert jupyter.variables(notebook.path) == {"n": 1}


def test_without_a_server_it_is_the_same(home: Path) -> None:
    file = home / "work.ipynb"

    def opened(*ids: str) -> Shell:
        write(file, *ids)
        shell = Shell()
        shell.names["__vsc_ipynb_file__"] = str(file)
        shell.run("%load_ext session_state_ext")
        return shell

    first = opened("a1", "a2")
    first.run("%session set lr = 0.1")
    first.close()
    second = opened("b1")
    ran = second.run("1")
    assert "%session use --this, --copy or --empty" in ran.text
    assert second.run("%session use --copy").ok
    assert second.run("dict(session)").value == {"lr": 0.1}
    second.close()
    third = opened("a1")
    assert "choose" in third.run("1").text
    third.close()


KNOWN = [
    Known("id-1", "duo", [], 1, None, 1),
    Known("id-2", None, ["work/a.ipynb"], 1, None, 1),
    Known("id-3", None, ["work/b.ipynb"], 1, None, 1),
    Known("id-4", None, ["old/b.ipynb"], 1, None, 1),
    Known("id-5", None, [], 1, None, 1),
]


@pytest.mark.parametrize(
    ("name", "session_id"),
    [("duo", "id-1"), ("a.ipynb", "id-2"), ("work/b.ipynb", "id-3"), ("old/b.ipynb", "id-4"), ("id-5", "id-5")],
)
def test_a_session_is_found_by_its_name_its_id_and_the_path_of_its_notebook(name: str, session_id: str) -> None:
    assert find(name, KNOWN) == session_id


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("b.ipynb", "b.ipynb may be old/b.ipynb or work/b.ipynb. Write more of its path."),
        (
            "dou",
            "There is no session called dou. Did you mean duo? "
            "There are: duo, work/a.ipynb, work/b.ipynb, old/b.ipynb and 1 more. Make it: %session use dou --new",
        ),
    ],
)
def test_a_name_that_no_session_has_is_answered_with_those_there_are(name: str, said: str) -> None:
    with pytest.raises(SessionError) as raised:
        find(name, KNOWN)
    assert str(raised.value) == said
