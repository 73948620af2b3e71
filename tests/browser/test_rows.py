"""Rows to their end: every value is shown as what it is, and is edited, moved, grouped and selected where it stands."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .desk import OPEN
from .lab import Lab, wait_for
from .looks import CUT, shades, widths

TYPED = """%load_ext session_state_ext
import datetime, decimal, uuid
import numpy as np, pandas as pd
from IPython.display import Image
import struct, zlib
def png(width, height):
    rows = b"".join(b"\\0" + bytes([x * 255 // width, y * 255 // height, 180] * 1) for y in range(height) for x in [0])
    body = b"".join(
        b"\\0" + b"".join(bytes([x * 255 // width, y * 255 // height, 180]) for x in range(width)) for y in range(height)
    )
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b""))
session["frame"] = pd.DataFrame({"lr": [0.1, 0.2, float("nan"), 0.4, 0.5], "name": ["a", "b", None, "d", "e"]})
session["curve"] = np.sin(np.linspace(0, 9, 3000))
session["weights"] = np.add.outer(np.arange(12.0), np.arange(30.0) ** 1.3)
session["series"] = pd.Series([1, 2, 3], index=["mean", "std", "max"], name="q")
session["picture"] = Image(data=png(160, 60), format="png")
session["at"] = datetime.datetime(2026, 11, 22, 19, 0)
session["price"] = decimal.Decimal("1.10")
session["took"] = datetime.timedelta(hours=1, seconds=2.5)
session["run_id"] = uuid.UUID(int=7)
session["raw"] = b"session state" * 1000
session["loss"] = float("nan")
session["big"] = 2**53 + 1
session["one"] = 1.0"""
TREE = {"model": {"kind": "ridge", "degree": 3, "deep": True}, "alpha": [0.01, 0.1, 1], "note": None}
PEOPLE = [{"who": "ann", "age": 31}, {"who": "bob", "age": 45}]


def opened(jupyter: Jupyter, open_lab: OpenLab, name: str, values: dict[str, Any], **more: Any) -> tuple[Lab, str]:
    path = jupyter.notebook(f"{name}.ipynb", ["pass"])
    session = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    answer = jupyter.request("POST", f"/api/session/{session}", json={"variables": values})
    assert answer.ok, answer.text
    return open_lab(jupyter, path, **more), path


def press(lab: Lab, *keys: str) -> None:
    for key in keys:
        lab.page.keyboard.press(key)


def test_typed_values_are_shown_as_what_they_are(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("typed.ipynb", [TYPED])
    lab = open_lab(jupyter, path, viewport={"width": 1280, "height": 1500})
    lab.run_cell(0)
    for name, kind in {
        "frame": "DataFrame 5x2",
        "curve": "ndarray 3000 float64",
        "weights": "ndarray 12x30 float64",
        "series": "Series 3 int64",
        "picture": "Image 160x60",
        "at": "datetime",
        "price": "Decimal",
        "took": "timedelta",
        "run_id": "UUID",
        "raw": "bytes, 13 kB",
    }.items():
        expect(lab.row(name).get_by_test_id("type")).to_have_text(kind)
    expect(lab.row("frame")).to_contain_text("float64")
    expect(lab.row("picture").get_by_role("img")).to_have_js_property("naturalWidth", 160)
    lab.expect_value("at", "2026-11-22 19:00:00")
    lab.expect_value("took", "1:00:02.5")
    lab.expect_value("loss", "NaN")
    lab.expect_value("big", "9007199254740993")
    lab.expect_value("one", "1.0")
    lab.editor("frame").click()
    for shade in shades(lab):
        for name in widths(lab):
            lab.screenshot(f"rows-typed-{name}-{shade}")
            assert lab.panel.evaluate(CUT) == []
            assert lab.cut_names() == []


def test_a_date_and_a_decimal_reach_the_kernel_as_what_they_are(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook(
        "scalars.ipynb",
        [
            "%load_ext session_state_ext\nimport datetime, decimal\n"
            "session['at'] = datetime.datetime(2026, 1, 2)\nsession['price'] = decimal.Decimal('1.10')",
            "print(repr(session['at']), repr(session['price']))",
        ],
    )
    lab = open_lab(jupyter, path)
    lab.run_cell(0)
    lab.type("at", "2026-02-30 10:00")
    expect(lab.row("at")).to_contain_text("Not a datetime: write it like 2026-11-22 19:00:00.")
    lab.set("at", "2026-02-28 10:00")
    lab.set("price", "0.30")
    assert "datetime.datetime(2026, 2, 28, 10, 0) Decimal('0.30')" in lab.run_cell(1)


def test_a_tree_is_walked_and_edited_from_the_keyboard(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab, path = opened(jupyter, open_lab, "tree", {"space": TREE, "people": PEOPLE})
    lab.editor("space").focus()
    press(lab, "Enter")
    tree = lab.row("space").get_by_role("tree")
    tree.locator('[data-pointer="/model"]').focus()
    press(lab, "ArrowRight", "ArrowRight", "ArrowDown", "Enter")
    lab.page.keyboard.type("4")
    press(lab, "Enter")
    wait_for(lambda: jupyter.variables(path)["space"], {**TREE, "model": {**TREE["model"], "degree": 4}})  # type: ignore[dict-item]
    assert '"patch"' in lab.mutates("space")[-1]
    assert "ridge" not in lab.mutates("space")[-1]
    expect(tree.locator('[data-pointer="/model/degree"]')).to_be_focused()
    press(lab, "Enter")
    lab.page.keyboard.type("0,5")
    expect(lab.row("space").get_by_test_id("problem")).to_have_text("Use a point: 0.5.")
    lab.editor("people").click()
    for shade in shades(lab):
        for name in widths(lab):
            lab.screenshot(f"rows-tree-{name}-{shade}")
            assert lab.panel.evaluate(CUT) == []


def test_a_table_takes_keys_and_a_piece_of_a_spreadsheet(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab, path = opened(
        jupyter, open_lab, "table", {"people": PEOPLE}, permissions=["clipboard-read", "clipboard-write"]
    )
    lab.editor("people").click()
    grid = lab.row("people").get_by_role("grid")
    grid.get_by_role("gridcell").first.click()
    press(lab, "ArrowRight")
    lab.page.keyboard.type("32")
    press(lab, "Enter")
    wait_for(lambda: jupyter.variables(path)["people"][0]["age"], 32)
    press(lab, "ArrowLeft")
    lab.evaluate("() => navigator.clipboard.writeText('cy\\t50\\nd\\t60.5\\n')")
    press(lab, "ControlOrMeta+v")
    wanted = [{"who": "ann", "age": 32}, {"who": "cy", "age": 50}, {"who": "d", "age": 60.5}]
    wait_for(lambda: jupyter.variables(path)["people"], wanted)
    expect(grid.get_by_role("gridcell")).to_have_count(6)

    # A part of it goes back to the spreadsheet, in the order in which it is looked at.
    grid.get_by_role("columnheader", name="age").click()
    grid.get_by_role("columnheader", name="age").click()
    cells = grid.get_by_role("gridcell")
    cells.nth(0).hover()
    lab.page.mouse.down()
    cells.nth(3).hover()
    lab.page.mouse.up()
    press(lab, "ControlOrMeta+c")
    wait_for(lambda: lab.evaluate("() => navigator.clipboard.readText()"), "d\t60.5\ncy\t50")
    for name in widths(lab):
        lab.screenshot(f"rows-table-{name}")
        assert lab.panel.evaluate(CUT) == []


def test_a_value_has_a_tab_of_its_own_and_a_session_is_found_as_it_was_left(
    jupyter: Jupyter, open_lab: OpenLab
) -> None:
    table = [{"n": n, "text": f"row {n}"} for n in range(100)]
    fill = {f"v{n:02}": n for n in range(40)}
    lab, path = opened(jupyter, open_lab, "large", {"a_table": table, "a_tree": TREE, **fill})
    lab.editor("a_table").click()
    lab.row("a_table").get_by_test_id("rows-after").click()
    lab.row("a_table").get_by_test_id("value-menu").click()
    lab.page.get_by_test_id("menu-larger").click()
    large = lab.page.get_by_test_id("large")
    expect(large.get_by_role("row").nth(20)).to_be_visible()
    large.get_by_role("gridcell").first.click()
    lab.page.keyboard.type("7")
    press(lab, "Enter")
    wait_for(lambda: jupyter.variables(path)["a_table"][0]["n"], 7)
    lab.screenshot("large", of_panel=False)
    large.get_by_test_id("editor-json").click()
    expect(large.locator(".cm-content")).to_be_focused()

    lab.editor("a_tree").click()
    lab.row("a_tree").locator('[data-pointer="/model"]').press("ArrowRight")
    lab.row("v00").scroll_into_view_if_needed()
    lab.panel.get_by_test_id("filter").fill("a")
    other = jupyter.notebook("large-other.ipynb", ["pass"])
    lab.evaluate(OPEN, other)
    expect(lab.panel.get_by_test_id("empty")).to_be_visible()
    lab.evaluate(OPEN, path)
    expect(lab.row("a_tree").locator('[data-pointer="/model/kind"]')).to_be_visible()
    expect(lab.panel.get_by_test_id("filter")).to_have_value("a")
    expect(lab.row("a_table").get_by_test_id("rows-place")).to_have_text("12–23 of 100")
    lab.panel.get_by_test_id("filter").fill("")
    lab.row("v39").hover()
    top = "panel => panel.querySelector('.jp-SessionBody').scrollTop"
    wait_for(lambda: lab.panel.evaluate(top) > 500, True)
    scrolled = lab.panel.evaluate(top)
    lab.evaluate(OPEN, other)
    expect(lab.panel.get_by_test_id("empty")).to_be_visible()
    lab.evaluate(OPEN, path)
    wait_for(lambda: lab.panel.evaluate(top), scrolled)

    # With its notebook the tab goes.
    lab.evaluate("() => window.jupyterapp.shell.currentWidget.dispose()")
    expect(large).to_have_count(0)


def test_several_rows_are_deleted_and_come_back(jupyter: Jupyter, open_lab: OpenLab) -> None:
    values = {"model.lr": 0.1, "model.depth": 3, "model.seed": 7, "note": "x", "alpha": 1}
    lab, path = opened(jupyter, open_lab, "several", values, permissions=["clipboard-read", "clipboard-write"])
    expect(lab.panel.get_by_test_id("prefix")).to_have_text("model3")
    lab.row("alpha").get_by_test_id("row-menu").click()
    lab.page.locator('[data-testid="menu-select"]').click()
    lab.row("model.seed").get_by_test_id("select").click(modifiers=["Shift"])
    lab.make_wide(250)
    expect(lab.panel.get_by_test_id("selection-bar")).to_contain_text("4 selected")
    lab.screenshot("rows-selected-narrow")
    assert lab.panel.evaluate(CUT) == []
    lab.panel.get_by_test_id("selection-copy").click()
    lab.page.locator('[data-testid="menu-copy-python"]').click()
    expect(lab.panel).to_contain_text("Copied 4 variables.")
    copied = lab.evaluate("() => navigator.clipboard.readText()")
    assert copied.splitlines()[:2] == ["alpha = 1", 'session["model.depth"] = 3']
    lab.row("model.seed").get_by_test_id("select").focus()
    press(lab, "Delete")
    wait_for(lambda: jupyter.variables(path), {"note": "x"})
    lab.panel.get_by_test_id("notice-action").click()
    wait_for(lambda: jupyter.variables(path), values)


def test_ones_own_order_stays_after_a_reload_and_is_nobody_elses(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab, path = opened(jupyter, open_lab, "order", {"a": 1, "b": 2, "c": 3}, fresh=True)

    def order(lab: Lab) -> list[str]:
        rows: list[str] = lab.panel.get_by_test_id("row").evaluate_all("all => all.map(e => e.dataset.name)")
        return rows

    lab.editor("c").focus()
    press(lab, "Alt+Shift+ArrowUp")
    wait_for(lambda: order(lab), ["a", "c", "b"])
    expect(lab.editor("c")).to_be_focused()
    lab.row("b").locator(".jp-SessionRow-name").drag_to(
        lab.row("a").locator(".jp-SessionRow-name"), target_position={"x": 3, "y": 2}
    )
    wait_for(lambda: order(lab), ["b", "a", "c"])
    lab.reload()
    wait_for(lambda: order(lab), ["b", "a", "c"])
    assert order(open_lab(jupyter, path)) == ["a", "b", "c"]


def test_what_is_typed_into_a_long_list_is_not_lost(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab, path = opened(jupyter, open_lab, "far", {f"v{n:03}": n for n in range(200)})
    lab.panel.get_by_test_id("panel-menu").click()
    lab.page.get_by_test_id("menu-sort-changed").click()
    lab.row("v000").hover()
    lab.page.mouse.wheel(0, 6000)
    expect(lab.row("v000")).to_have_count(0)
    expect(lab.row("v110")).to_be_visible()
    rows = lab.panel.get_by_test_id("row")
    name, wrong, beside = (str(rows.nth(n).get_attribute("data-name")) for n in (9, 11, 12))
    lab.type(name, "789")
    expect(lab.editor(name)).to_be_focused()
    lab.page.mouse.wheel(0, -20000)
    expect(lab.row("v001")).to_be_in_viewport()
    lab.page.keyboard.type("5")
    press(lab, "Enter")
    wait_for(lambda: jupyter.variables(path)[name], 7895)
    expect(lab.editor(name)).to_be_focused()

    # Nor what is not valid, and it does not take the focus when it comes back.
    lab.row(wrong).get_by_test_id("row-menu").click()
    lab.page.get_by_test_id("menu-json").click()
    expect(lab.editor(wrong)).to_be_focused()
    press(lab, "ControlOrMeta+a")
    lab.page.keyboard.type('{"a": ')
    expect(lab.light).to_have_text("1 not valid")
    lab.editor(beside).click()
    lab.page.mouse.wheel(0, -20000)
    expect(lab.row(wrong)).to_have_count(0)
    expect(lab.light).to_have_text("1 not valid")
    lab.page.mouse.wheel(0, 6000)
    expect(lab.editor(wrong)).to_have_text('{"a": ')
    expect(lab.editor(beside)).to_be_focused()


def test_10_000_rows_and_a_value_of_1_mib(jupyter: Jupyter, open_lab: OpenLab) -> None:
    """What is in the page does not grow with what is in the session."""
    values: dict[str, Any] = {f"group_{n % 40}.v{n}": n for n in range(9990)}
    values["a_log"] = "line " * 200_000
    values["a_list"] = [n / 7 for n in range(40_000)]
    values["a_table"] = [{"n": n, "text": f"row {n}"} for n in range(20_000)]
    assert len(values["a_log"]) == 1_000_000
    lab, path = opened(jupyter, open_lab, "many", values)
    expect(lab.row("a_log").get_by_test_id("long-text")).to_be_visible()
    lab.editor("a_log").click()
    expect(lab.editor("a_log")).to_be_focused()
    press(lab, "ControlOrMeta+Home", *"first", "Enter")
    lab.wait_for_light("saving")
    press(lab, "ControlOrMeta+Enter")
    lab.wait_for_light("saved")
    wait_for(lambda: jupyter.variables(path)["a_log"][:10], "first\nline")
    lab.editor("a_list").click()
    lab.editor("a_table").click()
    expect(lab.row("a_table").get_by_role("grid")).to_be_visible()
    assert lab.panel.locator("*").count() < 3000
    lab.panel.get_by_test_id("rows").press("ControlOrMeta+a")
    expect(lab.panel.get_by_test_id("selection-bar")).to_contain_text("9993 selected")
    assert lab.panel.locator("*").count() < 3000
    lab.page.keyboard.press("Escape")
    # From row to row by arrows, however many there are.
    lab.panel.get_by_test_id("filter").focus()
    press(lab, "ArrowDown")
    expect(lab.panel.get_by_test_id("prefix").first).to_be_focused()
    press(lab, "ArrowDown")
    expect(lab.row("a_list").get_by_test_id("row-menu")).to_be_focused()
    press(lab, "End")
    here = lab.panel.locator('[data-testid="row-menu"]:focus')
    expect(here).to_have_attribute("aria-label", "Actions for group_39.v9959")
    # Also from where one has scrolled away from.
    lab.panel.get_by_test_id("rows").hover(position={"x": 9, "y": 9})
    lab.page.mouse.wheel(0, -200_000)
    expect(lab.panel.get_by_test_id("prefix").first).to_be_in_viewport()
    press(lab, "ArrowUp")
    expect(here).to_have_attribute("aria-label", "Actions for group_39.v9919")
    press(lab, *["ArrowUp"] * 39)
    expect(here).to_have_attribute("aria-label", "Actions for group_39.v8359")
    expect(here).to_be_in_viewport()
    press(lab, "Home")
    expect(lab.row("a_list").get_by_test_id("row-menu")).to_be_focused()
    press(lab, "ArrowUp", "ArrowUp")
    expect(lab.panel.get_by_test_id("filter")).to_be_focused()
    # What is added is shown, far down and under a filter that hides it.
    lab.add("last", "1")
    expect(lab.row("last")).to_be_in_viewport()
    lab.panel.get_by_test_id("filter").fill("a_log")
    lab.add("very_last", "1")
    expect(lab.row("very_last")).to_be_in_viewport()
    expect(lab.panel.get_by_test_id("filter")).to_have_value("")
    assert lab.panel.locator("*").count() < 3000


def test_who_leaves_a_row_is_not_called_back_by_its_move(jupyter: Jupyter, open_lab: OpenLab) -> None:
    """What was not to move under somebody's hands moves as soon as they go."""
    lab, path = opened(jupyter, open_lab, "leaving", {"alpha": 1, "beta": 2, "gamma": 3})
    lab.panel.get_by_test_id("panel-menu").click()
    lab.page.get_by_test_id("menu-sort-changed").click()
    session = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    shown = lab.panel.get_by_test_id("row")
    for turn, leave in enumerate(("click", "Tab")):
        first, last = shown.first.get_attribute("data-name"), shown.last.get_attribute("data-name")
        editor = lab.editor(str(last if leave == "Tab" else first))
        editor.click()
        expect(editor).to_be_focused()
        other = "beta"
        assert jupyter.request("POST", f"/api/session/{session}", json={"variables": {other: 10 + turn}}).ok
        lab.expect_value(other, str(10 + turn))
        expect(shown.first).to_have_attribute("data-name", str(first))
        if leave == "click":
            lab.panel.get_by_test_id("filter").click()
            expect(lab.panel.get_by_test_id("filter")).to_be_focused()
        else:
            press(lab, "Tab", "Tab")
            expect(editor).not_to_be_focused()
        expect(shown.first).to_have_attribute("data-name", other)
        assert lab.evaluate("() => document.activeElement.closest('[data-testid=\"row\"]')") is None
