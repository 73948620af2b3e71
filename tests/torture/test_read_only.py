"""A disk that cannot be written: what is stored is read, nothing is acknowledged that is not kept, and it is got over."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kernel.notebook import Kernel

from .peers import mutate
from .watched import Watched

Turn = Callable[[bool], None]


@contextmanager
def folder_that_can_be_shut(place: Path) -> Iterator[Turn]:
    """A file system of its own, which takes root to mount; else a folder and what is in it, by their permissions."""
    place.mkdir()
    if os.geteuid() != 0:

        def permit(writable: bool) -> None:
            for file in (*place.iterdir(), place):
                file.chmod(0o700 if writable else 0o500)

        yield permit
        permit(True)
        return
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here, and nothing is forbidden to root")
    yield lambda writable: _remount(place, "rw" if writable else "ro")
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def _remount(place: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(place)], check=True)


def test_what_is_stored_is_read_and_written_again_as_soon_as_it_can_be(tmp_path: Path) -> None:
    with folder_that_can_be_shut(tmp_path / "disk") as allow_writing:
        server = Watched(tmp_path / "server", store_url=f"sqlite:///{tmp_path / 'disk' / 'sessions.db'}")
        server.start()
        session = server.create()
        path = f"/api/session/{session}"
        server.request("POST", path, json={"variables": {"a": 1}}).raise_for_status()
        server.stop()
        allow_writing(False)
        server.start()
        (listed,) = server.request("GET", "/api/session").json()["sessions"]
        assert (listed["sessionId"], listed["revision"]) == (session, 1)
        assert server.state(session)["variables"] == {"a": 1}
        assert server.state(session)["meta"]["storage"] == "read-only"
        for method, where in (("POST", path), ("POST", "/api/session"), ("DELETE", path)):
            answer = server.request(method, where, json={"variables": {"a": 2}})
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert "its file cannot be written" in answer.json()["message"]
        with server.channel(session, "A") as channel:
            assert channel.hear("welcome")["meta"]["storage"] == "read-only"
            channel.say(mutate(1, 1, a=3))
            assert channel.hear("ack", "reject")["code"] == "unavailable"
            allow_writing(True)
            assert "storage" not in channel.hear("meta")["meta"]
            # The number that was not taken counts once it comes again.
            channel.say(mutate(1, 1, a=3))
            assert channel.hear("ack", "reject")["revision"] == 2
        assert "storage" not in server.state(session)["meta"]
        server.crash()
        with sqlite3.connect(tmp_path / "disk" / "sessions.db") as database:
            assert database.execute("SELECT value FROM variables").fetchall() == [(b"3",)]
        database.close()
        assert server.log.read_text().count("it is read, and changes are refused") == 1


def test_where_nothing_is_stored_yet_and_nothing_can_be_everybody_is_told(tmp_path: Path) -> None:
    with folder_that_can_be_shut(tmp_path / "disk") as allow_writing:
        allow_writing(False)
        server = Watched(tmp_path / "server", store_url=f"sqlite:///{tmp_path / 'disk' / 'home' / 'sessions.db'}")
        server.start()
        made = server.request("POST", "/api/session", json={"variables": {"a": 1}})
        assert (made.status_code, made.json()["meta"]["storage"]) == (201, "memory")
        with server.channel(made.json()["sessionId"], "A") as channel:
            assert channel.hear("welcome")["meta"]["storage"] == "memory"
        kernel = Kernel.of_notebook(server, "kept.ipynb")
        said = "".join(kernel.run(code).text for code in ("%load_ext session_state_ext", "session['a'] = 1", "pass"))
        assert said.count("so this one is in its memory only and ends with it") == 1
        assert "in the server's memory only" in kernel.run("%session").text
        kernel.shutdown()
        server.stop()
        assert server.log.read_text().count("sessions are kept in memory and end with this server") == 1
