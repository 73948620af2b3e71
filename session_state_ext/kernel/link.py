"""The kernel's live connection to its session, as the main thread uses it.

Reading and writing never wait for the network: they work on the replica, which a background thread
(:mod:`.talker`) keeps live. What waits is bounded and can be interrupted: :meth:`Link.barrier`,
:meth:`Link.flush`, and the first word of a session. Nothing here touches the user's namespace.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from msgspec import Raw

from session_state_ext.changes import declared
from session_state_ext.errors import SessionError, Unavailable
from session_state_ext.model import Origin, Step, Variable
from session_state_ext.names import new_tag
from session_state_ext.wire import Overwritten, SaidOrigin

from .backend import Backend, Choice
from .condition import Condition
from .endings import after_fork, at_exit
from .line import BarrierAnswer, Line
from .outbox import DELETED, Group, Patched, Refusal, Written, as_text, lay
from .replica import Box, Replica, written_over
from .talker import Talker
from .watch import Seen, Watch

#: How long a cell waits for the barrier, once an outage; and at its end for what it wrote.
BARRIER_SECONDS = 1.0
FLUSH_SECONDS = 1.0
#: How long whoever reads waits for the first word of a session; an embedded store may have to be made first.
FIRST_SECONDS = 10.0
REMOTE_SECONDS = 5.0

_T = TypeVar("_T")


class Link(Condition):
    """One kernel's connection, to one session at a time."""

    def __init__(self, find: Callable[[], Backend], *, local: bool) -> None:
        """``find`` is called on the link's thread; ``local``: what it gives is in this process."""
        line = Line(local=local)
        super().__init__(line, Talker(line, find))
        self._outbox = self._line.replica.outbox
        #: the declarations that count now, JSON text by name; looked at before each write
        self.specs = self._line.replica.specs
        #: who makes the edits from now on
        self.origin = SaidOrigin(kind="cell")
        self._batch: Group | None = None
        self._batch_thread = 0

    def start(self) -> Link:
        """Begin to connect; returns at once."""
        after_fork(self._line.forked)
        at_exit(self.close)
        self._talker.start()
        return self

    # --- reading ---

    @contextlib.contextmanager
    def moment(self) -> Iterator[Replica]:
        """The replica, held still. Do not wait inside."""
        with self._line.lock:
            yield self._line.replica

    def known(self, most: float | None = None) -> None:
        """Wait until there is a session to read, for ``most`` seconds where that is given. Raises Unavailable."""
        line = self._line
        if line.replica.known:
            return
        seconds = most or (FIRST_SECONDS if line.local else REMOTE_SECONDS)
        line.wait(lambda: line.replica.known or line.state in ("down", "off"), seconds)
        if not line.replica.known:
            raise Unavailable(f"Nothing of this session is known yet: {line.trouble or 'nobody answers'}.")

    def written(self, name: str) -> Box | None:
        """The value of ``name`` now; None where there is no such variable."""
        with self._line.lock:
            batch = self._own_batch()
            shown = self._line.replica.written(name)
            return shown if batch is None else written_over(shown, batch.edits, name)

    def names(self) -> list[str]:
        """The variables there are now, in their order."""
        with self._line.lock:
            names, batch = self._line.replica.names(), self._own_batch()
        if batch is None:
            return names
        kept = [name for name in names if batch.edits.get(name) is not DELETED]
        return kept + [name for name, value in batch.edits.items() if value is not DELETED and name not in names]

    def read(self, names: list[str]) -> dict[str, tuple[bytes, Variable | None]]:
        """Several values at one moment, each with its confirmed row; names that are not there are left out."""
        with self.moment() as replica:
            boxes = {name: replica.written(name) for name in names}
            return {
                name: (as_text(box.value), replica.rows.get(name)) for name, box in boxes.items() if box is not None
            }

    def steps(self) -> dict[str, Step]:
        """The steps that have run, by name."""
        with self.moment() as replica:
            return {name: step for name, step in replica.steps.items() if not step.forgotten}

    # --- writing ---

    def writable(self) -> None:
        """Raises where nothing that is written could ever be kept."""
        if self._line.state == "off":
            raise Unavailable(
                "This process does not hold the session: it was forked from the kernel, or the session was let go. "
                "Start it with env=session.env(), and call session_state_ext.connect() there."
            )
        if self.closed is not None:
            raise self.closed

    def put(self, name: str, written: Written) -> None:
        """Set a variable, or delete it: shown at once, sent soon. The name and the value have been checked."""
        line = self._line
        with line.lock:
            if line.shut or self._batch is not None or line.replica.watch is not None:
                self.writable()
                batch = self._own_batch()
                if batch is not None:
                    batch.edits[name] = written
                    return
                self._tell(name, written)
            self._outbox.put(name, written, self.origin)
            if line.scheduled:
                return
            line.scheduled = True
        self._talker.call(self._talker.schedule)

    def patch(self, name: str, patched: Patched) -> None:
        """Write members of a variable, as :meth:`put` writes all of it."""
        line = self._line
        self.writable()
        with line.lock:
            batch = self._own_batch()
            if batch is not None:
                lay(batch.edits, name, patched)
                return
            line.replica.patch(name, patched, self.origin)
            self._look([name], self.origin)
            line.scheduled = True
        self._talker.call(self._talker.schedule)

    def declare(self, specs: Mapping[str, bytes]) -> None:
        """Declare variables, by checked JSON text; null takes a declaration away."""
        line = self._line
        self.writable()
        with line.lock:
            batch = self._own_batch()
            for name, spec in specs.items():
                if batch is not None:
                    batch.specs[name] = spec
                    self._show_default(batch, name, spec)
                else:
                    self._outbox.declare(name, spec, self.origin)
            line.replica.respec(specs)
            if batch is None:
                self._look(specs, self.origin)
            line.scheduled = True
        self._talker.call(self._talker.schedule)

    def _show_default(self, batch: Group, name: str, spec: bytes) -> None:
        made = None if self.written(name) is not None else declared(None, Raw(spec))
        if made is not None:
            batch.edits[name] = bytes(made[0])

    def put_all(self, edits: Mapping[str, Written]) -> None:
        """Several at once; nobody ever sees only some of them."""
        line = self._line
        self.writable()
        with line.lock:
            batch = self._own_batch()
            for name, written in edits.items():
                if batch is None:
                    self._tell(name, written)
                    self._outbox.put(name, written, self.origin)
                else:
                    batch.edits[name] = written
            line.scheduled = True
        self._talker.call(self._talker.schedule)

    def append(self, group: Group, *, hurry: bool = False) -> None:
        """Edits that are one change."""
        line = self._line
        with line.lock:
            self._outbox.append(group)
            line.replica.respec(group.specs)
            self._look([*group.edits, *group.specs], group.origin)
            line.scheduled = True
        self._talker.call(self._talker.hurry if hurry else self._talker.schedule)

    @contextlib.contextmanager
    def batch(self, label: str | None = None) -> Iterator[None]:
        """What this thread writes inside is one change; nothing of it happens where the block fails."""
        self.writable()
        with self._line.lock:
            if self._batch is not None:
                raise SessionError("A batch is open already; it cannot hold another.")
            group = self._batch = Group(self.origin, whole=True, label=label)
            self._batch_thread = threading.get_ident()
        try:
            yield
        finally:
            with self._line.lock:
                self._batch = None
        if group.edits or group.specs:
            self.append(group)

    @property
    def in_batch(self) -> bool:
        """Whether this thread has a batch open."""
        return self._own_batch() is not None

    def _own_batch(self) -> Group | None:
        return self._batch if self._batch_thread == threading.get_ident() else None

    # --- waiting ---

    def flush(self, seconds: float = FLUSH_SECONDS, *, patient: bool = False) -> bool:
        """Send what is pending and wait until it is acknowledged; whether it was.

        Where nobody answers this costs nothing, unless ``patient``: then it waits for them to come back.
        """
        line = self._line
        if self.saved or line.state == "off":
            return self.saved
        self._talker.call(self._talker.hurry)

        def over() -> bool:
            nobody = not (line.usable or line.state == "connecting") or self.waits is not None
            return self.saved or (nobody and not patient)

        line.wait(over, seconds)
        return self.saved

    def reached(self, revision: int, seconds: float = REMOTE_SECONDS) -> bool:
        """Wait until this revision has come over the channel; whether it did."""
        line = self._line
        line.wait(lambda: line.replica.revision >= revision or line.state in ("down", "off"), seconds)
        return line.replica.revision >= revision

    def barrier(self, seconds: float = BARRIER_SECONDS) -> BarrierAnswer | None:
        """Wait until every edit made before now has arrived; None where nobody answered in time.

        A link that is known to be down costs nothing: the time is paid once an outage.
        """
        line = self._line
        until = time.monotonic() + seconds
        while True:
            if line.state == "connecting" and not line.silent:
                line.wait(lambda: line.state != "connecting", FIRST_SECONDS if line.local else until - time.monotonic())
                if line.local:
                    # A store may have had to be made first; that is not counted.
                    until = time.monotonic() + seconds
                if line.state == "connecting":
                    with line.lock:
                        line.hushed(f"{line.other} has not answered yet")
            if not line.usable:
                # Nobody waits for this one; its answer says that they are back.
                self._talker.call(lambda: self._talker.barrier("probe"))
                return None
            answer = self._barrier(until)
            if answer is not None or line.state != "connecting":
                return answer

    def _barrier(self, until: float) -> BarrierAnswer | None:
        line, name = self._line, new_tag()
        line.barriers[name] = None
        try:
            self._talker.call(lambda: self._talker.barrier(name))
            line.wait(lambda: line.barriers[name] is not None or not line.usable, until - time.monotonic())
        finally:
            answer = line.barriers.pop(name)
        if answer is None and line.usable:
            with line.lock:
                line.hushed(f"{line.other} does not answer")
        return answer

    # --- what happens ---

    def news(self) -> tuple[list[str], list[Refusal], list[Overwritten]]:
        """What happened to the session, what was refused and what of somebody else overwritten, since the last call."""
        with self.moment() as replica:
            news = replica.happened, replica.refused, replica.conflicts
            replica.happened, replica.refused, replica.conflicts = [], [], []
        return news

    def observe(self, names: frozenset[str] | None, take: Callable[[Seen], None]) -> None:
        """Call ``take`` for each change of ``names`` (None: all) from now on, in order, on the thread that makes it.

        ``take`` must be quick and must not write, and is the same each time that other names are asked for.
        """
        with self.moment() as replica:
            if names is not None and not names:
                replica.watch = None
                return
            if replica.watch is None:
                replica.watch = Watch(replica, take)
            replica.watch.of(names)

    def _tell(self, name: str, written: Written) -> None:
        """An edit is about to be made here; the lock is held."""
        watch = self._line.replica.watch
        if watch is not None and watch.wants(name):
            new = None if written is DELETED else as_text(written)
            revision = self._line.replica.revision + self._outbox.ahead(self.origin)
            watch.shows(name, new, self._author(self.origin), revision)

    def _look(self, names: Iterable[str], said: SaidOrigin) -> None:
        """Edits have been made here; the lock is held."""
        replica = self._line.replica
        if replica.watch is not None:
            replica.watch.look(names, self._author(said), replica.revision + self._outbox.ahead())

    def _author(self, said: SaidOrigin) -> Origin:
        return said.complete(user=None, client=self._outbox.client)

    def put_as(self, origin: SaidOrigin, name: str, written: Written) -> None:
        """:meth:`put` by an origin of its own, from any thread; not part of a batch that is open."""
        line = self._line
        with line.lock:
            self.writable()
            self._outbox.put(name, written, origin)
            self._look([name], origin)
            if line.scheduled:
                return
            line.scheduled = True
        self._talker.call(self._talker.schedule)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Call ``act``, which must be quick, after a time, on the link's thread."""
        self._talker.later(seconds, act)

    # --- which session ---

    def ask(self, question: Callable[[Backend], Coroutine[Any, Any, _T]], seconds: float = FIRST_SECONDS) -> _T:
        """Something that is asked of the backend itself. Raises Unavailable, and what the backend raises."""
        self.known()
        return self._talker.ask(question, seconds)

    def use(self, name: str, *, new: bool) -> None:
        """Go over to the session called ``name``. Raises NotFound, NameTaken, Unavailable."""
        if self.question is not None:
            # No session is left, and what was written waits for the one that comes.
            self._decide(lambda backend: backend.use(name, new=new))
            return
        if not self.flush():
            raise Unavailable("Not all that you wrote is saved yet; this session can be left when it is.")
        session_id = self.ask(lambda backend: backend.use(name, new=new))
        with self._line.lock:
            if session_id == self._line.replica.session_id:
                return
            self._line.replica.forget()
            self._line.state = "connecting"
        self._talker.call(self._talker.reconnect)
        self.known()

    def choose(self, choice: Choice) -> None:
        """Say which session this notebook is to have, where that is in question. Raises SessionError, Unavailable."""
        line = self._line
        line.wait(lambda: line.replica.known or line.state in ("down", "off"), REMOTE_SECONDS)
        if self.question is None:
            raise SessionError("There is nothing to choose: this notebook has its session.")
        self._decide(lambda backend: backend.choose(choice))

    def _decide(self, answer: Callable[[Backend], Coroutine[Any, Any, Any]]) -> None:
        self._talker.ask(answer, FIRST_SECONDS)
        with self._line.lock:
            self._line.question = self._line.trouble = None
            self._line.state = "connecting"
        self.known()

    def close(self, seconds: float = FLUSH_SECONDS) -> None:
        """Send what is pending, within bounds, and let go; what could not be sent is kept in a file. Idempotent."""
        if self._line.state == "off":
            return
        with contextlib.suppress(KeyboardInterrupt):
            self.flush(seconds)
            self._talker.stop(seconds + 1.0)
        with self._line.lock:
            self._line.state = "off"
        self._talker.keep()
