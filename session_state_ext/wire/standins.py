"""What a JSON Schema sees in place of a typed value: the number, the text or the list that it stands for.

The one table of them. The panel leaves such values to the server.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

#: What infinity is compared as. Not a number is compared as both, so that no bound lets it through.
_LARGEST = 1.7976931348623157e308

#: A schema looks at the members of no longer range.
_LISTED = 10_000

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def standin(value: Any, nan: float = _LARGEST) -> Any:
    """``value``, as it came out of its JSON text, with every typed value replaced; ``nan`` stands for NaN."""
    if isinstance(value, list):
        return [standin(member, nan) for member in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, inner),) = value.items()
        if key == "$dict" and isinstance(inner, dict):
            return {name: standin(member, nan) for name, member in inner.items()}
        if key in _TABLE:
            try:
                return _TABLE[key](inner, nan)
            except (ValueError, TypeError, KeyError, ArithmeticError):
                # It is none of ours, only an object that looks like one.
                pass
    return {name: standin(member, nan) for name, member in value.items()}


def standins(text: bytes, value: Any) -> list[Any]:
    """What a value, and its text, has to be valid as: all of these."""
    if b'"$' not in text:
        return [value]
    if b'"NaN"' not in text:
        return [standin(value)]
    return [standin(value, _LARGEST), standin(value, -_LARGEST)]


def _double(inner: Any, nan: float) -> float:
    known = {"NaN": nan, "Infinity": _LARGEST, "-Infinity": -_LARGEST}
    return known[inner] if inner in known else float(_text(inner))


def _decimal(inner: Any, nan: float) -> float | int:
    number = float(_text(inner))
    if number != number:
        return nan
    return max(-_LARGEST, min(_LARGEST, number))


def _date(inner: Any, _: float) -> str:
    if isinstance(inner, dict):
        at = _EPOCH + timedelta(milliseconds=int(inner["$numberLong"]))
        return at.isoformat().replace("+00:00", "Z")
    return _zoned(_text(inner), 11)


def _zoned(text: str, start: int) -> str:
    """With an offset and no name of a zone, as RFC 3339 wants it; a time without a zone is as good as one with it."""
    text = text.partition("[")[0]
    tail = text[start:]
    return text if tail.endswith(("Z", "z")) or "+" in tail or "-" in tail else f"{text}Z"


def _fraction(inner: Any) -> float | int:
    numerator, denominator = inner
    return numerator if denominator == 1 else numerator / denominator  # type: ignore[no-any-return]


def _range(inner: Any) -> list[int]:
    start, stop, step = inner
    members = range(start, stop, step)
    if len(members) > _LISTED:
        raise ValueError(inner)
    return list(members)


def _missing(inner: Any) -> None:
    if inner not in ("NA", "NaT"):
        raise ValueError(inner)


def _part(inner: Any, nan: float) -> Any:
    return standin(inner, nan)


def _text(inner: Any) -> str:
    if not isinstance(inner, str):
        raise TypeError(inner)
    return inner


_TABLE: dict[str, Callable[[Any, float], Any]] = {
    "$numberDouble": _double,
    "$numberInt": lambda inner, _: int(_text(inner)),
    "$numberLong": lambda inner, _: int(_text(inner)),
    "$numberDecimal": _decimal,
    "$date": _date,
    "$localDate": lambda inner, _: _text(inner),
    "$localTime": lambda inner, _: _zoned(_text(inner), 0),
    "$duration": lambda inner, _: _text(inner),
    "$binary": lambda inner, _: _text(inner["base64"]),
    "$uuid": lambda inner, _: _text(inner),
    "$complex": lambda inner, nan: [_part(part, nan) for part in inner],
    "$fraction": lambda inner, _: _fraction(inner),
    "$range": lambda inner, _: _range(inner),
    "$path": lambda inner, _: _text(inner["path"]),
    "$missing": lambda inner, _: _missing(inner),
}
