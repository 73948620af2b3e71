"""Declared variables in a real panel: the editors that fit, what is refused in its place, defaults and locks."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .looks import CUT

DECLARE = """%load_ext session_state_ext
session.declare("lr", 0.1, minimum=0, maximum=1, description="learning rate: how far each step of the descent goes")
session.declare("optimizer", "adam", choices=["adam", "sgd", "a name that is rather long for a list of choices"])
session.declare("epochs", type=int, minimum=1)
session.declare("seed", 42, locked=True)
session.declare("name", "a1", pattern="^a")
session.declare("day", "2026-11-22", control="date")
session.declare("shuffle", True)"""


def test_what_a_cell_declares_is_what_the_panel_offers(jupyter: Jupyter, open_lab: OpenLab) -> None:
    values = 'print(session["lr"], session["optimizer"], session["seed"])'
    jupyter.notebook("declared.ipynb", [DECLARE, values, 'print(session.spec("width"))'])
    lab = open_lab(jupyter, "declared.ipynb")
    lab.run_cell(0)
    expect(lab.row("lr").get_by_test_id("about")).to_contain_text("learning rate")
    expect(lab.row("epochs").get_by_test_id("invalid")).to_have_text("No value yet.")

    lab.type("lr", "2")
    expect(lab.row("lr").get_by_test_id("problem")).to_have_text("2 is more than the maximum 1.")
    lab.make_wide(250)
    lab.screenshot("declared")
    assert lab.panel.evaluate(CUT) == []
    assert lab.cut_names() == []
    lab.set("lr", "0.5")
    expect(lab.row("lr").get_by_test_id("slider")).to_have_value("0.5")
    lab.editor("optimizer").select_option("sgd")
    lab.editor("optimizer").press("Escape")
    expect(lab.editor("optimizer").locator("option:checked")).to_have_text("adam")
    lab.editor("optimizer").select_option("sgd")
    # What only the server knows is told in the row.
    lab.type("name", "b2")
    lab.editor("name").press("Enter")
    expect(lab.row("name").get_by_test_id("refused")).to_contain_text('name: "b2" does not match ^a.')
    lab.row("name").get_by_test_id("refused-dismiss").click()
    lab.wait_for_light("saved")
    # It is corrected where it stands, or done once more when it is allowed.
    lab.type("name", "b3")
    lab.editor("name").press("Enter")
    lab.row("name").get_by_test_id("refused-edit").click()
    expect(lab.editor("name")).to_be_focused()
    lab.expect_value("name", "b3")
    lab.page.keyboard.press("Home")
    lab.page.keyboard.type("a")
    lab.page.keyboard.press("Enter")
    expect(lab.row("name").get_by_test_id("refused")).to_have_count(0)
    lab.wait_for_light("saved")
    assert jupyter.variables("declared.ipynb")["name"] == "ab3"
    lab.type("name", "c")
    lab.editor("name").press("Enter")
    expect(lab.row("name").get_by_test_id("refused")).to_be_visible()
    session = jupyter.request("POST", "/api/session/attach", json={"path": "declared.ipynb"}).json()["sessionId"]
    spec = {"spec": {"schema": {"type": "string", "pattern": "^[abc]"}}}
    assert jupyter.request("PUT", f"/api/session/{session}/variables/name", json=spec).ok
    lab.row("name").get_by_test_id("refused-again").click()
    lab.wait_for_light("saved")
    expect(lab.row("name").get_by_test_id("refused")).to_have_count(0)
    assert jupyter.variables("declared.ipynb")["name"] == "c"

    expect(lab.editor("seed")).to_have_attribute("readonly", "")
    lab.row("seed").get_by_test_id("row-menu").click()
    lab.page.get_by_test_id("menu-lock").click()
    expect(lab.editor("seed")).not_to_have_attribute("readonly", "")
    lab.set("seed", "7")
    assert lab.run_cell(1).strip() == "0.5 sgd 7"

    lab.row("lr").get_by_test_id("row-menu").click()
    lab.page.get_by_test_id("menu-reset").click()
    lab.expect_value("lr", "0.1")
    assert lab.run_cell(1).strip() == "0.1 sgd 7"

    # The panel declares, too: what it says is checked before it is sent.
    lab.add("width", "3")
    lab.row("width").get_by_test_id("row-menu").click()
    lab.page.get_by_test_id("menu-declare").click()
    at = lab.page.get_by_test_id
    expect(at("declare-description")).to_be_focused()
    lab.page.keyboard.type("how wide")
    at("declare-minimum").fill("5")
    at("declare-maximum").fill("4")
    expect(at("declare-problem")).to_contain_text("The minimum is more than the maximum")
    at("declare-minimum").fill("1")
    at("declare-default").fill("2")
    lab.screenshot("declare-dialog", of_panel=False)
    lab.page.keyboard.press("Enter")
    expect(lab.row("width").get_by_test_id("slider")).to_have_value("3")
    expect(lab.row("width").get_by_test_id("about")).to_have_text("how wide")
    expect(lab.row("width").get_by_test_id("row-menu")).to_be_focused()
    lab.wait_for_light("saved")
    assert "{'type': 'integer', 'minimum': 1, 'maximum': 4}" in lab.run_cell(2)

    # A year is told of digit by digit, and counts when it is whole.
    lab.editor("day").focus()
    lab.page.keyboard.type("02032031")
    assert lab.mutates("day") == []
    lab.page.keyboard.press("Enter")
    lab.wait_for_light("saved")
    [mutate] = lab.mutates("day")
    assert '"2031-02-03"' in mutate
    lab.page.keyboard.press("ArrowLeft")
    lab.page.keyboard.type("04")
    lab.page.keyboard.press("Escape")
    lab.expect_value("day", "2031-02-03")
    lab.page.keyboard.press("Backspace")
    lab.editor("shuffle").click()
    expect(lab.row("day").get_by_test_id("problem")).to_contain_text("The last saved value is 2031-02-03.")
    lab.editor("day").press("Escape")
    lab.wait_for_light("saved")
    expect(lab.editor("shuffle")).to_have_attribute("aria-checked", "false")
    assert jupyter.variables("declared.ipynb")["day"] == "2031-02-03"
