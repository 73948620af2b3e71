"""``jupyter session check | backup | compact``, as a person or a script runs them."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec import Raw

from session_state_ext.hub import LOCAL, Hub
from session_state_ext.model import Delete, Origin, Set
from session_state_ext.store.sql import SqlStore

BY = Origin(kind="api")


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """The file with the sessions, where the server would put it."""
    path = tmp_path / "data" / "session_state" / "sessions.db"

    async def story(hub: Hub) -> None:
        session = (await hub.create(LOCAL, name="sweep")).session.id
        for number in range(5):
            await hub.write(LOCAL, session, (Set(name="lr", value=Raw(b"%d" % number)),), origin=BY)

    on(path, story)
    return path


def on(path: Path, story: Callable[[Hub], Awaitable[None]]) -> None:
    async def run() -> None:
        hub = Hub(SqlStore(f"sqlite:///{path}"))
        await hub.start()
        try:
            await story(hub)
        finally:
            await hub.stop()

    asyncio.run(run())


def jupyter_session(stored: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    data, config = stored.parents[1], stored.parents[2] / "config"
    environment = os.environ | {"JUPYTER_DATA_DIR": str(data), "JUPYTER_CONFIG_DIR": str(config)}
    environment["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    command = [sys.executable, "-m", "jupyter", "session", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_check_says_that_all_is_as_it_was_written(stored: Path) -> None:
    ran = jupyter_session(stored, "check")
    assert (ran.returncode, ran.stdout) == (0, "1 session, 1 variable, 5 changes: all as they were written.\n")


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE variables SET value = x'39'", "is damaged"),
        ("UPDATE changes SET frame = frame || ' ' WHERE revision = 3", "a row of changes is damaged"),
        ("UPDATE touches SET before = NULL WHERE revision = 4", "a row of touches is damaged"),
        ("DELETE FROM touches WHERE revision = 4", "Some of this session's history is missing"),
        ("DELETE FROM variables", "Some of what was stored of this session is missing"),
        ("DELETE FROM changes WHERE revision = 5", "its newest change is missing"),
    ],
)
def test_check_finds_what_is_damaged(stored: Path, statement: str, says: str) -> None:
    with sqlite3.connect(stored) as connection:
        assert connection.execute(statement).rowcount
    connection.close()
    ran = jupyter_session(stored, "check")
    assert ran.returncode == 1
    assert says in ran.stdout
    assert "1 thing is wrong" in ran.stdout


def test_a_backup_under_load_is_sound_and_of_another_epoch(stored: Path, tmp_path: Path) -> None:
    over = threading.Event()
    written: list[int] = []

    async def load(hub: Hub) -> None:
        session = (await hub.list(LOCAL))[0].session_id
        while not over.is_set():
            ops = (Set(name="lr", value=Raw(b"%d" % len(written))), Set(name="same", value=Raw(b"%d" % len(written))))
            await hub.write(LOCAL, session, ops, origin=BY)
            written.append(len(written))

    writer = threading.Thread(target=on, args=(stored, load))
    writer.start()
    try:
        copy = tmp_path / "copy.db"
        ran = jupyter_session(stored, "backup", str(copy))
        assert (ran.returncode, ran.stderr) == (0, "")
    finally:
        over.set()
        writer.join()
    assert written
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["copy.db"]
    assert copy.stat().st_mode & 0o777 == 0o600
    checked = jupyter_session(stored, "check", f"--store-url=sqlite:///{copy}")
    assert "all as they were written" in checked.stdout

    epochs: list[str] = []

    async def look(hub: Hub) -> None:
        async with hub.use(LOCAL, (await hub.list(LOCAL))[0].session_id) as live:
            epochs.append(live.session.epoch)
            values = {name: bytes(row.value) for name, row in live.rows.items()}
            # Of one moment: both were always written together.
            assert values.get("same", values["lr"]) == values["lr"]

    on(copy, look)
    on(stored, look)
    assert epochs[0] != epochs[1]


def test_a_backup_never_overwrites(stored: Path, tmp_path: Path) -> None:
    target = tmp_path / "there.db"
    target.write_text("mine")
    ran = jupyter_session(stored, "backup", str(target))
    assert ran.returncode == 1
    assert "exists already" in ran.stderr
    assert target.read_text() == "mine"
    ran = jupyter_session(stored, "backup", str(tmp_path / "nowhere" / "copy.db"))
    assert ran.returncode == 1
    assert "cannot be written" in ran.stderr


def test_compact_gives_room_back(stored: Path) -> None:
    async def story(hub: Hub) -> None:
        session = (await hub.create(LOCAL)).session.id
        big = b'"' + b"x" * 500_000 + b'"'
        await hub.write(LOCAL, session, (Set(name="big", value=Raw(big)),), origin=BY)
        await hub.write(LOCAL, session, (Delete(name="big"),), origin=BY)
        await hub.delete(LOCAL, session)

    on(stored, story)
    before = stored.stat().st_size
    ran = jupyter_session(stored, "compact")
    assert ran.returncode == 0
    assert "before" in ran.stdout
    assert stored.stat().st_size < before - 500_000
    assert jupyter_session(stored, "compact").stdout.endswith("; nothing was to be gained.\n")
    assert jupyter_session(stored, "check").returncode == 0


def test_what_is_asked_wrong_is_answered_with_a_sentence(stored: Path) -> None:
    missing = jupyter_session(stored, "backup")
    assert (missing.returncode, "arguments are required: FILE" in missing.stderr) == (2, True)
    assert "'now' is one too many. Write: jupyter session check" in jupyter_session(stored, "check", "now").stderr
    wrong = jupyter_session(stored, "chek")
    assert wrong.returncode == 2
    assert "There is no jupyter session chek" in wrong.stderr
    nothing = jupyter_session(stored, "check", f"--store-url=sqlite:///{stored.parent / 'other.db'}")
    assert nothing.returncode == 1
    assert "Nothing is stored at" in nothing.stderr


def test_the_servers_configuration_says_where(stored: Path) -> None:
    moved = stored.parents[2] / "elsewhere.db"
    stored.rename(moved)
    config = stored.parents[2] / "config"
    config.mkdir()
    (config / "jupyter_server_config.py").write_text(f"c.SessionStateExtension.store_url = 'sqlite:///{moved}'\n")
    assert "5 changes" in jupyter_session(stored, "check").stdout
