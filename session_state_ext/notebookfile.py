"""What a notebook's file tells: the ids of its cells (nbformat 4.5), by which it is known again; values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

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


# --- values that travel with a notebook ---

#: Our place in a notebook's metadata.
METADATA = "session_state"


class Kept(Struct, frozen=True):
    """What a notebook carries of a session: ``{"keep": SESSION, "values": {"lr": 0.1}}``."""

    #: the id of the session whose values are put in at each save; those of any other session are not
    keep: str | None = None
    #: JSON texts, as somebody has saved them
    values: dict[str, Raw] = {}


class _Metadata(Struct, frozen=True):
    session_state: Kept = Kept()


class _Carrier(Struct, frozen=True):
    metadata: _Metadata = _Metadata()


def kept_at(path: str | os.PathLike[str]) -> Kept:
    """What the notebook at ``path`` carries; nothing where that cannot be told."""
    file = Path(path)
    try:
        return kept_in(file.read_bytes()) if file.stat().st_size <= MOST_BYTES else Kept()
    except OSError:
        return Kept()


def kept_in(notebook: bytes) -> Kept:
    """What a notebook's JSON text carries; nothing where it is no such text."""
    try:
        return msgspec.json.decode(notebook, type=_Carrier).metadata.session_state
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return Kept()
