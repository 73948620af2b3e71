"""A session as it will stand once what waits to be sent has been taken."""

from __future__ import annotations

from msgspec import Raw
from msgspec.structs import replace

from session_state_ext.model import Step, Variable, advance
from session_state_ext.wire import SaidOrigin

from .outbox import DELETED, Written, as_text
from .replica import Replica

#: Stands for the revision that it will get: one that no run has seen.
REVISION = 2**53


def rows_of(replica: Replica) -> dict[str, Variable]:
    """The variables; the caller holds the replica still."""
    rows = dict(replica.rows)
    for name, written in replica.outbox.latest.items():
        _lay(rows, name, written)
    return rows


def steps_of(replica: Replica) -> dict[str, Step]:
    """The steps, by their runs; the caller holds the replica still."""
    steps = dict(replica.steps)
    for group in replica.outbox.groups():
        for run in group.runs:
            steps[run.step] = advance(steps.get(run.step), replace(run, revision=REVISION))
    return {name: step for name, step in steps.items() if not step.forgotten}


def _lay(rows: dict[str, Variable], name: str, written: Written) -> None:
    if written is DELETED:
        rows.pop(name, None)
        return
    origin = SaidOrigin(kind="cell").complete(user=None, client=None)
    row = rows.get(name)
    text = Raw(as_text(written))
    if row is None:
        rows[name] = Variable(name=name, value=text, revision=REVISION, updated_at=0, origin=origin)
    else:
        rows[name] = replace(row, value=text, revision=REVISION)
