"""Controls in the notebook, by ipywidgets, beside the panel: both move, whoever is moved, also while a cell runs."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .lab import Lab

DECLARE = """%load_ext session_state_ext
session.declare("lr", 0.1, minimum=0, maximum=1, description="learning rate")
session.declare("optimizer", "adam", choices=["adam", "sgd"])
session.declare("epochs", 3, minimum=1)
session.form()"""
WAIT = """import time
while session["lr"] < 0.7:
    time.sleep(0.05)
print("seen", session["lr"])"""


def slider(lab: Lab) -> Locator:
    return lab.cell(0).locator(".noUi-handle")


def test_a_form_and_the_panel_move_each_other(jupyter: Jupyter, open_lab: OpenLab) -> None:
    jupyter.notebook("form.ipynb", [DECLARE, WAIT])
    lab = open_lab(jupyter, "form.ipynb")
    lab.run_cell(0)
    expect(slider(lab)).to_have_attribute("aria-valuenow", "0.1")
    lab.set("lr", "0.5")
    expect(slider(lab)).to_have_attribute("aria-valuenow", "0.5")
    slider(lab).press("ArrowRight")
    lab.expect_value("lr", "0.51")
    lab.editor("optimizer").select_option("sgd")
    expect(lab.cell(0).locator("select")).to_have_value("sgd")
    lab.cell(0).locator("input[type=number]").fill("0")
    lab.cell(0).locator("input[type=number]").press("Enter")
    expect(lab.cell(0).get_by_text("epochs: 0 is less than the minimum 1.")).to_be_visible()
    lab.expect_value("epochs", "3")
    lab.screenshot("form", of_panel=False)

    # While a cell runs, too: the kernel hears of it over a subshell.
    lab.start_cell(1)
    expect(lab.prompt(1)).to_contain_text("*")
    slider(lab).press("End")
    expect(lab.output(1)).to_contain_text("seen 1")
