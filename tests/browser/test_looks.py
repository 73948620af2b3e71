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
DARK = "JupyterLab Dark"
# What is cut without a sign of it, or reaches beyond the panel's edge.
CUT = """panel => {
    const edge = panel.getBoundingClientRect().right + 1;
    return [...panel.querySelectorAll('*')].filter(e => {
        if (e.closest('.cm-editor, svg, input, textarea, select') || e.clientWidth === 0) return false;
        const style = getComputedStyle(e);
        const hides = ['hidden', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis';
        return e.getBoundingClientRect().right > edge || (hides && e.scrollWidth > e.clientWidth + 1);
    }).map(e => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`);
}"""


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
def test_nothing_is_cut_at_250_pixels(jupyter: Jupyter, open_lab: OpenLab, theme: str) -> None:
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
        assert lab.cut_names() == []
    lab.screenshot(f"lab-{shade}", of_panel=False)
    lab.page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")


def test_an_empty_session_says_what_to_do(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("empty.ipynb", ["pass"]))
    lab.wait_for_light("saved")
    expect(lab.panel.get_by_test_id("row")).to_have_count(0)
    lab.screenshot("empty")


def test_the_picture_in_the_readme(jupyter: Jupyter, open_lab: OpenLab, pytestconfig: pytest.Config) -> None:
    (jupyter.files / "readme").mkdir()
    shutil.copy(TOUR, jupyter.files / "readme" / "tour.ipynb")
    lab = open_lab(jupyter, "readme/tour.ipynb", viewport={"width": 1320, "height": 1080})
    lab.command("application:toggle-left-area")
    lab.command("notebook:run-all-cells")
    lab.expect_step("evaluate", "fresh")
    expect(lab.page.locator(".jp-OutputArea-output table").first).to_be_attached()
    lab.wait_for_idle()
    make_wide(lab, 340)
    lab.set("hidden", "16")
    lab.expect_step("train", "stale")
    lab.page.locator(".jp-OutputArea-output img").scroll_into_view_if_needed()
    picture = lab.screenshot("readme", of_panel=False)
    if pytestconfig.getoption("--update-docs"):
        shutil.copy(picture, ROOT / "docs" / "panel.png")
