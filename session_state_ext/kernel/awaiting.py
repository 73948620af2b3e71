"""Waiting for a coroutine where nothing can be awaited: beside the event loop that runs already, in its own thread."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import threading
from collections.abc import Coroutine
from typing import Any

#: A wait can be interrupted after this time at the latest, in seconds.
_SLICE = 0.05
#: What does not await does not notice that it was cancelled; after this time it is interrupted like any other code.
_PATIENCE = 1.0


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    """What ``work`` returns, or raises. An interrupt cancels it and is raised when it has ended."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    beside = _Beside(work)
    beside.start()
    return beside.result()


class _Beside(threading.Thread):
    """A thread with a loop of its own for one coroutine."""

    def __init__(self, work: Coroutine[Any, Any, Any]) -> None:
        super().__init__(daemon=True, name="session-state-step")
        self._work = work
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[Any] | None = None
        self._returned: Any = None
        self._raised: BaseException | None = None
        # Not join(): one that is interrupted takes a running thread for ended.
        self._over = threading.Event()
        # What it prints belongs to the cell that waits for it.
        self._context = contextvars.copy_context()

    def run(self) -> None:
        self._context.run(self._run)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._task = self._loop.create_task(self._work)
            self._returned = self._loop.run_until_complete(self._task)
        except BaseException as error:  # for whoever waits
            self._raised = error
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self._over.set()

    def result(self) -> Any:
        interrupted: KeyboardInterrupt | None = None
        while not self._over.is_set():
            try:
                self._over.wait(_SLICE)
            except KeyboardInterrupt as error:
                interrupted = error
                self._cancel()
        if interrupted is not None:
            raise interrupted
        if self._raised is not None:
            raise self._raised
        return self._returned

    def _cancel(self) -> None:
        task = self._task
        if task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(task.cancel)
        if not self._over.wait(_PATIENCE) and self.ident is not None:
            interrupt = ctypes.py_object(KeyboardInterrupt)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident), interrupt)
