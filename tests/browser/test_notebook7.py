"""The same panel in Notebook 7."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from . import axe
from .conftest import OpenLab
from .looks import CUT, DARK
from .test_accessible import Panel


def test_the_panel_shows_and_a_step_runs(notebook_7: Jupyter, open_lab: OpenLab) -> None:
    sources = ["%load_ext session_state_ext", "%%session step square --in x --out y\ny = x * x"]
    lab = open_lab(notebook_7, notebook_7.notebook("seven.ipynb", sources))
    lab.add("x", "3")
    lab.run_cell(0)
    lab.run_cell(1)
    lab.expect_value("y", "9")
    lab.type("x", "5")
    lab.run_step("square")
    lab.expect_value("y", "25")
    lab.expect_step("square", "fresh")
    lab.screenshot("notebook-7", of_panel=False)
    lab.reload()
    lab.expect_value("y", "25")


def test_sessions_and_the_palette(notebook_7: Jupyter, open_lab: OpenLab) -> None:
    made = notebook_7.request("POST", "/api/session", json={"name": "elsewhere", "variables": {"lr": 0.5}})
    assert made.status_code == 201
    lab = open_lab(notebook_7, notebook_7.notebook("around.ipynb", ["half = lr / 2"]))
    lab.panel.get_by_test_id("choose-session").click()
    lab.panel.locator('[data-name="elsewhere"]').get_by_test_id("session-use").click()
    lab.expect_value("lr", "0.5")
    lab.palette("Make This Cell a Step…")
    expect(lab.page.get_by_test_id("step-line")).to_have_text("#| step: make_half(lr) -> half")
    lab.page.keyboard.press("Enter")
    lab.expect_step("make_half", "new")
    lab.screenshot("notebook-7-around", of_panel=False)


def test_history_a_failed_step_and_an_outage_in_a_narrow_dark_panel(notebook_7: Jupyter, open_lab: OpenLab) -> None:
    sources = ["%load_ext session_state_ext", "%%session step share --in by --out part\npart = 12 / by"]
    path = notebook_7.notebook("narrow.ipynb", sources)
    panels: list[Panel] = []
    lab = open_lab(notebook_7, path, before=lambda lab: panels.append(Panel(lab, notebook_7)))
    [panel] = panels
    lab.add("by", "4")
    lab.run_cell(0)
    lab.make_wide(250)
    assert lab.panel.evaluate("e => e.offsetWidth") == 250
    lab.wear(DARK)
    lab.run_step("share")
    lab.expect_step("share", "fresh")
    lab.set("by", "0")
    lab.run_step("share")
    lab.expect_step("share", "failed")
    panel.at("step-error").click()
    expect(lab.cell(1)).to_have_class(re.compile("jp-mod-active"))
    axe.inject(lab)
    found = axe.violations(lab)
    assert lab.panel.evaluate(CUT) == []
    lab.screenshot("notebook-7-narrow")
    lab.wear(DARK)

    # Undo by its keys, and the past.
    lab.row("by").get_by_test_id("row-menu").focus()
    lab.page.keyboard.press("ControlOrMeta+z")
    lab.expect_value("by", "4")
    lab.page.keyboard.press("ControlOrMeta+Shift+z")
    lab.expect_value("by", "0")
    panel.at("history-button").click()
    expect(panel.at("history-line").first).to_contain_text("by")
    found += axe.violations(lab)
    assert lab.panel.evaluate(CUT) == []
    panel.at("history-look").last.click()
    expect(panel.at("looked-rows")).to_contain_text("by")
    assert lab.panel.evaluate(CUT) == []
    panel.at("back-to-now").click()

    panel.cut()
    lab.type("by", "6")
    lab.page.keyboard.press("Enter")
    expect(lab.light).to_have_text("Offline, 1 edit kept")
    found += axe.violations(lab)
    assert lab.panel.evaluate(CUT) == []
    panel.mend()
    lab.wait_for_light("saved")
    assert notebook_7.variables(path)["by"] == 6
    assert found == []
