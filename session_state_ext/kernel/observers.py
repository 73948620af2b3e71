"""``session.observe``: who is told of changes, and when; a part of :class:`.session.Session`.

Changes are gathered as they happen, on whatever thread, and told later: between cells on the main thread, or in the
background on a thread of its own.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from session_state_ext.errors import SessionError
from session_state_ext.wire import SaidOrigin

from . import values
from .calls import WrongCall, answered, names_in
from .watch import Seen

if TYPE_CHECKING:
    from .link import Link

Handler = Callable[[dict[str, Any]], object]
_H = TypeVar("_H", bound=Handler)
#: Where a handler is called: between cells, on the observers' thread, or on that of the widgets.
Lane = Literal["cells", "background", "widgets"]

#: Changes that wait for a handler beyond these are joined, by variable.
WAITING = 10_000
WAITING_BYTES = 16 * 1024 * 1024

#: So often handlers are asked again, between two cells, about what handlers have written.
_ROUNDS = 100

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
    ) -> None:
        self.handler, self.names, self.lane = handler, names, lane
        #: who writes what the handler writes
        self.origin = origin
        #: where the cell that made it was when it did; None where it is not to be replaced when that runs again
        self.made = made
        #: called when it has been replaced
        self.gone = gone
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
        try:
            self.handler(as_change(seen))
        except Exception as error:
            self._report(seen.name, error)
        else:
            self._trouble = ""
        finally:
            _chain.observers = before
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


class Observers:
    """All handlers of one session."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._all: tuple[Observer, ...] = ()
        self._threads: dict[Lane, threading.Event] = {}
        self._telling = self._asked = False
        #: has :meth:`between` called on the main thread soon; None where there are no cells
        self.soon: Callable[[], None] | None = None

    def add(self, observer: Observer) -> None:
        """Tell it from now on."""
        if observer.lane != "cells":
            self._start(observer.lane)
        before = [one for one in self._all if observer.made is not None and observer.made.again(one.made)]
        self._watch((*(one for one in self._all if one not in before), observer))
        for one in before:
            one.clear()
            one.gone()

    def remove(self, handler: Handler) -> None:
        """Tell it no more, and nothing of what waits."""
        for observer in self._all:
            if observer.handler == handler:
                observer.clear()
        self._watch(tuple(observer for observer in self._all if observer.handler != handler))

    def _watch(self, observers: tuple[Observer, ...]) -> None:
        with self._link.moment():
            self._all = observers
            named = [observer.names for observer in observers]
            everything = any(names is None for names in named)
            names = None if everything else frozenset(name for names in named for name in names or ())
            self._link.observe(names, self._take)

    def _take(self, seen: Seen) -> None:
        """A change has been made, on any thread; the line's lock is held."""
        lanes: set[Lane] = set()
        for observer in self._all:
            # That only its declaration changed is for those who show it.
            if observer.wants(seen.name) and (seen.old != seen.new or observer.lane == "widgets"):
                observer.put(seen)
                lanes.add(observer.lane)
        for lane in lanes:
            if lane != "cells":
                self._threads[lane].set()
            elif not self._asked and not self._telling and self.soon is not None:
                self._asked = True
                self.soon()

    # --- between cells ---

    def between(self) -> None:
        """Tell what waits for the time between cells. On the main thread."""
        if self._telling:
            return
        self._asked, self._telling = False, True
        try:
            for _ in range(_ROUNDS):
                # What a handler writes is told in the next round.
                told = [self._tell(observer) for observer in self._all if observer.lane == "cells"]
                if not any(told):
                    return
            # What never ends to come in leaves the kernel time for its cells.
            if self.soon is not None:
                self._asked = True
                self.soon()
        finally:
            self._telling = False

    def _tell(self, observer: Observer) -> bool:
        before, self._link.origin = self._link.origin, observer.origin
        try:
            # What it writes itself waits for the next round.
            told = observer.waiting
            for _ in range(told):
                if observer in self._all:
                    observer.tell()
        finally:
            self._link.origin = before
        return told > 0

    # --- on a thread ---

    def _start(self, lane: Lane) -> None:
        if lane not in self._threads:
            self._threads[lane] = threading.Event()
            name = f"session-state-{lane}"
            threading.Thread(target=self._run, args=(lane, self._threads[lane]), daemon=True, name=name).start()

    def _run(self, lane: Lane, woken: threading.Event) -> None:
        while True:
            woken.wait()
            woken.clear()
            # One change of each in turn, so that who is told of many does not keep the others waiting.
            told = [True]
            while any(told):
                told = [observer.tell() for observer in self._all if observer.lane == lane]


class Observable:
    """Being told of changes."""

    _link: Link
    _observing: Observers | None = None
    #: where a handler is called that asks for nothing else: there may be no cells
    _lane: Lane = "background"

    @overload
    def observe(self, handler: _H, names: str | Iterable[str] | None = None, *, background: bool = False) -> _H: ...
    @overload
    def observe(self, *, names: str | Iterable[str] | None = None, background: bool = False) -> Callable[[_H], _H]: ...
    @answered('session.observe(print, ["lr", "epochs"])')
    def observe(
        self, handler: Any = None, names: str | Iterable[str] | None = None, *, background: bool = False
    ) -> Any:
        """Call ``handler`` with each change of ``names`` (all, where none are given), whoever makes it, own cells too::

            session.observe(lambda change: print(change.new), "lr")

        It is given a dict as in traitlets, whose members are its attributes, too: ``name``, ``old``, ``new`` (None
        where there is no value), ``origin`` (a dict, of which ``kind`` is always there), ``revision`` (of what was
        written here a moment ago: which it has where nobody else writes in between), ``type`` ("change" or "delete").
        Each is told once, in order: the old value of one is the new value of the one before. A cell that runs again
        replaces the handlers of the same name that it had made. Gives the handler, so that it may stand above one,
        also as ``@session.observe(names="lr")``.

        It is called between cells, on the main thread: while the kernel idles as soon as it happens, else when the
        cell has ended. ``background``: on a thread of its own, also while a cell runs. In a script, which has no
        cells, it always is. What it writes of what it is told of it is told, too, ten times in a row at most. What it
        raises is printed, stops no other, and is printed once until it is something else.
        """
        if handler is None and (names is not None or background):
            return lambda one: self.observe(one, names, background=background)
        if handler is None:
            raise WrongCall("session.observe needs a function.")
        if not callable(handler):
            raise WrongCall(f"What is told of changes is a function, not {values.article(type(handler).__name__)}.")
        wanted = None if names is None else frozenset(names_in([names]))
        self._observed(handler, wanted, "background" if background else self._lane)
        return handler

    @answered("session.unobserve(print)")
    def unobserve(self, handler: Handler) -> None:
        """Call ``handler`` no more."""
        if self._observing is not None:
            self._observing.remove(handler)

    def _observed(self, handler: Handler, names: frozenset[str] | None, lane: Lane) -> None:
        with contextlib.suppress(SessionError):
            # What stands is where it begins; without this a change made right away could be taken for that.
            self._link.known()
        origin = SaidOrigin(kind=self._link.origin.kind, cell=self._link.origin.cell)
        self._observers().add(Observer(handler, names, lane, origin, Made.of(handler, self._link.origin)))

    def _observers(self) -> Observers:
        if self._observing is None:
            self._observing = Observers(self._link)
            self._observing.soon = self._soon
        return self._observing

    # --- for the hooks ---

    _soon: Callable[[], None] | None = None

    def between_cells(self, soon: Callable[[], None] | None) -> None:
        """There are cells, between which handlers are called: ``soon`` has :meth:`tell` called when none runs."""
        self._lane = "cells"
        self._soon = soon

    def tell(self) -> None:
        """No cell runs: call the handlers that wait for that. On the main thread."""
        if self._observing is not None:
            self._observing.between()
