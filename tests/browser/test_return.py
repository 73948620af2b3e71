"""Somebody comes back and finds the server changed: another token, an older store. And somebody who leaves for good."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from .conftest import CLOSED, OpenLab
from .lab import Lab, wait_for

KEPT = "() => Object.keys(localStorage).filter(key => /^session-state:(outbox|state|path):/.test(key))"


def reopen(lab: Lab) -> None:
    """The same tab goes to the server's address with its present token."""
    lab.page.on("dialog", lambda dialog: dialog.accept())
    lab.open(lab.path)


def test_a_logout_sends_what_was_typed_and_leaves_nothing_in_the_browser(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("logout.ipynb", ["pass"])
    lab = open_lab(jupyter, path, fresh=True)
    lab.add("lr", "0.1")
    lab.type("lr", "0.2")
    assert lab.evaluate(KEPT) != []
    lab.page.on("dialog", lambda dialog: dialog.accept())
    lab.command("filemenu:logout")
    expect(lab.page.get_by_text("Successfully logged out")).to_be_visible()
    assert lab.evaluate(KEPT) == []
    wait_for(lambda: jupyter.variables(path), {"lr": 0.2})


def test_after_a_restart_with_another_token_edits_wait_for_the_next_login(
    own_jupyter: Jupyter, open_lab: OpenLab
) -> None:
    path = own_jupyter.notebook("token.ipynb", ["pass"])
    lab = open_lab(own_jupyter, path)
    lab.add("lr", "0.1")
    own_jupyter.stop()
    lab.wait_for_light("offline")
    lab.close_notice()
    lab.type("lr", "0.2")
    lab.page.keyboard.press("Enter")
    # As in a new container: nobody who was logged in still is.
    (own_jupyter.runtime / "jupyter_cookie_secret").unlink()
    own_jupyter.token = "another" + own_jupyter.token
    own_jupyter.start()
    expect(lab.light).to_have_text(re.compile("No access"))
    lab.expect_value("lr", "0.2")
    reopen(lab)
    lab.expect_value("lr", "0.2")
    lab.wait_for_light("saved")
    assert own_jupyter.variables(path) == {"lr": 0.2}


def test_who_may_only_read_by_the_servers_rules_is_told_and_loses_nothing(
    own_jupyter: Jupyter, open_lab: OpenLab
) -> None:
    path = own_jupyter.notebook("reader.ipynb", ["session['lr']"])
    lab = open_lab(own_jupyter, path)
    lab.add("lr", "0.1")
    session = own_jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    closed = own_jupyter.folder / CLOSED
    closed.touch()
    # What was typed when the server no longer takes it is not taken away.
    lab.type("lr", "0.2")
    lab.page.keyboard.press("Enter")
    lab.wait_for_light("readonly")
    expect(lab.panel).to_contain_text("0.2")
    lab.screenshot("reader")
    stored = own_jupyter.request("GET", f"/api/session/{session}").json()["variables"]
    assert stored == {"lr": 0.1}
    lab.reload()
    lab.wait_for_light("readonly")
    expect(lab.editor("lr")).not_to_be_editable()
    expect(lab.panel.get_by_test_id("add-button")).to_be_disabled()
    lab.row("lr").get_by_test_id("row-menu").click()
    for entry in ("lock", "rename", "duplicate", "delete", "purge"):
        expect(lab.page.get_by_test_id(f"menu-{entry}")).to_have_class(re.compile("lm-mod-disabled"))
    lab.page.keyboard.press("Escape")
    lab.screenshot("reader-reloaded")
    # It is kept until one may.
    closed.unlink()
    lab.reload()
    lab.panel.get_by_test_id("refused-again").click()
    lab.wait_for_light("saved")
    assert own_jupyter.variables(path) == {"lr": 0.2}


def test_a_browser_that_outlived_a_restored_backup_loses_nothing_it_held(
    own_jupyter: Jupyter, open_lab: OpenLab
) -> None:
    path = own_jupyter.notebook("backup.ipynb", ["pass"])
    lab = open_lab(own_jupyter, path)
    lab.add("lr", "0.1")
    copy = own_jupyter.folder / "backup.db"
    jupyter_session = Path(sys.executable).parent / "jupyter-session"
    subprocess.run([jupyter_session, "backup", copy], env=own_jupyter.environment(), check=True)
    lab.set("lr", "0.2")
    lab.add("later", "1")
    own_jupyter.stop()
    lab.wait_for_light("offline")
    lab.close_notice()
    lab.type("lr", "0.3")
    lab.page.keyboard.press("Enter")
    lab.type("later", "2")
    lab.page.keyboard.press("Enter")
    expect(lab.light).to_have_text("Offline, 2 edits kept")
    store = own_jupyter.folder / "data" / "session_state" / "sessions.db"
    for beside in store.parent.glob("sessions.db-*"):
        beside.unlink()
    copy.replace(store)
    own_jupyter.start()
    # What was typed on top of values that nobody has any more is for a person to decide; both are shown.
    lab.wait_for_light("conflict")
    assert own_jupyter.variables(path) == {"lr": 0.1}
    expect(lab.panel).to_contain_text("0.3")
    expect(lab.panel).to_contain_text("0.1")
    lab.screenshot("restored-backup")
    while lab.panel.get_by_test_id("conflict-keep").count() > 0:
        before = lab.panel.get_by_test_id("conflict-keep").count()
        lab.panel.get_by_test_id("conflict-keep").first.click()
        expect(lab.panel.get_by_test_id("conflict-keep")).to_have_count(before - 1)
    lab.wait_for_light("saved")
    assert own_jupyter.variables(path) == {"lr": 0.3, "later": 2}
