"""pandas frames, series and indexes as JSON values; loaded only for a user who has one.

::

    {"$dataframe": {"columns": [{"name": "lr", "dtype": "float64", "data": [0.1, 0.2]}], "index": {"range": [0, 2, 1]}}}
    {"$series": {"name": "lr", "dtype": "float64", "data": [0.1, 0.2], "index": {"range": [0, 2, 1]}}}
    {"$index": {"name": "id", "dtype": "int64", "data": [3, 1]}}

An index of several levels is ``{"names": [...], "levels": [{column}, ...], "codes": [[...], ...]}``. Columns whose
index is more than their names have it as ``labels``. What polars writes says ``"library": "polars"``, and
:mod:`.polarframes` reads it.
"""

from __future__ import annotations

import sys
from typing import Any

from session_state_ext.errors import InvalidValue

from . import columns
from .columns import Plain, Revive, Walk
from .descriptions import article
from .unread import library


def encode(value: Any, path: str, plain: Plain, walk: Walk) -> dict[str, Any] | None:
    """The typed object of a frame, series, index or missing value; None for anything else."""
    pandas = sys.modules["pandas"]
    if not hasattr(pandas, "DataFrame"):  # half imported
        return None
    for kind, form in ((pandas.DataFrame, _frame), (pandas.Series, _series), (pandas.Index, _index_value)):
        if isinstance(value, kind):
            if type(value) is not kind and kind is not pandas.Index:
                raise InvalidValue(
                    f"{path}: {article(type(value).__name__)} has no JSON form. Store pandas.{kind.__name__}(value)."
                )
            walk.room(value, path, 2 * value.size)
            return form(value, path, plain)
    if value is pandas.NA or value is pandas.NaT:
        return {"$missing": "NA" if value is pandas.NA else "NaT"}
    if isinstance(value, pandas.api.extensions.ExtensionArray):
        name = article(type(value).__name__)
        raise InvalidValue(f"{path}: {name} has no JSON form. Store pandas.Series(value).")
    return None


def _frame(value: Any, path: str, plain: Plain) -> dict[str, Any]:
    names = list(value.columns)
    found = [
        {"name": _heading(name, plain, path), **columns.encode(value.iloc[:, at], f"{path}[{name!r}]", plain)}
        for at, name in enumerate(names)
    ]
    said: dict[str, Any] = {"columns": found, "index": _index(value.index, path, plain)}
    if not _same_labels(value.columns, names):
        said["labels"] = _index(value.columns, f"{path}.columns", plain)
    return {"$dataframe": {**said, **_attributes(value, path, plain)}}


def _series(value: Any, path: str, plain: Plain) -> dict[str, Any]:
    said = {"name": _label(value.name, plain, path), **columns.encode(value, path, plain)}
    return {"$series": {**said, "index": _index(value.index, path, plain), **_attributes(value, path, plain)}}


def _index_value(value: Any, path: str, plain: Plain) -> dict[str, Any]:
    return {"$index": _index(value, path, plain)}


def _attributes(value: Any, path: str, plain: Plain) -> dict[str, Any]:
    return {"attrs": plain(value.attrs, f"{path}.attrs")} if value.attrs else {}


def _index(index: Any, path: str, plain: Plain) -> dict[str, Any]:
    pandas = sys.modules["pandas"]
    where = path if path.endswith(".columns") else f"{path}.index"
    if isinstance(index, pandas.MultiIndex):
        return {
            "names": [_label(name, plain, where) for name in index.names],
            "levels": [columns.encode(level, where, plain) for level in index.levels],
            "codes": [codes.tolist() for codes in index.codes],
        }
    name = _label(index.name, plain, where)
    if isinstance(index, pandas.RangeIndex):
        return {"name": name, "range": [index.start, index.stop, index.step]}
    said = {"name": name, **columns.encode(index, where, plain)}
    freq = getattr(index, "freqstr", None)
    if freq and isinstance(index, pandas.DatetimeIndex | pandas.TimedeltaIndex):
        said["freq"] = freq
    return said


def _label(name: Any, plain: Plain, path: str) -> Any:
    """A name of a column or index: a tuple is one here, and a list is none."""
    if isinstance(name, tuple):
        return {"$tuple": [_label(part, plain, path) for part in name]}
    return plain(name, f"{path} (the name {name!r})")


def _heading(name: Any, plain: Plain, path: str) -> Any:
    """What stands above a column: the name where it is a text or a number, else its text."""
    if isinstance(name, tuple):
        return ", ".join(map(str, name))
    return name if name is None or type(name) in (str, int, bool) else str(name)


def _same_labels(labels: Any, names: list[Any]) -> bool:
    if not all(type(name) in (str, int) for name in names):
        return False
    made = _labels(names)
    return type(made) is type(labels) and bool(made.identical(labels))


def _labels(names: list[Any]) -> Any:
    pandas = library("pandas")
    if names == list(range(len(names))):
        return pandas.RangeIndex(len(names))
    return pandas.Index(names)


def decode(key: str, inner: Any, revive: Revive) -> Any:
    """The frame, series or index. Raises ValueError and the like where it is none, NeedsLibrary without pandas."""
    if isinstance(inner, dict) and "library" in inner:
        if inner["library"] != "polars":
            raise ValueError("no library of frames")
        from . import polarframes

        return polarframes.decode(key, inner, revive)
    if key == "$missing":
        if inner not in ("NA", "NaT"):
            raise ValueError("NA or NaT")
        return getattr(library("pandas"), inner)
    if key == "$index":
        return _read_index(inner, revive)
    found = _read_series(inner, revive) if key == "$series" else _read_frame(inner, revive)
    if "attrs" in inner:
        found.attrs = revive(inner["attrs"])
    return found


def _read_series(inner: Any, revive: Revive) -> Any:
    pandas = library("pandas")
    array = columns.decode(inner, revive)
    index = _read_index(inner["index"], revive)
    return pandas.Series(array, index=index, name=_read_label(inner.get("name"), revive), dtype=array.dtype)


def _read_frame(inner: Any, revive: Revive) -> Any:
    pandas = library("pandas")
    index = _read_index(inner["index"], revive)
    arrays = [columns.decode(column, revive) for column in inner["columns"]]
    # Each with its dtype said, for pandas would look at objects and find texts in them.
    made = {at: pandas.Series(array, index=index, dtype=array.dtype) for at, array in enumerate(arrays)}
    frame = pandas.DataFrame(made, index=index)
    if "labels" in inner:
        frame.columns = _read_index(inner["labels"], revive)
    else:
        frame.columns = _labels([column["name"] for column in inner["columns"]])
    return frame


def _read_index(inner: Any, revive: Revive) -> Any:
    pandas = library("pandas")
    if "levels" in inner:
        names = [_read_label(name, revive) for name in inner["names"]]
        arrays = [columns.decode(level, revive) for level in inner["levels"]]
        levels = [pandas.Index(array, dtype=array.dtype) for array in arrays]
        return pandas.MultiIndex(levels=levels, codes=inner["codes"], names=names)
    name = _read_label(inner.get("name"), revive)
    if "range" in inner:
        start, stop, step = inner["range"]
        return pandas.RangeIndex(start, stop, step, name=name)
    array = columns.decode(inner, revive)
    index = pandas.Index(array, dtype=array.dtype, name=name)
    if "freq" in inner:
        index.freq = inner["freq"]
    return index


def _read_label(name: Any, revive: Revive) -> Any:
    if isinstance(name, dict) and list(name) == ["$tuple"]:
        return tuple(_read_label(part, revive) for part in name["$tuple"])
    return revive(name)
