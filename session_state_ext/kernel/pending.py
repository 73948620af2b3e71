"""A session as it will stand once what waits to be sent has been taken."""

from __future__ import annotations

from functools import partial

from msgspec import Raw
from msgspec.structs import replace

from session_state_ext.model import Run, Step, Variable, advance
from session_state_ext.wire import SaidOrigin

from .outbox import DELETED, Written, as_text
from .replica import Replica

#: Stands for the revision that it will get: one that no run has seen.
REVISION = 2**53


def row_of(replica: Replica, name: str) -> Variable | None:
    """One variable; the caller holds the replica still."""
    row = replica.rows.get(name)
    if name not in replica.outbox.latest:
        return row
    written = replica.outbox.latest[name]
    return None if written is DELETED else _laid(row, name, written)


def rows_of(replica: Replica) -> dict[str, Variable]:
    """All variables; the caller holds the replica still."""
    rows = dict(replica.rows)
    for name in replica.outbox.latest:
        row = row_of(replica, name)
        if row is None:
            rows.pop(name, None)
        else:
            rows[name] = row
    return rows


def steps_of(replica: Replica) -> dict[str, Step]:
    """The steps, by their runs; the caller holds the replica still."""
    steps = dict(replica.steps)
    for group in replica.outbox.groups():
        for run in group.runs:
            steps[run.step] = advance(steps.get(run.step), replace(run, revision=REVISION))
    return {name: step for name, step in steps.items() if not step.forgotten}


def newer_of(replica: Replica) -> dict[str, Run]:
    """What a kernel has of variables that are older; see freshness.kernel_only. The caller holds the replica still."""
    from session_state_ext.freshness import kernel_only

    steps = steps_of(replica)
    return kernel_only(steps.values(), partial(row_of, replica)) if steps else {}


def _laid(row: Variable | None, name: str, written: Written) -> Variable:
    text = Raw(as_text(written))
    if row is not None:
        return replace(row, value=text, revision=REVISION)
    origin = SaidOrigin(kind="cell").complete(user=None, client=None)
    return Variable(name=name, value=text, revision=REVISION, updated_at=0, origin=origin)
