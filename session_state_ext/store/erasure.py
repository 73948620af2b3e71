"""Taking values out of the past: for good (purge), or because there is too much of it (thin and cut).

The only place where the log is rewritten. Whatever of it remains still tells what it told before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar, overload

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import replace
from sqlalchemy import Connection, LargeBinary, Row, Table, delete, func, literal, select, tuple_, update

from session_state_ext.changes import joined, read_spec
from session_state_ext.errors import Damaged
from session_state_ext.model import (
    PURGED,
    Change,
    Declare,
    Delete,
    Input,
    Op,
    Patch,
    Rename,
    Run,
    RunOp,
    Set,
    Step,
    touched,
)
from session_state_ext.wire import Ack, Reject, decode_server_frame, encode

from .base import Touch
from .rows import decoded, from_touch, sealed, to_touch, verified
from .tables import changes, clients, ledgers, runs, snapshots, steps, touches, variables
from .thinning import Thinned, thinned, trace

_S = TypeVar("_S", bound=Struct)

#: What is held of a past at a time. SQLite takes some 30,000 parameters a statement, older ones 999.
_PORTION_BYTES = 4 * 1024 * 1024
_PORTION_ROWS = 400


class _Standing(NamedTuple):
    """A value that is not of the past."""

    revision: int
    value: Raw
    spec: Raw | None


class Eraser:
    """Rewrites the past of one session, inside a writing transaction."""

    def __init__(self, connection: Connection, session_id: str) -> None:
        self._do = connection.execute
        self._id = session_id

    # --- for good ---

    @contextmanager
    def _booked(self) -> Iterator[None]:
        """What is missing before is found out, and not made good by writing the book anew."""
        total = select(func.coalesce(func.sum(touches.c.checksum), 0)).where(touches.c.session_id == self._id)
        booked = self._do(select(ledgers.c.touches).where(ledgers.c.session_id == self._id)).scalar() or 0
        if self._do(total).scalar_one() != booked:
            raise Damaged("Some of this session's history is missing; it is left as it is.")
        yield
        self._do(update(ledgers).where(ledgers.c.session_id == self._id).values(touches=total.scalar_subquery()))

    def purge(self, name: str) -> int:
        """Replace every earlier value of ``name``, and of what it was renamed from or to, by PURGED; how many.

        The value that stands now, and the change that set it, are left alone.
        """
        with self._booked():
            return self._purge(self._called(name))

    def _purge(self, names: set[str]) -> int:
        standing = self._rows(variables, variables.c.name.in_(names))
        current = {
            row.name: _Standing(row.revision, Raw(row.value), None if row.spec is None else Raw(row.spec))
            for row in standing
        }
        erased = 0
        for row in self._rows(touches, touches.c.name.in_(names)):
            touch = to_touch(row)
            if touch.before is not None and touch.before.value != PURGED:
                before = replace(touch.before, value=PURGED, spec=_without_default(touch.before.spec))
                self._save(touches, row, **_plain(from_touch(self._id, replace(touch, before=before))))
                erased += 1
        self._each(changes, "frame", Change, lambda change: _without(change, names, current))
        self._each(runs, "run", Run, lambda run: _forget(run, names))
        self._each(steps, "step", Step, lambda step: _forget_step(step, names))
        for row in self._rows(clients):
            answer = decode_server_frame(row.answer)
            if isinstance(answer, Ack | Reject):
                self._save(clients, row, answer=encode(_unsaid(answer, names)))
        return erased

    def _called(self, name: str) -> set[str]:
        """``name``, and every other name that a rename connects with it."""
        moves = [
            (op.name, op.to)
            for row in self._rows(changes)
            for op in decoded(row.frame, Change).ops
            if isinstance(op, Rename)
        ]
        names = {name}
        while linked := {end for move in moves if names & set(move) for end in move} - names:
            names |= linked
        return names

    # --- too much ---

    def thin(self, before: int) -> int:
        """Take out what runs and cells wrote over themselves before revision ``before``; how many changes went.

        What remains tells what it told: at each revision that is left, the same values stand.
        """
        named = set(self._do(select(snapshots.c.revision).where(snapshots.c.session_id == self._id)).scalars())
        rows = self._rows(changes, changes.c.revision < before, order_by=changes.c.revision)
        past = [trace(decoded(row.frame, Change), len(row.frame)) for row in rows]
        # The log says by its first change how far back it reaches.
        named.update(one.revision for one in past[:1])
        plan = thinned(past, named, _PORTION_BYTES)
        if not plan.gone:
            return 0
        with self._booked():
            self._thin_touches(plan, past[0].revision - 1)
            for last, members in plan.joined.items():
                self._join(last, members)
            for at in range(0, len(plan.gone), _PORTION_ROWS):
                self._remove(changes, changes.c.revision.in_(plan.gone[at : at + _PORTION_ROWS]))
        return len(plan.gone)

    def _thin_touches(self, plan: Thinned, beginning: int) -> None:
        """Between two revisions that remain, one touch of each name is enough, from what stood before to the last.

        It belongs to the change at the end, where that touches the name; else it belongs to none, and only tells what
        stood before.
        """
        for begin, end in _intervals(plan, beginning):
            of = touches.c.revision.between(begin, end)
            first: dict[str, Touch] = {}
            latest: dict[str, Touch] = {}
            for row in self._rows(touches, of, order_by=touches.c.revision):
                touch = to_touch(row)
                first.setdefault(touch.name, touch)
                latest[touch.name] = touch
            self._remove(touches, of)
            for name, touch in latest.items():
                revision = end if name in plan.names[end] else touch.revision
                merged = replace(touch, revision=revision, before=first[name].before)
                self._do(touches.insert(), from_touch(self._id, merged))

    def _join(self, last: int, members: Sequence[int]) -> None:
        """Let the last of these changes tell all that they did."""
        told: dict[int, Change] = {}
        of = changes.c.revision.between(members[0], last)
        for row in self._rows(changes, of, order_by=changes.c.revision):
            if row.revision in members:
                told[row.revision] = decoded(row.frame, Change)
        ops = joined(op for at in members for op in told[at].ops if isinstance(op, Set | Patch | Delete))
        for row in self._rows(changes, changes.c.revision == last):
            self._save(changes, row, frame=encode(replace(told[last], ops=ops)))

    def cut(self, oldest: int) -> int:
        """Forget all changes up to revision ``oldest``, but what snapshots still need; how many went."""
        with self._booked():
            return self._cut(oldest)

    def _cut(self, oldest: int) -> int:
        of_session = (snapshots.c.session_id == self._id, snapshots.c.revision < oldest)
        named = list(self._do(select(snapshots.c.revision).where(*of_session)).scalars())
        needed: set[tuple[str, int]] = set()
        for revision in named:
            of = (touches.c.session_id == self._id, touches.c.revision > revision)
            first = select(touches.c.name, func.min(touches.c.revision)).where(*of).group_by(touches.c.name)
            needed.update((name, at) for name, at in self._do(first))
        for name, at in [(row.name, row.revision) for row in self._rows(touches, touches.c.revision <= oldest)]:
            if (name, at) not in needed:
                self._remove(touches, touches.c.name == name, touches.c.revision == at)
        return self._remove(changes, changes.c.revision <= oldest)

    # --- rows ---

    def _rows(self, table: Table, *where: Any, order_by: Any = None) -> Iterator[Row[Any]]:
        of = table.c.session_id == self._id
        key = [column for column in table.primary_key if column is not table.c.session_id]
        bulk = [func.coalesce(func.length(column), 0) for column in table.c if isinstance(column.type, LargeBinary)]
        order = () if order_by is None else (order_by,)
        # The keys first: what follows writes to the same table. Then a portion at a time: a past is larger than memory.
        found = self._do(select(sum(bulk, literal(0)), *key).where(of, *where).order_by(*order)).all()
        for portion in _portions(found):
            wanted = select(table).where(of, tuple_(*key).in_([tuple(row[1:]) for row in portion])).order_by(*order)
            yield from map(verified, self._do(wanted).all())

    def _each(self, table: Table, column: str, kind: type[_S], change: Callable[[_S], _S]) -> None:
        for row in self._rows(table):
            was = decoded(getattr(row, column), kind)
            now = change(was)
            if now is not was:
                self._save(table, row, **{column: encode(now)})

    def _save(self, table: Table, row: Row[Any], **values: Any) -> None:
        now = sealed(table, **{**_plain(row._asdict()), **values})
        key = [column == row._mapping[column.name] for column in table.primary_key]
        self._do(update(table).where(*key).values(**now))

    def _remove(self, table: Table, *where: Any) -> int:
        return self._do(delete(table).where(table.c.session_id == self._id, *where)).rowcount


def _portions(found: Sequence[Row[Any]]) -> Iterator[Sequence[Row[Any]]]:
    """Rows that begin with their size, in portions of a size that is held in memory."""
    portion: list[Row[Any]] = []
    size = 0
    for row in found:
        if portion and (size + row[0] > _PORTION_BYTES or len(portion) == _PORTION_ROWS):
            yield portion
            portion, size = [], 0
        portion.append(row)
        size += row[0]
    if portion:
        yield portion


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "checksum"}


def _without(change: Change, names: set[str], current: dict[str, _Standing]) -> Change:
    """The change without values of ``names``, but for the one that stands.

    That one is told as a whole: what it was patched from, or renamed from, cannot be told any more.
    """
    ops: list[Op] = []
    for op in change.ops:
        if isinstance(op, Set | Patch) and op.name in names:
            op = Set(name=op.name, value=PURGED)
        elif isinstance(op, Declare) and op.name in names:
            stands = current.get(op.name)
            if stands is None or stands.spec != op.spec:
                op = Declare(name=op.name, spec=_without_default(op.spec))
        elif isinstance(op, RunOp):
            op = RunOp(run=_forget(op.run, names))
        ops.append(op)
    for name in set(touched(change.ops)) & current.keys():
        if current[name].revision != change.revision:
            continue
        at = max(at for at, op in enumerate(ops) if name in touched([op]))
        whole = Set(name=name, value=current[name].value)
        ops[at : at + 1] = [whole] if isinstance(ops[at], Set) else [ops[at], whole]
    return change if tuple(ops) == change.ops else replace(change, ops=tuple(ops))


@overload
def _without_default(spec: Raw) -> Raw: ...
@overload
def _without_default(spec: Raw | UnsetType) -> Raw | UnsetType: ...
def _without_default(spec: Raw | UnsetType) -> Raw | UnsetType:
    """A declaration of the past, without the value in it."""
    if spec is UNSET or bytes(spec) == b"null":
        return spec
    read = read_spec(spec)
    return spec if read.default is UNSET else Raw(encode(replace(read, default=UNSET)))


def _forget(run: Run, names: set[str]) -> Run:
    if names.isdisjoint((*run.inputs, *run.outputs, *run.written)):
        return run
    inputs = {
        name: Input(revision=read.revision, value=PURGED) if name in names and not read.absent else read
        for name, read in run.inputs.items()
    }
    # What went wrong is often told with the value that it went wrong with.
    error = run.error and replace(run.error, message="The message was purged with a value.")
    return replace(
        run,
        inputs=inputs,
        error=error,
        warnings=["A warning was purged with a value." for _ in run.warnings],
        # By it a short value could be found out.
        fingerprint="",
    )


def _forget_step(step: Step, names: set[str]) -> Step:
    run, done = _forget(step.run, names), None if step.done is None else _forget(step.done, names)
    return step if run is step.run and done is step.done else replace(step, run=run, done=done)


def _unsaid(answer: Ack | Reject, names: set[str]) -> Ack | Reject:
    if isinstance(answer, Reject):
        if answer.name not in names:
            return answer
        # What was wrong with a value is told with a piece of it.
        theirs = UNSET if answer.theirs is UNSET else PURGED
        return replace(answer, message="The reason was purged with the value.", theirs=theirs)
    conflicts = [
        replace(
            each,
            theirs=UNSET if each.theirs is UNSET else PURGED,
            base=UNSET if each.base is UNSET else PURGED,
        )
        if each.name in names
        else each
        for each in answer.conflicts
    ]
    return replace(answer, conflicts=conflicts)


def _intervals(plan: Thinned, beginning: int) -> Iterator[tuple[int, int]]:
    """First and last revision of each stretch that ends with one that remains, and has others that go."""
    at = 0
    before = beginning
    for end in plan.kept:
        if at < len(plan.gone) and plan.gone[at] < end:
            yield before + 1, end
            at = bisect_left(plan.gone, end)
        before = end
