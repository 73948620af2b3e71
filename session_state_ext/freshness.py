"""Whether a step would do again what it has done: by its record, its source, and the values that stand now.

1 and 1.0 are alike here, so that setting a value back makes a step fresh again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import UNSET

from .jsontext import canonical
from .model import Input, Run, Step, Variable


def alike(one: bytes, other: bytes) -> bool:
    """Whether a step cannot tell these JSON texts apart."""
    return one == other or canonical(one) == canonical(other) or _normal(one) == _normal(other)


def alike_hash(text: bytes) -> str:
    """``sha256:`` and the hash of a JSON value; the same for texts that are alike."""
    return _hash(_normal(text))


def source_hash(body: str) -> str:
    """``sha256:`` and the hash of a step's body, as a run's record has it."""
    return _hash(body.encode("utf-8", "surrogatepass"))


def _hash(text: bytes) -> str:
    return "sha256:" + hashlib.sha256(text).hexdigest()


def _normal(text: bytes) -> bytes:
    """The text in which a number has one form, whether or not it was written with a point."""
    value = json.loads(text, parse_float=_number)
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _number(text: str) -> float | int:
    number = float(text)
    return int(number) if number.is_integer() else number


def fingerprint(run: Run) -> str:
    """What a run has computed with: the same for two runs of one source with inputs that are alike."""
    read = {name: one.hash if one.hash is not UNSET else _of_value(one) for name, one in run.inputs.items()}
    made_of: list[Any] = [run.step, run.source, read, run.needs]
    return _hash(json.dumps(made_of, sort_keys=True).encode())


def _of_value(one: Input) -> str:
    return "" if one.value is UNSET else alike_hash(bytes(one.value))


def changed_inputs(run: Run, rows: Mapping[str, Variable]) -> list[str]:
    """The inputs of a run whose variables no longer hold what it read."""
    return [name for name, read in run.inputs.items() if not _stands(read, rows.get(name), run)]


def _stands(read: Input, row: Variable | None, run: Run) -> bool:
    if row is None:
        return False
    if row.revision == read.revision or row.origin.run == run.id:  # it may write what it has read
        return True
    if read.value is not UNSET:
        return alike(bytes(row.value), bytes(read.value))
    return alike_hash(bytes(row.value)) == read.hash


def why_stale(
    step: Step | None,
    rows: Mapping[str, Variable],
    *,
    source: str | None,
    inputs: Sequence[str],
    outputs: Sequence[str],
    held: Collection[str] = (),
    left_is_read: bool = False,
) -> str | None:
    """Why the step has to run: in a few words, or None where it is fresh by itself.

    ``source`` is the hash of its body as it stands now, None where nobody knows it; ``inputs`` and ``outputs`` as it
    declares them; ``held`` the outputs that cannot be stored and that a kernel may hold; ``left_is_read``: other steps
    read names that it leaves in the kernel.
    """
    if step is None:
        return "never ran"
    run = step.run
    if run.status == "running":
        return "is running"
    if not run.succeeded:
        done = step.done
        # A run that read other values has left the outputs alone, as if it had not been.
        untouched = run.status == "refused" or (not left_is_read and changed_inputs(run, rows))
        if done is None or not untouched:
            return "its last run was interrupted" if run.status == "interrupted" else "its last run failed"
        run = done
    if source is not None and run.source != source:
        return "its source changed"
    added = [name for name in inputs if name not in run.inputs and name in rows]
    if added:
        return f"{added[0]} is a new input"
    changed = changed_inputs(run, rows)
    if changed:
        gone = [name for name in changed if name not in rows]
        return f"{gone[0]} is gone" if gone else f"{', '.join(changed)} changed"
    for name in outputs:
        if name in held and name not in run.written:
            continue
        row = rows.get(name)
        if name not in run.written or row is None:
            return f"{name} is not there"
        if row.revision > (run.revision or 0) and row.origin.run != run.id:
            return f"{name} was written by somebody else"
    return None
