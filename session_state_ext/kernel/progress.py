"""``session.track``: a loop's progress, under the cell and in every panel; a part of :class:`.session.Session`.

A variable of the progress's name holds where the loop is, ``{"$progress": {...}}``::

    {"done": 37, "total": 100, "state": "running", "started": 1700000000000, "seconds": 4.2, "rate": 8.9, "kernel": ""}

``total`` is null where it is not known, ``rate`` is items a second, ``state`` one of running, done, stopped (the loop
was left), failed, interrupted. Where it is, is written every 200 ms at most; its end at once.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from functools import partial
from operator import length_hint
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from session_state_ext.errors import InvalidValue, SessionError
from session_state_ext.wire import SaidOrigin

from .calls import WrongCall, answered, check_text, check_whole
from .endings import at_exit
from .identity import kernel_id
from .outbox import as_text

if TYPE_CHECKING:
    from .link import Link

#: How often a variable of progress is written at most.
EVERY_SECONDS = 0.2

_KEY = "$progress"
_MARK = b'{"$progress":'
_LOADED = time.time_ns() // 1_000_000

State = Literal["running", "done", "stopped", "failed", "interrupted"]

_T = TypeVar("_T")


def progress_of(text: bytes) -> dict[str, Any] | None:
    """What a variable's text says of a loop; None where it is no progress."""
    if not text.lstrip().startswith(b'{"$progress"'):
        return None
    inner = json.loads(text).get(_KEY)
    return inner if isinstance(inner, dict) else None


class Loop:
    """One loop that is on its way."""

    def __init__(self, name: str, total: int | None, origin: SaidOrigin, kernel: str | None) -> None:
        self.name, self.total, self.origin, self.kernel = name, total, origin, kernel
        self.done = 0
        self.state: State = "running"
        self.rate: float | None = None
        self._started = time.time_ns() // 1_000_000
        self._begun = time.monotonic()

    def text(self) -> bytes:
        """As it is written."""
        seconds = time.monotonic() - self._begun
        rate = self.rate if self.rate is not None else self.done / seconds if seconds and self.done else None
        inner = {
            "done": self.done,
            "total": self.total,
            "state": self.state,
            "started": self._started,
            "seconds": round(seconds, 3),
            "rate": None if rate is None else float(f"{rate:.4g}"),
            "kernel": self.kernel,
        }
        return json.dumps({_KEY: inner}, separators=(",", ":")).encode()


class Board:
    """The loops of one session, and when each was written last."""

    def __init__(self, link: Link) -> None:
        self._link = link
        # What is written under it is written in order. Reentrant, for a loop that nobody holds any more ends anywhere.
        self._lock = threading.RLock()
        self._written: dict[str, float] = {}
        #: the last state of each name that waits for its time
        self._due: dict[str, Loop] = {}
        self._waits = False
        self._running: set[Loop] = set()
        #: loops that were left since the cell began
        self._left: list[Loop] = []
        at_exit(self._exits)

    def show(self, loop: Loop) -> None:
        """Write where it is, now or when its time has come. Never raises: no loop fails for its bar."""
        now = time.monotonic()
        with self._lock:
            self._running.add(loop)
            wait = self._written.get(loop.name, -EVERY_SECONDS) + EVERY_SECONDS - now
            if wait > 0:
                self._due[loop.name] = loop
                # The next item may take long.
                if not self._waits:
                    self._waits = True
                    self._link.later(wait, self.settle)
            else:
                self._write(loop)

    def end(self, loop: Loop) -> None:
        """Write that it has ended, now: who reads it next, or a script that is over, has no later time."""
        with self._lock:
            self._running.discard(loop)
            self._write(loop)

    def settle(self) -> None:
        """Write what waits."""
        with self._lock:
            due, self._waits = [*self._due.values()], False
            for loop in due:
                self._write(loop)

    def _exits(self) -> None:
        """The process ends, and with it what goes through a loop on other threads."""
        with self._lock:
            for loop in self._running:
                loop.state = "interrupted"
                self._write(loop)

    def left(self, loop: Loop) -> None:
        """A loop has ended before its end: why, its cell may tell."""
        self._left.append(loop)

    def ended(self, error: BaseException | None) -> None:
        """The cell is over: what it left, it left for this."""
        left, self._left = self._left, []
        for loop in left:
            if error is not None:
                loop.state = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
                self.end(loop)
        self.settle()

    def _write(self, loop: Loop) -> None:
        self._due.pop(loop.name, None)
        self._written[loop.name] = time.monotonic()
        # The session may be gone, or read-only by now.
        with contextlib.suppress(SessionError):
            self._link.put_as(loop.origin, loop.name, loop.text())


def _bars() -> Callable[..., Any]:
    """What makes a bar of tqdm's: a widget where the front end has these, else text."""
    try:
        import tqdm
    except ImportError:
        raise SessionError(
            "session.track draws its bar with tqdm, which is not installed in this kernel's environment: "
            "%pip install tqdm"
        ) from None
    try:
        import ipywidgets  # noqa: F401
        from tqdm.auto import tqdm as bar
    except ImportError:
        return cast("Callable[..., Any]", tqdm.tqdm)
    return cast("Callable[..., Any]", bar)


class Trackable:
    """Loops whose progress is seen."""

    _link: Link
    _board: Board | None = None

    @answered('for x in session.track(xs, "training"): ...')
    def track(
        self, items: Iterable[_T], name: str = "progress", *, total: int | None = None, unit: str = "it"
    ) -> Iterator[_T]:
        """Go through ``items`` with a bar under the cell and in every panel, in the variable ``name``::

            for batch in session.track(batches, "training"): ...

        ``total`` says how many there are where ``len(items)`` does not; ``unit`` is what one is called. Loops within
        one another each need a name of their own. The bar ends as done, stopped (the loop was left), failed or
        interrupted. Raises InvalidValue where ``name`` is a variable of another kind.
        """
        __tracebackhide__ = True
        if not isinstance(items, Iterable):
            raise WrongCall(f"What is tracked is gone through with for; {type(items).__name__} is not such a thing.")
        check_text(name)
        check_text(unit, "bar", "unit")
        if total is not None:
            check_whole(total, "A total")
        self._check(name)
        box = self._link.written(name)
        if name in self._link.specs or (box is not None and progress_of(as_text(box.value)) is None):
            raise InvalidValue(
                f"{name} is a variable already and not a loop's progress. Give the progress another name: "
                f'session.track(..., "{name} progress")',
                name=name,
            )
        if total is None:
            total = len(items) if isinstance(items, Sized) else length_hint(items, 0) or None
        loop = Loop(name, total, self._link.origin, kernel_id())
        return self._tracked(items, loop, partial(_bars(), total=total, desc=name, unit=unit))

    def _tracked(self, items: Iterable[_T], loop: Loop, make: Callable[[], Any]) -> Iterator[_T]:
        # Not before somebody goes through it: nobody would close the bar of a loop that never began, and where tqdm
        # does that as it is collected, it may be on the link's thread, which waits for tqdm's lock then.
        board, bar = self._progress(), make()
        board.show(loop)
        try:
            for item in items:
                yield item
                loop.done += 1
                if bar.update():
                    loop.rate = bar.format_dict["rate"]
                board.show(loop)
            loop.state = "done"
        except GeneratorExit:
            loop.state = "stopped"
            board.left(loop)
            raise
        except BaseException as error:
            loop.state = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            raise
        finally:
            loop.rate = None
            bar.close()
            board.end(loop)

    def _progress(self) -> Board:
        if self._board is None:
            self._board = Board(self._link)
        return self._board

    # --- for the hooks ---

    def loops_ended(self, error: BaseException | None) -> None:
        """A cell is over, with this error: the loops that it left have ended as it has."""
        if self._board is not None:
            self._board.ended(error)

    def loops_of_before(self) -> None:
        """Loops of this kernel that are running by their variables have ended with the process it was."""
        kernel = kernel_id()
        if kernel is None:
            return
        mark = json.dumps(kernel).encode()
        with self._link.moment() as replica:
            texts = {name: bytes(row.value) for name, row in replica.rows.items()}
        for name, text in texts.items():
            if not text.startswith(_MARK) or mark not in text:
                continue
            inner = progress_of(text)
            if (
                inner is not None
                and inner.get("state") == "running"
                and inner.get("kernel") == kernel
                and inner.get("started", 0) < _LOADED
            ):
                text = json.dumps({_KEY: {**inner, "state": "interrupted"}}, separators=(",", ":")).encode()
                self._link.put_as(SaidOrigin(kind="cell"), name, text)

    if TYPE_CHECKING:

        def _check(self, name: str) -> None: ...
