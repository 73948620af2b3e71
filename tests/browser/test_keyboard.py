"""The panel without a mouse: everything is reached and done by keys, and the focus is never lost."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from . import focus
from .conftest import OpenLab
from .keys import by_palette, choose, focus_stays, press, tab_to
from .lab import wait_for
from .looks import DARK, THEMES

SPACE = {"model": {"kind": "ridge", "degree": 3}, "seed": 7}
# Some of the places that there are.
STOPS = (
    "sync-light",
    "filter",
    "prefix",
    "row-menu",
    "editor",
    "tree-item",
    "add-row",
    "steps-graph",
    "history-button",
)
STEP = "%%session step halve --in lr --out half\nhalf = lr / 2"


def test_all_is_done_without_a_mouse(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("keys.ipynb", ["pass"])
    lab = open_lab(jupyter, path)
    focus.watch(lab)
    at = lab.panel.get_by_test_id
    press(lab, "Alt+Shift+A")
    expect(at("add-name")).to_be_focused()
    lab.page.keyboard.type("lr")
    press(lab, "Tab")
    lab.page.keyboard.type("0.1")
    press(lab, "Enter")
    expect(at("add-button")).to_be_focused()
    lab.wait_for_light("saved")
    press(lab, "Enter")
    lab.page.keyboard.type("note")
    press(lab, "Tab")
    lab.page.keyboard.type("x")
    press(lab, "Enter")
    expect(lab.row("note")).to_be_visible()
    press(lab, "Enter", "Escape")
    expect(at("add-form")).to_have_count(0)
    expect(at("add-button")).to_be_focused()

    tab_to(lab, lab.editor("lr"))
    press(lab, "ControlOrMeta+a")
    lab.page.keyboard.type("0.25")
    press(lab, "Enter")
    wait_for(lambda: jupyter.variables(path)["lr"], 0.25)
    tab_to(lab, lab.row("lr").get_by_test_id("row-menu"), "Shift+Tab")
    press(lab, "ControlOrMeta+z")
    wait_for(lambda: jupyter.variables(path)["lr"], 0.1)
    expect(at("notice")).to_contain_text("Took back")
    lab.expect_value("lr", "0.1")

    tab_to(lab, lab.row("lr").get_by_test_id("row-menu"))
    press(lab, "Enter", "Escape")
    expect(lab.row("lr").get_by_test_id("row-menu")).to_be_focused()
    press(lab, "Enter")
    choose(lab, "delete")
    wait_for(lambda: jupyter.variables(path), {"note": "x"})
    expect(lab.row("note").get_by_test_id("row-menu")).to_be_focused()
    tab_to(lab, at("notice-action"))
    press(lab, "Enter")
    wait_for(lambda: jupyter.variables(path), {"note": "x", "lr": 0.1})
    focus_stays(lab)

    tab_to(lab, at("history-button"))
    press(lab, "Enter")
    expect(at("history-line").first).to_be_visible()
    focus_stays(lab)

    press(lab, "Escape")
    expect(at("history-button")).to_be_focused()
    press(lab, "Alt+Shift+h")
    expect(at("history-filter")).to_be_focused()
    press(lab, "Escape")
    expect(at("history-button")).to_be_focused()
    by_palette(lab, "Undo the Newest Change of Session Variables")
    wait_for(lambda: jupyter.variables(path), {"note": "x"})
    by_palette(lab, "Redo the Change of Session Variables")
    wait_for(lambda: jupyter.variables(path), {"note": "x", "lr": 0.1})
    by_palette(lab, "Take a Snapshot of the Session")
    expect(at("snapshot-name")).to_be_focused()
    press(lab, "Escape")
    expect(at("snapshot-form")).to_have_count(0)
    expect(at("history")).to_be_visible()

    # A snapshot is kept, looked at, and gone back to.
    by_palette(lab, "Take a Snapshot of the Session")
    expect(at("snapshot-name")).to_be_focused()
    lab.page.keyboard.type("with lr")
    press(lab, "Enter")
    expect(at("notice")).to_contain_text("Kept as the snapshot “with lr”")
    focus_stays(lab)
    by_palette(lab, "Undo the Newest Change of Session Variables")
    wait_for(lambda: jupyter.variables(path), {"note": "x"})
    tab_to(lab, at("history-menu"))
    press(lab, "Enter")
    choose(lab, "snapshots")
    tab_to(lab, at("snapshot-look"))
    press(lab, "Enter")
    expect(at("history-back")).to_be_focused()
    tab_to(lab, at("look-only"))
    press(lab, "Enter")
    expect(at("looked-rows").get_by_test_id("row")).to_have_count(1)
    press(lab, "Escape")
    focus_stays(lab)
    tab_to(lab, at("snapshot-restore"))
    press(lab, "Enter")
    wait_for(lambda: jupyter.variables(path), {"note": "x", "lr": 0.1})
    focus_stays(lab)

    # Two revisions are compared.
    by_palette(lab, "Show the Session’s History")
    expect(at("history-filter")).to_be_focused()
    tab_to(lab, at("history-line-menu").first)
    press(lab, "Enter")
    choose(lab, "compare-before")
    expect(at("compared").first).to_be_visible()
    focus_stays(lab)
    press(lab, "Escape", "Escape")
    expect(at("history")).to_have_count(0)
    focus_stays(lab)
    focus.check(lab, at_least=30)


def test_trees_several_rows_steps_and_sessions_are_reached_without_a_mouse(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("more-keys.ipynb", ["%load_ext session_state_ext", STEP])
    session = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    values = {"lr": 0.5, "note": "x", "old": 1, "older": 2, "space": SPACE}
    assert jupyter.request("POST", f"/api/session/{session}", json={"variables": values}).ok
    body = {"name": "one by keys", "variables": {"far": 1}}
    assert jupyter.request("POST", "/api/session", json=body).status_code == 201
    lab = open_lab(jupyter, path)
    lab.wear(DARK)
    focus.watch(lab)
    at = lab.panel.get_by_test_id
    lab.page.keyboard.press("Escape")
    lab.command("notebook:run-cell-and-select-next")
    lab.expect_step("halve", "new")
    by_palette(lab, "Filter Session Variables")
    expect(at("filter")).to_be_focused()

    # A value inside a value.
    lab.page.keyboard.type("spa")
    expect(at("row")).to_have_count(1)
    tab_to(lab, lab.editor("space"))
    press(lab, "Enter")
    tree = lab.row("space").get_by_role("tree")
    tab_to(lab, tree.locator('[data-pointer="/model"]'))
    press(lab, "ArrowRight", "ArrowDown", "ArrowDown", "Enter")
    lab.page.keyboard.type("4")
    press(lab, "Enter")
    wait_for(lambda: jupyter.variables(path)["space"]["model"]["degree"], 4)
    focus_stays(lab)
    # As JSON, which Tab leads out of on both sides.
    tab_to(lab, at("editor-json"))
    press(lab, "Enter")
    expect(lab.editor("space")).to_be_focused()
    press(lab, "Tab")
    expect(at("larger")).to_be_focused()
    press(lab, "Tab")
    expect(at("editor-close")).to_be_focused()
    press(lab, "Shift+Tab", "Shift+Tab")
    expect(lab.editor("space")).to_be_focused()
    press(lab, "Shift+Tab")
    expect(lab.row("space").get_by_test_id("row-menu")).to_be_focused()
    tab_to(lab, at("editor-close"))
    press(lab, "Enter")
    expect(lab.editor("space")).to_be_focused()
    assert jupyter.variables(path)["space"]["model"] == {"kind": "ridge", "degree": 4}
    tab_to(lab, at("filter"), "Shift+Tab")
    press(lab, "Escape")
    expect(at("row")).to_have_count(5)

    # Several at once, and back.
    tab_to(lab, lab.row("old").get_by_test_id("row-menu"))
    press(lab, "Enter")
    choose(lab, "select")
    tab_to(lab, lab.row("old").get_by_test_id("select"))
    press(lab, "Shift+ArrowDown")
    expect(at("selection-bar")).to_contain_text("2 selected")
    press(lab, "Delete")
    wait_for(lambda: sorted(jupyter.variables(path)), ["lr", "note", "space"])
    focus_stays(lab)
    tab_to(lab, at("notice-action"))
    press(lab, "Enter")
    wait_for(lambda: sorted(jupyter.variables(path)), sorted(values))

    # A step, from its title.
    tab_to(lab, lab.step("halve").get_by_test_id("step-run"))
    press(lab, "Enter")
    lab.expect_step("halve", "fresh")
    lab.expect_value("half", "0.25")
    focus_stays(lab)

    # The steps as a graph, walked by arrows to the cell.
    by_palette(lab, "Show the Session’s Steps")
    expect(at("steps-list")).to_be_focused()
    tab_to(lab, at("steps-graph"))
    press(lab, "Enter")
    tab_to(lab, lab.panel.locator('[data-testid="node"][data-name="lr"]'))
    press(lab, "ArrowRight")
    expect(lab.panel.locator('[data-testid="node"][data-name="halve"]')).to_be_focused()
    press(lab, "Home", "Enter")
    expect(lab.editor("lr")).to_be_focused()
    by_palette(lab, "Show the Session’s Steps")
    expect(at("steps-graph")).to_be_focused()
    tab_to(lab, at("steps-list"), "Shift+Tab")
    press(lab, "Enter")

    # Another session and back.
    tab_to(lab, at("choose-session"), "Shift+Tab")
    press(lab, "Enter")
    expect(at("session-search")).to_be_focused()
    lab.page.keyboard.type("by keys")
    expect(at("session-item")).to_have_count(1)
    press(lab, "ArrowDown", "Enter")
    lab.expect_value("far", "1")
    focus_stays(lab)
    by_palette(lab, "Go Back to the Notebook’s Own Session")
    lab.expect_value("lr", "0.5")
    focus.check(lab, at_least=30)

    # All there is to stop at, in every theme: rows of all kinds, a tree, a table and a field with what is not valid.
    more = {
        "on": True,
        "words": "a\nb",
        "people": [{"who": "ann", "age": 31}],
        "grid": {"a": [1]},
        "model.a": 1,
        "model.b": 2,
    }
    assert jupyter.request("POST", f"/api/session/{session}", json={"variables": more}).ok
    for name in ("space", "people"):
        lab.editor(name).press("Enter")
    lab.row("grid").get_by_test_id("row-menu").press("Enter")
    choose(lab, "json")
    lab.editor("note").press("Enter")
    lab.editor("lr").fill("0.5x")
    expect(lab.row("lr").get_by_test_id("problem")).to_be_visible()
    for theme in THEMES:
        lab.wear(theme)
        focus.watch(lab)
        assert set(STOPS) <= set(focus.walk(lab))
        focus.check(lab, at_least=40)
