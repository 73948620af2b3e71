"""Somebody leaves for good, or comes back and finds the server changed."""

from __future__ import annotations

from playwright.sync_api import expect

from .conftest import OpenLab
from .jupyter import Jupyter
from .lab import wait_for

KEPT = "() => Object.keys(localStorage).filter(key => /^session-state:(outbox|state|path):/.test(key))"


def test_a_logout_sends_what_was_typed_and_leaves_nothing_in_the_browser(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("logout.ipynb", ["pass"])
    lab = open_lab(jupyter, path)
    lab.add("lr", "0.1")
    lab.type("lr", "0.2")
    assert lab.evaluate(KEPT) != []
    lab.page.on("dialog", lambda dialog: dialog.accept())
    lab.command("filemenu:logout")
    expect(lab.page.get_by_text("Successfully logged out")).to_be_visible()
    assert lab.evaluate(KEPT) == []
    wait_for(lambda: jupyter.variables(path), {"lr": 0.2})
