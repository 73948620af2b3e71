"""What was typed before a cell was started is what it sees, however it is started, with no pause for the debounce."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .lab import Lab, wait_for

#: Each of them must be right; `TIMES=50` is the long form.
TIMES = int(os.environ.get("TIMES", "12"))
SOURCES = ["%load_ext session_state_ext", "print('saw', session['x'])"]


def ready(lab: Lab) -> None:
    lab.add("x", "0")
    assert lab.run_cell(0) == ""
    assert lab.run_cell(1) == "saw 0\n"


def test_shift_enter(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("shift-enter.ipynb", SOURCES))
    ready(lab)
    seen = []
    for number in range(1, TIMES + 1):
        before = lab.prompt(1).text_content()
        lab.type("x", str(number))
        lab.start_cell(1)
        lab.wait_for_run(1, before)
        seen.append(lab.output_text(1))
    assert seen == [f"saw {number}\n" for number in range(1, TIMES + 1)]


def test_run_all(jupyter: Jupyter, open_lab: OpenLab) -> None:
    """By the command the menu calls: the cursor stays in the panel's field, so no blur has sent the edit."""
    lab = open_lab(jupyter, jupyter.notebook("run-all.ipynb", SOURCES[1:]))
    lab.add("x", "0")
    jupyter.execute(jupyter.kernel_of("run-all.ipynb"), SOURCES[0])
    seen = []
    for number in range(1, TIMES + 1):
        before = lab.prompt(0).text_content()
        lab.type("x", str(number))
        lab.command("notebook:run-all-cells")
        lab.wait_for_run(0, before)
        seen.append(lab.output_text(0))
    assert seen == [f"saw {number}\n" for number in range(1, TIMES + 1)]


def test_another_client_of_the_kernel(jupyter: Jupyter, open_lab: OpenLab) -> None:
    """The page knows nothing of this execution: only the kernel's barrier can fetch what is being typed."""
    lab = open_lab(jupyter, jupyter.notebook("another-client.ipynb", SOURCES))
    ready(lab)
    kernel = jupyter.kernel_of("another-client.ipynb")
    seen = []
    for number in range(1, TIMES + 1):
        lab.type("x", str(number))
        # What the page has begun to say is heard: two ways to one server have no order otherwise.
        wait_for(lambda number=number: heard(jupyter, "another-client.ipynb", number), True)
        seen.append(jupyter.execute(kernel, SOURCES[1]))
    assert seen == [f"saw {number}\n" for number in range(1, TIMES + 1)]


def heard(jupyter: Jupyter, path: str, number: int) -> bool:
    """Whether the server knows that this edit was begun, or has it."""
    state = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()
    return bool(state["meta"]["isDirty"]) or state["variables"]["x"] == number


@pytest.fixture
def patient_panel(jupyter: Jupyter) -> Iterator[None]:
    """The panel waits for a longer pause than a slow machine makes while somebody types."""
    settings = "/lab/api/settings/session-state-ext:plugin"
    jupyter.request("PUT", settings, json={"raw": '{"debounce": 5000, "maxWait": 30000}'}).raise_for_status()
    yield
    jupyter.request("PUT", settings, json={"raw": "{}"}).raise_for_status()


@pytest.mark.usefixtures("patient_panel")
def test_a_hundred_keystrokes_make_one_request(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("keystrokes.ipynb", ["pass"]), fresh=True)
    lab.add("note", '"-"')
    lab.wait_for_light("saved")
    before = len(lab.mutates("note"))
    text = "keystroke " * 10
    lab.type("note", text)
    lab.wait_for_light("saved")
    lab.page.keyboard.press("Enter")
    lab.wait_for_light("saved")
    lab.page.wait_for_function(
        "async () => true"  # one turn of the page, so that a second request would have been counted
    )
    assert jupyter.variables("keystrokes.ipynb")["note"] == text
    assert len(lab.mutates("note")) - before == 1


def test_a_reload_in_mid_debounce_loses_nothing(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("mid-debounce.ipynb", ["pass"]), fresh=True)
    lab.add("x", "0")
    lab.type("x", "77")
    lab.reload()
    lab.expect_value("x", "77")
    lab.wait_for_light("saved")
    assert jupyter.variables("mid-debounce.ipynb") == {"x": 77}


def test_what_is_no_number_is_named_and_not_sent(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("invalid.ipynb", SOURCES))
    ready(lab)
    lab.type("x", "0,01")
    output = lab.run_cell(1)
    assert "saw 0\n" in output
    assert "0,01" in output
    expect(lab.row("x")).to_contain_text("Use a point: 0.01.")
    assert jupyter.variables("invalid.ipynb") == {"x": 0}
