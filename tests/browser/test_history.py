"""The history in the panel: what changed, by whom; looking back without touching anything; undo, restore, snapshots, purge."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import Locator, expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .lab import Lab, wait_for
from .looks import CUT, shades, widths

SETUP = """%load_ext session_state_ext
session["alpha"] = 0.1
session["grid"] = {"model": {"kind": "ridge", "degree": 2}, "folds": 5}
session["rows"] = [{"x": i, "y": i * i} for i in range(300)]"""
LOOP = """import time
for i in range(40):
    session["loss"] = 1 / (i + 1)
    time.sleep(0.06)"""
DEGREE = 'session["grid"] = {"model": {"kind": "ridge", "degree": 3}, "folds": 5}'


def session_id(lab: Lab) -> str:
    """The id of the session in the panel, as the server has it for the notebook."""
    return str(call(lab, "attach", "POST", {"path": lab.path})["sessionId"])


def call(lab: Lab, path: str, method: str = "GET", body: object = None) -> dict[str, object]:
    """A request of somebody else: no page, no kernel."""
    request = urllib.request.Request(
        f"{lab.jupyter.url}/api/session/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {lab.jupyter.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    found: dict[str, object] = json.loads(text) if text else {}
    return found


def variables(lab: Lab) -> dict[str, object]:
    found = call(lab, session_id(lab))["variables"]
    assert isinstance(found, dict)
    return found


def show_history(lab: Lab) -> None:
    lab.panel.get_by_test_id("history-button").click()
    expect(lab.panel.get_by_test_id("history")).to_be_visible()
    expect(lines(lab).first).to_be_visible()


def lines(lab: Lab) -> Locator:
    return lab.panel.get_by_test_id("history-line")


def line(lab: Lab, text: str) -> Locator:
    return lines(lab).filter(has_text=text).first


def pick(lab: Lab, button: Locator, entry: str) -> None:
    button.click()
    lab.page.get_by_test_id(f"menu-{entry}").click()


def choose(lab: Lab, text: str, entry: str) -> None:
    pick(lab, line(lab, text).get_by_test_id("history-line-menu"), entry)


@pytest.fixture
def lab(jupyter: Jupyter, open_lab: OpenLab, request: pytest.FixtureRequest) -> Lab:
    name = f"history-{request.node.name.replace('[', '-').replace(']', '').replace(' ', '-')}.ipynb"
    reloads = "while_away" in name
    lab = open_lab(jupyter, jupyter.notebook(name, [SETUP, LOOP, DEGREE]), fresh=reloads)
    lab.run_cell(0)
    expect(lab.row("grid")).to_be_visible()
    return lab


def test_changes_say_what_when_and_who_and_undo_takes_back_ones_own(lab: Lab) -> None:
    lab.set("alpha", "0.35")
    lab.run_cell(2)
    show_history(lab)
    expect(line(lab, "alpha 0.1 → 0.35")).to_contain_text("you, panel")
    expect(line(lab, "grid.model.degree 2 → 3")).to_contain_text("cell 3")
    # Undo: the panel's own newest change, not the cell's after it.
    lab.panel.get_by_test_id("history-undo").click()
    expect(lab.panel.get_by_test_id("notice")).to_contain_text("alpha 0.35 → 0.1")
    expect(lines(lab).first).to_contain_text("took back")
    expect(line(lab, "alpha 0.1 → 0.35")).to_contain_text("taken back by")
    assert variables(lab)["alpha"] == 0.1
    # The usual keys, away from a text field.
    lab.panel.get_by_test_id("history-close").focus()
    lab.page.keyboard.press("ControlOrMeta+Shift+z")
    expect(lab.panel.get_by_test_id("notice")).to_contain_text("Redone: alpha 0.1 → 0.35")
    lab.page.keyboard.press("ControlOrMeta+z")
    expect(lab.panel.get_by_test_id("notice")).to_contain_text("alpha 0.35 → 0.1")
    lab.page.keyboard.press("ControlOrMeta+y")
    wait_for(lambda: variables(lab)["alpha"], 0.35)
    lab.panel.get_by_test_id("history-close").click()
    lab.expect_value("alpha", "0.35")
    # In a field that is typed into the keys are the field's.
    lab.type("alpha", "0.5")
    lab.page.keyboard.press("ControlOrMeta+z")
    expect(lab.panel.get_by_test_id("notice")).not_to_contain_text("0.5")
    lab.page.keyboard.press("Escape")
    wait_for(lambda: variables(lab)["alpha"], 0.35)


def test_what_moved_on_is_taken_back_only_where_one_insists(lab: Lab) -> None:
    lab.set("alpha", "0.35")
    call(lab, session_id(lab), "POST", {"variables": {"alpha": 0.4}})
    lab.expect_value("alpha", "0.4")
    show_history(lab)
    lab.panel.get_by_test_id("history-undo").click()
    expect(lab.panel.get_by_test_id("undo-refused")).to_contain_text("alpha was changed again after revision")
    assert variables(lab)["alpha"] == 0.4
    lab.panel.get_by_test_id("undo-force").click()
    expect(lab.panel.get_by_test_id("notice")).to_contain_text("alpha 0.4 → 0.1")
    expect(lab.panel.get_by_test_id("undo-refused")).to_have_count(0)
    assert variables(lab)["alpha"] == 0.1


def test_a_revision_is_looked_at_without_touching_anything_and_restored(lab: Lab) -> None:
    lab.set("alpha", "0.35")
    lab.add("later", "1")
    before = variables(lab)
    show_history(lab)
    line(lab, "alpha new").get_by_test_id("history-look").click()
    banner = lab.panel.get_by_test_id("looked")
    expect(banner).to_contain_text("Looking at revision")
    rows = lab.panel.get_by_test_id("looked-rows")
    past = rows.locator('[data-testid="row"][data-name="alpha"]')
    expect(past.get_by_test_id("editor")).to_have_value("0.1")
    expect(past.get_by_test_id("editor")).not_to_be_editable()
    expect(past.get_by_test_id("row-then")).to_contain_text("now 0.35")
    expect(lab.panel.get_by_test_id("looked-missing")).to_contain_text("later")
    # What happens meanwhile does not disturb.
    call(lab, session_id(lab), "POST", {"variables": {"alpha": 0.36}})
    expect(past.get_by_test_id("row-then")).to_contain_text("now 0.36")
    expect(past.get_by_test_id("editor")).to_have_value("0.1")
    assert variables(lab) == {**before, "alpha": 0.36}
    past.get_by_test_id("row-restore").click()
    expect(past.get_by_test_id("row-then")).to_contain_text("the same now")
    wait_for(lambda: variables(lab), {**before, "alpha": 0.1})
    lab.panel.get_by_test_id("restore-all").click()
    expect(lab.panel.get_by_test_id("notice")).to_contain_text("Back at revision")
    expect(banner).to_have_count(0)
    expect(lab.row("later")).to_have_count(0)
    lab.page.get_by_test_id("notice-action").click()
    expect(lab.row("later")).to_be_visible()


def test_two_revisions_are_compared(lab: Lab) -> None:
    first = int(lab.panel.get_by_test_id("foot").inner_text().split()[1])
    lab.run_cell(2)
    lab.add("fresh", '"x"')
    call(lab, session_id(lab), "POST", {"removed": ["alpha"]})
    expect(lab.row("alpha")).to_have_count(0)
    show_history(lab)
    pick(lab, lab.panel.get_by_test_id("history-menu"), "compare")
    lab.panel.get_by_test_id("compare-from").fill(str(first))
    lab.panel.get_by_test_id("compare-from").press("Enter")
    expect(lab.panel.get_by_test_id("compare-added")).to_contain_text('fresh new "x"')
    expect(lab.panel.get_by_test_id("compare-changed")).to_contain_text("grid.model.degree 2 → 3")
    expect(lab.panel.get_by_test_id("compare-removed")).to_contain_text("alpha 0.1 → deleted")
    lab.screenshot("history-compare")
    lab.panel.get_by_test_id("history-back").click()
    expect(lines(lab).first).to_be_visible()


def test_snapshots_are_taken_looked_at_gone_back_to_and_deleted(lab: Lab) -> None:
    show_history(lab)
    pick(lab, lab.panel.get_by_test_id("history-menu"), "take-snapshot")
    lab.page.keyboard.type("before the sweep")
    lab.page.keyboard.press("Enter")
    expect(lines(lab).first).to_contain_text("snapshot “before the sweep”")
    lab.panel.get_by_test_id("history-close").click()
    lab.set("alpha", "0.9")
    show_history(lab)
    pick(lab, lab.panel.get_by_test_id("history-menu"), "snapshots")
    lab.panel.get_by_test_id("snapshot-restore").click()
    expect(lab.panel.get_by_test_id("notice")).to_contain_text("Back at “before the sweep”: alpha 0.9 → 0.1")
    lab.expect_value("alpha", "0.1")
    show_history(lab)
    expect(lines(lab).first).to_contain_text("went back to")
    pick(lab, lab.panel.get_by_test_id("history-menu"), "snapshots")
    lab.panel.get_by_test_id("snapshot-delete").click()
    expect(lab.panel.get_by_test_id("snapshot")).to_have_count(0)
    assert call(lab, f"{session_id(lab)}/snapshots") == {"snapshots": []}


def test_a_past_is_purged_after_a_question(lab: Lab) -> None:
    lab.add("token", '"s3cret"')
    lab.set("token", "none")
    pick(lab, lab.row("token").get_by_test_id("row-menu"), "purge")
    dialog = lab.page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("This cannot be undone.")
    dialog.get_by_role("button", name="Purge for Good").click()
    expect(lab.panel.get_by_test_id("notice")).to_contain_text("for good")
    pick(lab, lab.row("token").get_by_test_id("row-menu"), "history")
    expect(lab.panel.get_by_test_id("history-only")).to_contain_text("Only token")
    expect(lines(lab).first).to_be_visible()
    expect(lab.panel.get_by_test_id("history")).not_to_contain_text("s3cret")
    expect(lab.panel.get_by_test_id("history")).to_contain_text("purged")


def test_writes_in_a_loop_are_one_line_and_what_comes_does_not_move_what_is_read(lab: Lab) -> None:
    lab.run_cell(1)
    show_history(lab)
    joined = line(lab, "loss")
    expect(joined).to_contain_text("cell 2")
    expect(joined).to_contain_text("changes")
    joined.get_by_test_id("history-open").click()
    body = lab.panel.get_by_test_id("history")
    lab.page.set_viewport_size({"width": 1280, "height": 420})
    # Lab follows the window's size in its own time.
    wait_for(lambda: body.evaluate("e => e.scrollHeight - e.clientHeight >= 90"), True)
    body.evaluate("e => { e.scrollTop = 90; }")
    wait_for(lambda: body.evaluate("e => e.scrollTop"), 90)
    expect(lab.panel.get_by_test_id("history-missed")).to_have_count(0)
    place = "e => e.getBoundingClientRect().top"
    kept = line(lab, "alpha new")
    before = kept.evaluate(place)
    call(lab, session_id(lab), "POST", {"variables": {"elsewhere": 1}})
    expect(line(lab, "elsewhere")).to_be_attached()
    expect(lab.panel.get_by_test_id("history-missed")).to_contain_text("1 new change above")
    assert abs(kept.evaluate(place) - before) <= 2
    lab.panel.get_by_test_id("history-missed").click()
    expect(line(lab, "elsewhere")).to_be_in_viewport()
    lab.panel.get_by_test_id("history-filter").fill("elsewh")
    expect(lines(lab)).to_have_count(1)


def test_what_changed_while_away_is_marked_until_it_is_seen(lab: Lab) -> None:
    expect(lab.panel.get_by_test_id("news")).to_have_count(0)
    lab.set("alpha", "0.2")
    session = session_id(lab)
    lab.page.goto("about:blank")
    call(lab, session, "POST", {"variables": {"alpha": 0.7, "made": True}})
    lab.open(lab.path)
    expect(lab.panel.get_by_test_id("news")).to_contain_text("2 variables changed since")
    expect(lab.row("alpha").get_by_test_id("row-news")).to_contain_text("was 0.2")
    expect(lab.row("made").get_by_test_id("row-news")).to_contain_text("new while you were away")
    lab.make_wide(250)
    lab.screenshot("history-news")
    assert lab.panel.evaluate(CUT) == []
    lab.panel.get_by_test_id("news-show").click()
    expect(lines(lab).first).to_have_attribute("data-news", "true")
    expect(lab.panel.get_by_test_id("history")).to_contain_text("While you were away")
    lab.panel.get_by_test_id("history-close").click()
    expect(lab.panel.get_by_test_id("news")).to_have_count(0)
    expect(lab.row("alpha").get_by_test_id("row-news")).to_have_count(0)
    lab.reload()
    lab.wait_for_light("saved")
    expect(lab.row("alpha")).to_be_visible()
    expect(lab.panel.get_by_test_id("news")).to_have_count(0)


def test_history_looks(lab: Lab) -> None:
    lab.run_cell(1)
    lab.set("alpha", "0.35")
    lab.run_cell(2)
    show_history(lab)
    pick(lab, lab.panel.get_by_test_id("history-menu"), "take-snapshot")
    lab.page.keyboard.type("before sweep")
    lab.page.keyboard.press("Enter")
    expect(lines(lab).first).to_contain_text("snapshot")
    lab.panel.get_by_test_id("history-undo").click()
    expect(lines(lab).first).to_contain_text("took back")
    for shade in shades(lab):
        for name in widths(lab):
            lab.screenshot(f"history-{name}-{shade}")
            assert lab.panel.evaluate(CUT) == []
            line(lab, "0.1 → 0.35").get_by_test_id("history-look").click()
            expect(lab.panel.get_by_test_id("looked")).to_be_visible()
            lab.screenshot(f"history-look-{name}-{shade}")
            assert lab.panel.evaluate(CUT) == []
            lab.panel.get_by_test_id("history-back").click()
            choose(lab, "rows new", "compare-before")
            expect(lab.panel.get_by_test_id("compared").first).to_be_visible()
            lab.screenshot(f"history-compare-{name}-{shade}")
            assert lab.panel.evaluate(CUT) == []
            lab.panel.get_by_test_id("history-back").click()
