"""The steps as a picture: their states, their cells, where a value came from; reachable below any number of variables."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .lab import Lab
from .looks import CUT, shades, widths

LOAD = "%load_ext session_state_ext"
PREPARE = "%%session step prepare --in seed --out data\ndata = [seed, seed + 1]"
TRAIN = "%%session step train --in data lr --out model\nmodel = sum(data) * lr"
EVALUATE = "%%session step evaluate --in model limit --out r2\nr2 = model / limit"
ACTIVE = re.compile("jp-mod-active")
CELLS = [LOAD, PREPARE, TRAIN, EVALUATE, "print('next')"]


def node(lab: Lab, kind: str, name: str) -> Locator:
    return lab.panel.locator(f'[data-testid="node"][data-kind="{kind}"][data-name="{name}"]')


def expect_state(lab: Lab, name: str, state: str, words: str) -> None:
    """Not by colour alone."""
    expect(node(lab, "step", name)).to_have_attribute("data-state", state)
    expect(node(lab, "step", name)).to_contain_text(words)


def start(lab: Lab) -> None:
    for name, value in (("seed", "3"), ("lr", "0.5"), ("limit", "0")):
        lab.add(name, value)
    lab.run_cell(0)
    lab.panel.get_by_test_id("show-steps").click()
    lab.panel.get_by_test_id("steps-graph").click()
    expect(node(lab, "step", "train")).to_be_visible()


def test_the_graph_shows_what_is_fresh_stale_and_failed(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("graph.ipynb", CELLS))
    start(lab)
    expect_state(lab, "prepare", "new", "not run yet")
    lab.panel.get_by_test_id("steps-run-stale").click()
    expect_state(lab, "prepare", "fresh", "fresh")
    expect_state(lab, "train", "fresh", "fresh")
    expect_state(lab, "evaluate", "failed", "failed")
    lab.set("lr", "0.25")
    expect_state(lab, "train", "stale", "lr changed")
    lab.panel.get_by_test_id("show-steps").click()
    for shade in shades(lab):
        for look in widths(lab, narrow=250, wide=620):
            expect(node(lab, "variable", "r2")).to_be_visible()
            lab.panel.get_by_test_id("graph-fit").click()
            lab.panel.get_by_test_id("show-steps").click()
            lab.screenshot(f"graph-{look}-{shade}")
            assert lab.panel.evaluate(CUT) == []
    # The error leads to its cell, and so does the step.
    lab.panel.get_by_test_id("step-error").click()
    expect(lab.cell(3)).to_have_class(ACTIVE)
    node(lab, "step", "prepare").click()
    expect(lab.cell(1)).to_have_class(ACTIVE)


def test_where_a_value_came_from_and_the_keyboard(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("path.ipynb", CELLS), fresh=True)
    start(lab)
    lab.set("limit", "2")
    lab.panel.get_by_test_id("steps-run-every").click()
    expect_state(lab, "evaluate", "fresh", "fresh")
    lab.row("model").get_by_test_id("row-menu").click()
    lab.page.get_by_test_id("menu-trace").click()
    expect(lab.panel.get_by_test_id("trace")).to_contain_text("model was written by train from data, lr")
    for name in ("seed", "data", "lr", "model"):
        expect(node(lab, "variable", name)).to_have_attribute("data-path", "on")
    expect(node(lab, "step", "evaluate")).to_have_attribute("data-path", "off")
    expect(node(lab, "variable", "model")).to_be_focused()
    lab.screenshot("graph-path")
    lab.page.keyboard.press("Home")
    expect(node(lab, "variable", "seed")).to_be_focused()
    lab.page.keyboard.press("ArrowRight")
    expect(node(lab, "step", "prepare")).to_be_focused()
    lab.page.keyboard.press("Enter")
    expect(lab.cell(1)).to_have_class(ACTIVE)
    # How it is shown outlives the page.
    lab.reload()
    expect(node(lab, "step", "train")).to_be_visible()


def test_a_removed_step_is_put_away_and_forgotten(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("removed.ipynb", CELLS))
    start(lab)
    lab.run_cell(1)
    expect_state(lab, "prepare", "fresh", "fresh")
    lab.cell(1).locator(".jp-InputPrompt").click()
    lab.page.keyboard.press("d")
    lab.page.keyboard.press("d")
    expect(node(lab, "step", "prepare")).to_have_count(0)
    lab.panel.get_by_test_id("steps-removed").click()
    lab.panel.get_by_test_id("step-forget").click()
    expect(lab.panel.get_by_test_id("steps-removed")).to_have_count(0)
    expect(lab.row("data")).to_be_visible()
