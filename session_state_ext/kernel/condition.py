"""How a kernel's link fares, as far as is known: who answers, what is kept, what is asked of a person."""

from __future__ import annotations

from session_state_ext.errors import SessionError
from session_state_ext.wire import Bindings

from .line import Line
from .replica import Replica
from .talker import Talker

_IN_SERVERS_MEMORY = (
    "Session: the server cannot write where sessions are stored, so this one is in its memory only and ends with it."
)


class Condition:
    """Of one line, as its thread knows it; nothing here waits."""

    def __init__(self, line: Line, talker: Talker) -> None:
        self._line, self._talker = line, talker

    @property
    def replica(self) -> Replica:
        """What is known; to be read under :meth:`moment` where more than one thing is read."""
        return self._line.replica

    @property
    def usable(self) -> bool:
        """Whether somebody is there to answer, as far as is known."""
        return self._line.usable

    @property
    def fleeting(self) -> str | None:
        """Why what is acknowledged does not outlive this kernel, a sentence; None where it does."""
        return self._line.fleeting

    @property
    def closed(self) -> SessionError | None:
        """Why the session cannot be changed, None where it can."""
        return self._line.closed

    @property
    def unkept(self) -> str | None:
        """Why what is acknowledged is on no disk, a sentence; None where it is."""
        meta = self._line.replica.meta
        in_memory = meta is not None and meta.storage == "memory"
        return self._line.fleeting or (_IN_SERVERS_MEMORY if in_memory else None)

    @property
    def unfounded(self) -> bool:
        """Whether the store is in this process and has not been there yet: nothing that is written is kept."""
        return self._line.local and not self._line.replica.known

    @property
    def early(self) -> bool:
        """Whether the server has answered, but does not know yet which session this kernel, just started, has."""
        return self._line.early

    @property
    def trouble(self) -> str | None:
        """Why nobody answers, a clause."""
        return self._line.trouble

    @property
    def waits(self) -> str | None:
        """Why whoever is there cannot store what was written just now, a sentence; it is tried again by itself."""
        return self._line.replica.waits

    @property
    def remembered(self) -> Bindings | None:
        """The names that this notebook's last kernel had bound, as far as that is known."""
        return self._talker.remembered

    @property
    def chosen(self) -> str | None:
        """The id of the session that was named for this kernel, where no notebook says which it has."""
        return self._talker.chosen

    @property
    def question(self) -> str | None:
        """Which session this notebook is to have is for somebody to choose: a sentence that says so."""
        return self._line.question

    @property
    def outages(self) -> int:
        """How often the connection went."""
        return self._line.outages

    @property
    def saved(self) -> bool:
        """Whether all that was written has been acknowledged."""
        return not self._line.replica.outbox
