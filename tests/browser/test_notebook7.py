"""The same panel in Notebook 7."""

from __future__ import annotations

from playwright.sync_api import expect

from .conftest import OpenLab
from .jupyter import Jupyter


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
