"""The state of each step: by its own record, by the steps before it, and by what is in this kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from .freshness import fingerprint, kernel_only, why_stale
from .model import Run, RunError, Variable
from .stepgraph import Edge, Graph, Known

Status = Literal["fresh", "stale", "new", "running", "failed", "interrupted", "needs-kernel"]


class Verdict(Struct, frozen=True):
    """The state of a step, and why, in a few words; ``why`` is empty where it is fresh."""

    status: Status
    why: str = ""
    #: of one that is fresh: outputs that are in this kernel only, for they could not be stored
    held: tuple[str, ...] = ()
    #: the line in which its last run failed or was interrupted
    line: int | None = None
    #: its last run was refused: the body did not begin
    refused: bool = False

    @property
    def fresh(self) -> bool:
        return self.status == "fresh"

    @property
    def words(self) -> str:
        """``stale: lr changed``, ``failed in line 2: ValueError: no data``."""
        word = {"new": "never ran", "needs-kernel": "needs this kernel"}.get(self.status, self.status)
        if self.refused:
            word = "not run"
        if self.line is not None:
            word += f" in line {self.line}"
        why = f"{', '.join(self.held)} in this kernel only" if self.held else self.why
        return f"{word}: {why}" if why else word


#: Errors whose message is a sentence of our own, to which their type adds nothing.
_OUR_OWN = ("Session", "Not run", "Output missing", "Timeout", "Stopped")


def error_words(error: RunError) -> str:
    """``ValueError: no data``; a sentence of our own as it is. One line of text."""
    said = error.message if error.type in _OUR_OWN else f"{error.type}: {error.message}"
    return " ".join(said.split())


def newer_words(name: str, run: Run) -> str:
    """What is to be said of a variable of which a run has made a newer value that could not be stored."""
    return f"{run.step} has made a newer {name} since, which could not be stored and is in its kernel only."


_Absent = Callable[[Known, Sequence[str]], str | None]


def judge(graph: Graph, rows: Mapping[str, Variable], absent: _Absent = lambda step, names: None) -> dict[str, Verdict]:
    """The state of each step.

    ``absent`` is asked, for a step and names that it leaves and others read, why they are not in this kernel: in a
    few words, None where they are.
    """
    read = {name: _names_read(graph, name) for name in graph.steps}
    newer = kernel_only((known.step for known in graph.steps.values() if known.step is not None), rows.get)
    verdicts = {
        name: _by_itself(known, rows, newer, left_is_read=bool(read[name])) for name, known in graph.steps.items()
    }
    order = graph.order()
    moved = True
    while moved:  # more than once, for a circle has no order
        moved = False
        for name in order:
            why = _why_after(graph, name, verdicts) if verdicts[name].fresh else None
            if why is not None:
                verdicts[name] = Verdict("stale", why)
                moved = True
    for name, known in graph.steps.items():
        if verdicts[name].fresh:
            gone = absent(known, [*known.unstored, *read[name]])
            verdicts[name] = Verdict("fresh", held=known.unstored) if gone is None else Verdict("needs-kernel", gone)
    return verdicts


def _names_read(graph: Graph, name: str) -> list[str]:
    """What others read of the names that it leaves in the kernel."""
    return sorted({one for edge in graph.edges if edge.before == name for one in edge.names})


def _by_itself(known: Known, rows: Mapping[str, Variable], newer: Mapping[str, Run], *, left_is_read: bool) -> Verdict:
    why = why_stale(
        known.step,
        rows,
        source=known.source,
        inputs=known.inputs,
        outputs=known.outputs,
        newer=newer,
        held=known.unstored,
        left_is_read=left_is_read,
    )
    return Verdict("fresh") if why is None else _of_itself(known, why)


def _why_after(graph: Graph, name: str, verdicts: Mapping[str, Verdict]) -> str | None:
    """Why the steps before it make it stale, None where they do not."""
    for edge in graph.before(name):
        other = verdicts[edge.before]
        if not other.fresh:
            return f"{edge.before} before it {_is(other)}"
        again = _left_by_another_run(graph.steps[name], graph.steps[edge.before], edge)
        if again is not None:
            return again
    return None


def _of_itself(known: Known, why: str) -> Verdict:
    run = None if known.step is None else known.step.run
    if run is None:
        return Verdict("new")
    if run.status == "running":
        return Verdict("running")
    if run.succeeded or not why.startswith("its last run"):
        return Verdict("stale", why)
    line = None if run.error is None else run.error.line
    if run.status == "interrupted":
        return Verdict("interrupted", line=line)
    why = "" if run.error is None else error_words(run.error)
    return Verdict("failed", why, line=line, refused=run.status == "refused")


def _is(verdict: Verdict) -> str:
    if verdict.refused:
        return "was not run"
    words = {"new": "never ran", "failed": "failed"}
    return words.get(verdict.status, f"is {verdict.status}" if verdict.status != "interrupted" else "was interrupted")


def _left_by_another_run(known: Known, before: Known, edge: Edge) -> str | None:
    """Whether a name that it read in the kernel has been left anew, made of something else."""
    if known.done is None or before.done is None:
        return None
    for name in edge.names:
        read = known.done.needs.get(name)
        if read and read != fingerprint(before.done):
            return f"{before.name} left another {name}"
    return None
