"""What becomes of variables that somebody watches: each change once, the old value of one the new value of the last.

Pure, like :mod:`.replica`, which tells it where to look; called with the line's lock held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from session_state_ext.model import Origin

from .outbox import as_text

if TYPE_CHECKING:
    from .replica import Replica


class Seen(Struct, frozen=True, kw_only=True):
    """One variable changed, as an observer is told of it. JSON text, None where there is no value."""

    name: str
    old: bytes | None
    new: bytes | None
    origin: Origin
    revision: int


class Watch:
    """Compares what is shown with what was shown when it was last told."""

    def __init__(self, replica: Replica, take: Callable[[Seen], None]) -> None:
        """``take`` must be quick and must not write."""
        self._replica = replica
        self._take = take
        #: None: all of them
        self._names: frozenset[str] | None = frozenset()
        self._shown: dict[str, bytes | None] = {}
        #: there was something to compare with
        self._based = replica.known

    def of(self, names: frozenset[str] | None) -> None:
        """Watch these from now on, or all (None)."""
        self._names = names
        watched = self._replica.names() if names is None else names
        self._shown = {name: self._text(name) for name in watched}

    def _text(self, name: str) -> bytes | None:
        box = self._replica.written(name)
        return None if box is None else as_text(box.value)

    def wants(self, name: str) -> bool:
        """Whether anybody asks for this variable."""
        return self._names is None or name in self._names

    def look(self, names: Iterable[str], origin: Origin, revision: int) -> None:
        """These may have changed, by this origin."""
        for name in names:
            if self.wants(name):
                self.shows(name, self._text(name), origin, revision)

    def shows(self, name: str, new: bytes | None, origin: Origin, revision: int) -> None:
        """This is what is shown of ``name`` now; None where there is no such variable."""
        old = self._shown.get(name)
        if old != new:
            self._shown[name] = new
            self._take(Seen(name=name, old=old, new=new, origin=origin, revision=revision))

    def redeclared(self, names: Iterable[str]) -> None:
        """The declarations of these are others now: told as a change from what it is to what it is."""
        for name in names:
            if self.wants(name):
                text = self._text(name)
                origin = Origin(kind="api")
                self._take(Seen(name=name, old=text, new=text, origin=origin, revision=self._replica.revision))

    def look_again(self) -> None:
        """A whole state came: the first is where watching begins, of a later one whatever is different is told."""
        replica = self._replica
        names = {**self._shown, **dict.fromkeys(replica.names())} if self._names is None else self._names
        if not self._based:
            self._based = True
            self._shown = {name: self._text(name) for name in names}
            return
        for name in names:
            row = replica.rows.get(name)
            origin = row.origin if row is not None else Origin(kind="api")
            self.look([name], origin, replica.revision)
