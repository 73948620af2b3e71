"""What a person does in JupyterLab or Notebook 7, in their words: open a notebook, run a cell, type into the panel."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Error, Locator, Page, Request, WebSocket, expect

from tests.jupyter import Jupyter

# Patience, not speed: a test on a busy machine waits longer and still passes.
PATIENCE_MS = int(os.environ.get("BROWSER_PATIENCE_MS", "60000"))
BUNDLE = "labextensions/session-state-ext"
PLAIN = "JupyterLab Light"
SCREENSHOTS = Path(__file__).parent / "screenshots"
# What the browser itself says when a server is away; no code can keep it from saying so.
BROWSERS_OWN = ("WebSocket connection to", "Failed to load resource")


class Lab:
    """One page with one notebook and the Session panel."""

    def __init__(self, page: Page, jupyter: Jupyter, workspace: str) -> None:
        self.page = page
        self.jupyter = jupyter
        self.workspace = workspace
        self.path = ""
        self.theme = PLAIN
        #: of the panel as JupyterLab opened it (px), once somebody has drawn at its edge
        self.first_width: int | None = None
        self.complaints: list[str] = []
        self.sent: list[str] = []
        self._watch(page)

    # What the page does behind the scenes

    def _watch(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", self._on_page_error)
        page.on("websocket", self._on_websocket)
        page.on("request", self._on_request)

    def unwatch(self) -> None:
        """What the page does from here on is another test's."""
        self.page.remove_listener("console", self._on_console)
        self.page.remove_listener("pageerror", self._on_page_error)
        self.page.remove_listener("websocket", self._on_websocket)
        self.page.remove_listener("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        ours = BUNDLE in message.location.get("url", "") or BUNDLE in message.text
        if message.type == "error" and ours and not message.text.startswith(BROWSERS_OWN):
            self.complaints.append(message.text)

    def _on_page_error(self, error: Error) -> None:
        if BUNDLE in (error.stack or ""):
            self.complaints.append(error.stack or error.message)

    def _on_websocket(self, socket: WebSocket) -> None:
        if "/api/session/" in socket.url:
            socket.on("framesent", lambda frame: self.sent.append(str(frame)))

    def _on_request(self, request: Request) -> None:
        if "/api/session/" in request.url and request.method in ("POST", "PUT"):
            self.sent.append(request.post_data or "")

    def mutates(self, name: str) -> list[str]:
        """The requests sent so far, on the channel or by REST, that carry an edit of this variable."""
        return [text for text in self.sent if '"mutate"' in text and f'"{name}"' in text]

    def evaluate(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)

    # Notebook

    def open(self, path: str) -> None:
        self.path = path
        base = "/lab/workspaces/" + self.workspace if self.jupyter.front_end == "lab" else ""
        tree = "tree" if self.jupyter.front_end == "lab" else "notebooks"
        self.page.goto(f"{self.jupyter.url}{base}/{tree}/{path}?token={self.jupyter.token}")
        self.settle()

    def reload(self) -> None:
        self.page.reload()
        self.settle()

    def close(self) -> None:
        """Closes the tab as its cross does."""
        self.page.on("dialog", lambda dialog: dialog.accept())
        with self.page.expect_event("close"):
            self.page.close(run_before_unload=True)

    def close_notice(self) -> None:
        """JupyterLab's own notice that the server is away, which lies over everything: once is enough."""
        notice = self.page.locator(".jp-Dialog").filter(has_text="Server Connection Error")
        notice.get_by_role("checkbox").check()
        notice.get_by_role("button").last.click()
        expect(notice).to_have_count(0)

    def open_again(self) -> None:
        """The same notebook in a new tab of the same browser, after the other was closed."""
        self.page = self.page.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.sent.clear()
        self._watch(self.page)
        self.open(self.path)

    def settle(self) -> None:
        """Waits until the notebook stands there with an idle kernel, and opens the panel."""
        self.page.wait_for_function("async () => !!window.jupyterapp && (await window.jupyterapp.restored, true)")
        expect(self.page.locator(".jp-Notebook .jp-Cell").first).to_be_visible()
        self.wait_for_idle()
        self.open_panel()

    def wait_for_idle(self) -> None:
        self.page.wait_for_function(
            """async path => {
                const shell = window.jupyterapp.shell;
                const panel = [...shell.widgets('main')].find(w => w.sessionContext?.path === path);
                if (!panel) return false;
                await panel.sessionContext.ready;
                return panel.sessionContext.session?.kernel?.status === 'idle';
            }""",
            arg=self.path,
        )

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell").nth(number)

    def prompt(self, number: int) -> Locator:
        return self.cell(number).locator(".jp-InputPrompt").first

    def output(self, number: int) -> Locator:
        return self.cell(number).locator(".jp-Cell-outputArea").first

    def start_cell(self, number: int) -> None:
        """Shift+Enter in the cell, without waiting for it."""
        self.cell(number).locator(".jp-InputArea-editor").click()
        self.page.keyboard.press("Shift+Enter")

    def run_cell(self, number: int) -> str:
        """Shift+Enter in the cell; returns the text of its output."""
        before = self.prompt(number).text_content()
        self.start_cell(number)
        self.wait_for_run(number, before)
        return self.output_text(number)

    def wait_for_run(self, number: int, before: str | None) -> None:
        """Waits for a number in brackets that is not the one there was."""
        expect(self.prompt(number)).not_to_have_text(before or "[ ]:")
        expect(self.prompt(number)).to_have_text(re.compile(r"\[\d+\]:"))

    def output_text(self, number: int) -> str:
        texts = self.output(number).locator(".jp-OutputArea-output").all_text_contents()
        return "".join(texts)

    def command(self, name: str, arguments: dict[str, Any] | None = None) -> None:
        """A command of JupyterLab's palette, without waiting for it to end."""
        self.evaluate(
            "([name, args]) => { void window.jupyterapp.commands.execute(name, args); }", [name, arguments or {}]
        )

    def save(self) -> None:
        """Saves the notebook; JupyterLab does nothing where another save is under way."""
        self.evaluate("() => window.jupyterapp.commands.execute('docmanager:save').then(() => undefined)")

    def palette(self, words: str) -> None:
        """A command as a person finds it."""
        field = self.page.locator(".lm-CommandPalette-input")

        def opened() -> bool:
            # It closes when something else takes the focus, as a notebook that has just been opened does.
            if not field.is_visible():
                self.page.keyboard.press("ControlOrMeta+Shift+c")
            return field.is_visible()

        wait_for(opened, True)
        field.fill(words)
        expect(self.page.locator(".lm-CommandPalette-item").first).to_contain_text(words)
        self.page.keyboard.press("Enter")

    def wear(self, theme: str) -> None:
        """Puts on a theme of JupyterLab's. It is the server's setting: whoever opened this page takes it off again."""
        self.theme = theme
        self.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        expect(self.page.locator(f'body[data-jp-theme-name="{theme}"]')).to_be_attached()
        # What JupyterLab lays over the page while a theme is loaded.
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    def make_wide(self, width: int) -> None:
        """Drags the sidebar's edge until the panel is this wide (px)."""
        box = self.panel.bounding_box()
        assert box is not None
        if self.first_width is None:
            self.first_width = round(box["width"])
        edge, middle = box["x"] - 1, box["y"] + box["height"] / 2
        self.page.mouse.move(edge, middle)
        self.page.mouse.down()
        self.page.mouse.move(edge + box["width"] - width, middle, steps=4)
        self.page.mouse.up()

    def interrupt(self) -> None:
        """The stop button of the notebook's toolbar."""
        self.page.locator('[data-jp-item-name="interrupt"]').click()

    def restart_kernel(self) -> None:
        """A restart from the panel's session context: the menu's, without its question."""
        self.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()",
        )
        self.wait_for_idle()

    # Panel

    def open_panel(self) -> None:
        """Opens the panel unless it is open; a reload right after a change of layout may have closed it."""
        if not self.panel.is_visible():
            self.evaluate("() => window.jupyterapp.shell.activateById('session-state-panel')")
        expect(self.panel).to_be_visible()
        there = '[data-testid="sync-light"]:not([data-state="loading"]), [data-testid="question"]'
        expect(self.panel.locator(there)).to_be_visible()

    @property
    def panel(self) -> Locator:
        return self.page.get_by_test_id("session-panel")

    @property
    def light(self) -> Locator:
        return self.panel.get_by_test_id("sync-light")

    def wait_for_light(self, state: str) -> None:
        expect(self.light).to_have_attribute("data-state", state)

    def row(self, name: str) -> Locator:
        return self.panel.locator(f'[data-testid="row"][data-name="{name}"]')

    def editor(self, name: str) -> Locator:
        return self.row(name).get_by_test_id("editor")

    def add(self, name: str, value: str) -> None:
        """Adds a variable in the panel and waits until it is stored."""
        self.panel.get_by_test_id("add-button").click()
        self.panel.get_by_test_id("add-name").fill(name)
        self.panel.get_by_test_id("add-value").fill(value)
        self.panel.get_by_test_id("add-save").click()
        expect(self.row(name)).to_be_visible()
        self.wait_for_light("saved")

    def type(self, name: str, text: str) -> None:
        """Types over what stands in a field, key by key, and leaves the cursor there: nothing is confirmed."""
        self.editor(name).click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def set(self, name: str, text: str) -> None:
        """Types, confirms with Enter, and waits until it is stored."""
        self.type(name, text)
        self.page.keyboard.press("Enter")
        self.wait_for_light("saved")

    def expect_value(self, name: str, text: str | re.Pattern[str]) -> None:
        expect(self.editor(name)).to_have_value(text)

    def step(self, name: str) -> Locator:
        return self.panel.locator(f'[data-testid="step"][data-name="{name}"]')

    def run_step(self, name: str) -> None:
        self.step(name).get_by_test_id("step-run").click()

    def expect_step(self, name: str, state: str) -> None:
        expect(self.step(name)).to_have_attribute("data-state", state)

    def cut_names(self) -> list[str]:
        """Variables whose name is not shown whole."""
        names: list[str] = self.panel.locator(".jp-SessionRow-name").evaluate_all(
            "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent)"
        )
        return names

    def screenshot(self, name: str, of_panel: bool = True) -> Path:
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        (self.panel if of_panel else self.page).screenshot(path=path)
        return path


def wait_for(look: Callable[[], Any], wanted: Any) -> None:
    """Asks again and again, for what no page shows."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while (seen := look()) != wanted:
        assert time.monotonic() < end, f"expected {wanted!r}, saw {seen!r}"
        time.sleep(0.05)
