"""What stands around the panel: commands, shortcuts, the status bar, a cell's menu, settings, a kernel without the extension."""

from __future__ import annotations

import json
import sys

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from . import axe
from .conftest import OpenLab
from .lab import wait_for


def test_commands_and_shortcuts(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("commands.ipynb", ["pass"], ids="commands"))
    labels = lab.evaluate(
        """() => {
            const { commands } = window.jupyterapp;
            return commands.listCommands().filter(id => id.startsWith('session-state:'))
                .map(id => [id, commands.label(id)]);
        }"""
    )
    assert len(labels) >= 15
    assert [name for name, label in labels if not label] == []
    lab.palette("Add a Session Variable")
    lab.panel.get_by_test_id("add-name").fill("lr")
    lab.panel.get_by_test_id("add-value").fill("0.1")
    lab.page.keyboard.press("Enter")
    lab.expect_value("lr", "0.1")
    lab.wait_for_light("saved")

    clashes = lab.evaluate(
        """() => {
            const all = window.jupyterapp.commands.keyBindings;
            const ours = all.filter(each => each.command.startsWith('session-state:'));
            const keys = each => each.keys.join(' ');
            return [ours.length, ours.filter(one =>
                all.some(other => other.command !== one.command && keys(other) === keys(one))).map(keys)];
        }"""
    )
    assert clashes[0] >= 4
    assert clashes[1] == []
    # Closed, the panel opens with what was asked for.
    lab.command("application:toggle-right-area")
    expect(lab.panel).to_be_hidden()
    lab.page.keyboard.press("Alt+Shift+O")
    expect(lab.panel.get_by_test_id("picker")).to_be_visible()
    lab.page.keyboard.press("Alt+Shift+A")
    expect(lab.panel.get_by_test_id("add-name")).to_be_focused()


def test_the_status_bar_says_how_it_stands(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("status.ipynb", ["pass"], ids="status"))
    lab.add("lr", "0.1")
    item = lab.page.get_by_test_id("session-status")
    expect(item).to_have_text("statusSaved")
    lab.type("lr", "0.2")
    lab.command("application:toggle-right-area")
    expect(lab.panel).to_be_hidden()
    expect(item).to_have_text("statusSaved")
    item.get_by_role("button").click()
    lab.expect_value("lr", "0.2")


def test_a_cell_is_made_a_step(jupyter: Jupyter, open_lab: OpenLab) -> None:
    sources = ["%load_ext session_state_ext", "half = lr / 2", "print(half)"]
    lab = open_lab(jupyter, jupyter.notebook("makes.ipynb", sources, ids="makes"))
    lab.add("lr", "0.5")
    lab.run_cell(0)
    # In its text, where a right click leaves another cell the active one.
    lab.page.locator(".jp-Notebook .jp-CodeCell .cm-content").nth(2).click()
    lab.page.locator(".jp-Notebook .jp-CodeCell .cm-line").nth(1).click(button="right")
    lab.page.locator(".lm-Menu").get_by_text("Make This Cell a Step…").click()
    form = lab.page.get_by_test_id("step-form")
    expect(form.get_by_test_id("step-line")).to_have_text("#| step: make_half(lr) -> half")
    expect(form.get_by_test_id("step-cell")).to_have_text("half = lr / 2")
    lab.screenshot("step-dialog", of_panel=False)
    form.get_by_test_id("step-name").fill("two words")
    expect(form.get_by_test_id("step-problem")).to_have_text("A step’s name is one word: two_words.")
    lab.page.keyboard.press("Enter")
    expect(lab.page.locator(".jp-Dialog")).to_be_visible()
    form.get_by_test_id("step-name").fill("halve")
    lab.page.keyboard.press("Enter")
    expect(lab.page.locator(".jp-Dialog")).to_have_count(0)
    lab.expect_step("halve", "new")
    lab.run_step("halve")
    lab.expect_step("halve", "fresh")
    lab.expect_value("half", "0.25")


def test_a_setting_counts_at_once(own_jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(own_jupyter, own_jupyter.notebook("settings.ipynb", ["pass"]))
    lab.add("lr", "0.1")
    lab.command("settingeditor:open", {"query": "Session state"})
    for field, value in (("debounce", 5000), ("maxWait", 30_000)):
        lab.page.locator(f'input[id$="_{field}"]').fill(str(value))
    stored = "/lab/api/settings/session-state-ext:plugin"
    wait_for(lambda: '"maxWait": 30000' in own_jupyter.request("GET", stored).json()["raw"], True)
    lab.screenshot("settings", of_panel=False)
    lab.command("docmanager:open", {"path": "settings.ipynb"})
    lab.expect_value("lr", "0.1")
    texts = (f"0.{number}" for number in range(2, 1000))

    def is_held_back() -> bool:
        """Whether an edit waits for four times as long as it would by default."""
        lab.sent.clear()
        lab.type("lr", next(texts))
        lab.page.wait_for_timeout(2000)
        return lab.mutates("lr") == []

    # The page hears of its settings a moment after the server has stored them.
    wait_for(is_held_back, True)
    text = lab.editor("lr").input_value()
    wait_for(lambda: own_jupyter.variables("settings.ipynb"), {"lr": float(text)})


def test_a_kernel_without_the_extension_is_told_of(jupyter: Jupyter, open_lab: OpenLab) -> None:
    spec = jupyter.folder / "data" / "kernels" / "bare"
    spec.mkdir(parents=True)
    hide = "--InteractiveShellApp.exec_lines=import sys; sys.modules['session_state_ext'] = None"
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", hide]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Bare", "language": "python"}))
    path = jupyter.notebook("bare.ipynb", ["import sys", "del sys.modules['session_state_ext']", "In"], ids="bare")
    file = jupyter.files / path
    file.write_text(file.read_text().replace('"name": "python3"', '"name": "bare"'))
    lab = open_lab(jupyter, path, fresh=True)  # a page that is open knows the kernels there were
    card = lab.panel.get_by_test_id("install")
    expect(card).to_contain_text("The kernel “Bare” lacks the extension")
    expect(card).to_contain_text("%pip install session-state-ext")
    lab.screenshot("install")
    axe.inject(lab)
    axe.check(lab)
    lab.run_cell(0)
    lab.run_cell(1)
    expect(card).to_have_count(0)
    assert "__import__" not in lab.run_cell(2), "nobody finds it in the history"

    plain = open_lab(jupyter, jupyter.notebook("not-bare.ipynb", ["pass"], ids="not-bare"))
    plain.add("lr", "0.1")
    expect(plain.panel.get_by_test_id("install")).to_have_count(0)


def test_deleting_everything_leads_back_to_the_beginning(jupyter: Jupyter, open_lab: OpenLab) -> None:
    lab = open_lab(jupyter, jupyter.notebook("first.ipynb", ["pass"], ids="first"))
    lab.panel.get_by_test_id("try-example").click()
    lab.panel.get_by_test_id("add-save").click()
    lab.expect_value("lr", "0.1")
    expect(lab.panel.get_by_test_id("empty")).to_have_count(0)
    lab.row("lr").get_by_test_id("row-menu").click()
    lab.page.get_by_test_id("menu-delete").click()
    expect(lab.panel.get_by_test_id("empty")).to_contain_text("Variables you add here are kept")
