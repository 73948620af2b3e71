"""What is shipped: a source distribution that builds without Node, and a wheel that needs none."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUNDLE = ROOT / "session_state_ext" / "labextension"
SHARED = {
    "share/jupyter/labextensions/session-state-ext/package.json",
    "share/jupyter/labextensions/session-state-ext/install.json",
    "share/jupyter/labextensions/session-state-ext/static/style.js",
    "share/jupyter/labextensions/session-state-ext/schemas/session-state-ext/plugin.json",
    "etc/jupyter/jupyter_server_config.d/session_state_ext.json",
    "etc/ipython/startup/00-session-state.py",
}

MADE_HERE = {".git", ".venv", ".stamps", ".yarn", "node_modules", "dist", "screenshots", "__pycache__"}


def leave_out(folder: str, names: list[str]) -> set[str]:
    """What a fresh clone does not have."""
    made = {name for name in names if name in MADE_HERE or name.endswith(("_cache", ".tsbuildinfo"))}
    return made | {name for name in names if Path(folder, name) in (BUNDLE, ROOT / "labextension" / "lib")}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as a newcomer would, from a fresh clone and with no `node` on the path: sdist first, the wheel from it."""
    folder = tmp_path_factory.mktemp("build")
    source, dist = folder / "source", folder / "dist"
    shutil.copytree(ROOT, source, ignore=leave_out)
    nothing = folder / "empty"
    nothing.mkdir()
    answer = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(dist), str(source)],
        env={**os.environ, "PATH": str(nothing), "CI": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout[-4000:] + answer.stderr[-4000:]
    return dist


@pytest.mark.timeout(900)
def test_the_wheel_has_the_panel_and_both_hooks(built: Path) -> None:
    names = zipfile.ZipFile(next(built.glob("*.whl"))).namelist()
    shared = {name.split(".data/data/", 1)[1] for name in names if ".data/data/" in name}
    assert shared >= SHARED
    assert any(name.startswith("share/jupyter/labextensions/session-state-ext/static/remoteEntry.") for name in shared)
    assert "session_state_ext/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "node_modules/"))]


def test_the_panel_is_not_large(built: Path) -> None:
    """As much as comes over the line where a server compresses what it sends: 150 kB, with all that loads later."""
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        scripts = [name for name in wheel.namelist() if "/session-state-ext/static/" in name and name.endswith(".js")]
        sizes = {name.rpartition("/")[2]: len(gzip.compress(wheel.read(name), 9)) for name in scripts}
    assert len(sizes) >= 5
    assert sum(sizes.values()) < 150_000, sizes


def test_the_source_distribution_has_what_a_build_needs(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert names >= {"package.json", "yarn.lock", ".yarnrc.yml", "labextension/src/index.ts", "LICENSE", "README.md"}
    assert not [
        name for name in names if name.startswith(("node_modules/", ".yarn/", "session_state_ext/labextension/"))
    ]
