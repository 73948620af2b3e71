"""What stands in an array, from its JSON form and without numpy: the first members in brackets, or all numbers."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Sequence
from typing import Any

#: How the bytes of each type are read.
_FORMATS = {
    "bool": "?",
    **{f"{'u' * unsigned}int{bits}": code for unsigned, codes in ((0, "bhiq"), (1, "BHIQ"))
       for bits, code in zip((8, 16, 32, 64), codes, strict=True)},
    "float16": "e",
    "float32": "f",
    "float64": "d",
}  # fmt: skip
_SHORT_FLOATS = ("float16", "float32")


def members(inner: Any, most: int) -> list[Any] | None:
    """The first members of what stands under ``$ndarray``, row by row; None where they are no numbers or text.

    Raises KeyError, TypeError, ValueError where this is no array.
    """
    if "data" in inner:
        return [finite(one) for one in inner["data"][:most]]
    code = _FORMATS.get(inner["dtype"])
    if code is None:
        return None
    size = struct.calcsize(f"<{code}")
    # Four characters are three bytes.
    raw = base64.b64decode(inner["base64"][: 4 * math.ceil(most * size / 3)])
    return list(struct.unpack(f"<{min(most, len(raw) // size)}{code}", raw[: len(raw) // size * size][: most * size]))


def finite(one: Any) -> Any:
    """NaN and the infinities out of what stands for them."""
    return float(one["$numberDouble"]) if isinstance(one, dict) and "$numberDouble" in one else one


def nested(inner: Any, most: int) -> str | None:
    """The first members in brackets, as Python writes them: ``[[1, 2, 3], [4, 5, 6]]``. None as of :func:`members`."""
    found = members(inner, most)
    if found is None:
        return None
    shape: list[int] = inner["shape"]
    if not math.prod(shape):
        return "[]"
    short = inner["dtype"] in _SHORT_FLOATS
    sizes = [math.prod(shape[at:]) for at in range(len(shape))]
    parts = []
    for at, one in enumerate(found):
        opens, closes = (sum(place % size == 0 for size in sizes) for place in (at, at + 1))
        parts.append("[" * opens + _word(one, short=short) + "]" * closes)
    return ", ".join(parts) + (", ..." if len(found) < math.prod(shape) else "")


def _word(one: Any, *, short: bool) -> str:
    if isinstance(one, float):
        return f"{one:.7g}" if short else repr(one)
    return json.dumps(one, ensure_ascii=False)


def numbers(inner: Any, most: int) -> list[float] | None:
    """All numbers of an array that has so many at most; None where there are more, or none."""
    if math.prod(inner["shape"]) > most:
        return None
    return as_numbers(members(inner, most))


def as_numbers(found: Sequence[Any] | None) -> list[float] | None:
    """These as floats, where all of them are numbers."""
    if not found or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in found):
        return None
    try:
        return [float(one) for one in found]
    except OverflowError:
        return None
