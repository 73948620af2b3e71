"""A disk that is full: said so at once, reads go on, nothing acknowledged is lost, and it is got over without a restart."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .peers import LONG, seed
from .watched import Watched

ROUNDS = 20 if LONG else 1

DISK_KILOBYTES = 2048
#: A write that takes longer than this waits for something; the figure itself is printed.
SLOW_SECONDS = 30.0


@contextmanager
def small(place: Path) -> Iterator[list[str]]:
    """A real file system of 2 MB, which takes root to mount; else a folder, and what limits the database there."""
    place.mkdir()
    options = f"size={DISK_KILOBYTES}k,mode=0700"
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        print("no file system can be mounted here: SQLite's own limit of pages stands for it")
        yield ["smalldisk"]
        return
    yield []
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_said_and_got_over(tmp_path: Path) -> None:
    chance = seed("full disk")
    refused: list[float] = []
    for number in range(ROUNDS):
        place = tmp_path / f"disk {number}"
        with small(place) as modules:
            server = Watched(tmp_path / f"server {number}", *modules, store_url=f"sqlite:///{place / 'sessions.db'}")
            server.start()
            session = server.create()
            slow, stored = fill(server, session, place / "ballast", chance)
            refused += slow
            server.crash()
            server.restart()
            assert server.state(session)["variables"] == stored
            server.stop()
    print(
        f"a disk of 2 MB, {ROUNDS} times full: 507 within {max(refused) * 1000:.0f} ms, reads went on, writes again when "
        "there was room, nothing acknowledged lost"
    )


def test_a_server_that_does_not_hear_of_it_is_found_out(tmp_path: Path) -> None:
    """The opposite."""
    place = tmp_path / "disk"
    with small(place) as modules:
        server = Watched(tmp_path / "server", *modules, "optimistic", store_url=f"sqlite:///{place / 'sessions.db'}")
        server.start()
        session = server.create()
        with pytest.raises(AssertionError, match="never refused"):
            fill(server, session, place / "ballast", seed("full disk of an optimistic server"), tries=60)
        server.stop()


def fill(
    server: Watched, session: str, ballast: Path, chance: random.Random, tries: int = 400
) -> tuple[list[float], dict[str, Any]]:
    """Write until ten changes were refused, then make room and write again.

    Gives how long each refusal took, in seconds, and what was acknowledged.
    """
    stored: dict[str, Any] = {}
    ballast.write_bytes(b"x" * 1_000_000)
    refused: list[float] = []
    for number in range(tries):
        name, value = f"v{number % 7}", f"{number} " + "x" * chance.randrange(10_000, 30_000)
        begun = time.monotonic()
        answer = server.request("POST", f"/api/session/{session}", json={"variables": {name: value}})
        if answer.status_code == 200:
            stored[name] = value
            continue
        refused.append(time.monotonic() - begun)
        assert (answer.status_code, answer.json()["code"]) == (507, "storage-full"), answer.text
        assert server.state(session)["variables"] == stored, "reads go on, with what was acknowledged"
        if len(refused) == 10:
            break
    assert len(refused) == 10, "never refused"
    assert max(refused) < SLOW_SECONDS
    ballast.unlink()
    answer = server.request("POST", f"/api/session/{session}", json={"variables": {"after": 1}})
    assert answer.status_code == 200, answer.text
    stored["after"] = 1
    assert server.state(session)["variables"] == stored
    return refused, stored
