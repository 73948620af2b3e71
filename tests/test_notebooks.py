"""The notebooks run from top to bottom without a browser and without a server, and leave what they promise behind."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.fixture
def embedded_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store and a session of this test's own, and no server that a kernel could find."""
    for name in ("KERNEL_SESSION_STATE_URL", "KERNEL_SESSION_STATE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("SESSION_STATE_SESSION", "headless")


def execute(notebook: nbformat.NotebookNode, folder: Path) -> str:
    """Runs a notebook in a kernel of its own and returns all it printed."""
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def of_cells(*sources: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


@pytest.mark.usefixtures("embedded_store")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_headless(path: Path, tmp_path: Path) -> None:
    execute(nbformat.read(path, as_version=4), tmp_path)


@pytest.mark.usefixtures("embedded_store")
def test_the_next_kernel_finds_what_the_tour_left(tmp_path: Path) -> None:
    tour = next(path for path in NOTEBOOKS if path.stem == "tour")
    execute(nbformat.read(tour, as_version=4), tmp_path)
    look = "print(session['hidden'], session['accuracy'] > 0.9, len(session['losses']) == session['epochs'])"
    assert execute(of_cells("%load_ext session_state_ext", look), tmp_path) == "32 True True\n"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_is_in_git(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
