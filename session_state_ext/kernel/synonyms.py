"""What others call the words of a declaration: ipywidgets, pydantic, JSON Schema, annotated_types, and people."""

from __future__ import annotations

from collections.abc import Iterable

from session_state_ext.spelling import closest

#: The keywords of session.declare.
WORDS = (
    *("type", "minimum", "maximum", "step", "choices", "pattern", "min_length", "max_length"),
    *("description", "control", "locked", "schema"),
)

_OTHERS = {
    "minimum": "min ge gte low lower lower_bound lo start least min_value minvalue",
    "maximum": "max le lte high upper upper_bound hi stop most max_value maxvalue",
    "step": "multiple_of multipleof increment stepsize step_size resolution",
    "choices": "options values enum one_of oneof allowed items literal categories",
    "pattern": "regex regexp re match",
    "min_length": "minlength min_len minlen min_items minitems",
    "max_length": "maxlength max_len maxlen max_items maxitems",
    "description": "desc help doc docs label title tooltip comment caption",
    "control": "widget editor ui input display",
    "type": "dtype kind annotation cls",
    "locked": "readonly read_only frozen disabled const constant final lock",
    "schema": "json_schema jsonschema spec",
}
_MEANT = {other: word for word, others in _OTHERS.items() for other in others.split()}

#: Words that only a schema has, each with what says it.
_OF_SCHEMA = {
    "gt": "exclusiveMinimum",
    "exclusive_minimum": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
    "exclusive_maximum": "exclusiveMaximum",
    "format": "format",
    "unique_items": "uniqueItems",
    "required": "required",
}
_DEFAULTS = ("value", "initial", "init", "default_value", "default_factory")


def meant(word: str, known: Iterable[str] = WORDS) -> str | None:
    """Which of these words ``word`` stands for, as far as can be guessed."""
    known = list(known)
    plain = word.strip("-").replace("-", "_")
    for one in (plain, plain.casefold(), _snake(plain)):
        found = _MEANT.get(one)
        if found in known:
            return found
    return closest(_snake(plain), known)


def unknown(name: str, word: str) -> str:
    """The sentence for a keyword that session.declare does not have."""
    said = f"session.declare has no {word}"
    if word == "name":
        return f'{said}; the name comes first: session.declare("lr", 0.1)'
    if _snake(word) in _DEFAULTS:
        return f"{said}; the default comes behind the name: session.declare({name!r}, 0.1)"
    if _snake(word) in _OF_SCHEMA:
        return f'{said}; a JSON Schema has it: schema={{"{_OF_SCHEMA[_snake(word)]}": ...}}'
    found = meant(word)
    return f"{said}. Did you mean {found}?" if found else f"{said}. It has {', '.join(('default', *WORDS))}."


def _snake(word: str) -> str:
    """``minLength`` as ``min_length``"""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in word).lstrip("_")
