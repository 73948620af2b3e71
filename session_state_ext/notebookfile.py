"""What a notebook's file tells: the ids of its cells (nbformat 4.5), by which it is known again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

#: A file larger than this is not read; its notebook counts as not known.
MOST_BYTES = 32 * 1024 * 1024

#: As many tell two notebooks apart.
_MOST_CELLS = 1000

#: nbformat's own limit for an id.
_MOST_CHARS = 64


class _Cell(Struct):
    id: Any = None


class _Notebook(Struct):
    cells: list[_Cell] | UnsetType = UNSET


def cells_at(path: str | os.PathLike[str]) -> tuple[str, ...] | None:
    """The ids of the cells of the notebook at ``path``; empty where it has none, None where that cannot be told."""
    file = Path(path)
    try:
        if file.stat().st_size > MOST_BYTES:
            return None
        notebook = msgspec.json.decode(file.read_bytes(), type=_Notebook)
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
        return None
    return None if notebook.cells is UNSET else known(cell.id for cell in notebook.cells)


def known(ids: Any) -> tuple[str, ...] | None:
    """The ids that can be remembered, in order; None where there are cells and none has an id."""
    found = list(ids)
    kept = dict.fromkeys(each for each in found if isinstance(each, str) and 1 <= len(each) <= _MOST_CHARS)
    return None if found and not kept else tuple(kept)[:_MOST_CELLS]


def is_gone(path: str) -> bool:
    """Whether this was a file of this machine and is no more."""
    return os.path.isabs(path) and not os.path.lexists(path)


def are_strangers(before: tuple[str, ...], now: tuple[str, ...] | None) -> bool:
    """Whether a notebook that had cells has none of them now."""
    return bool(before) and now is not None and not set(before) & set(now)


def likeness(before: tuple[str, ...], now: tuple[str, ...]) -> float:
    """How much of the larger of two notebooks is in both, from 0 to 1."""
    larger = max(len(before), len(now))
    return len(set(before) & set(now)) / larger if larger else 0.0
