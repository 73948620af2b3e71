"""What the kernel knows of its session: the confirmed state, and its pending edits on top.

Pure, like :mod:`.outbox`: the link feeds it frames and sends what it answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import UNSET, Raw, Struct
from msgspec.structs import replace

from session_state_ext.changes import apply, declared, effective
from session_state_ext.errors import PatchFailed, Unavailable
from session_state_ext.model import Change, Meta, Op, Origin, RunOp, Step, Variable, advance
from session_state_ext.wire import (
    Ack,
    Deleted,
    ErrorFrame,
    Limits,
    MetaFrame,
    Overwritten,
    Reject,
    SaidOrigin,
    ServerFrame,
    Welcome,
)

from .outbox import DELETED, Group, Open, Outbox, Patched, Refusal, Written, as_text, laid, refusal_of, refusals
from .watch import Watch

#: Edits made while there was no connection for this long are only laid over what they were made on.
STALE_SECONDS = 60.0


class Resync(Exception):
    """A frame is missing: connect again and ask for everything."""


class Replica:
    """One session as one client sees it."""

    def __init__(self, client: str) -> None:
        self.outbox = Outbox(client)
        self.session_id: str | None = None
        self.rows: dict[str, Variable] = {}
        #: the declarations that count here now, pending ones too; always the same dict
        self.specs: dict[str, bytes] = {}
        self.steps: dict[str, Step] = {}
        self.revision = 0
        self.tip: str | None = None
        self.epoch: str | None = None
        self.meta: Meta | None = None
        self.limits = Limits()
        self.read_only = False
        #: a welcome has come, so that there is something to show
        self.known = False
        #: sentences of what happened to the session as a whole
        self.happened: list[str] = []
        self.refused: list[Refusal] = []
        self.conflicts: list[Overwritten] = []
        #: why whoever is there asks to come again later with what is open, a sentence
        self.waits: str | None = None
        #: told where to look when something may be shown otherwise than before
        self.watch: Watch | None = None

    # --- what one sees ---

    def written(self, name: str) -> Box | None:
        """The value of ``name`` now; None where there is no such variable."""
        latest = self.outbox.latest
        if name in latest:
            value = latest[name]
            if type(value) is not Patched:
                return None if value is DELETED else Box(value)
        row = self.rows.get(name)
        spec = self.outbox.specs.get(name)
        shown = None if row is None else Box(bytes(row.value))
        if spec is not None:
            made = declared(None if row is None else (row.value, row.spec), Raw(spec))
            shown = None if made is None else Box(bytes(made[0]))
        if name in latest:
            for group in self.outbox.groups():
                shown = written_over(shown, group.edits, name)
        return shown

    def patch(self, name: str, patched: Patched, origin: SaidOrigin) -> None:
        """Write members of one variable, as one edit with those that wait, unless these do not fit any more."""
        self.outbox.patch(name, patched, origin, apart=self._is_hidden(name))

    def _is_hidden(self, name: str) -> bool:
        """Whether the newest pending edit of ``name`` is one of members that does not fit what lies beneath it."""
        if type(self.outbox.latest.get(name)) is not Patched:
            return False
        row, hidden = self.rows.get(name), False
        shown = None if row is None else Box(bytes(row.value))
        for group in self.outbox.groups():
            edit = group.edits.get(name)
            if edit is not None:
                hidden = type(edit) is Patched and (shown is None or laid(edit, as_text(shown.value)) is None)
                shown = written_over(shown, group.edits, name)
        return hidden

    def names(self) -> list[str]:
        """The variables there are now: confirmed ones in their order, then new ones."""
        latest = self.outbox.latest
        kept = [name for name in self.rows if latest.get(name) is not DELETED]
        new = [name for name in {**self.outbox.specs, **latest} if name not in self.rows]
        return kept + [name for name in new if self.written(name) is not None]

    def view(self) -> dict[str, bytes]:
        """All of it, as text."""
        return {name: as_text(box.value) for name in self.names() if (box := self.written(name)) is not None}

    # --- frames ---

    def hello(self) -> dict[str, Any]:
        """The fields of a hello that resumes where this replica stands."""
        return {
            "client": self.outbox.client,
            "since": self.revision if self.known else None,
            "tip": self.tip,
            "epoch": self.epoch,
            "dirty": bool(self.outbox),
        }

    def receive(self, frame: ServerFrame, *, offline: float = 0.0) -> Open | None:
        """Take one frame; the mutate that must be sent (again) because of it. Raises Resync."""
        if isinstance(frame, Change):
            self._apply(frame)
        elif isinstance(frame, Ack):
            self._acknowledged(frame)
        elif isinstance(frame, Reject):
            self._rejected(frame)
        elif isinstance(frame, Welcome):
            return self._welcomed(frame, offline)
        elif isinstance(frame, MetaFrame):
            before, self.meta = self.meta, frame.meta
            if self.watch is not None and (before is None or before.storage != frame.meta.storage):
                self.watch.look_again()
        elif isinstance(frame, ErrorFrame) and self.outbox.open is not None:
            self._rejected(Reject(seq=self.outbox.open.seq, code=frame.code, message=frame.message))
        elif isinstance(frame, Deleted) and self.revision:
            self.deleted()
        elif isinstance(frame, Deleted):
            # Nobody had written to it: its notebook has gone over to another one.
            self.forget()
        return None

    def freeze(self) -> Open | None:
        """The next mutate, where one is due."""
        if not self.known or self.read_only:
            return None
        return self.outbox.freeze(self.revision)

    def repeat(self) -> Open | None:
        """What is open, after an answer that asks to come again later: the same number, the same body."""
        return None if self.waits is None or self.read_only else self.outbox.open

    def _apply(self, change: Change) -> None:
        if change.revision <= self.revision:
            return
        if change.revision != self.revision + 1:
            raise Resync(f"revision {self.revision + 1} expected, {change.revision} came")
        self._lay(change)

    def _lay(self, change: Change) -> None:
        """Make ``change`` part of the confirmed state."""
        before = self.rows
        try:
            made = apply(change, before)
        except PatchFailed:
            raise Resync("what is known here is not what was changed") from None
        for name, row in made.items():
            if row is None:
                before.pop(name, None)
            else:
                before[name] = row
        for op in change.ops:
            if isinstance(op, RunOp):
                self._record(replace(op.run, revision=change.revision))
        self._refit(made)
        self.respec(made)
        self.revision, self.tip = change.revision, change.tip
        if self.meta is not None:
            self.meta = replace(self.meta, revision=change.revision, last_synced_at=change.at)
        if self.watch is not None:
            # An edit of our own has been told, and one that lies on top hides this one: then nothing is different.
            self.watch.look(made, change.origin, change.revision)

    def _refit(self, rows: Mapping[str, Variable | None]) -> None:
        for name in [name for name, written in self.outbox.latest.items() if type(written) is Patched]:
            row = rows.get(name)
            if row is not None:
                self.refused += self.outbox.refit(name, row)

    def _record(self, run: Any) -> None:
        self.steps[run.step] = advance(self.steps.get(run.step), run)

    def _acknowledged(self, ack: Ack) -> None:
        opened = self.outbox.open
        if opened is None or ack.seq != opened.seq:
            return
        self.outbox.settle()
        self.waits = None
        self.respec(opened.group.specs)
        self.conflicts += ack.conflicts
        if ack.revision > self.revision:
            if ack.revision != self.revision + 1:
                raise Resync(f"revision {self.revision + 1} expected, {ack.revision} was acknowledged")
            self._lay(
                Change(
                    revision=ack.revision,
                    tip=ack.tip,
                    at=ack.at,
                    origin=_own(opened.group.origin, self.outbox.client),
                    ops=self._effective(opened.group),
                    client=self.outbox.client,
                )
            )
        self.outbox.saw(opened.group, ack.revision, self.rows)

    def _effective(self, group: Group) -> tuple[Op, ...]:
        try:
            return effective(group.ops(), self.rows)
        except PatchFailed:
            raise Resync("what is known here is not what was changed") from None

    def _rejected(self, reject: Reject) -> None:
        opened = self.outbox.open
        if opened is None or reject.seq != opened.seq:
            return
        self.waits = reject.message if reject.code == Unavailable.code else None
        if self.waits is not None:
            return
        if reject.code == "gap":
            raise Resync("the server counts this client's changes differently")
        if reject.code == "seq-mismatch" and opened.twice:
            self.outbox.open = replace(opened, twice=False)
            raise Resync("its first sending has arrived after all; the answer to that is in a new welcome")
        if reject.code == "gone" and not any(type(written) is Patched for written in opened.group.edits.values()):
            # An assignment means this value, whether or not somebody deleted the old one; its members alone do not.
            self.outbox.again(None)
            return
        if reject.code == "renamed" and opened.group.base is not None:
            # So it does where the old one got another name since the step began.
            self.outbox.again(None)
            return
        self._refuse(*refusal_of(reject))
        self.respec(opened.group.specs)

    def _refuse(self, code: str, message: str, theirs: bytes | None = None, name: str | None = None) -> None:
        """The open mutate was not taken: what it hid is seen again."""
        refused = self.outbox.refuse(code, message, theirs, name)
        self.refused += refused
        for one in refused:
            self._look_behind(one.name)

    def _look_behind(self, name: str) -> None:
        if self.watch is not None:
            row = self.rows.get(name)
            self.watch.look([name], Origin(kind="api") if row is None else row.origin, self.revision)

    def respec(self, names: Iterable[str]) -> None:
        """See anew which declarations of these names count."""
        before = dict(self.specs) if self.watch is not None else {}
        for name in names:
            row = self.rows.get(name)
            confirmed = None if row is None or row.spec is UNSET else bytes(row.spec)
            spec = self.outbox.specs.get(name, confirmed)
            if spec is None or spec == b"null":
                self.specs.pop(name, None)
            else:
                self.specs[name] = spec
        if self.watch is not None and before != self.specs:
            now = self.specs
            self.watch.redeclared([name for name in {**before, **now} if before.get(name) != now.get(name)])

    def _welcomed(self, welcome: Welcome, offline: float) -> Open | None:
        if offline > STALE_SECONDS:
            self.outbox.stamp(self.rows)
        opened = self.outbox.open
        same_epoch = self.epoch in (None, welcome.epoch)
        if not same_epoch:
            self.outbox.guard(self._unseen(welcome))
        elif opened is not None and welcome.last_seq < opened.seq - 1:
            # After a month, or from a backup that nobody has noticed.
            self.outbox.doubt(self.rows)
        if welcome.changes is not UNSET and welcome.mode == "delta":
            for change in welcome.changes:
                self._apply(change)
        elif welcome.variables is not UNSET:
            self.rows = {row.name: row for row in welcome.variables}
            self.specs.clear()
            self.respec([*self.rows, *self.outbox.specs])
            self._refit(self.rows)
        self.session_id, self.epoch = welcome.session, welcome.epoch
        self.revision, self.tip, self.meta = welcome.revision, welcome.tip, welcome.meta
        self.steps = {step.name: step for step in welcome.steps}
        self.limits, self.read_only, self.known, self.waits = welcome.limits, welcome.read_only, True, None
        opened = self._resumed(welcome, same_epoch)
        if self.read_only:
            self.refuse_all("read-only", "you may read this session but not change it")
            opened = None
        if self.watch is not None:
            self.watch.look_again()
        return opened

    def _unseen(self, welcome: Welcome) -> dict[str, int]:
        """What others have written in another history since this one ended, each with the revision known of it here.

        What is only older there was lost with the old history, and an assignment means its value. Revisions of two
        histories cannot be compared, times can; a number that means another change there is not told.
        """
        rows = [] if welcome.variables is UNSET else welcome.variables
        synced = 0 if self.meta is None else self.meta.last_synced_at or 0
        last = max([synced, *(row.updated_at for row in self.rows.values())])
        known = {name: row.revision for name, row in self.rows.items()}
        return {
            row.name: 0 if known.get(row.name) == row.revision else known.get(row.name, 0)
            for row in rows
            if row.updated_at > last and row.origin.client != self.outbox.client
        }

    def _resumed(self, welcome: Welcome, same_epoch: bool) -> Open | None:
        opened, answer = self.outbox.open, welcome.last_answer
        arrived = opened is not None and welcome.last_seq >= opened.seq
        if opened is not None and arrived:
            if answer is None or answer.seq != opened.seq:
                self._taken(opened, welcome.revision)
            elif isinstance(answer, Ack):
                self.conflicts += answer.conflicts
                self._taken(opened, answer.revision)
            else:
                self.refused += self.outbox.refuse(*refusal_of(answer))
        return self.outbox.resume(welcome.last_seq, arrived, self.revision, same_epoch=same_epoch)

    def _taken(self, opened: Open, revision: int) -> None:
        """The open mutate is part of the confirmed state since ``revision``."""
        self.outbox.settle()
        self.outbox.saw(opened.group, revision, self.rows)

    def deleted(self) -> None:
        """The session is gone: what was pending is refused, its values kept."""
        self.happened.append("This notebook's session was deleted. A new, empty one has taken its place.")
        self.refuse_all("not-found", "the session was deleted")
        self.forget()

    def unblock(self, code: str, message: str) -> None:
        """The open mutate will never be answered: refuse it, so that the rest can go."""
        self.waits = None
        self._refuse(code, message)

    def refuse_all(self, code: str, message: str) -> None:
        """Nothing that is pending will be taken."""
        for group in self.outbox.drop():
            self.refused += refusals(group, code, message)

    def bring(self) -> None:
        """This was a throw-away session: what it holds goes to the one that comes, and overwrites nothing there."""
        edits, specs = self.view(), dict(self.specs)
        self.outbox.drop()
        self.forget()
        if edits or specs:
            said = SaidOrigin(kind="cell")
            self.outbox.append(Group(said, dict(edits), seen=dict.fromkeys(edits, 0), specs=specs))
            self.respec(specs)
            self.happened.append("A notebook runs this kernel by now: what was in its memory only goes to its session.")

    def forget(self) -> None:
        """Start over with another session; what is pending goes there, as far as it stays in the outbox."""
        self.rows, self.steps, self.revision, self.tip, self.epoch = {}, {}, 0, None, None
        self.known, self.session_id, self.meta, self.waits = False, None, None, None
        self.specs.clear()
        self.respec(self.outbox.specs)
        opened = self.outbox.open
        if opened is not None:
            self.outbox.open = None
            self.outbox.queue.appendleft(opened.group)
        self.outbox.rebase()
        self.outbox.seq = 0


class Box(Struct, frozen=True):
    """Tells a variable whose value is null from one that is not there."""

    value: Written


def _own(said: SaidOrigin, client: str) -> Origin:
    return said.complete(user=None, client=client)


def written_over(shown: Box | None, edits: Mapping[str, Written], name: str) -> Box | None:
    """What is shown of a variable once ``edits`` lie on top; a patch that does not fit is not seen."""
    if name not in edits:
        return shown
    value = edits[name]
    if type(value) is not Patched:
        return None if value is DELETED else Box(value)
    patched = None if shown is None else laid(value, as_text(shown.value))
    return shown if patched is None else Box(patched)
