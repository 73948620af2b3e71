"""numpy arrays as JSON values; loaded only for a user who has one.

An array of up to 1,000 numbers reads well in a panel and is a list; a larger one is its bytes. Both row by row and
little-endian; what it has in memory is said where it is something else::

    {"$ndarray": {"dtype": "float64", "shape": [2, 2], "data": [0.1, 0.2, 0.3, 0.4]}}
    {"$ndarray": {"dtype": "float64", "shape": [800, 600], "base64": "...", "byteOrder": "big", "order": "F"}}
"""

from __future__ import annotations

import base64
import math
import re
import sys
from typing import Any

from session_state_ext.errors import InvalidValue

from .columns import Plain, Revive, Walk
from .descriptions import article
from .unread import library

_LISTED = 1000
#: What a short text may ask for.
_MADE_BYTES = 256 * 1024 * 1024
#: The types which the data may ask for. Each is given to numpy as its name.
_DTYPE = re.compile(
    r"bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)|<U\d{1,6}|S\d{1,6}"
    r"|(datetime|timedelta)64\[(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\]"
)


def encode(value: Any, path: str, plain: Plain, walk: Walk) -> dict[str, Any] | None:
    """The typed object of an array; None for anything else."""
    numpy = sys.modules["numpy"]
    if not isinstance(value, numpy.ndarray):
        return None
    if isinstance(value, numpy.ma.MaskedArray):
        raise InvalidValue(f"{path}: a masked array has no JSON form. Store value.filled() and value.mask.")
    dtype = value.dtype
    name = _name(dtype)
    if not _DTYPE.fullmatch(name):
        raise InvalidValue(f"{path}: an array of {dtype} has no JSON form. {_instead(dtype)}")
    if type(value) is not numpy.ndarray:
        walk.note(f"{path}: {article(type(value).__name__)} comes back as an ndarray")
        value = numpy.asarray(value)
    said: dict[str, Any] = {"dtype": name, "shape": list(value.shape)}
    if dtype.kind == "U":
        walk.room(value, path, 3 * value.size)
    elif value.size > _LISTED or dtype.kind not in "biuf":
        walk.room(value, path, value.nbytes * 4 // 3)
    if dtype.kind == "U" or (value.size <= _LISTED and dtype.kind in "biuf"):
        said["data"] = plain(value.ravel().tolist(), path)
    else:
        said["base64"] = base64.b64encode(value.astype(dtype.newbyteorder("<")).tobytes()).decode("ascii")
    if dtype.newbyteorder("<") != dtype:
        said["byteOrder"] = "big"
    if value.flags.f_contiguous and not value.flags.c_contiguous:
        said["order"] = "F"
    return {"$ndarray": said}


def _name(dtype: Any) -> str:
    if dtype.kind == "U":
        return f"<U{dtype.itemsize // 4}"
    if dtype.kind == "S":
        return f"S{dtype.itemsize}"
    return str(dtype.newbyteorder("=")) if dtype.kind in "biufcmM" else str(dtype)


def _instead(dtype: Any) -> str:
    if dtype.kind in "fc":
        return f'Store value.astype("{"float64" if dtype.kind == "f" else "complex128"}").'
    if dtype.kind in "mM":
        return f'Store value.astype("{dtype.name.partition("[")[0]}[us]").'
    if dtype.kind == "T":
        return "Store value.astype(str)."
    return "Store value.tolist()."


def decode(key: str, inner: Any, revive: Revive) -> Any:
    """The array. Raises ValueError and the like where ``inner`` is none, NeedsLibrary without numpy."""
    dtype, shape = inner["dtype"], inner["shape"]
    if not _DTYPE.fullmatch(dtype):
        raise ValueError(f"no dtype of an array: {dtype[:40]}")
    if not isinstance(shape, list) or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError("no shape of an array")
    numpy = library("numpy")
    if "data" in inner:
        data = revive(inner["data"])
        # Checked before anything is made: a short text must not ask for a large array.
        if len(data) != math.prod(shape) or numpy.dtype(dtype).itemsize * len(data) > _MADE_BYTES:
            raise ValueError("the shape is not that of the data")
        flat = numpy.array(data, dtype=dtype)
    else:
        data = base64.b64decode(inner["base64"], validate=True)
        flat = numpy.frombuffer(data, numpy.dtype(dtype).newbyteorder("<")).astype(dtype)
    array = flat.reshape(shape)
    held = array.dtype.newbyteorder(">") if inner.get("byteOrder") == "big" else array.dtype
    return array.astype(held, order="F" if inner.get("order") == "F" else "C")
