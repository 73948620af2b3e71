"""What the kernel's main thread and the link's own thread share: one replica, and how the connection stands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

from session_state_ext.errors import ReadOnly, SessionError, StorageReadOnly
from session_state_ext.names import new_tag
from session_state_ext.wire import InvalidField

from .replica import Replica

#: A wait can be interrupted after this time at the latest.
SLICE_SECONDS = 0.05

#: connecting: nobody has answered yet. open: a welcome came. down: lost, or nobody there. off: let go, or forked.
State = Literal["connecting", "open", "down", "off"]


class BarrierAnswer(NamedTuple):
    """What the server said when all edits made before had arrived."""

    revision: int
    #: client ids of editors that did not answer in time
    late: list[str]
    #: fields that hold what cannot be sent
    invalid: list[InvalidField]


class Line:
    """Guarded by ``lock``, unless a line says otherwise; ``changed`` is notified of whatever happens."""

    def __init__(self, *, local: bool) -> None:
        # Reentrant, for a signal's handler may write too.
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.replica = Replica(new_tag())
        self.state: State = "connecting"
        #: connected, but a barrier was not answered in time
        self.silent = False
        #: why nobody answers, a clause
        self.trouble: str | None = None
        #: which session this notebook is to have is for somebody to choose: a sentence that says so
        self.question: str | None = None
        #: whoever is there has answered, and does not know yet which session this kernel has: at its start that is
        #: no trouble
        self.early = False
        #: counts the times that the connection went
        self.outages = 0
        #: why what is acknowledged does not outlive this kernel, a sentence
        self.fleeting: str | None = None
        #: whether the backend is in this process
        self.local = local
        #: who should answer, for sentences
        self.other = "the session store" if local else "the session server"
        #: the talker knows that something waits to be sent
        self.scheduled = False
        #: barriers that were asked for
        self.barriers: dict[str, BarrierAnswer | None] = {}

    @property
    def shut(self) -> bool:
        """Whether nothing may be written."""
        return self.state == "off" or self.closed is not None

    @property
    def closed(self) -> SessionError | None:
        """Why the session cannot be changed, None where it can."""
        replica = self.replica
        if replica.read_only:
            return ReadOnly()
        if replica.meta is not None and replica.meta.storage == "read-only":
            return StorageReadOnly("The session can be read, but not changed just now: its disk cannot be written.")
        return None

    @property
    def usable(self) -> bool:
        """Whether somebody is there to answer, as far as is known."""
        return self.state == "open" and not self.silent

    def fallen(self, reason: str) -> None:
        """Nobody answers any more. Called with the lock held."""
        self.early = False
        if self.usable or self.trouble is None:
            self.outages += 1
        self.trouble = reason
        if self.state != "off":
            self.state = "down"
        self.changed.notify_all()

    def hushed(self, reason: str) -> None:
        """Whoever is there does not answer in time. Called with the lock held."""
        if not self.silent:
            self.silent, self.trouble = True, reason
            self.outages += 1

    def heard(self, *, welcome: bool) -> None:
        """A frame came. Called with the lock held."""
        self.silent = False
        if welcome:
            self.early = False
            self.state, self.trouble = "open", None
        elif self.state == "open":
            self.trouble = None

    def wait(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Whether ``ready`` became true in time. In slices, so that an interrupt gets through."""
        until = time.monotonic() + seconds
        with self.lock:
            while not ready():
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self.changed.wait(min(left, SLICE_SECONDS))
        return True

    def forked(self) -> None:
        """In the child of a fork: the other thread is not there, and may have held the lock."""
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.state, self.trouble = "off", "this process was forked from the kernel"
        self.replica.watch = None
