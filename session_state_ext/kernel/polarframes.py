"""polars frames and series as JSON values; loaded only for a user who has one.

In the shape of pandas' (:mod:`.frames`), with the names polars has for its types. Dates, times and durations are the
whole numbers that polars counts them in; what is nested says of what::

    {"$dataframe": {"library": "polars", "columns": [
        {"name": "at", "dtype": "Datetime", "unit": "us", "zone": "Europe/Berlin", "data": [1767323045000000, null]},
        {"name": "tags", "dtype": "List", "inner": {"dtype": "String"}, "data": [["a", "b"], null]}], ...}}
"""

from __future__ import annotations

import sys
from typing import Any

from session_state_ext.errors import InvalidValue

from . import instants
from .columns import Plain, Revive, Walk
from .unread import library

_SIMPLE = {
    *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64, 128)),
    *("Float32", "Float64", "Boolean", "String", "Binary", "Null", "Categorical"),
}
#: Of these polars keeps whole numbers: how wide they are.
_COUNTED = {"Date": "Int32", "Time": "Int64", "Datetime": "Int64", "Duration": "Int64"}
_UNITS = ("ms", "us", "ns")


def encode(value: Any, path: str, plain: Plain, walk: Walk) -> dict[str, Any] | None:
    """The typed object of a frame or series; None for anything else."""
    polars = sys.modules["polars"]
    if not hasattr(polars, "DataFrame"):  # half imported
        return None
    if isinstance(value, polars.DataFrame):
        walk.room(value, path, 2 * value.height * value.width)
        found = [{"name": one.name, **_column(one, f"{path}[{one.name!r}]", plain)} for one in value.get_columns()]
        return {"$dataframe": {"library": "polars", "columns": found, "index": {"range": [0, value.height, 1]}}}
    if isinstance(value, polars.Series):
        walk.room(value, path, 2 * len(value))
        said = {"library": "polars", "name": value.name, **_column(value, path, plain)}
        return {"$series": {**said, "index": {"range": [0, len(value), 1]}}}
    return None


def _column(series: Any, path: str, plain: Plain) -> dict[str, Any]:
    said = _type(series.dtype, path)
    # Casting to what polars counts in keeps nanoseconds, which Python's own times have not.
    counted = _made(said, counted=True)
    members = series.cast(counted).to_list() if _is_counted(said) else series.to_list()
    return {**said, "data": [plain(one, f"{path}[{at}]") for at, one in enumerate(members)]}


def _type(dtype: Any, path: str) -> dict[str, Any]:
    name = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    if name in _SIMPLE or name in ("Date", "Time"):
        return {"dtype": name}
    match name:
        case "Datetime" if dtype.time_zone is None or _is_zone(dtype.time_zone):
            return {"dtype": name, "unit": dtype.time_unit, "zone": dtype.time_zone}
        case "Duration":
            return {"dtype": name, "unit": dtype.time_unit}
        case "Decimal":
            return {"dtype": name, "precision": dtype.precision, "scale": dtype.scale}
        case "Enum":
            return {"dtype": name, "categories": dtype.categories.to_list()}
        case "List":
            return {"dtype": name, "inner": _type(dtype.inner, path)}
        case "Array":
            return {"dtype": name, "inner": _type(dtype.inner, path), "size": dtype.size}
        case "Struct":
            return {"dtype": name, "fields": [{"name": one.name, **_type(one.dtype, path)} for one in dtype.fields]}
    raise InvalidValue(f"{path}: a column of {dtype} has no JSON form. Convert it with .cast(...) first.")


def _is_zone(name: str) -> bool:
    try:
        instants.zone_of(name)
    except ValueError:
        return False
    return True


def _is_counted(said: dict[str, Any]) -> bool:
    inner = said.get("fields") or [said["inner"]] if "fields" in said or "inner" in said else []
    return said["dtype"] in _COUNTED or any(map(_is_counted, inner))


def decode(key: str, inner: Any, revive: Revive) -> Any:
    """The frame or series. Raises ValueError and the like where ``inner`` is none, NeedsLibrary without polars."""
    polars = library("polars")
    try:
        if key == "$series":
            return _read(inner, revive)
        if key == "$dataframe":
            return polars.DataFrame({column["name"]: _read(column, revive) for column in inner["columns"]})
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException) as error:
        raise ValueError(str(error)) from None
    raise ValueError("no frame of polars")


def _read(column: Any, revive: Revive) -> Any:
    polars = library("polars")
    name, data = column["name"], column["data"]
    if not isinstance(name, str) or not isinstance(data, list):
        raise TypeError("a column has a name and a list of data")
    made = polars.Series(name, revive(data), dtype=_made(column, counted=True), strict=True)
    return made.cast(_made(column, counted=False)) if _is_counted(column) else made


def _made(said: Any, *, counted: bool) -> Any:
    """The type that is said, from the fixed table; ``counted``: with whole numbers for dates and times."""
    polars = library("polars")
    name = said["dtype"]
    if name in _COUNTED and counted:
        return getattr(polars, _COUNTED[name])()
    if name in _SIMPLE or name in ("Date", "Time"):
        return getattr(polars, name)()
    match name:
        case "Datetime":
            zone = said["zone"]
            if zone is not None:
                instants.zone_of(zone)
            return polars.Datetime(_unit(said), zone)
        case "Duration":
            return polars.Duration(_unit(said))
        case "Decimal":
            return polars.Decimal(said["precision"], said["scale"])
        case "Enum":
            return polars.Enum(said["categories"])
        case "List":
            return polars.List(_made(said["inner"], counted=counted))
        case "Array":
            if type(said["size"]) is not int or not 0 <= said["size"] <= 1_000_000:
                raise ValueError("no size of an array")
            return polars.Array(_made(said["inner"], counted=counted), said["size"])
        case "Struct":
            return polars.Struct([polars.Field(one["name"], _made(one, counted=counted)) for one in said["fields"]])
    raise ValueError(f"no dtype of a column: {name!s:.40}")


def _unit(said: Any) -> str:
    if said["unit"] not in _UNITS:
        raise ValueError("no unit of time")
    return str(said["unit"])
