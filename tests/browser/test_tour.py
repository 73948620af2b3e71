"""The main job, end to end, as the tour tells it: a parameter turned in the panel, a step run there, nothing lost."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .lab import Lab

TOUR = Path(__file__).parents[2] / "notebooks" / "tour.ipynb"
SCORE = re.compile(r"^0\.\d+$")


def expect_all(lab: Lab, hidden: str, accuracy: str) -> None:
    lab.expect_value("hidden", hidden)
    lab.expect_value("accuracy", accuracy)
    lab.expect_value("alpha", "0.0001")
    lab.expect_value("n_train", "1347")


def test_a_knob_is_turned_and_everything_survives(own_jupyter: Jupyter, open_lab: OpenLab) -> None:
    shutil.copy(TOUR, own_jupyter.files / "tour.ipynb")
    lab = open_lab(own_jupyter, "tour.ipynb")

    lab.command("notebook:run-all-cells")
    for step in ("prepare", "train", "evaluate"):
        lab.expect_step(step, "fresh")
    lab.expect_value("hidden", "32")
    lab.expect_value("accuracy", SCORE)
    first = lab.editor("accuracy").input_value()
    expect(lab.page.locator(".jp-OutputArea-output img").first).to_be_attached()

    lab.set("hidden", "4")
    lab.expect_step("train", "stale")
    lab.run_step("train")
    lab.expect_step("train", "fresh")
    lab.expect_step("evaluate", "stale")
    lab.run_step("evaluate")
    lab.expect_step("evaluate", "fresh")
    lab.expect_value("accuracy", SCORE)
    second = lab.editor("accuracy").input_value()
    assert float(second) < float(first) - 0.01, "4 neurons cannot read digits as well as 32"
    lab.wait_for_light("saved")

    lab.reload()
    expect_all(lab, "4", second)

    lab.restart_kernel()
    expect_all(lab, "4", second)
    assert (
        own_jupyter.execute(
            own_jupyter.kernel_of("tour.ipynb"), "%load_ext session_state_ext\nprint(session['hidden'])"
        )
        == "4\n"
    )

    own_jupyter.stop()
    lab.wait_for_light("offline")
    expect_all(lab, "4", second)
    own_jupyter.start()
    lab.wait_for_light("saved")
    expect_all(lab, "4", second)
    lab.reload()
    expect_all(lab, "4", second)
    assert own_jupyter.variables("tour.ipynb")["hidden"] == 4


def test_a_deleted_variable_is_gone_for_good(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("delete.ipynb", ["pass"]), fresh=True)
    lab.add("kept", "1")
    lab.add("gone", "2")
    lab.row("gone").hover()
    lab.row("gone").get_by_test_id("row-menu").click()
    lab.page.get_by_test_id("menu-delete").click()
    expect(lab.row("gone")).to_have_count(0)
    lab.wait_for_light("saved")
    lab.reload()
    expect(lab.row("kept")).to_be_visible()
    expect(lab.row("gone")).to_have_count(0)
    assert jupyter.variables("delete.ipynb") == {"kept": 1}


def test_two_windows_and_a_rest_client_see_the_same(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("shared.ipynb", ["pass"])
    one, other = open_lab(jupyter, path), open_lab(jupyter, path)
    one.add("lr", "0.1")
    other.expect_value("lr", "0.1")
    other.set("lr", "0.25")
    one.expect_value("lr", "0.25")
    session = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    answer = jupyter.request("PUT", f"/api/session/{session}/variables/lr", json={"value": 0.5})
    assert answer.status_code == 200
    one.expect_value("lr", "0.5")
    other.expect_value("lr", "0.5")
