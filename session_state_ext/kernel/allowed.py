"""What a declaration allows, in a few words: ``0 to 1``, ``adam | sgd``, ``locked``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from session_state_ext.model import Spec

from . import preview

#: So many choices are named.
_CHOICES = 6
_WORD = 24


def words(spec: Spec, value: bytes) -> str:
    """For a variable that has the value of this JSON text: a default that is the value goes without saying."""
    schema = {} if spec.schema is UNSET else json.loads(bytes(spec.schema))
    said = _of_schema(schema) if isinstance(schema, dict) else []
    if spec.default is not UNSET and bytes(spec.default) != value:
        said.append(f"default {preview.brief(bytes(spec.default), _WORD)}")
    if spec.locked:
        said.append("locked")
    return ", ".join(said)


def _of_schema(schema: Mapping[str, Any]) -> list[str]:
    said = []
    if isinstance(choices := schema.get("enum"), list):
        named = [_short(one) for one in choices[:_CHOICES]]
        more = len(choices) - len(named)
        said.append(" | ".join(named) + (f" | {more} more" if more else ""))
    said += _range(schema, ("minimum", "maximum"), ("exclusiveMinimum", "exclusiveMaximum"))
    if "multipleOf" in schema:
        said.append(f"in steps of {_short(schema['multipleOf'])}")
    for least, most, what in (("minLength", "maxLength", "characters"), ("minItems", "maxItems", "items")):
        said += [f"{one} {what}" for one in _range(schema, (least, most))]
    if "pattern" in schema:
        said.append(f"like {_short(schema['pattern'])}")
    return said


def _range(schema: Mapping[str, Any], ends: tuple[str, str], open_ends: tuple[str, str] = ("", "")) -> list[str]:
    low, high = (_short(schema[end]) if end in schema else None for end in ends)
    if low is not None and high is not None:
        return [f"{low} to {high}"]
    said = [f"at least {low}"] if low is not None else []
    said += [f"at most {high}"] if high is not None else []
    above, below = (_short(schema[end]) if end in schema else None for end in open_ends)
    said += [f"more than {above}"] if above is not None else []
    return said + ([f"less than {below}"] if below is not None else [])


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WORD else f"{text[: _WORD - 3]}..."
