"""What steps read: variables, what other steps left in this kernel, and what they looked for in vain."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .notebook import Shell
from .test_steps import run_of

LARGE = 600_000  # members of a list that no variable can hold
FIT = "#| step: fit(n) -> model\nmodel = [0] * n"
NEWER = "fit has made a newer model since, which could not be stored and is in its kernel only."


def why(shell: Shell, step: str) -> str:
    row = shell.run("session.steps()").value[step]
    return f"{row.status}: {row.why}".removesuffix(": ")


@pytest.mark.parametrize(
    "use",
    [
        "#| step: use(model) -> size\nsize = len(model)",
        "#| step: use -> size\nsize = len(model)",
        "@session.step(outputs='size')\ndef use(model: list) -> int:\n    return len(model)",
    ],
)
def test_what_could_not_be_stored_is_read_where_it_is_and_not_the_older_variable(shell: Shell, use: str) -> None:
    shell.run("session['n'] = 1")
    shell.run(FIT)
    shell.run(use)
    shell.run("%session run use")
    assert shell.session["size"] == 1
    assert "model: fit" not in shell.run("%session").text
    shell.run(f"session['n'] = {LARGE}")
    assert "model is in kernel only: list of 600,000" in shell.run("%session run fit").text
    assert why(shell, "fit") == "fresh"
    assert why(shell, "use") == "stale: fit left another model"
    table = shell.run("%session").text
    assert f"model: {NEWER}" in table
    assert f"⚠ {NEWER}" in shell.run("%session why model").text
    ran = shell.run("%session run --stale")
    assert (
        "model: as fit left it in this kernel, because it could not be stored; what the session has is older"
        in ran.text
    )
    assert "Fresh, not run: fit" in ran.text
    assert shell.session["size"] == LARGE
    assert shell.session["model"] == [0]
    assert (why(shell, "use"), run_of(shell, "use").status) == ("fresh", "done")
    shell.run(f"session['n'] = {LARGE + 1}\n%session run fit")
    assert why(shell, "use") == "stale: fit left another model", "of another one in the kernel, too"
    shell.run("session['n'] = 2\n%session run --stale")
    assert (shell.session["size"], shell.session["model"]) == (2, [0, 0])
    assert NEWER not in shell.run("%session").text
    shell.run("session['model'] = [1]")
    assert why(shell, "use") == "stale: model changed"
    shell.run("%session run use")
    assert shell.session["size"] == 1, "whoever writes it last"


def test_what_could_not_be_stored_is_an_input_though_it_is_no_variable(shell: Shell) -> None:
    shell.run(f"session['n'] = {LARGE}")
    shell.run(FIT)
    ran = shell.run("#| step: use(model) -> size\nsize = len(model)")
    assert ran.ok, ran.text
    assert "model: as fit left it in this kernel, because it could not be stored\n" in ran.text
    assert shell.session["size"] == LARGE
    assert list(run_of(shell, "use").needs) == ["model"]
    shell.run("rows = 1\n")
    ran = shell.run("#| step: other(rows)\nrows")
    assert "Set it in the Session panel, or with: %session push rows" in ran.text, "whatever else is in the kernel"


def test_in_another_kernel_the_older_variable_is_read_with_a_word(stored: Callable[[], Shell]) -> None:
    one, two = stored(), stored()
    one.run("session['n'] = 1")
    one.run(FIT)
    one.run(f"session['n'] = {LARGE}\n%session run fit")
    said = f"use: model was read as it is stored: {NEWER}"
    ran = two.run("#| step: use(model) -> size\nsize = len(model)")
    assert ran.ok
    assert ran.text.count(said) == 1
    assert f"model: {NEWER}" in two.run("%session").text
    run = run_of(two, "use")
    assert (run.status, run.warnings) == ("warned", [said.removeprefix("use: ")])
    assert two.session["size"] == 1
    assert why(two, "fit") == "needs-kernel: model is not here" or "another one" in why(two, "fit")
    assert why(two, "use") == why(one, "use") == "stale: fit left another model"
    ran = two.run("#| step: look() -> size\nsize = len(session['model'])")
    assert ran.text.count(said.replace("use:", "look:")) == 1
    assert why(two, "look") == "stale: fit left another model"
    one.run("del session['model']\n%session run fit")
    ran = two.run("#| step: use(model) -> size\nsize = len(model)")
    assert ran.text.strip() == (
        "use was not run: it needs model, which fit has made in another kernel, or before a restart, and which could "
        "not be stored. Run fit here first."
    )


def test_a_value_that_nobody_knows_any_more_is_not_taken_for_what_a_step_left(shell: Shell) -> None:
    shell.run("session['n'] = 1")
    fit = "#| step: fit(n) -> model\nmodel = [0] * n\nif n < 0:\n    1 / 0"
    use = "#| step: use(model) -> size\nsize = len(model)"
    said = f"model was read as it is stored: {NEWER}"
    shell.run(fit)
    shell.run(f"session['n'] = {LARGE}\n%session run fit")
    shell.run("session['n'] = -1")
    shell.run("%session run fit")
    assert why(shell, "fit").startswith("failed")
    assert said in shell.run(use).text, "half of what was made"
    shell.run(f"session['n'] = {LARGE}\n%session run fit")
    assert said not in shell.run(use).text
    shell.run("%session pull model")
    assert why(shell, "fit") == "needs-kernel: model here is another one"
    assert said in shell.run(use).text, "what the session had of it"
    shell.run("%session run fit\n")
    shell.run("#| step: other()\nmodel = [1]")
    assert why(shell, "fit") == "needs-kernel: model here is another one"
    assert said in shell.run(use).text, "what another step has left"


def test_all_the_variables_that_a_body_reads_are_inputs(shell: Shell) -> None:
    shell.run("session.update({f'v{n}': n for n in range(2000)})")
    shell.run("#| step: all() -> total\ntotal = sum(session.values())")
    assert shell.session["total"] == sum(range(2000))
    assert len(run_of(shell, "all").inputs) == 2000


def test_what_was_looked_for_in_vain_is_an_input_too(shell: Shell) -> None:
    for step, looks in (
        ("get", "session.get('flag', 5)"),
        ("has", "'flag' in session"),
        ("pop", "session.pop('flag', None)"),
    ):
        shell.run(f"#| step: {step}() -> {step}_made\n{step}_made = {looks}")
    shell.run("@session.step(outputs='by_default')\ndef default(flag: int = 5) -> int:\n    return flag")
    shell.run("%session run default")
    assert "all fresh" in shell.run("%session steps").text
    assert [run_of(shell, step).inputs["flag"].absent for step in ("get", "has", "pop", "default")] == [True] * 4
    assert "flag · there was none" in shell.run("%session why get_made").text
    shell.run("session['flag'] = 7")
    assert {why(shell, step) for step in ("get", "has", "default")} == {"stale: flag is a new input"}
    assert "flag · there was none · ⚠ now 7: set in a cell, just now" in shell.run("%session why get_made").text
    shell.run("%session run get\n%session run has\n%session run default")
    assert (shell.session["get_made"], shell.session["has_made"], shell.session["by_default"]) == (7, True, 7)
    shell.run("del session['flag']")
    assert why(shell, "get") == "stale: flag is gone"


def test_what_a_step_looks_for_and_makes_itself_is_its_own(shell: Shell) -> None:
    shell.run("#| step: cached() -> y\nif 'cache' not in session:\n    session['cache'] = 3\ny = session['cache']")
    assert why(shell, "cached") == "fresh"
    shell.run("session['cache'] = 4")
    assert why(shell, "cached") == "stale: cache is a new input"


def test_a_name_of_the_code_that_becomes_a_variable_is_a_new_input(shell: Shell) -> None:
    shell.run("import math\nscale = 2\nsession['lr'] = 1")
    shell.run("#| step: train -> loss\nloss = lr * scale + math.pi * 0")
    shell.run("#| step: exact(lr) -> other\nother = lr * scale")
    assert set(run_of(shell, "train").free) == {"scale", "math"}
    assert "all fresh" in shell.run("%session steps").text
    shell.run("session['scale'] = 5")
    assert why(shell, "train") == "stale: scale is a new input"
    assert why(shell, "exact") == "fresh", "which says what it reads"
    shell.run("%session run --stale")
    assert shell.session["loss"] == 5
    assert why(shell, "train") == "fresh"


def test_inputs_are_found_wherever_the_body_reads_them(shell: Shell) -> None:
    shell.run("session.update(seed=7, other=1)\ndef helper():\n    return session['seed']")
    body = (
        "import threading\nfound = []\n"
        "thread = threading.Thread(target=lambda: found.append(session['other']))\nthread.start()\nthread.join()\n"
        "session['own'] = 1\nsession.flush()\ny = helper() + found[0] + session['own']"
    )
    ran = shell.run(f"#| step: add() -> y\n{body}", cell="c1")
    assert ran.ok, ran.text
    assert shell.session["y"] == 9
    run = run_of(shell, "add")
    assert (sorted(run.inputs), run.cell) == (["other", "seed"], "c1")
