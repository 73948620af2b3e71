"""How far a run is: a bar in a terminal, where rich is installed; a line a cell anywhere else. All on stderr."""

from __future__ import annotations

import sys
import time
from typing import Any


class Progress:
    """Cells done, of how many, and what runs now. A context manager."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._started = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        if sys.stderr.isatty():
            self._bar, self._task = _bar(total)

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def at(self, what: str) -> None:
        """A cell begins."""
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, what=what)
        else:
            seconds = time.monotonic() - self._started
            print(f"[{self._done + 1}/{self._total}] {seconds:6.1f} s  {what}", file=sys.stderr, flush=True)

    def done(self) -> None:
        """A cell has ended."""
        self._done += 1
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done)


def _bar(total: int) -> tuple[Any, Any]:
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar
    except ImportError:
        return None, None
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[what]}", markup=False))
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    return bar, bar.add_task("", total=total, what="")
