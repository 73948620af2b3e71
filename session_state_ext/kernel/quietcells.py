"""Cells that IPython runs without announcing them: those of a notebook behind ``%run``."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, NamedTuple

from IPython.core.interactiveshell import InteractiveShell


class QuietCell(NamedTuple):
    """What is known of one."""

    raw: str
    #: what it came to; None while it runs
    result: Any


def innermost() -> QuietCell | None:
    """The cell that ``run_cell`` runs or has just run on this thread, where it was told to be silent."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is InteractiveShell.run_cell.__code__:
            known = frame.f_locals
            return QuietCell(known["raw_cell"], known.get("result")) if known.get("silent") else None
        frame = frame.f_back
    return None
