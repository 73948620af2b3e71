"""What the menus of rows, of sessions and of steps offer, without a mouse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests.jupyter import Jupyter

from . import focus
from .conftest import OpenLab
from .desk import OPEN
from .keys import by_palette, choose, focus_stays, press, tab_to
from .lab import Lab, wait_for
from .looks import CONTRAST
from .test_kept import metadata

STEP = "%%session step halve --in lr --out half\nhalf = lr / 2"
VALUES = {"lr": 0.5, "model.a": 1, "model.b": 2, "seed": 7}


def prepared(jupyter: Jupyter, name: str, sources: list[str], values: dict[str, Any]) -> tuple[str, str]:
    """The path of a notebook and the id of its session, which holds these values."""
    path = jupyter.notebook(name, sources)
    session = str(jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"])
    assert jupyter.request("POST", f"/api/session/{session}", json={"variables": values}).ok
    return path, session


def pick(lab: Lab, name: str, entry: str) -> None:
    """An entry of a row's menu, the row reached by arrows from the filter."""
    by_palette(lab, "Filter Session Variables")
    expect(lab.panel.get_by_test_id("filter")).to_be_focused()
    press(lab, "ArrowDown")
    tab_to(lab, lab.row(name).get_by_test_id("row-menu"), "ArrowDown")
    press(lab, "Enter")
    choose(lab, entry)


def names(lab: Lab) -> list[str | None]:
    return [each.get_attribute("data-name") for each in lab.panel.get_by_test_id("row").all()]


def test_what_rows_offer(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path, _ = prepared(jupyter, "row-keys.ipynb", ["pass", "pass"], VALUES)
    lab = open_lab(jupyter, path)
    lab.wear(CONTRAST)
    focus.watch(lab)
    at, anywhere = lab.panel.get_by_test_id, lab.page.get_by_test_id
    expect(at("row")).to_have_count(4)

    # What it may be, and then a slider.
    pick(lab, "lr", "declare")
    expect(anywhere("declare-description")).to_be_focused()
    lab.page.keyboard.type("how far each step goes")
    tab_to(lab, anywhere("declare-type"))
    lab.page.keyboard.type("num")
    tab_to(lab, anywhere("declare-minimum"))
    lab.page.keyboard.type("0")
    tab_to(lab, anywhere("declare-maximum"))
    lab.page.keyboard.type("1")
    press(lab, "Enter")
    expect(lab.row("lr").get_by_test_id("about")).to_have_text("how far each step goes")
    expect(lab.row("lr").get_by_test_id("row-menu")).to_be_focused()
    tab_to(lab, lab.row("lr").get_by_test_id("slider"))
    press(lab, "ArrowRight", "Enter")
    wait_for(lambda: jupyter.variables(path)["lr"] > 0.5, True)

    # Locked, alone and several at once.
    pick(lab, "seed", "lock")
    expect(lab.editor("seed")).not_to_be_editable()
    expect(lab.row("seed").get_by_test_id("row-menu")).to_be_focused()
    press(lab, "Enter")
    choose(lab, "lock")
    expect(lab.editor("seed")).to_be_editable()
    pick(lab, "model.a", "select")
    tab_to(lab, lab.row("model.a").get_by_test_id("select"), "Shift+Tab")
    press(lab, "Shift+ArrowDown")
    tab_to(lab, at("selection-lock"), "Shift+Tab")
    press(lab, "Enter")
    for name in ("model.a", "model.b"):
        expect(lab.editor(name)).not_to_be_editable()
    expect(at("selection-lock")).to_have_text("Unlock")
    press(lab, "Enter")
    expect(at("selection-lock")).to_have_text("Lock")
    tab_to(lab, at("selection-copy"), "Shift+Tab")
    press(lab, "Enter")
    choose(lab, "copy-json")
    expect(at("notice")).to_be_visible()
    expect(at("selection-copy")).to_be_focused()
    press(lab, "Escape")
    expect(at("selection-bar")).to_have_count(0)
    focus_stays(lab)

    # Another name, another of it, and into a cell.
    pick(lab, "seed", "rename")
    expect(at("rename")).to_be_focused()
    lab.page.keyboard.type("random_seed")
    press(lab, "Enter")
    expect(lab.editor("random_seed")).to_be_focused()
    pick(lab, "random_seed", "duplicate")
    lab.expect_value("random_seed_2", "7")
    wait_for(lambda: sorted(jupyter.variables(path)), ["lr", "model.a", "model.b", "random_seed", "random_seed_2"])
    pick(lab, "random_seed", "insert")
    expect(lab.page.locator(".jp-Notebook .cm-content").first).to_contain_text('session["random_seed"]')
    expect(lab.page.locator(".jp-Notebook .cm-content").first).to_be_focused()
    press(lab, "Alt+Shift+S")
    expect(lab.row("random_seed").get_by_test_id("row-menu")).to_be_focused()
    press(lab, "Alt+Shift+S")
    focus_stays(lab)

    # The past of one goes for good, after a question that Enter alone answers with no.
    pick(lab, "random_seed", "purge")
    expect(lab.page.locator(".jp-Dialog")).to_be_visible()
    press(lab, "Enter")
    expect(lab.page.locator(".jp-Dialog")).to_have_count(0)
    pick(lab, "lr", "purge")
    tab_to(lab, lab.page.locator(".jp-Dialog").get_by_role("button", name="Purge for Good"))
    press(lab, "Enter")
    expect(at("notice")).to_contain_text("for good")
    focus_stays(lab)

    # Their order, and what stands together.
    def arrange(entry: str) -> None:
        tab_to(lab, at("panel-menu"), "Shift+Tab")
        press(lab, "Enter")
        choose(lab, entry)
        expect(at("panel-menu")).to_be_focused()

    by_palette(lab, "Filter Session Variables")
    expect(at("filter")).to_be_focused()
    tab_to(lab, at("panel-menu"))
    arrange("sort-changed")
    wait_for(lambda: names(lab)[0], "random_seed_2")
    arrange("sort-name")
    wait_for(lambda: names(lab)[0], "lr")
    arrange("group")
    expect(at("prefix")).to_have_count(0)
    arrange("group")
    tab_to(lab, at("prefix"))
    press(lab, "Enter")
    expect(lab.row("model.a")).to_have_count(0)
    expect(at("prefix")).to_be_focused()
    press(lab, "Enter")
    expect(lab.row("model.a")).to_be_visible()
    press(lab, "ArrowDown", "Alt+Shift+ArrowDown")
    wait_for(lambda: names(lab)[1:3], ["model.b", "model.a"])
    expect(lab.row("model.a").get_by_test_id("row-menu")).to_be_focused()
    focus.check(lab, at_least=40)


def test_what_sessions_steps_and_kept_values_offer(jupyter: Jupyter, open_lab: OpenLab, tmp_path: Path) -> None:
    sources = ["%load_ext session_state_ext", STEP, "pass"]
    path, session = prepared(jupyter, "session-keys.ipynb", sources, {"lr": 0.5})
    declared = jupyter.request(
        "PUT", f"/api/session/{session}/variables/lr", json={"spec": {"schema": {"type": "number"}}}
    )
    assert declared.ok, declared.text
    lab = open_lab(jupyter, path)
    focus.watch(lab)
    at = lab.panel.get_by_test_id

    # A step whose cell is gone is forgotten.
    press(lab, "Escape", "Shift+Enter", "Shift+Enter")
    lab.expect_step("halve", "fresh")
    press(lab, "Escape", "ArrowUp", "d", "d")
    by_palette(lab, "Show the Session’s Steps")
    tab_to(lab, at("steps-removed"))
    press(lab, "Enter")
    tab_to(lab, at("step-forget"))
    press(lab, "Enter")
    expect(lab.step("halve")).to_have_count(0)
    focus_stays(lab)

    # A session is made, and left again.
    def item(title: str) -> Locator:
        return lab.panel.locator(f'[data-testid="session-item"][data-name="{title}"]')

    def pick_of(title: str, entry: str) -> None:
        tab_to(lab, at("session-search"), "Shift+Tab")
        tab_to(lab, item(title).get_by_test_id("session-use"), "ArrowDown")
        press(lab, "Tab")
        expect(item(title).get_by_test_id("session-menu")).to_be_focused()
        press(lab, "Enter")
        choose(lab, entry)

    press(lab, "Alt+Shift+O")
    expect(at("session-search")).to_be_focused()
    tab_to(lab, at("session-new"), "Shift+Tab")
    press(lab, "Enter")
    expect(at("session-name")).to_be_focused()
    lab.page.keyboard.type("by hand")
    press(lab, "Enter")
    expect(at("choose-session")).to_have_text("by hand")
    expect(at("empty")).to_be_visible()
    focus_stays(lab)
    tab_to(lab, at("notice-action"))
    press(lab, "Enter")
    lab.expect_value("lr", "0.5")

    # Others are renamed, duplicated, sent away, taken in, deleted, and are back, as one of many.
    for number in range(45):
        assert jupyter.request("POST", "/api/session", json={"name": f"older {number}"}).status_code == 201
    body = {"name": "far away", "variables": {"far": 1}}
    assert jupyter.request("POST", "/api/session", json=body).status_code == 201
    press(lab, "Alt+Shift+O")
    expect(item("far away")).to_be_visible()
    pick_of("far away", "rename")
    expect(at("session-name")).to_be_focused()
    lab.page.keyboard.type("near by")
    press(lab, "Enter")
    expect(item("near by")).to_be_visible()
    focus_stays(lab)
    pick_of("near by", "duplicate")
    expect(item("near by copy")).to_be_visible()
    with lab.page.expect_download() as download:
        pick_of("near by", "export")
    file = tmp_path / "sent.session.json"
    download.value.save_as(file)
    assert json.loads(file.read_text())["variables"]["far"] is not None
    tab_to(lab, at("picker-menu"), "Shift+Tab")
    press(lab, "Enter")
    with lab.page.expect_file_chooser() as chooser:
        choose(lab, "import")
    chooser.value.set_files(file)
    expect(at("notice")).to_contain_text("Imported as ")
    focus_stays(lab)
    pick_of("near by copy", "delete")
    expect(item("near by copy")).to_have_count(0)
    focus_stays(lab)
    tab_to(lab, at("notice-action"))
    press(lab, "Enter")
    expect(item("near by copy")).to_be_visible()
    focus_stays(lab)
    pick_of("session-keys", "detach")
    expect(at("empty")).to_be_visible()
    focus_stays(lab)
    tab_to(lab, at("notice-action"))
    press(lab, "Enter")
    lab.expect_value("lr", "0.5")
    focus_stays(lab)

    # Values go with the notebook, and are taken by who gets it, or not.
    tab_to(lab, at("panel-menu"))
    press(lab, "Enter")
    choose(lab, "keep")
    press(lab, "ControlOrMeta+s")
    wait_for(lambda: metadata(jupyter.files / path).get("session_state", {}).get("values"), {"lr": 0.5})
    for choice in ("decline", "use"):
        got = f"given-{choice}.ipynb"
        shutil.copy(jupyter.files / path, jupyter.files / got)
        lab.evaluate(OPEN, got)
        expect(at("kept")).to_contain_text("lr 0.5")
        by_palette(lab, "Show the Session Panel")
        focus_stays(lab)
        tab_to(lab, at(f"kept-{choice}"))
        press(lab, "Enter")
        expect(at("kept")).to_have_count(0)
        focus_stays(lab)
    lab.expect_value("lr", "0.5")
    focus.check(lab, at_least=40)
