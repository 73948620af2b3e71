"""A person's sessions: found, made, named, copied, moved between notebooks, saved as files, deleted and back again."""

from __future__ import annotations

import json
import signal
from typing import Any

from playwright.sync_api import Locator, expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .lab import Lab, wait_for
from .looks import CUT, shades, widths


def make(jupyter: Jupyter, name: str, **variables: Any) -> str:
    answer = jupyter.request("POST", "/api/session", json={"name": name, "variables": variables})
    return str(answer.json()["sessionId"])


def choose(lab: Lab) -> Locator:
    """Opens the list of sessions by the session's name."""
    lab.panel.get_by_test_id("choose-session").click()
    picker = lab.panel.get_by_test_id("picker")
    expect(picker).to_be_visible()
    return picker


def item(lab: Lab, name: str) -> Locator:
    return lab.panel.locator(f'[data-testid="session-item"][data-name="{name}"]')


def pick(lab: Lab, name: str, entry: str) -> None:
    """An entry of a session's menu."""
    item(lab, name).get_by_test_id("session-menu").click()
    lab.page.get_by_test_id(f"menu-{entry}").click()


def listed(jupyter: Jupyter) -> dict[str, Any]:
    return {one["name"]: one for one in jupyter.request("GET", "/api/session").json()["sessions"]}


def test_another_session_for_a_notebook_and_its_kernel_and_back(jupyter: Jupyter, open_lab: OpenLab) -> None:
    make(jupyter, "sweep of picks", lr=0.5)
    path = jupyter.notebook("picks.ipynb", ["%load_ext session_state_ext", "dict(session)"], ids="picks")
    lab = open_lab(jupyter, path, fresh=True)
    lab.add("own", "1")
    lab.run_cell(0)
    assert lab.run_cell(1) == "{'own': 1}"

    # By keyboard: search, down, Enter.
    choose(lab)
    lab.page.keyboard.type("sweep of picks")
    expect(lab.panel.get_by_test_id("session-item")).to_have_count(1)
    expect(item(lab, "sweep of picks")).to_contain_text("1 variable")
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("Enter")
    lab.expect_value("lr", "0.5")
    expect(lab.panel.get_by_test_id("notice")).to_contain_text("This notebook has sweep of picks now.")
    wait_for_cell(lab, 1, "{'lr': 0.5}")
    lab.set("lr", "0.25")
    assert lab.run_cell(1) == "{'lr': 0.25}"

    lab.reload()
    lab.expect_value("lr", "0.25")
    choose(lab)
    expect(item(lab, "sweep of picks").get_by_test_id("session-users")).to_have_text("open: 1 panel, 1 kernel")
    expect(item(lab, "sweep of picks")).to_have_attribute("aria-current", "true")
    lab.panel.get_by_test_id("go-back").click()
    lab.expect_value("own", "1")
    wait_for_cell(lab, 1, "{'own': 1}")
    assert jupyter.variables(path) == {"own": 1}


def wait_for_cell(lab: Lab, number: int, text: str) -> None:
    """Runs a cell until it prints this: the kernel asks once a second which session it has."""
    wait_for(lambda: lab.run_cell(number), text)


def test_new_rename_duplicate_and_detach(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("names.ipynb", ["pass"], ids="names")
    lab = open_lab(jupyter, path)
    choose(lab)
    lab.panel.get_by_test_id("session-new").click()
    lab.page.keyboard.press("Enter")
    expect(lab.panel.get_by_test_id("picker")).to_contain_text("Give it a name.")
    lab.panel.get_by_test_id("session-name").fill("first try")
    lab.page.keyboard.press("Enter")
    expect(lab.panel.get_by_test_id("choose-session")).to_have_text("first try")
    lab.add("lr", "1.0")

    choose(lab)
    pick(lab, "first try", "rename")
    lab.panel.get_by_test_id("session-name").fill("second try")
    lab.page.keyboard.press("Enter")
    expect(item(lab, "second try")).to_be_visible()
    pick(lab, "second try", "duplicate")
    expect(item(lab, "second try copy")).to_contain_text("1 variable")
    lab.panel.get_by_test_id("notice-action").click()
    expect(lab.panel.get_by_test_id("choose-session")).to_have_text("second try copy")
    lab.expect_value("lr", "1.0")
    lab.set("lr", "2")
    assert listed(jupyter)["second try"]["variableCount"] == 1

    choose(lab)
    pick(lab, "second try copy", "detach")
    expect(lab.panel.get_by_test_id("empty")).to_be_visible()
    assert listed(jupyter)["second try copy"]["paths"] == []
    lab.panel.get_by_test_id("notice-action").click()
    lab.expect_value("lr", "2")
    lab.panel.get_by_test_id("picker").wait_for(state="detached")


def test_a_session_goes_into_a_file_and_comes_back(jupyter: Jupyter, open_lab: OpenLab) -> None:
    session = make(jupyter, "to a file", exact=1, lr=0.1)
    text = '{"value": 12345678901234567890.0, "spec": {"description": "digits"}}'
    headers = {"Content-Type": "application/json"}
    jupyter.request("PUT", f"/api/session/{session}/variables/exact", data=text, headers=headers)
    lab = open_lab(jupyter, jupyter.notebook("files.ipynb", ["pass"], ids="files"))
    choose(lab)
    with lab.page.expect_download() as download:
        pick(lab, "to a file", "export")
    file = download.value.path()
    assert download.value.suggested_filename == "to a file.session.json"
    assert '"exact":12345678901234567890.0' in file.read_text().replace(" ", "")
    jupyter.request("DELETE", f"/api/session/{session}")

    with lab.page.expect_file_chooser() as chooser:
        lab.panel.get_by_test_id("picker-menu").click()
        lab.page.get_by_test_id("menu-import").click()
    chooser.value.set_files(file)
    expect(lab.panel.get_by_test_id("notice")).to_contain_text("Imported as to a file.")
    lab.panel.get_by_test_id("notice-action").click()
    lab.expect_value("exact", "12345678901234567890.0")
    back = listed(jupyter)["to a file"]["sessionId"]
    rows = jupyter.request("GET", f"/api/session/{back}?detail=1").json()["rows"]
    assert {row["name"]: row.get("spec") for row in rows} == {"exact": {"description": "digits"}, "lr": None}

    bad = jupyter.files / "bad.json"
    bad.write_text("{lr: 1}")
    with lab.page.expect_file_chooser() as chooser:
        lab.command("session-state:import-session")
    chooser.value.set_files(bad)
    expect(lab.panel.get_by_test_id("notice")).to_contain_text("This file is no JSON.")


def test_delete_and_undo(jupyter: Jupyter, open_lab: OpenLab) -> None:
    session = make(jupyter, "to be deleted", lr=0.1)
    lab = open_lab(jupyter, jupyter.notebook("deletes.ipynb", ["pass"], ids="deletes"))
    choose(lab)
    pick(lab, "to be deleted", "use")
    lab.expect_value("lr", "0.1")
    lab.set("lr", "0.2")
    choose(lab)
    pick(lab, "to be deleted", "delete")
    expect(item(lab, "to be deleted")).to_have_count(0)
    lab.panel.get_by_test_id("notice-action").click()
    lab.expect_value("lr", "0.2")
    state = jupyter.request("GET", f"/api/session/{session}").json()
    assert state["meta"]["revision"] == 2, "the same session, with its history"

    # Without an undo it is gone, at the latest with the page.
    choose(lab)
    pick(lab, "to be deleted", "delete")
    expect(item(lab, "to be deleted")).to_have_count(0)
    expect(lab.panel.get_by_test_id("notice-action")).to_be_visible()
    lab.close()
    wait_for(lambda: jupyter.request("GET", f"/api/session/{session}").status_code, 404)


def test_two_notebooks_of_one_window_share_a_session(jupyter: Jupyter, open_lab: OpenLab) -> None:
    make(jupyter, "of both", lr=0.1)
    one = jupyter.notebook("both-1.ipynb", ["pass"], ids="both-1")
    two = jupyter.notebook("both-2.ipynb", ["pass"], ids="both-2")
    lab = open_lab(jupyter, one)
    choose(lab)
    pick(lab, "of both", "use")
    lab.expect_value("lr", "0.1")
    lab.command("docmanager:open", {"path": two})
    expect(lab.panel.get_by_test_id("choose-session")).to_have_text("both-2")
    choose(lab)
    pick(lab, "of both", "use")
    lab.expect_value("lr", "0.1")
    lab.set("lr", "0.2")
    expect(lab.light).to_have_attribute("data-state", "saved")
    # One goes; the other stays.
    choose(lab)
    pick(lab, "of both", "detach")
    expect(lab.panel.get_by_test_id("empty")).to_be_visible()
    lab.command("docmanager:open", {"path": one})
    lab.expect_value("lr", "0.2")
    lab.set("lr", "0.3")
    assert listed(jupyter)["of both"]["connected"]["editors"] == 1


def test_nothing_is_cut_in_the_list(jupyter: Jupyter, open_lab: OpenLab) -> None:
    make(jupyter, "a session with a name that no panel is wide enough for", **{f"x{n}": n for n in range(120)})
    lab = open_lab(jupyter, jupyter.notebook("list.ipynb", ["%load_ext session_state_ext"], ids="list"))
    lab.run_cell(0)
    lab.add("lr", "0.1")
    choose(lab)
    expect(lab.panel.get_by_test_id("session-item").first).to_be_visible()
    expect(lab.panel.get_by_test_id("session-users").first).to_be_visible()
    for shade in shades(lab):
        for name in widths(lab):
            lab.screenshot(f"picker-{name}-{shade}")
            assert lab.panel.evaluate(CUT) == []
        lab.screenshot(f"picker-lab-{shade}", of_panel=False)
    lab.page.keyboard.press("Escape")
    expect(lab.panel.get_by_test_id("picker")).to_have_count(0)


def test_it_is_said_where_the_server_does_not_answer(own_jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(own_jupyter, own_jupyter.notebook("no-answer.ipynb", ["pass"]))
    lab.add("lr", "0.1")
    own_jupyter.stop(signal.SIGKILL)
    lab.close_notice()
    choose(lab)
    expect(lab.panel.get_by_test_id("picker-problem")).to_have_text("The server did not answer. Try again.")
    # The session that is shown stays in the list.
    expect(item(lab, "no-answer")).to_have_attribute("aria-current", "true")
    lab.page.keyboard.press("Escape")
    lab.expect_value("lr", "0.1")
    assert json.loads(lab.evaluate("() => JSON.stringify(Object.keys(localStorage).length > 0)"))
