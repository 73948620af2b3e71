"""Single values that JSON lacks: the fixed table of their forms, both ways."""

from __future__ import annotations

import base64
import pathlib
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from session_state_ext.errors import InvalidValue

from . import instants
from .descriptions import article

Note = Callable[[str], None]

_INTEGER = re.compile(r"-?\d{1,4300}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?((\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|Infinity|s?NaN\d*)", re.ASCII)
#: Extended JSON's sub-types: of any bytes, and the first of those that are for users to define.
_BYTES, _BYTEARRAY, _UUID = "00", "80", "04"


def encode(value: Any, path: str, note: Note) -> dict[str, Any] | None:
    """The typed object of ``value``, or None where it is not one of these types."""
    for kind, form in _ENCODERS:
        if isinstance(value, kind):
            if type(value) is not kind and kind is not pathlib.PurePath:
                _note_base(value, path, kind, note)
            if isinstance(value, datetime | time):
                _check_instant(value, path, note)
            key, inner = form(value)
            return {key: inner}
    return None


def _note_base(value: Any, path: str, kind: type, note: Note) -> None:
    """A subclass comes back as what it is a kind of; a Timestamp of pandas may have nanoseconds, which that lacks."""
    if getattr(value, "nanosecond", 0) or getattr(value, "nanoseconds", 0):
        raise InvalidValue(
            f"{path}: {value} has nanoseconds, a {kind.__name__} here has microseconds. Use value.floor('us')."
        )
    note(f"{path}: {article(type(value).__name__)} comes back as {article(kind.__name__)}")


def _check_instant(value: datetime | time, path: str, note: Note) -> None:
    zone = value.tzinfo
    if zone is None or isinstance(zone, timezone) or instants.zone_key(zone) is not None:
        return
    if value.utcoffset() is None:
        raise InvalidValue(
            f"{path}: {value} has a zone without a name. Use zoneinfo.ZoneInfo('Europe/Berlin') or the like."
        )
    note(f"{path}: of the zone {zone} the offset comes back, not the name; a zoneinfo.ZoneInfo keeps it")


def _binary(data: bytes | bytearray, kind: str = _BYTES) -> tuple[str, dict[str, str]]:
    return "$binary", {"base64": base64.b64encode(data).decode("ascii"), "subType": kind}


def _part(number: float) -> Any:
    return number if number - number == 0 else {"$numberDouble": non_finite(number)}


def _path(value: pathlib.PurePath) -> tuple[str, dict[str, str]]:
    kind = next(name for name, one in _PATHS.items() if isinstance(value, one))
    return "$path", {"type": kind, "path": str(value)}


#: By name, the narrower first. The data says one of these names, never anything else.
_PATHS: dict[str, type[pathlib.PurePath]] = {
    "PosixPath": pathlib.PosixPath,
    "WindowsPath": pathlib.WindowsPath,
    "PurePosixPath": pathlib.PurePosixPath,
    "PureWindowsPath": pathlib.PureWindowsPath,
}

_ENCODERS: tuple[tuple[type, Callable[[Any], tuple[str, Any]]], ...] = (
    (datetime, lambda value: ("$date", instants.text(value))),
    (date, lambda value: ("$localDate", value.isoformat())),
    (time, lambda value: ("$localTime", instants.text(value))),
    (timedelta, lambda value: ("$duration", instants.duration(value))),
    (Decimal, lambda value: ("$numberDecimal", str(value))),
    (Fraction, lambda value: ("$fraction", [value.numerator, value.denominator])),
    (bytes, lambda value: _binary(value)),
    (bytearray, lambda value: _binary(value, _BYTEARRAY)),
    (UUID, lambda value: ("$uuid", str(value))),
    (complex, lambda value: ("$complex", [_part(value.real), _part(value.imag)])),
    (range, lambda value: ("$range", [value.start, value.stop, value.step])),
    (pathlib.PurePath, _path),
)


def non_finite(value: float) -> str:
    """The name of a number that is none: ``NaN``, ``Infinity``, ``-Infinity``."""
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _read_binary(inner: Any) -> bytes | bytearray | UUID:
    data = base64.b64decode(_text(inner["base64"]), validate=True)
    match inner["subType"]:
        case "00":
            return data
        case "80":
            return bytearray(data)
        case "04":
            return UUID(bytes=data)
    raise ValueError(inner)


def _read_complex(inner: Any) -> complex:
    real, imaginary = (
        _read_double(part["$numberDouble"]) if isinstance(part, dict) else _number(part) for part in inner
    )
    return complex(real, imaginary)


def _read_double(inner: Any) -> float:
    names = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
    return names[inner] if inner in names else float(_match(_FLOAT, inner))


def _read_fraction(inner: Any) -> Fraction:
    numerator, denominator = inner
    return Fraction(_integer(numerator), _integer(denominator))


def _read_range(inner: Any) -> range:
    start, stop, step = inner
    return range(_integer(start), _integer(stop), _integer(step))


def _read_path(inner: Any) -> pathlib.PurePath:
    kind = _PATHS[inner["type"]]
    try:
        return kind(_text(inner["path"]))
    except NotImplementedError:  # the other system's: the same path without the calls that ask a disk
        return _PATHS[f"Pure{inner['type']}"](inner["path"])


def _number(inner: Any) -> float:
    if type(inner) not in (int, float):
        raise TypeError(inner)
    return float(inner)


def _integer(inner: Any) -> int:
    if type(inner) is not int:
        raise TypeError(inner)
    return inner


def _text(inner: Any) -> str:
    if not isinstance(inner, str):
        raise TypeError(inner)
    return inner


def _match(form: re.Pattern[str], inner: Any) -> str:
    if form.fullmatch(inner) is None:
        raise ValueError(inner)
    return _text(inner)


DECODERS: dict[str, Callable[[Any], Any]] = {
    "$numberDouble": _read_double,
    "$numberInt": lambda inner: int(_match(_INTEGER, inner)),
    "$numberLong": lambda inner: int(_match(_INTEGER, inner)),
    "$numberDecimal": lambda inner: Decimal(_match(_DECIMAL, inner)),
    "$date": instants.read_datetime,
    "$localDate": instants.read_date,
    "$localTime": instants.read_time,
    "$duration": instants.read_duration,
    "$binary": _read_binary,
    "$uuid": lambda inner: UUID(_text(inner)),
    "$complex": _read_complex,
    "$fraction": _read_fraction,
    "$range": _read_range,
    "$path": _read_path,
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
        try:
            exact = value.astype("datetime64[us]" if kind == "M" else "timedelta64[us]")
            item = exact.item() if exact == value else None
        except (TypeError, ValueError, OverflowError):
            item = None
        if item is None and kind == "m" and str(value.dtype) in ("timedelta64[M]", "timedelta64[Y]"):
            raise InvalidValue(
                f"{path}: {value!s} is no fixed time. Store the number, int(value), or numpy.array(value)."
            )
        if value != value:
            raise InvalidValue(f"{path}: {value!s} is no {'date' if kind == 'M' else 'duration'}. Store None there.")
        if not isinstance(item, datetime | timedelta) and kind == "M" and not 1 <= _year(value) <= 9999:
            raise InvalidValue(f"{path}: {value!s} is not within the years 1 to 9999. Store numpy.array(value).")
        if not isinstance(item, datetime | timedelta):
            raise InvalidValue(
                f"{path}: {value!s} has more than microseconds, which is what a date has here. "
                "Store numpy.array(value)."
            )
        return item
    if kind in "fc":
        number = complex(value) if kind == "c" else float(value)
        if value == value and type(value)(number) != value:
            raise InvalidValue(f"{path}: a {value.dtype} has more digits than a number here. Store float(value).")
        return number
    item = value.item()
    if type(item).__module__ == "numpy" or isinstance(item, tuple):
        raise InvalidValue(f"{path}: a numpy {value.dtype} has no JSON form. Store value.tolist().")
    return item


def _year(moment: Any) -> int:
    """The year of a datetime64, however far away."""
    return int(moment.astype("datetime64[Y]").astype(int)) + 1970
