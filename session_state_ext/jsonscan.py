"""The check of a long JSON text: the same rules as :mod:`.jsontext`, building nothing.

A decoder in C would hold up every other thread of the process until it is done, and make an object of each
element. This walks from token to token, so that other threads run in between, and keeps only the keys of the
objects it is inside of.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

from .errors import InvalidJson, InvalidValue, LimitExceeded
from .jsontext import check_float

#: Members of one object; a value of the usual size cannot have more.
_MEMBERS = 250_000

_WS = r"[ \t\n\r]*"
_TEXT = r'"[^"\\\x00-\x1f]{0,4000}"'
# What needs no second look: no escapes, few digits, an exponent far within a double's range.
_PLAIN = (
    rf"(?:{_TEXT}|-?(?:0|[1-9][0-9]{{0,17}})(?:\.[0-9]{{1,17}})?(?:[eE][+-]?[0-9]{{1,2}})?(?![0-9.eE])|true|false|null)"
)
# The same, or a list of them: one level deeper.
_SMALL = rf"(?:{_PLAIN}|\[{_WS}(?:{_PLAIN}{_WS}(?:,{_WS}{_PLAIN}{_WS}){{0,100}})?\]|\{{{_WS}\}})"
_MEMBER = rf"{_WS}{_TEXT}{_WS}:{_WS}{_PLAIN}{_WS}"

#: Elements of an array, each with its comma; by whether there is room for one more level.
_elements = {
    False: re.compile(rf"(?:{_WS}{_PLAIN}{_WS},){{1,500}}").match,
    True: re.compile(rf"(?:{_WS}{_SMALL}{_WS},){{1,500}}").match,
}
#: A member of an object, with its comma.
_members = {
    False: re.compile(rf"{_WS}({_TEXT}){_WS}:{_WS}{_PLAIN}{_WS},").match,
    True: re.compile(rf"{_WS}({_TEXT}){_WS}:{_WS}{_SMALL}{_WS},").match,
}
#: An element that is an object of plain values, with its comma: a row of a table.
_record = re.compile(rf"{_WS}(\{{{_MEMBER}(?:,{_MEMBER}){{0,100}}\}}){_WS},").match
_keys = re.compile(rf'"([^"]*)"{_WS}:').findall
_space = re.compile(_WS).match
#: What may stand in a string, in steps that hold up nobody.
_part = re.compile(r'[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*){0,5000}').match
_number = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?").match
_literal = re.compile(r"true|false|null").match
_constant = re.compile(r"-?Infinity|NaN").match
_surrogate_escape = re.compile(r"\\u[dD][89a-fA-F]").search
_runs_of_digits = re.compile(r"[0-9]+").findall


def scan(text: str, *, depth: int, digits: int) -> None:
    """Raise unless ``text`` is one acceptable JSON text; see :func:`.jsontext.check`."""
    #: of each container we are in: the keys of an object so far, None for an array
    inside: list[set[str] | None] = []
    at = _skip(text, 0)
    while True:
        # Here stands a value.
        first = text[at : at + 1]
        if first == "{" or first == "[":
            inside.append(set() if first == "{" else None)
            if len(inside) > depth:
                raise LimitExceeded(f"Values can be nested {depth} deep, this one is deeper.")
            at = _skip(text, at + 1)
            if text[at : at + 1] == ("}" if first == "{" else "]"):
                inside.pop()
                at += 1
            else:
                at = _next(text, at, inside[-1], len(inside) < depth)
                continue
        elif first == '"':
            at = _string_end(text, at)
        else:
            at = _scalar_end(text, at, digits)
        # Here ends one; it may end those around it too.
        while True:
            at = _skip(text, at)
            if not inside:
                if at != len(text):
                    _fail(text, at)
                return
            keys = inside[-1]
            follows = text[at : at + 1]
            if follows == ",":
                at = _next(text, _skip(text, at + 1), keys, len(inside) < depth)
                break
            if follows != ("]" if keys is None else "}"):
                _fail(text, at)
            inside.pop()
            at += 1


def _skip(text: str, at: int) -> int:
    found = _space(text, at)
    assert found is not None
    return found.end()


def _next(text: str, at: int, keys: set[str] | None, room: bool) -> int:
    """Where the next value to be looked at begins; of an object, behind its key.

    ``room``: what stands there may be one level deeper.
    """
    if keys is None:
        while plain := _elements[room](text, at) or (room and _record(text, at)) or None:
            if plain.re.groups:
                names = _keys(plain[1])
                if len(names) != len(set(names)):
                    break
            at = plain.end()
        return _skip(text, at)
    while plain := _members[room](text, at):
        _add(keys, plain[1][1:-1])
        at = plain.end()
    at = _skip(text, at)
    if text[at : at + 1] != '"':
        _fail(text, at)
    end = _string_end(text, at)
    _add(keys, json.loads(text[at:end]))
    at = _skip(text, end)
    if text[at : at + 1] != ":":
        _fail(text, at)
    return _skip(text, at + 1)


def _add(keys: set[str], key: str) -> None:
    if key in keys:
        raise InvalidValue(f"The key {key[:64]!r} stands twice in one object.")
    if len(keys) >= _MEMBERS:
        raise LimitExceeded(f"An object can have {_MEMBERS:,} members.")
    keys.add(key)


def _string_end(text: str, at: int) -> int:
    end = at + 1
    while text[end : end + 1] != '"':
        part = _part(text, end)
        if part is None or part.end() == end:
            _fail(text, end)
        end = part.end()
    end += 1
    if _surrogate_escape(text, at, end):
        try:
            json.loads(text[at:end]).encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidValue("A string holds half of a surrogate pair, which is not a character.") from None
    return end


def _scalar_end(text: str, at: int, digits: int) -> int:
    number = _number(text, at)
    if number is None:
        found = _literal(text, at)
        if found is None:
            constant = _constant(text, at)
            if constant is not None:
                raise InvalidValue(f"{constant[0]} is not JSON. Write it as a string, or use null.")
            _fail(text, at)
        return found.end()
    end = number.end()
    if end - at > digits and max(map(len, _runs_of_digits(text, at, end))) > digits:
        raise LimitExceeded(f"A number can have {digits} digits, one here has more.")
    if number[1] or number[2]:
        check_float(number[0])
    return end


def _fail(text: str, at: int) -> NoReturn:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    raise InvalidJson(f"This is not JSON: something else was expected at line {line}, column {column}.")
