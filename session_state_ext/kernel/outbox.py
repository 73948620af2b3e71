"""A kernel's edits that the server has not acknowledged: in order, each sent once, none lost.

Pure: nothing here waits, sends or locks. The rules are those of the live channel, so that the panel's outbox
and this one pass the same scenarios: one unanswered mutate; number and body frozen before the first sending;
a refused mutate of several edits goes again one variable at a time; a final answer always unblocks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from msgspec import UNSET, Raw, Struct, UnsetType, field
from msgspec.structs import replace

from session_state_ext.changes import read_spec
from session_state_ext.model import Declare, Delete, Op, Patch, RunOp, Set, Variable
from session_state_ext.model import Run as RunRecord
from session_state_ext.wire import Mutate, Reject, SaidOrigin, encode

from .untaken import without
from .written import DELETED as DELETED
from .written import Patched as Patched
from .written import Written as Written
from .written import as_text as as_text
from .written import bytes_of
from .written import fits as fits
from .written import laid as laid
from .written import lay as lay

#: A mutate stays well below what a frame can carry, unless it must stay whole.
CHUNK_BYTES = 8 * 1024 * 1024


class Group(Struct):
    """Edits that go in one change."""

    origin: SaidOrigin
    #: what each name is to be; the last write of a name wins
    edits: dict[str, Written] = field(default_factory=dict[str, Written])
    runs: list[RunRecord] = field(default_factory=list[RunRecord])
    #: one change, never taken apart by size and never joined by other edits
    whole: bool = False
    #: the rows' revisions seen when written, where somebody else's newer value must not be overwritten unasked
    seen: dict[str, int] | None = None
    #: groups that came out of one refused change
    family: int = 0
    #: declarations made before the edits of the same names, JSON text; null takes one away
    specs: dict[str, bytes] = field(default_factory=dict[str, bytes])
    #: what the change is for, in a word
    label: str | None = None
    #: the revision that whoever wrote it had seen, where that is not the newest: a step's outputs, as of its beginning
    base: int | None = None

    def ops(self) -> tuple[Op, ...]:
        """What the server is asked to do."""
        made: list[Op] = [Declare(name=name, spec=Raw(spec)) for name, spec in self.specs.items()]
        for name, written in self.edits.items():
            seen: int | UnsetType = UNSET if self.seen is None else self.seen.get(name, UNSET)
            if written is DELETED:
                made.append(Delete(name=name, if_revision=seen))
            elif type(written) is Patched:
                made.append(Patch(name=name, patch=Raw(written.patch), if_revision=seen))
            else:
                made.append(Set(name=name, value=Raw(as_text(written)), if_revision=seen))
        made.extend(RunOp(run=run) for run in self.runs)
        return tuple(made)


class Open(Struct, frozen=True):
    """The one mutate that is under way."""

    seq: int
    base: int
    body: bytes
    group: Group
    #: the number went out before with the same edits under no condition: it may still arrive so
    twice: bool = False


class Refusal(Struct, frozen=True, kw_only=True):
    """An edit that the server did not take. Its value is kept here."""

    name: str
    #: None for a delete
    value: bytes | None
    code: str
    message: str
    #: what stands there instead, where that was the reason
    theirs: bytes | None = None
    #: what it was when the edit was made, where only members of it were written
    base: bytes | None = None
    #: the declaration, where it was that which was not taken
    spec: bytes | None = None
    #: the id of the run whose output it was
    run: str | None = None


class Outbox:
    """The pending edits of one client at one session."""

    def __init__(self, client: str) -> None:
        self.client = client
        #: the last number used
        self.seq = 0
        self.open: Open | None = None
        self.queue: deque[Group] = deque()
        #: the newest pending write of each name
        self.latest: dict[str, Written] = {}
        #: the newest pending declaration of each name
        self.specs: dict[str, bytes] = {}
        #: the last group of the queue, where more edits may join it
        self._growing: Group | None = None
        self._families = 0

    def __bool__(self) -> bool:
        return self.open is not None or bool(self.queue)

    @property
    def names(self) -> set[str]:
        """The variables with pending edits."""
        return {*self.latest, *self.specs}

    def groups(self) -> Iterator[Group]:
        """All pending groups, oldest first."""
        if self.open is not None:
            yield self.open.group
        yield from self.queue

    def ahead(self, origin: SaidOrigin | None = None) -> int:
        """How many changes are pending, with that of the next edit of ``origin``, where one is named."""
        count = len(self.queue) + (self.open is not None)
        joins = self._growing is not None and self._growing.origin is origin
        return count if origin is None or joins else count + 1

    # --- writing ---

    def _tail(self, origin: SaidOrigin) -> Group:
        """A group for the next edits of this origin, at the end of the queue."""
        group = self._growing = Group(origin)
        self.queue.append(group)
        return group

    def put(self, name: str, written: Written, origin: SaidOrigin) -> None:
        """Set or delete one variable."""
        # The group of the last edit is looked for here, without a call: this is what a loop does.
        group = self._growing
        if group is None or group.origin is not origin:
            group = self._tail(origin)
        group.edits[name] = written
        self.latest[name] = written

    def patch(self, name: str, patched: Patched, origin: SaidOrigin, *, apart: bool = False) -> None:
        """Write members of one variable; ``apart`` from what is queued of it already, else as one edit with that."""
        group = self._growing
        if group is None or group.origin is not origin or apart:
            group = self._tail(origin)
        lay(group.edits, name, patched)
        self.latest[name] = group.edits[name]

    def declare(self, name: str, spec: bytes, origin: SaidOrigin) -> None:
        """Declare one variable."""
        group = self._growing
        if group is None or group.origin is not origin or name in group.edits:
            group = self._tail(origin)
        group.specs[name] = self.specs[name] = spec
        if self.latest.get(name) is DELETED and spec != b"null":
            # It is made anew by this.
            default = read_spec(Raw(spec)).default
            group.edits[name] = self.latest[name] = b"null" if default is UNSET else bytes(default)

    def append(self, group: Group) -> None:
        """A group of its own: a batch, or a step's outputs with their run."""
        self._growing = None
        self.queue.append(group)
        self._show(group)

    def reopen(self, seq: int, base: int, group: Group) -> None:
        """What another life of this client had sent, and not been answered; its number may have arrived otherwise."""
        self.open = replace(frozen(seq, base, group), twice=True)
        self._show(group)

    def _show(self, group: Group) -> None:
        self.latest.update(group.edits)
        self.specs.update(group.specs)
        self._families = max(self._families, group.family)

    def stamp(self, revisions: Mapping[str, Variable]) -> None:
        """From now on all that is pending says which revision it was written on top of (0: there was none)."""
        self._growing = None
        for group in self.groups():
            _stamp(group, revisions)

    def doubt(self, revisions: Mapping[str, Variable]) -> None:
        """The server has forgotten whether it took the open mutate: it goes again where nothing has changed since."""
        if self.open is not None:
            _stamp(self.open.group, revisions)

    def guard(self, seen: Mapping[str, int]) -> None:
        """From now on what is pending of these variables says that it was written on top of these revisions."""
        self._growing = None
        for group in self.groups():
            told = {name: revision for name, revision in seen.items() if name in group.edits}
            if told:
                group.seen = {**(group.seen or {}), **told}

    def saw(self, taken: Group, revision: int, rows: Mapping[str, Variable]) -> None:
        """``taken`` is in the session since ``revision``: what is queued on top of it has seen that."""
        for group in self.queue:
            for name in taken.edits.keys() & (group.seen or {}).keys():
                row = rows.get(name)
                stood = row.revision if row is not None else 0 if taken.edits[name] is DELETED else revision
                # What somebody wrote after that, nobody here had seen.
                group.seen = {**(group.seen or {}), name: min(stood, revision)}

    # --- sending ---

    def freeze(self, base: int) -> Open | None:
        """Make the next mutate, unless one is under way or nothing waits."""
        if self.open is not None or not self.queue:
            return None
        group = self.queue.popleft()
        if group is self._growing:
            self._growing = None
        if not group.whole:
            group = self._chunk(group)
        return self._number(group, base)

    def _number(self, group: Group, base: int) -> Open:
        self.seq += 1
        self.open = frozen(self.seq, base if group.base is None else min(base, group.base), group)
        return self.open

    def _chunk(self, group: Group) -> Group:
        """The first part of ``group`` that fits a frame; the rest goes back to the queue's head."""
        size, names = 0, list(group.edits)
        for at, name in enumerate(names):
            written = group.edits[name]
            size += bytes_of(written)
            if size > CHUNK_BYTES and at:
                rest = {name: group.edits[name] for name in names[at:]}
                first = {name: group.edits[name] for name in names[:at]}
                self.queue.appendleft(Group(group.origin, rest, group.runs, seen=group.seen, family=group.family))
                return Group(group.origin, first, seen=group.seen, family=group.family, specs=group.specs)
        return group

    # --- answers ---

    def settle(self) -> Group | None:
        """The open mutate has been taken."""
        if self.open is None:
            return None
        group, self.open = self.open.group, None
        self._forget(group)
        return group

    def refuse(self, code: str, message: str, theirs: bytes | None = None, name: str | None = None) -> list[Refusal]:
        """The open mutate has been refused for good, because of ``name`` where that is known: what of it is lost.

        Of a change of several edits nothing is lost yet: they go again, one variable at a time. Of a run's change only
        the output that was refused: the others go again with the record, which does not claim it any more.
        """
        if self.open is None:
            return []
        group, self.open = self.open.group, None
        if group.runs and name in group.edits:
            return self._leave_out(group, name, code, message, theirs)
        # A batch is all or nothing; a step's outputs are not, for the others are still worth keeping.
        if (group.runs or not group.whole) and len({*group.edits, *group.specs}) + len(group.runs) > 1:
            self._take_apart(group)
            return []
        self._forget(group)
        return refusals(group, code, message, theirs, self._tell_family(group, message))

    def refit(self, name: str, row: Variable) -> list[Refusal]:
        """Take out an edit of members that no longer fits what is confirmed: it is never sent."""
        first = next((group for group in self.groups() if name in group.edits), None)
        if first is None or first is (self.open and self.open.group) or first.whole:
            return []
        patched = first.edits[name]
        if type(patched) is not Patched or fits(patched, bytes(row.value)):
            return []
        del first.edits[name]
        if not first.edits and not first.runs:
            self.queue.remove(first)
            self._growing = None if first is self._growing else self._growing
        lost = Group(first.origin, {name: patched})
        self._forget(lost)
        return refusals(lost, "conflict", f"{name} was changed by somebody else.", bytes(row.value))

    def again(self, seen: int | None) -> None:
        """Send the open mutate's edits anew, under the next number: its variable was gone, that is known now."""
        if self.open is not None:
            group, self.open = self.open.group, None
            group.base = None
            group.seen = None if seen is None else dict.fromkeys(group.edits, seen)
            self.queue.appendleft(group)

    def _leave_out(self, group: Group, name: str, code: str, message: str, theirs: bytes | None) -> list[Refusal]:
        lost = Group(group.origin, {name: group.edits.pop(name)})
        group.runs = [without(run, _texts(lost), message) for run in group.runs]
        self.queue.appendleft(group)
        self._forget(lost)
        return refusals(lost, code, message, theirs, group.runs[0].id)

    def rebase(self) -> None:
        """Another history: the revisions that were seen are none of its."""
        for group in self.groups():
            group.base = None

    def _take_apart(self, group: Group) -> None:
        self._families += 1
        parts = [
            Group(
                group.origin,
                {name: group.edits[name]} if name in group.edits else {},
                seen=group.seen,
                family=self._families,
                specs={name: group.specs[name]} if name in group.specs else {},
                base=group.base,
            )
            for name in {**group.specs, **group.edits}
        ]
        if group.runs:
            parts.append(Group(group.origin, runs=group.runs, family=self._families))
        self.queue.extendleft(reversed(parts))

    def _tell_family(self, group: Group, message: str) -> str | None:
        """A run's record, which goes last, must not claim what was refused before it; the run's id."""
        told = None
        for other in self.queue:
            if group.family and other.family == group.family and other.runs:
                other.runs = [without(run, _texts(group), message) for run in other.runs]
                told = other.runs[0].id
        return told

    def _forget(self, group: Group) -> None:
        for name in group.edits:
            self.latest.pop(name, None)
        for name in group.specs:
            self.specs.pop(name, None)
        # A refused name may be queued again, and an open one may be: the newest of those that remain counts.
        for other in self.groups():
            for name in group.edits:
                if name in other.edits:
                    self.latest[name] = other.edits[name]
            for name in group.specs:
                if name in other.specs:
                    self.specs[name] = other.specs[name]

    def resume(self, last_seq: int, answered: bool, base: int, *, same_epoch: bool) -> Open | None:
        """After a welcome: what must be sent again. ``answered``: what was open had arrived, and has its answer."""
        opened = self.open
        self.seq = last_seq
        if not same_epoch:
            self.rebase()
        if opened is None or answered:
            return None
        if last_seq == opened.seq - 1 and same_epoch:
            self.seq = opened.seq
            if opened.group.seen is not None:
                # What has become old gets its condition: the server has not seen this number, so that no other body
                # stands under it.
                again = frozen(opened.seq, opened.base, opened.group)
                self.open = replace(again, twice=opened.twice or again.body != opened.body)
            return self.open
        self.open = None
        return self._number(opened.group, base)

    def drop(self) -> list[Group]:
        """Forget everything; what was pending."""
        dropped = list(self.groups())
        self.open = self._growing = None
        self.queue.clear()
        self.latest.clear()
        self.specs.clear()
        return dropped


def frozen(seq: int, base: int, group: Group) -> Open:
    """``group`` as a mutate of this number."""
    label = UNSET if group.label is None else group.label
    body = encode(Mutate(seq=seq, base=base, ops=group.ops(), origin=group.origin, label=label))
    return Open(seq, base, body, group)


def _stamp(group: Group, revisions: Mapping[str, Variable]) -> None:
    if group.seen is None:
        group.seen = {name: row.revision if (row := revisions.get(name)) else 0 for name in group.edits}


def refusals(
    group: Group, code: str, message: str, theirs: bytes | None = None, run: str | None = None
) -> list[Refusal]:
    """Each edit of ``group`` as one that was not taken."""
    return [
        Refusal(
            name=name,
            value=None if written is DELETED else as_text(written),
            code=code,
            message=message,
            theirs=theirs,
            base=written.before if type(written) is Patched else None,
            run=run,
        )
        for name, written in group.edits.items()
    ] + [
        Refusal(name=name, value=None, code=code, message=message, spec=spec)
        for name, spec in group.specs.items()
        if name not in group.edits
    ]


def _texts(group: Group) -> dict[str, bytes]:
    return {name: as_text(written) for name, written in group.edits.items() if written is not DELETED}


def refusal_of(reject: Reject) -> tuple[str, str, bytes | None, str | None]:
    """What :meth:`Outbox.refuse` wants of a reject frame."""
    theirs = None if reject.theirs is UNSET else bytes(reject.theirs)
    return reject.code, reject.message, theirs, None if reject.name is UNSET else reject.name
