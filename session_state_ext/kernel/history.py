"""A session's past as people hold it: its changes, what they made of each variable, and the tables that show it."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable, Sequence
from typing import Any, overload

from msgspec import UNSET, Raw, Struct
from msgspec.structs import replace

from session_state_ext.changes import read_spec
from session_state_ext.model import Change, Declare, Origin, Rename, RunOp, Spec

from . import display
from .display import Shown, Table
from .edits import MOST, UNDECLARED, Edit, parts_of, side, standing_after


class Entry(Struct, frozen=True):
    """One change of a session."""

    revision: int
    #: when it was committed, in local time
    at: datetime.datetime
    #: who made it, in a few words
    by: str
    #: who made it: a dict of which ``kind`` is always there
    origin: dict[str, Any]
    edits: list[Edit]
    #: undo, redo or restore, where it is one
    label: str | None
    #: the revision that it takes back
    undoes: int | None
    #: what else there is to say of it
    notes: list[str]

    def __repr__(self) -> str:
        return _changes(f"Revision {self.revision}", [self], "").text()

    def _repr_html_(self) -> str:
        return _changes(f"Revision {self.revision}", [self], "").html()


class History(Shown, Sequence[Entry]):
    """Changes of a session, newest first; ``[0]`` is the newest."""

    def __init__(self, title: str, entries: list[Entry], foot: str) -> None:
        self._entries = entries
        table = _changes(title, entries, foot)
        super().__init__(table.text(), table.html())

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> list[Entry]: ...
    def __getitem__(self, at: int | slice) -> Entry | list[Entry]:
        return self._entries[at]

    def __len__(self) -> int:
        return len(self._entries)


class Difference(Shown, Sequence[Edit]):
    """What became of each variable between two revisions."""

    def __init__(self, title: str, headings: tuple[str, str], edits: list[Edit]) -> None:
        self._edits = edits
        rows = [
            [each.name, side(each.before), side(each.after)]
            for one in edits
            for each in parts_of(one)
        ]  # fmt: skip
        table = Table(title, ["name", *headings], rows, mono=(0, 1, 2))
        super().__init__(table.text(), table.html())

    @overload
    def __getitem__(self, at: int) -> Edit: ...
    @overload
    def __getitem__(self, at: slice) -> list[Edit]: ...
    def __getitem__(self, at: int | slice) -> Edit | list[Edit]:
        return self._edits[at]

    def __len__(self) -> int:
        return len(self._edits)


class Moved(Shown):
    """What an undo, a redo or a restore has done. ``edits`` is empty where nothing was different."""

    def __init__(self, said: str, revision: int, edits: list[Edit], foot: str) -> None:
        #: the session's revision after it
        self.revision = revision
        self.edits = edits
        rows = [[each.name, each.words] for one in edits for each in parts_of(one)]
        table = Table(said, ["name", "change"], rows, foot)
        super().__init__(table.text(), table.html())


class Mark(Shown):
    """A snapshot: a revision with a name."""

    def __init__(self, name: str, revision: int, at: int, said: str) -> None:
        self.name = name
        self.revision = revision
        #: when it was taken, in local time
        self.at = _local(at)
        line = display.note(said)
        super().__init__(line.text(), line.html())


class Marks(Shown, Sequence[Mark]):
    """The snapshots of a session, oldest first."""

    def __init__(self, marks: list[Mark]) -> None:
        self._marks = marks
        now = time.time() * 1000
        rows = [[one.name, str(one.revision), display.when(int(one.at.timestamp() * 1000), now)] for one in marks]
        title = f"{len(marks)} snapshot{'' if len(marks) == 1 else 's'}"
        if marks:
            table: Shown = Table(
                title, ["name", "revision", "taken"], rows, "Go back to one: %session restore NAME", mono=(0,)
            )
        else:
            table = display.note("No snapshots yet. Take one: %session snapshot NAME")
        super().__init__(table.text(), table.html())

    @overload
    def __getitem__(self, at: int) -> Mark: ...
    @overload
    def __getitem__(self, at: slice) -> list[Mark]: ...
    def __getitem__(self, at: int | slice) -> Mark | list[Mark]:
        return self._marks[at]

    def __len__(self) -> int:
        return len(self._marks)


class Purged(Shown):
    """What a purge has removed."""

    def __init__(self, count: int, said: str) -> None:
        #: how many values there were
        self.count = count
        line = display.note(said)
        super().__init__(line.text(), line.html())


# --- from what the archive gives ---


def entries(
    changes: Sequence[Change],
    base: dict[str, Any],
    *,
    complete: bool,
    client: str,
    marks: dict[int, list[str]],
    only: str | None = None,
) -> list[Entry]:
    """What ``changes`` (newest first) did, one after the other.

    ``base`` is what stood before them, as far as it is known: JSON text, or None for no variable. Where it is
    ``complete``, a variable that is not in it did not exist.
    """
    stands: dict[str, Any] = dict(base)
    specs: dict[str, Raw] = {}
    unknown: Any = None if complete else UNSET
    found: list[Entry] = []
    for change in reversed(changes):
        edits: list[Edit] = []
        for name, after in standing_after(change.ops, stands, unknown).items():
            before = stands.get(name, unknown)
            stands[name] = after
            if only in (None, name):
                edits.append(Edit(name, before, after))
        found.append(_entry(change, edits, client, only, specs))
    _mark(found, marks)
    return found[::-1]


def _entry(change: Change, edits: list[Edit], client: str, only: str | None, specs: dict[str, Raw]) -> Entry:
    origin = change.origin
    notes = [f"{op.run.step} {_RUNS[op.run.status]}" for op in change.ops if isinstance(op, RunOp)]
    notes += declared((op for op in change.ops if isinstance(op, Declare) and only in (None, op.name)), specs)
    notes += [f"{op.name} renamed to {op.to}" for op in change.ops if isinstance(op, Rename)]
    label = None if change.label is UNSET else change.label
    undoes = None if change.undoes is UNSET else change.undoes
    if label is not None:
        notes.append(
            label if undoes is None else f"{label} of {undoes}" if label == "undo" else f"{label}, takes back {undoes}"
        )
    return Entry(
        revision=change.revision,
        at=_local(change.at),
        by=f"{display.by(origin)}{', here' if origin.client == client else ''}",
        origin=_as_dict(origin),
        edits=edits,
        label=label,
        undoes=undoes,
        notes=notes,
    )


def declared(ops: Iterable[Declare], specs: dict[str, Raw]) -> list[str]:
    """What was declared, locked and unlocked; ``specs``, what was declared before as far as it is known, is kept up."""
    said: dict[str, list[str]] = {"declared": [], "locked": [], "unlocked": [], "not declared any more:": []}
    for op in {op.name: op for op in ops}.values():
        said[_verb(specs.get(op.name), op.spec)].append(op.name)
        specs[op.name] = op.spec
    return [f"{verb} {_some(names)}" for verb, names in said.items() if names]


def _verb(before: Raw | None, after: Raw) -> str:
    old = Spec() if before in (None, UNDECLARED) else read_spec(before)
    new = Spec() if after == UNDECLARED else read_spec(after)
    # A declaration of nothing but its lock is what locking makes of a variable that had none.
    if new.locked != old.locked and replace(new, locked=False) == replace(old, locked=False):
        return "locked" if new.locked else "unlocked"
    # What is left when a variable of no declaration was locked and unlocked says nothing of it.
    return "not declared any more:" if after == UNDECLARED or (new == Spec() != old) else "declared"


def _some(names: list[str]) -> str:
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more} more" if more > 0 else "")


_RUNS = {
    "running": "began",
    "done": "done",
    "warned": "done with warnings",
    "failed": "failed",
    "interrupted": "was interrupted",
    "refused": "was not run",
    "forgotten": "was forgotten",
}


def _mark(found: list[Entry], marks: dict[int, list[str]]) -> None:
    """Say of each what later ones took back, and which snapshots name it."""
    by_revision = {one.revision: one for one in found}
    undone: set[int] = set()
    for one in reversed(found):
        if one.undoes is not None and one.revision not in undone:
            undone.add(one.undoes)
            taken = by_revision.get(one.undoes)
            if taken is not None:
                taken.notes.append("redone" if taken.undoes is not None else "undone")
        if one.revision in marks:
            one.notes.extend(f'snapshot "{name}"' for name in marks[one.revision])


def _as_dict(origin: Origin) -> dict[str, Any]:
    from msgspec import to_builtins

    return {key: value for key, value in to_builtins(origin).items() if value is not None}


def _local(at: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at / 1000, datetime.timezone.utc).astimezone()


# --- shown ---


def _changes(title: str, shown: list[Entry], foot: str) -> Table:
    now = time.time() * 1000
    rows: list[list[str]] = []
    for one in shown:
        head = [str(one.revision), display.when(int(one.at.timestamp() * 1000), now), one.by]
        note = " · ".join(one.notes)
        parts = [part for edit in one.edits[:MOST] for part in parts_of(edit)]
        lines = [[part.name, part.words] for part in parts]
        if len(one.edits) > MOST:
            lines.append([f"and {len(one.edits) - MOST:,} more", ""])
        for at, line in enumerate(lines or [["", ""]]):
            rows.append([*(head if at == 0 else ["", "", ""]), *line, note if at == 0 else ""])
    headings = ["revision", "when", "by", "name", "change", ""]
    if not any(row[-1] for row in rows):
        headings, rows = headings[:-1], [row[:-1] for row in rows]
    return Table(title, headings, rows, foot, mono=(3, 4))
