"""A Jupyter server, a Chromium, and a page that fails its test when the panel complains in the console."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.jupyter import Jupyter

from . import chromium
from .desk import VIEWPORT, Desk
from .lab import PATIENCE_MS, PLAIN, SCREENSHOTS, Lab

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

OpenLab = Callable[..., Lab]

# Rules of a server's own: while a file of this name is there, nobody may change a session.
CLOSED = "only-readers"
RULES = """from pathlib import Path

from jupyter_server.auth.authorizer import AllowAllAuthorizer


class Rules(AllowAllAuthorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != "session-state" or action == "read" or not Path({file!r}).exists()


c.ServerApp.authorizer_class = Rules
"""


# Playwright's synchronous calls own an event loop; pytest-jupyter's fixtures, which all tests get, would make another.
@pytest.fixture
def jp_asyncio_loop() -> None:
    return None


@pytest.fixture
def jp_server_cleanup() -> None:
    return None


# For the package, not for the whole run: as long as playwright is there its event loop runs, and no other may.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.ADVICE, pytrace=False)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


def serve(folder: Path, front_end: str, rules: str = "") -> Iterator[Jupyter]:
    jupyter = Jupyter(folder, front_end)
    if rules:
        (folder / "config" / "jupyter_server_config.py").write_text(rules)
    jupyter.start()
    try:
        yield jupyter
    finally:
        jupyter.stop(patience=5)


@pytest.fixture(scope="package")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """One JupyterLab for all tests that leave it running; each has a notebook, and so a session, of its own."""
    yield from serve(tmp_path_factory.mktemp("lab"), "lab")


@pytest.fixture(scope="package")
def second_jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    folder = tmp_path_factory.mktemp("second")
    yield from serve(folder, "lab", RULES.format(file=str(folder / CLOSED)))


@pytest.fixture
def own_jupyter(second_jupyter: Jupyter) -> Iterator[Jupyter]:
    """A JupyterLab for a test that stops or freezes it, or alters its settings: it has it for itself."""
    if second_jupyter.process is None:
        second_jupyter.start()
    yield second_jupyter
    (second_jupyter.folder / CLOSED).unlink(missing_ok=True)
    shutil.rmtree(second_jupyter.folder / "lab-settings", ignore_errors=True)
    if second_jupyter.process is not None:
        for kernel in second_jupyter.request("GET", "/api/kernels").json():
            second_jupyter.request("DELETE", f"/api/kernels/{kernel['id']}")


@pytest.fixture(scope="package")
def notebook_7(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    yield from serve(tmp_path_factory.mktemp("notebook"), "notebook")


@pytest.fixture(scope="package")
def desk(browser: Browser, jupyter: Jupyter) -> Iterator[Desk]:
    desk = Desk(browser, jupyter)
    yield desk
    desk.close()


@pytest.fixture
def open_lab(browser: Browser, request: pytest.FixtureRequest) -> Iterator[OpenLab]:
    """Opens a notebook in a browser profile of its own: another call is another person's, or another machine's.

    The first of a test may be in the page that the test before left empty, unless ``fresh``: for a test that reloads.
    ``before`` gets the page before it loads anything.
    """
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    opened: list[Lab] = []
    desk: Desk | None = None

    def open_one(
        jupyter: Jupyter,
        path: str,
        fresh: bool = False,
        before: Callable[[Lab], None] | None = None,
        **context: object,
    ) -> Lab:
        nonlocal desk
        if not (fresh or before or opened or context) and "jupyter" in request.fixturenames:
            desk = request.getfixturevalue("desk")
            assert desk.jupyter is jupyter
            lab = desk.take(path)
        else:
            page = browser.new_context(**{"viewport": VIEWPORT} | context).new_page()  # type: ignore[arg-type]
            page.set_default_timeout(PATIENCE_MS)
            lab = Lab(page, jupyter, f"{name}-{len(opened)}")
            opened.append(lab)
            if before is not None:
                before(lab)
            lab.open(path)
            return lab
        opened.append(lab)
        return lab

    yield open_one
    failed = request.node.stash.get(FAILED, False)
    for number, lab in enumerate(opened):
        if failed and not lab.page.is_closed():
            SCREENSHOTS.mkdir(exist_ok=True)
            lab.page.screenshot(path=SCREENSHOTS / f"failed-{name}-{number}.png")
        if lab.theme != PLAIN and not lab.page.is_closed():
            lab.wear(PLAIN)
        if number or desk is None:
            lab.page.context.close()
    if desk is not None:
        desk.clear(failed)
    assert [text for lab in opened for text in lab.complaints] == []


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":  # type: ignore[attr-defined]
        item.stash[FAILED] = report.failed  # type: ignore[attr-defined]
    return report
