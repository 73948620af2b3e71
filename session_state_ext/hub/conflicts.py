"""What a change meets that its author had not seen: written by somebody else meanwhile, deleted, renamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import UNSET

from session_state_ext.differences import differ, places
from session_state_ext.errors import Conflict, Gone, Renamed
from session_state_ext.model import Declare, Delete, Op, Patch, Rename, RunOp, Set, Variable, touched
from session_state_ext.wire import Overwritten

if TYPE_CHECKING:
    from .view import View


def check(view: View, op: Op, made: Mapping[str, bool], client: str | None, base: int | None) -> None:
    """Raise Conflict, Gone or Renamed where ``op`` cannot be done on what stands there.

    ``made``: the names which ops before this one, in the same change, have touched, and whether they stand now.
    ``base``: the revision which ``client`` had seen; None asks for no comparison.
    """
    if isinstance(op, RunOp | Declare):
        return
    row = view.row(op.name)
    if isinstance(op, Set | Patch | Delete) and op.if_revision is not UNSET:
        if op.if_revision != (0 if row is None else row.revision):
            raise conflict(f"{op.name} was changed by somebody else.", op.name, row)
        return
    is_new = isinstance(op, Set) and op.name in made
    if not made.get(op.name, row is not None) and not isinstance(op, Delete) and not is_new:
        _refuse_gone(view, op, client, base)
    if isinstance(op, Rename) and op.to != op.name and made.get(op.to, view.row(op.to) is not None):
        raise Conflict(f"There is a variable {op.to} already.", name=op.to)


def leaves(op: Op) -> dict[str, bool]:
    """The names that ``op`` makes or takes away, and whether they stand after it."""
    if isinstance(op, Set):
        return {op.name: True}
    if isinstance(op, Delete):
        return {op.name: False}
    if isinstance(op, Rename):
        return {op.name: False, op.to: True}
    # To take away the declaration of what is not there makes nothing.
    return {op.name: True} if isinstance(op, Declare) and bytes(op.spec) != b"null" else {}


def _refuse_gone(view: View, op: Set | Patch | Rename, client: str | None, base: int | None) -> None:
    name, touch = op.name, None
    if base is not None and base < view.session.revision:
        touch = view.last_touch(name)
    if touch is not None and base is not None and touch.revision > base and touch.client != client:
        if touch.fate == "renamed":
            raise Renamed(f"{name} was renamed to {touch.moved_to}.", name=name, to=touch.moved_to)
        if touch.fate == "deleted":
            raise Gone(f"{name} was deleted by somebody else.", name=name)
    if not isinstance(op, Set):
        verb = "rename" if isinstance(op, Rename) else "change"
        raise Gone(f"There is no variable {name} to {verb}.", name=name)


def conflict(message: str, name: str, row: Variable | None) -> Conflict:
    """A refusal that says what stands there."""
    return Conflict(
        message, name=name, theirs=None if row is None else row.value, revision=0 if row is None else row.revision
    )


def overwritten(view: View, ops: Iterable[Op], client: str, base: int) -> list[Overwritten]:
    """What ``ops`` overwrite that somebody else has written after ``base``.

    Two who wrote into the same variable, each a member of its own, overwrite nothing; nor does a declaration.
    """
    ops = tuple(op for op in ops if not isinstance(op, Declare))
    found: list[Overwritten] = []
    for name in touched(ops):
        row = view.row(name)
        if row is None or row.revision <= base or row.origin.client == client:
            continue
        touch = view.first_touch(name, base)
        before = None if touch is None else touch.before
        where = _members(name, ops)
        if where is not None and before is not None and not differ(bytes(before.value), bytes(row.value), where):
            continue
        found.append(
            Overwritten(name=name, theirs=row.value, base=UNSET if before is None else before.value, origin=row.origin)
        )
    return found


def _members(name: str, ops: Iterable[Op]) -> list[list[str]] | None:
    """Where ``ops`` write into the variable ``name``; None where they write it as a whole."""
    of_name = [op for op in ops if name in touched([op])]
    patches = [bytes(op.patch) for op in of_name if isinstance(op, Patch)]
    return places(patches) if len(patches) == len(of_name) else None
