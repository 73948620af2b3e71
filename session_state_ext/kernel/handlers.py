"""One handler of :mod:`.observers`: the changes that it has not been told of, and telling it."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from session_state_ext.wire import SaidOrigin

from . import values
from .watch import Seen

Handler = Callable[[dict[str, Any]], object]
#: Where a handler is called: between cells, on the observers' thread, or on that of the widgets.
Lane = Literal["cells", "background", "widgets"]

#: Changes that wait for a handler beyond these are joined, by variable.
WAITING = 10_000
WAITING_BYTES = 16 * 1024 * 1024

#: Who is told of the last change only waits no longer than this, in seconds, or than its last call took: what somebody
#: drags is drawn as it moves.
_LONGEST = 0.1

#: So often a handler is told, one time because of another, of what it wrote itself. One that puts a value right comes
#: to an end after the first; nobody would see the end of one that goes on.
OWN = 10


class _Chain(threading.local):
    """Who is being told on this thread, each because of what the one before it wrote; the innermost last."""

    observers: tuple[Observer, ...] = ()


_chain = _Chain()


class Observer:
    """One handler, and the changes that it has not been told of."""

    def __init__(
        self,
        handler: Handler,
        names: frozenset[str] | None,
        lane: Lane,
        origin: SaidOrigin,
        made: Made | None = None,
        gone: Callable[[], None] = lambda: None,
        *,
        last_only: bool = False,
    ) -> None:
        self.handler, self.names, self.lane = handler, names, lane
        #: who writes what the handler writes
        self.origin = origin
        #: where the cell that made it was when it did; None where it is not to be replaced when that runs again
        self.made = made
        #: called when it has been replaced
        self.gone = gone
        #: of what waits only the last counts
        self.last_only = last_only
        self._puts = self._looked = 0
        self._took = self._since = 0.0
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Seen, tuple[Observer, ...]]] = deque()
        self._bytes = 0
        self._most = (WAITING, WAITING_BYTES)
        self._trouble = ""
        #: the variable of which it was told no more, for it set itself off; and whether that has been said
        self._endless: str | None = None
        self._endless_said = False

    def wants(self, name: str) -> bool:
        return self.names is None or name in self.names

    def put(self, seen: Seen) -> None:
        """A change to be told; not where it set itself off too often."""
        chain = _chain.observers
        if chain.count(self) >= OWN:
            self._endless = seen.name
            return
        with self._lock:
            self._puts += 1
            if self.last_only:
                self._waiting.clear()
                self._bytes = 0
            self._waiting.append((seen, chain))
            self._bytes += _weight(seen)
            if len(self._waiting) > self._most[0] or self._bytes > self._most[1]:
                self._join()

    def _join(self) -> None:
        """Make one change a variable of what waits: the old value of the first, the new one of the last."""
        joined: dict[str, tuple[Seen, tuple[Observer, ...]]] = {}
        for seen, chain in self._waiting:
            first, _ = joined.pop(seen.name, (seen, chain))
            joined[seen.name] = (replace(seen, old=first.old), chain)
        self._waiting = deque(one for one in joined.values() if one[0].old != one[0].new or self.lane == "widgets")
        self._bytes = sum(_weight(seen) for seen, _ in self._waiting)
        self._most = (max(WAITING, 2 * len(self._waiting)), max(WAITING_BYTES, 2 * self._bytes))

    def clear(self) -> None:
        """Tell nothing of what waits."""
        with self._lock:
            self._waiting.clear()
            self._bytes = 0

    @property
    def waiting(self) -> int:
        """How many changes it is to be told."""
        return len(self._waiting)

    def is_due(self) -> bool:
        """Whether to tell it now, where more may be on its way: a slider that is dragged sends many values."""
        if not self.last_only:
            return True
        now, before, self._looked = time.monotonic(), self._looked, self._puts
        self._since = self._since or now
        due = not self._waiting or before == self._puts or now - self._since > max(_LONGEST, self._took)
        self._since = 0.0 if due else self._since
        return due

    def tell(self) -> bool:
        """Tell the next change; whether there was one."""
        with self._lock:
            if not self._waiting:
                return False
            seen, chain = self._waiting.popleft()
            self._bytes -= _weight(seen)
        if not chain:
            self._endless_said = False
        before, _chain.observers = _chain.observers, (*chain, self)
        started = time.monotonic()
        try:
            self.handler(as_change(seen))
        except Exception as error:
            self._report(seen.name, error)
        else:
            self._trouble = ""
        finally:
            _chain.observers = before
        self._took = time.monotonic() - started
        if self._endless is not None and not self._endless_said:
            self._stopped(self._endless)
        return True

    def _stopped(self, name: str) -> None:
        """Say, once for all that one change from elsewhere has brought about, that it set itself off."""
        self._endless, self._endless_said = None, True
        print(
            f"session.observe: {self._named} was told of {name} {OWN} times because of what it had set off itself, "
            f"and no more: it would go on for ever. Write {name} there only where it is not yet what it should be.",
            file=sys.stderr,
        )

    @property
    def _named(self) -> str:
        return str(getattr(self.handler, "__name__", repr(self.handler)))

    def _report(self, name: str, error: Exception) -> None:
        """With its traceback, and not again until it is another one."""
        trouble = f"{type(error).__name__}: {error}"
        if trouble == self._trouble:
            return
        self._trouble = trouble
        trace = error.__traceback__
        own = trace.tb_next if trace is not None else None
        shown = "".join(traceback.format_exception(type(error), error, own))
        print(f"session.observe: {self._named} failed, told of {name}:\n{shown}", file=sys.stderr, end="")


class Made(Struct, frozen=True):
    """A function that one run of a cell has made."""

    cell: str
    qualname: str
    #: one object for the whole run
    run: SaidOrigin

    @classmethod
    def of(cls, function: object, run: SaidOrigin) -> Made | None:
        """None where no cell runs, or the front end does not tell which."""
        if run.cell is None:
            return None
        return cls(run.cell, getattr(function, "__qualname__", type(function).__qualname__), run)

    def again(self, other: Made | None) -> bool:
        """Whether this is what an earlier run of the same cell had made."""
        return (
            other is not None
            and (self.cell, self.qualname) == (other.cell, other.qualname)
            and self.run is not other.run
        )


def _weight(seen: Seen) -> int:
    return len(seen.old or b"") + len(seen.new or b"")


def as_change(seen: Seen) -> dict[str, Any]:
    """A change as a handler is given it: as in traitlets, ``change["new"]`` and ``change.new``."""
    from traitlets import Bunch  # scripts need not load it

    return Bunch(
        name=seen.name,
        old=None if seen.old is None else values.decode(seen.old),
        new=None if seen.new is None else values.decode(seen.new),
        origin={key: value for key, value in to_builtins(seen.origin).items() if value is not None},
        revision=seen.revision,
        type="delete" if seen.new is None else "change",
    )
