"""Why a value is not what its declaration says, in words; ``labextension/src/specs.ts`` says the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

_TYPES = {
    "number": "a number",
    "integer": "a whole number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}

_FORMATS = {
    "date-time": "a date with a time, such as 2026-11-22T19:00:00Z",
    "date": "a date, such as 2026-11-22",
    "time": "a time, such as 19:00:00Z",
    "duration": "a duration, such as P1DT2H",
    "email": "an e-mail address",
    "uri": "an address, such as https://example.org",
    "uuid": "a UUID",
    "regex": "a pattern that can be searched for here; there is no looking ahead or back",
}

#: Of a value, and of a list of choices, this much is shown.
_CHARS = 40
_CHOICES = 10


def _listed(choices: list[Any]) -> str:
    shown = ", ".join(_short(choice) for choice in choices[:_CHOICES])
    more = len(choices) - _CHOICES
    return f"{shown} and {more:,} more" if more > 0 else shown


def _types(names: list[str]) -> str:
    # jsonschema-rs tells them in an order of its own.
    return " or ".join(text for name, text in _TYPES.items() if name in names)


#: NaN is neither more nor less than anything.
_NAN: Mapping[str, str] = {
    "maximum": "a number up to {}",
    "minimum": "a number from {} up",
    "exclusiveMaximum": "a number below {}",
    "exclusiveMinimum": "a number above {}",
}

_SENTENCES: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "type": lambda value, of: f"{value} is not {_types(of['types'])}.",
    "maximum": lambda value, of: f"{value} is more than the maximum {_short(of['limit'])}.",
    "minimum": lambda value, of: f"{value} is less than the minimum {_short(of['limit'])}.",
    "exclusiveMaximum": lambda value, of: f"{value} is not less than {_short(of['limit'])}.",
    "exclusiveMinimum": lambda value, of: f"{value} is not more than {_short(of['limit'])}.",
    "multipleOf": lambda value, of: f"{value} is not a multiple of {_short(of['multiple_of'])}.",
    "enum": lambda value, of: f"{value} is none of the choices {_listed(of['options'])}.",
    "const": lambda value, of: f"{value} is not {_short(of['expected_value'])}.",
    "minLength": lambda value, of: f"{value} is too short; it has at least {_count(of['limit'], 'character')}.",
    "maxLength": lambda value, of: f"{value} is too long; it has at most {_count(of['limit'], 'character')}.",
    "minItems": lambda value, of: f"it has too few items; there are at least {of['limit']}.",
    "maxItems": lambda value, of: f"it has too many items; there are at most {of['limit']}.",
    "uniqueItems": lambda value, of: "an item stands in it twice.",
    "required": lambda value, of: f"{_short(of['property'])} is missing.",
    "additionalProperties": lambda value, of: f"{_listed(of['unexpected'])} is not expected.",
    "falseSchema": lambda value, of: "nothing is expected here.",
    "pattern": lambda value, of: f"{value} does not match {of['pattern']}.",
    "format": lambda value, of: f"{value} is not {_FORMATS.get(of['format'], of['format'])}.",
}


def sentence(error: ValidationError, value: Any) -> str:
    """What is wrong with a part of ``value``, shown as it came, not as what stood in for it."""
    of = error.kind.as_dict()
    keyword = error.kind.name
    found = _SENTENCES.get(keyword)
    shown = _short(_part(value, error.instance_path))
    if shown == "NaN" and keyword in _NAN:
        return f"NaN is not {_NAN[keyword].format(_short(of['limit']))}."
    if found is not None:
        try:
            return found(shown, of)
        except KeyError:
            return f"{error.message}."
    if keyword in ("anyOf", "oneOf"):
        return _none_of(shown, of.get("context", []))
    return f"{error.message}."


def _none_of(shown: str, context: list[list[ValidationError]]) -> str:
    types: list[str] = []
    others: list[str] = []
    for errors in context:
        if not errors:
            return f"{shown} fits more than one of the forms it may have."
        kind = errors[0].kind
        if kind.name == "type" and not errors[0].instance_path:
            types += kind.as_dict()["types"]
        else:
            others.append(sentence(errors[0], errors[0].instance))
    if len(others) == 1:
        # Optional[int], with bounds: what is wrong with it is said of the form that it has.
        return others[0]
    return f"{shown} fits none of the forms it may have." if others else f"{shown} is not {_types(types)}."


def _part(value: Any, path: list[Any]) -> Any:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return value
    return value


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _short(value: Any) -> str:
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$"):
        (inner,) = value.values()
        value = inner if isinstance(inner, str) else value
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _CHARS else text[: _CHARS - 3] + "..."
