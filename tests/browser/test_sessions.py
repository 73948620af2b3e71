"""Which session a notebook has, as its file is replaced, moved, copied and removed, and as two share one."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.jupyter import Jupyter

from . import axe
from .conftest import OpenLab
from .lab import Lab


def attach(jupyter: Jupyter, path: str, **more: Any) -> dict[str, Any]:
    return dict(jupyter.request("POST", "/api/session/attach", json={"path": path, **more}).json())


def replaced(jupyter: Jupyter, path: str) -> str:
    """Another notebook comes to a path whose session holds lr: its cells are others; the session's id."""
    jupyter.notebook(path, ["1"])
    session = str(attach(jupyter, path)["sessionId"])
    jupyter.request("POST", f"/api/session/{session}", json={"variables": {"lr": 0.1}})
    jupyter.notebook(path, ["%load_ext session_state_ext", "dict(session)"], ids="another")
    return session


@pytest.mark.parametrize("choice", ["use", "copy", "empty"])
def test_another_notebook_at_a_path_is_asked_about(jupyter: Jupyter, open_lab: OpenLab, choice: str) -> None:
    path = f"question-{choice}.ipynb"
    session = replaced(jupyter, path)
    lab = open_lab(jupyter, path)
    question = lab.panel.get_by_test_id("question")
    expect(question).to_contain_text("1 variable")
    lab.screenshot("question")
    box, button = question.bounding_box(), question.get_by_role("button").first.bounding_box()
    assert box is not None
    assert button is not None
    assert question.evaluate("e => e.scrollWidth <= e.clientWidth"), "nothing is cut"
    if choice == "use":
        axe.inject(lab)
        axe.check(lab)
    assert "choose in the Session panel" in lab.run_cell(0) + lab.run_cell(1)

    # By keyboard.
    question.get_by_test_id(f"choose-{choice}").focus()
    lab.page.keyboard.press("Enter")
    expect(question).to_have_count(0)
    if choice == "empty":
        expect(lab.panel.get_by_test_id("empty")).to_be_visible()
    else:
        lab.expect_value("lr", "0.1")
    assert (attach(jupyter, path)["sessionId"] == session) == (choice == "use")
    lab.add("after", "2")
    there = "{'after': 2}" if choice == "empty" else "{'lr': 0.1, 'after': 2}"
    # The kernel asks again every second.
    for _ in range(60):
        if there in lab.run_cell(1):
            break
    else:
        raise AssertionError("the kernel did not come after")


def test_a_panel_comes_after_when_a_cell_chooses(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = "cell-chooses.ipynb"
    replaced(jupyter, path)
    jupyter.notebook(path, ["%load_ext session_state_ext", "%session use --this"], ids="another")
    lab = open_lab(jupyter, path)
    expect(lab.panel.get_by_test_id("question")).to_be_visible()
    lab.run_cell(0)
    lab.run_cell(1)
    lab.expect_value("lr", "0.1")


def test_a_notebook_that_was_moved_is_offered_its_session(jupyter: Jupyter, open_lab: OpenLab) -> None:
    jupyter.notebook("moved-from.ipynb", ["1", "2"], ids="moved")
    session = attach(jupyter, "moved-from.ipynb")["sessionId"]
    jupyter.request("POST", f"/api/session/{session}", json={"variables": {"lr": 0.1}})
    (jupyter.files / "moved-from.ipynb").rename(jupyter.files / "moved-to.ipynb")
    lab = open_lab(jupyter, "moved-to.ipynb")
    question = lab.panel.get_by_test_id("question")
    expect(question).to_contain_text("moved-from.ipynb")
    expect(question.get_by_role("button")).to_have_count(2)
    question.get_by_test_id("choose-use").click()
    lab.expect_value("lr", "0.1")
    assert attach(jupyter, "moved-to.ipynb")["sessionId"] == session


def browse(lab: Lab, command: str, name: str) -> None:
    """Select a file in the file browser and do something to it."""
    lab.command("filebrowser:activate")
    item = lab.page.locator(".jp-DirListing-item", has_text=name).first
    item.click()
    lab.command(command)


def test_rename_copy_and_delete_in_the_file_browser(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("here.ipynb", ["%load_ext session_state_ext", "session['from_cell'] = 1"], ids="here")
    lab = open_lab(jupyter, path)
    lab.run_cell(0)
    lab.add("lr", "0.1")
    session = attach(jupyter, path)["sessionId"]

    browse(lab, "filebrowser:rename", "here.ipynb")
    lab.page.locator(".jp-DirListing-editor").fill("there.ipynb")
    lab.page.keyboard.press("Enter")
    expect(lab.page.locator(".jp-DirListing-item", has_text="there.ipynb")).to_be_visible()
    lab.run_cell(1)
    lab.expect_value("from_cell", "1")
    lab.expect_value("lr", "0.1")
    assert attach(jupyter, "there.ipynb")["sessionId"] == session

    browse(lab, "filebrowser:duplicate", "there.ipynb")
    expect(lab.page.locator(".jp-DirListing-item", has_text="there-Copy1.ipynb")).to_be_visible()
    copy = open_lab(jupyter, "there-Copy1.ipynb")
    copy.expect_value("lr", "0.1")
    copy.set("lr", "5")
    lab.expect_value("lr", "0.1")

    copied = attach(jupyter, "there-Copy1.ipynb")["sessionId"]
    browse(lab, "filebrowser:delete", "there-Copy1.ipynb")
    lab.page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(lab.page.locator(".jp-DirListing-item", has_text="there-Copy1.ipynb")).to_have_count(0)
    left = jupyter.request("GET", f"/api/session/{copied}").json()
    assert (left["variables"]["lr"], left["meta"]["paths"]) == (5, []), "it can be found, and has no notebook"


def test_two_notebooks_on_one_session_are_live_in_both(jupyter: Jupyter, open_lab: OpenLab) -> None:
    one = jupyter.notebook("one.ipynb", ["%load_ext session_state_ext", "session['n'] = 1", "session['n']"], ids="one")
    two = jupyter.notebook("two.ipynb", ["%load_ext session_state_ext", "session['n'] = 2"], ids="two")
    shared = attach(jupyter, one)["sessionId"]
    attach(jupyter, two, sessionId=shared)
    first, second = open_lab(jupyter, one), open_lab(jupyter, two)
    first.run_cell(0)
    second.run_cell(0)
    first.run_cell(1)
    second.expect_value("n", "1")
    second.run_cell(1)
    first.expect_value("n", "2")
    assert first.run_cell(2) == "2"
