"""How the panel looks: pictures to be looked at, and what a picture must never show, cut text, checked by measure."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .lab import Lab
from .looks import CUT, THEMES, shades, widths
from .test_accessible import DIVIDE, LOAD, Panel

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "notebooks" / "tour.ipynb"
# Icons of a button's own colour.
UNSEEN = """panel => [...panel.querySelectorAll('button')].filter(button =>
    [...button.querySelectorAll('svg [fill]:not([fill="none"])')].some(each =>
        getComputedStyle(each).fill === getComputedStyle(button).backgroundColor)).map(e => e.dataset.testid)"""


ORDINARY = {
    "learningRateOfTheFirstLayer": 0.001,
    **{f"validation_accuracy_of_the_model_after_epoch_{i}": 0.9 + i / 100 for i in (1, 2, 3)},
    "notes": "What was seen, line by line:\n" + "\n".join(f"{i}. the loss went down" for i in range(12)),
}
# How far above the end of what scrolls the title of the steps stands, where there is more than fits.
ABOVE_THE_END = """panel => {
    const [title, body] = ['.jp-SessionSteps-title', '.jp-SessionBody'].map(each => panel.querySelector(each));
    return Math.round(body.getBoundingClientRect().bottom - title.getBoundingClientRect().bottom);
}"""


def test_nothing_is_cut_at_250_pixels(jupyter: Jupyter, open_lab: OpenLab) -> None:
    shutil.copy(TOUR, jupyter.files / "looks.ipynb")
    lab = open_lab(jupyter, "looks.ipynb")
    lab.command("notebook:run-all-cells")
    lab.expect_step("evaluate", "fresh")
    lab.add("shuffle", "true")
    lab.add("note", '"held back: every fourth digit, drawn with the same seed each time"')
    lab.set("hidden", "16")
    lab.expect_step("train", "stale")
    session = jupyter.request("POST", "/api/session/attach", json={"path": "looks.ipynb"}).json()["sessionId"]
    assert jupyter.request("POST", f"/api/session/{session}", json={"variables": ORDINARY}).ok
    expect(lab.row("learningRateOfTheFirstLayer")).to_be_visible()
    for shade in shades(lab):
        for name in widths(lab):
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


def take_pictures(lab: Lab, state: str) -> None:
    """At two widths; nothing is cut in any."""
    for shade in shades(lab):
        for name in widths(lab):
            lab.screenshot(f"state-{state}-{name}-{shade}")
            assert lab.panel.evaluate(CUT) == [], (state, shade, name)
            assert lab.cut_names() == [], (state, shade, name)


def test_nothing_is_cut_in_any_state_or_theme(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("states.ipynb", [LOAD, DIVIDE])
    panels: list[Panel] = []
    lab = open_lab(jupyter, path, before=lambda lab: panels.append(Panel(lab, jupyter)))
    page, [panel] = lab.page, panels
    panel.session = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    lab.run_cell(0)
    expect(panel.at("empty")).to_be_visible()
    take_pictures(lab, "empty")
    panel.put({"by": 4, "note": "held back", "on": True})
    expect(panel.at("row")).to_have_count(3)
    take_pictures(lab, "three")
    lab.run_cell(1)
    lab.expect_step("divide", "fresh")
    panel.put({"by": 0})
    lab.run_step("divide")
    lab.expect_step("divide", "failed")
    take_pictures(lab, "failed")
    panel.at("steps-graph").click()
    expect(panel.at("graph").locator("svg path[marker-end]").first).to_be_attached()
    take_pictures(lab, "graph")
    panel.at("steps-list").click()
    panel.cut()
    lab.type("by", "3")
    page.keyboard.press("Enter")
    expect(lab.light).to_contain_text("1 edit kept")
    take_pictures(lab, "offline")
    panel.put({"by": 5})
    panel.mend()
    lab.wait_for_light("conflict")
    take_pictures(lab, "conflict")
    page.emulate_media(forced_colors="active")
    for shade in shades(lab, *THEMES):
        lab.screenshot(f"state-conflict-forced-{shade}")
        assert lab.panel.evaluate(UNSEEN) == [], shade
    page.emulate_media(forced_colors="none")
    panel.at("conflict-keep").click()
    lab.wait_for_light("saved")
    panel.at("history-button").click()
    expect(panel.at("history-line").first).to_be_visible()
    take_pictures(lab, "history")
    panel.at("history-filter").press("Escape")
    expect(panel.at("history-button")).to_be_focused()
    panel.at("choose-session").click()
    expect(panel.at("session-item").first).to_be_visible()
    take_pictures(lab, "picker")
    panel.at("session-search").press("Escape")
    expect(panel.at("choose-session")).to_be_focused()
    panel.put(MANY)
    expect(panel.at("filter")).to_have_attribute("placeholder", f"Filter {len(MANY) + 4}")
    take_pictures(lab, "many")
    assert lab.panel.evaluate(ABOVE_THE_END) == 0
    panel.at("filter").fill("whole_sentences")
    expect(lab.row(f"{LONG}_0")).to_be_in_viewport()
    take_pictures(lab, "many-long")
    for name in ("deep", "rows"):
        panel.at("filter").fill(name)
        expect(panel.at("row")).to_have_count(1)
        lab.editor(name).click()
        take_pictures(lab, f"many-{name}")
    panel.at("filter").fill("key")
    expect(lab.editor("key")).to_have_value(KEY)
    for _ in widths(lab):
        sizes = "field => [field.scrollWidth - field.clientWidth, field.scrollHeight - field.clientHeight]"
        assert lab.editor("key").evaluate(sizes) == [0, 0]
    take_pictures(lab, "many-key")


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
    lab.make_wide(340)
    lab.set("hidden", "16")
    lab.expect_step("train", "stale")
    lab.page.locator(".jp-OutputArea-output img").scroll_into_view_if_needed()
    picture = lab.screenshot("readme", of_panel=False)
    if pytestconfig.getoption("--update-docs"):
        shutil.copy(picture, ROOT / "docs" / "panel.png")
