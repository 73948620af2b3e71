"""numpy arrays and pandas frames as JSON values; loaded only for a user who has such a value.

An array of up to 1,000 members reads well in a panel and is a list; a larger one is its bytes, little-endian::

    {"$ndarray": {"dtype": "float64", "shape": [2, 2], "data": [0.1, 0.2, 0.3, 0.4]}}
    {"$ndarray": {"dtype": "float64", "shape": [800, 600], "base64": "..."}}
    {"$dataframe": {"columns": [{"name": "lr", "dtype": "float64", "data": [0.1, 0.2]}], "index": {"range": [0, 2, 1]}}}
    {"$series": {"name": "lr", "dtype": "float64", "data": [0.1, 0.2], "index": {"range": [0, 2, 1]}}}
"""

from __future__ import annotations

import base64
import math
import re
import sys
from collections.abc import Callable
from typing import Any

from session_state_ext.errors import InvalidValue

_LISTED = 1000
_MADE_BYTES = 256 * 1024 * 1024
#: The types which the data may ask for. Each is given to numpy or pandas as its name.
_ARRAY = re.compile(
    r"bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)|<U\d{1,6}|(datetime|timedelta)64\[(D|h|m|s|ms|us|ns)\]"
)
_COLUMN = re.compile(
    r"bool|boolean|u?int(8|16|32|64)|U?Int(8|16|32|64)|[fF]loat(32|64)|object|str|string|category"
    r"|datetime64\[(s|ms|us|ns)(, [A-Za-z0-9_+:/-]{1,64})?\]|timedelta64\[(s|ms|us|ns)\]"
)

Plain = Callable[[Any, str], Any]
Revive = Callable[[Any], Any]


def encode(value: Any, path: str, plain: Plain) -> dict[str, Any] | None:
    """The typed object of an array, frame or series; None for anything else of these libraries."""
    numpy = sys.modules["numpy"]
    if isinstance(value, numpy.ndarray):
        return {"$ndarray": _array(value, path, plain)}
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    if isinstance(value, pandas.DataFrame):
        names = list(value.columns)
        for name in names:
            if not isinstance(name, str | int):
                raise InvalidValue(f"{path}: the column {name!r} is no text. Rename the columns to text first.")
        columns = [
            {"name": _name(name), **_column(value.iloc[:, at], f"{path}[{name!r}]", plain)}
            for at, name in enumerate(names)
        ]
        return {"$dataframe": {"columns": columns, "index": _index(value.index, path, plain)}}
    if isinstance(value, pandas.Series):
        index = _index(value.index, path, plain)
        return {"$series": {"name": _name(value.name), **_column(value, path, plain), "index": index}}
    if isinstance(value, pandas.Index):
        raise InvalidValue(f"{path}: an Index has no JSON form of its own. Store list(value).")
    if value is pandas.NA:
        raise InvalidValue(f"{path}: NA has no JSON form. Store None.")
    return None


def _name(name: Any) -> Any:
    return name if name is None or isinstance(name, str) else int(name) if isinstance(name, int) else str(name)


def _array(value: Any, path: str, plain: Plain) -> dict[str, Any]:
    dtype = value.dtype
    name = f"<U{max(1, dtype.itemsize // 4)}" if dtype.kind == "U" else str(dtype.newbyteorder("="))
    if not _ARRAY.fullmatch(name):
        raise InvalidValue(f"{path}: an array of {dtype} has no JSON form. Store value.tolist().")
    said = {"dtype": name, "shape": list(value.shape)}
    if dtype.kind == "U" or (value.size <= _LISTED and dtype.kind in "biuf"):
        return {**said, "data": plain(value.ravel().tolist(), path)}
    data = value.astype(dtype.newbyteorder("<")).tobytes()
    return {**said, "base64": base64.b64encode(data).decode("ascii")}


def _column(column: Any, path: str, plain: Plain) -> dict[str, Any]:
    dtype = str(column.dtype)
    if not _COLUMN.fullmatch(dtype):
        raise InvalidValue(f"{path}: a column of {dtype} has no JSON form. Convert it with .astype(str) first.")
    if dtype.startswith(("datetime64", "timedelta64")):
        unit = dtype.split("[")[1].rstrip("]").split(",")[0]
        numbers = column.astype("int64").tolist()
        gone = column.isna().tolist()
        return {"dtype": dtype, "unit": unit, "data": [None if no else n for no, n in zip(gone, numbers, strict=True)]}
    missing = column.isna().tolist()
    members = column.astype(object).tolist()
    if dtype.startswith("float"):
        # A missing number is a NaN here, and comes back as one.
        return {"dtype": dtype, "data": [None if no else float(m) for no, m in zip(missing, members, strict=True)]}
    kept = [None if no else plain(m, f"{path}[{at}]") for at, (no, m) in enumerate(zip(missing, members, strict=True))]
    said = {"dtype": dtype, "data": kept}
    if dtype == "category":
        categories = column.cat.categories.tolist()
        return {**said, "categories": plain(categories, path), "ordered": bool(column.cat.ordered)}
    return said


def _index(index: Any, path: str, plain: Plain) -> dict[str, Any]:
    pandas = sys.modules["pandas"]
    if isinstance(index, pandas.MultiIndex):
        raise InvalidValue(f"{path}: an index of several levels has no JSON form. Store value.reset_index().")
    if isinstance(index, pandas.RangeIndex):
        return {"name": _name(index.name), "range": [index.start, index.stop, index.step]}
    return {"name": _name(index.name), **_column(index.to_series(), f"{path}.index", plain)}


def decode(key: str, inner: Any, revive: Revive) -> Any:
    """The array, frame or series. Raises ValueError and the like where ``inner`` is not one."""
    if key == "$ndarray":
        return _read_array(inner, revive)
    pandas = _library("pandas")
    if key == "$series":
        index = _read_index(inner["index"], revive)
        return pandas.Series(_read_column(inner, revive).array, index=index, name=inner.get("name"))
    index = _read_index(inner["index"], revive)
    columns = [_read_column(column, revive).array for column in inner["columns"]]
    frame = pandas.DataFrame(dict(enumerate(columns)), index=index)
    names = [column["name"] for column in inner["columns"]]
    frame.columns = pandas.RangeIndex(len(names)) if names == list(range(len(names))) else pandas.Index(names)
    return frame


def _read_array(inner: Any, revive: Revive) -> Any:
    numpy = _library("numpy")
    dtype, shape = inner["dtype"], inner["shape"]
    if not _ARRAY.fullmatch(dtype) or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(dtype)
    if "data" in inner:
        data = revive(inner["data"])
        # Checked before anything is made: a short text must not ask for a large array.
        if len(data) != math.prod(shape) or numpy.dtype(dtype).itemsize * len(data) > _MADE_BYTES:
            raise ValueError(shape)
        return numpy.array(data, dtype=dtype).reshape(shape)
    array = numpy.frombuffer(base64.b64decode(inner["base64"], validate=True), numpy.dtype(dtype).newbyteorder("<"))
    return array.reshape(shape).astype(dtype)


def _read_column(column: Any, revive: Revive) -> Any:
    pandas = _library("pandas")
    dtype = column["dtype"]
    if not _COLUMN.fullmatch(dtype):
        raise ValueError(dtype)
    data = revive(column["data"])
    if dtype == "category":
        categories = pandas.Categorical(data, categories=revive(column["categories"]), ordered=bool(column["ordered"]))
        return pandas.Series(categories)
    if dtype.startswith("datetime64"):
        instants = pandas.Series(pandas.to_datetime(pandas.Series(data, dtype="Int64"), unit=column["unit"]))
        if "," in dtype:
            return instants.dt.tz_localize("UTC").dt.tz_convert(dtype.split(", ")[1].rstrip("]")).astype(dtype)
        return instants.astype(dtype)
    if dtype.startswith("timedelta64"):
        return pandas.Series(pandas.to_timedelta(pandas.Series(data, dtype="Int64"), unit=column["unit"])).astype(dtype)
    return pandas.Series(data, dtype=dtype)


def _read_index(inner: Any, revive: Revive) -> Any:
    pandas = _library("pandas")
    if "range" in inner:
        start, stop, step = inner["range"]
        return pandas.RangeIndex(start, stop, step, name=inner.get("name"))
    return pandas.Index(_read_column(inner, revive).array, name=inner.get("name"))


def _library(name: str) -> Any:
    """numpy or pandas: somebody stored such a value, so whoever reads it wants the library."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise InvalidValue(f"This value needs {name}, which is not installed here: %pip install {name}") from None
