"""For all Python tests: Jupyter Server's own fixtures, and hypothesis settings that hold on a busy machine."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.ports import KernelPorts

pytest_plugins = ["pytest_jupyter.jupyter_server"]

# A deadline per example measures the machine, not the code. In CI the same examples run each time.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("here"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure() -> None:
    KernelPorts.instance()
    # A shell that starts this in the background has the stop signal ignored, which kernels in this process would inherit.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-docs", action="store_true", help="take the pictures in docs/ and the outputs in notebooks/ again"
    )


#: What `make fast` leaves out: each of these starts browsers, servers or kernels of its own by the dozen, or builds.
SLOW = (
    "benchmarks",
    "browser",
    "torture",
    "cli/test_eject.py",
    "cli/test_headless.py",
    "cli/test_run.py",
    "kernel/test_alone.py",
    "kernel/test_bind.py",
    "kernel/test_choice.py",
    "kernel/test_history.py",
    "kernel/test_in_a_notebook.py",
    "kernel/test_outage.py",
    "kernel/test_runner.py",
    "kernel/test_startup.py",
    "kernel/test_voila.py",
    "server/test_kernels.py",
    "server/test_shared_store.py",
    "test_notebooks.py",
    "test_packaging.py",
    "test_patch_suite.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest come last: what fails in a second is not waited for.

    The browser's stay together, for they share a browser and a server; of them the longest files come first, so that
    no worker is left with one when the others have ended.
    """
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix().startswith(SLOW):
            item.add_marker("slow")
    items.sort(key=lambda item: item.path.stat().st_size if "browser" in item.path.parts else sys.maxsize, reverse=True)
