"""A terminal in this process, in a home of its own, and notebooks to run in it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest

from session_state_ext.cli import SessionApp


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal:
    """Commands as a person types them, without the second that a process of their own takes."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.folder, self._capture, self._patch = folder, capture, patch

    def __call__(self, *words: str, stdin: str = "") -> Ended:
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        self._capture.readouterr()
        SessionApp.clear_instance()
        code = 0
        try:
            SessionApp.launch_instance(list(words))
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            for kind in (SessionApp, *(command for command, _ in SessionApp.subcommands.values())):
                kind.clear_instance()
        out, err = self._capture.readouterr()
        return Ended(code, out, err)

    def ok(self, *words: str, stdin: str = "") -> str:
        """What a command prints that has to succeed."""
        ended = self(*words, stdin=stdin)
        assert ended.code == 0, ended.err
        return ended.out

    def notebook(self, name: str, *sources: str, tags: dict[int, str] | None = None) -> Path:
        """A notebook with these code cells."""
        cells = [nbformat.v4.new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
        for at, tag in (tags or {}).items():
            cells[at].metadata["tags"] = [tag]
        path = self.folder / name
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})  # type: ignore[no-untyped-call]
        nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
        return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folder with nothing in it, the present one."""
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    for name in ("KERNEL_SESSION_STATE_URL", "KERNEL_SESSION_STATE_TOKEN", "SESSION_STATE_SESSION"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return tmp_path


@pytest.fixture
def terminal(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(home / "work", capsys, monkeypatch)


@pytest.fixture
def sweep(terminal: Terminal) -> Callable[..., str]:
    """Sets variables of the session *sweep*."""

    def put(*values: str) -> str:
        return terminal.ok("set", "sweep", *values, "--new")

    return put
