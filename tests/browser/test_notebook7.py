"""The same panel in Notebook 7."""

from __future__ import annotations

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
