"""Steps from the panel: live while they run, and honest when they fail."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .lab import wait_for

# What moves in the panel by itself just now.
MOVING = """() => document.getAnimations()
    .filter(each => each.playState === 'running' && each.effect.target.closest('.jp-SessionPanel') !== null).length"""
LOAD = "%load_ext session_state_ext"


def test_the_panel_moves_while_a_step_runs_and_the_step_hears_the_panel(jupyter: Jupyter, open_lab: OpenLab) -> None:
    """The step waits, within one cell, for an answer that is typed only after its first result was seen."""
    live = """%%session step live --in rounds --out total
import time
for number in range(1, rounds + 1):
    session["loss"] = 1 / number
while not session["go"]:
    time.sleep(0.02)
total = rounds"""
    lab = open_lab(jupyter, jupyter.notebook("live.ipynb", [LOAD, live, "print('next')"]))
    lab.add("rounds", "4")
    lab.add("go", "0")
    lab.run_cell(0)
    lab.start_cell(1)
    lab.expect_value("loss", "0.25")
    lab.expect_step("live", "running")
    # What it reads by its declaration is held back, and says so, until Enter or its end.
    lab.type("rounds", "5")
    expect(lab.row("rounds").get_by_test_id("row-held")).to_have_text("waits for live · Enter sends it")
    lab.wait_for_light("waiting")
    expect(lab.light).to_have_text("1 edit waits")
    assert lab.mutates("rounds")[1:] == []
    lab.page.keyboard.press("Enter")
    lab.wait_for_light("saved")
    assert jupyter.variables(lab.path)["rounds"] == 5
    lab.type("go", "1")
    lab.page.keyboard.press("Enter")
    lab.expect_value("total", "4")
    # It read `go` when that was 0 and `rounds` when that was 4, so by now inputs of it have changed.
    lab.expect_step("live", "stale")
    expect(lab.row("total")).to_contain_text("live")


def test_a_failing_step_leaves_the_old_values(jupyter: Jupyter, open_lab: OpenLab) -> None:
    divide = "%%session step divide --in by --out share\nshare = 12 / by"
    lab = open_lab(jupyter, jupyter.notebook("failing.ipynb", [LOAD, divide, "print('next')"]))
    lab.add("by", "4")
    lab.run_cell(0)
    lab.run_cell(1)
    lab.expect_step("divide", "fresh")
    lab.expect_value("share", "3.0")
    lab.set("by", "0")
    lab.expect_step("divide", "stale")
    lab.run_step("divide")
    lab.expect_step("divide", "failed")
    expect(lab.step("divide")).to_contain_text("ZeroDivisionError")
    lab.expect_value("share", "3.0")
    assert lab.run_cell(2) == "next\n"
    lab.set("by", "6")
    lab.run_step("divide")
    lab.expect_step("divide", "fresh")
    lab.expect_value("share", "2.0")


def test_a_missing_input_is_named_and_nothing_runs(jupyter: Jupyter, open_lab: OpenLab) -> None:
    step = "%%session step greet --in who --out greeting\nprint('ran')\ngreeting = who"
    lab = open_lab(jupyter, jupyter.notebook("missing.ipynb", [LOAD, step, "print('next')"]))
    lab.run_cell(0)
    output = lab.run_cell(1)
    assert "who" in output
    assert "ran" not in output
    lab.expect_step("greet", "failed")
    expect(lab.step("greet")).to_contain_text("who")
    assert lab.run_cell(2) == "next\n"
    lab.add("who", '"Ada"')
    lab.run_step("greet")
    lab.expect_step("greet", "fresh")
    lab.expect_value("greeting", "Ada")


def test_an_output_that_was_never_assigned_fails_by_name(jupyter: Jupyter, open_lab: OpenLab) -> None:
    step = "%%session step forget --out answer other\nother = 1"
    lab = open_lab(jupyter, jupyter.notebook("forgot.ipynb", [LOAD, step, "print('next')"]))
    lab.add("other", "0")
    lab.run_cell(0)
    output = lab.run_cell(1)
    assert "answer" in output
    lab.expect_step("forget", "failed")
    expect(lab.step("forget")).to_contain_text("answer")
    lab.expect_value("other", "0")
    assert lab.run_cell(2) == "next\n"


def test_the_stop_button_interrupts_a_step(jupyter: Jupyter, open_lab: OpenLab) -> None:
    step = """%%session step wait --out done
import time
for number in session.track(range(40), "epochs"):
    if number == 10:
        session['started'] = True
        time.sleep(600)
done = 1"""
    lab = open_lab(jupyter, jupyter.notebook("stopped.ipynb", [LOAD, step, "print('next')"]))
    lab.add("done", "0")
    lab.run_cell(0)
    before = lab.prompt(1).text_content()
    lab.start_cell(1)
    lab.expect_step("wait", "running")
    expect(lab.row("started")).to_be_visible()
    lab.interrupt()
    lab.wait_for_run(1, before)
    lab.expect_step("wait", "interrupted")
    lab.expect_value("done", "0")
    assert lab.run_cell(2) == "next\n"
    # From the panel: how far it is stands at the step, and its Stop stops it.
    lab.panel.get_by_test_id("steps-run-every").click()
    lab.expect_step("wait", "running")
    bar = lab.step("wait").get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuetext", re.compile("^10 of 40"))
    lab.screenshot("progress")
    assert lab.evaluate(MOVING) > 0
    # Who does not want that gets the same, at rest.
    lab.page.emulate_media(reduced_motion="reduce")
    wait_for(lambda: lab.evaluate(MOVING), 0)
    lab.page.emulate_media(reduced_motion="no-preference")
    lab.panel.get_by_test_id("steps-stop").click()
    lab.expect_step("wait", "interrupted")
    expect(bar).to_have_count(0)
    expect(lab.panel.get_by_test_id("steps-run-every")).to_be_visible()


def test_run_all_runs_the_steps_in_order(jupyter: Jupyter, open_lab: OpenLab) -> None:
    sources = [
        LOAD,
        "%%session step double --in start --out twice\ntwice = 2 * start",
        "%%session step negate --in twice --out result\nresult = -twice",
    ]
    lab = open_lab(jupyter, jupyter.notebook("all-steps.ipynb", sources))
    lab.add("start", "3")
    lab.run_cell(0)
    lab.run_cell(1)
    lab.run_cell(2)
    lab.expect_value("result", "-6")
    lab.type("start", "5")
    lab.panel.get_by_test_id("run-all").click()
    lab.expect_value("result", re.compile("^-10$"))
    lab.expect_step("double", "fresh")
    lab.expect_step("negate", "fresh")
