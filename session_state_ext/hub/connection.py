"""One client's side of the live channel, without a transport.

The server carries it over a WebSocket (server/channel.py); a kernel that has no server holds it in process.
"""

from __future__ import annotations

import asyncio
import enum
import time
from collections.abc import Callable
from typing import Literal

from msgspec import UNSET

from session_state_ext.errors import Forbidden, InvalidFrame, NotFound, SessionError, StoreError, Unavailable
from session_state_ext.model import Change
from session_state_ext.store.base import Client
from session_state_ext.wire import (
    Ack,
    Barrier,
    BarrierDone,
    ClientFrame,
    Dirty,
    ErrorFrame,
    Flush,
    Flushed,
    Hello,
    InvalidField,
    Mutate,
    Ping,
    Pong,
    Reject,
    Welcome,
    decode_client_frame,
    decode_server_frame,
    encode,
)

from .author import ChannelAuthor
from .barrier import ask_to_flush
from .batch import Batch
from .draft import Draft
from .hub import Hub
from .live import DELETED, RESYNC, Live

PROTOCOL_ERROR, NOT_ALLOWED, NO_HELLO, REPLACED = 4400, 4401, 4408, 4409

#: A delta of more changes than this is sent as a snapshot.
_DELTA_CHANGES = 1000


#: A frame from this size on is checked beside the event loop.
_LARGE = 64 * 1024


class _State(enum.Enum):
    NEW = "waiting for hello"
    JOINING = "hello received"
    OPEN = "open"
    CLOSED = "closed"


class Connection:
    """One client at one session, from its hello to its end.

    ``send`` is called on the hub's event loop with each frame (UTF-8 JSON text), in order; it must not
    block and must not call back. ``close`` is called at most once, when the connection ends from this side,
    with a close code of the contract (4400 protocol error, 4401 not allowed any more, 4404 no such session or
    deleted, 4408 no hello, 4409 replaced by a newer connection of this client, 4429 resync, 1001 going away)
    and a sentence; nothing is sent after it. The first frame must be a hello, within ``hello_timeout`` seconds
    of construction.

    ``role`` "kernel" is never asked to flush. ``kernel`` is the kernel's id, for origins and for
    :meth:`Runs.interrupt`. ``speaker`` is who owns the client id, where that is not the session's owner.
    ``user`` is shown as the origin's user; None leaves it out. Made on the event loop.
    """

    def __init__(
        self,
        hub: Hub,
        owner: str,
        session_id: str,
        *,
        role: Literal["editor", "kernel"],
        user: str | None,
        send: Callable[[bytes], None],
        close: Callable[[int, str], None],
        kernel: str | None = None,
        speaker: str | None = None,
        read_only: bool = False,
        hello_timeout: float = 10.0,
        flush_timeout: float = 0.6,
    ) -> None:
        self._hub = hub
        self._owner = owner
        self._speaker = speaker or owner
        self._session_id = session_id
        self._role = role
        self._user = user
        self._kernel = kernel
        self._read_only = read_only
        self._flush_timeout = flush_timeout
        self._send = send
        self._close = close
        self._state = _State.NEW
        self._client = ""
        self._live: Live | None = None
        self._author: ChannelAuthor | None = None
        self._dirty = False
        #: it did not answer a flush in time, and has sent nothing since
        self.late = False
        self._flushes: dict[str, asyncio.Future[list[InvalidField] | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer = asyncio.get_running_loop().call_later(
            hello_timeout, self.end, NO_HELLO, "The first frame, a hello, did not come."
        )

    async def receive(self, data: bytes | str) -> None:
        """Take one frame. Answers come through ``send``, not necessarily before this returns.

        Never raises for what a client sent: that is answered by ``reject``, ``error`` or ``close``. Frames take
        effect in the order of the calls; await one before the next.
        """
        self.late = False
        if self._state is _State.CLOSED:
            return
        raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        try:
            await self._take(await self._decode(raw))
        except SessionError as error:
            # Its traceback holds the frame, which may be large; together they would stay until a collection of garbage.
            error.__traceback__ = error.__context__ = error.__cause__ = None
            seq = error.fields.get("seq")
            if self._state is not _State.OPEN:
                self._end_for(error)
            elif seq is not None and self._author is not None:
                await self._author.refuse(seq, raw, error)
            else:
                self.tell(encode(ErrorFrame(code=error.code, message=error.message)))

    async def closed(self) -> None:
        """The transport is gone. Mutates already received are still committed. Idempotent."""
        self.leave()

    def leave(self) -> None:
        """As :meth:`closed`, for a transport that cannot wait."""
        self._leave()

    # --- as a session knows it ---

    @property
    def client(self) -> str:
        return self._client

    @property
    def role(self) -> Literal["editor", "kernel"]:
        return self._role

    @property
    def holds_edits(self) -> bool:
        """Whether this is an editor that said it holds unsent edits."""
        return self._dirty

    def tell(self, frame: bytes) -> None:
        if self._state is not _State.CLOSED:
            self._send(frame)

    def end(self, code: int, reason: str) -> None:
        if self._state is not _State.CLOSED:
            self._leave(lost=code != REPLACED)
            self._close(code, reason)

    def flush(self, tag: str) -> asyncio.Future[list[InvalidField] | None]:
        """Ask for what is held back. Gives the fields that cannot be sent, or None where the connection ends."""
        answered: asyncio.Future[list[InvalidField] | None] = asyncio.get_running_loop().create_future()
        self._flushes[tag] = answered
        answered.add_done_callback(lambda _: self._flushes.pop(tag, None))
        self.tell(encode(Flush(id=tag)))
        return answered

    # --- frames ---

    async def _decode(self, raw: bytes) -> ClientFrame:
        if len(raw) < _LARGE:
            return decode_client_frame(raw, self._hub.limits)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, decode_client_frame, raw, self._hub.limits)

    async def _take(self, frame: ClientFrame) -> None:
        if isinstance(frame, Hello):
            if self._state is not _State.NEW:
                raise InvalidFrame(f"A hello is the first frame only; this channel is {self._state.value}.")
            await self._hello(frame)
        elif self._live is None or self._author is None or self._state is not _State.OPEN:
            raise InvalidFrame(f"The first frame is a hello; this channel is {self._state.value}.")
        elif isinstance(frame, Mutate):
            await self._author.mutate(frame)
        elif isinstance(frame, Dirty):
            self._set_dirty(frame.dirty)
        elif isinstance(frame, Flushed):
            waiting = self._flushes.get(frame.id)
            if waiting is not None and not waiting.done():
                waiting.set_result(frame.invalid)
        elif isinstance(frame, Ping):
            self.tell(encode(Pong()))
        else:
            task = asyncio.create_task(self._barrier(frame, self._live))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _hello(self, frame: Hello) -> None:
        self._timer.cancel()
        self._state = _State.JOINING
        live = await self._hub.hold(self._owner, self._session_id)
        if self._state is not _State.JOINING:
            # The transport went while the session was read.
            self._hub.release(live)
            return
        self._live, self._client = live, frame.client
        self._author = ChannelAuthor(
            self._hub,
            live,
            self,
            owner=self._speaker,
            user=self._user,
            kernel=self._kernel,
            read_only=self._read_only,
        )

        noticed = self._read_only

        def decide(batch: Batch) -> tuple[Client | None, list[Change] | None] | None:
            draft = batch.draft(live)
            draft.require()
            if not noticed and draft.is_another(frame.epoch, frame.since, frame.tip):
                return None
            known = draft.client(frame.client)
            if known is not None and known.owner != self._speaker:
                raise Forbidden("This client id belongs to somebody else.")
            return known, _delta(draft, frame, self._hub.limits.message_bytes)

        def settle(decided: tuple[Client | None, list[Change] | None] | None) -> bool:
            if decided is not None and self._state is _State.JOINING:
                self._join(frame, live, *decided)
            return decided is not None

        if not await self._hub.work(decide, settle, writes=False):
            noticed = True
            await self._hub.notice(self._owner, self._session_id, epoch=frame.epoch, since=frame.since, tip=frame.tip)
            await self._hub.work(decide, settle, writes=False)

    def _join(self, frame: Hello, live: Live, known: Client | None, changes: list[Change] | None) -> None:
        """Welcome and subscription are one step, so that nothing falls between."""
        was_dirty = live.is_dirty
        for other in list(live.listeners):
            if other.client == frame.client:
                other.end(REPLACED, "A newer connection of this client took over.")
        live.lost.pop(frame.client, None)
        if known is not None:
            live.clients[frame.client] = known
        self._state = _State.OPEN
        self._dirty = frame.dirty and self.may_hold_edits
        live.listeners[self] = None
        self.tell(
            encode(
                Welcome(
                    session=live.session.id,
                    epoch=live.session.epoch,
                    revision=live.session.revision,
                    tip=live.session.tip,
                    last_seq=0 if known is None else known.last_seq,
                    last_answer=None if known is None else _answer(known),
                    mode="snapshot" if changes is None else "delta",
                    variables=list(live.rows.values()) if changes is None else UNSET,
                    changes=UNSET if changes is None else changes,
                    meta=live.meta(),
                    steps=[step for step in live.steps.values() if not step.forgotten],
                    read_only=self._read_only,
                    limits=self._hub.limits,
                )
            )
        )
        if live.is_dirty != was_dirty:
            live.tell_meta()

    async def _barrier(self, frame: Barrier, live: Live) -> None:
        late, invalid = await ask_to_flush(live, self, timeout=self._flush_timeout)

        def settle(revision: int) -> None:
            self.tell(encode(BarrierDone(id=frame.id, revision=revision, late=late, invalid=invalid)))

        try:
            # Behind every mutate received before, and with what other processes have written.
            await self._hub.work(lambda batch: batch.draft(live).session.revision, settle, writes=False)
        except SessionError as error:
            self.tell(encode(ErrorFrame(code=error.code, message=error.message)))

    # --- in between ---

    @property
    def may_hold_edits(self) -> bool:
        return self._role == "editor" and not self._read_only

    def _set_dirty(self, dirty: bool) -> None:
        live = self._live
        if live is None or not self.may_hold_edits:
            return
        before = live.is_dirty
        self._dirty = dirty
        if live.is_dirty != before:
            live.tell_meta()

    def _end_for(self, error: SessionError) -> None:
        code = {NotFound: DELETED, Forbidden: NOT_ALLOWED}.get(type(error), PROTOCOL_ERROR)
        self.end(RESYNC if isinstance(error, StoreError | Unavailable) else code, error.message)

    def _leave(self, *, lost: bool = True) -> None:
        was, self._state = self._state, _State.CLOSED
        if was is _State.CLOSED:
            return
        self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        for waiting in list(self._flushes.values()):
            if not waiting.done():
                waiting.set_result(None)
        live, self._live = self._live, None
        if live is None:
            return
        before = live.is_dirty
        if live.listeners.pop(self, self) is None:
            if self._dirty and lost:
                live.lost[self._client] = time.monotonic()
            if live.born:
                live.clients.pop(self._client, None)
            if before != live.is_dirty:
                live.tell_meta()
        self._hub.release(live)


def _answer(known: Client) -> Ack | Reject | None:
    frame = decode_server_frame(known.answer)
    return frame if isinstance(frame, Ack | Reject) else None


def _delta(draft: Draft, frame: Hello, most: int) -> list[Change] | None:
    """What this client has missed, up to so many bytes; None where it must have the whole state."""
    since, session = frame.since, draft.session
    if since is None or frame.epoch != session.epoch or not 0 <= session.revision - since <= _DELTA_CHANGES:
        return None
    if frame.tip is None or frame.tip != (draft.tip_at(since) if since else ""):
        return None
    if since == session.revision:
        return []
    # One large variable, written again and again, weighs more in its changes than all that there is now.
    return draft.changes(since) if draft.weight(since) <= most else None
