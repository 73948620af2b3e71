"""Values that travel with a notebook: kept where a person asks for it, offered to whoever has another session."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from . import axe
from .conftest import OpenLab
from .lab import wait_for

DECLARE = '%load_ext session_state_ext\nsession_state.declare("lr", 0.1)\nsession_state.declare("epochs", 3)'


def metadata(file: Path) -> dict[str, Any]:
    """Jupyter empties a file before it writes it."""
    try:
        return dict(json.loads(file.read_text())["metadata"])
    except json.JSONDecodeError:
        return {}


def test_kept_values_are_offered_to_the_next_session(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("kept.ipynb", [DECLARE, "print('next')"]))
    file = jupyter.files / "kept.ipynb"
    lab.run_cell(0)
    lab.set("lr", "0.25")
    lab.save()
    expect(lab.panel.get_by_test_id("kept")).to_have_count(0)
    assert "session_state" not in metadata(file)
    lab.panel.get_by_test_id("panel-menu").click()
    lab.page.get_by_test_id("menu-keep").click()
    lab.save()
    wait_for(lambda: metadata(file).get("session_state", {}).get("values"), {"epochs": 3, "lr": 0.25})
    # What a colleague gets: the file, and a session of its own.
    shutil.copy(file, jupyter.files / "got.ipynb")
    other = open_lab(jupyter, "got.ipynb")
    expect(other.panel.get_by_test_id("kept-use")).to_have_text("Use these 2 values")
    expect(other.panel.get_by_test_id("kept")).to_contain_text("lr 0.25")
    other.screenshot("kept")
    axe.inject(other)
    axe.check(other)
    other.panel.get_by_test_id("kept-use").click()
    other.expect_value("lr", "0.25")
    other.expect_value("epochs", "3")
    expect(other.panel.get_by_test_id("kept")).to_have_count(0)
    other.panel.get_by_test_id("notice-action").click()
    expect(other.panel.get_by_test_id("row")).to_have_count(0)
