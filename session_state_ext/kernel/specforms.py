"""Declarations out of what people have: types, dataclasses, pydantic models, JSON Schemas.

pydantic is never imported here: a model that somebody has brings it along.
"""

from __future__ import annotations

import dataclasses
import sys
import types
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from msgspec import UNSET, Raw

from session_state_ext.errors import InvalidSpec, SessionError
from session_state_ext.model import Spec
from session_state_ext.names import check_name
from session_state_ext.wire import check_spec, encode

from . import values
from .parameters import described, kind_of, parameters, plain

#: A declaration without its default, and the default as a Python value.
Form = tuple[dict[str, Any], Any]

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
)

#: What annotated_types and pydantic call a bound, and what JSON Schema does.
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
}

#: What a field's metadata, or a property of a schema, may say of a variable besides.
_OURS = ("control", "locked")
_WORDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusive_minimum": "exclusiveMinimum",
    "exclusive_maximum": "exclusiveMaximum",
    "step": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "choices": "enum",
}


def spec_text(name: str, form: dict[str, Any], default: Any) -> bytes:
    """The JSON text of a declaration. ``default`` is a Python value, or UNSET."""
    schema = form.get("schema")
    spec = Spec(
        description=form.get("description") or UNSET,
        schema=UNSET if not schema and schema is not False else Raw(encode(schema)),
        default=UNSET if default is UNSET else Raw(values.encode(default, name)),
        control=form.get("control") or UNSET,
        locked=bool(form.get("locked", False)),
    )
    return encode(spec)


def declared(name: str, default: Any, kind: Any, said: Mapping[str, Any], form: Mapping[str, Any]) -> bytes:
    """The JSON text of what ``session.declare(name, default, type=kind, **said)`` declares.

    ``form`` has schema, description, control and locked; what is None was not given. Raises InvalidSpec.
    """
    made = keywords(name, said)
    of = of_type(kind) if kind is not None else of_value(default, made)
    return spec_text(name, {**form, "schema": {**(form.get("schema") or of), **made}}, default)


def declared_by(source: str) -> dict[str, bytes]:
    """The JSON texts of what a cell of ``%%session parameters`` declares. Raises NotPlain."""
    __tracebackhide__ = True
    texts: dict[str, bytes] = {}
    for one in parameters(source):
        kind = kind_of(one)
        schema = of_type(kind) if kind is not None else of_value(one.value, {})
        texts[one.name] = spec_text(one.name, {"schema": schema, "description": one.description}, one.value)
    return texts


def described_by(source: str) -> dict[str, bytes]:
    """The JSON texts of what a cell says of the names that it assigns, by comments and annotations.

    ``lr: float = 0.1  # learning rate``. It may hold anything else besides; what says nothing is left out.
    """
    found: dict[str, bytes] = {}
    for one in plain(source):
        form: dict[str, Any] = {"description": one.description}
        if one.annotation is not None and (kind := kind_of(one)) is not None:
            form["schema"] = of_type(kind)
        try:
            check_name(one.name)
            text = spec_text(one.name, form, one.value)
            check_spec(one.name, Raw(text))
        except SessionError:
            continue
        if one.description or "schema" in form:
            found[one.name] = text
    return found


def keywords(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a schema that ``minimum=0, maximum=1, choices=[...]`` says."""
    made: dict[str, Any] = {}
    for word, value in said.items():
        if value is None:
            continue
        if word not in _WORDS:
            raise InvalidSpec(f"{name} cannot be declared so: there is no {word}; there are {', '.join(_WORDS)}.")
        made[_WORDS[word]] = [_choice(one) for one in value] if word == "choices" else value
    return made


def _choice(value: Any) -> Any:
    return _choice(value.value) if isinstance(value, Enum) else value


def of_value(default: Any, said: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the type that a default has; a whole number with a bound that is none is a number."""
    if default is UNSET or default is None or "enum" in said:
        return {}
    kind = type(default)
    if kind is int and any(isinstance(bound, float) for bound in said.values()):
        kind = float
    if isinstance(default, list | tuple):
        return {"type": "array"}
    return {"type": "object"} if isinstance(default, dict) else of_type(kind)


def of_type(hint: Any) -> dict[str, Any]:
    """The JSON Schema of a type; an empty one where there is none to say."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        schema = of_type(arguments[0])
        for extra in arguments[1:]:
            schema.update(_of_metadata(extra, schema))
        return schema
    if origin is Literal:
        return {"enum": [_choice(one) for one in arguments]}
    if origin is Union or isinstance(hint, types.UnionType):
        forms = [of_type(one) for one in arguments]
        return {} if any(not form for form in forms) else {"anyOf": forms}
    kind = origin or hint
    if not isinstance(kind, type):
        return {}
    if issubclass(kind, Enum):
        return {"enum": [_choice(member) for member in kind]}
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


def _of_metadata(extra: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(extra, Mapping):
        return keywords("it", {word: value for word, value in extra.items() if word in _WORDS})
    # pydantic's Field keeps its bounds in a list of their own.
    parts = [extra, *(getattr(extra, "metadata", None) or [])]
    made = {
        word: value
        for one in parts
        for name, word in _BOUNDS.items()
        if (value := getattr(one, name, None)) is not None
    }
    if schema.get("type") == "array":
        made = {
            {"minLength": "minItems", "maxLength": "maxItems"}.get(word, word): value for word, value in made.items()
        }
    return made


def forms_of(what: Any) -> dict[str, Form]:
    """The declarations that a pydantic model, a dataclass (or one made of either), or a JSON Schema comes to."""
    kind = what if isinstance(what, type) else type(what)
    instance = None if isinstance(what, type) else what
    if isinstance(what, Mapping):
        return _of_schema(what)
    if hasattr(kind, "model_json_schema") and hasattr(kind, "model_fields"):
        return _of_model(kind, instance)
    if dataclasses.is_dataclass(kind):
        return _of_dataclass(kind, instance)
    raise InvalidSpec(
        f"{values.article(kind.__name__).capitalize()} declares nothing. Give a name, a dataclass, a pydantic model "
        'or a JSON Schema with properties: session.declare("lr", 0.1, minimum=0)'
    )


def _of_schema(schema: Mapping[str, Any]) -> dict[str, Form]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        raise InvalidSpec(
            'This schema has no properties, which are what it declares: {"properties": {"lr": {"type": "number"}}}'
        )
    shared = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    return {name: _of_property(inner, shared) for name, inner in properties.items()}


def _of_property(inner: Any, shared: Mapping[str, Any]) -> Form:
    if not isinstance(inner, Mapping):
        return {"schema": inner}, UNSET
    schema = dict(inner)
    default = schema.pop("default", UNSET)
    form = {key: schema.pop(key) for key in ("description", *_OURS) if key in schema}
    schema.pop("title", None)
    if _refers(schema):
        schema.update(shared)
    return {**form, "schema": schema}, default


def _refers(schema: Any) -> bool:
    if isinstance(schema, Mapping):
        return "$ref" in schema or any(map(_refers, schema.values()))
    return isinstance(schema, list) and any(map(_refers, schema))


def _of_model(kind: Any, instance: Any) -> dict[str, Form]:
    said = described(kind)
    forms = _of_schema(kind.model_json_schema(by_alias=False))
    found: dict[str, Form] = {}
    for name, field in kind.model_fields.items():
        form, default = forms[name]
        if not form.get("description") and name in said:
            form["description"] = said[name]
        if instance is not None:
            default = getattr(instance, name)
        elif not field.is_required():
            default = field.get_default(call_default_factory=True)
        found[name] = form, _plain(name, default)
    return found


def _of_dataclass(kind: Any, instance: Any) -> dict[str, Form]:
    said = described(kind)
    try:
        hints = get_type_hints(kind, include_extras=True)
    except (NameError, TypeError):
        hints = {}
    found: dict[str, Form] = {}
    for field in dataclasses.fields(kind):
        form = _of_field(field, hints.get(field.name))
        if "description" not in form and field.name in said:
            form["description"] = said[field.name]
        if instance is not None:
            default = getattr(instance, field.name)
        elif field.default is not dataclasses.MISSING:
            default = field.default
        else:
            factory = field.default_factory
            default = UNSET if factory is dataclasses.MISSING else factory()
        found[field.name] = form, _plain(field.name, default)
    return found


def _of_field(field: dataclasses.Field[Any], hint: Any) -> dict[str, Any]:
    schema = of_type(hint)
    form: dict[str, Any] = {}
    for word, value in field.metadata.items():
        if word == "description" or word in _OURS:
            form[word] = value
        elif word in _WORDS:
            schema.update(keywords(field.name, {word: value}))
    if "description" not in form and (text := _said(hint)) is not None:
        form["description"] = text
    return {**form, "schema": schema}


def _said(hint: Any) -> str | None:
    """``Annotated[float, "learning rate"]``, or Field(description="learning rate") in it."""
    for extra in get_args(hint)[1:] if get_origin(hint) is Annotated else ():
        text = extra if isinstance(extra, str) else getattr(extra, "description", None)
        if isinstance(text, str):
            return text
    return None


def _plain(name: str, default: Any) -> Any:
    """A default as a value of the session; a model inside a model becomes an object."""
    if default is UNSET:
        return default
    if hasattr(type(default), "model_dump"):
        return default.model_dump()
    if dataclasses.is_dataclass(default) and not isinstance(default, type):
        return dataclasses.asdict(default)
    default = _choice(default)
    try:
        values.encode(default, name)
    except SessionError:
        undefined = sys.modules.get("pydantic_core")
        if undefined is not None and default is getattr(undefined, "PydanticUndefined", None):
            return UNSET
        raise
    return default
