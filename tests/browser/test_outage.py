"""The server freezes or goes away: cells run on with one plain warning, and edits in the panel are kept and arrive."""

from __future__ import annotations

import random
import re
import signal

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .lab import wait_for

LOAD = "%load_ext session_state_ext"

# Somebody else's things, until there is hardly any room left.
FILL = """() => {
    for (let size = 1 << 20, n = 0; size > 8192; n++) {
        try { localStorage.setItem(`somebody-elses-${n}`, 'x'.repeat(size)); } catch { size /= 2; }
    }
}"""
OUTBOX_SIZE = """() => Object.entries(localStorage)
    .filter(([key]) => key.startsWith('session-state:outbox:'))
    .reduce((sum, [, text]) => sum + text.length, 0)"""
# What is in IndexedDB beside the last states of sessions, which are kept there for as long as they are large.
STOWED = """() => new Promise((resolve, reject) => {
    const states = Object.entries(localStorage)
        .filter(([key]) => key.startsWith('session-state:state:'))
        .map(([, text]) => text);
    const opening = indexedDB.open('session-state');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
        const keys = opening.result.transaction('texts').objectStore('texts').getAllKeys();
        keys.onsuccess = () => {
            const ids = keys.result.map(key => key.slice(key.lastIndexOf('|') + 1));
            opening.result.close();
            resolve(ids.filter(id => !states.some(text => text.includes(id))).length);
        };
    };
})"""


def test_a_frozen_server_stops_neither_cells_nor_edits(own_jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(own_jupyter, own_jupyter.notebook("frozen.ipynb", [LOAD, "print('saw', session['x'])"]))
    lab.add("x", "1")
    lab.run_cell(0)
    assert lab.run_cell(1) == "saw 1\n"
    kernel = own_jupyter.kernel_of("frozen.ipynb")
    with own_jupyter.frozen():
        outputs = [own_jupyter.execute_directly(kernel, "print('saw', session['x'])") for _ in range(3)]
        lab.type("x", "2")
        lab.expect_value("x", "2")
    assert all("saw 1\n" in output for output in outputs)
    warned = [output for output in outputs if output != "saw 1\n"]
    assert len(warned) == 1, outputs
    assert warned[0] == outputs[0]
    lab.wait_for_light("saved")
    assert own_jupyter.variables("frozen.ipynb")["x"] == 2
    assert lab.run_cell(1).endswith("saw 2\n")


def test_edits_made_offline_arrive_when_the_server_is_back(own_jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(own_jupyter, own_jupyter.notebook("offline.ipynb", ["pass"]))
    for name in ("x", "y", "z"):
        lab.add(name, "1")
    # In the pause after a keystroke, before anything of it was sent.
    lab.type("z", "4")
    own_jupyter.stop(signal.SIGKILL)
    lab.wait_for_light("offline")
    lab.close_notice()
    lab.type("x", "2")
    lab.page.keyboard.press("Enter")
    lab.type("y", "3")
    lab.page.keyboard.press("Enter")
    lab.expect_value("x", "2")
    lab.wait_for_light("offline")
    lab.screenshot("offline")
    own_jupyter.start()
    lab.wait_for_light("saved")
    assert own_jupyter.variables("offline.ipynb") == {"x": 2, "y": 3, "z": 4}
    # What is no value yet is not sent, but is not lost either.
    lab.type("x", "0,5")
    lab.wait_for_light("invalid")
    lab.reload()
    lab.expect_value("x", "0,5")
    lab.wait_for_light("invalid")
    lab.editor("x").press("Escape")
    lab.expect_value("x", "2")
    lab.expect_value("y", "3")
    lab.wait_for_light("saved")


def test_a_large_edit_made_offline_survives_a_reload_of_a_full_browser(own_jupyter: Jupyter, open_lab: OpenLab) -> None:
    chance = random.Random(15)
    digits = " ".join("".join(chance.choices("0123456789", k=99)) for _ in range(9000))
    path = own_jupyter.notebook("large.ipynb", ["pass"])
    lab = open_lab(own_jupyter, path)
    lab.add("digits", '"0"')
    own_jupyter.stop(signal.SIGKILL)
    lab.wait_for_light("offline")
    lab.close_notice()
    lab.evaluate(FILL)
    lab.editor("digits").fill(digits)
    lab.page.keyboard.press("Enter")
    expect(lab.light).to_have_text("Offline, 1 edit kept")
    assert lab.evaluate(OUTBOX_SIZE) < 64 * 1024
    assert lab.evaluate(STOWED) == 1
    # The server is back for the next page, except that the session's channel does not come through yet.
    is_cut = True

    def connect(channel: WebSocketRoute) -> None:
        if is_cut:
            channel.close(code=1011)
        else:
            channel.connect_to_server()

    lab.page.route_web_socket(re.compile(r"/api/session/[^/]+/channel"), connect)
    own_jupyter.start()
    lab.reload()
    lab.wait_for_light("offline")
    # Of a text so long only the beginning is shown, and opened what is in view.
    expect(lab.row("digits").get_by_test_id("long-text")).to_contain_text(digits[:300])
    expect(lab.editor("digits")).to_have_text(f"Open all {len(digits):,} characters")
    lab.editor("digits").click()
    expect(lab.editor("digits")).to_have_attribute("contenteditable", "true")
    lab.editor("digits").press("Control+End")
    expect(lab.editor("digits")).to_contain_text(digits[-300:])
    expect(lab.light).to_have_text("Offline, 1 edit kept")
    assert own_jupyter.variables(path) == {"digits": "0"}
    is_cut = False
    lab.wait_for_light("saved")
    assert own_jupyter.variables(path)["digits"] == digits
    wait_for(lambda: lab.evaluate(STOWED), 0)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_run_whose_kernel_died_with_the_server_is_interrupted(
    own_jupyter: Jupyter, open_lab: OpenLab, how: signal.Signals
) -> None:
    step = "%%session step wait --out done\nimport time\nsession['started'] = 1\ntime.sleep(600)\ndone = 1"
    lab = open_lab(own_jupyter, own_jupyter.notebook(f"died-by-{how.name}.ipynb", [LOAD, step]))
    lab.run_cell(0)
    lab.start_cell(1)
    lab.expect_value("started", "1")
    lab.expect_step("wait", "running")
    own_jupyter.stop(how)
    lab.wait_for_light("offline")
    own_jupyter.start()
    lab.wait_for_light("saved")
    lab.expect_step("wait", "interrupted")
    lab.expect_value("started", "1")


def test_a_kernel_without_the_extension_loaded_is_no_obstacle(jupyter: Jupyter, open_lab: OpenLab) -> None:
    """The startup file of the environment is enough for %session; nothing has to be loaded."""
    lab = open_lab(jupyter, jupyter.notebook("unloaded.ipynb", ["%session get x"]))
    lab.add("x", "5")
    assert "5" in lab.run_cell(0)
