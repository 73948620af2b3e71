"""How the panel looks: pictures to be looked at, and what a picture must never show, cut text, checked by measure."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from . import axe
from .conftest import OpenLab
from .jupyter import Jupyter
from .lab import Lab
from .test_accessible import DIVIDE, LOAD, Panel

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


# Icons of a button's own colour.
UNSEEN = """panel => [...panel.querySelectorAll('button')].filter(button =>
    [...button.querySelectorAll('svg [fill]:not([fill="none"])')].some(each =>
        getComputedStyle(each).fill === getComputedStyle(button).backgroundColor)).map(e => e.dataset.testid)"""


# How far above the end of what scrolls the title of the steps stands, where there is more than fits.
ABOVE_THE_END = """panel => {
    const [title, body] = ['.jp-SessionSteps-title', '.jp-SessionBody'].map(each => panel.querySelector(each));
    return Math.round(body.getBoundingClientRect().bottom - title.getBoundingClientRect().bottom);
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
    lab.wear(theme)
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


KEY = "6f1c9c0e-8f4b-4d6e-9a77-0c6b1f2e3d4a"
LONG = "the_name_of_a_variable_that_somebody_who_likes_whole_sentences_has_chosen"
MANY = {
    **{f"{LONG}_{i}": "a value that goes on and on " * 20 for i in range(250)},
    **{f"p{i}.rate": i / 7 for i in range(245)},
    "unbroken": "x" * 400,
    "digits": int("123456789" * 9),
    "deep": {LONG: {LONG: [LONG] * 9}},
    "rows": [{LONG: LONG, "b": i} for i in range(30)],
    "key": {"$uuid": KEY},
}


def take_pictures(lab: Lab, state: str, shade: str) -> None:
    """At two widths; nothing is cut at either."""
    for name, width in (("wide", 480), ("narrow", 250)):
        make_wide(lab, width)
        lab.screenshot(f"state-{state}-{name}-{shade}")
        assert lab.panel.evaluate(CUT) == [], (state, name)
        assert lab.cut_names() == [], (state, name)


@pytest.mark.parametrize("theme", axe.THEMES)
def test_nothing_is_cut_in_any_state_or_theme(jupyter: Jupyter, open_lab: OpenLab, theme: str) -> None:
    shade = theme.removeprefix("JupyterLab ").lower().replace(" ", "-")
    path = jupyter.notebook(f"states-{shade}.ipynb", [LOAD, DIVIDE])
    panels: list[Panel] = []
    lab = open_lab(jupyter, path, before=lambda lab: panels.append(Panel(lab, jupyter)))
    page, [panel] = lab.page, panels
    panel.session = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    lab.wear(theme)
    lab.run_cell(0)
    expect(panel.at("empty")).to_be_visible()
    take_pictures(lab, "empty", shade)
    panel.put({"by": 4, "note": "held back", "on": True})
    expect(panel.at("row")).to_have_count(3)
    take_pictures(lab, "three", shade)
    lab.run_cell(1)
    lab.expect_step("divide", "fresh")
    panel.put({"by": 0})
    lab.run_step("divide")
    lab.expect_step("divide", "failed")
    take_pictures(lab, "failed", shade)
    panel.at("steps-graph").click()
    expect(panel.at("graph").locator("svg path[marker-end]").first).to_be_attached()
    take_pictures(lab, "graph", shade)
    panel.at("steps-list").click()
    panel.cut()
    lab.type("by", "3")
    page.keyboard.press("Enter")
    expect(lab.light).to_contain_text("1 edit kept")
    take_pictures(lab, "offline", shade)
    panel.put({"by": 5})
    panel.mend()
    lab.wait_for_light("conflict")
    take_pictures(lab, "conflict", shade)
    page.emulate_media(forced_colors="active")
    lab.screenshot(f"state-conflict-forced-{shade}")
    assert lab.panel.evaluate(UNSEEN) == []
    page.emulate_media(forced_colors="none")
    panel.at("conflict-keep").click()
    lab.wait_for_light("saved")
    panel.at("history-button").click()
    expect(panel.at("history-line").first).to_be_visible()
    take_pictures(lab, "history", shade)
    panel.at("history-filter").press("Escape")
    expect(panel.at("history-button")).to_be_focused()
    panel.at("choose-session").click()
    expect(panel.at("session-item").first).to_be_visible()
    take_pictures(lab, "picker", shade)
    panel.at("session-search").press("Escape")
    expect(panel.at("choose-session")).to_be_focused()
    panel.put(MANY)
    expect(panel.at("filter")).to_have_attribute("placeholder", f"Filter {len(MANY) + 4}")
    take_pictures(lab, "many", shade)
    assert lab.panel.evaluate(ABOVE_THE_END) == 0
    for name in ("deep", "rows"):
        panel.at("filter").fill(name)
        expect(panel.at("row")).to_have_count(1)
        lab.editor(name).click()
        take_pictures(lab, f"many-{name}", shade)
    panel.at("filter").fill("key")
    expect(lab.editor("key")).to_have_value(KEY)
    for width in (480, 250):
        make_wide(lab, width)
        sizes = "field => [field.scrollWidth - field.clientWidth, field.scrollHeight - field.clientHeight]"
        assert lab.editor("key").evaluate(sizes) == [0, 0]
    take_pictures(lab, "many-key", shade)


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
