"""Single values that JSON lacks: the fixed table of their forms, both ways."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from session_state_ext.errors import InvalidValue

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DURATION = re.compile(r"P(-?\d+)DT(\d+)(?:\.(\d{6}))?S")


def encode(value: Any, path: str) -> dict[str, Any] | None:
    """The typed object of ``value``, or None where it is not one of these types."""
    if isinstance(value, datetime):
        if value != value:
            raise InvalidValue(f"{path}: NaT is no date. Store None.")
        if type(value) is not datetime and getattr(value, "nanosecond", False):
            raise InvalidValue(f"{path}: {value} has nanoseconds, a date here has microseconds. Use value.floor('us').")
        # A zone's name is not kept, its offset is.
        text = value.isoformat()
        return {"$date": text[:-6] + "Z" if text.endswith("+00:00") else text}
    for kind, form in _ENCODERS:
        if isinstance(value, kind):
            key, inner = form(value)
            return {key: inner}
    return None


def _duration(value: timedelta) -> str:
    fraction = f".{value.microseconds:06d}" if value.microseconds else ""
    return f"P{value.days}DT{value.seconds}{fraction}S"


def _base64(data: bytes | bytearray | memoryview) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode("ascii"), "subType": "00"}


def _part(number: float) -> Any:
    return number if number - number == 0 else {"$numberDouble": non_finite(number)}


_ENCODERS: tuple[tuple[Any, Callable[[Any], tuple[str, Any]]], ...] = (
    (date, lambda value: ("$localDate", value.isoformat())),
    (time, lambda value: ("$localTime", value.isoformat())),
    (timedelta, lambda value: ("$duration", _duration(value))),
    (Decimal, lambda value: ("$numberDecimal", str(value))),
    ((bytes, bytearray, memoryview), lambda value: ("$binary", _base64(value))),
    (UUID, lambda value: ("$uuid", str(value))),
    (complex, lambda value: ("$complex", [_part(value.real), _part(value.imag)])),
)


def non_finite(value: float) -> str:
    """The name of a number that is none: ``NaN``, ``Infinity``, ``-Infinity``."""
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _read_date(inner: Any) -> datetime:
    if isinstance(inner, dict):  # Extended JSON's canonical form: milliseconds
        return _EPOCH + timedelta(milliseconds=int(inner["$numberLong"]))
    return datetime.fromisoformat(_zone(_text(inner)))


def _zone(text: str) -> str:
    # Python 3.10 reads neither Z nor a fraction of three digits followed by it.
    return text[:-1] + "+00:00" if text.endswith("Z") else text


def _read_duration(inner: Any) -> timedelta:
    found = _DURATION.fullmatch(_text(inner))
    if found is None:
        raise ValueError(inner)
    days, seconds, fraction = found.groups()
    return timedelta(days=int(days), seconds=int(seconds), microseconds=int(fraction or 0))


def _read_binary(inner: Any) -> bytes:
    return base64.b64decode(inner["base64"], validate=True)


def _read_complex(inner: Any) -> complex:
    real, imaginary = (_read_double(part["$numberDouble"]) if isinstance(part, dict) else float(part) for part in inner)
    return complex(real, imaginary)


def _read_double(inner: Any) -> float:
    names = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
    return names[inner] if inner in names else float(_text(inner))


def _text(inner: Any) -> str:
    if not isinstance(inner, str):
        raise TypeError(inner)
    return inner


DECODERS: dict[str, Callable[[Any], Any]] = {
    "$numberDouble": _read_double,
    "$numberInt": lambda inner: int(_text(inner)),
    "$numberLong": lambda inner: int(_text(inner)),
    "$numberDecimal": lambda inner: Decimal(_text(inner)),
    "$date": _read_date,
    "$localDate": lambda inner: date.fromisoformat(_text(inner)),
    "$localTime": lambda inner: time.fromisoformat(_zone(_text(inner))),
    "$duration": _read_duration,
    "$binary": _read_binary,
    "$uuid": lambda inner: UUID(_text(inner)),
    "$complex": _read_complex,
}


def in_order(members: Iterable[Any]) -> list[Any]:
    """The members of a set in an order that is the same each time, where they have one."""
    try:
        return sorted(members)
    except TypeError:
        return sorted(members, key=repr)


def from_numpy(value: Any, path: str) -> Any:
    """The Python number, text or date of a numpy scalar."""
    kind = value.dtype.kind
    if kind in "Mm":
        exact = value.astype("datetime64[us]" if kind == "M" else "timedelta64[us]")
        if exact != value:
            raise InvalidValue(f"{path}: {value} has nanoseconds or is no date; a date here has microseconds.")
        return exact.item()
    if kind == "f":
        return float(value)
    item = value.item()
    if type(item).__module__ == "numpy":
        numpy = sys.modules["numpy"]
        if isinstance(item, numpy.complexfloating):
            return complex(item)
        raise InvalidValue(f"{path}: a numpy {value.dtype} has no JSON form. Store value.tolist().")
    return item
