"""When :mod:`.talker` tries again what did not work."""

from __future__ import annotations

import random
import time

#: A lost connection is tried again after a time that doubles from the first to the second, give or take half.
BACK_OFF_SECONDS = (0.1, 5.0)
#: What whoever is there cannot store just now is sent again after a time that doubles likewise.
PATIENCE_SECONDS = (0.5, 10.0)
#: The server that does not know this kernel's session yet is asked again after this time.
BUSY_SECONDS = 1.0
#: That it does not know is no trouble before this time has passed since the first question: it is told of a kernel's
#: notebook after it has started the kernel, and waits itself before it says that there is none.
_QUICKER_SECONDS = 4.0


class Retries:
    """How often it did not work, and so how long to wait; all times in seconds."""

    def __init__(self) -> None:
        self._failures = self._put_off = 0
        self._busy_since: float | None = None

    def failed(self) -> float:
        """There was no connection, or it was lost."""
        self._failures += 1
        return _doubling(BACK_OFF_SECONDS, self._failures)

    def busy(self) -> tuple[float, bool]:
        """The server does not know yet; and whether that is no trouble: a kernel may be quicker than its server."""
        now = time.monotonic()
        self._busy_since = self._busy_since or now
        return min(BUSY_SECONDS, self.failed()), now - self._busy_since < _QUICKER_SECONDS

    def connected(self) -> None:
        """It worked: the next failure is the first one."""
        self._failures, self._busy_since = 0, None

    def put_off(self) -> float:
        """What was sent could not be stored."""
        self._put_off += 1
        return _doubling(PATIENCE_SECONDS, self._put_off)

    def stored(self) -> None:
        """It could: the next time is the first one."""
        self._put_off = 0


def _doubling(seconds: tuple[float, float], times: int) -> float:
    first, most = seconds
    return min(most, first * 2.0 ** min(times - 1, 10)) * random.uniform(0.5, 1.5)  # noqa: S311
