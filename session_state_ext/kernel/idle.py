"""The time between cells: what is to happen on the main thread, as soon as no cell runs."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Any

#: So many turns of the loop leave time for a message that has arrived, also where each takes long.
_TURNS = 10


def soon(shell: Any, is_running: Callable[[], bool], act: Callable[[], None]) -> Callable[[float], None] | None:
    """What has ``act`` called on the main thread when the kernel idles; from any thread.

    It is given the seconds to wait before; 0 is at once, else messages that have arrived by then are taken first.

    A cell that awaits something lets other things run and is not over: whoever runs cells calls ``act`` at its end.
    None where nothing happens between cells: in an IPython that waits for its next line.
    """
    loop = getattr(getattr(shell, "kernel", None), "io_loop", None)
    if loop is None:
        return None

    def idle() -> None:
        if not is_running() and threading.current_thread() is threading.main_thread():
            try:
                act()
            except KeyboardInterrupt:
                print("Session: interrupted between cells.", file=sys.stderr)

    def turn(left: int) -> None:
        if left:
            loop.add_callback(turn, left - 1)
        else:
            idle()

    def ask(seconds: float) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            if seconds:
                loop.add_callback(loop.call_later, seconds, turn, _TURNS)
            else:
                loop.add_callback(idle)

    return ask
