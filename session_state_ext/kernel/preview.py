"""A value in a few words and its kind, from its JSON text; a large text is not read in full."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

from .arraytext import nested
from .descriptions import in_bytes

#: A longer text is not parsed for a preview.
_READ = 64 * 1024
#: What the form of a value raises that is not what its key says.
_NO_SUCH_VALUE = (KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError, struct.error)
#: So many members of an array are looked at.
_MEMBERS = 64


def value(text: bytes, width: int) -> str:
    """The beginning of the value, on one line."""
    typed = _typed(text)
    if typed is not None:
        key, inner = typed
        shown = _SHOWN.get(key)
        if shown is not None:
            try:
                return _clip(shown(inner), width)
            except _NO_SUCH_VALUE:
                pass
    # As it came; several lines become one.
    plain = text[: 4 * width].decode("utf-8", "ignore")
    return _clip(" ".join(plain.split()) if "\n" in plain else plain, width, more=len(text) > 4 * width)


def _clip(text: str, width: int, *, more: bool = False) -> str:
    return text[: width - 3] + "..." if more or len(text) > width else text


def kind(text: bytes) -> str:
    """What it is: ``int``, ``text``, ``list of 3``, ``ndarray 2x3``."""
    first = text.lstrip()[:1]
    if first == b'"':
        return "text"
    if first in b"tf":
        return "bool"
    if first == b"n":
        return "null"
    if first not in b"[{":
        return "float" if set(text) & set(b".eE") else "int"
    typed = _typed(text)
    if typed is not None:
        name = _KINDS.get(typed[0])
        if name is not None:
            try:
                return name(typed[1])
            except _NO_SUCH_VALUE:
                pass
    word = "list" if first == b"[" else "dict"
    if len(text) > _READ:
        return f"{word}, {in_bytes(len(text))}"
    return f"{word} of {len(json.loads(text)):,}"


def _typed(text: bytes) -> tuple[str, Any] | None:
    if not text.startswith(b'{"$') or len(text) > 4 * 1024 * 1024:
        return None
    read = json.loads(text)
    return next(iter(read.items())) if len(read) == 1 else None


def _array(inner: Any) -> str:
    sides = "x".join(map(str, inner["shape"]))
    return " ".join(part for part in ("ndarray", sides, inner["dtype"]) if part)


def _bytes(inner: Any) -> str:
    """How many there are, without reading them."""
    text = inner["base64"]
    return in_bytes(len(text) * 3 // 4 - text[-2:].count("="))


def _frame(inner: Any) -> str:
    return f"DataFrame {_rows(inner['index'])}x{len(inner['columns'])}"


def _rows(index: Any) -> int:
    if "range" in index:
        return len(range(*index["range"]))
    if "levels" in index:
        return len(index["codes"][0])
    column = index
    while column["dtype"] == "interval":
        column = column["left"]
    return len(column["data"])


def _index(inner: Any) -> str:
    return f"Index {_rows(inner)} {inner.get('dtype', '')}".rstrip()


def _labelled(inner: Any) -> str:
    """The first labels of an index."""
    if "range" in inner:
        return f"range {', '.join(map(str, inner['range']))}"
    return json.dumps(inner["data"] if "data" in inner else inner["names"], ensure_ascii=False)


def _progress(inner: Any) -> str:
    """``37 of 100, running``"""
    of = "" if inner["total"] is None else f" of {inner['total']:,}"
    return f"{inner['done']:,}{of}, {inner['state']}"


def _complex(inner: Any) -> str:
    real, imaginary = (part["$numberDouble"] if isinstance(part, dict) else repr(float(part)) for part in inner)
    return f"{real}{'' if imaginary.startswith('-') else '+'}{imaginary}j"


_KINDS: dict[str, Callable[[Any], str]] = {
    "$numberDouble": lambda _: "float",
    "$numberDecimal": lambda _: "Decimal",
    "$numberInt": lambda _: "int",
    "$numberLong": lambda _: "int",
    "$date": lambda _: "datetime",
    "$localDate": lambda _: "date",
    "$localTime": lambda _: "time",
    "$duration": lambda _: "timedelta",
    "$binary": lambda inner: f"{'bytearray' if inner['subType'] == '80' else 'bytes'}, {_bytes(inner)}",
    "$uuid": lambda _: "UUID",
    "$complex": lambda _: "complex",
    "$fraction": lambda _: "Fraction",
    "$range": lambda _: "range",
    "$path": lambda inner: str(inner["type"]),
    "$missing": lambda inner: str(inner),
    "$dict": lambda inner: f"dict of {len(inner)}",
    "$ndarray": _array,
    "$dataframe": _frame,
    "$series": lambda inner: f"Series {_rows(inner['index'])} {inner['dtype']}",
    "$index": _index,
    "$image": lambda inner: f"Image {inner['width']}x{inner['height']}",
    "$progress": lambda _: "progress",
    "$purged": lambda _: "purged",
}
_SHOWN: dict[str, Callable[[Any], str]] = {
    "$numberDouble": lambda inner: str(inner),
    "$numberDecimal": lambda inner: str(inner),
    "$numberInt": lambda inner: str(inner),
    "$numberLong": lambda inner: str(inner),
    "$date": lambda inner: str(inner),
    "$localDate": lambda inner: str(inner),
    "$localTime": lambda inner: str(inner),
    "$duration": lambda inner: str(inner),
    "$uuid": lambda inner: str(inner),
    "$missing": lambda inner: str(inner),
    "$path": lambda inner: str(inner["path"]),
    "$fraction": lambda inner: f"{inner[0]}/{inner[1]}",
    "$range": lambda inner: f"range({', '.join(map(str, inner))})",
    "$complex": lambda inner: _complex(inner),
    "$binary": lambda inner: inner["base64"],
    "$dict": lambda inner: json.dumps(inner, ensure_ascii=False),
    "$ndarray": lambda inner: nested(inner, _MEMBERS) or _array(inner)[8:],
    "$dataframe": lambda inner: "columns " + ", ".join(str(column["name"]) for column in inner["columns"]),
    "$series": lambda inner: json.dumps(inner["data"], ensure_ascii=False),
    "$index": _labelled,
    "$image": lambda inner: f"PNG, {in_bytes(len(inner['png']) * 3 // 4)}",
    "$progress": lambda inner: _progress(inner),
    "$purged": lambda _: "purged",
}

#: Of these the kind says more than the beginning of their content.
_BULKY = {"$binary", "$ndarray", "$dataframe", "$series", "$index", "$image"}


def brief(text: bytes, width: int) -> str:
    """The value where it is one of a few words, else its kind: ``0.1``, ``ndarray 2x3``."""
    typed = _typed(text)
    return kind(text) if typed is not None and typed[0] in _BULKY else value(text, width)
