"""The link's own thread: it connects, resumes, sends what is due and takes what comes, until it is stopped."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from session_state_ext.errors import NotFound, SessionError, Unavailable, UnknownNotebook
from session_state_ext.model import Change
from session_state_ext.wire import (
    Ack,
    Barrier,
    BarrierDone,
    Bindings,
    Deleted,
    ErrorFrame,
    Hello,
    MetaFrame,
    Reject,
    ServerFrame,
    Welcome,
    decode_server_frame,
    encode,
)

from .abandoned import FATAL_TO_MUTATE, Told, send_abandoned, send_rest
from .backend import Backend, Busy, Channel, Choice, Lost, Moved
from .line import BarrierAnswer, Line
from .replica import Resync
from .retries import BUSY_SECONDS, Retries

if TYPE_CHECKING:
    from .leftovers import Leftovers

#: Edits made within this time go together.
GATHER_SECONDS = 0.05

#: How each choice of a session is written after ``%session use``.
OPTIONS: dict[Choice, str] = {"use": "--this", "copy": "--copy", "empty": "--empty"}

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class _Left(Exception):
    """The channel was ended here, on purpose."""


class Talker:
    """Runs on its thread; the methods that other threads may call say so."""

    def __init__(self, line: Line, find: Callable[[], Backend]) -> None:
        self._line = line
        self._find = find
        self._backend: Backend | None = None
        self._channel: Channel | None = None
        self._outgoing: asyncio.Queue[bytes] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._hurried = False
        self._retries = Retries()
        #: when the open mutate goes again, which was put off
        self._again: asyncio.TimerHandle | None = None
        self._lost_at: float | None = None
        self._kept: Leftovers | None = None
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="session-state-link")

    # --- for other threads ---

    def start(self) -> None:
        """From any thread, once."""
        self._thread.start()

    def call(self, function: Callable[[], None]) -> None:
        """From any thread: run ``function`` here soon."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(function)

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        """From any thread: run ``function`` here after a time."""

        def wait() -> None:
            self._loop.call_later(seconds, function)

        self.call(wait)

    def ask(self, question: Callable[[Backend], Coroutine[Any, Any, _T]], seconds: float) -> _T:
        """From any other thread: put a question to the backend itself and wait for the answer."""

        async def put() -> _T:
            if self._backend is None:
                raise Unavailable("There is no session to ask.")
            try:
                return await question(self._backend)
            except OSError as error:
                raise Unavailable(f"The session server does not answer: {error}.") from None

        answer = asyncio.run_coroutine_threadsafe(put(), self._loop)
        try:
            return answer.result(seconds)
        except (TimeoutError, concurrent.futures.TimeoutError):
            answer.cancel()
            raise Unavailable("The session server did not answer in time.") from None

    @property
    def chosen(self) -> str | None:
        """From any thread: the session that was named for this kernel."""
        return None if self._backend is None else self._backend.chosen

    @property
    def remembered(self) -> Bindings | None:
        """From any thread: the names that this notebook's last kernel had bound."""
        return None if self._backend is None else self._backend.remembered

    def stop(self, seconds: float) -> None:
        """From any other thread: end, and wait for the end."""
        self.call(self._stopping.set)
        if self._thread.is_alive():
            self._thread.join(seconds)

    def keep(self) -> None:
        """Write what is pending to the data directory, so that the session's next kernel sends it.

        On this thread, or when it has ended.
        """
        replica = self._line.replica
        if replica.session_id is None or self._line.fleeting is not None or not (replica.outbox or self._kept):
            return
        from . import leftovers

        with self._line.lock:
            if self._kept is None:
                self._kept = leftovers.Leftovers(replica.session_id, replica.outbox.client, leftovers.folder())
            # Where the disk is full or read-only there is nothing left to try.
            with contextlib.suppress(OSError):
                self._kept.write(replica.outbox, replica.rows)
            if not replica.outbox:
                self._kept = None

    # --- scheduling; on the loop ---

    def schedule(self) -> None:
        """Something was written: send it when its time has come."""
        if self._timer is None:
            self._timer = self._loop.call_later(0 if self._hurried else GATHER_SECONDS, self._due)

    def hurry(self) -> None:
        """Send all that is pending, one mutate after the other, without gathering."""
        self._hurried = True
        self._due()

    def barrier(self, name: str) -> None:
        """Ask for a barrier, behind all that was written."""
        self.hurry()
        if self._outgoing is not None:
            self._outgoing.put_nowait(encode(Barrier(id=name)))

    def reconnect(self) -> None:
        """End the channel; the next one goes to whatever session is this kernel's by then."""
        if self._outgoing is not None:
            self._outgoing.put_nowait(b"")

    def _due(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._outgoing is None:
            with self._line.lock:
                self._line.scheduled = False
            self.keep()
            return
        with self._line.lock:
            opened = self._line.replica.freeze()
            outbox = self._line.replica.outbox
            self._line.scheduled = bool(outbox.queue)
            self._hurried = self._hurried and bool(outbox)
        if self._line.replica.waits is not None:
            self.keep()
        if opened is not None:
            self._outgoing.put_nowait(opened.body)

    def _come_again(self) -> None:
        """Whoever is there cannot store anything just now: what is open goes again later, and outlives this kernel."""
        self.keep()
        if self._again is None:
            self._again = self._loop.call_later(self._retries.put_off(), self._repeat)

    def _repeat(self) -> None:
        self._again = None
        with self._line.lock:
            opened = self._line.replica.repeat()
        if opened is not None and self._outgoing is not None:
            self._outgoing.put_nowait(opened.body)

    # --- the thread ---

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        finally:
            self._loop.close()

    async def _main(self) -> None:
        try:
            self._backend = self._find()
            rounds = asyncio.ensure_future(self._rounds(self._backend))
            stop = asyncio.ensure_future(self._stopping.wait())
            # Whatever it waits for, an answer or its next try: at the kernel's end it is not waited for.
            await asyncio.wait([rounds, stop], return_when=asyncio.FIRST_COMPLETED)
            for task in (rounds, stop):
                task.cancel()
            await asyncio.gather(rounds, stop, return_exceptions=True)
        finally:
            if self._backend is not None:
                await self._backend.close()

    async def _rounds(self, backend: Backend) -> NoReturn:
        while True:
            try:
                seconds = await self._round(backend)
            except Exception as error:
                # Not louder: what this thread logs would land in whatever cell is running.
                _log.debug("the link failed and tries again", exc_info=True)
                seconds = self._wait_for(self._clause(error), self._retries.failed())
            await asyncio.sleep(seconds)

    async def _round(self, backend: Backend) -> float:
        """One connection, from looking for the session to the end of the channel; how long to wait then."""
        try:
            session_id = await backend.attach()
            in_memory, self._line.fleeting = self._line.fleeting is not None, backend.fleeting
            self._line.question = None
            self._belongs_to(session_id, in_memory=in_memory)
            left = self._tell(await send_abandoned(backend, session_id))
            self._channel = channel = await backend.open(session_id)
        except Busy:
            return self._busy()
        except UnknownNotebook as question:
            return self._asked(question)
        except (OSError, SessionError) as error:
            if isinstance(error, NotFound):
                self._session_is_gone()
                return self._retries.failed()
            return self._wait_for(self._clause(error), self._retries.failed())
        rest = asyncio.ensure_future(send_rest(backend, session_id, self._tell)) if left else None
        try:
            await self._converse(channel)
        except Lost as lost:
            return self._ended(lost)
        except Resync:
            with self._line.lock:
                self._line.replica.tip = None
                self._line.state = "connecting"
        except (_Left, Moved):
            pass
        finally:
            self._channel = self._outgoing = None
            self._lost_at = time.monotonic()
            if rest is not None:
                rest.cancel()
            await channel.close()
            self.keep()
        return 0.0

    def _tell(self, told: Told) -> bool:
        """What became of the edits of earlier kernels; whether some of them wait still."""
        with self._line.lock:
            self._line.replica.refused += told.refused
            self._line.replica.conflicts += told.overwritten
        return told.left

    def _clause(self, error: Exception) -> str:
        if isinstance(error, SessionError):
            return error.message.rstrip(".")
        return f"{self._line.other} cannot be reached ({error})"

    def _busy(self) -> float:
        """A kernel may be quicker than the server that starts it: only after a while is that a trouble."""
        seconds, is_early = self._retries.busy()
        if is_early:
            self._line.early = True
            return seconds
        return self._wait_for("the server does not know yet which notebook this kernel belongs to", seconds)

    def _asked(self, question: UnknownNotebook) -> float:
        """Somebody has to choose, here or in a panel; then it goes on by itself."""
        options = [OPTIONS[choice] for choice in question.fields.get("choices", OPTIONS) if choice in OPTIONS]
        how = f"choose in the Session panel, or by %session use {', '.join(options[:-1])} or {options[-1]}"
        with self._line.lock:
            self._line.question = (
                f"Session: {question.message.rstrip('.')}: {how}. Until then cells run without the session; what they "
                "write to it is kept for the one that is chosen."
            )
        return self._wait_for(f"it is not known which session this notebook is to have: {how}", BUSY_SECONDS)

    def _wait_for(self, trouble: str, seconds: float) -> float:
        with self._line.lock:
            self._line.fallen(trouble)
        return seconds

    def _ended(self, lost: Lost) -> float:
        line = self._line
        with line.lock:
            if lost.code in FATAL_TO_MUTATE:
                line.replica.unblock(FATAL_TO_MUTATE[lost.code], str(lost))
        if lost.code == 4404:
            self._session_is_gone()
            return 0.0
        return self._wait_for(f"the connection to {line.other} was lost", self._retries.failed())

    def _session_is_gone(self) -> None:
        with self._line.lock:
            if self._line.replica.revision == 0:
                self._line.replica.forget()
            else:
                self._line.replica.deleted()
            self._line.state = "connecting"

    def _belongs_to(self, session_id: str, *, in_memory: bool) -> None:
        """Another session than before: what was pending stays with the old one, unless that was never born.

        What was only ``in_memory`` comes along.
        """
        replica = self._line.replica
        if replica.session_id not in (None, session_id) and in_memory:
            with self._line.lock:
                replica.bring()
        elif replica.session_id not in (None, session_id):
            if replica.revision:
                self.keep()
                self._kept = None
            with self._line.lock:
                if replica.revision:
                    replica.outbox.drop()
                replica.forget()

    # --- one channel ---

    async def _converse(self, channel: Channel) -> NoReturn:
        """Talk until the channel ends. Raises Lost, Resync or _Left."""
        with self._line.lock:
            hello = Hello(**self._line.replica.hello())
        await channel.send(encode(hello))
        self._outgoing = asyncio.Queue()
        tasks = [
            asyncio.ensure_future(self._read(channel)),
            asyncio.ensure_future(self._write(channel, self._outgoing)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
            raise AssertionError("neither ends but by an exception")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, channel: Channel, outgoing: asyncio.Queue[bytes]) -> NoReturn:
        while frame := await outgoing.get():
            await channel.send(frame)
        raise _Left

    async def _read(self, channel: Channel) -> NoReturn:
        while True:
            self._take(decode_server_frame(await channel.receive()))

    def _take(self, frame: ServerFrame) -> None:
        line = self._line
        moved = isinstance(frame, MetaFrame) and self._moved_away(frame)
        with line.lock:
            offline = 0.0 if self._lost_at is None else time.monotonic() - self._lost_at
            opened = line.replica.receive(frame, offline=offline)
            line.heard(welcome=isinstance(frame, Welcome))
            if isinstance(frame, BarrierDone) and frame.id in line.barriers:
                line.barriers[frame.id] = BarrierAnswer(frame.revision, frame.late, frame.invalid)
            waiting = bool(line.replica.outbox.queue)
            line.scheduled = waiting
            line.changed.notify_all()
        if opened is not None and self._outgoing is not None:
            self._outgoing.put_nowait(opened.body)
        if isinstance(frame, Welcome):
            self._retries.connected()
            self._lost_at = None
        if moved:
            with line.lock:
                line.state = "connecting"
            raise _Left
        if isinstance(frame, Deleted):
            raise Lost(4404, "the session was deleted")
        if isinstance(frame, Welcome | Ack | Reject | ErrorFrame):
            if self._kept is not None:
                self.keep()
            if line.replica.waits is not None:
                self._come_again()
                return
            self._retries.stored()
            if waiting:
                self.hurry() if self._hurried else self.schedule()
            elif not isinstance(frame, Change):
                self._hurried = False

    def _moved_away(self, frame: MetaFrame) -> bool:
        """Whether a notebook has left this session: it may be ours, so the server is asked again.

        One that was renamed has not left; for a moment the server knows its kernel by the old name still.
        """
        before, now = self._line.replica.meta, set(frame.meta.paths)
        return before is not None and now < set(before.paths)
