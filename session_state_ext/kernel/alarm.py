"""A cell that may not run longer than it said."""

from __future__ import annotations

import _thread
import asyncio
import signal
import threading
import time
from collections.abc import Callable

#: So long a cell whose time is over has to end before it is interrupted again.
_AGAIN_SECONDS = 5.0


class Alarm:
    """Interrupts the thread that made it, as the stop button would, ``seconds`` after it was set, and again a little
    later.

    ``unheard`` is called, on a thread of its own, where neither had an effect: a bare ``except:`` swallows them.
    """

    def __init__(self, seconds: float, unheard: Callable[[], None]) -> None:
        self._seconds, self._unheard, self._rings = seconds, unheard, 0
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
        self._timer: threading.Timer | None = None

    def set(self) -> None:
        """The time begins. It may ring before this returns: whoever stops it must hold it by now."""
        with self._lock:
            self._start(self._seconds)

    def _start(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> bool:
        """It is not wanted any more; whether it rang."""
        try:
            with self._lock:
                self._stopped = True
            if self._timer is not None:
                self._timer.cancel()
            if self._rings:
                time.sleep(0)
        except KeyboardInterrupt:
            # It rang as the body ended: what was to interrupt that comes here, and no later.
            self._stopped = True
        return self._rings > 0

    def _ring(self) -> None:
        with self._lock:
            if self._stopped:
                return
            if self._rings == 2:
                self._unheard()
                return
            self._rings += 1
            self._start(_AGAIN_SECONDS)
            if hasattr(signal, "pthread_kill"):
                # A real signal: it also wakes a thread that sleeps.
                signal.pthread_kill(self._thread, signal.SIGINT)
            else:
                _thread.interrupt_main()
            if self._loop is not None:
                # A body that awaits is cancelled by its loop, which looks at what the signal left when it is woken.
                self._loop.call_soon_threadsafe(lambda: None)
