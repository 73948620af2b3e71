"""Python values <-> JSON values, exactly.

What JSON has goes as it is: integers of any size, floats by their shortest text, strings, lists, dicts with
string keys. The rest is an object with one key that begins with ``$``: MongoDB Extended JSON v2 where that
has a form, our own keys where not (:mod:`.scalars`, :mod:`.arrays`, :mod:`.frames`, :mod:`.polarframes`,
:mod:`.images`)::

    nan                   {"$numberDouble": "NaN"}
    datetime              {"$date": "2026-11-22T19:00:00.000001+01:00"}     without an offset where it has no zone
    date, time, timedelta {"$localDate": ...} {"$localTime": ...} {"$duration": "P1DT2.5S"}
    Decimal               {"$numberDecimal": "1.10"}
    bytes, UUID, complex  {"$binary": {"base64": ..., "subType": "00"}} {"$uuid": ...} {"$complex": [re, im]}
    {"$any": 1}           {"$dict": {"$any": 1}}, so that every dict comes back as it was

docs/reference.md has the whole table, tests/frames/values.json an example of each. Decoding is a fixed table: no
class is named by the data, nothing is evaluated, there is no pickle.
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
from .descriptions import article as article
from .descriptions import describe as describe
from .descriptions import in_bytes as in_bytes
from .descriptions import why_not as why_not
from .unread import NeedsLibrary, Unread

#: The same as wire.Limits, which need not be imported to write a number.
VALUE_BYTES = 1024 * 1024
DEPTH = 64
DIGITS = 4300

_NOTHING = frozenset[int]()
#: How deep a member of a frame stands in its JSON: the object, its columns, a column, its data.
_FRAME_LEVELS = 5

Note = Callable[[str], None]


def _keep_quiet(_: str) -> None:
    pass


def encode(
    value: Any,
    name: str = "value",
    *,
    note: Note = _keep_quiet,
    most: int = VALUE_BYTES,
    deep: int = DEPTH,
    digits: int = DIGITS,
) -> bytes:
    """The JSON text of ``value``, for the variable ``name``.

    Raises InvalidValue with the path inside the value and what to do instead, TooLarge (more than ``most``
    bytes) or LimitExceeded (nested deeper than ``deep``, a number of more ``digits``). ``note`` is told in a few
    words what does not come back as it went, such as a tuple.
    """
    encoder = _Encoder(note, name, most, deep, digits)
    text = _text(encoder.plain(value, name, 0, _NOTHING))
    # What stands for a date or an array is an object, which counts as nesting too.
    if encoder.deepest > deep - 8 and jsontext.depth(text) > deep:
        raise encoder.too_deep()
    if len(text) > most:
        raise encoder.too_large(value, name, in_bytes(len(text)))
    return text


def _text(plain: Any) -> bytes:
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


class _Encoder:
    """One walk over one value."""

    def __init__(self, note: Note, name: str, most: int, deep: int, digits: int) -> None:
        self.note = note
        self.name = name
        self.most = most
        self.deep = deep
        self.digits = digits
        #: any integer of so many bits is shorter than that many digits: a cheap first look
        self.bits = digits * 3320 // 1000
        self.deepest = 0

    def too_deep(self) -> LimitExceeded:
        return LimitExceeded(f"{self.name}: values can be nested {self.deep} deep, this one is deeper.")

    def too_large(self, value: Any, path: str, size: str) -> TooLarge:
        return TooLarge(
            f"{path}: a value can have {in_bytes(self.most)}, this {describe(value)} has {size} as JSON. "
            "Save it to a file and keep its path here, or split it into several variables.",
            name=self.name,
        )

    def room(self, value: Any, path: str, least: int) -> None:
        """Refuse at once what comes to ``least`` bytes or more, before it is written out. Raises TooLarge."""
        if least > self.most:
            raise self.too_large(value, path, f"at least {in_bytes(least)}")

    def integer(self, value: int, path: str) -> int:
        """Raises LimitExceeded."""
        if value.bit_length() > self.bits and abs(value) >= 10**self.digits:
            raise LimitExceeded(
                f"{path}: a number can have {self.digits} digits, this one has more. Store it as hex(...)."
            )
        return value

    def plain(self, value: Any, path: str, depth: int, above: frozenset[int]) -> Any:
        """``value`` out of dicts, lists, strings and numbers that JSON has."""
        kind = type(value)
        if kind is str:
            return _checked_text(value, path)
        if kind is bool or value is None:
            return value
        if kind is int:
            return self.integer(value, path)
        if kind is float:
            return value if value - value == 0 else {"$numberDouble": scalars.non_finite(value)}
        if kind is dict or kind is list:
            return self.container(value, path, depth, above)
        return self.other(value, path, depth, above)

    def container(self, value: Any, path: str, depth: int, above: frozenset[int]) -> Any:
        """A dict or list, member by member."""
        if depth >= self.deep:
            raise self.too_deep()
        if id(value) in above:
            raise InvalidValue(f"{path} contains itself. Store a value without circles.")
        self.room(value, path, 2 * len(value))
        above |= {id(value)}
        self.deepest = max(self.deepest, depth)
        if isinstance(value, Mapping):
            members = {
                self.key(key, path): self.plain(member, f"{path}[{_quoted(key)}]", depth + 1, above)
                for key, member in value.items()
            }
            return {"$dict": members} if _looks_typed(members) and not isinstance(value, Unread) else members
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
        if isinstance(value, memoryview):
            self.note(f"{path}: a memoryview comes back as bytes")
            value = value.tobytes()
        if isinstance(value, bytes | bytearray):
            self.room(value, path, len(value) * 4 // 3)
        found = self.of_library(value, path, depth, above)
        if found is not None:
            return found
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.generic):
            return self.plain(scalars.from_numpy(value, path), path, depth, above)
        typed = scalars.encode(value, path, self.note)
        if typed is not None:
            ((_, inner),) = typed.items()
            for part in inner if isinstance(inner, list) else ():
                if isinstance(part, int):
                    self.integer(part, path)
            return typed
        if isinstance(value, tuple | set | frozenset):
            self.back_as(value, path, "a list")
            self.room(value, path, 2 * len(value))
            members = scalars.in_order(value) if isinstance(value, set | frozenset) else value
            return self.container(list(members), path, depth, above | {id(value)})
        if isinstance(value, Enum):
            self.back_as(value, path, "its value")
            return self.plain(value.value, path, depth, above)
        for base in (str, int, float):
            if isinstance(value, base):
                self.back_as(value, path, base.__name__)
                return self.plain(str.__str__(value) if base is str else base(value), path, depth, above)
        if isinstance(value, Unread):
            return self.container(value, path, depth, above)
        if isinstance(value, dict | list | Mapping):
            _refuse_session(value, path)
            self.back_as(value, path, "a list" if isinstance(value, list) else "a dict")
            return self.container(value, path, depth, above)
        fields = _fields(value)
        if fields is None:
            raise InvalidValue(f"{path}: {why_not(value)}")
        if id(value) in above:
            raise InvalidValue(f"{path} contains itself. Store a value without circles.")
        self.back_as(value, path, "a dict of its fields")
        return self.container(fields, path, depth, above | {id(value)})

    def back_as(self, value: Any, path: str, what: str) -> None:
        self.note(f"{path}: {article(type(value).__name__)} comes back as {what}")

    def of_library(self, value: Any, path: str, depth: int, above: frozenset[int]) -> Any:
        """Arrays, frames and pictures; None for anything else. Looks only where the library is in use already."""

        def plain(member: Any, where: str) -> Any:
            return self.plain(member, where, depth + _FRAME_LEVELS, above | {id(value)})

        if id(value) in above and not isinstance(value, str | bytes | int | float):
            raise InvalidValue(f"{path} contains itself. Store a value without circles.")
        for library, load in _LIBRARIES:
            if sys.modules.get(library) is not None:
                found = load().encode(value, path, plain, self)
                if found is not None:
                    return found
        return None


def _arrays() -> Any:
    from . import arrays

    return arrays


def _frames() -> Any:
    from . import frames

    return frames


def _polarframes() -> Any:
    from . import polarframes

    return polarframes


def _images() -> Any:
    from . import images

    return images


_LIBRARIES: tuple[tuple[str, Callable[[], Any]], ...] = (
    ("numpy", _arrays),
    ("pandas", _frames),
    ("polars", _polarframes),
    ("matplotlib.figure", _images),
    ("PIL.Image", _images),
    ("IPython.core.display", _images),
)


def _fields(value: Any) -> dict[str, Any] | None:
    """What a dataclass or a pydantic model holds, by name; None of anything else."""
    kind = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        import dataclasses

        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(kind, "model_fields") and hasattr(kind, "model_dump"):
        return dict(value)
    return None


def _refuse_session(value: Any, path: str) -> None:
    from .dictionary import Dictionary

    if isinstance(value, Dictionary):
        raise InvalidValue(f"{path}: a session is not stored in a session. Its values as a dict: session.copy()")


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


def decode(text: bytes, name: str = "value") -> Any:
    """The Python value of JSON text; a fresh one each time.

    What is no typed value, or of a library that is not installed, is an :class:`~.unread.Unread`: nothing is lost.
    """
    value = json.loads(text)
    return _revived(value, name) if b'"$' in text else value


def _revived(value: Any, path: str) -> Any:
    if isinstance(value, list):
        return [_revived(member, f"{path}[{index}]") for index, member in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if not _looks_typed(value):
        return _members(value, path)
    key, inner = next(iter(value.items()))
    if key == "$dict" and isinstance(inner, dict):
        return _members(inner, path)
    try:
        if key in scalars.DECODERS:
            return scalars.DECODERS[key](inner)
        if key in _DECODERS:
            return _DECODERS[key]().decode(key, inner, lambda member: _revived(member, path))
    except NeedsLibrary as error:
        return Unread(_members(value, path), f"{path}: {error}")
    except Exception as error:  # whatever a library says of what another program wrote
        why = f"{path}: what stands under {key} cannot be read: {_in_short(error)}." if key in _DECODERS else ""
        return Unread(_members(value, path), why)
    return Unread(_members(value, path))


def _members(value: dict[str, Any], path: str) -> dict[str, Any]:
    return {name: _revived(member, f"{path}[{_quoted(name)}]") for name, member in value.items()}


def _in_short(error: Exception) -> str:
    text = f"{error}".partition("\n")[0].rstrip(".")[:120]
    return f"it has no {text}" if isinstance(error, KeyError) else text


_DECODERS: dict[str, Callable[[], Any]] = {
    "$ndarray": _arrays,
    "$dataframe": _frames,
    "$series": _frames,
    "$index": _frames,
    "$missing": _frames,
    "$image": _images,
}


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
