"""A hub on a real store that does one thing at a time, as it is told: the server of the simulation of clients.

The simulation (labextension/simulation) writes one JSON object a line to stdin and reads one from stdout. Between two
lines nothing happens here, no timer and no thread: what comes of a frame has come when its line is answered. So a
seed that decides the order of the lines decides everything.

    > {"do": "frame", "wire": 3, "text": "..."}
    < {"answer": null, "out": [[3, "{\\"type\\": \\"ack\\", ...}"], [4, 4409]]}          a text is a frame, a number a close

Kernels are here too, as far as they are no thread and no socket: replica and outbox, driven frame by frame.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Raw

from session_state_ext.differences import difference
from session_state_ext.errors import NotFound, SessionError
from session_state_ext.hub import LOCAL, Hub
from session_state_ext.hub.author import Author
from session_state_ext.hub.batch import Batch
from session_state_ext.hub.connection import Connection
from session_state_ext.hub.retention import Retention
from session_state_ext.kernel.outbox import DELETED, Group, Open, Patched, as_text
from session_state_ext.kernel.replica import Replica, Resync
from session_state_ext.model import Change, Origin, Patch, Session, Set, Variable
from session_state_ext.names import new_tag
from session_state_ext.store.sql import SqlStore
from session_state_ext.store.upkeep import backup
from session_state_ext.wire import (
    Ack,
    ErrorFrame,
    Mutate,
    MutateBody,
    Reject,
    SaidOrigin,
    Welcome,
    decode_body,
    decode_server_frame,
    encode,
)

PATH = "/notebook.ipynb"
CELL = SaidOrigin(kind="cell")
#: So few that a client that was away for a while cannot always be given what it missed.
KEPT_CHANGES = 40


class Kernel:
    """A kernel's link without its thread: what the talker does with a frame, with the waiting left to the seed."""

    def __init__(self) -> None:
        self.replica = Replica(new_tag())

    def hello(self, session_id: str) -> str:
        replica = self.replica
        if replica.session_id not in (None, session_id):
            if replica.revision:
                raise AssertionError("a session that was stored has vanished")
            replica.forget()
        return encode({"type": "hello", **replica.hello()}).decode()

    def write(self, edits: list[tuple[str, str | None]]) -> None:
        written = {name: DELETED if text is None else text.encode() for name, text in edits}
        if len(written) > 1:
            self.replica.outbox.append(Group(CELL, written, whole=True))
            return
        for name, value in written.items():
            self.replica.outbox.put(name, value, CELL)

    def edit(self, variable: str, before: str, after: str) -> None:
        """What `session.edit` writes."""
        patch = difference(before.encode(), after.encode())
        if patch is None:
            self.replica.outbox.put(variable, after.encode(), CELL)
        elif patch != b"[]":
            self.replica.patch(variable, Patched(patch, after.encode(), before.encode()), CELL)

    def due(self) -> str | None:
        return _text(self.replica.freeze())

    def hear(self, text: str, offline: float) -> dict[str, Any]:
        """What to send because of a frame; whether to connect anew."""
        frame = decode_server_frame(text.encode())
        try:
            opened = self.replica.receive(frame, offline=offline)
        except Resync:
            self.replica.tip = None
            return {"resync": True}
        said = [_text(opened)]
        if isinstance(frame, Welcome | Ack | Reject | ErrorFrame) and opened is None:
            said.append(self.due())
        return {"resync": False, "said": [text for text in said if text is not None]}

    def gone(self) -> None:
        """Its session answers no more."""
        if self.replica.revision == 0:
            self.replica.forget()

    def state(self) -> dict[str, Any]:
        replica = self.replica
        return {
            "pending": sorted(replica.outbox.names),
            "saved": not replica.outbox,
            "rows": [_row(row) for row in replica.rows.values()],
            "revision": replica.revision,
            "view": {name: text.decode() for name, text in replica.view().items()},
            "refused": [[each.name, None if each.value is None else each.value.decode()] for each in replica.refused],
        }


class _Watched(Hub):
    """A hub of which one can tell whether its writer is busy."""

    def __init__(self, jobs: set[asyncio.Future[Any]], store: SqlStore, *, retention: Retention) -> None:
        super().__init__(store, retention=retention)
        self._jobs = jobs

    def work(self, *job: Any, **options: Any) -> asyncio.Future[Any]:
        done = super().work(*job, **options)
        self._jobs.add(done)
        done.add_done_callback(self._jobs.discard)
        return done


class Authority:
    """Everything that the simulation may ask for; the methods are its words."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out: list[tuple[int, str | int]] = []
        self.hub: Hub | None = None
        #: what the writer has been given and not answered
        self.jobs: set[asyncio.Future[Any]] = set()
        self._made = 0

    # --- a world of its own for each seed ---

    async def begin(self) -> None:
        """A new store."""
        await self.stop()
        template = self.folder / "template.db"
        if not template.exists():
            hub = Hub(SqlStore(f"sqlite:///{template}"))
            await hub.start()
            await hub.stop()
        self._made += 1
        self.file = self.folder / f"{self._made}.db"
        self.copy = self.folder / f"{self._made}.backup.db"
        shutil.copyfile(template, self.file)
        self.wires: dict[int, Connection] = {}
        self.kernels: dict[str, Kernel] = {}
        self.history: list[tuple[int, list[str]]] = []
        self.undone: list[tuple[int, list[str]]] = []
        self.copied = self.patches = 0
        await self.start()

    async def end(self) -> None:
        await self.stop()
        for file in self.folder.glob(f"{self._made}.*"):
            file.unlink()

    # --- the server's life ---

    async def start(self) -> None:
        self.hub = _Watched(self.jobs, SqlStore(f"sqlite:///{self.file}"), retention=Retention(changes=KEPT_CHANGES))
        self.hub.committed = self._committed
        await self.hub.start()

    async def stop(self) -> None:
        hub, self.hub = self.hub, None
        if hub is not None:
            await hub.stop()
            self.wires = {}

    async def back_up(self) -> bool:
        """Whether there is something that is worth a backup."""
        if self.hub is None or not await self.hub.list(LOCAL):
            return False
        self.copy.unlink(missing_ok=True)
        await asyncio.to_thread(backup, f"sqlite:///{self.file}", self.copy)
        self.copied = len(self.history)
        return True

    async def restore(self) -> None:
        """The server is started on the backup; what was committed since then is gone."""
        await self.stop()
        for file in self.folder.glob(f"{self.file.name}*"):
            file.unlink()
        shutil.copyfile(self.copy, self.file)
        self.undone += self.history[self.copied :]
        del self.history[self.copied :]
        await self.start()

    def _committed(self, _: Session, change: Change) -> None:
        values = [
            bytes(op.value if isinstance(op, Set) else op.patch).decode()
            for op in change.ops
            if isinstance(op, Set | Patch)
        ]
        self.history.append((change.revision, values))
        self.patches += sum(isinstance(op, Patch) for op in change.ops)

    # --- requests ---

    async def attach(self) -> dict[str, Any]:
        hub = self._hub()
        attached = await hub.notebooks.attach(LOCAL, PATH)
        async with hub.use(LOCAL, attached.session_id) as live:
            return dict(json.loads(encode(live.state())))

    async def mutate(self, session: str, text: str) -> None:
        """A page's parting change, by POST; nobody reads the answer."""
        hub = self._hub()
        body = decode_body(text.encode(), MutateBody, hub.limits)
        frame = Mutate(seq=body.seq, base=body.base, ops=body.ops, origin=body.origin)
        with suppress(SessionError):
            async with hub.use(LOCAL, session) as live:
                await Author(hub, live, body.client, owner=LOCAL, user=None, kernel=None).ask(frame)

    async def there(self, session: str) -> bool:
        try:
            async with self._hub().use(LOCAL, session):
                return True
        except NotFound:
            return False

    async def compact(self) -> None:
        """What the caretaker does without being asked, now."""
        hub = self._hub()

        def look_after(batch: Batch) -> None:
            for live in hub.lives():
                hub.retention.look_after(batch, live)

        await hub.work(look_after, lambda _: None)

    async def write(self, name: str, text: str) -> None:
        """A change by REST, from outside."""
        session = (await self._hub().notebooks.attach(LOCAL, PATH)).session_id
        op = Set(name=name, value=Raw(text.encode()))
        await self._hub().write(LOCAL, session, (op,), origin=Origin(kind="api"))

    # --- the live channel ---

    async def open(self, wire: int, session: str, role: Any) -> None:
        self.wires[wire] = Connection(
            self._hub(),
            LOCAL,
            session,
            role=role,
            user=None,
            hello_timeout=1e6,
            flush_timeout=1e6,
            send=lambda frame: self._said(wire, frame.decode()),
            close=lambda code, _: self._said(wire, code),
        )

    async def frame(self, wire: int, text: str) -> None:
        if wire in self.wires:
            await self.wires[wire].receive(text)

    async def closed(self, wire: int) -> None:
        connection = self.wires.pop(wire, None)
        if connection is not None:
            await connection.closed()

    def _said(self, wire: int, what: str | int) -> None:
        self.out.append((wire, what))

    def _hub(self) -> Hub:
        assert self.hub is not None, "the server is down"
        return self.hub

    # --- kernels ---

    async def kernel(self, name: str, word: str, **what: Any) -> Any:
        kernel = self.kernels.setdefault(name, Kernel())
        return getattr(kernel, word)(**what)

    # --- what came of it ---

    async def outcome(self, session: str) -> dict[str, Any]:
        """The rows as the hub has them, and as a server that starts anew reads them; every value ever committed."""
        async with self._hub().use(LOCAL, session) as live:
            shown, revision = [_row(row) for row in live.rows.values()], live.session.revision
        await self.stop()
        await self.start()
        stored: list[dict[str, Any]] = []
        if revision:
            async with self._hub().use(LOCAL, session) as live:
                stored = [_row(row) for row in live.rows.values()]
        return {
            "rows": shown,
            "stored": stored,
            "revision": revision,
            "history": [value for _, values in self.history for value in values],
            "undone": [value for _, values in self.undone for value in values],
            "patches": self.patches,
        }

    async def settle(self) -> None:
        """Wait until what was asked for has been done, and all that follows from it."""
        quiet = 0
        while quiet < 5:
            await asyncio.sleep(0)
            quiet += 1
            if self.jobs:
                await asyncio.wait(self.jobs)
                quiet = 0


def _text(opened: Open | None) -> str | None:
    return None if opened is None else opened.body.decode()


def _row(row: Variable) -> dict[str, Any]:
    """A row as text, so that nothing on the way makes 1 of 1.0."""
    origin = json.loads(encode(row.origin))
    return {
        "name": row.name,
        "value": as_text(bytes(row.value)).decode(),
        "revision": row.revision,
        "updatedAt": row.updated_at,
        "origin": dict(sorted(origin.items())),
    }


def main(folder: Path) -> None:
    """Answer stdin's lines until it ends."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    authority = Authority(folder)

    async def do(request: dict[str, Any]) -> Any:
        answer = await getattr(authority, request.pop("do"))(**request)
        await authority.settle()
        return answer

    for line in sys.stdin:
        said: dict[str, Any]
        try:
            said = {"answer": loop.run_until_complete(do(json.loads(line)))}
        except Exception:
            said = {"error": traceback.format_exc()}
        said["out"], authority.out = authority.out, []
        sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    loop.run_until_complete(authority.stop())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
