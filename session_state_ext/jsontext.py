"""JSON text: what of it is accepted, and when two texts mean the same.

A value is kept as the text it came in, so that ``1.0``, ``1E2``, integers of any size and the order of
keys survive. The rules are those of I-JSON (RFC 7493) with integers of any size: strict UTF-8, no lone
surrogates, no key twice, no number beyond a double's range, no NaN.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import accumulate
from typing import Any, NoReturn

from .errors import InvalidJson, InvalidValue, LimitExceeded

# A string that is never closed runs to the end: without that, many quotes would be tried one by one. The loop is
# unrolled: a plain character costs a step of the inner class, not of the alternation.
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
#: From this size on a text is walked through in steps; up to it the decoder in C is quicker, and quick enough.
_LONG = 64 * 1024

#: Members with a plain value, as long as one follows on the other from the beginning.
_LEADING_MEMBER = re.compile(
    rb'\s*[{,]\s*"(\w+)"\s*:\s*("[^"\\\x00-\x1f]{0,256}"|-?[0-9]{1,18}|true|false|null)(?=\s*[,}])', re.ASCII
)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_OPENS_AND_CLOSES = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NOT_BRACKETS = bytes(set(range(256)) - set(_OPENS_AND_CLOSES))


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidValue(f"{name} is not JSON. Write it as a string, or use null.")


def _check_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise InvalidValue(f"The key {key[:64]!r} stands twice in one object.")
            seen.add(key)
    return members


def check_float(text: str) -> float:
    """The number. Raises InvalidValue where it is beyond a double's range."""
    number = float(text)
    if number in (float("inf"), float("-inf")):
        shown = text if len(text) <= 24 else text[:20] + "..."
        raise InvalidValue(f"{shown} is beyond the range of a number (about 1.8e308).")
    return number


# Integers stay text here: nothing is computed, and Python's own limit on digits does not get in the way.
_checker = json.JSONDecoder(
    object_pairs_hook=_check_keys, parse_int=str, parse_float=check_float, parse_constant=_refuse_constant
)
_reader = json.JSONDecoder(parse_constant=_refuse_constant)
_writer = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def check(data: bytes, *, depth: int, digits: int) -> None:
    """Raise unless ``data`` is one acceptable JSON text.

    ``depth`` is the deepest nesting of arrays and objects, ``digits`` the longest run of digits in a number.
    Raises InvalidJson (not JSON, not UTF-8), InvalidValue (NaN, a key twice, a lone surrogate, a number
    beyond a double) or LimitExceeded (depth, digits). Takes a bounded time for its size and never recurses
    deeper than ``depth``.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJson(f"The text is not UTF-8 (byte {error.start}).") from None
    if len(data) > _LONG:
        _walk(text, depth=depth, digits=digits)
        return
    bare = _STRING.sub("", text)
    deepest = _nesting(bare)
    if deepest > depth:
        raise LimitExceeded(f"Values can be nested {depth} deep, this one is nested {deepest} deep.")
    # Tried once for each run of digits, not once for each digit.
    if re.search(rf"(?<!\d)\d{{{digits + 1}}}", bare):
        raise LimitExceeded(f"A number can have {digits} digits, one here has more.")
    try:
        value = _checker.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidJson(f"This is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise LimitExceeded(f"Values can be nested {depth} deep, this one is deeper.") from None
    if _SURROGATE_ESCAPE.search(text):
        _check_surrogates(value)


def _walk(text: str, *, depth: int, digits: int) -> None:
    # Its patterns take 3 ms to compile: a kernel that never sees a long text does not wait for them.
    from .jsonscan import scan

    scan(text, depth=depth, digits=digits)


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidValue("A string holds half of a surrogate pair, which is not a character.") from None


def depth(data: bytes) -> int:
    """How deep arrays and objects are nested in the JSON text ``data``; 0 for a plain value."""
    return _nesting(_STRING.sub("", data.decode("utf-8")))


def is_deeper(data: bytes, limit: int) -> bool:
    """Whether this acceptable JSON text is nested deeper than ``limit``."""
    if data.count(b"[") + data.count(b"{") <= limit:
        return False
    if len(data) <= _LONG:
        return depth(data) > limit
    try:
        _walk(data.decode("utf-8"), depth=limit, digits=len(data))
    except LimitExceeded:
        return True
    return False


def _nesting(bare: str) -> int:
    brackets: Iterable[int] = bare.encode("utf-8").translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_OPENS_AND_CLOSES.__getitem__, brackets)), default=0)


def member(data: bytes, key: str) -> Any:
    """What stands at ``key`` of a JSON object that need not be acceptable otherwise; None where nothing does.

    Half a surrogate pair ends msgspec's reading, not this one's. Of a long text only what stands before its first
    array or object is looked at: to read all of it would hold up every other thread.
    """
    if len(data) > _LONG:
        return _leading(data[:_LONG]).get(key)
    try:
        value = _reader.decode(data.decode("utf-8"))
    except (ValueError, RecursionError, InvalidValue):
        return None
    return value.get(key) if isinstance(value, dict) else None


def _leading(data: bytes) -> dict[str, Any]:
    members: dict[str, Any] = {}
    at = 0
    while found := _LEADING_MEMBER.match(data, at):
        try:
            members[found[1].decode()] = json.loads(found[2])
        except ValueError:
            break
        at = found.end()
    return members


def canonical(data: bytes) -> bytes:
    """The one text of all texts that mean the same as ``data``.

    No white space; keys in order of their code points; integers as plain digits, other numbers as the
    shortest text of their double (``1E2`` is ``100.0``, ``-0.0`` stays); an integer and a float are never
    the same, and ``1``, ``1.0`` and ``true`` are three values.
    """
    return _writer.encode(_reader.decode(data.decode("utf-8"))).encode("utf-8")


def same(one: bytes, other: bytes) -> bool:
    """Whether two values are the same: equal canonical text."""
    if one == other:
        return True
    if one[:1] == other[:1] == b'"' and b"\\" not in one and b"\\" not in other:
        # Strings without escapes are their own canonical text.
        return False
    return canonical(one) == canonical(other)
