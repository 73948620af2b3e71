"""``jupyter session eject``: the notebook runs where there is no extension."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from .conftest import Terminal
from .test_run import LOAD, TRAIN, printed


@pytest.fixture
def bare(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels in whose environment the package cannot be imported."""
    shadow = home / "shadow"
    shadow.mkdir()
    (shadow / "session_state_ext.py").write_text("raise ImportError('not installed')\n")
    monkeypatch.setenv("PYTHONPATH", str(shadow))


def execute(path: str) -> str:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120).execute()
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    return printed(path)


@pytest.mark.usefixtures("bare")
def test_what_is_ejected_runs_without_the_extension(terminal: Terminal) -> None:
    terminal.notebook(
        "study.ipynb",
        LOAD,
        "lr = 0.1\nn = 1",
        "session.setdefault('lr', 9)\n%session",
        TRAIN,
        "#| step: again(loss) -> twice\ntwice = 2 * loss",
        "if True:\n    %session push n\n%session set odd-name = 'x' k=[1, 2]",
        "session.declare(\n    'lr', 0.1\n)",
        "print(lr, loss, session['loss'], twice, session['twice'], session['n'], session['odd-name'], k, half, when.year)",
        tags={1: "parameters"},
    )
    values = ("lr=1.5", "loss=7", "half=nan", 'when={"$date": "2026-11-22T10:00:00Z"}', "text=it's %session")
    terminal.ok("set", "study.ipynb", *values, "--new")
    with pytest.raises(Exception, match="session_state_ext"):
        execute("study.ipynb")
    assert terminal.ok("eject", "study.ipynb") == "study.plain.ipynb\n"
    assert "1.5 1.0 1.0 2.0 2.0 1 x [1, 2] nan 2026\n" in execute("study.plain.ipynb")
    source = Path("study.plain.ipynb").read_text()
    assert "# %load_ext session_state_ext" in source
    assert "# step train --in lr --out loss" in source


@pytest.mark.usefixtures("bare")
def test_the_tour_ejected(terminal: Terminal) -> None:
    tour = Path(__file__).parents[2] / "notebooks" / "tour.ipynb"
    terminal.ok("set", "sweep", "epochs=2", "hidden=8", "--new")
    terminal.ok("eject", str(tour), "tour.ipynb", "--session", "sweep")
    # The values came along: two epochs, where the notebook's own default is 60.
    notebook = nbformat.read("tour.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    notebook.cells.append(nbformat.v4.new_code_cell("print(len(losses), hidden)"))  # type: ignore[no-untyped-call]
    nbformat.write(notebook, "tour.ipynb")  # type: ignore[no-untyped-call]
    assert "2 8\n" in execute("tour.ipynb")


def test_what_a_dictionary_cannot_do_is_said(terminal: Terminal) -> None:
    terminal.notebook("study.ipynb", "with session.batch():\n    session['a'] = 1")
    terminal.ok("set", "study.ipynb", 'array={"$ndarray": {"dtype": "int64", "shape": [1], "data": [1]}}', "--new")
    ended = terminal("eject", "study.ipynb", "out.ipynb")
    assert ended.code == 0
    assert "Cell 1 uses session.batch" in ended.err
    assert "array is not in the notebook: A ndarray cannot be written as Python code." in ended.err
    again = terminal("eject", "study.ipynb", "out.ipynb")
    assert again.code == 1
    assert "exists already" in again.err
    assert "no session called swep" in terminal("eject", "study.ipynb", "new.ipynb", "--session", "swep").err
