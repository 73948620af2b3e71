"""Numbers as a small picture in a table, as the panel draws them: a line, a heat map. Nothing but numbers is drawn."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence

from . import arraytext
from .display import below

#: Fewer are read more quickly than drawn.
_FEWEST = 8
_MOST = 200_000
_READ = 1024 * 1024
_WIDTH, _HEIGHT = 160, 26
#: A heat map has so many fields at most, along and down.
_ALONG, _DOWN = 48, 24
_INK = "var(--jp-brand-color1,#1976d2)"


def sketch(text: bytes) -> str | None:
    """SVG, and what stands at both ends, for a list or an array of numbers; None for any other value."""
    if text[:1] == b"[" and len(text) <= _READ:
        found = arraytext.as_numbers(_plain_list(text))
        return None if found is None else _line(found)
    if not text.startswith(b'{"$ndarray"') or len(text) > 2 * _READ:
        return None
    try:
        inner = json.loads(text)["$ndarray"]
        found, shape = arraytext.numbers(inner, _MOST), inner["shape"]
        if found is None or len(found) != math.prod(shape):
            return None
        sides = [side for side in shape if side > 1]
        return _line(found) if len(sides) == 1 else _heat(found, *sides) if len(sides) == 2 else None
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, struct.error):
        return None


def _plain_list(text: bytes) -> list[object]:
    # Most lists are no numbers; what begins otherwise is not read.
    if text[1:64].lstrip()[:1] not in b"-0123456789":
        return []
    read = json.loads(text)
    return [arraytext.finite(one) for one in read]


def _line(numbers: Sequence[float]) -> str | None:
    finite = [(at, one) for at, one in enumerate(numbers) if math.isfinite(one)]
    if len(finite) < _FEWEST:
        return None
    low, high = min(one for _, one in finite), max(one for _, one in finite)
    span = (high - low) or 1.0
    if not math.isfinite(span):
        return None
    step = _WIDTH / (len(numbers) - 1)
    points = " ".join(
        f"{at * step:.4g},{_HEIGHT - 2 - (one - low) / span * (_HEIGHT - 4):.4g}" for at, one in _thinned(finite)
    )
    drawn = f'<polyline points="{points}" fill="none" stroke="{_INK}" stroke-width="1.4" stroke-linejoin="round"/>'
    missing = len(numbers) - len(finite)
    gaps = f" · {missing:,} not finite" if missing else ""
    return _svg(_WIDTH, _HEIGHT, drawn) + below(f"{_short(numbers[0])} → {_short(numbers[-1])}{gaps}")


def _thinned(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Of each stretch the lowest and the highest, so that no spike is lost."""
    if len(points) <= 2 * _WIDTH:
        return points
    size = math.ceil(len(points) / _WIDTH)
    found = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        found += sorted({min(stretch, key=lambda one: one[1]), max(stretch, key=lambda one: one[1])})
    return found


def _heat(numbers: Sequence[float], rows: int, columns: int) -> str | None:
    finite = [one for one in numbers if math.isfinite(one)]
    if len(finite) < _FEWEST:
        return None
    low, high = min(finite), max(finite)
    span = (high - low) or 1.0
    if not math.isfinite(span):
        return None
    down, along = min(rows, _DOWN), min(columns, _ALONG)
    side = 8 if max(down, along) <= 8 else 4 if max(down, along) <= _DOWN else 3
    fields = []
    for y in range(down):
        for x in range(along):
            one = numbers[y * rows // down * columns + x * columns // along]
            if math.isfinite(one):
                shade = 0.06 + 0.94 * (one - low) / span
                fields.append(
                    f'<rect x="{x * side}" y="{y * side}" width="{side}" height="{side}" fill-opacity="{shade:.2f}"/>'
                )
    drawn = f'<g fill="{_INK}">{"".join(fields)}</g>'
    return _svg(along * side, down * side, drawn) + below(f"{_short(low)} to {_short(high)}")


def _svg(width: int, height: int, drawn: str) -> str:
    # At the top, so that what stands beside it does, too.
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg {size} style="vertical-align:top" aria-hidden="true">{drawn}</svg>'


def _short(number: float) -> str:
    return f"{number:.5g}"
