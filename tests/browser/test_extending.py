"""The extension that docs/extending.md shows, built from that page and run in a real JupyterLab."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jupyter import Jupyter

from .conftest import OpenLab

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "extending.md"


@pytest.fixture
def installed(tmp_path: Path, jupyter: Jupyter) -> Iterator[None]:
    """Its three files as they stand there, the packages it depends on as they are here."""
    files = re.findall(r"^`([\w./]+)`.*?```\w+\n(.*?)```", PAGE.read_text(), re.M | re.S)
    assert [name for name, _ in files] == ["package.json", "tsconfig.json", "src/index.ts"]
    for name, text in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    packages = tmp_path / "node_modules"
    packages.mkdir()
    for package in (ROOT / "node_modules").iterdir():
        (packages / package.name).symlink_to(package)
    (packages / "session-state-ext").symlink_to(ROOT)
    tools = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for command in ("node_modules/.bin/tsc", "jupyter-builder build ."):
        answer = subprocess.run(command.split(), cwd=tmp_path, env=tools, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stdout + answer.stderr
    place = jupyter.folder / "data" / "labextensions" / "double-lr"
    shutil.copytree(tmp_path / "double_lr" / "labextension", place)
    yield
    shutil.rmtree(place)


@pytest.mark.usefixtures("installed")
def test_the_example_reads_writes_and_follows_a_variable(jupyter: Jupyter, open_lab: OpenLab) -> None:
    said: list[str] = []
    path = jupyter.notebook("extended.ipynb", ["pass"])
    lab = open_lab(jupyter, path, before=lambda lab: lab.page.on("console", lambda message: said.append(message.text)))
    lab.add("lr", "0.1")
    lab.evaluate("() => window.jupyterapp.commands.execute('double-lr:double')")
    lab.expect_value("lr", "0.2")
    assert jupyter.variables(path) == {"lr": 0.2}
    assert [text for text in said if text.startswith(("lr is", "stored", "not stored"))] == [
        "lr is 0.1",
        "lr is 0.2",
        "stored",
    ]
