"""Writes that depend on what stood there before: taking changes back, and going back to a revision.

Nothing in the log is ever rewritten, except by a purge: an undo, a redo and a restore are new changes. Each function
belongs to the writer's thread.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET, Raw
from msgspec.structs import replace

from session_state_ext.changes import effective, read_spec
from session_state_ext.differences import differ, difference, places
from session_state_ext.errors import Conflict, Damaged, Expired, Locked, NotFound, NothingToUndo
from session_state_ext.model import PURGED, Change, Declare, Delete, Op, Origin, Patch, Set, Variable, touched
from session_state_ext.wire import encode, is_locked

from .past import alike, expired, rows_before, same_spec, same_value

if TYPE_CHECKING:
    from .view import View

#: How far back an undo without a number looks for a change to take back.
_UNDO_REACH = 1000

_PAGE = 100

#: So many variables are named in a sentence.
_NAMED = 5


class Plan(NamedTuple):
    """What a write does, decided when its turn has come."""

    ops: tuple[Op, ...]
    #: the change which this one takes back
    undoes: int | None = None
    label: str | None = None
    #: names whose values may be other than their declarations say: they stood like that
    granted: Collection[str] = ()


def undo(view: View, *, by: Origin, client: str | None, revision: int | None, force: bool) -> Plan:
    """Take back change ``revision``, or the newest own change that is no undo and not undone.

    Own means: of ``client``, or where that is None, of the user in ``by``; of a kernel also what it did before it was
    restarted, which made another client of it. Raises NothingToUndo, Expired, and Conflict where a
    variable that the change touched moved on since, unless ``force``.
    """
    if revision is not None:
        return _take_back(view, revision, force, label="undo")
    for newest in _undoable(view, by, client):
        plan = _take_back(view, newest, force, label="undo")
        if _alters(view, plan):
            return plan
        # What it altered was purged, or is as before already: the one before it is meant, which nobody insisted on.
        force = False
    raise NothingToUndo("There is no change of yours to undo.")


def redo(view: View, *, by: Origin, client: str | None, force: bool) -> Plan:
    """Take back the newest own undo; a new change since then leaves nothing to redo. Raises as :func:`undo`."""
    undone: set[int] = set()
    for change in _own(view, by, client):
        if change.revision in undone:
            continue
        if change.undoes is UNSET:
            break
        target = view.change(change.undoes)
        if target is not None and target.undoes is not UNSET:
            # A redo itself: the undo it took back is done with.
            undone.add(change.undoes)
            continue
        plan = _take_back(view, change.revision, force, label="redo")
        if _alters(view, plan):
            return plan
        force = False
    raise NothingToUndo("There is nothing to redo.")


def restore(view: View, *, revision: int | None, snapshot: str | None, force: bool) -> Plan:
    """Everything as it stood at a revision or a snapshot; what is locked now stays locked.

    Raises NotFound, Expired, and Locked where the value of such a variable would change, unless ``force``.
    """
    if snapshot is not None:
        found = view.snapshots().get(snapshot)
        if found is None:
            raise NotFound(f"There is no snapshot {snapshot!r}.", snapshot=snapshot)
        revision = found.revision
    assert revision is not None
    rows = rows_before(view, revision)
    held = {name: now for name in rows if (now := view.row(name)) is not None and _is_locked(now)}
    if not force:
        _refuse_locked([name for name, now in held.items() if _is_other(now, rows[name])])
    rows |= {name: _locked_too(row) for name in held if (row := rows[name]) is not None}
    ops = _towards(view, rows, past_locks=True)
    return Plan(tuple(ops), label=f"restore {snapshot or revision}", granted=rows)


def _is_locked(row: Variable) -> bool:
    return row.spec is not UNSET and is_locked(row.spec)


def _is_other(now: Variable, row: Variable | None) -> bool:
    return row is None or (row.value != PURGED and not same_value(now, row))


def _refuse_locked(names: list[str]) -> None:
    if names:
        listed, one = ", ".join(names[:_NAMED]), len(names) == 1
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        raise Locked(
            f"Nothing was done: {listed}{more} {'is' if one else 'are'} locked, and would change. "
            f"Unlock {'it' if one else 'them'} first, or say force.",
            names=names,
        )


def _locked_too(row: Variable) -> Variable:
    return replace(row, spec=_spec_of(row, locked=True))


def _spec_of(row: Variable, *, locked: bool) -> Raw:
    return Raw(encode(replace(read_spec(Raw(b"{}") if row.spec is UNSET else row.spec), locked=locked)))


def _take_back(view: View, revision: int, force: bool, *, label: str) -> Plan:
    change = view.change(revision)
    if change is None:
        if 0 < revision <= view.session.revision:
            raise Expired(expired(view, revision), revision=revision)
        raise NotFound(f"There is no change {revision}; the newest is {view.session.revision}.", revision=revision)
    before = {touch.name: touch.before for touch in view.touches(revision)}
    if before.keys() != set(touched(change.ops)):
        raise Damaged("Some of this change is missing from what is stored; it cannot be taken back.")
    if not before:
        raise NothingToUndo(f"Change {revision} altered no variable.", revision=revision)
    later = view.before(revision)
    after = {name: later[name] if name in later else view.row(name) for name in before}
    members = _members_back(view, change, before, after)
    rest = {name: row for name, row in before.items() if name not in members}
    if not force:
        for name, row in rest.items():
            _refuse_moved(view.row(name), row, after[name], name, revision)
    # Where the variable itself came or went, its value stood with the declaration that comes along.
    whole = [name for name, row in rest.items() if row is None or after[name] is None]
    rows = {name: _only_altered(view.row(name), row, after[name]) for name, row in rest.items()}
    ops = (*_towards(view, rows, past_locks=force), *members.values())
    return Plan(ops, undoes=revision, label=label, granted=before if force else whole)


def _members_back(
    view: View, change: Change, before: Mapping[str, Variable | None], after: Mapping[str, Variable | None]
) -> dict[str, Op]:
    """Where the change wrote members of a value that are as it left them: these as they were, and no others."""
    whole = set(touched(op for op in change.ops if not isinstance(op, Patch)))
    found: dict[str, Op] = {}
    for op in change.ops:
        if not isinstance(op, Patch) or op.name in whole:
            continue
        now, was, left = view.row(op.name), before.get(op.name), after[op.name]
        if now is None or was is None or left is None:
            continue
        back = difference(bytes(left.value), bytes(was.value))
        if back is not None and not differ(bytes(now.value), bytes(left.value), places([back])):
            found[op.name] = Patch(name=op.name, patch=Raw(back))
    return found


def _alters(view: View, plan: Plan) -> bool:
    """Whether anything is another afterwards."""
    rows = {name: row for name in touched(plan.ops) if (row := view.row(name)) is not None}
    return bool(effective(plan.ops, rows))


def _refuse_moved(now: Variable | None, before: Variable | None, after: Variable | None, name: str, at: int) -> None:
    """Raise Conflict where what change ``at`` altered is not as it left it, nor as it was before."""
    if alike(now, before):
        moved = False
    elif now is None or after is None:
        moved = now is not after
    else:
        value = before is None or not same_value(before, after)
        spec = before is None or not same_spec(before, after)
        moved = (value and not same_value(now, after)) or (spec and not same_spec(now, after))
    if moved:
        raise Conflict(
            f"{name} was changed again after revision {at}.",
            name=name,
            theirs=None if now is None else now.value,
            revision=0 if now is None else now.revision,
        )


def _only_altered(now: Variable | None, before: Variable | None, after: Variable | None) -> Variable | None:
    """``before``, with what the change did not alter as it stands now."""
    if now is None or before is None or after is None:
        return before
    row = replace(before, value=now.value) if same_value(before, after) else before
    return replace(row, spec=now.spec) if same_spec(before, after) else row


def _towards(view: View, rows: Mapping[str, Variable | None], *, past_locks: bool) -> Iterator[Op]:
    """What makes these rows of those that stand; ``past_locks``: also of what is locked, and is to stay so."""
    for name, row in rows.items():
        now = view.row(name)
        held = now is not None and _is_locked(now)
        if row is None:
            if held and past_locks:
                yield Declare(name=name, spec=Raw(b"null"))
            if now is not None:
                yield Delete(name=name)
            continue
        # What was purged cannot come back; what stands there stays.
        ops: list[Op] = [] if row.value == PURGED else [Set(name=name, value=row.value)]
        if row.spec is not UNSET or (now is not None and now.spec is not UNSET):
            declare = Declare(name=name, spec=Raw(b"null") if row.spec is UNSET else row.spec)
            if now is not None and held and past_locks and _is_locked(row) and _is_other(now, row):
                ops = [Declare(name=name, spec=_spec_of(row, locked=False)), *ops, declare]
            else:
                # What is locked now is written once it is not any more; what is to be locked, before it is.
                ops.insert(0 if held else len(ops), declare)
        yield from ops


def _undoable(view: View, by: Origin, client: str | None) -> Iterator[int]:
    """The own changes that are no undo and not undone, newest first."""
    undone: set[int] = set()
    for change in _own(view, by, client):
        if change.undoes is not UNSET:
            if change.revision not in undone:
                undone.add(change.undoes)
        elif change.revision not in undone and view.touches(change.revision):
            yield change.revision


def _own(view: View, by: Origin, client: str | None) -> Iterator[Change]:
    """The changes of this client, kernel or user, newest first."""
    before: int | None = None
    for _ in range(_UNDO_REACH // _PAGE):
        page = view.history(before=before, limit=_PAGE)
        for change in page:
            if client is None:
                own = change.origin.user == by.user
            else:
                own = change.origin.client == client or (by.kernel is not None and change.origin.kernel == by.kernel)
            if own:
                yield change
        if len(page) < _PAGE:
            return
        before = page[-1].revision
