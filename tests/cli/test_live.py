"""Commands beside a running server, on the same file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jupyter import Jupyter
from tests.kernel.conftest import serving
from tests.kernel.notebook import Panel


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    jupyter = serving(tmp_path_factory.mktemp("jupyter"))
    jupyter.start()
    yield jupyter
    jupyter.stop()


def command(jupyter: Jupyter, *words: str) -> str:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    ran = subprocess.run(
        [sys.executable, "-m", "jupyter", "session", *words],
        env=jupyter.environment() | {"PATH": path},
        cwd=jupyter.files,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_connected_client_sees_what_the_command_line_sets(jupyter: Jupyter) -> None:
    path = jupyter.notebook("study.ipynb", [])
    with Panel(jupyter, path) as panel:
        panel.set(lr=0.1)
        assert command(jupyter, "get", path, "lr") == "0.1\n"
        command(jupyter, "set", path, "lr=0.25", "note=from a terminal")
        change = panel.wait(lambda frame: frame["type"] == "change")
        assert change["origin"] == {"kind": "cli"}
        assert (panel.seen("lr"), panel.seen("note")) == ([0.25], ["from a terminal"])
        command(jupyter, "undo", path)
        panel.wait(lambda frame: frame["type"] == "change")
        assert panel.seen("lr") == [0.25, 0.1]
        # And the other way round.
        panel.set(lr=3)
        assert command(jupyter, "get", path, "lr") == "3\n"
        command(jupyter, "delete", path, "--yes")
        panel.wait(lambda frame: frame["type"] == "deleted")
