"""Which names of a notebook are bound: by whom they are kept equal says :mod:`.exchange`, for how long this module."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable

from session_state_ext.errors import SessionError
from session_state_ext.names import is_safe
from session_state_ext.spelling import nearest
from session_state_ext.wire import Bindings

from .exchange import Exchange
from .link import Link
from .namespace import Namespace
from .outbox import Refusal
from .session import Session

#: Whoever binds a name does not wait longer for that to be remembered.
_SECONDS = 2.0
#: Stands in Bindings for all variables, those to come too.
ALL = "*"


class Binding:
    """The bound names of one shell."""

    def __init__(self, link: Link, session: Session, names: Namespace) -> None:
        self._link, self._names = link, names
        self._exchange = Exchange(link, session, names, lambda name: name in self._force or ALL in self._force)
        #: bound by name, in order
        self._bound: dict[str, None] = {}
        #: all variables are, but for ``_without``
        self._all = False
        self._without: set[str] = set()
        #: may replace functions, classes and modules; ALL stands for every name
        self._force: set[str] = set()
        #: lines of a settle in the middle of a cell
        self._later: list[str] = []
        self._safe: dict[str, bool] = {}
        self._restored = False
        #: what could not be remembered yet, and in which outage
        self._owed: Bindings | None = None
        self._tried = -1
        names.binding(self.settle, self._agree)

    # --- which names ---

    def bind(self, names: Iterable[str], *, force: bool = False) -> list[str]:
        """Bind these names, or all variables where none are given; lines to show. Raises Unplaced."""
        names = [*names]
        self._link.known()
        self.restore()
        for name in names:
            self._names.check(name, force=force)
        if names:
            self._bound.update(dict.fromkeys(names))
            self._without.difference_update(names)
        else:
            self._all, self._without = True, set()
        if force:
            self._force.update(names or [ALL])
        else:
            self._force.difference_update(names)
        self._exchange.speak_again(names or self.bound)
        self._remember()
        unfit = [] if names else [name for name in self._link.names() if not self._is_safe(name)]
        return [*self.take_in(), *([f"Not bound, because Python has no such names: {_listed(unfit)}"] if unfit else [])]

    def describe(self) -> str:
        """What is bound, a line."""
        names = _listed(self.bound)
        if not self._all:
            return f"Bound: {names}." if names else "No name is bound."
        rest = f", but for {_listed(sorted(self._without))}" if self._without else ""
        return f"Bound: all variables{f' ({names})' if names else ''}, and those to come{rest}."

    def unbind(self, names: Iterable[str] = ()) -> None:
        """Bind these names no more, or none at all. What they mean stays, on both sides. Raises SessionError."""
        names, bound = [*names], self.bound
        wrong = next((name for name in names if name not in bound), None)
        if wrong is not None:
            raise SessionError(f"{wrong} is not bound.{nearest(wrong, bound)} {self.describe()}")
        self.settle()
        self.restore()
        for name in names or [*self._bound]:
            self._bound.pop(name, None)
        if not names:
            self._all, self._without, self._force = False, set(), set()
        elif self._all:
            self._without.update(names)
        self._exchange.forget(names or None)
        self._force.difference_update(names)
        self._remember()

    @property
    def bound(self) -> list[str]:
        """The names that are bound now."""
        if not self._all:
            return [*self._bound]
        fit = (name for name in self._link.names() if name not in self._without and self._is_safe(name))
        return [*dict.fromkeys([*self._bound, *fit])]

    def _is_safe(self, name: str) -> bool:
        found = self._safe.get(name)
        if found is None:
            found = self._safe[name] = is_safe(name)
        return found

    def _remember(self) -> None:
        names = [ALL, *self._bound] if self._all else [*self._bound]
        self._owed = Bindings(names=names, without=sorted(self._without), force=sorted(self._force))
        self._tried = -1
        self.pay()

    def pay(self) -> None:
        """Have it remembered, for this notebook's next kernel; where nobody answers, when they are back."""
        owed = self._owed
        if owed is None or self._tried == self._link.outages or not self._link.usable:
            return
        self._tried = self._link.outages
        with contextlib.suppress(SessionError):
            self._link.ask(lambda backend: backend.remember(owed), _SECONDS)
            self._owed = None

    def restore(self) -> None:
        """Bind what this notebook's kernels had bound before, as soon as that is known."""
        if self._restored or not self._link.replica.known:
            return
        self._restored = True
        remembered = self._link.remembered
        if remembered is not None:
            self._all = ALL in remembered.names
            self._bound = {name: None for name in remembered.names if name != ALL and is_safe(name)}
            self._without, self._force = set(remembered.without), set(remembered.force)

    # --- around the cells ---

    def _ready(self) -> bool:
        # A subshell runs cells beside the main thread, which may use the names just then.
        if threading.current_thread() is not threading.main_thread():
            return False
        if not self._link.replica.known or self._link.in_batch:
            return False
        self.restore()
        self._exchange.turn_to(self._link.replica.session_id)
        return self._all or bool(self._bound)

    def take_in(self) -> list[str]:
        """Before a cell: put into the names what others have changed; lines to show."""
        return self._exchange.take_in(self.bound) if self._ready() else []

    def settle(self) -> None:
        """Write what has changed in the names so far, without a word: the end of the cell has it."""
        self._later += self.write_back()

    def write_back(self, *, cleared: bool = False) -> list[str]:
        """After a cell: write what it has changed in the names, as one change; lines to show.

        ``cleared``: a magic has emptied the names, which deletes nothing.
        """
        said, self._later = self._later, []
        self.pay()
        return said + self._exchange.write_back(self.bound, cleared=cleared) if self._ready() else said

    def hold(self, names: Iterable[str]) -> None:
        """A step that failed was to write these: what it left of them stays here."""
        if self._ready():
            bound = self.bound
            self._exchange.hold([name for name in names if name in bound])

    def refused(self, refusals: Iterable[Refusal]) -> None:
        """The server did not take these: what the names mean is the user's own."""
        self._exchange.refused(refusals)

    def _agree(self, name: str, text: bytes | None) -> None:
        if name in self._bound or (self._all and name not in self._without):
            self._exchange.agree(name, text)


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:5])} and {len(names) - 5} more"
