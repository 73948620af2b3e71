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
def test_what_is_ejected_computes_what_it_did(terminal: Terminal) -> None:
    """Parameters, inputs that no line names, names that were bound, values that were read into names."""
    terminal.notebook(
        "study.ipynb",
        LOAD,
        "%%session parameters\nq = 3  # passes\nnew = 4",
        "session['n'] = 5\nsession['late'] = 1",
        "#| step: s -> y\ny = n + q\nq = 0",
        "%%session step t --out z\nz = q\nz",
        "x = %session get lr\n%session get lr;",
        "lr = 1\nsize = 2\n%session bind lr size late",
        "before = (lr, late, session['size'])\nlr = lr + 1\nbefore",
        "after = session['lr']\nsession['lr'] = 5\nsession['size'] = 3",
        "%session unbind lr\nkept = (lr, size)",
        "lr = 0",
        "session.declare('made', 1.5, minimum=0)\n%session declare other = 2 --min 0\nsession.declare('lr', 3)",
        "print(q, new, session['new'], y, z, x, before, after, kept, session['lr'], session['made'], session['other'])",
    )
    terminal.ok("set", "study.ipynb", "q=7", "lr=0.1", "--new")
    ended = terminal("eject", "study.ipynb")
    assert (ended.code, ended.err) == (0, "")
    assert "7 4 4 12 7 0.1 (0.1, 1, 2) 1.1 (5, 3) 5 1.5 2\n" in execute("study.plain.ipynb")
    cells = nbformat.read("study.plain.ipynb", as_version=4).cells  # type: ignore[no-untyped-call]
    shown = [output["data"]["text/plain"] for cell in cells for output in cell.get("outputs", []) if "data" in output]
    assert shown == ["7", "(0.1, 1, 2)"], "what a cell has shown it shows"


def test_what_is_ejected_runs_where_the_extension_is_installed_but_not_loaded(terminal: Terminal) -> None:
    """There a comment that makes a cell a step would load it."""
    terminal.notebook(
        "study.ipynb",
        LOAD,
        "session['lr'] = 1\nsession['k'] = 1",
        "#| step: first(lr) -> q\n#| step: second(q) -> q\nq = 2 * lr",
        "%%time\n# | step: third(q) -> r\nr = q + 1",
        "%%time\n%%session step fourth --in r --out s\ns = r + 1",
        "#|step: mistaken(\nt = 1",
        "@session.step(outputs='a')\ndef one(s: int, n: int = 5):\n    return s + n",
        "@session.step(outputs=['b', 'c'], name='two')\ndef pair(a):\n    return a + 1, a + 2",
        "@session.step(outputs='d')\nasync def later(c):\n    return {'d': c}",
        "session.run('one', 'two', 'later')\nfor _ in range(2):\n    session.run(stale=True)",
        "print(q, r, s, t, session['a'], session['b'], session['c'], session['d'], 'session_state_ext' in "
        "get_ipython().extension_manager.loaded)",
    )
    ended = terminal("eject", "study.ipynb")
    assert ended.err.splitlines()[1:] == [
        "Cell 6: #| step: mistaken( is a comment now; a plain notebook does not do that. Edit it.",
        "Cell 10: session.run(stale=True) is a comment now; a plain notebook does not do that. Edit it.",
    ]
    assert "2 3 4 1 9 10 11 11 False\n" in execute("study.plain.ipynb")
    assert "# step: first(lr) -> q\\n" in Path("study.plain.ipynb").read_text()


def test_the_notebook_on_steps_ejected(terminal: Terminal) -> None:
    terminal.ok("eject", str(Path(__file__).parents[2] / "notebooks" / "steps.ipynb"), "steps.ipynb")
    execute("steps.ipynb")


def test_every_line_that_is_dropped_or_left_is_named(terminal: Terminal) -> None:
    terminal.notebook(
        "study.ipynb",
        LOAD,
        "%session run train\n%session reset lr\nif True:\n    %session undo",
        "%session\n%session history lr\nold = %session diff 1\n%session restore before",
        "from session_state_ext import connect\n%time %session run train",
        "%session set lr 0.1",
        "class Params:\n    lr: float = 0.1\n\n\nsession.declare(Params)",
        "%%session steep train\nloss = 1",
        "%session use other\n%session",
    )
    ended = terminal("eject", "study.ipynb")
    assert ended.err.splitlines()[1:] == [
        "Cell 2: %session run train, %session reset lr, %session undo are comments now; a plain notebook does not do "
        "that. Edit it.",
        "Cell 3: old = %session diff 1, %session restore before are comments now; a plain notebook does not do that. "
        "Edit it.",
        "Cell 4 still has %time %session run train, from session_state_ext import connect, which needs the extension. "
        "Edit it.",
        "Cell 5: %session set lr 0.1 is a comment now; a plain notebook does not do that. Edit it.",
        "Cell 6: session.declare(Params) is a comment now; a plain notebook does not do that. Edit it.",
        "Cell 7: %%session steep train is a comment now; a plain notebook does not do that. Edit it.",
        "Cell 8: %session use other is a comment now; a plain notebook does not do that. Edit it.",
        "What only shows something is a comment now: %session, %session history lr, in cells 3, 8.",
    ]


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
