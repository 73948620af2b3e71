"""The notebooks run from top to bottom without a browser and without a server, and leave what they promise behind."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.kernel.conftest import serving

ALL = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
#: This one speaks to a server, and reports on what another one has left.
SERVED, SECOND = "other-languages", "sharing-report"
NOTEBOOKS = [path for path in ALL if path.stem not in (SERVED, SECOND)]
#: What is another one each time; a change may be sent as one or as two.
PASSING = re.compile(r"\b\d+(\.\d+)? (ms|s)\b|\bjust now\b|\b\d+ min ago\b|\brevision \d+|--+|  +")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
#: What nobody else's machine has, and what is another one each day.
PRIVATE = re.compile(r"/home/|/root/|/tmp/|/Users/|[A-Z]:\\\\|\x1b|\b20\d\d-\d\d-\d\d\b")


@pytest.fixture
def embedded_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store and a session of this test's own, and no server that a kernel could find."""
    for name in ("KERNEL_SESSION_STATE_URL", "KERNEL_SESSION_STATE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    # Where ! finds the commands of this environment.
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))


def read(path: Path) -> nbformat.NotebookNode:
    found: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return found


def execute(notebook: nbformat.NotebookNode, folder: Path) -> str:
    """Runs a notebook in a kernel of its own and returns all it printed."""
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def of_cells(*sources: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
    made: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    return made


def plain(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """An output as it is kept in git: its text, without colours and without blanks at the lines' ends."""
    data = output.get("data", {})
    if "application/vnd.jupyter.widget-view+json" in data or output.get("name") == "stderr":
        return None
    text = output["text"] if output.output_type == "stream" else data.get("text/plain", "")
    text = "\n".join(line.rstrip() for line in COLOURS.sub("", text).split("\n"))
    made = nbformat.v4.new_output(output.output_type)  # type: ignore[no-untyped-call]
    if output.output_type == "stream":
        made.text = text
    else:
        made.data = {"text/plain": text}
    return made  # type: ignore[no-any-return]


def shown(notebook: nbformat.NotebookNode) -> list[str]:
    """What is kept of all outputs, cell by cell, apart from times."""
    kept = [(at, plain(output)) for at, cell in enumerate(notebook.cells) for output in cell.get("outputs", [])]
    texts = [(at, one.get("text") or one.data["text/plain"]) for at, one in kept if one is not None]
    return [f"cell {at}: {PASSING.sub('...', text)}" for at, text in texts]


def compare(path: Path, executed: nbformat.NotebookNode, *, update: bool) -> None:
    """What a recipe keeps of its outputs is what it prints now; ``update`` writes that down. Some keep none."""
    kept = read(path)
    if not shown(kept):
        return
    if update:
        for cell, ran in zip(kept.cells, executed.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs = [made for output in ran.outputs if (made := plain(output)) is not None]
        path.write_text(nbformat.writes(kept) + "\n", encoding="utf-8")  # type: ignore[no-untyped-call]
    assert shown(kept) == shown(executed), f"to write it anew: pytest {Path(__file__).name} --update-docs"


@pytest.mark.usefixtures("embedded_store")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_headless_and_shows_what_it_keeps(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    update = pytestconfig.getoption("--update-docs")
    monkeypatch.setenv("SESSION_STATE_SESSION", path.stem)
    notebook = read(path)
    execute(notebook, tmp_path)
    compare(path, notebook, update=update)
    if path.stem == "tour":
        # The next kernel finds what it left.
        look = "print(session['hidden'], session['accuracy'] > 0.9, len(session['losses']) == session['epochs'])"
        assert execute(of_cells("%load_ext session_state_ext", look), tmp_path) == "32 True True\n"
    if path.stem == "sharing":
        report = read(path.with_stem(SECOND))
        printed = execute(report, tmp_path)
        assert "200 points: 10.023 ± 1.992" in printed
        compare(path.with_stem(SECOND), report, update=update)


def test_another_language_has_the_session_of_its_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bash in a real server: with the credential that every kernel gets, and nothing of ours in the kernel."""
    spec = tmp_path / "jupyter" / "kernels" / "bash"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Bash", "language": "bash"}))
    jupyter = serving(tmp_path / "server")
    environment = jupyter.environment()
    monkeypatch.setattr(jupyter, "environment", lambda: {**environment, "JUPYTER_PATH": str(tmp_path / "jupyter")})
    (path,) = (path for path in ALL if path.stem == SERVED)
    (jupyter.files / path.name).write_bytes(path.read_bytes())
    jupyter.start()
    try:
        body = {"path": path.name, "type": "notebook", "name": "", "kernel": {"name": "bash"}}
        kernel = jupyter.request("POST", "/api/sessions", json=body).json()["kernel"]["id"]
        sources = [cell.source for cell in read(path).cells if cell.cell_type == "code"]
        printed = [jupyter.execute(kernel, source).strip() for source in sources]
        assert printed[1] == "attached"
        assert printed[2] == '"value":0.1'
        assert "lr: 2 is more than the maximum 1." in printed[3]
        assert '"epoch":3' in printed[4]
        assert jupyter.variables(path.name) == {"lr": 0.1, "tags": ["a", "b"], "epoch": 3}
        (row,) = jupyter.request("GET", "/api/session").json()["sessions"]
        changes = jupyter.request("GET", f"/api/session/{row['sessionId']}/changes").json()["changes"]
        assert {change["origin"]["kernel"] for change in changes} == {kernel}
    finally:
        jupyter.stop()


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_what_is_in_git_is_text_and_the_same_everywhere(path: Path) -> None:
    """As Jupyter writes it, so that opening and saving it changes no more than it must."""
    notebook = read(path)
    written = nbformat.writes(notebook) + "\n"  # type: ignore[no-untyped-call]
    assert written == path.read_text(encoding="utf-8")
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    for cell in notebook.cells:
        assert cell.get("execution_count") is None
        for output in cell.get("outputs", []):
            data = output.get("data", {"text/plain": output.get("text", "")})
            assert set(data) == {"text/plain"}, output
            assert not PRIVATE.search(data["text/plain"]), data
