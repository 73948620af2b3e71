"""What changes do to rows: which of their ops count, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from .differences import composed, differ, places, without_tests
from .errors import PatchFailed
from .jsontext import same
from .model import Change, Delete, Op, Patch, Rename, Set, Variable
from .patches import patch_value

#: Raises where the value of this name, just patched, is not one to keep.
Check = Callable[[str, Raw], None]


def _any_value(_: str, __: Raw) -> None:
    pass


def effective(ops: Iterable[Op], variables: Mapping[str, Variable], check: Check = _any_value) -> tuple[Op, ...]:
    """``ops`` without those that alter nothing: a set to the same value, a delete of what is not there.

    ``ifRevision`` and the tests of a patch are taken off what remains: they were conditions, not part of what
    happened. Raises PatchFailed, with the variable's ``name``, where a patch does not fit what stands there.
    """
    now: dict[str, Raw | None] = {}

    def standing(name: str) -> Raw | None:
        if name in now:
            return now[name]
        row = variables.get(name)
        return None if row is None else row.value

    kept: list[Op] = []
    for op in ops:
        if isinstance(op, Set):
            value = standing(op.name)
            if value is not None and same(bytes(value), bytes(op.value)):
                continue
            now[op.name] = op.value
            kept.append(op if op.if_revision is UNSET else Set(name=op.name, value=op.value))
        elif isinstance(op, Patch):
            value = standing(op.name)
            made = _patched(op, value)
            if value is not None and not differ(bytes(value), bytes(made), places([bytes(op.patch)])):
                continue
            check(op.name, made)
            now[op.name] = made
            kept.append(Patch(name=op.name, patch=Raw(without_tests(bytes(op.patch)))))
        elif isinstance(op, Delete):
            if standing(op.name) is None:
                continue
            now[op.name] = None
            kept.append(op if op.if_revision is UNSET else Delete(name=op.name))
        elif isinstance(op, Rename):
            if op.name == op.to:
                continue
            now[op.to], now[op.name] = standing(op.name), None
            kept.append(op)
        else:
            kept.append(op)
    return tuple(kept)


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
