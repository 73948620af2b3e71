"""Declarations: what one may be, and whether a value is what its declaration says.

JSON Schema is 2020-12, by jsonschema-rs, within bounds: a schema refers to nothing outside of itself, patterns are of
the kind whose search takes time by the length of the text, and what a check may cost is known before it is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw

from session_state_ext import jsontext
from session_state_ext.errors import InvalidSpec, InvalidValue, Locked
from session_state_ext.model import Spec

from .sentences import sentence
from .standins import standins

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

#: Of a whole declaration.
SPEC_BYTES = 64 * 1024
DESCRIPTION_CHARS = 2000

#: The editors that a declaration may ask for.
CONTROLS = ("slider", "number", "select", "switch", "text", "multiline", "date", "json")

#: Nesting of a schema, and how many schemas it comes to once each reference is written out.
_SCHEMA_DEPTH = 32
_SCHEMA_PARTS = 1000

#: Parts of a schema times bytes of a value: more is not looked at.
_WORK = 200_000_000

_PATTERN_BYTES = 256 * 1024


def check_spec(name: str, text: Raw) -> None:
    """Raise InvalidSpec, with ``name`` and a JSON pointer into the declaration, where it is none. null is one."""
    if bytes(text) == b"null":
        return
    if len(bytes(text)) > SPEC_BYTES:
        raise _wrong(name, f"it can have {SPEC_BYTES // 1024} KiB.", "")
    try:
        spec = msgspec.json.decode(text, type=Spec)
    except msgspec.MsgspecError as error:
        raise _wrong(name, f"{error}.", "") from None
    if spec.description is not UNSET and len(spec.description) > DESCRIPTION_CHARS:
        raise _wrong(name, f"a description can have {DESCRIPTION_CHARS:,} characters.", "/description")
    if spec.control is not UNSET and spec.control not in CONTROLS:
        raise _wrong(name, f"there is no control {spec.control!r}; there are {', '.join(CONTROLS)}.", "/control")
    if spec.schema is not UNSET:
        _check_schema(name, bytes(spec.schema))
    if spec.default is not UNSET:
        wrong = problem(name, text, spec.default)
        if wrong is not None:
            raise _wrong(
                name, f"its default is not what it allows: {wrong.fields['why']}", "/default" + wrong.fields["pointer"]
            )


def problem(name: str, spec: Raw, value: Raw) -> InvalidValue | None:
    """Why ``value`` is not what ``spec``, which has been checked, says; None where it is.

    The error has ``name``, ``pointer`` (RFC 6901, into the value), ``path`` (the same, for people) and ``why``.
    """
    compiled, parts = _compiled(bytes(spec))
    if compiled is None:
        return None
    text = bytes(value)
    if parts * len(text) > _WORK:
        return _invalid(name, [], "it is too large for a schema of this many parts.")
    plain = json.loads(text)
    for form in standins(text, plain):
        error: ValidationError | None = next(compiled.iter_errors(form), None)
        if error is not None:
            return _invalid(name, error.instance_path, sentence(error, plain))
    return None


def is_unset(name: str, spec: Raw, value: Raw) -> bool:
    """Whether a declared variable has no value yet: null, which is none that its declaration allows."""
    return bytes(value) == b"null" and problem(name, spec, value) is not None


def is_locked(spec: Raw) -> bool:
    return b'"locked"' in bytes(spec) and msgspec.json.decode(spec, type=Spec).locked


def obey(name: str, value: Raw | None, spec: Raw, *, granted: bool = False) -> None:
    """Raise Locked or InvalidValue where ``spec`` forbids this value, or that (None) the name is taken away.

    ``granted``: the value may be any.
    """
    if is_locked(spec):
        raise locked(name)
    wrong = None if value is None or granted else problem(name, spec, value)
    if wrong is not None:
        raise wrong


def locked(name: str) -> Locked:
    """The refusal to write to a locked variable."""
    return Locked(
        f"{name} is locked. To change it, unlock it first: in its menu in the Session panel, "
        f"or with session.unlock({name!r}).",
        name=name,
    )


@lru_cache(maxsize=512)
def _compiled(spec: bytes) -> tuple[Draft202012Validator | None, int]:
    schema = msgspec.json.decode(spec, type=Spec).schema
    if schema is UNSET:
        return None, 0
    plain = json.loads(bytes(schema))
    return _validator(plain), _parts(plain)


def _validator(schema: Any) -> Draft202012Validator:
    # Only where something is declared: it takes its time to load.
    from jsonschema_rs import Draft202012Validator, RegexOptions

    return Draft202012Validator(
        schema,
        validate_formats=True,
        offline=True,
        pattern_options=RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES),
    )


def _check_schema(name: str, text: bytes) -> None:
    if jsontext.is_deeper(text, _SCHEMA_DEPTH):
        raise _wrong(name, f"a schema can be nested {_SCHEMA_DEPTH} deep, this one is deeper.", "/schema")
    schema = json.loads(text)
    if not isinstance(schema, dict | bool):
        raise _wrong(name, 'a schema is an object, such as {"type": "number", "maximum": 1}.', "/schema")
    try:
        _parts(schema)
    except _Refused as refused:
        raise _wrong(name, refused.args[0], "/schema" + pointer(refused.args[1])) from None
    from jsonschema_rs import ValidationError

    try:
        _validator(schema)
    except ValidationError as error:
        raise _wrong(
            name, f"its schema is not one: {sentence(error, schema)}", f"/schema{pointer(error.instance_path)}"
        ) from None
    except ValueError as error:
        raise _wrong(name, f"its schema is not one: {str(error).splitlines()[0]}", "/schema") from None


class _Refused(Exception):
    """A sentence, and where in the schema."""


def _parts(schema: Any) -> int:
    """How many schemas a check may come to, each reference written out. Raises _Refused."""
    sizes: dict[str, int] = {}

    def size(node: Any, path: list[Any], within: frozenset[str]) -> int:
        total = 1
        for where, inner in _inside(node):
            if where in ("$id", "$dynamicRef", "$recursiveRef", "$anchor", "$dynamicAnchor") and path:
                raise _Refused(f"{where} is not taken here; refer to a part by its place: #/$defs/...", [*path, where])
            if where == "$schema":
                if not isinstance(inner, str) or "2020-12" not in inner:
                    raise _Refused("its $schema is another one than that of 2020-12.", [*path, where])
            elif where == "$ref":
                total += follow(inner, [*path, where], within)
            elif isinstance(inner, dict | list):
                total += size(inner, [*path, where], within)
        if total > _SCHEMA_PARTS:
            raise _Refused(f"a schema can come to {_SCHEMA_PARTS:,} parts, this one has more.", [])
        return total

    def follow(target: Any, path: list[Any], within: frozenset[str]) -> int:
        if not isinstance(target, str) or not (target == "#" or target.startswith("#/")):
            raise _Refused("a $ref leads to a part of the same schema: #/$defs/...", path)
        if target in within or target == "#":
            raise _Refused("a schema that refers to itself is not taken here.", path)
        if target not in sizes:
            sizes[target] = size(_at(schema, target, path), path, within | {target})
        return sizes[target]

    return size(schema, [], frozenset())


def _inside(node: Any) -> Iterator[tuple[Any, Any]]:
    return iter(node.items()) if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else iter(())


def _at(schema: Any, target: str, path: list[Any]) -> Any:
    from urllib.parse import unquote

    node = schema
    for token in unquote(target[2:]).split("/"):
        key = token.replace("~1", "/").replace("~0", "~")
        try:
            node = node[int(key)] if isinstance(node, list) else node[key]
        except (KeyError, IndexError, ValueError, TypeError):
            raise _Refused(f"there is nothing at {target}.", path) from None
    return node


def pointer(path: list[Any]) -> str:
    """The JSON pointer (RFC 6901) of a path of keys and indices."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)


def _invalid(name: str, path: list[Any], why: str) -> InvalidValue:
    inside = "".join(f"[{json.dumps(key, ensure_ascii=False)}]" for key in path)
    return InvalidValue(f"{name}{inside}: {why}", name=name, pointer=pointer(path), why=why)


def _wrong(name: str, why: str, where: str) -> InvalidSpec:
    return InvalidSpec(f"{name} cannot be declared so: {why}", name=name, pointer=where)
