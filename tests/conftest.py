"""For all Python tests: Jupyter Server's own fixtures, and hypothesis settings that hold on a busy machine."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytest_jupyter.jupyter_server"]

# A deadline per example measures the machine, not the code. In CI the same examples run each time.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("here"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-docs", action="store_true", help="take the pictures in docs/ again")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest come last: what fails in a second is not waited for."""
    items.sort(key=lambda item: "browser" in item.path.parts)
