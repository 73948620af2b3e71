"""A JupyterLab page that is handed from test to test, with another notebook each time: loading JupyterLab is most of
what a short test costs, and a person does not load it anew for each notebook either."""

from __future__ import annotations

from playwright.sync_api import Browser, Error, expect

from tests.jupyter import Jupyter

from .lab import PATIENCE_MS, Lab

VIEWPORT = {"width": 1280, "height": 900}

OPEN = """async path => {
    await window.jupyterapp.commands.execute('docmanager:open', { path, factory: 'Notebook' });
}"""

# Without a question about what is not saved, as a browser that is closed.
CLEAR = """async () => {
    const { shell, serviceManager } = window.jupyterapp;
    for (const widget of [...shell.widgets('main')]) widget.dispose();
    await serviceManager.sessions.shutdownAll();
    localStorage.clear();
    sessionStorage.clear();
    for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
}"""

# What a test may have left behind that the next one would see.
STANDING = """() => ({
    loaded: performance.timeOrigin,
    dialogs: document.querySelectorAll('.jp-Dialog, .lm-Menu, [role="dialog"]').length,
    picker: document.querySelector('[data-testid="picker"]') !== null,
    theme: document.body.dataset.jpThemeName,
    width: document.getElementById('session-state-panel')?.offsetWidth,
    height: innerHeight,
})"""


class Desk:
    """One page of one server. It is taken by a test, cleared after it, and thrown away where it is not as it was."""

    def __init__(self, browser: Browser, jupyter: Jupyter) -> None:
        self.browser = browser
        self.jupyter = jupyter
        self._lab: Lab | None = None
        self._standing: object = None
        self._loaded = 0

    def take(self, path: str) -> Lab:
        """The page with this notebook open, its panel beside it and the kernel idle."""
        if self._lab is None:
            page = self.browser.new_context(viewport=VIEWPORT).new_page()  # type: ignore[arg-type]
            page.set_default_timeout(PATIENCE_MS)
            # Another workspace each time, or JupyterLab opens again what it had.
            self._loaded += 1
            lab = Lab(page, self.jupyter, f"desk-{self._loaded}")
            lab.open(path)
            self._standing = lab.evaluate(STANDING)
        else:
            lab = Lab(self._lab.page, self.jupyter, self._lab.workspace)
            lab.path = path
            lab.evaluate(OPEN, path)
            lab.settle()
        self._lab = lab
        return lab

    def clear(self, failed: bool) -> None:
        """After a test: the next one finds an empty page, or none."""
        lab = self._lab
        if lab is None:
            return
        lab.unwatch()
        try:
            if lab.first_width is not None and not failed and lab.panel.is_visible():
                lab.make_wide(lab.first_width)
            if not failed and lab.evaluate(STANDING) == self._standing:
                lab.evaluate(CLEAR)
                lab.page.mouse.move(0, 0)
                expect(lab.page.locator(".jp-Notebook")).to_have_count(0)
                return
        except (AssertionError, Error):
            pass  # the test closed it, or left it where nothing can be put away
        self.close()

    def close(self) -> None:
        if self._lab is not None:
            self._lab.page.context.close()
            self._lab = None
