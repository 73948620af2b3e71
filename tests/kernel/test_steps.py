"""Steps in a real IPython, on a session in memory: what the cell shows, what is written, what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from session_state_ext.kernel.extension import Extension
from session_state_ext.model import Run

from .notebook import Shell


def run_of(shell: Shell, step: str) -> Run:
    """The latest record of a step."""
    extension: Extension = shell.ip._session_state_extension
    assert extension.link.flush()
    return extension.link.steps()[step].run


def test_inputs_go_in_and_outputs_come_back_in_one_change(shell: Shell) -> None:
    shell.run("%session set lr = 0.1 epochs = 3")
    before = shell.session.revision
    ran = shell.run(
        "%%session step train --in lr epochs --out loss acc\nloss = lr * epochs\nacc = [1]\nloss", cell="c1"
    )
    assert ran.ok, ran.text
    assert ran.value == pytest.approx(0.3)
    assert shell.session["loss"] == ran.value
    assert shell.session["acc"] == [1]
    assert shell.session.revision == before + 2  # it runs; it is done
    run = run_of(shell, "train")
    assert (run.status, run.written, run.cell, run.outputs) == ("done", ["loss", "acc"], "c1", ["loss", "acc"])
    assert {name: (one.revision, bytes(one.value)) for name, one in run.inputs.items()} == {
        "lr": (1, b"0.1"),
        "epochs": (1, b"3"),
    }
    assert "train: done" in ran.text
    assert "wrote loss, acc" in ran.text


def test_a_missing_input_is_named_and_nothing_runs(shell: Shell) -> None:
    shell.run("%session set epochs = 3")
    ran = shell.run("%%session step train --in lr epochs --out loss\nprint('ran')\nloss = 1")
    assert not ran.ok
    assert ran.text.strip() == (
        "train was not run: it needs lr, which this session does not have. "
        "Set it in the Session panel, or with: %session set lr = ..."
    )
    assert "loss" not in shell.session
    assert "epochs" not in shell.names
    run = run_of(shell, "train")
    assert run.status == "refused"
    assert run.error is not None
    assert "lr" in run.error.message


def test_a_failing_body_shows_its_own_traceback_and_writes_nothing(shell: Shell) -> None:
    shell.run("%session set lr = 1 loss = 7")
    ran = shell.run("%%session step train --in lr --out loss\nloss = 5\n\nlr / 0\n")
    assert not ran.ok
    assert "----> 4 lr / 0" in ran.text
    assert "ZeroDivisionError" in ran.text
    assert "session_state_ext" not in ran.text, "frames of the extension are nobody's business"
    assert shell.session["loss"] == 7
    run = run_of(shell, "train")
    assert run.status == "failed"
    assert run.error is not None
    assert (run.error.type, run.error.message, run.error.line) == ("ZeroDivisionError", "division by zero", 4)


def test_a_syntax_error_is_shown_where_it_is(shell: Shell) -> None:
    ran = shell.run("%%session step train --out loss\nx = 1\nloss = = 2\n")
    assert not ran.ok
    assert "line 3" in ran.text
    assert "loss" not in shell.session
    assert shell.run("1 + 1").value == 2


@pytest.mark.parametrize(
    ("before", "body", "made"),
    [
        ("", "pass", False),
        ("y = 1", "pass", False),
        ("y = 1", "y = 1", True),
        ("y = 1.5", "y = y", True),
        ("y = 1", "if False:\n    y = 1", False),
        ("y = 1", "if True:\n    y = 1", True),
        ("y = 1", "for y in [1]:\n    pass", True),
        ("y = 1", "for y in []:\n    pass", False),
        ("y = 1", "try:\n    y = 1\n    1/0\nexcept ZeroDivisionError:\n    pass", True),
        ("y = 1", "def f():\n    y = 1\nf()", False),
        ("y = 1", "def f():\n    global y\n    y = 1\nf()", True),
        ("y = 2.5", "if False:\n    y = 2.5", False),
        ("y = [1]", "pass", False),
        ("y = [1]", "y.append(2)", True),
        ("y = [1]", "if False:\n    y = [1]", False),
        ("y = [1]", "y = [1]", True),
        ("y = 1", "import contextlib\nwith contextlib.suppress(ZeroDivisionError):\n    1/0\n    y = 1", False),
        ("y = 1", "with open('/dev/null') as y:\n    pass\ny = 3", True),
        ("y = 1", "del y", False),
        ("y = 1", "[y := 1]", True),
    ],
)
def test_an_output_that_the_body_did_not_make_fails_the_run_by_name(
    shell: Shell, before: str, body: str, made: bool
) -> None:
    shell.run(before)
    ran = shell.run(f"%%session step make --out y\n{body}")
    assert ran.ok is made, ran.text
    if not made:
        assert ran.text.strip() == (
            "make failed: --out promises y, which the cell neither assigned nor changed. "
            "Assign it in the cell, or take y out of --out."
        )
        assert "y" not in shell.session
    assert run_of(shell, "make").status == ("done" if made else "failed")


def test_what_cannot_be_stored_stays_in_the_kernel_and_the_rest_is_written(shell: Shell) -> None:
    ran = shell.run(
        "%%session step fit --out image model loss\n"
        "import numpy as np\nimage = np.zeros((800, 600))\nmodel = object()\nloss = 0.5"
    )
    assert ran.ok
    assert "fit: image is in kernel only: ndarray 800x600, 3.8 MB." in ran.text
    assert "fit: model is in kernel only: object." in ran.text
    assert dict(shell.session) == {"loss": 0.5}
    run = run_of(shell, "fit")
    assert (run.status, run.written, len(run.warnings)) == ("warned", ["loss"], 2)


def test_an_output_that_must_not_be_written_is_told_and_the_rest_is_one_change(shell: Shell) -> None:
    shell.run("session.declare('loss', 0.5, maximum=1)\nsession.update(kept=1)\nsession.lock('kept')")
    before = shell.session.revision
    train = "#| step: train() -> loss acc kept\nloss, acc, kept = 2, 3, 4"
    ran = shell.run(train)
    assert ran.ok
    said = [
        "loss = 2 was not taken and is in kernel only: 2 is more than the maximum 1.",
        "kept = 4 was not taken and is in kernel only: kept is locked. To change it, unlock it first: in its menu in the "
        "Session panel, or with session.unlock('kept').",
    ]
    assert [f"train: {one}" in ran.text for one in said] == [True, True]
    assert "wrote acc" in ran.text
    assert ran.text.count("maximum") == 1
    assert shell.session.revision == before + 2
    run = run_of(shell, "train")
    assert (run.status, run.written, run.warnings, run.left) == ("warned", ["acc"], said, ["loss", "kept"])
    assert shell.session.steps()["train"].kernel_only == ["loss", "kept"]
    assert "loss: train has made a newer loss since" in shell.run("%session").text
    ran = shell.run("#| step: report(loss) -> text\ntext = str(loss)")
    assert "loss: as train left it in this kernel" in ran.text
    assert shell.session["text"] == "2"
    shell.run("session.unlock('kept')\nsession.declare('loss', maximum=9)")
    assert shell.run(train).text.endswith("wrote loss, acc, kept\n")


@pytest.mark.parametrize("heard", [True, False])
def test_an_output_that_was_refused_stays_in_a_bound_name(shell: Shell, heard: bool) -> None:
    shell.run("session.declare('loss', 0.5, maximum=1)\n%session bind loss")
    if not heard:
        shell.ip._session_state_extension.link.specs.clear()
    ran = shell.run("#| step: train() -> loss\nloss = 2")
    assert ran.text.count("maximum") == 1, "told once"
    assert shell.run("loss").value == 2
    assert shell.session["loss"] == 0.5
    assert shell.session.steps()["train"].kernel_only == ["loss"]
    shell.run("loss = 0.25")
    assert shell.session["loss"] == 0.25


@pytest.mark.parametrize("function", [False, True])
def test_an_output_that_only_the_server_refuses_is_told_at_the_end_of_its_step(shell: Shell, function: bool) -> None:
    shell.run("session.declare('loss', 0.5, maximum=1)")
    # As if somebody else had declared it just now, and this kernel had not heard of it yet.
    shell.ip._session_state_extension.link.specs.clear()
    before = shell.session.revision
    if function:
        shell.run("@session.step(outputs='loss acc')\ndef train():\n    return 2, 3")
        ran = shell.run("%session run train")
    else:
        ran = shell.run("#| step: train() -> loss acc\nloss, acc = 2, 3")
    assert ran.ok
    said = "loss = 2 was not taken and is in kernel only: 2 is more than the maximum 1."
    assert f"train: {said}" in ran.text
    assert ran.text.count("maximum") == 1, "told once"
    assert "train: done with warnings" in ran.text
    assert "wrote acc" in ran.text
    assert shell.session.revision == before + 2, "the others and the record are one change"
    run = run_of(shell, "train")
    assert (run.status, run.written, run.warnings, run.left) == ("warned", ["acc"], [said], ["loss"])
    assert shell.session["loss"] == 0.5
    assert shell.session.steps()["train"].kernel_only == ["loss"]
    shell.run("#| step: report(loss) -> text\ntext = str(loss)")
    assert shell.session["text"] == "2"


def test_writes_inside_a_step_stay_whatever_happens(shell: Shell) -> None:
    shell.run("%%session step train --out loss\nsession['epoch'] = 1\nsession['epoch'] = 2\n1/0")
    assert shell.session["epoch"] == 2
    with shell.ip._session_state_extension.link.moment() as replica:
        origin = replica.rows["epoch"].origin
    assert (origin.kind, origin.step, origin.run) == ("step", "train", run_of(shell, "train").id)
    shell.run("session['epoch'] = 3")
    with shell.ip._session_state_extension.link.moment() as replica:
        assert replica.rows["epoch"].origin.kind == "cell"


def test_what_is_read_inside_is_an_input_too(shell: Shell) -> None:
    shell.run("%session set lr = 0.1 seed = 7 other = 1")
    shell.run(
        "%%session step train --in lr --out loss\nsession['epoch'] = 1\nloss = session['seed'] + session['epoch']"
    )
    assert list(run_of(shell, "train").inputs) == ["lr", "seed"]


def test_without_in_the_free_names_that_are_variables_are_read_and_named(shell: Shell) -> None:
    shell.run("%session set lr = 0.1 epochs = 3 loss = 9 other = 1 i = 5")
    ran = shell.run(
        "%%session step train\nimport math\nloss = lr\nfor i in range(epochs):\n    loss += i\nf = lambda other: other\nloss"
    )
    assert ran.ok, ran.text
    assert "train reads lr, epochs (no --in: the names of this cell that are variables)" in ran.text
    assert "wrote nothing; to write back: --out loss" in ran.text
    assert list(run_of(shell, "train").inputs) == ["lr", "epochs"]
    assert shell.session["loss"] == 9


def test_inputs_replace_values_with_a_word_and_functions_only_by_force(shell: Shell) -> None:
    shell.run("lr = 0.5")
    shell.run("%session set lr = 0.1 fit = 3")
    ran = shell.run("%%session step a --in lr\nlr")
    assert ran.value == 0.1
    assert "lr: 0.1 from the session replaces your 0.5 (%session push lr sends yours)" in ran.text
    shell.run("%session set lr = 0.2")
    assert "replaces" not in shell.run("%%session step a --in lr\nlr").text, "it was the session's own value"
    shell.run("def fit(): pass")
    ran = shell.run("%%session step b --in fit\nprint('ran')")
    assert ran.text.strip() == (
        "b was not run: fit is a function of this notebook; the session's variable would replace it. "
        "Use session['fit'], rename one of them, or say --force."
    )
    assert callable(shell.names["fit"])
    assert shell.run("%%session step b --in fit --force\nfit").value == 3


def test_a_step_may_await(shell: Shell) -> None:
    ran = shell.run("%%session step wait --out y\nimport asyncio\nawait asyncio.sleep(0)\ny = 1")
    assert ran.ok, ran.text
    assert shell.session["y"] == 1


def test_a_step_takes_ipython_syntax_and_other_magics_around_it(shell: Shell) -> None:
    ran = shell.run("%%capture out\n%%session step shout --out y\n!echo hello\ny = 1\nprint('inside')")
    assert ran.ok, ran.text
    assert shell.session["y"] == 1
    assert "inside" in shell.names["out"].stdout
    ran = shell.run("%%time\n%%session step again --out z\nz = 2")
    assert ran.ok, ran.text
    assert shell.session["z"] == 2
    assert run_of(shell, "again").status == "done"


def test_a_step_inside_a_cell_that_runs_cells(shell: Shell) -> None:
    ran = shell.run("get_ipython().run_cell('%%session step inner --out y\\ny = 1')\nsession['after'] = 2")
    assert ran.ok, ran.text
    assert dict(shell.session) == {"y": 1, "after": 2}
    with shell.ip._session_state_extension.link.moment() as replica:
        assert replica.rows["after"].origin.kind == "cell"


def test_the_steps_of_a_notebook_behind_run(shell: Shell, tmp_path: Path) -> None:
    """Its cells are run silently, one after another, in the names of this notebook."""

    def write(*sources: str) -> str:
        cells = [nbformat.v4.new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "setup.ipynb")  # type: ignore[no-untyped-call]
        return f"%run {tmp_path / 'setup.ipynb'}"

    shell.run("%session set lr = 2")
    inner = "#| step: inner(lr) -> y\ny = lr * 2"
    outer = "%%session step outer --in y --out z\nget_ipython().run_cell('w = y', silent=True)\nz = w + 1"
    ran = shell.run(write(inner, "lr = 0", outer) + "\nsession['after'] = 1")
    assert ran.ok, ran.text
    assert dict(shell.session) == {"lr": 2, "y": 4, "z": 5, "after": 1}
    assert "inner: done" in ran.text
    source = run_of(shell, "inner").source
    assert shell.run(inner).ok
    assert run_of(shell, "inner").source == source, "it is the same step in its own notebook"
    ran = shell.run(write(inner, "#| step: wrong(lr) -> y\ny = 1 / 0", "never = 1"))
    assert "ZeroDivisionError" in ran.text
    assert run_of(shell, "wrong").status == "failed"
    assert "never" not in shell.names
    ran = shell.run(write("#| step: needs(nothing) -> y\ny = nothing"))
    assert "needs was not run: it needs nothing" in ran.text
    assert shell.run("#| step: last(lr) -> y\ny = lr").ok
    assert shell.session.steps()["last"].status == "fresh"


def test_a_body_that_is_stopped_in_time(shell: Shell) -> None:
    ran = shell.run("%%session step slow --out y --timeout 0.3\nimport time\ntime.sleep(60)\ny = 1")
    assert not ran.ok
    assert "slow ran longer than 0.3 s and was stopped" in ran.text
    run = run_of(shell, "slow")
    assert run.status == "failed"
    assert run.error is not None
    assert run.error.type == "Timeout"
    assert shell.run("1 + 1").value == 2


def test_a_body_that_is_faster_than_its_time_is_left_alone(shell: Shell) -> None:
    assert shell.run("%%session step quick --out y --timeout 30\ny = 1").ok


def test_a_body_that_swallows_what_stops_it_is_told_of_and_writes_nothing(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("session_state_ext.kernel.alarm._AGAIN_SECONDS", 0.1)
    waits = (
        "while True:\n    try:\n        while 'goes on' not in sys.stderr.getvalue():\n            time.sleep(0.01)\n"
        "        break\n    except:\n        heard += 1"
    )
    ran = shell.run(f"#| step: slow -> y --timeout 0.3\nimport sys, time\nheard = 0\n{waits}\ny = 1")
    assert not ran.ok
    assert shell.names["heard"] == 2
    assert "slow goes on, though its time is over and it was interrupted twice" in ran.text
    assert "ran longer than 0.3 s, and its body caught what was to stop it" in ran.text
    assert "y" not in shell.session
    assert shell.session.steps()["slow"].status == "failed"
    assert not shell.run("#| step: slow -> y --timeout 0.3\ntry:\n    time.sleep(60)\nexcept:\n    y = 2").ok
    assert "y" not in shell.session
    quick = "@session.step(outputs='y', timeout=0.3)\ndef slow():\n    try:\n        time.sleep(60)\n    except:\n        return 1"
    ran = shell.run(f"{quick}\nsession.run('slow')")
    assert "slow ran longer than 0.3 s, and its body caught what was to stop it" in str(ran.error)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%session step a --in lr\npass", "Not run: it needs lr, which this session does not have. Set it in the Session panel, or with: %session set lr = ..."),
        ("%%session step a --in fit\npass", "Not run: fit is a function of this notebook; the session's variable would replace it. Use session['fit'], rename one of them, or say --force."),
        ("%%session step a --out y\npass", "Output missing: --out promises y, which the cell neither assigned nor changed. Assign it in the cell, or take y out of --out."),
        ("%%session step a\n\nraise KeyboardInterrupt", "Stopped: the run was interrupted in line 3"),
        ("%%session step a\nsession['nope']", "Session: This session has no variable 'nope'. Set it: session['nope'] = ..., or in the Session panel. in line 2"),
        ("%%session step a\n%session get nope", "Session: This session has no variable nope. Set it: %session set nope = ... in line 2"),
        ("%%session step a\nsession['y'] = object()", "Session: y: an object has no JSON form. Store what it is made from, or its result. in line 2"),
        ("%%session step a\nx = 1\nassert x > 1", "AssertionError: assert x > 1 in line 3"),
        ("%%session step a\n1 / 0", "ZeroDivisionError: division by zero in line 2"),
    ],
)  # fmt: skip
def test_a_runs_error_is_in_words_for_people(shell: Shell, cell: str, said: str) -> None:
    shell.run("%session set fit = 3\ndef fit(): pass")
    shell.run(cell)
    error = run_of(shell, "a").error
    assert error is not None
    assert f"{error.type}: {error.message}{f' in line {error.line}' if error.line else ''}" == said


def test_pythons_own_names_are_taken_for_variables_only_where_they_are_named(shell: Shell) -> None:
    shell.run("session.update(print=6, lr=0.1)")
    ran = shell.run("#| step: a -> y\nprint('ran')\ny = lr")
    assert ran.ok, ran.text
    assert "ran" in ran.text
    assert list(run_of(shell, "a").inputs) == ["lr"]
    ran = shell.run("#| step: b(print) -> z\nz = print")
    assert not ran.ok
    assert "b was not run: 'print' is the name of a Python builtin. Use session['print'] instead." in ran.text


def test_inputs_are_of_one_revision_and_an_output_changed_meanwhile_is_written_over(shell: Shell) -> None:
    shell.run("session.update(a=1, b=1)")
    shell.run("#| step: add(a, b) -> total\nsession.update(a=5, b=5)\ntotal = a + b")
    assert shell.session["total"] == 2, "what it read, not what came while it ran"
    assert {one.revision for one in run_of(shell, "add").inputs.values()} == {1}


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ("session['loss'] = 5", "loss: this cell's value replaces 5, which a cell of another kernel wrote meanwhile."),
        ("del session['loss']", ""),
        ("session['acc'] = 5", ""),
    ],
)
def test_an_output_that_somebody_else_changed_meanwhile_is_a_conflict(
    stored: Callable[[], Shell], others: str, said: str
) -> None:
    one, two = stored(), stored()
    one.run("session.update(loss=0, own=0)")

    def meanwhile() -> None:
        two.run(others)
        # This kernel hears of it before the step ends: what counts is what the step had seen.
        assert one.ip._session_state_extension.link.barrier() is not None

    one.names["meanwhile"] = meanwhile
    ran = one.run("#| step: train() -> loss own\nsession['own'] = 1\nmeanwhile()\nloss, own = 1, 2")
    assert ran.ok, ran.text
    assert [line for line in ran.text.splitlines() if "meanwhile" in line] == ([said] if said else [])
    assert (one.session["loss"], one.session["own"]) == (1, 2)
    assert run_of(one, "train").status == "done"
    assert "meanwhile" not in one.run("session['loss'] = 3").text, "an edit after it knows of all"


def test_a_failed_try_keeps_the_old_outputs_and_names_them(shell: Shell) -> None:
    shell.run("session['x'] = 1")
    shell.run("#| step: inv(x) -> y z\ny = z = 1 / x")
    shell.run("session['x'] = 0")
    ran = shell.run("%session run inv")
    assert "inv: failed; y, z as before" in ran.text
    assert (shell.session["y"], shell.session["z"]) == (1.0, 1.0)
    assert shell.session.steps()["inv"].status == "failed"


def test_large_inputs_are_recorded_by_their_hash(shell: Shell) -> None:
    shell.session["text"] = "x" * 2000
    shell.run("%%session step read --in text\nlen(text)")
    recorded = run_of(shell, "read").inputs["text"]
    assert isinstance(recorded.hash, str)
    assert recorded.hash.startswith("sha256:")


def test_a_figure_is_an_output_like_any_other(shell: Shell) -> None:
    pytest.importorskip("matplotlib").use("agg")
    code = "import matplotlib.pyplot as plt\nfigure = plt.figure(figsize=(2, 1))\nfigure.subplots().plot([1, 2])\nplt.close(figure)"
    assert shell.run(f"%%session step draw --out figure\n{code}").ok
    picture: Any = shell.session["figure"]
    assert picture.data.startswith(b"\x89PNG")
