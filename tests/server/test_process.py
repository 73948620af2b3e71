"""A server in a process of its own, and what is left of it after kill -9."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[2]


class Server:
    """`jupyter server` on a port of its own."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.options = options
        self.port = free_port()

    def start(self) -> None:
        (self.home / "root").mkdir(exist_ok=True)
        folders = {f"JUPYTER_{kind}_DIR": str(self.home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
        env = {**os.environ, **folders, "HOME": str(self.home), "PYTHONPATH": str(ROOT), "JUPYTER_NO_CONFIG": "1"}
        self.log = (self.home / "log").open("ab")
        options = [
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            "--IdentityProvider.token=secret",
            f"--ServerApp.root_dir={self.home / 'root'}",
            "--ServerApp.jpserver_extensions={'session_state_ext': True, 'tests.server.collector': True}",
            *self.options,
        ]
        command = [sys.executable, "-m", "jupyter_server", *options]
        self.process = subprocess.Popen(command, env=env, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.ask("GET", "")
                return
            except (urllib.error.URLError, ConnectionError):
                assert self.process.poll() is None, (self.home / "log").read_text()
                assert time.monotonic() < deadline, (self.home / "log").read_text()
                time.sleep(0.05)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/session{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": "token secret", "Content-Type": "application/json"},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return json.loads(answer.read())

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    if server.process.poll() is None:
        server.end()


def test_acknowledged_means_on_disk(server: Server) -> None:
    session = server.ask("POST", "", {"name": "sweep", "variables": {"lr": 0.1}})["sessionId"]
    answer = server.ask("POST", f"/{session}", {"variables": {"lr": 0.2, "note": "kept"}})
    server.kill()
    server.start()
    state = server.ask("GET", f"/{session}")
    assert state["variables"] == {"lr": 0.2, "note": "kept"}
    assert state["meta"] == answer["meta"]
    (listed,) = server.ask("GET", "")["sessions"]
    assert (listed["name"], listed["revision"]) == ("sweep", 2)


def test_what_is_on_disk(server: Server) -> None:
    session = server.ask("POST", "", {"variables": {"a": 1}})["sessionId"]
    folder = server.home / "DATA" / "session_state"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name for file in folder.iterdir()} >= {"sessions.db", "sessions.db-wal"}
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir()), "this user's alone"
    server.end()
    assert "sessions.db-wal" not in {file.name for file in folder.iterdir()}, "all of it is in one file"
    with sqlite3.connect(folder / "sessions.db") as database:
        assert database.execute("SELECT id, revision FROM sessions").fetchall() == [(session, 1)]
    database.close()


def test_a_full_collection_does_not_look_through_all_that_was_loaded(tmp_path: Path) -> None:
    """Which is a pause for everybody, of a tenth of a second where a Jupyter server has loaded what it does."""
    looked = {}
    for frozen in (False, True):
        home = tmp_path / str(frozen)
        home.mkdir()
        server = Server(home, f"--SessionStateExtension.gc_freeze={frozen}")
        server.start()
        try:
            looked[frozen] = server.ask("GET", "/none/collected")["objects"]
        finally:
            server.end()
    assert looked[True] < looked[False] / 4
