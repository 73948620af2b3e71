"""``jupyter session run``: real notebooks in real kernels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from .conftest import Terminal

LOAD = "%load_ext session_state_ext"
TRAIN = "%%session step train --in lr --out loss\nloss = (lr - 0.5) ** 2\nprint('trained')"


def printed(path: Path | str) -> str:
    """All that the cells of an executed notebook printed."""
    cells = nbformat.read(path, as_version=4).cells  # type: ignore[no-untyped-call]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def test_results_are_what_the_cells_wrote(terminal: Terminal) -> None:
    terminal.notebook("study.ipynb", LOAD, "session.setdefault('lr', 0.1)\nsession.setdefault('n', 1)", TRAIN)
    ended = terminal("run", "study.ipynb", "out.ipynb", "-p", "lr=1.50", "--stale", "--json")
    assert ended.code == 0, ended.err
    assert ended.err.startswith("--stale leaves nothing out in a session that is thrown away.")
    assert '"parameters":{"lr":1.50}' in ended.out
    assert ended.json["results"] == {"n": 1, "loss": 1.0}
    assert (ended.json["status"], ended.json["session"], ended.json["error"]) == ("done", None, None)
    (run,) = ended.json["runs"]
    cells = nbformat.read("out.ipynb", as_version=4).cells  # type: ignore[no-untyped-call]
    assert (run["step"], run["status"], run["cell"]) == ("train", "done", cells[2].id)
    assert "trained" in printed("out.ipynb")
    assert "[3/3]" in ended.err
    assert "step train" in ended.err
    # Thrown away, and nothing of it left.
    assert terminal("list", "--json").json == {"sessions": []}


def test_which_value_of_a_parameter_wins(terminal: Terminal) -> None:
    terminal.notebook(
        "study.ipynb",
        "a, b = 0, 0\np = 1\nfile = 1\nbrief = 1\nstored = 1\ndefault = 1",
        "print(p, file, stored, default)",
        LOAD,
        "print(dict(session))",
        tags={0: "parameters"},
    )
    Path("night.yaml").write_text("p: 2\nfile: 2e-3\nbrief: '1e3'\n")
    terminal.ok("set", "sweep", "p=3", "file=3", "stored=3", "--new")
    ended = terminal("run", "study.ipynb", "out.ipynb", "--session", "sweep", "--params", "night.yaml", "-p", "p", "-1")
    assert "night.yaml: 2e-3 is read as a number; text needs quotes.\n" in ended.err
    assert "-1 0.002 3 1\n" in printed("out.ipynb")
    assert terminal("get", "sweep").json == {"p": -1, "file": 0.002, "brief": "1e3", "stored": 3, "default": 1}
    # An executed notebook can be run again.
    terminal.ok("run", "out.ipynb", "again.ipynb", "--session", "sweep", "--set", "p=5")
    assert "5 0.002 3 1\n" in printed("again.ipynb")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["-p", "lrr", "1"], 4, "has no parameter lrr. Did you mean lr?"),
        (["--params", "bad.yaml"], 4, "has no parameter other"),
        (["-p", "lr", "0,5"], 5, "write it with a point: 0.5"),
        (["--params", "nothing.yaml"], 5, "cannot be read"),
        (["--params", "list.yaml"], 5, "does not hold names with values"),
        (["-p", "lr", "1", "--SessionStateExtension.value_bytes=0"], 5, "lr: a value can have"),
        (["nowhere/out.ipynb"], 1, "there is no such folder"),
        (["--kernel", "nothing"], 1, "There is no kernel nothing"),
    ],
)
def test_what_is_wrong_is_said_before_the_first_cell(
    terminal: Terminal, words: list[str], code: int, says: str
) -> None:
    terminal.notebook("study.ipynb", "open('ran', 'w').close()", TRAIN)
    Path("bad.yaml").write_text("other: 1\n")
    Path("list.yaml").write_text("- 1\n")
    ended = terminal("run", "study.ipynb", *words)
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err
    assert "Traceback" not in ended.err
    assert not Path("ran").exists()


def test_the_tour_is_run_with_parameters(terminal: Terminal) -> None:
    tour = str(Path(__file__).parents[2] / "notebooks" / "tour.ipynb")
    for words, code, says in [
        (("--set", "hidden=many"), 5, 'hidden: "many" is not a whole number.\n'),
        (("--set", "hidden=0"), 5, "hidden: 0 is less than the minimum 1.\n"),
        (("-p", "test_share", "1.5"), 5, "test_share: 1.5 is more than the maximum 0.9.\n"),
        (("-p", "hiden", "8"), 4, "tour.ipynb has no parameter hiden. Did you mean hidden?"),
    ]:
        refused = terminal("run", tour, *words)
        assert (refused.code, refused.out) == (code, "")
        assert refused.err.startswith(says), "and no cell has run"
    ended = terminal("run", tour, "out.ipynb", "--set", "hidden=8", "-p", "epochs", "2", "--strict", "--json")
    assert ended.code == 0, ended.err
    results = ended.json["results"]
    assert ended.json["parameters"] == {"hidden": 8, "epochs": 2}
    assert (results["test_share"], results["n_train"], results["epoch"]) == (0.25, 1347, 2)
    assert len(results["losses"]) == 2
    assert 0 < results["accuracy"] < 1
    assert [run["step"] for run in ended.json["runs"]] == ["prepare", "train", "evaluate"]
    assert "neurons in the hidden layer" in printed("out.ipynb") + Path("out.ipynb").read_text()


def test_a_notebook_that_is_missing_or_none(terminal: Terminal) -> None:
    assert terminal("run", "nothing.ipynb").code == 6
    Path("text.ipynb").write_text("no notebook")
    ended = terminal("run", "text.ipynb")
    assert (ended.code, ended.err.count("\n")) == (6, 1)
    assert "text.ipynb is no notebook" in ended.err


def test_what_a_step_reads_without_saying_so_is_a_parameter(terminal: Terminal) -> None:
    """What cells import or define is none."""
    reads = "%%session step train --out loss\nloss = sqrt(lr)"
    terminal.notebook("study.ipynb", LOAD, "from math import sqrt\nsession.setdefault('n', 1)", reads)
    ended = terminal("run", "study.ipynb", "-p", "lr", "0.25", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["results"] == {"n": 1, "loss": 0.5}
    wrong = terminal("run", "study.ipynb", "-p", "sqrt", "1")
    assert wrong.code == 4
    assert wrong.err.endswith("has no parameter sqrt. It has lr, n.\n")


def test_a_cell_that_fails_ends_the_run(terminal: Terminal) -> None:
    failing = "%%session step train --in lr --out loss\nloss = 1 / lr"
    terminal.notebook("study.ipynb", LOAD, failing, "open('ran', 'w').close()")
    ended = terminal("run", "study.ipynb", "out.ipynb", "--session", "sweep", "-p", "lr", "0", "--json")
    assert ended.code == 3
    assert ended.err.splitlines()[-1] == "Cell 2 (step train) failed: ZeroDivisionError: division by zero"
    assert "\n----> 1 loss = 1 / lr\n" in ended.err or "\n----> 2 loss = 1 / lr\n" in ended.err, "where it did"
    assert ended.json["status"] == "failed"
    assert ended.json["error"]["step"] == "train"
    assert "loss = 1 / lr" in ended.json["error"]["traceback"]
    assert not Path("ran").exists()
    outputs = nbformat.read("out.ipynb", as_version=4).cells[1].outputs  # type: ignore[no-untyped-call]
    assert any(output.get("ename") == "ZeroDivisionError" for output in outputs)
    assert terminal("get", "sweep").json == {"lr": 0}


def test_cells_have_the_numbers_that_the_author_sees(terminal: Terminal) -> None:
    """The cell that is put in behind the parameters has none; what is checked behind a cell is checked behind that."""
    cells = [
        "lr, note = 1, 2\nnote = 'x'",
        LOAD,
        "for n in 'abc':\n    session.declare(n, 1)",
        "open('ran', 'w').close()",
        "1 / 0",
    ]
    terminal.notebook("study.ipynb", *cells, tags={0: "parameters"})
    ended = terminal("run", "study.ipynb", "out.ipynb", "-p", "b", "2", "-p", "note", "5")
    assert ended.code == 3, ended.err
    assert ended.err.startswith('note is "x" in the notebook, which is text, and was given as 5, which is not.')
    assert "--set 'note=\"5\"'" in ended.err
    assert ended.err.splitlines()[-1] == "Cell 5 failed: ZeroDivisionError: division by zero"
    assert "[5/5]" in ended.err
    # One of an earlier run is a cell that the author sees.
    assert terminal("run", "out.ipynb", "-p", "b", "2").err.splitlines()[-1].startswith("Cell 6 failed")
    kept = Path("study.ipynb").read_bytes()
    for same in ("study.ipynb", "./study.ipynb"):
        ended = terminal("run", "study.ipynb", same)
        assert (ended.code, Path("study.ipynb").read_bytes()) == (2, kept)
        assert "Write: study.ipynb study.out.ipynb" in ended.err


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ("time.sleep(600)", "10"),
        # The cells before this one need their time, too.
        ("while True:\n    try:\n        time.sleep(600)\n    except: pass", "9.5"),
    ],
)
def test_a_cell_that_takes_too_long_is_stopped_and_its_run_interrupted(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, body: str, seconds: str
) -> None:
    """Also one that swallows what interrupts it: then its kernel goes. Seconds may be a fraction."""
    if "except" in body:
        monkeypatch.setattr("session_state_ext.cli.client._GRACE_SECONDS", 0.5)
    slow = f"%%session step slow --in lr --out loss\nimport time\n{body}\nloss = 1"
    terminal.notebook("study.ipynb", LOAD, "session['before'] = 1", slow)
    ended = terminal("run", "study.ipynb", "--session", "sweep", "-p", "lr", "1", "--timeout", seconds, "--json")
    assert ended.code == 7
    assert ended.err.splitlines()[-1] == f"Cell 3 (step slow) ran longer than {seconds} s and was stopped."
    assert [run["status"] for run in ended.json["runs"]] == ["interrupted"]
    assert ended.json["results"] == {"before": 1}


def test_a_kernel_that_dies(terminal: Terminal) -> None:
    """What it ran is not running any more for those who look next."""
    dying = (
        "#| step: die -> x\nsession.flush()\nimport faulthandler, os, resource, signal\nfaulthandler.enable()\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nos.kill(os.getpid(), signal.SIGSEGV)"
    )
    terminal.notebook("study.ipynb", LOAD, dying)
    ended = terminal("run", "study.ipynb", "--session", "sweep", "--json")
    assert ended.code == 3
    assert "The kernel died in cell 2 (step die)." in ended.err
    assert "Fatal Python error: Segmentation fault" in ended.err, "what else it had to say"
    assert [run["status"] for run in ended.json["runs"]] == ["interrupted"]
    assert terminal.ok("steps", "sweep", "die", "--forget") == "Forgotten: die. What they wrote stays.\n"


@pytest.mark.parametrize("where", [[], ["--session", "duo"]], ids=["thrown away", "kept"])
def test_the_results_follow_the_session_that_a_cell_uses(terminal: Terminal, where: list[str]) -> None:
    """Also from a session that is thrown away; what is given is not written there unasked."""
    terminal.ok("set", "night", "lr=5", "old=1", "--new")
    cells = [
        "session['before'] = session['lr']\n%session list",
        "try:\n    %session use nigt\nexcept Exception as error:\n    print(error)",
        "%session use night",
        "session['after'] = session['old'] + 1",
        "import os\nfrom session_state_ext import connect\nconnect('night')['named'] = 1\n"
        "connect()['handed'] = session.id == os.environ['SESSION_STATE_SESSION'] and "
        "'SESSION_STATE_USED' not in os.environ",
    ]
    terminal.notebook("study.ipynb", LOAD, *cells)
    ended = terminal("run", "study.ipynb", "out.ipynb", "-p", "lr", "1", "--json", *where)
    assert ended.code == 0, ended.err
    assert ended.json["results"] == {"before": 1, "after": 2, "named": 1, "handed": True}
    assert ended.json["session"]["name"] == "night"
    assert ended.json["warnings"] == [
        "lr was not given to the session night, which the notebook uses since cell 4. To set it there: "
        "jupyter session set night lr=..."
    ]
    assert terminal("get", "night").json == {"lr": 5, "old": 1, "after": 2, "named": 1, "handed": True}
    names = [one["name"] for one in terminal("list", "--json").json["sessions"]]
    assert sorted(names) == (["duo", "night"] if where else ["night"])
    assert "Did you mean night?" in printed("out.ipynb")
    assert "then session night" in terminal.ok("run", "study.ipynb", "-p", "lr", "1", *where)


def test_strict_fails_on_a_warning(terminal: Terminal) -> None:
    terminal.notebook("study.ipynb", LOAD, "%%session step make --out thing n\nthing = object()\nn = 1")
    lax = terminal("run", "study.ipynb", "--json")
    assert (lax.code, lax.json["status"]) == (0, "warned")
    assert "thing is in kernel only" in lax.json["warnings"][0]
    strict = terminal("run", "study.ipynb", "--strict", "--json")
    assert (strict.code, strict.json["results"]) == (8, {"n": 1})


def test_a_cell_that_replaces_what_was_given_is_a_warning(terminal: Terminal) -> None:
    """However it does it, and once; a cell that only fills in what is missing is none."""
    cells = [
        "session.setdefault('kept', 1)\nsession.declare('held', 1.0)\nsession['same'] = 1.50",
        "%session set lr = 0.1",
        "session['n'] = 1\nsession['n'] = 2",
        "size = 3\n%session push size",
        "%session bind depth\ndepth = 4",
        "del session['gone']",
        "#| step: make -> made\nmade = 1",
    ]
    names = ("kept", "held", "same", "lr", "n", "size", "depth", "gone", "made")
    reads = [f"session.get({name!r})" for name in names]
    terminal.notebook("study.ipynb", LOAD, *cells, "\n".join(["session['lr'] = 0.2", *reads]))
    given = [f"--set={name}=1.5" for name in names]
    ended = terminal("run", "study.ipynb", "--strict", "--json", *given)
    assert ended.code == 8, ended.err
    said = ended.json["warnings"]
    assert [one.partition(". ")[0].rstrip(".") for one in said] == [
        "lr was given as 1.5 and is 0.1 since cell 3",
        "n was given as 1.5 and is 2 since cell 4",
        "size was given as 1.5 and is 3 since cell 5",
        "depth was given as 1.5 and is 4 since cell 6",
        "gone was given as 1.5 and is no more since cell 7",
        "made was given as 1.5 and is 1 since cell 8 (step make)",
    ]
    assert all(one in ended.err for one in said)
    assert 'session.setdefault("lr", 0.1)' in said[0]
    assert terminal("run", "study.ipynb", "-p", "kept", "1.5", "-p", "gone", "1", "--json").json["status"] == "warned"


def test_stale_leaves_out_what_is_fresh(terminal: Terminal) -> None:
    def skipped(*words: str) -> list[str]:
        ended = terminal("run", "study.ipynb", "out.ipynb", "--session", "sweep", "--stale", "--json", *words)
        assert ended.code == 0, ended.err
        left: list[str] = ended.json["skipped"]
        return left

    prepare = "%%session step prepare --in share --out size\nsize = int(100 * share)"
    train = "%%session step train --in size lr --out loss\nloss = size * lr"
    look = "%%session step look --in other --out seen\nseen = other\nmodel = object()"
    terminal.notebook("study.ipynb", LOAD, prepare, train, look, "print('loss', loss)")
    assert skipped("-p", "share", "0.5", "-p", "lr", "1", "-p", "other", "1") == []
    assert skipped() == ["prepare", "train", "look"]
    # A cell that runs finds the output of one that does not.
    assert "loss 50" in printed("out.ipynb")
    # What is the same to a step is the same here.
    assert skipped("-p", "lr", "1.0") == ["prepare", "train", "look"]
    assert skipped("-p", "lr", "2") == ["prepare", "look"]
    assert "loss 100" in printed("out.ipynb")
    # What reads the output of one that runs, runs.
    assert skipped("-p", "share", "0.25") == ["look"]
    # An output that somebody else has written is made again.
    terminal.ok("set", "sweep", "loss=0")
    assert skipped() == ["prepare", "look"]
    # A name that only the kernel has is made again where it is read.
    terminal.notebook("study.ipynb", LOAD, prepare, train, look, "print(model)")
    assert skipped() == ["prepare", "train"]
    # Another source is another step.
    terminal.notebook("study.ipynb", LOAD, prepare, train + " + 1", look)
    assert skipped() == ["prepare", "look"]


def test_the_notebooks_own_session(terminal: Terminal) -> None:
    terminal.notebook("study.ipynb", LOAD, TRAIN)
    terminal.ok("run", "study.ipynb", "--own", "-p", "lr", "0.5")
    assert terminal("get", "study.ipynb").json == {"lr": 0.5, "loss": 0.0}
    assert terminal.ok("get", "study.ipynb", "loss") == "0.0\n"


def test_as_a_command_of_its_own(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also: the session that the environment names; a server's credential is nothing to this kernel."""
    terminal.notebook("study.ipynb", LOAD, TRAIN)
    profile = Path(os.environ["IPYTHONDIR"]) / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text("c.Application.log_level = 'DEBUG'\n")
    environment = os.environ | {
        "SESSION_STATE_SESSION": "sweep",
        "KERNEL_SESSION_STATE_URL": "http://127.0.0.1:9",
        "KERNEL_SESSION_STATE_TOKEN": "wrong",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
    }
    command = [sys.executable, "-m", "jupyter", "session", "run", "study.ipynb", "--set", "lr=1.5", "--json"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    progress = [line.partition("]")[0] for line in ran.stderr.splitlines()]
    assert progress == ["[1/2", "[2/2"], "and not what the kernel logs"
    said: dict[str, Any] = json.loads(ran.stdout)
    assert (said["results"], said["session"]["name"]) == ({"loss": 1.0}, "sweep")
    assert terminal("get", "sweep").json == {"lr": 1.5, "loss": 1.0}


def test_without_nbclient_a_sentence_says_what_to_install(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.notebook("study.ipynb", "1")
    monkeypatch.delitem(sys.modules, "session_state_ext.cli.client", raising=False)
    for name in ("nbclient", "nbclient.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    ended = terminal("run", "study.ipynb")
    assert ended.code == 1
    assert "pip install 'session-state-ext[run]'" in ended.err


DECLARED = (
    "session.declare('lr', 0.1, minimum=0, maximum=1, description='learning rate')\n"
    "session.declare({'properties': {'seed': {'type': 'integer'}}})\n"
    "%session declare optimizer = 'adam' --choices adam sgd"
)
TYPED = "%%session parameters\nepochs = 3  # passes over the data"
COMPUTED = (
    "from dataclasses import dataclass\n\n\n@dataclass\nclass Params:\n    depth: int = 3\n\n\nsession.declare(Params)\n"
    "session.declare('width', 8, maximum=2 ** 4)"
)


@pytest.mark.parametrize(
    ("pair", "code", "says"),
    [
        (("lr", "2"), 5, "lr: 2 is more than the maximum 1."),
        (("lr", "fast"), 5, "lr: "),
        (("optimizer", "adamm"), 5, "optimizer: "),
        (("epochs", "2.5"), 5, "epochs: "),
        (("seed", "x"), 5, "seed: "),
        (("note", "5"), 5, "note: "),
        (("epoch", "2"), 4, "has no parameter epoch. Did you mean epochs?"),
    ],
)
def test_what_the_cells_declare_is_known_before_the_first_one(
    terminal: Terminal, pair: tuple[str, str], code: int, says: str
) -> None:
    noted = "# Parameters\nnote: str = 'a'  # what this run is for"
    terminal.notebook("study.ipynb", "open('ran', 'w').close()", LOAD, DECLARED, TYPED, noted)
    ended = terminal("run", "study.ipynb", "-p", *pair)
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err
    assert not Path("ran").exists()


def test_what_the_cells_declare_and_allow(terminal: Terminal) -> None:
    """Also: a step's parameters are its function's; a comment in a cell of parameters describes."""
    function = "@session.step(outputs='twice')\ndef double(size: int):\n    return 2 * size\n\n\nsession.run('double')"
    noted = "# Parameters\nlr = 0.5\nnote = 'a'  # what this run is for"
    terminal.notebook("study.ipynb", LOAD, DECLARED, TYPED, noted, function, "%session pull other")
    words = [word for pair in ("epochs=5", "optimizer=sgd", "size=4", "other=1", "note=b") for word in ("--set", pair)]
    terminal.ok("run", "study.ipynb", "--session", "sweep", *words)
    state = terminal("get", "sweep").json
    assert {"epochs": 5, "optimizer": "sgd", "twice": 8, "note": "b", "lr": 0.5}.items() <= state.items()
    specs = terminal("export", "sweep").json["specs"]
    assert specs["note"] == {"description": "what this run is for", "default": "a"}
    assert specs["lr"]["description"] == "learning rate"
    # What the notebook declares now counts, not what an earlier version of it did.
    terminal.notebook("study.ipynb", LOAD, "session.declare('lr', 0.1, minimum=0, maximum=9)")
    terminal.ok("run", "study.ipynb", "--session", "sweep", "-p", "lr", "5")
    assert terminal("get", "sweep", "lr").json == 5


@pytest.mark.parametrize(
    ("pair", "code", "says"),
    [
        (("width", "99"), 5, "width: 99 is more than the maximum 16. Cell 2 says so."),
        (("depth", "deep"), 5, "Cell 2 says so."),
        (("dept", "1"), 4, "has no parameter dept. Did you mean depth?"),
        (("width", "9"), 0, ""),
    ],
)
def test_what_is_known_only_when_it_is_declared(
    terminal: Terminal, pair: tuple[str, str], code: int, says: str
) -> None:
    terminal.notebook("study.ipynb", LOAD, COMPUTED, "open('ran', 'w').close()")
    ended = terminal("run", "study.ipynb", "-p", *pair)
    assert ended.code == code, ended.err
    assert says in ended.err
    assert Path("ran").exists() == (code == 0)


def test_names_that_are_known_only_when_they_are_declared(terminal: Terminal) -> None:
    terminal.notebook("study.ipynb", LOAD, "for n in 'abc':\n    session.declare(n, 1)", "open('ran', 'w').close()")
    terminal.ok("run", "study.ipynb", "-p", "b", "2")
    Path("ran").unlink()
    ended = terminal("run", "study.ipynb", "-p", "d", "2", "--json")
    assert (ended.code, ended.json["status"]) == (4, "unknown")
    assert "has no parameter d." in ended.err
    assert not Path("ran").exists()
