"""What a session was before: its changes, taking them back, and going back to an earlier revision.

Nothing in the log is ever rewritten, except by a purge: an undo, a redo and a restore are new changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET, Raw
from msgspec.structs import replace

from session_state_ext.changes import effective
from session_state_ext.differences import differ, difference, places
from session_state_ext.errors import Conflict, Damaged, Expired, NotFound, NothingToUndo
from session_state_ext.jsontext import same
from session_state_ext.model import (
    PURGED,
    Change,
    Declare,
    Delete,
    Op,
    Origin,
    Patch,
    Set,
    Snapshot,
    Value,
    Variable,
    touched,
)
from session_state_ext.names import check_name
from session_state_ext.wire import is_locked

if TYPE_CHECKING:
    from .batch import Batch, Retry, Written
    from .draft import Draft
    from .hub import Check, Hub

#: How far back an undo without a number looks for a change to take back.
_UNDO_REACH = 1000

_PAGE = 100


class Plan(NamedTuple):
    """What a write does, decided when its turn has come."""

    ops: tuple[Op, ...]
    #: the change which this one takes back
    undoes: int | None = None
    label: str | None = None
    #: names whose values may be other than their declarations say: they stood like that
    granted: Collection[str] = ()


class Difference(Value, frozen=True, kw_only=True):
    """What became of one variable between two revisions; None where it did not exist."""

    name: str
    before: Variable | None
    after: Variable | None


# --- plans; each belongs to the writer's thread ---


def undo(draft: Draft, *, user: str | None, client: str | None, revision: int | None, force: bool) -> Plan:
    """Take back change ``revision``, or the newest own change that is no undo and not undone.

    Own means: of ``client``, or where that is None, of ``user``. Raises NothingToUndo, Expired, and Conflict where a
    variable that the change touched moved on since, unless ``force``.
    """
    if revision is not None:
        return _take_back(draft, revision, force, label="undo")
    for newest in _undoable(draft, user, client):
        plan = _take_back(draft, newest, force, label="undo")
        if _alters(draft, plan):
            return plan
        # What it altered was purged, or is as before already: the one before it is meant, which nobody insisted on.
        force = False
    raise NothingToUndo("There is no change of yours to undo.")


def redo(draft: Draft, *, user: str | None, client: str | None, force: bool) -> Plan:
    """Take back the newest own undo; a new change since then leaves nothing to redo. Raises as :func:`undo`."""
    undone: set[int] = set()
    for change in _own(draft, user, client):
        if change.revision in undone:
            continue
        if change.undoes is UNSET:
            break
        target = draft.change(change.undoes)
        if target is not None and target.undoes is not UNSET:
            # A redo itself: the undo it took back is done with.
            undone.add(change.undoes)
            continue
        plan = _take_back(draft, change.revision, force, label="redo")
        if _alters(draft, plan):
            return plan
        force = False
    raise NothingToUndo("There is nothing to redo.")


def restore(draft: Draft, *, revision: int | None, snapshot: str | None) -> Plan:
    """Everything as it stood at a revision or a snapshot. Raises NotFound, Expired."""
    if snapshot is not None:
        found = draft.snapshots().get(snapshot)
        if found is None:
            raise NotFound(f"There is no snapshot {snapshot!r}.", snapshot=snapshot)
        revision = found.revision
    assert revision is not None
    rows = rows_before(draft, revision)
    return Plan(tuple(_towards(draft, rows)), label=f"restore {snapshot or revision}", granted=rows)


def rows_before(draft: Draft, since: int) -> dict[str, Variable | None]:
    """What stood at revision ``since`` in place of each variable that was touched after it.

    Raises NotFound for a revision that never was, Expired for one the log does not reach.
    """
    if not 0 <= since <= draft.session.revision:
        raise NotFound(f"There is no revision {since}; the newest is {draft.session.revision}.", revision=since)
    if since < draft.session.revision and not draft.has_revision(since):
        raise Expired(_expired(draft, since), revision=since)
    return draft.before(since)


def state_at(draft: Draft, revision: int) -> dict[str, Variable]:
    """All rows as they stood at ``revision``. Raises NotFound, Expired."""
    rows: dict[str, Variable | None] = {row.name: row for row in draft.rows()}
    rows.update(rows_before(draft, revision))
    return {name: row for name, row in rows.items() if row is not None}


def differences(draft: Draft, earlier: int, later: int) -> list[Difference]:
    """What was altered between two revisions, by name. Raises NotFound, Expired."""
    if earlier > later:
        return [
            Difference(name=each.name, before=each.after, after=each.before)
            for each in differences(draft, later, earlier)
        ]
    after = rows_before(draft, later)
    found = [
        Difference(name=name, before=row, after=after[name] if name in after else draft.row(name))
        for name, row in rows_before(draft, earlier).items()
    ]
    return sorted((each for each in found if not _alike(each.before, each.after)), key=lambda each: each.name)


def _take_back(draft: Draft, revision: int, force: bool, *, label: str) -> Plan:
    change = draft.change(revision)
    if change is None:
        if 0 < revision <= draft.session.revision:
            raise Expired(_expired(draft, revision), revision=revision)
        raise NotFound(f"There is no change {revision}; the newest is {draft.session.revision}.", revision=revision)
    before = {touch.name: touch.before for touch in draft.touches(revision)}
    if before.keys() != set(touched(change.ops)):
        raise Damaged("Some of this change is missing from what is stored; it cannot be taken back.")
    if not before:
        raise NothingToUndo(f"Change {revision} altered no variable.", revision=revision)
    later = draft.before(revision)
    after = {name: later[name] if name in later else draft.row(name) for name in before}
    members = _members_back(draft, change, before, after)
    rest = {name: row for name, row in before.items() if name not in members}
    if not force:
        for name, row in rest.items():
            _refuse_moved(draft.row(name), row, after[name], name, revision)
    # Where the variable itself came or went, its value stood with the declaration that comes along.
    whole = [name for name, row in rest.items() if row is None or after[name] is None]
    rows = {name: _only_altered(draft.row(name), row, after[name]) for name, row in rest.items()}
    ops = (*_towards(draft, rows), *members.values())
    return Plan(ops, undoes=revision, label=label, granted=before if force else whole)


def _members_back(
    draft: Draft, change: Change, before: Mapping[str, Variable | None], after: Mapping[str, Variable | None]
) -> dict[str, Op]:
    """Where the change wrote members of a value that are as it left them: these as they were, and no others."""
    whole = set(touched(op for op in change.ops if not isinstance(op, Patch)))
    found: dict[str, Op] = {}
    for op in change.ops:
        if not isinstance(op, Patch) or op.name in whole:
            continue
        now, was, left = draft.row(op.name), before.get(op.name), after[op.name]
        if now is None or was is None or left is None:
            continue
        back = difference(bytes(left.value), bytes(was.value))
        if back is not None and not differ(bytes(now.value), bytes(left.value), places([back])):
            found[op.name] = Patch(name=op.name, patch=Raw(back))
    return found


def _alters(draft: Draft, plan: Plan) -> bool:
    """Whether anything is another afterwards."""
    rows = {name: row for name in touched(plan.ops) if (row := draft.row(name)) is not None}
    return bool(effective(plan.ops, rows))


def _refuse_moved(now: Variable | None, before: Variable | None, after: Variable | None, name: str, at: int) -> None:
    """Raise Conflict where what change ``at`` altered is not as it left it, nor as it was before."""
    if _alike(now, before):
        moved = False
    elif now is None or after is None:
        moved = now is not after
    else:
        value = before is None or not _same_value(before, after)
        spec = before is None or not _same_spec(before, after)
        moved = (value and not _same_value(now, after)) or (spec and not _same_spec(now, after))
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
    row = replace(before, value=now.value) if _same_value(before, after) else before
    return replace(row, spec=now.spec) if _same_spec(before, after) else row


def _towards(draft: Draft, rows: Mapping[str, Variable | None]) -> Iterator[Op]:
    for name, row in rows.items():
        now = draft.row(name)
        if row is None:
            if now is not None:
                yield Delete(name=name)
            continue
        # What was purged cannot come back; what stands there stays.
        ops: list[Op] = [] if row.value == PURGED else [Set(name=name, value=row.value)]
        if row.spec is not UNSET or (now is not None and now.spec is not UNSET):
            declare = Declare(name=name, spec=Raw(b"null") if row.spec is UNSET else row.spec)
            # What is locked now is written once it is not any more; what is to be locked, before it is.
            ops.insert(0 if now is not None and now.spec is not UNSET and is_locked(now.spec) else len(ops), declare)
        yield from ops


def _undoable(draft: Draft, user: str | None, client: str | None) -> Iterator[int]:
    """The own changes that are no undo and not undone, newest first."""
    undone: set[int] = set()
    for change in _own(draft, user, client):
        if change.undoes is not UNSET:
            if change.revision not in undone:
                undone.add(change.undoes)
        elif change.revision not in undone and draft.touches(change.revision):
            yield change.revision


def _own(draft: Draft, user: str | None, client: str | None) -> Iterator[Change]:
    """The changes of this client or user, newest first."""
    before: int | None = None
    for _ in range(_UNDO_REACH // _PAGE):
        page = draft.history(before=before, limit=_PAGE)
        for change in page:
            if change.origin.client == client if client is not None else change.origin.user == user:
                yield change
        if len(page) < _PAGE:
            return
        before = page[-1].revision


def _expired(draft: Draft, revision: int) -> str:
    oldest = draft.oldest_revision()
    if revision < oldest:
        return f"History reaches back to revision {oldest}."
    return f"Revision {revision} was in the middle of a run, whose changes have been joined; take the one after it."


def _alike(one: Variable | None, other: Variable | None) -> bool:
    if one is None or other is None:
        return one is other
    return _same_value(one, other) and _same_spec(one, other)


def _same_value(one: Variable, other: Variable) -> bool:
    return same(bytes(one.value), bytes(other.value))


def _same_spec(one: Variable, other: Variable) -> bool:
    if one.spec is UNSET or other.spec is UNSET:
        return one.spec is other.spec
    return same(bytes(one.spec), bytes(other.spec))


# --- what the hub offers ---


class History:
    """The past of every session of a hub. Raises NotFound for a session that is not the owner's."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def changes(
        self, owner: str, session_id: str, *, before: int | None = None, limit: int = _PAGE, name: str | None = None
    ) -> tuple[list[Change], int | None]:
        """A page of changes, newest first, of those before revision ``before`` and touching ``name``; and the
        ``before`` of the next page, None at the end."""

        def read(draft: Draft) -> tuple[list[Change], int | None]:
            page = draft.history(before=before, limit=limit + 1, name=name)
            more = len(page) > limit
            return page[:limit], page[limit - 1].revision if more else None

        return await self._hub.read(owner, session_id, read)

    async def at(self, owner: str, session_id: str, revision: int) -> dict[str, Variable]:
        """All rows as they stood at ``revision``."""
        return await self._hub.read(owner, session_id, lambda draft: state_at(draft, revision))

    async def diff(self, owner: str, session_id: str, earlier: int, later: int) -> list[Difference]:
        """What was altered between two revisions."""
        return await self._hub.read(owner, session_id, lambda draft: differences(draft, earlier, later))

    async def undo(
        self,
        owner: str,
        session_id: str,
        *,
        origin: Origin,
        client: str | None = None,
        revision: int | None = None,
        force: bool = False,
        check: Check | None = None,
        retry: Retry | None = None,
        whole: bool = False,
    ) -> Written:
        def plan(draft: Draft) -> Plan:
            return undo(draft, user=origin.user, client=client, revision=revision, force=force)

        return await self._hub.write(owner, session_id, plan, origin=origin, check=check, retry=retry, whole=whole)

    async def redo(
        self,
        owner: str,
        session_id: str,
        *,
        origin: Origin,
        client: str | None = None,
        force: bool = False,
        check: Check | None = None,
        retry: Retry | None = None,
        whole: bool = False,
    ) -> Written:
        def plan(draft: Draft) -> Plan:
            return redo(draft, user=origin.user, client=client, force=force)

        return await self._hub.write(owner, session_id, plan, origin=origin, check=check, retry=retry, whole=whole)

    async def restore(
        self,
        owner: str,
        session_id: str,
        *,
        origin: Origin,
        revision: int | None = None,
        snapshot: str | None = None,
        check: Check | None = None,
        retry: Retry | None = None,
        whole: bool = False,
    ) -> Written:
        def plan(draft: Draft) -> Plan:
            return restore(draft, revision=revision, snapshot=snapshot)

        return await self._hub.write(owner, session_id, plan, origin=origin, check=check, retry=retry, whole=whole)

    async def purge(self, owner: str, session_id: str, name: str) -> int:
        """Take all earlier values of a variable out of history, snapshots and runs for good; how many there were.

        The value that stands now is left alone: delete the variable first to purge that, too. When this returns,
        the values are nowhere in the stored file. Raises Unavailable where another process holds the file's log.
        """
        purged = await self._hub.alter(owner, session_id, lambda _, draft: draft.purge(name))
        await self._hub.scrub()
        return purged

    async def snapshots(self, owner: str, session_id: str) -> list[Snapshot]:
        """Oldest first."""
        found = await self._hub.read(owner, session_id, lambda draft: draft.snapshots())
        return sorted(found.values(), key=lambda each: (each.at, each.name))

    async def take_snapshot(
        self, owner: str, session_id: str, name: str, *, revision: int | None = None
    ) -> tuple[Snapshot, bool]:
        """Name a revision, by default the newest; and whether the name is new. Raises NotFound, Expired."""
        check_name(name)

        def decide(batch: Batch, draft: Draft) -> tuple[Snapshot, bool]:
            at = draft.session.revision if revision is None else revision
            rows_before(draft, at)
            taken = Snapshot(name=name, revision=at, at=batch.now)
            new = name not in draft.snapshots()
            draft.put_snapshot(taken)
            return taken, new

        return await self._hub.alter(owner, session_id, decide)

    async def forget_snapshot(self, owner: str, session_id: str, name: str) -> None:
        """Raises NotFound."""

        def decide(_: Batch, draft: Draft) -> None:
            if name not in draft.snapshots():
                raise NotFound(f"There is no snapshot {name!r}.", snapshot=name)
            draft.forget_snapshot(name)

        await self._hub.alter(owner, session_id, decide)
