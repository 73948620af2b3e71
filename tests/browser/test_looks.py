"""How the panel looks: pictures to be looked at, and what a picture must never show, cut text, checked by measure."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .conftest import OpenLab
from .jupyter import Jupyter
from .lab import Lab

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "notebooks" / "tour.ipynb"
DOCS = ROOT / "docs"
DARK = "JupyterLab Dark"
# Elements of the panel that are wider inside than outside and do not say, by an ellipsis or a scroll bar of their own,
# that they are.
CUT = """panel => [...panel.querySelectorAll('*')].filter(e => {
    const style = getComputedStyle(e);
    return e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && style.display !== 'inline'
        && style.textOverflow !== 'ellipsis' && style.overflowX !== 'auto' && style.overflowX !== 'scroll'
        && !['INPUT', 'TEXTAREA', 'SELECT'].includes(e.tagName) && !e.closest('.cm-editor, svg');
}).map(e => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`)"""


def make_wide(lab: Lab, width: int) -> None:
    """Drags the sidebar's edge until the panel is this wide."""
    box = lab.panel.bounding_box()
    assert box is not None
    edge, middle = box["x"] - 1, box["y"] + box["height"] / 2
    lab.page.mouse.move(edge, middle)
    lab.page.mouse.down()
    lab.page.mouse.move(edge + box["width"] - width, middle, steps=4)
    lab.page.mouse.up()


@pytest.mark.parametrize("theme", ["JupyterLab Light", DARK])
def test_nothing_is_cut_at_250_pixels(
    jupyter: Jupyter, open_lab: OpenLab, theme: str, pytestconfig: pytest.Config
) -> None:
    shade = "dark" if theme == DARK else "light"
    path = f"looks-{shade}.ipynb"
    shutil.copy(TOUR, jupyter.files / path)
    lab = open_lab(jupyter, path)
    lab.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    lab.command("notebook:run-all-cells")
    lab.expect_step("evaluate", "fresh")
    lab.add("shuffle", "true")
    lab.add("note", '"held back: every fourth digit, drawn with the same seed each time"')
    lab.set("hidden", "16")
    lab.expect_step("train", "stale")
    for name, width in (("narrow", 250), ("wide", 480)):
        make_wide(lab, width)
        lab.screenshot(f"{name}-{shade}")
        assert lab.panel.evaluate(CUT) == []
    make_wide(lab, 340)
    picture = lab.screenshot(f"lab-{shade}", of_panel=False)
    if theme != DARK and pytestconfig.getoption("--update-docs"):
        shutil.copy(picture, DOCS / "panel.png")
    lab.page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")


def test_an_empty_session_says_what_to_do(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("empty.ipynb", ["pass"]))
    lab.wait_for_light("saved")
    expect(lab.panel.get_by_test_id("row")).to_have_count(0)
    lab.screenshot("empty")
