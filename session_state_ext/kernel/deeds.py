"""What one change did to one variable, and which value it took up again, in words."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET, Struct

from session_state_ext.model import Change, Declare, Delete, Origin, Patch, Rename, Run, RunOp, Set, Snapshot

_BY = {
    "panel": "in the panel",
    "cell": "in a cell",
    "widget": "with a widget in the notebook",
    "api": "over REST",
    "cli": "from the command line",
}


class Source(Struct, frozen=True):
    """Where a change took a value from: the newest change of ``name`` up to ``revision``."""

    name: str
    revision: int


class Deed(Struct, frozen=True):
    """What a change did to a variable."""

    revision: int
    origin: Origin
    at: int
    #: ``set``, ``changed inside``, ``put back by an undo``
    verb: str
    #: the change's own label
    label: str | None = None
    #: the run it records
    run: Run | None = None
    #: the value that it wrote, where it wrote a whole one
    value: bytes | None = None
    #: of what takes up an earlier value
    source: Source | None = None


def deed_of(change: Change, name: str, snapshots: Iterable[Snapshot] = ()) -> Deed:
    """What ``change`` did to ``name``; ``snapshots`` tell which revision a restore went back to."""
    runs = [op.run for op in change.ops if isinstance(op, RunOp) and op.run.id == change.origin.run]
    texts = [bytes(op.value) for op in change.ops if isinstance(op, Set) and op.name == name]
    label = None if change.label is UNSET else change.label
    verb, source = _verb(change, name), None
    if label in ("undo", "redo") and change.undoes is not UNSET:
        verb = f"put back by an undo of change {change.undoes}" if label == "undo" else "put back by a redo"
        source, label = Source(name, change.undoes - 1), None
    elif label is not None and label.startswith("restore "):
        where = label.removeprefix("restore ")
        marked = next((one.revision for one in snapshots if one.name == where), None)
        revision = int(where) if marked is None and where.isdecimal() else marked
        # People may call a batch so, too; and a snapshot may be forgotten since.
        if revision is not None and revision < change.revision:
            verb = f"put back by going back to {where if marked is None else f'the snapshot {where}'}"
            source, label = Source(name, revision), None
    else:
        renamed = [op.name for op in change.ops if isinstance(op, Rename) and op.to == name]
        if renamed:
            source = Source(renamed[0], change.revision - 1)
    run = runs[0] if runs else None
    return Deed(change.revision, change.origin, change.at, verb, label, run, texts[-1] if texts else None, source)


def _verb(change: Change, name: str) -> str:
    verb = "set"
    for op in change.ops:
        if isinstance(op, Patch) and op.name == name:
            verb = "changed inside"
        elif isinstance(op, Rename) and op.to == name:
            verb = f"renamed from {op.name}"
        elif isinstance(op, Rename) and op.name == name:
            verb = f"renamed to {op.to}"
        elif isinstance(op, Delete) and op.name == name:
            verb = "deleted"
        elif isinstance(op, Declare) and op.name == name:
            verb = "declared"
        elif isinstance(op, Set) and op.name == name:
            verb = "set"
    return verb


def by_whom(origin: Origin) -> str:
    """``in a cell``, ``over REST by ann``, ``while step train ran``."""
    if origin.kind == "step":
        where = f"while step {origin.step} ran" if origin.step else "while a step ran"
    elif origin.kind == "api" and origin.client is not None:
        where = "by a program"  # that holds the session, as connect() gives it
    else:
        where = _BY[origin.kind]
    return where if origin.user in (None, "local") else f"{where} by {origin.user}"
