"""What a kernel leaves behind: kept in a file, left alone while it lives, and never laid over what is newer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec import UNSET, Raw

from session_state_ext.hub import LOCAL, Hub
from session_state_ext.kernel import abandoned as abandoning
from session_state_ext.kernel import leftovers
from session_state_ext.kernel.abandoned import Told, send_abandoned, send_rest
from session_state_ext.kernel.backend import Channel, Lost
from session_state_ext.kernel.embedded import EmbeddedBackend
from session_state_ext.kernel.leftovers import Leftovers, abandoned, read
from session_state_ext.kernel.outbox import DELETED, Group, Outbox
from session_state_ext.model import Origin, Run, Set, Variable
from session_state_ext.store import sqlite
from session_state_ext.store.sql import SqlStore
from session_state_ext.wire import Mutate, SaidOrigin, encode

CELL = SaidOrigin(kind="cell")
API = Origin(kind="api")


def _outbox() -> Outbox:
    outbox = Outbox("client-1")
    outbox.put("a", 1, CELL)
    outbox.freeze(5)
    outbox.put("b", b'"x"', CELL)
    outbox.put("c", DELETED, SaidOrigin(kind="cell", cell="c1"))
    run = Run(id="r", step="s", status="running", start=1)
    outbox.append(Group(SaidOrigin(kind="step", step="s", run="r"), {}, [run], whole=True))
    return outbox


def test_an_outbox_comes_back_from_its_file(tmp_path: Path) -> None:
    kept = Leftovers("session-1", "client-1", tmp_path / "unsent")
    outbox = _outbox()
    kept.write(outbox, {})
    (file,) = (tmp_path / "unsent").glob("*.json")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert "session-1" not in file.name, "an id is never part of a path"
    back = read(file)
    assert back is not None
    assert back.open is not None
    assert outbox.open is not None
    # What was sent then goes again under a condition: nobody knows how long ago that was.
    assert (back.client, back.seq, back.open.seq, back.open.base) == ("client-1", 1, 1, 5)
    assert json.loads(back.open.body)["ops"] == [{"op": "set", "name": "a", "value": 1, "ifRevision": 0}]
    assert [group.edits for group in back.queue] == [{"b": b'"x"'}, {"c": DELETED}, {}]
    assert [group.runs for group in back.queue] == [[], [], outbox.queue[2].runs]
    # They were written on nothing: what somebody has put there since stays.
    assert back.queue[0].ops()[0].if_revision == 0  # type: ignore[union-attr]
    assert back.queue[0].seen is not UNSET
    outbox.drop()
    kept.write(outbox, {})
    assert not list((tmp_path / "unsent").iterdir())


HOLDER = """
import sys
from pathlib import Path
from session_state_ext.kernel.leftovers import Leftovers
from tests.kernel.test_leftovers import _outbox

kept = Leftovers("session-1", "client-1", Path(sys.argv[1]))
kept.write(_outbox(), {})
print("ready", flush=True)
sys.stdin.read()
"""


def test_edits_of_a_kernel_that_lives_are_left_to_it(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    with abandoned("session-1", tmp_path) as found:
        assert list(found) == []
    holder.communicate(timeout=60)
    with abandoned("session-1", tmp_path) as found:
        assert [left.outbox.client for left in found] == ["client-1"]
    with abandoned("another", tmp_path) as found:
        assert list(found) == []


def test_a_file_that_cannot_be_read_is_put_aside(tmp_path: Path) -> None:
    Leftovers("session-1", "client-1", tmp_path).write(_outbox(), {})
    (file,) = tmp_path.glob("*.json")
    file.write_text("{")
    assert read(file) is None
    assert file.with_suffix(".unreadable").read_text() == "{"


# --- a session that went on without it ---


class Aftermath:
    """A session with x, y and z, and what is left of a kernel that knew them."""

    def __init__(self, folder: Path) -> None:
        self._url = f"sqlite:///{folder / 'sessions.db'}"
        self._folder = leftovers.folder()

    async def __aenter__(self) -> Aftermath:
        self.hub = Hub(SqlStore(self._url))
        await self.hub.start()
        made = await self.hub.create(LOCAL, name="sweep", ops=[_set(name, 0) for name in "xyz"])
        self.id = made.session.id
        self.rows: dict[str, Variable] = {}
        async with self.hub.use(LOCAL, self.id) as live:
            self.rows.update(live.rows)
        self.backend = EmbeddedBackend(name="sweep", url=self._url)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.backend.close()
        await self.hub.stop()

    def leave(self, outbox: Outbox) -> None:
        kept = Leftovers(self.id, outbox.client, self._folder)
        kept.write(outbox, self.rows)
        kept._lock.release()

    @property
    def files(self) -> list[Path]:
        return list(self._folder.glob("*.json"))

    async def write(self, **values: int) -> None:
        """By somebody else."""
        await self.hub.write(LOCAL, self.id, [_set(name, value) for name, value in values.items()], origin=API)

    async def take(self, frame: Mutate) -> None:
        """The kernel's own mutate, on the channel that it had."""
        channel = await self.backend.open(self.id)
        await channel.send(encode({"type": "hello", "client": "dead", "since": None, "tip": None, "epoch": None}))
        await channel.receive()
        await channel.send(encode(frame))
        await channel.receive()
        await channel.close()

    async def values(self) -> dict[str, int]:
        # In a transaction, which sees what others have committed.
        rows = await self.hub.read(LOCAL, self.id, lambda draft: list(draft.rows()))
        return {row.name: int(bytes(row.value)) for row in rows}


def _set(name: str, value: int) -> Set:
    return Set(name=name, value=Raw(b"%d" % value))


@pytest.fixture
def after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Aftermath], Awaitable[None]]], None]:
    """Runs what happens to such a session."""
    monkeypatch.setattr(leftovers, "folder", lambda: tmp_path / "unsent")

    def run(happen: Callable[[Aftermath], Awaitable[None]]) -> None:
        async def inside() -> None:
            async with Aftermath(tmp_path) as aftermath:
                await happen(aftermath)

        asyncio.run(inside())

    return run


def _left() -> Outbox:
    """x was sent, and its answer never came; y, x again and z wait."""
    outbox = Outbox("dead")
    outbox.put("x", 1, CELL)
    outbox.freeze(1)
    outbox.put("y", 1, CELL)
    outbox.put("x", 2, SaidOrigin(kind="cell", cell="c2"))
    outbox.put("z", 1, SaidOrigin(kind="cell", cell="c3"))
    return outbox


def _of(told: Told) -> list[tuple[str, bytes | None, str]]:
    return [(one.name, one.value, one.code) for one in told.refused]


def test_nothing_of_a_week_ago_overwrites_what_somebody_has_written_since(
    after: Callable[[Callable[[Aftermath], Awaitable[None]]], None],
) -> None:
    async def happen(session: Aftermath) -> None:
        session.leave(_left())
        await session.write(x=7, y=7)
        told = await send_abandoned(session.backend, session.id)
        assert await session.values() == {"x": 7, "y": 7, "z": 1}
        assert _of(told) == [("x", b"1", "conflict"), ("y", b"1", "conflict"), ("x", b"2", "conflict")]
        assert [one.theirs for one in told.refused] == [b"7"] * 3
        assert session.files == []

    after(happen)


def test_where_nobody_wrote_all_of_it_arrives(after: Callable[[Callable[[Aftermath], Awaitable[None]]], None]) -> None:
    async def happen(session: Aftermath) -> None:
        session.leave(_left())
        assert await send_abandoned(session.backend, session.id) == ([], [], False)
        assert await session.values() == {"x": 2, "y": 1, "z": 1}

    after(happen)


def test_what_its_last_change_replaced_is_told(
    after: Callable[[Callable[[Aftermath], Awaitable[None]]], None],
) -> None:
    """It was taken, and the kernel died before it heard that."""

    async def happen(session: Aftermath) -> None:
        await session.write(x=7)
        outbox = _left()
        assert outbox.open is not None
        await session.take(Mutate(seq=1, base=1, ops=outbox.open.group.ops(), origin=CELL))
        session.leave(outbox)
        told = await send_abandoned(session.backend, session.id)
        assert [(one.name, one.theirs) for one in told.overwritten] == [("x", Raw(b"7"))]
        assert told.refused == []
        assert await session.values() == {"x": 2, "y": 1, "z": 1}

    after(happen)


def test_what_cannot_be_stored_just_now_is_sent_beside_the_channel_later(
    after: Callable[[Callable[[Aftermath], Awaitable[None]]], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.01)
    monkeypatch.setattr(abandoning, "AGAIN_SECONDS", (0.01, 0.05))

    async def happen(session: Aftermath) -> None:
        session.leave(_left())
        somebody = sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)
        somebody.execute("BEGIN IMMEDIATE")
        assert await send_abandoned(session.backend, session.id) == ([], [], True)
        told: list[Told] = []

        def tell(what: Told) -> bool:
            told.append(what)
            if len(told) == 2:
                somebody.execute("ROLLBACK")
            return what.left

        await send_rest(session.backend, session.id, tell)
        assert [one.left for one in told] == [True, True, False]
        assert [one.refused + one.overwritten for one in told] == [[], [], []]
        assert await session.values() == {"x": 2, "y": 1, "z": 1}
        assert session.files == []

    after(happen)


@pytest.mark.parametrize("end", [Lost(None), asyncio.CancelledError()], ids=["the channel goes", "the kernel ends"])
def test_what_was_taken_before_the_end_is_not_sent_again(
    after: Callable[[Callable[[Aftermath], Awaitable[None]]], None], end: BaseException
) -> None:
    async def happen(session: Aftermath) -> None:
        session.leave(_left())
        await session.write(x=7)
        whole, session.backend.open = session.backend.open, lambda which: _until(2, end, whole, which)  # type: ignore[method-assign]
        first: Told | None = None
        with contextlib.suppress(asyncio.CancelledError):
            first = await send_abandoned(session.backend, session.id)
        session.backend.open = whole  # type: ignore[method-assign]
        assert first is None or _of(first) == [("x", b"1", "conflict")]
        assert await session.values() == {"x": 7, "y": 1, "z": 0}
        # The answer to y's was lost: it stands, and is no conflict with itself.
        second = await send_abandoned(session.backend, session.id)
        assert _of(second) == [("x", b"2", "conflict")]
        assert await session.values() == {"x": 7, "y": 1, "z": 1}

    after(happen)


async def _until(
    mutates: int, end: BaseException, whole: Callable[[str], Awaitable[Channel]], session_id: str
) -> Channel:
    """A channel that ends before the answer to a mutate."""
    channel = await whole(session_id)
    sent = 0

    class Ends:
        async def send(self, frame: bytes) -> None:
            nonlocal sent
            await channel.send(frame)
            sent += b'"mutate"' in frame
            if sent == mutates:
                await channel.receive()
                raise end

        receive = staticmethod(channel.receive)
        close = staticmethod(channel.close)

    return Ends()  # type: ignore[return-value]
