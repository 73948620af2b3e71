"""The same panel in Notebook 7."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from . import axe, focus
from .conftest import OpenLab
from .keys import choose, focus_stays, press, tab_to
from .lab import PATIENCE_MS, Lab, wait_for
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

    # A second tab types beside the first, and is closed while it does.
    tab = Lab(lab.page.context.new_page(), notebook_7, f"{lab.workspace}-tab")
    tab.page.set_default_timeout(PATIENCE_MS)
    tab.open(lab.path)
    lab.add("z", "1")
    tab.expect_value("z", "1")
    tab.type("x", "6")
    lab.expect_value("x", "6")
    tab.type("z", "77")
    tab.close()
    lab.expect_value("z", "77")
    # And the last one.
    lab.type("x", "88")
    lab.close()
    wait_for(lambda: notebook_7.variables(lab.path), {"x": 88, "y": 25, "z": 77})
    assert tab.complaints == []


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

    # Without a mouse.
    focus.watch(lab)
    at = lab.panel.get_by_test_id
    press(lab, "Alt+Shift+A")
    expect(at("add-name")).to_be_focused()
    lab.page.keyboard.type("depth")
    press(lab, "Tab")
    lab.page.keyboard.type("3")
    press(lab, "Enter")
    lab.expect_value("depth", "3")
    tab_to(lab, at("filter"), "Shift+Tab")
    press(lab, "ArrowDown")
    expect(lab.row("depth").get_by_test_id("row-menu")).to_be_focused()
    press(lab, "Enter")
    choose(lab, "delete")
    expect(lab.row("depth")).to_have_count(0)
    focus_stays(lab)
    press(lab, "ControlOrMeta+z")
    lab.expect_value("depth", "3")
    tab_to(lab, lab.row("depth").get_by_test_id("row-menu"))
    press(lab, "Enter")
    choose(lab, "insert")
    expect(lab.cell(0).locator(".cm-content")).to_contain_text('session["depth"]')
    expect(lab.cell(0).locator(".cm-content")).to_be_focused()
    press(lab, "Alt+Shift+S")
    focus_stays(lab)
    press(lab, "Alt+Shift+O")
    expect(at("session-search")).to_be_focused()
    press(lab, "Escape")
    focus_stays(lab)
    press(lab, "Alt+Shift+H")
    expect(at("history-filter")).to_be_focused()
    press(lab, "Escape")
    focus_stays(lab)
    assert {"sync-light", "filter", "row-menu", "editor", "history-button"} <= set(focus.walk(lab))
    focus.check(lab, at_least=15)


def test_history_a_failed_step_and_an_outage_in_a_narrow_dark_panel(notebook_7: Jupyter, open_lab: OpenLab) -> None:
    sources = ["%load_ext session_state_ext", "%%session step share --in by --out part\npart = 12 / by"]
    path = notebook_7.notebook("narrow.ipynb", sources)
    panels: list[Panel] = []
    lab = open_lab(notebook_7, path, before=lambda lab: panels.append(Panel(lab, notebook_7)))
    [panel] = panels
    panel.session = notebook_7.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
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
    # Somebody else was there first; meanwhile the steps are looked at as a graph.
    panel.put({"by": 7})
    panel.mend()
    lab.wait_for_light("conflict")
    panel.at("steps-graph").click()
    expect(panel.at("node").first).to_be_visible()
    found += axe.violations(lab)
    assert lab.panel.evaluate(CUT) == []
    lab.screenshot("notebook-7-conflict-and-graph")
    panel.at("conflict-keep").click()
    lab.wait_for_light("saved")
    assert notebook_7.variables(path)["by"] == 6
    assert found == []
