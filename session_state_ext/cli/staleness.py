"""Which steps of a notebook need not run: those that are fresh, unless what they leave in the kernel is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from session_state_ext.freshness import kernel_only, source_hash, why_stale
from session_state_ext.kernel.freenames import bound_names, free_names, surely_bound
from session_state_ext.model import Step, Variable

from .notebook import StepCell, parsed, source_of, step_of


def skippable(notebook: Any, steps: Mapping[str, Step], rows: Mapping[str, Variable]) -> dict[int, str]:
    """The cells to leave out, by index, each with the code that runs in its place: it brings the outputs."""
    cells = [
        (at, source, step_of(source)) for at, source in ((at, source_of(c)) for at, c in enumerate(notebook.cells))
    ]
    fresh = _fresh([(at, step) for at, _, step in cells if step is not None], steps, rows)
    skipped: dict[int, str] = {}
    needed: set[str] = set()
    for at, source, step in reversed(cells):
        tree = parsed(source)
        bound = bound_names(tree)
        outputs = set(step.line.outputs) if step else set()
        if step is not None and at in fresh and not (bound - outputs) & needed:
            brought = sorted(outputs & needed)
            skipped[at] = f"%session pull {' '.join(brought)}" if brought else "pass"
            needed -= outputs
            continue
        inputs = set(step.line.inputs or []) if step else set()
        needed = (needed - surely_bound(tree)) | (set(free_names(tree)) - inputs)
    return skipped


def _fresh(cells: list[tuple[int, StepCell]], steps: Mapping[str, Step], rows: Mapping[str, Variable]) -> set[int]:
    """The cells of the steps that are fresh themselves and read nothing that one before them will write anew."""
    fresh: set[int] = set()
    moving: set[str] = set()
    newer = kernel_only(steps.values(), rows.get)
    for at, step in cells:
        line, known = step.line, steps.get(step.line.name)
        reads = set(line.inputs or [])
        if known is not None:
            reads |= {*known.run.inputs, *known.run.free, *known.run.needs}
        why = why_stale(
            known,
            rows,
            source=source_hash(step.body),
            inputs=line.inputs or [],
            outputs=line.outputs,
            newer=newer,
        )
        if why is None and not line.force and not reads & moving:
            fresh.add(at)
        else:
            moving |= set(line.outputs)
    return fresh
