"""Patches of JSON: RFC 7396 (merge patch) and RFC 6902 (JSON patch), on one value or on all variables.

Text in, text out: what a patch does not touch keeps its text, so that ``1.0``, ``1E2``, integers of any size and
the order of keys survive. A value is opened only where a patch comes by. Nothing here knows a session: the hub
calls it inside the writer's transaction, on what stands there, and every client when it is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from .errors import InvalidBody, LimitExceeded, PatchFailed, TooLarge
from .jsontext import same
from .model import Delete, Op, Set

#: What the copies of one patch may come to, in bytes: each could double the value.
_COPIED = 16 * 1024 * 1024

#: JSON text that nobody has looked into yet, or the members or items of it.
_Node = Raw | dict[str, Any] | list[Any]

_index = re.compile(r"0|[1-9][0-9]{0,15}").fullmatch
_escape = re.compile(r"~(?![01])").search


class Operation(Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"source": "from"}):
    """One step of a JSON patch. Members that the RFC does not know are ignored."""

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: str
    value: Raw | UnsetType = UNSET
    source: str | UnsetType = UNSET


_OPERATIONS = ", ".join(["add", "remove", "replace", "move", "copy", "test"])


# --- RFC 7396 ---


def merge_value(value: bytes | None, patch: bytes) -> bytes:
    """The value after ``patch`` (RFC 7396): members of objects are merged, null removes, anything else replaces.

    ``value`` is None where there is none yet.
    """
    members = members_of(patch)
    if members is None:
        return patch
    merged = (None if value is None else members_of(value)) or {}
    for key, member in members.items():
        if bytes(member) == b"null":
            merged.pop(key, None)
        else:
            before = merged.get(key)
            merged[key] = Raw(merge_value(None if before is None else bytes(before), bytes(member)))
    return msgspec.json.encode(merged)


def merge_variables(variables: Mapping[str, bytes], patch: Mapping[str, bytes]) -> tuple[Op, ...]:
    """The ops that a merge patch (RFC 7396) of the object of all variables comes to.

    A member that is null deletes its variable, an object is merged into the variable's value, anything else is
    set as it came.
    """
    ops: list[Op] = []
    for name, member in patch.items():
        if member.strip() == b"null":
            ops.append(Delete(name=name))
        else:
            ops.append(Set(name=name, value=Raw(merge_value(variables.get(name), member))))
    return tuple(ops)


# --- RFC 6902 ---


def operations(patch: bytes) -> list[Operation]:
    """The operations of a JSON patch, whose text has been checked. Raises InvalidBody where it is none."""
    try:
        texts = msgspec.json.decode(patch, type=list[Raw])
    except msgspec.MsgspecError:
        raise InvalidBody(
            'A JSON patch is a list of operations, such as [{"op": "replace", "path": "/lr", "value": 0.1}].'
        ) from None
    return [_operation(index, text) for index, text in enumerate(texts)]


def _operation(index: int, text: Raw) -> Operation:
    try:
        operation = msgspec.json.decode(text, type=Operation)
    except msgspec.MsgspecError as error:
        wrong = str(error)
        if "$.op" in wrong or "`op`" in wrong or "Expected `object`" in wrong:
            wrong = f"it needs an op, one of {_OPERATIONS}"
        raise InvalidBody(f"Operation {index} of the patch: {wrong}.", index=index) from None
    if operation.op in ("add", "replace", "test") and operation.value is UNSET:
        raise InvalidBody(f"Operation {index} of the patch: {operation.op} needs a value.", index=index)
    if operation.op in ("move", "copy") and operation.source is UNSET:
        raise InvalidBody(f"Operation {index} of the patch: {operation.op} needs a from.", index=index)
    for pointer in (operation.path, operation.source):
        if pointer is not UNSET and ((pointer and pointer[0] != "/") or _escape(pointer)):
            raise InvalidBody(
                f"Operation {index} of the patch: {pointer!r} is not a JSON pointer, such as /optimizer/lr.",
                index=index,
            )
    return operation


def patch_value(value: bytes, patch: bytes) -> bytes:
    """The value after the JSON patch ``patch`` (RFC 6902).

    All of its operations take effect, or none does. Raises InvalidBody where ``patch`` is not a JSON patch, and
    PatchFailed, with the ``index`` of the operation and its ``pointer``, where it does not fit this value; TooLarge
    or LimitExceeded where it makes of it what could not be stored anyway.
    """
    return _text(_patched(Raw(value), operations(patch)))


def patch_variables(variables: Mapping[str, bytes], patch: bytes) -> tuple[Op, ...]:
    """The ops that a JSON patch (RFC 6902) of the object of all variables comes to: whole values and deletes.

    Raises as :func:`patch_value` does.
    """
    document = _opened(_patched({name: Raw(text) for name, text in variables.items()}, operations(patch)))
    if not isinstance(document, dict):
        raise PatchFailed("All variables together are an object; a patch cannot make them anything else.", pointer="")
    deleted: list[Op] = [Delete(name=name) for name in variables if name not in document]
    texts = {name: _text(node) for name, node in document.items()}
    written: list[Op] = [
        Set(name=name, value=Raw(text))
        for name, text in texts.items()
        if name not in variables or not same(variables[name], text)
    ]
    return (*deleted, *written)


def _patched(document: _Node, patch: list[Operation]) -> _Node:
    application = _Application(document)
    for index, operation in enumerate(patch):
        said = f"Operation {index} of the patch ({operation.op} {operation.path})"
        try:
            application.do(operation)
        except LookupError as error:
            why = str(error.args[0]) if error.args else "there is no such place"
            raise PatchFailed(f"{said}: {why}.", index=index, pointer=operation.path) from None
        except RecursionError:
            raise LimitExceeded(f"{said}: that is nested too deep.", index=index) from None
    return application.result()


class _Application:
    """A document on its way through a patch. Where an operation does not fit, LookupError says why."""

    def __init__(self, document: _Node) -> None:
        # The whole is the one member of an object, so that it can be added, replaced and moved as any other.
        self._holder: dict[str, Any] = {"": document}
        self._copied = 0

    def result(self) -> _Node:
        if "" not in self._holder:
            raise PatchFailed("This patch takes away the value as a whole; delete it instead.", pointer="")
        whole: _Node = self._holder[""]
        return whole

    def do(self, operation: Operation) -> None:
        path, source, value = tokens_of(operation.path), operation.source, operation.value
        match operation.op:
            case "add":
                self._add(path, value)
            case "remove":
                self._take(path)
            case "replace":
                container, key = self._place(path)
                container[key] = value
            case "test":
                assert value is not UNSET
                container, key = self._place(path)
                if not _alike(_text(container[key]), bytes(value)):
                    raise LookupError("another value stands there")
            case _:
                assert source is not UNSET
                self._carry(tokens_of(source), path, move=operation.op == "move")

    def _carry(self, source: list[str], path: list[str], *, move: bool) -> None:
        container, key = self._place(source)
        if not move:
            text = _text(container[key])
            self._copied += len(text)
            if self._copied > _COPIED:
                raise TooLarge(f"The copies of one patch can come to {_COPIED // 1024 // 1024} MiB.")
            self._add(path, Raw(text))
        elif path != source:
            if path[: len(source)] == source:
                raise LookupError("a value cannot be moved into itself")
            self._add(path, self._take(source))

    def _add(self, path: list[str], node: Any) -> None:
        container, key = self._container(path)
        if isinstance(container, dict):
            container[key] = node
        else:
            container.insert(len(container) if key == "-" else _position(key, len(container)), node)

    def _take(self, path: list[str]) -> Any:
        container, key = self._place(path)
        return container.pop(key)

    def _place(self, path: list[str]) -> tuple[Any, Any]:
        """The container of what stands at ``path``, and its key or index there."""
        container, key = self._container(path)
        return container, _found(container, key)

    def _container(self, path: list[str]) -> tuple[dict[str, Any] | list[Any], str]:
        container: Any = self._holder
        key = ""
        for token in path:
            place = _found(container, key)
            node = container[place] = _opened(container[place])
            if isinstance(node, Raw):
                raise LookupError("there is no such place")
            container, key = node, token
        return container, key


def _found(container: Any, key: str) -> Any:
    """Key or index of what is there. Raises LookupError where nothing is."""
    if isinstance(container, list):
        return _position(key, len(container) - 1)
    if key not in container:
        raise LookupError("there is no such place")
    return key


def _position(key: str, last: int) -> int:
    if not _index(key) or int(key) > last:
        raise LookupError("there is no such place")
    return int(key)


def _opened(node: _Node) -> _Node:
    """Members or items; a text that has none as it is."""
    if not isinstance(node, Raw):
        return node
    first = bytes(node)[:1]
    if first == b"{":
        return msgspec.json.decode(node, type=dict[str, Raw])
    return msgspec.json.decode(node, type=list[Raw]) if first == b"[" else node


def _text(node: Any) -> bytes:
    return msgspec.json.encode(node)


def _alike(one: bytes, other: bytes) -> bool:
    """Equal as RFC 6902 has it: numbers by their size."""
    return one == other or _equal(json.loads(one), json.loads(other))


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(member, other[key]) for key, member in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


# --- pointers and members, for what compares values ---


def tokens_of(pointer: str) -> list[str]:
    """The keys and indices of a JSON pointer (RFC 6901)."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def members_of(value: bytes) -> dict[str, Raw] | None:
    """The members of an object, each with its text; None for any other value."""
    members = _opened(Raw(value))
    return members if isinstance(members, dict) else None


def is_index(token: str) -> bool:
    """Whether this could be a place in an array."""
    return token == "-" or _index(token) is not None  # noqa: S105
