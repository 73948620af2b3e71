"""``session.observe``: who is told of changes, and when; a part of :class:`.session.Session`.

Changes are gathered as they happen, on whatever thread, and told later: between cells on the main thread, or in the
background on a thread of its own.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from session_state_ext.errors import SessionError
from session_state_ext.wire import SaidOrigin

from . import values
from .calls import WrongCall, answered, check_flag, names_in
from .handlers import Handler, Lane, Made, Observer
from .watch import Seen

if TYPE_CHECKING:
    from .link import Link

_H = TypeVar("_H", bound=Handler)

#: Who is told of the last change only waits until nothing came for so long, in seconds.
_PAUSE = 0.02

#: So often handlers are asked again, between two cells, about what handlers have written.
_ROUNDS = 100


class Observers:
    """All handlers of one session."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._all: tuple[Observer, ...] = ()
        self._threads: dict[Lane, threading.Event] = {}
        self._telling = self._asked = False
        #: has :meth:`between` called on the main thread in so many seconds; None where there are no cells
        self.soon: Callable[[float], None] | None = None

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
                self.soon(0)

    # --- between cells ---

    def between(self, *, idle: bool = False) -> None:
        """Tell what waits for the time between cells. On the main thread.

        ``idle``: no cell begins or has ended; who is told of the last change only waits until there is one.
        """
        if self._telling:
            return
        self._asked, self._telling = False, True
        later = [observer for observer in self._all if idle and not observer.is_due()]
        try:
            for _ in range(_ROUNDS):
                # What a handler writes is told in the next round.
                told = [
                    self._tell(observer) for observer in self._all if observer.lane == "cells" and observer not in later
                ]
                if not any(told):
                    if later:
                        self._ask(_PAUSE)
                    return
            # What never ends to come in leaves the kernel time for its cells.
            self._ask(0)
        finally:
            self._telling = False

    def _ask(self, seconds: float) -> None:
        if self.soon is not None:
            self._asked = True
            self.soon(seconds)

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


def _check_handler(handler: object) -> None:
    __tracebackhide__ = True
    if not callable(handler):
        raise WrongCall(f"What is told of changes is a function, not {values.article(type(handler).__name__)}.")


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
        __tracebackhide__ = True
        if handler is None and (names is not None or background):
            return lambda one: self.observe(one, names, background=background)
        if handler is None:
            raise WrongCall("session.observe needs a function.")
        _check_handler(handler)
        check_flag(background, "background")
        wanted = None if names is None else frozenset(names_in([names]))
        self._observed(handler, wanted, "background" if background else self._lane)
        return handler

    @answered("session.unobserve(print)")
    def unobserve(self, handler: Handler) -> None:
        """Call ``handler`` no more."""
        __tracebackhide__ = True
        _check_handler(handler)
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

    _soon: Callable[[float], None] | None = None

    def between_cells(self, soon: Callable[[float], None] | None) -> None:
        """There are cells, between which handlers are called: ``soon`` has :meth:`tell` called when none runs."""
        self._lane = "cells"
        self._soon = soon

    def tell(self, *, idle: bool = False) -> None:
        """No cell runs: call the handlers that wait for that. On the main thread. ``idle``: nor has one just ended."""
        if self._observing is not None:
            self._observing.between(idle=idle)
