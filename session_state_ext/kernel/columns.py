"""One column of pandas, of a frame, a series or an index, as a JSON object of its dtype and its data, both ways.

::

    {"dtype": "float64", "data": [0.1, null]}                       NaN is null; an infinity a typed value
    {"dtype": "Int64", "data": [1, null]}                           NA is null
    {"dtype": "datetime64[us, Europe/Berlin]", "unit": "us", "data": [1767323045000000, null]}
    {"dtype": "category", "data": ["u", null], "categories": ["u", "v"], "ordered": false}
    {"dtype": "interval", "closed": "right", "left": {column}, "right": {column}}

A category whose categories are more than texts or numbers of one kind has them as a column of their own, and numbers
their places: ``"coded": true``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any, Protocol

from session_state_ext.errors import InvalidValue

from . import instants
from .unread import library

#: The types which the data may ask for. Each is given to pandas as its name.
_NUMBERS = re.compile(r"bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)")
_MASKED = re.compile(r"boolean|U?Int(8|16|32|64)|Float(32|64)")
_TIMES = re.compile(r"(datetime|timedelta)64\[(s|ms|us|ns)(?:, ([A-Za-z0-9_+:/-]{1,64}))?\]")
_PERIOD = re.compile(r"period\[([A-Za-z0-9-]{1,12})\]")
_OFFSET = re.compile(r"UTC([+-])(\d\d):(\d\d)")
#: What pandas and numpy write for a time that is none.
_NAT = -(2**63)

Plain = Callable[[Any, str], Any]
Revive = Callable[[Any], Any]


class Walk(Protocol):
    """The walk over the value that a library's value is in."""

    @property
    def note(self) -> Callable[[str], None]: ...

    def room(self, value: Any, path: str, least: int) -> None: ...


def encode(column: Any, path: str, plain: Plain) -> dict[str, Any]:
    """Of a Series or an Index that has one level. Raises InvalidValue for a dtype without a form."""
    pandas = sys.modules["pandas"]
    dtype, array, name = column.dtype, column.array, str(column.dtype)
    times = _TIMES.fullmatch(name)
    if times is not None:
        if times[3] is not None and _zone_or_none(times[3]) is None:
            raise InvalidValue(f"{path}: the zone {times[3]} has no JSON form. Use .dt.tz_convert('UTC') first.")
        return {"dtype": name, "unit": times[2], "data": _counts(array)}
    if _PERIOD.fullmatch(name):
        return {"dtype": name, "data": _counts(array)}
    if _NUMBERS.fullmatch(name):
        members = column.to_numpy().tolist()
        if name.startswith("float"):
            # A missing number is a NaN here, and comes back as one.
            return {"dtype": name, "data": [None if one != one else _finite(one, plain) for one in members]}
        return {"dtype": name, "data": plain(members, path) if name.startswith("complex") else members}
    if _MASKED.fullmatch(name):
        gone = array.isna().tolist()
        # A Float64 can hold a NaN that is not missing.
        filled = array.to_numpy(dtype=dtype.numpy_dtype, na_value=0).tolist()
        return {
            "dtype": name,
            "data": [None if no else plain(one, path) for no, one in zip(gone, filled, strict=True)],
        }
    if name in ("str", "string"):
        gone, texts = array.isna().tolist(), enumerate(column.astype(object).tolist())
        kept = [None if no else plain(one, f"{path}[{at}]") for no, (at, one) in zip(gone, texts, strict=True)]
        return {"dtype": name, "data": kept}
    if name == "object":
        return {"dtype": name, "data": [plain(one, f"{path}[{at}]") for at, one in enumerate(column.tolist())]}
    if isinstance(dtype, pandas.CategoricalDtype):
        return {"dtype": "category", **_category(array, path, plain)}
    if isinstance(dtype, pandas.IntervalDtype):
        return {
            "dtype": "interval",
            "closed": dtype.closed,
            "left": encode(array.left, f"{path}.left", plain),
            "right": encode(array.right, f"{path}.right", plain),
        }
    raise InvalidValue(f"{path}: a column of {name} has no JSON form. Convert it with .astype(...) first.")


def _finite(number: float, plain: Plain) -> Any:
    return number if number - number == 0 else plain(number, "")


def _counts(array: Any) -> list[int | None]:
    return [None if one == _NAT else one for one in array.asi8.tolist()]


def _category(array: Any, path: str, plain: Plain) -> dict[str, Any]:
    pandas = sys.modules["pandas"]
    kinds, codes = array.categories, array.codes.tolist()
    ordered = bool(array.ordered)
    listed = kinds.tolist()
    simple = all(type(one) in (str, int, float, bool) for one in listed) and kinds.identical(pandas.Index(listed))
    if simple and type(kinds) is pandas.Index:
        written = plain(listed, f"{path}.categories")
        data = [None if code < 0 else written[code] for code in codes]
        return {"data": data, "categories": written, "ordered": ordered}
    return {
        "data": [None if code < 0 else code for code in codes],
        "coded": True,
        "categories": encode(kinds, f"{path}.categories", plain),
        "ordered": ordered,
    }


def decode(inner: Any, revive: Revive) -> Any:
    """The array of a column. Raises ValueError and the like where ``inner`` is none, NeedsLibrary without pandas."""
    name = inner["dtype"]
    if not isinstance(name, str):
        raise TypeError("a dtype is text")
    numpy, pandas = library("numpy"), library("pandas")
    if name == "interval":
        left, right = decode(inner["left"], revive), decode(inner["right"], revive)
        return pandas.arrays.IntervalArray.from_arrays(left, right, closed=inner["closed"])
    data = inner["data"]
    if not isinstance(data, list):
        raise TypeError("the data of a column is a list")
    times, period = _TIMES.fullmatch(name), _PERIOD.fullmatch(name)
    if times is not None:
        return _times(data, times)
    if period is not None:
        return pandas.PeriodIndex.from_ordinals(_ordinals(data), freq=period[1]).array
    if _NUMBERS.fullmatch(name):
        return numpy.array([float("nan") if one is None else one for one in revive(data)], dtype=name)
    if _MASKED.fullmatch(name):
        return _masked(revive(data), name)
    if name in ("str", "string"):
        if not all(one is None or isinstance(one, str) for one in data):
            raise TypeError("a column of text holds something else")
        return pandas.Series(data, dtype=name).array
    if name == "object":
        members = numpy.empty(len(data), dtype=object)
        for at, one in enumerate(revive(data)):
            members[at] = one
        return members
    if name == "category":
        return _categorical(inner, revive)
    raise ValueError(f"no dtype of a column: {name[:40]}")


def _times(data: list[Any], form: re.Match[str]) -> Any:
    pandas = library("pandas")
    kind, unit, zone = form.groups()
    moments = _ordinals(data).view(f"{kind}64[{unit}]")
    if kind == "timedelta":
        return pandas.TimedeltaIndex(moments).array
    index = pandas.DatetimeIndex(moments)
    return index.array if zone is None else index.tz_localize("UTC").tz_convert(_zone(zone)).array


def _ordinals(data: list[Any]) -> Any:
    numpy = library("numpy")
    if not all(one is None or type(one) is int for one in data):
        raise TypeError("a time is a whole number")
    return numpy.array([_NAT if one is None else one for one in data], dtype="int64")


def _zone(name: str) -> Any:
    """By its name, or its offset: never a file that the data names."""
    from datetime import timedelta, timezone

    if name == "UTC":
        return timezone.utc
    offset = _OFFSET.fullmatch(name)
    if offset is None:
        return instants.zone_of(name)
    sign, hours, minutes = offset.groups()
    return timezone((1 if sign == "+" else -1) * timedelta(hours=int(hours), minutes=int(minutes)))


def _zone_or_none(name: str) -> Any:
    try:
        return _zone(name)
    except ValueError:
        return None


def _masked(data: list[Any], name: str) -> Any:
    numpy, pandas = library("numpy"), library("pandas")
    gone = numpy.array([one is None for one in data], dtype=bool)
    plain = "bool" if name == "boolean" else name.lower()
    filled = numpy.array([0 if one is None else one for one in data], dtype=plain)
    if name == "boolean":
        return pandas.arrays.BooleanArray(filled, gone)
    kind = pandas.arrays.FloatingArray if name.startswith("Float") else pandas.arrays.IntegerArray
    return kind(filled, gone)


def _categorical(inner: Any, revive: Revive) -> Any:
    pandas = library("pandas")
    ordered, data = bool(inner["ordered"]), revive(inner["data"])
    if inner.get("coded"):
        found = decode(inner["categories"], revive)
        codes = [-1 if one is None else one for one in data]
        return pandas.Categorical.from_codes(codes, pandas.Index(found, dtype=found.dtype), ordered=ordered)
    categories = pandas.Index(revive(inner["categories"]))
    return pandas.Categorical(data, categories=categories, ordered=ordered)
