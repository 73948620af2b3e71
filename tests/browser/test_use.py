"""A cell gives its notebook another session, and the panel goes along: both always speak of the same one."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from .conftest import OpenLab


def test_the_panel_follows_the_kernel_to_another_session_and_back(jupyter: Jupyter, open_lab: OpenLab) -> None:
    use = "%session use followed --new"
    path = jupyter.notebook("use.ipynb", ["%load_ext session_state_ext", use, "%session get a", "%session use OLD"])
    lab = open_lab(jupyter, path)
    lab.run_cell(0)
    lab.add("mine", "1")
    old = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    assert f"%session use {old}" in lab.run_cell(1)
    expect(lab.row("mine")).to_have_count(0)
    lab.add("a", "77")
    assert "77" in lab.run_cell(2)
    expect(lab.panel).to_contain_text("followed")

    lab.cell(3).locator(".jp-InputArea-editor").click()
    lab.page.keyboard.press("ControlOrMeta+a")
    lab.page.keyboard.type(f"%session use {old}")
    lab.run_cell(3)
    lab.expect_value("mine", "1")
    expect(lab.row("a")).to_have_count(0)
