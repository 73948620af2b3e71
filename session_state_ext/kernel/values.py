"""Python values <-> JSON values, exactly.

What JSON has goes as it is: integers of any size, floats by their shortest text, strings, lists, dicts with
string keys. The rest is an object with one key that begins with ``$``: MongoDB Extended JSON v2 where that
has a form, our own keys where not (:mod:`.tables`, :mod:`.images`)::

    nan                   {"$numberDouble": "NaN"}
    datetime              {"$date": "2026-11-22T19:00:00.000001+01:00"}     without an offset where it has no zone
    date, time, timedelta {"$localDate": ...} {"$localTime": ...} {"$duration": "P1DT2.5S"}
    Decimal               {"$numberDecimal": "1.10"}
    bytes, UUID, complex  {"$binary": {"base64": ..., "subType": "00"}} {"$uuid": ...} {"$complex": [re, im]}
    {"$any": 1}           {"$dict": {"$any": 1}}, so that every dict comes back as it was

Decoding is a fixed table: no class is named by the data, nothing is evaluated, there is no pickle.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from session_state_ext import jsontext
from session_state_ext.errors import InvalidValue, LimitExceeded, TooLarge

from . import scalars

#: The same as wire.Limits, which need not be imported to write a number.
VALUE_BYTES = 1024 * 1024
DEPTH = 64
DIGITS = 4300

_NOTHING = frozenset[int]()
#: Any integer of this many bits is shorter than DIGITS digits: a cheap first look.
_BITS = DIGITS * 3320 // 1000

Note = Callable[[str], None]


def _keep_quiet(_: str) -> None:
    pass


def encode(value: Any, name: str = "value", *, note: Note = _keep_quiet, most: int = VALUE_BYTES) -> bytes:
    """The JSON text of ``value``, for the variable ``name``.

    Raises InvalidValue with the path inside the value and what to do instead, TooLarge (more than ``most``
    bytes) or LimitExceeded (nested too deep, too many digits). ``note`` is told in a few words what does not
    come back as it went, such as a tuple.
    """
    encoder = _Encoder(note)
    text = _text(encoder.plain(value, name, 0, _NOTHING))
    # What stands for a date or an array is an object, which counts as nesting too.
    if encoder.deepest > DEPTH - 8 and jsontext.depth(text) > DEPTH:
        raise LimitExceeded(f"{name}: values can be nested {DEPTH} deep, this one is deeper.")
    if len(text) > most:
        raise TooLarge(
            f"{name}: a value can have {in_bytes(most)}, this {describe(value)} has {in_bytes(len(text))} as JSON. "
            "Save it to a file and keep its path here, or split it into several variables.",
            name=name,
        )
    return text


def _text(plain: Any) -> bytes:
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


class _Encoder:
    """One walk over one value."""

    def __init__(self, note: Note) -> None:
        self.note = note
        self.deepest = 0

    def plain(self, value: Any, path: str, depth: int, above: frozenset[int]) -> Any:
        """``value`` out of dicts, lists, strings and numbers that JSON has."""
        kind = type(value)
        if kind is str:
            return _checked_text(value, path)
        if kind is bool or value is None:
            return value
        if kind is int:
            return _checked_int(value, path)
        if kind is float:
            return value if value - value == 0 else {"$numberDouble": scalars.non_finite(value)}
        if kind is dict or kind is list:
            return self.container(value, path, depth, above)
        return self.other(value, path, depth, above)

    def container(self, value: Any, path: str, depth: int, above: frozenset[int]) -> Any:
        """A dict or list, member by member."""
        if depth >= DEPTH:
            name = path.partition("[")[0]
            raise LimitExceeded(f"{name}: values can be nested {DEPTH} deep, this one is deeper.")
        if id(value) in above:
            raise InvalidValue(f"{path} contains itself. Store a value without circles.")
        above |= {id(value)}
        self.deepest = max(self.deepest, depth)
        if isinstance(value, Mapping):
            members = {
                self.key(key, path): self.plain(member, f"{path}[{_quoted(key)}]", depth + 1, above)
                for key, member in value.items()
            }
            return {"$dict": members} if _looks_typed(members) else members
        return [self.plain(member, f"{path}[{index}]", depth + 1, above) for index, member in enumerate(value)]

    @staticmethod
    def key(key: Any, path: str) -> str:
        if not isinstance(key, str):
            raise InvalidValue(
                f"{path} has the key {key!r}, {article(type(key).__name__)}. In JSON keys are text: use {str(key)!r}."
            )
        return _checked_text(str.__str__(key), path)

    def other(self, value: Any, path: str, depth: int, above: frozenset[int]) -> Any:
        """What is not exactly one of JSON's own types."""
        typed = scalars.encode(value, path)
        if typed is not None:
            if isinstance(value, bytearray | memoryview):
                self.note(f"{path}: a {type(value).__name__} comes back as bytes")
            return typed
        if isinstance(value, tuple | set | frozenset | range):
            self.note(f"{path}: a {type(value).__name__} comes back as a list")
            members = scalars.in_order(value) if isinstance(value, set | frozenset) else value
            return self.container(list(members), path, depth, above)
        found = _of_library(value, path, self.note)
        if found is not None:
            return found
        if hasattr(type(value), "tolist") and hasattr(type(value), "dtype"):  # a numpy scalar
            return self.plain(scalars.from_numpy(value, path), path, depth, above)
        for base in (str, int, float):
            if isinstance(value, base):  # an enum's member, a subclass
                self.note(f"{path}: a {type(value).__name__} comes back as {base.__name__}")
                inner = value.value if isinstance(value, Enum) else value
                return self.plain(str.__str__(inner) if base is str else base(inner), path, depth, above)
        if isinstance(value, dict | list | Mapping):
            return self.container(value, path, depth, above)
        raise InvalidValue(f"{path}: {why_not(value)}")


def _quoted(key: Any) -> str:
    return json.dumps(key, ensure_ascii=False) if isinstance(key, str) else repr(key)


def _looks_typed(members: dict[str, Any]) -> bool:
    return len(members) == 1 and next(iter(members)).startswith("$")


def _checked_text(value: str, path: str) -> str:
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidValue(
                f"{path} holds half of a surrogate pair, which is not a character. "
                'Clean it with text.encode("utf-8", "replace").decode().'
            ) from None
    return value


def _checked_int(value: int, path: str) -> int:
    if value.bit_length() > _BITS and abs(value) >= 10**DIGITS:
        raise LimitExceeded(f"{path}: a number can have {DIGITS} digits, this one has more. Store it as hex(...).")
    return value


def _of_library(value: Any, path: str, note: Note) -> Any:
    """Arrays, frames and pictures; None for anything else. Looks only where the library is in use already."""
    library = type(value).__module__.partition(".")[0]
    if library not in ("numpy", "pandas", "matplotlib", "PIL", "IPython") or library not in sys.modules:
        return None
    if library in ("numpy", "pandas"):
        from . import tables

        return tables.encode(value, path, lambda item, where: _Encoder(note).plain(item, where, 0, _NOTHING))
    from . import images

    return images.encode(value, path)


def decode(text: bytes) -> Any:
    """The Python value of JSON text; a fresh one each time."""
    value = json.loads(text)
    return _revived(value) if b'"$' in text else value


def _revived(value: Any) -> Any:
    if isinstance(value, list):
        return [_revived(member) for member in value]
    if not isinstance(value, dict):
        return value
    if _looks_typed(value):
        key, inner = next(iter(value.items()))
        if key == "$dict" and isinstance(inner, dict):
            return {name: _revived(member) for name, member in inner.items()}
        found = _typed(key, inner)
        if found is not None:
            return found
    return {name: _revived(member) for name, member in value.items()}


def _typed(key: str, inner: Any) -> Any:
    """The value of one typed object, or None where it is not one we know: then it is a plain dict."""
    try:
        if key in scalars.DECODERS:
            return scalars.DECODERS[key](inner)
        if key in ("$ndarray", "$dataframe", "$series"):
            from . import tables

            return tables.decode(key, inner, _revived)
        if key == "$image":
            from . import images

            return images.decode(inner)
    except (ValueError, TypeError, KeyError, ArithmeticError, AttributeError):
        return None
    return None


def is_plain(value: Any) -> bool:
    """Whether ``value`` is a short immutable value that JSON has: it may be kept as it is and encoded later."""
    kind = type(value)
    if kind is float:
        return bool(value - value == 0)
    if kind is int:
        return bool(-(2**63) <= value < 2**63)
    if kind is str:
        return len(value) < 1024 and bool(value.isascii())
    return kind is bool or value is None


def describe(value: Any) -> str:
    """A few words: ``ndarray 800x600, 3.8 MB``, ``list of 3``."""
    kind = type(value).__name__
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape and all(isinstance(side, int) for side in shape):
        size = getattr(value, "nbytes", None)
        if size is None and hasattr(value, "memory_usage"):
            used = value.memory_usage(deep=False)
            size = int(used if isinstance(used, int) else used.sum())
        text = f"{kind} {'x'.join(map(str, shape))}"
        return f"{text}, {in_bytes(size)}" if isinstance(size, int) else text
    if isinstance(value, str | bytes | bytearray):
        return f"{kind} of {len(value):,}"
    if isinstance(value, dict | list | tuple | set | frozenset):
        return f"{kind} of {len(value):,}"
    return kind


def in_bytes(count: int) -> str:
    """``3.8 MB``: in steps of 1,000, as file managers do."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 999.5 or unit == "GB":
            if unit == "bytes":
                return f"{count} bytes"
            return f"{amount:.1f}".removesuffix(".0") + f" {unit}" if amount < 10 else f"{amount:.0f} {unit}"
        amount /= 1000
    raise AssertionError


def why_not(value: Any) -> str:
    """What to do with a value that has no JSON form: a sentence."""
    kind = type(value)
    hints: tuple[tuple[Callable[[], bool], str], ...] = (
        (lambda: isinstance(value, type), "Store its name, or what it is made from."),
        (lambda: callable(value) and hasattr(value, "__code__"), "Store its parameters; it stays in the kernel."),
        (lambda: kind.__name__ == "module", "Store its name."),
        (lambda: hasattr(kind, "__fspath__"), "Store its text: str(path)."),
        (lambda: hasattr(kind, "__dataclass_fields__"), "Store dataclasses.asdict(value)."),
        (lambda: hasattr(kind, "model_dump"), "Store value.model_dump()."),
        (lambda: hasattr(kind, "__members__"), "Store its value: member.value."),
        (lambda: hasattr(kind, "to_pandas"), "Store value.to_pandas()."),
        (lambda: hasattr(kind, "get_params"), "It stays in the kernel; store value.get_params() or its scores."),
        (lambda: hasattr(kind, "detach"), "Store value.tolist(), or save it to a file and keep the path."),
        (lambda: hasattr(kind, "savefig") or hasattr(value, "get_figure"), "Store its figure."),
        (lambda: hasattr(kind, "__next__") or hasattr(kind, "__iter__"), "Store list(value)."),
    )
    hint = next((text for applies, text in hints if applies()), "Store what it is made from, or its result.")
    return f"{article(kind.__name__)} has no JSON form. {hint}"


def article(noun: str) -> str:
    """``an int``, ``a tuple``."""
    return f"an {noun}" if noun[:1].lower() in "aeio" else f"a {noun}"
