"""What changes do to rows: which of their ops count, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from .differences import composed, differ, places, without_tests
from .errors import PatchFailed
from .jsontext import same
from .model import Change, Declare, Delete, Op, Patch, Rename, Set, Spec, Variable
from .patches import patch_value

#: Raises where an op is not to be: it is told the value that comes of it (None: it takes the name away), and the
#: declaration under which it stands then.
Check = Callable[[Set | Patch | Delete | Rename, Raw | None, Raw | UnsetType], None]


def _anything(_: Set | Patch | Delete | Rename, __: Raw | None, ___: Raw | UnsetType) -> None:
    pass


def effective(ops: Iterable[Op], variables: Mapping[str, Variable], check: Check = _anything) -> tuple[Op, ...]:
    """``ops`` without those that alter nothing: a set to the same value, a delete of what is not there.

    ``ifRevision`` and the tests of a patch are taken off what remains: they were conditions, not part of what
    happened. Raises PatchFailed, with the variable's ``name``, where a patch does not fit what stands there.
    """
    now: dict[str, tuple[Raw, Raw | UnsetType] | None] = {}

    def standing(name: str) -> tuple[Raw, Raw | UnsetType] | None:
        if name in now:
            return now[name]
        row = variables.get(name)
        return None if row is None else (row.value, row.spec)

    kept: list[Op] = []
    for op in ops:
        if isinstance(op, Set):
            before = standing(op.name)
            if before is not None and same(bytes(before[0]), bytes(op.value)):
                continue
            spec = UNSET if before is None else before[1]
            check(op, op.value, spec)
            now[op.name] = op.value, spec
            kept.append(op if op.if_revision is UNSET else Set(name=op.name, value=op.value))
        elif isinstance(op, Patch):
            before = standing(op.name)
            made = _patched(op, None if before is None else before[0])
            assert before is not None
            if not differ(bytes(before[0]), bytes(made), places([bytes(op.patch)])):
                continue
            check(op, made, before[1])
            now[op.name] = made, before[1]
            kept.append(Patch(name=op.name, patch=Raw(without_tests(bytes(op.patch)))))
        elif isinstance(op, Delete):
            before = standing(op.name)
            if before is None:
                continue
            check(op, None, before[1])
            now[op.name] = None
            kept.append(op if op.if_revision is UNSET else Delete(name=op.name))
        elif isinstance(op, Rename):
            if op.name == op.to:
                continue
            before = standing(op.name)
            if before is not None:
                check(op, None, before[1])
            now[op.to], now[op.name] = before, None
            kept.append(op)
        elif isinstance(op, Declare):
            before = standing(op.name)
            if same(bytes(op.spec), _NO_SPEC if before is None or before[1] is UNSET else bytes(before[1])):
                continue
            now[op.name] = declared(before, op.spec)
            kept.append(op)
        else:
            kept.append(op)
    return tuple(kept)


_NO_SPEC = b"null"


def declared(before: tuple[Raw, Raw | UnsetType] | None, spec: Raw) -> tuple[Raw, Raw | UnsetType] | None:
    """Value and declaration once ``spec`` is declared, of what stood ``before``.

    A variable that was not there gets the default, or null where there is none; null that stands only because there
    was no default gives way to one. Any other value stays.
    """
    if bytes(spec) == _NO_SPEC:
        return None if before is None else (before[0], UNSET)
    if before is not None and not _is_unset(*before):
        return before[0], spec
    default = read_spec(spec).default
    return (Raw(_NO_SPEC) if default is UNSET else default), spec


def _is_unset(value: Raw, spec: Raw | UnsetType) -> bool:
    return bytes(value) == _NO_SPEC and spec is not UNSET and read_spec(spec).default is UNSET


def read_spec(spec: Raw) -> Spec:
    """A declaration that has been checked."""
    return msgspec.json.decode(spec, type=Spec)


def _patched(op: Patch, value: Raw | None) -> Raw:
    if value is None:
        raise PatchFailed(f"There is no variable {op.name} to change.", name=op.name)
    try:
        return Raw(patch_value(bytes(value), bytes(op.patch)))
    except PatchFailed as failed:
        raise PatchFailed(f"{op.name}: {failed.message}", name=op.name, **failed.fields) from None


def apply(change: Change, variables: Mapping[str, Variable]) -> dict[str, Variable | None]:
    """What ``change`` makes of the rows it touches: the new row, or None for one that is gone.

    ``change`` holds effective ops only. The caller lays the answer over ``variables``; its size is that of
    the change, never that of the session. Raises PatchFailed where these are not the rows it was made for.
    """
    rows: dict[str, Variable | None] = {}

    def standing(name: str) -> Variable | None:
        return rows[name] if name in rows else variables.get(name)

    def written(name: str, value: Raw, spec: Raw | UnsetType) -> Variable:
        return Variable(
            name=name, value=value, revision=change.revision, updated_at=change.at, origin=change.origin, spec=spec
        )

    for op in change.ops:
        if isinstance(op, Set | Patch):
            before = standing(op.name)
            value = op.value if isinstance(op, Set) else _patched(op, None if before is None else before.value)
            rows[op.name] = written(op.name, value, UNSET if before is None else before.spec)
        elif isinstance(op, Delete):
            rows[op.name] = None
        elif isinstance(op, Rename):
            row = standing(op.name)
            if row is not None:
                rows[op.to] = written(op.to, row.value, row.spec)
                rows[op.name] = None
        elif isinstance(op, Declare):
            row = standing(op.name)
            after = declared(None if row is None else (row.value, row.spec), op.spec)
            if after is None:
                continue
            if row is None or row.value is not after[0]:
                rows[op.name] = written(op.name, *after)
            else:
                rows[op.name] = replace(row, spec=after[1])
    return rows


def joined(ops: Iterable[Set | Patch | Delete]) -> tuple[Op, ...]:
    """What sets, patches and deletes come to one after the other, an op for each name."""
    made: dict[str, Set | Patch | Delete] = {}
    for op in ops:
        before = made.get(op.name)
        if isinstance(op, Patch) and isinstance(before, Set):
            op = replace(before, value=_patched(op, before.value))
        elif isinstance(op, Patch) and isinstance(before, Patch):
            op = replace(before, patch=Raw(composed(bytes(before.patch), bytes(op.patch))))
        made[op.name] = op
    return tuple(made.values())
