"""What the startup file does to every kernel of an environment: next to nothing, until %session is used."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from session_state_ext.kernel.lazy import reads_unbound
from session_state_ext.kernel.magics import COMMANDS

from .conftest import STARTUP
from .notebook import Kernel

MakeKernel = Callable[..., Kernel]


@pytest.fixture
def started(lone: MakeKernel, home: Path) -> MakeKernel:
    folder = home / "ipythondir" / "profile_default" / "startup"
    folder.mkdir(parents=True)
    (folder / "00-session-state.py").write_bytes(STARTUP.read_bytes())
    return lone


def test_nothing_is_loaded_named_or_left_in_the_environment(started: MakeKernel) -> None:
    kernel = started(KERNEL_SESSION_STATE_URL="http://127.0.0.1:1/", KERNEL_SESSION_STATE_TOKEN="secret")
    assert kernel.run("%who_ls").value == "[]"
    assert kernel.run("[name for name in globals() if 'session' in name.lower()]").value == "[]"
    assert kernel.run("import os\n[name for name in os.environ if 'SESSION_STATE' in name]").value == "[]"
    heavy = "('msgspec', 'sqlalchemy', 'websockets', 'session_state_ext.kernel.link')"
    assert kernel.run(f"import sys\n[name for name in {heavy} if name in sys.modules]").value == "[]"


def test_the_magic_is_there_without_being_loaded(started: MakeKernel) -> None:
    kernel = started(SESSION_STATE_SESSION="sweep")
    assert kernel.run("%session set lr = 0.1").ok
    assert kernel.run("session['lr']").value == "0.1"


def test_tab_knows_our_lines_before_their_first_use_and_offers_nothing_of_pythons(started: MakeKernel) -> None:
    kernel = started(SESSION_STATE_SESSION="sweep")
    assert {"set", "get", "declare"} <= set(kernel.complete("%session ")) <= set(COMMANDS)
    assert kernel.run("%session set lr = 1 tags = []\n#").ok
    assert kernel.run("#| step: train(lr) -> loss\nloss = lr").ok
    for line in ("%session get l", "x = %session get l", "if True:\n    %session get l"):
        assert kernel.complete(line) == ["lr", "loss"], line
    assert kernel.complete("#| step: tr") == ["train"]
    assert kernel.complete("%session run --st") == ["--stale"]
    assert "while" in kernel.complete("whi"), "and Python's own lines are Python's"


def test_a_step_can_be_the_very_first_cell(started: MakeKernel) -> None:
    kernel = started(SESSION_STATE_SESSION="sweep")
    ran = kernel.run("%%session step first --out y\ny = 1\n1/0")
    assert (
        "----> 3" in ran.text.replace("\x1b[32m", "").replace("\x1b[39m", "").replace("\x1b[49m", "") or "3" in ran.text
    )
    assert kernel.run("%%session step first --out y\ny = 1").ok
    assert kernel.run("session['y']").value == "1"


def test_the_first_word_may_be_python(started: MakeKernel) -> None:
    kernel = started(SESSION_STATE_SESSION="sweep")
    assert kernel.run("def read():\n    return session['lr']").ok
    ran = kernel.run("read()")
    assert "session is there after %load_ext session_state_ext" in ran.text, "its code reads it, this cell does not"
    ran = kernel.run("session['lr'] = 1\nx = session.get('lr')\nprint(x)")
    assert (ran.text, kernel.run("session.saved").value) == ("1\n", "True")
    assert "after %load_ext" not in kernel.run("nothing_of_ours").text
    kernel.run("%unload_ext session_state_ext")
    assert "session is there after %load_ext" in kernel.run("print(session)").text, "unloaded is unloaded"


@pytest.mark.parametrize(
    ("code", "loads"),
    [
        ("x = session['lr']", True),
        ("if True:\n    session_state.get('lr')", True),
        ("@session.step(outputs='y')\ndef f(): return 1", True),
        ("class A:\n    x = session['lr']", True),
        ("def f(session): return session", False),
        ("f = lambda: session['lr']", False),
        ("session = requests.Session()\nsession.get('/')", False),
        ("from models import *\nsession.query()", False),
        ("import session\nsession.go()", False),
        ("with Session() as session:\n    session.add(1)", False),
        ("self.session.add(1)", False),
    ],
)
def test_only_code_that_would_be_a_name_error_loads(code: str, loads: bool) -> None:
    assert bool(reads_unbound(ast.parse(code))) == loads


def test_an_eager_kernel_has_the_names_before_its_first_cell(started: MakeKernel) -> None:
    kernel = started(SESSION_STATE_SESSION="sweep", KERNEL_SESSION_STATE_EAGER="1")
    assert kernel.run("session['lr'] = 1\nsession_state['lr']").value == "1"


def test_loading_by_hand_as_well_changes_nothing(started: MakeKernel) -> None:
    kernel = started(SESSION_STATE_SESSION="sweep")
    kernel.run("%session set lr = 0.1")
    ran = kernel.run("%load_ext session_state_ext")
    assert "already loaded" in ran.text
    assert kernel.run("session['lr']").value == "0.1"


def test_a_startup_file_without_its_package_is_silent(lone: MakeKernel, home: Path) -> None:
    folder = home / "ipythondir" / "profile_default" / "startup"
    folder.mkdir(parents=True)
    text = STARTUP.read_text().replace("session_state_ext.kernel.lazy", "session_state_ext_that_went")
    (folder / "00-session-state.py").write_text(text)
    kernel = lone()
    assert kernel.run("1 + 1").value == "2"
    assert kernel.run("%who_ls").value == "[]"
