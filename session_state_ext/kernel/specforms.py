"""Declarations out of what people have: words, cells of parameters, dataclasses, pydantic models, JSON Schemas.

pydantic is never imported here: a model that somebody has brings it along.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from msgspec import UNSET, Raw

from session_state_ext.changes import read_spec
from session_state_ext.errors import InvalidSpec, SessionError
from session_state_ext.model import Spec
from session_state_ext.names import check_name
from session_state_ext.wire import check_spec, encode, problem

from . import values
from .annotations import Unreadable, hint_of
from .parameters import Parameter, described, parameters, plain
from .typeforms import annotated, bounded, check_bounds, choice, is_type, of_type, of_value, plainly, retyped

#: A declaration without its default, and the default as a Python value.
Form = tuple[dict[str, Any], Any]

#: What a field's metadata, or a property of a schema, may say of a variable besides.
_OURS = ("control", "locked")


def spec_text(name: str, form: Mapping[str, Any], default: Any) -> bytes:
    """The JSON text of a declaration. ``default`` is a Python value, or UNSET. Raises InvalidSpec."""
    schema = form.get("schema")
    if isinstance(schema, Mapping):
        check_bounds(name, schema)
    for word in ("description", "control"):
        if not isinstance(form.get(word) or "", str):
            raise InvalidSpec(f"{name} cannot be declared so: its {word} is text, not {form[word]!r}.")
    spec = Spec(
        description=form.get("description") or UNSET,
        schema=UNSET if not schema and schema is not False else Raw(_encoded(name, schema)),
        default=UNSET if default is UNSET else Raw(values.encode(default, name)),
        control=form.get("control") or UNSET,
        locked=bool(form.get("locked", False)),
    )
    return encode(spec)


def _encoded(name: str, schema: Any) -> bytes:
    key = next((key for key in _keys(schema) if not isinstance(key, str)), None)
    if key is not None:
        raise InvalidSpec(f"{name} cannot be declared so: the words of a schema are text, not {key!r}.")
    try:
        return encode(schema)
    except TypeError:  # numbers of numpy, and whatever else a value may be
        return encode(plainly(name, schema))


def _keys(schema: Any) -> Iterator[Any]:
    if isinstance(schema, Mapping):
        yield from schema
        schema = schema.values()
    elif not isinstance(schema, list | tuple):
        return
    for one in schema:
        yield from _keys(one)


def declared(name: str, default: Any, kind: Any, said: Mapping[str, Any], form: Mapping[str, Any]) -> bytes:
    """The JSON text of what ``session.declare(name, default, type=kind, **said)`` declares.

    ``form`` has schema, description, control and locked; what is None was not given. Raises InvalidSpec.
    """
    if kind is not None and not is_type(kind):
        raise InvalidSpec(
            f"{name} cannot be declared so: a type is one such as float, list[int] or Literal['a', 'b'], not {kind!r}."
        )
    schema = form.get("schema")
    if schema is not None and not isinstance(schema, Mapping | bool):
        raise InvalidSpec(
            f'{name} cannot be declared so: a schema is a dict, such as {{"type": "number"}}, not {schema!r}.'
        )
    of = of_type(kind) if kind is not None else of_value(default, said)
    given = schema or of
    if isinstance(given, Mapping):
        given = bounded(name, given, said)
    return spec_text(name, {**form, "schema": given}, default)


def declared_by(source: str, standing: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """The JSON texts of what a cell of ``%%session parameters`` declares, where these declarations stand already.

    Such a cell says a description, a default and a type; what a declaration that stands says besides, stays. Raises
    NotPlain, and InvalidSpec where the default is not what it allows.
    """
    __tracebackhide__ = True
    return {one.name: _parameter(one, (standing or {}).get(one.name)) for one in parameters(source)}


def _parameter(one: Parameter, standing: bytes | None) -> bytes:
    schema = _annotated(one)
    said = of_value(one.value, {}) if schema is None else schema
    form: dict[str, Any] = {"schema": said, "description": one.description}
    if standing is not None:
        spec = read_spec(Raw(standing))
        before = {} if spec.schema is UNSET else json.loads(bytes(spec.schema))
        allowed = problem(one.name, Raw(standing), Raw(values.encode(one.value, one.name))) is None
        form = {
            # What a value is taken for gives way to a type that was said of it.
            "schema": before if schema is None and before and allowed else _retyped(before, said),
            "description": one.description or spec.description or None,
            "control": spec.control or None,
            "locked": spec.locked,
        }
    return spec_text(one.name, form, one.value)


def _retyped(before: Any, said: dict[str, Any]) -> dict[str, Any]:
    return retyped(before, said) if isinstance(before, dict) else said


def _annotated(one: Parameter) -> dict[str, Any] | None:
    """The schema of an annotation, an empty one where nothing is known of it; None where there is none."""
    if one.annotation is None:
        return None
    try:
        return of_type(hint_of(one.annotation))
    except Unreadable:
        return {}


def described_by(source: str) -> dict[str, bytes]:
    """The JSON texts of what a cell says of the names that it assigns, by comments and annotations.

    ``lr: float = 0.1  # learning rate``. It may hold anything else besides; what says nothing is left out.
    """
    found: dict[str, bytes] = {}
    for one in plain(source):
        form: dict[str, Any] = {"description": one.description}
        if schema := _annotated(one):
            form["schema"] = schema
        try:
            check_name(one.name)
            text = spec_text(one.name, form, one.value)
            check_spec(one.name, Raw(text))
        except SessionError:
            continue
        if one.description or "schema" in form:
            found[one.name] = text
    return found


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
    if getattr(kind, "__annotations__", None) and not issubclass(kind, dict | tuple):
        raise InvalidSpec(
            f"{kind.__name__} is a plain class, which says nothing of its fields. Make it a dataclass: "
            f"from dataclasses import dataclass, and @dataclass above class {kind.__name__}"
        )
    noun = values.article(kind.__name__)
    raise InvalidSpec(
        f"{noun[0].upper()}{noun[1:]} declares nothing. Give a name, a dataclass, a pydantic model "
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
    schema = kind.model_json_schema(by_alias=False)
    if "properties" not in schema and str(schema.get("$ref")).startswith("#/$defs/"):
        # One that refers to itself stands among its own parts.
        schema = {**schema["$defs"][schema["$ref"].rpartition("/")[2]], "$defs": schema["$defs"]}
    forms = _of_schema(schema)
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
    form: dict[str, Any] = {
        word: value for word, value in field.metadata.items() if word == "description" or word in _OURS
    }
    schema = annotated(field.name, of_type(hint), [field.metadata])
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
    default = choice(default)
    try:
        values.encode(default, name)
    except SessionError:
        undefined = sys.modules.get("pydantic_core")
        if undefined is not None and default is getattr(undefined, "PydanticUndefined", None):
            return UNSET
        raise
    return default
