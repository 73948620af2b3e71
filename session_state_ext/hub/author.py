"""One client's numbered changes: each is taken once, in order, and a number that comes again gets its answer again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from session_state_ext.errors import Forbidden, Gap, NotFound, ReadOnly, SeqMismatch, SessionError, Unavailable
from session_state_ext.model import Op, RunOp
from session_state_ext.store.base import Client
from session_state_ext.wire import Ack, Mutate, Reject, encode

from .batch import Batch
from .conflicts import overwritten
from .draft import Draft
from .live import DELETED, Listener, Live

if TYPE_CHECKING:
    from .hub import Hub

#: Mutates of one connection that wait for the disk at most; then its next frame waits.
_IN_FLIGHT = 32


class _Acknowledged(NamedTuple):
    """A change that was taken, and whether the session tells its author by itself."""

    ack: Ack
    told: bool


class _Answered(NamedTuple):
    """What became of a number: an ack or reject, and whether the session tells its author by itself."""

    frame: bytes
    told: bool


class Author:
    """Writes to one session for one client; its numbers count whatever way they come."""

    def __init__(self, hub: Hub, live: Live, client: str, *, owner: str, user: str | None, kernel: str | None) -> None:
        self._hub = hub
        self._live = live
        self._client = client
        self._owner = owner
        self._user = user
        self._kernel = kernel
        #: the highest number that was refused without being stored
        self._unstored = 0

    async def ask(self, frame: Mutate) -> bytes:
        """The ack or reject of this number, once it is on disk; everybody connected is told of the change.

        Raises where nothing is stored of it: Gap, SeqMismatch, Forbidden, NotFound, StoreError, StorageFull; and
        Unavailable, where the same number may come again.
        """
        decide = self._decide_once(frame.seq, _body_of(frame), self._change_of(frame))
        return await self._hub.work(decide, lambda answered: answered.frame)

    def _change_of(self, frame: Mutate) -> Callable[[Draft], _Acknowledged]:
        ops: tuple[Op, ...] = frame.ops
        if self._kernel is not None:
            ops = tuple(RunOp(run=replace(op.run, kernel=self._kernel)) if isinstance(op, RunOp) else op for op in ops)
        origin = frame.origin.complete(user=self._user, client=self._client, kernel=self._kernel)

        def change(draft: Draft) -> _Acknowledged:
            base = min(frame.base, draft.session.revision)
            kept = draft.prepare(ops, client=self._client, base=base)
            conflicts = overwritten(draft, kept, self._client, base)
            if not kept:
                session = draft.session
                at = session.updated_at or draft.now
                return _Acknowledged(Ack(seq=frame.seq, revision=session.revision, tip=session.tip, at=at), False)
            label = None if frame.label is UNSET else frame.label
            made = draft.commit(kept, origin=origin, client=self._client, base=base, label=label)
            ack = Ack(seq=frame.seq, revision=made.revision, tip=made.tip, at=made.at, conflicts=conflicts)
            return _Acknowledged(ack, self._tell_with_change(draft, ack))

        return change

    def _tell_with_change(self, draft: Draft, ack: Ack) -> bool:
        """Whether the session tells ``ack`` in the place of the change just committed."""
        return False

    def _decide_once(
        self, seq: int, body: bytes, change: Callable[[Draft], _Acknowledged]
    ) -> Callable[[Batch], _Answered]:
        """Take the next number; a number that comes again gets its answer again."""
        digest = hashlib.sha256(body).digest()

        def decide(batch: Batch) -> _Answered:
            draft = batch.draft(self._live)
            draft.require()
            known = draft.client(self._client)
            last = 0 if known is None else known.last_seq
            if known is not None and known.owner != self._owner:
                raise Forbidden("This client id belongs to somebody else.")
            if known is not None and seq == last:
                if known.body != digest:
                    raise SeqMismatch()
                return _Answered(known.answer, False)
            if seq not in (last + 1, max(last, self._unstored) + 1):
                raise Gap(f"The next change of this client is number {last + 1}, not {seq}.")
            told, before = False, batch.transaction.writes
            try:
                ack, told = change(draft)
                answer = encode(ack)
            except Unavailable:
                # No answer to keep: the same number may come again.
                raise
            except SessionError as error:
                if batch.transaction.writes != before:
                    raise
                answer = encode(_rejection(seq, error))
            heard = Client(
                client=self._client, owner=self._owner, last_seq=seq, body=digest, answer=answer, at=draft.now
            )
            draft.hear(heard)
            return _Answered(answer, told)

        return decide


class ChannelAuthor(Author):
    """An author at the other end of a channel: ``listener`` is told what became of each number."""

    def __init__(
        self,
        hub: Hub,
        live: Live,
        listener: Listener,
        *,
        owner: str,
        user: str | None,
        kernel: str | None,
        read_only: bool,
    ) -> None:
        super().__init__(hub, live, listener.client, owner=owner, user=user, kernel=kernel)
        self._listener = listener
        self._read_only = read_only
        self._in_flight = asyncio.Semaphore(_IN_FLIGHT)

    async def mutate(self, frame: Mutate) -> None:
        """Submit a change; the answer is told once it is on disk."""
        if self._read_only:
            self._unstored = max(self._unstored, frame.seq)
            self._tell(_rejection(frame.seq, ReadOnly()))
            return
        await self._answer_once(frame.seq, _body_of(frame), self._change_of(frame))

    async def refuse(self, seq: int, raw: bytes, error: SessionError) -> None:
        """Answer a mutate of which only the number could be read."""
        if self._read_only or seq < 1:
            self._tell(_rejection(seq, error))
            return

        def change(_: Draft) -> _Acknowledged:
            raise error

        await self._answer_once(seq, raw, change)

    def _tell_with_change(self, draft: Draft, ack: Ack) -> bool:
        draft.acknowledge(self._listener, ack)
        return True

    async def _answer_once(self, seq: int, body: bytes, change: Callable[[Draft], _Acknowledged]) -> None:
        def settle(answered: _Answered) -> None:
            if not answered.told:
                self._listener.tell(answered.frame)

        decide = self._decide_once(seq, body, change)
        await self._in_flight.acquire()
        done = self._hub.work(decide, settle)
        done.add_done_callback(lambda future: self._settled(seq, future))

    def _settled(self, seq: int, done: asyncio.Future[None]) -> None:
        self._in_flight.release()
        error = None if done.cancelled() else done.exception()
        if error is None:
            return
        if isinstance(error, NotFound):
            self._listener.end(DELETED, error.message)
            return
        if not isinstance(error, SessionError):
            error = SessionError("The change could not be stored: an error in the server, see its log.")
        if not isinstance(error, Gap | SeqMismatch):
            # The client goes on after a final answer, though nothing could be stored of this one.
            self._unstored = max(self._unstored, seq)
        self._tell(_rejection(seq, error))

    def _tell(self, answer: Reject) -> None:
        self._listener.tell(encode(answer))


def _body_of(frame: Mutate) -> bytes:
    """What must be the same when a number comes again, by whatever way."""
    said = (frame.ops, frame.origin)
    return encode(said if frame.label is UNSET else (*said, frame.label))


def _rejection(seq: int, error: SessionError) -> Reject:
    return Reject(
        seq=seq,
        code=error.code,
        message=error.message,
        name=error.fields.get("name", UNSET),
        to=error.fields.get("to", UNSET),
        pointer=error.fields.get("pointer", UNSET),
        theirs=error.fields.get("theirs", UNSET),
        revision=error.fields.get("revision", UNSET),
    )
