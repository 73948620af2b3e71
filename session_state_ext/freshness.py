"""Whether a step would do again what it has done: by its record, its source, and the values that stand now.

1 and 1.0 are alike here, so that setting a value back makes a step fresh again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from .jsontext import canonical
from .model import Input, Run, Step, Variable
from .wire import content_hash


def alike(one: bytes, other: bytes) -> bool:
    """Whether a step cannot tell these JSON texts apart."""
    return one == other or canonical(one) == canonical(other) or _equal(json.loads(one), json.loads(other))


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(member, other[key]) for key, member in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def changed_inputs(run: Run, rows: Mapping[str, Variable]) -> list[str]:
    """The inputs of a run whose variables no longer hold what it read."""
    return [name for name, read in run.inputs.items() if not _stands(read, rows.get(name))]


def _stands(read: Input, row: Variable | None) -> bool:
    if row is None:
        return False
    if row.revision == read.revision:
        return True
    if read.value is not UNSET:
        return alike(bytes(row.value), bytes(read.value))
    return content_hash(bytes(row.value)) == read.hash


def why_stale(
    step: Step | None, rows: Mapping[str, Variable], *, source: str, inputs: Sequence[str], outputs: Sequence[str]
) -> str | None:
    """Why the step has to run: in a few words, or None where it is fresh.

    ``source`` is "sha256:" and the hash of its body as it stands now; ``inputs`` and ``outputs`` as it declares them.
    """
    run = None if step is None else step.run
    if run is None:
        return "never ran"
    if not run.succeeded:
        return {"running": "is running"}.get(run.status, f"its last run: {run.status}")
    if run.source != source:
        return "its source changed"
    added = [name for name in inputs if name not in run.inputs]
    if added:
        return f"{added[0]} is a new input"
    changed = changed_inputs(run, rows)
    if changed:
        return f"{', '.join(changed)} changed"
    for name in outputs:
        row = rows.get(name)
        if name not in run.written or row is None:
            return f"{name} is not there"
        if row.revision > (run.revision or 0):
            return f"{name} was written by somebody else"
    return None
