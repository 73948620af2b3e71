"""Steps in real kernels: run by name, in order, stopped, after a restart, from another notebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .notebook import Kernel, Panel

PREPARE = "#| step: prepare(share) -> n\nrows = list(range(int(100 * share)))\nn = len(rows)"
TRAIN = "#| step: train(n, lr) -> loss\nloss = n * lr * rows[0] + lr"
SWEEP = {"SESSION_STATE_SESSION": "sweep"}
LOAD = "%load_ext session_state_ext"


def test_a_restart_asks_for_this_kernel_only_where_a_name_is_read(lone: Callable[..., Kernel]) -> None:
    kernel = lone(**SWEEP)
    kernel.run(f"{LOAD}\nsession.update(share=0.5, lr=0.1)")
    kernel.run(PREPARE)
    kernel.run(TRAIN)
    assert "2 steps · all fresh" in kernel.run("%session steps").text
    life = "session_state._link.steps()['prepare'].run.life"
    first = kernel.run(life).value
    assert first == repr(kernel.life), "as a front end knows it"
    kernel.restart()
    table = kernel.run(f"{LOAD}\n%session steps").text
    assert kernel.life not in first
    assert "needs this kernel: rows is not here" in table
    assert "2 steps · 1 not fresh" in table, "what has been written by train stands"
    ran = kernel.run("%session run train")
    assert not ran.ok
    assert "train has not run in this kernel, so its code is not known here." in ran.text
    kernel.run(PREPARE)
    assert kernel.run(life).value == repr(kernel.life)
    assert "2 steps · all fresh" in kernel.run("%session steps").text


def test_an_output_that_could_not_be_stored_asks_for_this_kernel_and_runs_again_after_a_restart(
    lone: Callable[..., Kernel],
) -> None:
    kernel, other = lone(**SWEEP), lone(**SWEEP)
    fit = "#| step: fit(lr) -> model\nmodel = {'f': lambda x: x * lr}"
    kernel.run(f"{LOAD}\nsession['lr'] = 0.1")
    assert "model is in kernel only: dict" in kernel.run(fit).text
    table = kernel.run("%session steps")
    assert "fresh: model in this kernel only" in table.text
    assert "fresh: model in this kernel only" in table.html
    assert "fit is fresh: nothing to run." in kernel.run("%session run --stale").text
    assert "needs this kernel: model is not here" in other.run(f"{LOAD}\n%session steps").text
    ran = kernel.run("#| step: use(model) -> y\ny = model['f'](10)")
    assert ran.ok, ran.text
    assert "model: as fit left it in this kernel, because it could not be stored" in ran.text
    assert kernel.run("#| step: use() -> y\ny = model['f'](10)").ok, "its name alone is enough"
    kernel.run("rows = 1\n")
    kernel.run("#| step: leave()\nrows = [lr]")
    ran = kernel.run("#| step: other(rows)\nrows")
    assert not ran.ok
    assert (
        "other was not run: it needs rows, which leave left in this kernel and which is no variable. "
        "Take rows out of the inputs: its name alone is enough." in ran.text
    )
    kernel.run("%session steps forget leave other")
    kernel.restart()
    table = kernel.run(f"{LOAD}\n%session steps").text
    assert "needs this kernel: model is not here" in table
    assert "2 steps · 1 not fresh" in table, "what use has stored stands"
    kernel.run("#| step: never(y)\npass")
    assert "fit has not run in this kernel" in kernel.run("%session run --stale").text
    kernel.run(fit)
    assert "fresh: model in this kernel only" in kernel.run("%session steps").text


def test_a_name_that_was_left_anew_makes_its_reader_stale(lone: Callable[..., Kernel]) -> None:
    kernel = lone(**SWEEP)
    kernel.run(f"{LOAD}\nsession.update(seed=1)")
    kernel.run("#| step: draw(seed) -> count\nsample = [seed] * 3\ncount = len(sample)")
    kernel.run("#| step: add(count) -> total\ntotal = sum(sample)")
    kernel.run("session['seed'] = 2")
    kernel.run("%session run draw")
    assert "stale: draw left another sample" in kernel.run("%session steps").text
    assert "add: done" in kernel.run("%session run --stale").text
    assert kernel.run("session['total']").value == "6"
    kernel.run("session['seed'] = 1\n%session run draw")
    kernel.run("session['seed'] = 2\n%session run draw")
    assert "all fresh" in kernel.run("%session steps").text, "the same again is not another one"


def test_cells_and_functions_that_await_run_by_name(lone: Callable[..., Kernel]) -> None:
    kernel = lone(**SWEEP)
    kernel.run(f"{LOAD}\nsession['x'] = 1")
    first = "#| step: slow(x) -> y\nimport asyncio\nawait asyncio.sleep(0)\ny = x + 1\nprint('in the cell')"
    assert kernel.run(first, cell="c1").ok
    kernel.run(
        "import asyncio\n@session.step(outputs='z')\nasync def later(y: int):\n"
        "    await asyncio.sleep(0)\n    print('in the function')\n    return y * 10"
    )
    kernel.run("session['x'] = 2")
    ran = kernel.run("made = session.run(stale=True)\nmade")
    assert ran.ok, ran.text
    assert ran.value == "{'y': 3, 'z': 30}"
    assert "in the cell" in ran.text
    assert "in the function" in ran.text
    assert kernel.run("session['after'] = 1\n%session").text.count("cell") >= 1
    assert "await asyncio" not in ran.text


def test_stopping_one_stops_the_chain_and_the_loop_around_it(lone: Callable[..., Kernel], tmp_path: Path) -> None:
    kernel = lone(**SWEEP)
    mark = tmp_path / "mark"
    kernel.run(f"{LOAD}\nimport time, pathlib\nmark = pathlib.Path({str(mark)!r})\nsession.update(a=1, slow=False)")
    kernel.run("#| step: one(a, slow) -> b\nif slow:\n    print('go', flush=True)\n    time.sleep(600)\nb = a")
    kernel.run("#| step: two(b) -> c\nc = b")
    kernel.run("session.update(a=2, slow=True)")
    ran = kernel.run("%session run --stale", meanwhile=kernel.press_stop)
    assert not ran.ok
    assert "one was interrupted. Not run: two." in ran.text
    assert kernel.run("session['b'], session['c']").value == "(1, 1)"
    loop = "for i in range(3):\n    try:\n        session.run('one')\n    except Exception:\n        mark.touch()"
    ran = kernel.run(loop, meanwhile=kernel.press_stop)
    assert not ran.ok
    assert not mark.exists(), "an interrupt is not one of the errors that a loop goes on after"
    assert "interrupted" in kernel.run("%session steps").text


def test_stopping_one_that_awaits(lone: Callable[..., Kernel]) -> None:
    kernel = lone(**SWEEP)
    kernel.run(f"{LOAD}\nimport asyncio\nsession['wait'] = 0")
    kernel.run("#| step: one(wait) -> b\nif wait:\n    print('go', flush=True)\nawait asyncio.sleep(wait)\nb = 1")
    kernel.run("session['wait'] = 600")
    ran = kernel.run("session.run('one')", meanwhile=kernel.press_stop)
    assert not ran.ok
    assert "one was interrupted." in ran.text
    assert kernel.run("1 + 1").value == "2"
    assert "interrupted" in kernel.run("%session steps").text


def test_a_step_of_another_notebook_is_named(lone: Callable[..., Kernel]) -> None:
    one, two = lone(**SWEEP), lone(**SWEEP)
    one.run(f"{LOAD}\nsession.update(share=0.5)")
    one.run("#| step: prepare(share) -> n\nn = int(100 * share)")
    two.run(f"{LOAD}\nsession['lr'] = 1")
    two.run("#| step: train(n, lr) -> loss\nloss = n * lr")
    assert "2 steps · all fresh" in two.run("%session steps").text
    two.run("session['share'] = 0.1")
    ran = two.run("%session run --stale")
    assert not ran.ok, "nothing could be run"
    assert (
        "Nothing was run: prepare has not run in this kernel, so its code is not known here. Run its cell once"
        in ran.text
    )
    assert "train waits for it." in ran.text
    ran = two.run("%session run --stale train")
    assert not ran.ok
    assert "prepare has not run in this kernel" in ran.text
    one.run("%session run prepare")
    assert "train: done" in two.run("%session run --stale").text
    assert two.run("session['loss']").value == "10"


def test_why_goes_back_to_values_that_are_not_there_any_more(lone: Callable[..., Kernel]) -> None:
    kernel = lone(**SWEEP)
    kernel.run(f"{LOAD}\nsession.update(share=0.5, lr=0.1)")
    kernel.run(PREPARE)
    kernel.run(TRAIN)
    kernel.run("session['share'] = 0.25\n%session run prepare")
    text = kernel.run("%session why loss").text
    assert "loss = 0.1\n└─ train · done just now" in text
    assert "stale: n changed" in text
    assert "n = 50 · ⚠ now 25: set while step prepare ran, just now" in text
    assert "prepare · done just now" in text
    assert "has run again since" in text
    assert "share = 0.5 · set in a cell, just now · ⚠ now 0.25: set in a cell, just now" in text


def test_beside_a_panel_a_comment_is_a_step_from_the_first_cell_on(notebook: Kernel, panel: Panel) -> None:
    panel.set(lr=0.5)
    ran = notebook.run("#| step: train(lr) -> loss\nloss = lr\nmodel = [lr]", cell="c1")
    assert ran.ok, ran.text
    assert "train: done" in ran.text
    notebook.run(
        "@session.step(outputs='score')\ndef judge(loss: float) -> float:\n    return loss * len(model)", cell="c2"
    )
    assert notebook.run("session.run('judge')", cell="c3").ok
    panel.set(lr=0.25)
    text = notebook.run("%session why score").text
    assert "lr = 0.5 · set in the panel, just now · ⚠ now 0.25: set in the panel, just now" in text
    assert "model · left in the kernel" in text
    assert "train: done" in notebook.run("%session run --stale", cell="c4").text
    panel.wait(lambda frame: frame["type"] == "change" and frame["ops"][-1].get("run", {}).get("step") == "judge" and frame["ops"][-1]["run"]["status"] == "done" and panel.seen("score")[-1] == 0.25)  # fmt: skip
    last = {run["step"]: run for run in panel.runs()}
    assert (last["train"]["cell"], last["train"]["left"]) == ("c1", ["model"])
    assert (last["train"]["kernel"], last["train"]["life"]) == (notebook.id, notebook.life)
    assert list(last["judge"]["needs"]) == ["model"]
    wait = "print('go', flush=True)\nimport time\nwhile session['loss'] != 9:\n    time.sleep(0.01)\nloss = 1"
    ran = notebook.run(f"#| step: slow() -> loss\n{wait}", cell="c5", meanwhile=lambda: panel.set(loss=9))
    assert "loss: this cell's value replaces 9, which panel wrote meanwhile." in ran.text
    ended = panel.wait(lambda frame: frame["type"] == "change" and frame["ops"][-1].get("run", {}).get("status") == "done" and frame["ops"][-1]["run"]["step"] == "slow")  # fmt: skip
    wrote = [frame["revision"] for frame in panel.frames if frame["type"] == "ack"][-1]
    assert ended["base"] < wrote < ended["revision"], "so that a panel shows both"


def test_a_step_is_forgotten_by_everybody_until_it_runs_again(lone: Callable[..., Kernel]) -> None:
    one, other = lone(**SWEEP), lone(**SWEEP)
    one.run(f"{LOAD}\nsession.update(share=0.5, lr=0.1)")
    one.run(PREPARE)
    one.run(TRAIN)
    other.run(LOAD)
    assert "2 steps" in other.run("%session steps").text
    assert "This session has no step trian. Did you mean train?" in one.run("%session steps forget trian prepare").text
    assert "2 steps" in one.run("%session steps").text, "all or none"
    assert "Forgotten: train." in other.run("%session steps forget train").text
    assert "1 step " in other.run("%session steps").text
    assert "loss" in other.run("%session").text, "what it wrote stays"
    one.run("%session steps forget train")
    assert "train" not in one.run("%session steps").text
    again = lone(**SWEEP)
    assert "train" not in again.run(f"{LOAD}\n%session steps").text
    assert "train was forgotten" in again.run("%session history").text
    one.run(TRAIN)
    assert "2 steps · all fresh" in one.run("%session steps").text
    assert "train" in again.run("%session steps").text
