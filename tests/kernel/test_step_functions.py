"""Steps as comments and as functions: what runs, what is written, and what each mistake is answered with."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import pytest

from .notebook import Shell
from .test_steps import run_of


def test_a_comment_makes_a_cell_a_step(shell: Shell) -> None:
    shell.run("%session set lr = 0.1 epochs = 3")
    ran = shell.run(
        "#| step: train(lr, epochs) -> loss --timeout 60 --keep model\nmodel = [lr]\nloss = lr * epochs\n1/1"
    )
    assert ran.ok, ran.text
    assert "train: done" in ran.text
    assert shell.session["loss"] == pytest.approx(0.3)
    run = run_of(shell, "train")
    assert (list(run.inputs), run.outputs, run.left) == (["lr", "epochs"], ["loss"], ["model"])
    same = "loss = lr * epochs\nmodel = [lr]\n"
    shell.run(f"#| step: one() -> loss\n{same}")
    shell.run(f"%%session step two --in --out loss\n{same}")
    assert run_of(shell, "one").source == run_of(shell, "two").source, "what a step does is its body"


@pytest.mark.parametrize(
    "head",
    [
        "# | step: half(lr) -> loss",
        "#|step: half(lr) -> loss",
        "# What this is for.\n#| echo: false\n\n# | step: half(lr) -> loss",
    ],
)
def test_a_comment_as_linters_write_it_and_below_others(shell: Shell, head: str) -> None:
    shell.run("%session set lr = 1")
    ran = shell.run(f"{head}\nloss = lr / 2\nloss")
    assert (ran.value, shell.session["loss"]) == (0.5, 0.5), ran.text
    shell.run("#| step: other(lr) -> loss\nloss = lr / 2\nloss")
    assert run_of(shell, "half").source == run_of(shell, "other").source, "comments above are no part of what it does"
    shell.run(f"{head}\nloss = lr / 2\nloss / 0")
    error = run_of(shell, "half").error
    assert error is not None
    assert error.line == head.count("\n") + 3, "a line of the cell as it is"


def test_a_comment_without_brackets_reads_the_names_that_are_variables(shell: Shell) -> None:
    shell.run("%session set lr = 0.1 other = 3")
    ran = shell.run("#| step: train -> loss\nloss = lr")
    assert "train reads lr (no --in: the names of this cell that are variables)" in ran.text
    assert list(run_of(shell, "train").inputs) == ["lr"]


def test_a_comment_further_down_is_a_comment(shell: Shell) -> None:
    for cell in (
        "x = 1\n#| step: train() -> y\ny = 2",
        "## | step: train() -> y\ny = 2",
        "# step: train() -> y\ny = 2",
    ):
        assert shell.run(cell).ok
    assert "y" not in shell.session
    assert shell.run("#| label: fig-one\n#| echo: false\nx = 2").ok
    assert len(shell.session.steps()) == 0


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("train(lr", "A bracket is missing in train(lr. Write: train(lr, epochs) -> loss"),
        ("train(lr -> loss", "A bracket is missing in train(lr -> loss. Write: train(lr, epochs) -> loss"),
        ("train(lr) => loss", "The arrow of a step is ->. Write: train(lr) -> loss"),
        ("train => loss", "The arrow of a step is ->. Write: train -> loss"),
        ("train(lr: float) -> loss", "train(lr: float) -> loss is no step. Write names only: train(lr, epochs) -> loss"),
        ("train(lr=1) -> loss", "train(lr=1) -> loss is no step. Write names only: train(lr, epochs) -> loss"),
        ("train() -> a -> b", "train() -> a -> b is no step. Write names only: train(lr, epochs) -> loss"),
        ("train() ->", "After -> stands no name. Write: train(...) -> loss, or leave the arrow out."),
        ("train() -> a --out", "--out names nothing. Write: --out loss, or leave it out."),
        ("train() -> a --frce", "A step has no option --frce. Did you mean --force? It has --in, --out, --keep, --force, --timeout."),
        ("-> a", "-> a is no step. Write names only: train(lr, epochs) -> loss"),
        ("", "A step needs a name: %%session step train --in lr --out loss"),
    ],
)  # fmt: skip
def test_a_comment_with_a_mistake(shell: Shell, line: str, sentence: str) -> None:
    ran = shell.run(f"#| step: {line}\nprint('ran')")
    assert not ran.ok
    assert ran.text.strip() == sentence


def test_a_function_reads_variables_and_writes_what_it_returns(shell: Shell) -> None:
    shell.run("%session set lr = 0.5 epochs = 3.0")
    shell.run(
        "@session.step(outputs='loss')\ndef train(lr: float, epochs: int, extra: int = 7) -> float:\n"
        "    print(type(epochs).__name__, extra)\n    return lr * epochs"
    )
    assert shell.run("train(1, 2, 3)").value == 2, "an ordinary call"
    assert "loss" not in shell.session
    ran = shell.run("session.run('train')")
    assert ran.ok, ran.text
    assert ran.value == {"loss": 1.5}
    assert "int 7" in ran.text
    assert shell.session["loss"] == 1.5
    assert list(run_of(shell, "train").inputs) == ["lr", "epochs", "extra"]
    assert shell.session.steps()["train"].status == "fresh"
    shell.run("session['extra'] = 1")
    assert shell.session.steps()["train"].why == "extra is a new input"


@pytest.mark.parametrize(
    ("decorated", "returned", "written"),
    [
        ("@session.step(outputs='a b')", "1, [2]", {"a": 1, "b": [2]}),
        ("@session.step(outputs=['a', 'b'])", "{'b': 2, 'a': 1}", {"a": 1, "b": 2}),
        ("@session.step(outputs='a')", "{'a': 1}", {"a": 1}),
        ("@session.step(outputs='a')", "{'x': 1}", {"a": {"x": 1}}),
        ("@session.step(outputs='a', name='make it')", "None", {"a": None}),
        ("@session.step", "5", {}),
    ],
)
def test_results(shell: Shell, decorated: str, returned: str, written: dict[str, object]) -> None:
    shell.run(f"{decorated}\ndef make():\n    return {returned}")
    name = "make it" if "make it" in decorated else "make"
    ran = shell.run(f"session.run({name!r})")
    assert ran.ok, ran.text
    assert ran.value == written
    assert dict(shell.session) == written


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("@session.step\ndef f(*names): pass", "f takes *names. A step's parameters are variables: name each of them."),
        ("@session.step\ndef f(a, **more): pass", "f takes **more. A step's parameters are variables: name each of them."),
        ("@session.step(outputs='my-loss')\ndef f(): pass", "f: outputs names variables: @session.step(outputs=\"loss\"), not 'my-loss'."),
        ("@session.step('loss')\ndef f(): pass", "@session.step stands before a function, not before a str."),
        ("@session.step\nclass F: pass", "@session.step stands before a function, not before a class."),
        ("@session.step(timeout=0)\ndef f(): pass", "f: timeout is a number of seconds: @session.step(timeout=60), not 0."),
        ("@session.step(timeout=-1)\ndef f(): pass", "f: timeout is a number of seconds: @session.step(timeout=60), not -1."),
        ("@session.step(timeout='x')\ndef f(): pass", "f: timeout is a number of seconds: @session.step(timeout=60), not 'x'."),
        ("@session.step(timeout=float('nan'))\ndef f(): pass", "f: timeout is a number of seconds: @session.step(timeout=60), not nan."),
        ("session.run('f')", "This session has no step f. There are: known."),
        ("session.run('knwon')", "This session has no step knwon. Did you mean known?"),
        ("session.run()", 'Name a step: session.run("train"). What is not fresh: session.run(stale=True)'),
        ("%session run --stael", "%session run has no option --stael. Did you mean --stale?"),
        ("%session steps known", "%session steps stands alone. To run a step: %session run known; to take one out of the list: %session steps forget known"),
        ("with session.batch():\n    session.run('known')", "A batch is open; a step runs when it has ended."),
        ("%session why", "Name one variable: %session why loss"),
        ("%session why nope", "This session has no variable nope."),
        ("session.run('known')", "known was not run: it needs x, which this session does not have. Set it in the Session panel, or with: %session set x = ..."),
        ("session['x'] = 'a'\nsession.run('known')", "known was not run: x is 'a': expected int, got str."),
        ("session['x'] = 0.5\nsession.run('known')", "known was not run: x is 0.5: expected int, got float."),
        ("session['x'] = 1\nsession.run('known')", "known failed: it returned float for 2 outputs. Return a, b, or a dict with these keys."),
        ("session['x'] = 0\nsession.run('known')", "known failed in line 4: ZeroDivisionError: division by zero."),
    ],
)  # fmt: skip
def test_mistakes(shell: Shell, code: str, sentence: str) -> None:
    shell.run("@session.step(outputs='a b')\ndef known(x: int):\n    y = 1\n    return 1 / x")
    ran = shell.run(code)
    assert not ran.ok
    assert ran.text.strip().splitlines()[-1].endswith(sentence), ran.text
    assert "recipes.py" not in ran.text
    assert "runner.py" not in ran.text


def test_the_error_of_a_step_is_there_for_python(shell: Shell) -> None:
    shell.run("@session.step\ndef broken():\n    raise LookupError('gone')")
    code = "try:\n    session.run('broken')\nexcept Exception as error:\n    caught = error"
    ran = shell.run(code)
    assert ran.ok
    assert "LookupError: gone" in ran.text, "the traceback is shown"
    caught = shell.names["caught"]
    assert type(caught.__cause__) is LookupError
    assert str(caught) == "broken failed in line 3: LookupError: gone."


def test_what_a_function_makes_and_cannot_be_stored_is_in_the_kernel(shell: Shell) -> None:
    shell.run("@session.step(outputs='model score')\ndef fit():\n    return object(), 0.5")
    ran = shell.run("session.run('fit')")
    assert ran.ok
    assert "fit: model is in kernel only: object." in ran.text
    assert dict(shell.session) == {"score": 0.5}
    assert shell.names["model"] is ran.value["model"]
    step = shell.session.steps()["fit"]
    assert (step.status, step.why, step.kernel_only) == ("fresh", "", ["model"])
    shell.run("del model")
    step = shell.session.steps()["fit"]
    assert (step.status, step.why) == ("needs-kernel", "model is not here")
    shell.run("%session run --stale")
    assert "model" in shell.names


def test_a_step_that_is_changed_is_not_fresh(shell: Shell) -> None:
    shell.run("session['x'] = 1")
    shell.run("@session.step(outputs='y')\ndef double(x):\n    return 2 * x")
    shell.run("session.run('double')")
    shell.run("@session.step(outputs='y')\ndef double(x):\n\n    return 2 *  x  # as before")
    assert shell.session.steps()["double"].status == "fresh"
    shell.run("@session.step(outputs='y')\ndef double(x):\n    return 3 * x")
    assert shell.session.steps()["double"].why == "its source changed"
    shell.run("%session run --stale")
    assert shell.session["y"] == 3


def test_a_function_that_is_to_write_something_else_is_not_fresh(shell: Shell) -> None:
    shell.run("@session.step(outputs='y')\ndef two():\n    return {'y': 1, 'z': 2}")
    shell.run("%session run two")
    assert shell.session["y"] == {"y": 1, "z": 2}
    shell.run("@session.step(outputs='y z')\ndef two():\n    return {'y': 1, 'z': 2}")
    assert shell.session.steps()["two"].why == "z is not there"
    shell.run("%session run --stale")
    assert (shell.session["y"], shell.session["z"]) == (1, 2)
    shell.run("@session.step(outputs='z')\ndef two():\n    return {'y': 1, 'z': 2}")
    assert shell.session.steps()["two"].status == "fresh", "what it does not promise any more stays"


def test_what_a_function_left_may_be_a_function(shell: Shell) -> None:
    shell.run("session['x'] = 1\n@session.step(outputs='model')\ndef fit(x):\n    return lambda: x")
    shell.run("%session run fit")
    shell.run("session['x'] = 2")
    ran = shell.run("%session run fit")
    assert ran.ok, ran.text
    shell.run("@session.step(outputs='y')\ndef use(model):\n    return model()")
    shell.run("%session run use")
    assert shell.session["y"] == 2


def test_a_value_that_is_set_back_makes_it_fresh_again(shell: Shell) -> None:
    shell.run("session.update(x=1, big=[0] * 1000)")
    shell.run("#| step: add(x, big) -> y\ny = x + sum(big)")

    def status() -> str:
        return str(shell.session.steps()["add"].status)

    shell.run("session['x'] = 2")
    assert status() == "stale"
    shell.run("session['x'] = 1.0")
    assert status() == "fresh"
    shell.run("session['big'] = [0.0] * 1000")
    assert status() == "fresh", "known by its hash only"
    shell.run("session['big'] = [0.0] * 999 + [1]")
    assert status() == "stale"
    shell.run("session['big'] = [0] * 1000\nsession['y'] = 5")
    assert shell.session.steps()["add"].why == "y was written by somebody else"


def test_a_failed_try_with_other_values_leaves_the_outputs_as_they_were(shell: Shell) -> None:
    shell.run("session['x'] = 1")
    shell.run("#| step: invert(x) -> y\ny = 1 / x")
    shell.run("session['x'] = 0")
    shell.run("%session run --stale")
    step = shell.session.steps()["invert"]
    assert (step.status, step.why) == ("failed", "ZeroDivisionError: division by zero")
    shell.run("session['x'] = 1")
    assert shell.session.steps()["invert"].status == "fresh"


@pytest.mark.parametrize(
    ("cell", "state", "below"),
    [
        ("#| step: a()\n1 / 0", "failed in line 2: ZeroDivisionError: division by zero", ""),
        ("#| step: a()\n\nraise KeyboardInterrupt", "interrupted in line 3", ""),
        ("#| step: a(lr)\npass", "not run: it needs lr, which this session does not have.", "a: not run: it needs lr, which this session does not have. Set it in the Session panel, or with: %session set lr = ..."),
        ("#| step: a()\n%session get nope", "failed in line 2: This session has no variable nope.", "a: failed in line 2: This session has no variable nope. Set it: %session set nope = ..."),
        ("#| step: a()\nsession['nope']", "failed in line 2: This session has no variable 'nope'.", "a: failed in line 2: This session has no variable 'nope'. Set it: session['nope'] = ..., or in the Session panel."),
        ("#| step: a() -> y\npass", "failed: --out promises y, which the cell neither assigned …", "a: failed: --out promises y, which the cell neither assigned nor changed. Assign it in the cell, or take y out of --out."),
        ("#| step: a() --timeout 0.2\nimport time; time.sleep(60)", "failed in line 2: ran longer than 0.2 s and was stopped", ""),
        ("#| step: a()\nraise ValueError('first <line>\\n  second ' + 'word ' * 200)", "failed in line 2: ValueError: first <line> second word …", "a: failed in line 2: ValueError: first <line> second word"),
        ("#| step: a()\nraise ValueError('x' * 100)", "failed in line 2: ValueError: …", "a: failed in line 2: ValueError: " + "x" * 100),
    ],
)  # fmt: skip
def test_why_a_step_failed_reads_well_in_the_table_and_in_full_below_it(
    shell: Shell, cell: str, state: str, below: str
) -> None:
    shell.run(cell)
    table = shell.session.steps()
    text, html = repr(table), table._repr_html_()
    lines = text.splitlines()
    (row,) = [line for line in lines if line.startswith("a ")]
    assert f"  {state}  " in row
    assert f">{escape(state)}</td>" in html
    full = [line for line in lines if line.startswith("a: ")]
    assert len(full) == bool(below)
    for line in full:
        assert line.startswith(below)
        assert len(line) <= 410
        assert line.endswith("word …") or line == below, "not cut within a word"
        assert f"<div>{escape(line)}</div>" in html
    assert "Session:" not in text.replace("Session panel", "")
    assert lines[-1] == "To run what is not fresh: %session run --stale"


def test_what_was_refused_is_not_called_failed_by_those_after_it(shell: Shell) -> None:
    shell.run("#| step: first(lr) -> x\nx = lr")
    shell.run("session['x'] = 1")
    shell.run("#| step: then(x) -> y\ny = x")
    assert shell.session.steps()["then"].why == "first before it was not run"
    ran = shell.run("%session run --stale")
    said = "first was not run: it needs lr, which this session does not have. Set it in the Session panel, or with: %session set lr = ..."
    assert ran.text.strip().endswith(f"{said}\nNot run: then.")


def test_a_step_that_writes_what_it_reads_is_fresh_after_it(shell: Shell) -> None:
    shell.run("session['n'] = 1")
    shell.run("#| step: count(n) -> n\nn = n + 1")
    assert shell.session.steps()["count"].status == "fresh"
    assert "count is fresh: nothing to run." in shell.run("%session run --stale").text
    shell.run("%session run count")
    assert shell.session["n"] == 3


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("#| step two(x) -> y\ny = 1", "#| step two(x) -> y makes no step of this cell. Write: #| step: two(x) -> y"),
        ("#| Step: two(x) -> y\ny = 1", "#| Step: two(x) -> y makes no step of this cell. Write: #| step: two(x) -> y"),
        ("# step: two(x) -> y\ny = 1", "# step: two(x) -> y makes no step of this cell. Write: #| step: two(x) -> y"),
        ("# step two -> y\ny = 1", "# step two -> y makes no step of this cell. Write: #| step: two -> y"),
        (
            "import random\n#| step: late(x) -> y\ny = 1",
            "#| step: late(x) -> y: no step begins here. The line stands before all code of its cell: move it to the top.",
        ),
        (
            "#| step: one(x) -> y\ny = x\n#| step: late(x) -> y",
            "#| step: late(x) -> y: this cell is a step already, and a cell is one step. Give that one a cell of its own.",
        ),
    ],
)
def test_a_comment_that_makes_no_step_says_what_would(shell: Shell, cell: str, said: str) -> None:
    shell.run("session['x'] = 1")
    ran = shell.run(cell)
    assert ran.ok
    assert ran.text.count(said) == 1, ran.text


@pytest.mark.parametrize(
    "cell",
    [
        "# Step 1: normalize\ny = 1",
        "# step: first we look at x\ny = 1",
        "# the next step -> plot\ny = 1",
        "#| echo: false\ny = 1",
        'text = """\n#| step: late(x) -> y\n"""',
        "def f():\n    # step: look -> see\n    pass",
    ],
)
def test_other_comments_are_left_alone(shell: Shell, cell: str) -> None:
    assert "step" not in shell.run(cell).text


def test_what_has_not_run_in_this_kernel_is_told_once(stored: Callable[[], Shell]) -> None:
    before = stored()
    before.run("session['lr'] = 1")
    for line in ("a(lr) -> x", "b(lr) -> y", "c(lr) -> z", "d(x, y) -> w", "e(v)"):
        before.run(f"#| step: {line}\n{line[-1]} = 1")
    shell = stored()
    shell.run("#| step: d(x, y) -> w\nw = 1")
    shell.run("session['lr'] = 3")
    ran = shell.run("%session run --stale a b c")
    assert not ran.ok, "what was asked for could not be done"
    ran = shell.run("%session run --stale")
    assert not ran.ok
    assert ran.text.strip() == (
        "Nothing was run: a, b and c have not run in this kernel, so their code is not known here. "
        "Run their cells once, in whichever notebook they are, or press Run beside them in the Session panel. "
        "d waits for them."
    )
    assert not shell.run("session.run(stale=True)").ok
    shell.run("#| step: a(lr) -> x\nx = lr")
    shell.run("session['lr'] = 4")
    ran = shell.run("%session run --stale")
    assert ran.ok, "something could be run"
    assert "b and c have not run in this kernel" in ran.text


def test_a_promise_that_is_not_kept_is_told_once(shell: Shell) -> None:
    shell.run("session['lr'] = 1\nfine = True")
    shell.run("#| step: bad(lr) -> acc\nif fine:\n    acc = 1")
    shell.run("session['lr'] = 2\nfine = False")
    for line in ("%session run --stale", "%session run bad"):
        ran = shell.run(line)
        assert not ran.ok
        assert ran.text.count("--out promises acc") == 1, ran.text


def test_what_ran_again_of_the_same_inputs_is_no_warning(stored: Callable[[], Shell]) -> None:
    shell = stored()
    shell.run("session['x'] = 1")
    shell.run("#| step: one(x) -> y\ny = x")
    shell.run("#| step: two(y) -> z\nz = y")
    shell.run("%session run one")
    said = repr(shell.run("session.why('z')").value)
    assert "has run again since, of the same inputs" in said
    assert "⚠" not in said


def test_a_circle_is_named_with_what_to_do(shell: Shell) -> None:
    shell.run("session.update(a=1, b=1)")
    shell.run("#| step: one(a) -> b\nb = a")
    shell.run("#| step: two(b) -> a\na = b + 1")
    ran = shell.run("%session run --stale")
    assert not ran.ok
    sentence = (
        "one → two → one: each of these steps reads what the one before it writes, so that none can be the first. "
        "Take one of the names out of --in or --out; or, where one of them is a step no longer: "
        "%session steps forget one"
    )
    assert ran.text.strip() == f"Not run: one, two. {sentence}"
    assert sentence in shell.run("%session steps").text
    shell.run("%session steps forget one")
    assert shell.run("%session run --stale").ok


def test_a_circle_blocks_only_what_waits_for_it(shell: Shell) -> None:
    shell.run("session.update(a=1, x=1)")
    for line in ("cyc1(a) -> b", "cyc2(b) -> a", "after(b) -> c", "late(y) -> z", "early(x) -> y"):
        made, read = line.split()[-1], line.partition("(")[2].partition(")")[0]
        shell.run(f"session.setdefault({read!r}, 1)\n#")
        shell.run(f"#| step: {line}\n{made} = {read} + 1")
    shell.run("session.update(a=5, x=5)")
    assert shell.run("%session run --stale late").ok, "nothing on the way to it waits for itself"
    assert (shell.session["y"], shell.session["z"]) == (6, 7)
    shell.run("session.update(x=7)")
    stood = shell.session["c"]
    ran = shell.run("%session run --stale")
    assert not ran.ok
    assert (shell.session["y"], shell.session["z"]) == (8, 9), "what has nothing to do with it has run"
    assert "early: done" in ran.text
    assert ran.text.strip().splitlines()[-1].startswith("Not run: cyc1, cyc2, after. cyc1 → cyc2 → cyc1: each of")
    assert shell.session["c"] == stood
    ran = shell.run("%session run --stale after")
    assert not ran.ok
    assert ran.text.strip().startswith("Not run: cyc1, cyc2, after. cyc1 → cyc2 → cyc1: each of")
    shell.run("%session steps forget cyc2")
    assert shell.run("%session run --stale after").ok
    assert shell.session["c"] == 7


def test_a_circle_of_which_all_is_fresh_is_in_nobodys_way(shell: Shell) -> None:
    shell.run("session.update(a=1, b=1)")
    shell.run("#| step: one(a) -> b\nb = a")
    shell.run("#| step: two(b) -> a\na = b")
    shell.run("#| step: after(b) -> c\nc = b")
    ran = shell.run("%session run --stale")
    assert ran.ok
    assert "All 3 steps are fresh: nothing to run." in ran.text
    assert "Not run: one, two, after. one → two → one" in shell.run("%session run --stale --force").text


def test_what_fails_stops_what_comes_after_it(shell: Shell) -> None:
    shell.run("session['x'] = 1")
    shell.run("#| step: one(x) -> y\ny = 1 / x")
    shell.run("#| step: two(y) -> z\nz = y")
    shell.run("#| step: three(z) -> last\nlast = z")
    shell.run("session['x'] = 0")
    ran = shell.run("%session run --stale")
    assert not ran.ok
    assert "ZeroDivisionError" in ran.text
    assert ran.text.strip().endswith("one failed in line 2: ZeroDivisionError: division by zero. Not run: two, three.")
    assert shell.session.steps()["two"].why == "one before it failed"
    assert shell.session["last"] == 1


def test_with_force_what_is_fresh_runs_too_and_functions_are_replaced(shell: Shell) -> None:
    shell.run("session['x'] = 1")
    shell.run("#| step: one(x) -> y\ny = x\nprint('one runs')")
    assert "one runs" not in shell.run("%session run --stale").text
    assert "one runs" in shell.run("%session run --stale --force").text
    shell.run("def x(): pass")
    assert "would replace it" in shell.run("%session run one").text
    assert shell.run("%session run one --force").ok


def test_only_the_steps_before_the_one_that_is_asked_for(shell: Shell) -> None:
    shell.run("session['x'] = 1")
    for name, read, write in (("one", "x", "y"), ("two", "y", "z"), ("side", "x", "other")):
        shell.run(f"#| step: {name}({read}) -> {write}\n{write} = {read}")
    shell.run("session['x'] = 2")
    ran = shell.run("%session run two")
    assert "two reads from one, which is not fresh." in ran.text
    assert shell.session["z"] == 1
    shell.run("%session run --stale two")
    assert dict(shell.session) == {"x": 2, "y": 2, "z": 2, "other": 1}


def test_a_step_inside_a_step(shell: Shell) -> None:
    shell.run("session.update(x=1, y=0)")
    shell.run("@session.step(outputs='y')\ndef inner(x):\n    return x + session['x']")
    ran = shell.run("#| step: outer() -> z\nsession.run('inner')\nsession['seen'] = 1\nz = session['y']")
    assert ran.ok, ran.text
    assert shell.session["z"] == 2
    assert list(run_of(shell, "inner").inputs) == ["x"]
    assert list(run_of(shell, "outer").inputs) == ["y"], "what was read after the inner one is its own again"
    with shell.ip._session_state_extension.link.moment() as replica:
        assert replica.rows["seen"].origin.step == "outer"
    ran = shell.run("#| step: outer() -> z\nsession.run('outer')\nz = 1")
    assert "outer runs already: a step cannot run itself, neither through another one (outer → outer)." in ran.text


def test_a_timeout_ends_the_chain(shell: Shell) -> None:
    shell.run("@session.step(outputs='y', timeout=0.3)\ndef slow():\n    import time\n    time.sleep(60)")
    ran = shell.run("session.run('slow')")
    assert not ran.ok
    assert ran.text.strip().endswith("slow ran longer than 0.3 s and was stopped in line 4.")
    assert shell.run("1 + 1").value == 2


def test_a_time_that_is_over_before_the_body_begins_is_over_like_any_other(shell: Shell) -> None:
    shell.run("@session.step(timeout=1e-6)\ndef quick():\n    while True: pass")
    for cell in ("#| step: cell() --timeout 0.000001\nwhile True: pass", "session.run('quick')"):
        for _ in range(20):
            assert "ran longer than 1e-06 s and was stopped" in shell.run(cell).text
    for _ in range(20):
        shell.run("#| step: cell() --timeout 0.0001\nfor _ in range(1000): pass")
    assert shell.run("#| step: cell()\npass").ok, "and it does not run still"
    assert {name: one.status for name, one in shell.session.steps().items()} == {"quick": "failed", "cell": "fresh"}


def test_a_script_runs_functions(shell: Shell) -> None:
    """Without IPython there is nothing to show, and an error is Python's own."""
    from session_state_ext.kernel.namespace import Namespace
    from session_state_ext.kernel.runner import Runner
    from session_state_ext.kernel.session import Session
    from session_state_ext.kernel.steps import Steps

    link = shell.ip._session_state_extension.link
    session = Session(link)
    names = Namespace({}, session)
    session.running(lambda: Runner(None, link, session, names, Steps(link, session, names)))
    session["x"] = 2

    @session.step(outputs="y")
    def double(x: int) -> int:
        return 2 * x

    assert session.run("double") == {"y": 4}
    assert session.run(stale=True) == {}


def test_the_drawing_and_the_tree_show_what_they_are_given_as_text(shell: Shell) -> None:
    shell.run("session['x'] = '<script>'")
    shell.run("#| step: <b>one(x) -> y\ny = x")
    shell.run("#| step: two(y) -> z\nz = y")
    steps, why = shell.session.steps(), shell.session.why("z")
    assert steps._repr_html_().count("<circle") == 2
    assert "&lt;b&gt;one" in steps._repr_html_()
    assert "<b>one" not in steps._repr_html_()
    assert "<script>" not in why._repr_html_()
    assert "Order: <b>one → two" in repr(steps)
    assert repr(why).splitlines()[:2] == [
        'z = "<script>"',
        f"└─ two · done just now, took {repr(why).splitlines()[1].partition('took ')[2]}",
    ]
