"""A throw-away session in this kernel's memory: for a notebook of which nobody has said what it is called.

It answers as a server would to its only client, so that the link need not know the difference.
"""

from __future__ import annotations

import asyncio
import time

from msgspec import UNSET, Raw, UnsetType

from session_state_ext.changes import apply, effective
from session_state_ext.errors import Conflict, PatchFailed, SessionError, Unavailable
from session_state_ext.model import Change, Delete, Meta, Patch, Rename, RunOp, Set, Step, Variable, advance
from session_state_ext.names import new_session_id, new_tag
from session_state_ext.wire import (
    Ack,
    Barrier,
    BarrierDone,
    Bindings,
    Hello,
    Limits,
    Mutate,
    Reject,
    ServerFrame,
    Welcome,
    check_value,
    decode_client_frame,
    encode,
    obey,
)

from .archive import Archive, NoArchive
from .backend import Choice, Known, Lost


class MemoryBackend:
    """The backend of a session that ends with its kernel."""

    fleeting = "This session ends with its kernel."

    def __init__(self) -> None:
        self._session = _Session()

    remembered = None
    chosen = None

    async def remember(self, bindings: Bindings) -> None:
        """Nobody comes after this kernel."""

    async def attach(self) -> str:
        return self._session.id

    async def open(self, session_id: str) -> _MemoryChannel:
        return _MemoryChannel(self._session)

    async def sessions(self) -> list[Known]:
        return []

    async def use(self, name: str, *, new: bool) -> str:
        raise Unavailable("This session is kept in memory only; there are no others.")

    async def choose(self, choice: Choice) -> None:
        raise SessionError("There is nothing to choose: this notebook has its session.")

    def archive(self, session_id: str) -> Archive:
        return NoArchive()

    async def close(self) -> None:
        pass


class _Session:
    """The state."""

    def __init__(self) -> None:
        self.id = new_session_id()
        self.epoch = new_tag()
        self.revision = 0
        self.tip = ""
        self.rows: dict[str, Variable] = {}
        self.steps: dict[str, Step] = {}
        self.limits = Limits()
        self.last_seq = 0
        self.updated_at: int | None = None

    def welcome(self) -> Welcome:
        meta = Meta(
            last_synced_at=self.updated_at,
            is_dirty=False,
            revision=self.revision,
            epoch=self.epoch,
            name=None,
            paths=[],
        )
        return Welcome(
            session=self.id,
            epoch=self.epoch,
            revision=self.revision,
            tip=self.tip,
            last_seq=self.last_seq,
            last_answer=None,
            mode="snapshot",
            variables=list(self.rows.values()),
            meta=meta,
            steps=[step for step in self.steps.values() if not step.forgotten],
            read_only=False,
            limits=self.limits,
        )

    def mutate(self, frame: Mutate) -> Ack | Reject:
        self.last_seq = frame.seq
        try:
            ops = effective(frame.ops, self.rows, self._allow)
        except PatchFailed as failed:
            return Reject(seq=frame.seq, code=Conflict.code, message=failed.message, name=failed.fields["name"])
        except SessionError as error:
            name, pointer = error.fields.get("name", UNSET), error.fields.get("pointer", UNSET)
            return Reject(seq=frame.seq, code=error.code, message=error.message, name=name, pointer=pointer)
        now = time.time_ns() // 1_000_000
        if ops:
            origin = frame.origin.complete(user=None)
            change = Change(revision=self.revision + 1, tip=new_tag(), at=now, origin=origin, ops=ops)
            made = apply(change, self.rows)
            refused = self._too_much({**self.rows, **made})
            if refused is not None:
                return Reject(seq=frame.seq, code="too-large", message=refused)
            self.rows = {name: row for name, row in {**self.rows, **made}.items() if row is not None}
            self.revision, self.tip, self.updated_at = change.revision, change.tip, now
            for op in ops:
                if isinstance(op, RunOp):
                    self.steps[op.run.step] = advance(self.steps.get(op.run.step), op.run)
        return Ack(seq=frame.seq, revision=self.revision, tip=self.tip, at=now)

    def _allow(self, op: Set | Patch | Delete | Rename, value: Raw | None, spec: Raw | UnsetType) -> None:
        if isinstance(op, Patch) and value is not None:
            check_value(op.name, value, self.limits)
        if spec is not UNSET:
            obey(op.name, value, spec)

    def _too_much(self, rows: dict[str, Variable | None]) -> str | None:
        kept = [row for row in rows.values() if row is not None]
        if len(kept) > self.limits.variables:
            return f"a session can have {self.limits.variables:,} variables"
        if sum(row.weight for row in kept) > self.limits.session_bytes:
            return f"a session can have {self.limits.session_bytes >> 20} MiB in all"
        return None


class _MemoryChannel:
    def __init__(self, session: _Session) -> None:
        self._session = session
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def send(self, frame: bytes) -> None:
        try:
            said = decode_client_frame(frame, self._session.limits)
        except SessionError as error:
            seq = error.fields.get("seq")
            if seq is None:
                raise Lost(4400, error.message) from None
            self._session.last_seq = seq
            self._answer(Reject(seq=seq, code=error.code, message=error.message, name=error.fields.get("name", UNSET)))
            return
        if isinstance(said, Hello):
            self._answer(self._session.welcome())
        elif isinstance(said, Mutate):
            self._answer(self._session.mutate(said))
        elif isinstance(said, Barrier):
            self._answer(BarrierDone(id=said.id, revision=self._session.revision))

    def _answer(self, frame: ServerFrame) -> None:
        self._frames.put_nowait(encode(frame))

    async def receive(self) -> bytes:
        frame = await self._frames.get()
        if frame is None:
            raise Lost(None, "closed")
        return frame

    async def close(self) -> None:
        self._frames.put_nowait(None)
