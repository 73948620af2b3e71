"""JSON Schemas of types, of values, and of the words that bound them: ``minimum=0, maximum=1, choices=[...]``."""

from __future__ import annotations

import json
import math
import numbers
import types
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin
from uuid import UUID

from msgspec import UNSET

from session_state_ext.errors import InvalidSpec, SessionError
from session_state_ext.wire import standin

from . import values

_PLAIN: tuple[tuple[type, dict[str, Any]], ...] = (
    (bool, {"type": "boolean"}),
    (int, {"type": "integer"}),
    (float, {"type": "number"}),
    (Decimal, {"type": "number"}),
    (str, {"type": "string"}),
    (datetime, {"type": "string", "format": "date-time"}),
    (date, {"type": "string", "format": "date"}),
    (time, {"type": "string", "format": "time"}),
    (timedelta, {"type": "string", "format": "duration"}),
    (UUID, {"type": "string", "format": "uuid"}),
    (bytes, {"type": "string"}),
    (type(None), {"type": "null"}),
    # Those of numpy are registered as these.
    (numbers.Integral, {"type": "integer"}),
    (numbers.Real, {"type": "number"}),
)

#: What annotated_types and pydantic call a bound, and what we do.
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusive_minimum",
    "le": "maximum",
    "lt": "exclusive_maximum",
    "multiple_of": "step",
    "min_length": "min_length",
    "max_length": "max_length",
}

#: What JSON Schema calls each word, and of which types it says something.
_NUMBER = ("number", "integer")
_WORDS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "minimum": (("minimum", _NUMBER),),
    "maximum": (("maximum", _NUMBER),),
    "exclusive_minimum": (("exclusiveMinimum", _NUMBER),),
    "exclusive_maximum": (("exclusiveMaximum", _NUMBER),),
    "step": (("multipleOf", _NUMBER),),
    "min_length": (("minLength", ("string",)), ("minItems", ("array",))),
    "max_length": (("maxLength", ("string",)), ("maxItems", ("array",))),
    "pattern": (("pattern", ("string",)),),
    "choices": (("enum", ()),),
}
#: Each keyword of JSON Schema that bounds one type, with that type.
_OF_TYPE = {keyword: of for forms in _WORDS.values() for keyword, of in forms if of}
_PAIRS = (
    ("minimum", "maximum", "minimum", "maximum"),
    ("minLength", "maxLength", "min_length", "max_length"),
    ("minItems", "maxItems", "min_length", "max_length"),
)
_NAMED = {
    "number": "a number",
    "integer": "a whole number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a dict",
    "null": "nothing",
}
_FOR = {_NUMBER: "numbers", ("string",): "text", ("array",): "lists"}
#: What says which type a schema is of, in place of ``type``.
_TYPING = ("type", "format", "enum", "const", "anyOf", "oneOf", "allOf", "items", "additionalProperties", "$ref")


def bounded(name: str, of: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The schema ``of`` with what ``minimum=0, choices=[...]`` says besides; what is None was not given.

    Raises InvalidSpec where a word is none of ours, or says nothing of a value of this type.
    """
    known = types_of(of)
    made = dict(of)
    for word, value in said.items():
        if value is None:
            continue
        if word not in _WORDS:
            raise InvalidSpec(f"{name} cannot be declared so: there is no {word}; there are {', '.join(_WORDS)}.")
        if word == "choices":
            made["enum"] = choices(name, value)
            continue
        fitting = [(keyword, of) for keyword, of in _WORDS[word] if not known or known & {*of}]
        if not fitting:
            takes = " and ".join(_FOR[of] for _, of in _WORDS[word])
            raise InvalidSpec(f"{name} cannot be declared so: {word} is for {takes}, and it is {_listed(known)}.")
        for keyword, _ in fitting:
            bound = value if word == "pattern" else _bound(name, word, value)
            if bound is not None:
                made[keyword] = bound
    return made


def check_bounds(name: str, schema: Mapping[str, Any]) -> None:
    """Raise InvalidSpec where nothing lies between the bounds of a schema."""
    for low, high, least, most in _PAIRS:
        from_, to = schema.get(low), schema.get(high)
        if isinstance(from_, int | float) and isinstance(to, int | float) and from_ > to:
            raise InvalidSpec(f"{name} cannot be declared so: its {least} {from_} is more than its {most} {to}.")


def retyped(standing: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The schema ``standing`` of the type that ``said`` says, with those of its bounds that fit that."""
    known = types_of(said)
    kept = {
        keyword: value
        for keyword, value in standing.items()
        if (keyword == "enum" and "enum" not in said)
        or (keyword not in _TYPING and (not known or keyword not in _OF_TYPE or known & {*_OF_TYPE[keyword]}))
    }
    return {**said, **kept}


def types_of(schema: Mapping[str, Any]) -> set[str]:
    """The types that a schema names; none where it names none."""
    found = schema.get("type")
    if isinstance(found, str):
        return {found}
    if isinstance(found, list):
        return {*found}
    inner = schema.get("anyOf")
    if isinstance(inner, list):
        kinds = [types_of(each) if isinstance(each, Mapping) else set() for each in inner]
        return set().union(*kinds) if all(kinds) else set()
    return set()


def _listed(known: Iterable[str]) -> str:
    return " or ".join(text for kind, text in _NAMED.items() if kind in known)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bound(name: str, word: str, value: Any) -> Any:
    """A bound as JSON has it; None for one that bounds nothing."""
    plain = None
    with suppress(SessionError):  # what is said of values that have no JSON form helps nobody here
        plain = plainly(name, value)
    # A whole number is finite, also one that is too large to be a float.
    if not _is_number(plain) or (type(value) is not int and math.isnan(value)):
        raise InvalidSpec(f"{name} cannot be declared so: its {word} is a number, not {value!r}.")
    return None if type(value) is not int and math.isinf(value) else plain


def plainly(name: str, value: Any) -> Any:
    """A value in what JSON has: as a schema sees it, for a date its text."""
    return standin(json.loads(values.encode(choice(value), name)))


def choice(value: Any) -> Any:
    """A member of an Enum as its value; anything else as it is."""
    return choice(value.value) if isinstance(value, Enum) else value


def choices(name: str, said: Any) -> list[Any]:
    """What ``choices=`` lists. Raises InvalidSpec for what is no list of values."""
    if isinstance(said, str | bytes | Mapping) or not isinstance(said, Iterable):
        example = f"choices=[{said!r}, ...]" if isinstance(said, str) else "choices=['a', 'b']"
        raise InvalidSpec(f"{name} cannot be declared so: choices is a list of values: {example}")
    found: list[Any] = []
    for one in (plainly(name, each) for each in _members(said)):
        if not any(one == other and type(one) is type(other) for other in found):
            found.append(one)
    if not found:
        raise InvalidSpec(f"{name} cannot be declared so: there is nothing in choices.")
    return found


def _members(said: Iterable[Any]) -> Iterator[Any]:
    from .scalars import in_order

    return iter(in_order(said) if isinstance(said, set | frozenset) else said)


def of_value(default: Any, said: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the type that a default has; a whole number with a bound that is none is a number."""
    if default is UNSET or default is None or said.get("choices") is not None:
        return {}
    kind = type(default)
    if isinstance(default, int) and any(isinstance(bound, float) for bound in said.values()):
        kind = float
    if isinstance(default, list | tuple):
        return {"type": "array"}
    return {"type": "object"} if isinstance(default, dict) else of_type(kind)


def is_type(hint: Any) -> bool:
    """Whether ``hint`` is something that can stand behind a colon in Python."""
    hint = _meant(hint)
    return isinstance(hint, type | types.UnionType) or get_origin(hint) is not None or hint is None or hint is Any


def _meant(hint: Any) -> Any:
    """The type that a NewType is made of; anything else as it is."""
    return _meant(hint.__supertype__) if isinstance(hint, NewType) else hint


def of_type(hint: Any) -> dict[str, Any]:
    """The JSON Schema of a type; an empty one where there is none to say."""
    hint = type(None) if hint is None else _meant(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return annotated("it", of_type(arguments[0]), arguments[1:])
    if origin is Literal:
        return {"enum": [choice(one) for one in arguments]}
    if origin is Union or isinstance(hint, types.UnionType):
        return _any_of([of_type(one) for one in arguments])
    kind = origin or hint
    if not isinstance(kind, type):
        return {}
    if issubclass(kind, Enum):
        return {"enum": [choice(member) for member in kind]}
    for base, schema in _PLAIN:
        if issubclass(kind, base):
            return dict(schema)
    if issubclass(kind, Mapping):
        inner = of_type(arguments[1]) if len(arguments) == 2 else {}
        return {"type": "object", **({"additionalProperties": inner} if inner else {})}
    if issubclass(kind, list | tuple | set | frozenset):
        inner = of_type(arguments[0]) if arguments and (len(arguments) == 1 or arguments[1] is Ellipsis) else {}
        return {"type": "array", **({"items": inner} if inner else {})}
    return {}


def _any_of(forms: list[dict[str, Any]]) -> dict[str, Any]:
    if any(not form for form in forms):
        return {}
    if all([*form] == ["enum"] or form == {"type": "null"} for form in forms):
        # One list to choose from, of which one may be nothing.
        return {"enum": [one for form in forms for one in form.get("enum", [None])]}
    return {"anyOf": forms}


def annotated(name: str, schema: dict[str, Any], extras: Iterable[Any]) -> dict[str, Any]:
    """A type's schema with what ``Annotated`` says of it."""
    for extra in extras:
        if isinstance(extra, Mapping):
            said = {word: value for word, value in extra.items() if word in _WORDS}
        else:
            # pydantic's Field keeps its bounds in a list of their own.
            parts = [extra, *(getattr(extra, "metadata", None) or [])]
            bounds = ((word, getattr(one, name, None)) for one in parts for name, word in _BOUNDS.items())
            said = {word: bound for word, bound in bounds if bound is not None}
        schema = bounded(name, schema, said)
    return schema
