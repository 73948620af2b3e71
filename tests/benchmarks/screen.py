"""JupyterLab in a browser, with clocks: how long from an event until it is painted, and how long the page's thread was held."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import chromium
from tests.browser.conftest import CHROMIUM_OPTIONS
from tests.browser.desk import OPEN, VIEWPORT
from tests.browser.lab import PATIENCE_MS, Lab
from tests.jupyter import Jupyter

#: From the event until the frame that follows it is painted, in ms. A message that is posted within a frame is taken up
#: when that frame is done.
_CLOCKS = """
(() => {
    window.bench = { keydown: [], wheel: [], message: [] };
    const painted = (kind, begun) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.bench[kind].push(performance.now() - begun);
        port2.postMessage(null);
    });
    for (const kind of ['keydown', 'wheel'])
        window.addEventListener(kind, event => painted(kind, event.timeStamp), { capture: true, passive: true });
    const Native = window.WebSocket;
    window.WebSocket = class extends Native {
        constructor(url, ...rest) {
            super(url, ...rest);
            if (String(url).includes('/api/session/'))
                this.addEventListener('message', event => {
                    if (event.data.includes('"type":"change"')) painted('message', event.timeStamp);
                });
        }
    };
})()
"""

#: What Chromium calls a task of a thread; tasks within tasks have the same name.
_TASK = "ThreadControllerImpl::RunTask"


@dataclass
class Watched:
    """What happened while it was looked at; all in seconds."""

    #: from each event until it was painted
    painted: list[float] = field(default_factory=list)
    #: how long the page's thread was held at the longest
    longest: float = 0.0


class Screen:
    """One page of JupyterLab, with the panel open at one notebook after the other."""

    def __init__(self, browser: Browser, jupyter: Jupyter) -> None:
        self.browser = browser
        self.jupyter = jupyter
        page = browser.new_context(viewport=VIEWPORT).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(_CLOCKS)
        self.lab = Lab(page, jupyter, "bench")
        self._loaded = False

    def session(self, path: str, variables: dict[str, Any], cells: Sequence[str] = ("pass",)) -> str:
        """The id of the session of a new notebook, with these variables."""
        self.jupyter.notebook(path, cells)
        attached = self.jupyter.request("POST", "/api/session/attach", json={"path": path})
        attached.raise_for_status()
        session = str(attached.json()["sessionId"])
        self.change(session, variables)
        return session

    def change(self, session: str, variables: dict[str, Any]) -> None:
        answer = self.jupyter.request("POST", f"/api/session/{session}", json={"variables": variables})
        answer.raise_for_status()

    def show(self, path: str) -> None:
        """The notebook in front, and the panel with it."""
        if self._loaded:
            self.lab.path = path
            self.lab.evaluate(OPEN, path)
        else:
            self.lab.open(path)
            self._loaded = True

    @contextmanager
    def watched(self, kind: str = "keydown") -> Iterator[Watched]:
        """What is done meanwhile. ``kind``: the event whose way to the screen is timed: keydown, wheel or message."""
        watched = Watched()
        page = self.lab.page
        page.evaluate("kind => { window.bench[kind].length = 0; }", kind)
        self.browser.start_tracing(page=page, categories=["toplevel"])
        try:
            yield watched
            # Two frames later, the last event is painted as well.
            page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")
        finally:
            trace = json.loads(self.browser.stop_tracing())
        watched.painted = [taken / 1000 for taken in page.evaluate("kind => window.bench[kind]", kind)]
        watched.longest = _longest(trace["traceEvents"])


def _longest(events: list[dict[str, Any]]) -> float:
    """The longest task of any page's main thread, in s."""
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    lengths = [
        event.get("dur", 0)
        for event in events
        if event.get("name") == _TASK and (event["pid"], event["tid"]) in threads
    ]
    return max(lengths, default=0) / 1e6


@contextmanager
def looking(folder: Path) -> Iterator[Screen]:
    """A JupyterLab of its own, and a browser that shows it. Raises where there is no browser."""
    path = chromium.find()
    if path is None:
        raise FileNotFoundError(chromium.ADVICE)
    expect.set_options(timeout=PATIENCE_MS)
    jupyter = Jupyter(folder, "lab")
    jupyter.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
            try:
                yield Screen(browser, jupyter)
            finally:
                browser.close()
    finally:
        jupyter.stop(patience=5)
