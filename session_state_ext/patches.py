"""Patches of JSON: RFC 7396 (merge patch) and RFC 6902 (JSON patch), on one value or on all variables.

Numbers keep their kind and their digits, objects the order of their keys; what a patch does not touch keeps its
text. Nothing here knows a session: the hub calls it inside the writer's transaction, on what stands there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import jsonpatch
import jsonpointer
from msgspec import Raw

from .errors import InvalidBody, PatchFailed
from .jsontext import same
from .model import Delete, Op, Set

_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


def merge_value(value: bytes | None, patch: bytes) -> bytes:
    """The value after ``patch`` (RFC 7396): members of objects are merged, null removes, anything else replaces.

    ``value`` is None where there is none yet.
    """
    return _write(_merge(None if value is None else _read(value), _read(patch)))


def _merge(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, member in patch.items():
        if member is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), member)
    return merged


def merge_variables(variables: Mapping[str, bytes], patch: Mapping[str, bytes]) -> tuple[Op, ...]:
    """The ops that a merge patch (RFC 7396) of the object of all variables comes to.

    A member that is null deletes its variable, an object is merged into the variable's value, anything else is
    set as it came.
    """
    ops: list[Op] = []
    for name, member in patch.items():
        text = member.strip()
        if text == b"null":
            ops.append(Delete(name=name))
        elif text.startswith(b"{"):
            ops.append(Set(name=name, value=Raw(merge_value(variables.get(name), member))))
        else:
            ops.append(Set(name=name, value=Raw(member)))
    return tuple(ops)


def patch_value(value: bytes, patch: bytes) -> bytes:
    """The value after the JSON patch ``patch`` (RFC 6902).

    All of its operations take effect, or none does. Raises InvalidBody where ``patch`` is not a JSON patch, and
    PatchFailed, with the ``index`` of the operation and its ``pointer``, where it does not fit this value.
    """
    return _write(_apply(_read(value), _operations(patch)))


def patch_variables(variables: Mapping[str, bytes], patch: bytes) -> tuple[Op, ...]:
    """The ops that a JSON patch (RFC 6902) of the object of all variables comes to: whole values and deletes.

    Raises as :func:`patch_value` does.
    """
    document = _apply(_Document(variables), _operations(patch))
    if not isinstance(document, MutableMapping):
        raise PatchFailed("All variables together are an object; a patch cannot make them anything else.", pointer="")
    deleted: list[Op] = [Delete(name=name) for name in variables if name not in document]
    if isinstance(document, _Document):
        texts = {name: _write(value) for name, value in document.read.items()}
    else:
        texts = {name: _write(value) for name, value in document.items()}
    written: list[Op] = [
        Set(name=name, value=Raw(text))
        for name, text in texts.items()
        if name not in variables or not same(variables[name], text)
    ]
    return (*deleted, *written)


class _Document(MutableMapping[str, Any]):
    """All variables as one object, each read only when a patch comes by it."""

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        self._texts = dict(texts)
        #: the values that a patch has looked at or written
        self.read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self.read:
            self.read[name] = _read(self._texts[name])
        return self.read[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._texts.setdefault(name, b"")
        self.read[name] = value

    def __delitem__(self, name: str) -> None:
        del self._texts[name]
        self.read.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def _operations(patch: bytes) -> list[dict[str, Any]]:
    operations = _read(patch)
    if not isinstance(operations, list):
        raise InvalidBody(
            'A JSON patch is a list of operations, such as [{"op": "replace", "path": "/lr", "value": 0.1}].'
        )
    for index, operation in enumerate(operations):
        if not isinstance(operation, dict) or operation.get("op") not in _OPERATIONS:
            raise InvalidBody(
                f"Operation {index} of the patch needs an op, one of {', '.join(_OPERATIONS)}.", index=index
            )
    return operations


def _apply(document: Any, operations: list[dict[str, Any]]) -> Any:
    for index, operation in enumerate(operations):
        pointer = operation.get("path")
        said = f"Operation {index} of the patch ({operation['op']} {pointer})"
        try:
            document = jsonpatch.JsonPatch([operation]).apply(document, in_place=True)
        except jsonpatch.JsonPatchTestFailed:
            raise PatchFailed(f"{said}: another value stands there.", index=index, pointer=pointer) from None
        except jsonpatch.JsonPatchConflict:
            raise PatchFailed(f"{said} does not fit what stands there.", index=index, pointer=pointer) from None
        except jsonpatch.InvalidJsonPatch as error:
            raise InvalidBody(f"{said}: {error}.", index=index) from None
        except jsonpointer.JsonPointerException:
            raise PatchFailed(f"{said}: there is no such place.", index=index, pointer=pointer) from None
    return document


def _read(text: bytes) -> Any:
    return json.loads(text)


def _write(value: Any) -> bytes:
    if isinstance(value, _Document):
        value = dict(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
