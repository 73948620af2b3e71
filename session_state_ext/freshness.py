"""Whether a step would do again what it has done: by its record, its source, and the values that stand now.

1 and 1.0 are alike here, so that setting a value back makes a step fresh again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
    if run.fingerprint:
        return run.fingerprint
    read = {name: one.hash if one.hash is not UNSET else _of_value(one) for name, one in run.inputs.items()}
    made_of: list[Any] = [run.step, run.source, read, run.needs]
    return _hash(json.dumps(made_of, sort_keys=True).encode())


def _of_value(one: Input) -> str:
    return "" if one.value is UNSET else alike_hash(bytes(one.value))


def kernel_only(steps: Iterable[Step], row_of: Callable[[str], Variable | None]) -> dict[str, Run]:
    """The outputs whose newest value is in a kernel only, for it could not be stored; each with the run that made it.

    A variable of that name, where there is one, is older. ``row_of`` is asked for few names.
    """
    newest: dict[str, Run] = {}
    for done in (step.done for step in steps):
        if done is None or len(done.written) == len(done.outputs):
            continue
        at = done.revision or 0
        for name in [name for name in done.outputs if name not in done.written]:
            row, other = row_of(name), newest.get(name)
            if (row is None or row.revision < at) and (other is None or (other.revision or 0) < at):
                newest[name] = done
    return newest


def changed_inputs(run: Run, rows: Mapping[str, Variable], newer: Mapping[str, Run]) -> list[str]:
    """The inputs of a run whose variables no longer hold what it read.

    ``newer`` as :func:`kernel_only` has it: what such a run has made anew has changed.
    """
    return [
        name
        for name, read in run.inputs.items()
        if _is_made_anew(name, run, read.revision, newer) or not _stands(read, rows.get(name), run)
    ]


def _is_made_anew(name: str, run: Run, seen: int, newer: Mapping[str, Run]) -> bool:
    """Whether another run than this one has made ``name`` in a kernel, after the revision that this one had seen."""
    maker = newer.get(name)
    return maker is not None and maker.id != run.id and (maker.revision or 0) > seen


def _stands(read: Input, row: Variable | None, run: Run) -> bool:
    if row is None:
        return read.absent
    if row.origin.run == run.id:  # it may write what it has read
        return True
    if read.absent:
        return False
    if row.revision == read.revision:
        return True
    if read.value is not UNSET:
        return alike(bytes(row.value), bytes(read.value))
    return alike_hash(bytes(row.value)) == read.hash


def _new_inputs(run: Run, rows: Mapping[str, Variable], inputs: Sequence[str]) -> list[str]:
    """What it would read now and has not read: ``inputs``, and names of its code that are variables by now."""
    came = [name for name, read in run.inputs.items() if read.absent and name in rows]
    return [
        *(name for name in came if rows[name].origin.run != run.id),
        *(name for name in dict.fromkeys([*inputs, *run.free]) if _is_new(name, run, rows)),
    ]


def _is_new(name: str, run: Run, rows: Mapping[str, Variable]) -> bool:
    row = rows.get(name)
    if row is None or name in run.inputs or row.origin.run == run.id:
        return False
    # What it found in the kernel was newer than the variable was then.
    return name not in run.needs or row.revision > (run.revision or 0)


def _made_anew(run: Run, newer: Mapping[str, Run]) -> tuple[str, str] | None:
    """A step and the name which it has made anew, of something else, in a kernel; None where there is none."""
    for name, read in run.needs.items():
        maker = newer.get(name)
        if maker is not None and maker.id != run.id and read != fingerprint(maker):
            return maker.step, name
    for name, one in run.inputs.items():
        if _is_made_anew(name, run, one.revision, newer):
            return newer[name].step, name
    return None


def why_stale(
    step: Step | None,
    rows: Mapping[str, Variable],
    *,
    source: str | None,
    inputs: Sequence[str],
    outputs: Sequence[str],
    newer: Mapping[str, Run],
    held: Collection[str] = (),
    left_is_read: bool = False,
) -> str | None:
    """Why the step has to run: in a few words, or None where it is fresh by itself.

    ``source`` is the hash of its body as it stands now, None where nobody knows it; ``inputs`` and ``outputs`` as it
    declares them; ``newer`` as :func:`kernel_only` has it; ``held`` the outputs that cannot be stored and that a kernel
    may hold; ``left_is_read``: other steps read names that it leaves in the kernel.
    """
    if step is None:
        return "never ran"
    run = step.run
    if run.status == "running":
        return "is running"
    if not run.succeeded:
        done = step.done
        # A run that read other values has left the outputs alone, as if it had not been; but not what is in the kernel.
        in_kernel = left_is_read or bool(held)
        untouched = run.status == "refused" or (not in_kernel and changed_inputs(run, rows, newer))
        if done is None or not untouched:
            return "its last run was interrupted" if run.status == "interrupted" else "its last run failed"
        run = done
    if source is not None and run.source != source:
        return "its source changed"
    added = _new_inputs(run, rows, inputs)
    if added:
        return f"{added[0]} is a new input"
    again = _made_anew(run, newer)
    if again is not None:
        return f"{again[0]} left another {again[1]}"
    changed = changed_inputs(run, rows, newer)
    if changed:
        gone = [name for name in changed if name not in rows]
        return f"{gone[0]} is gone" if gone else f"{', '.join(changed)} changed"
    for name in outputs:
        row, is_held = rows.get(name), name in held and name not in run.written
        if not is_held and (name not in run.written or row is None):
            return f"{name} is not there"
        if row is not None and row.revision > (run.revision or 0) and row.origin.run != run.id:
            return f"{name} was written by somebody else"
    return None
