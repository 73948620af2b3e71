"""Which step comes before which, and the state of each: by what they read, write, and leave in the kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from msgspec import Struct, field

from .errors import SessionError
from .freshness import fingerprint, why_stale
from .model import Run, Step, Variable

Status = Literal["fresh", "stale", "new", "running", "failed", "interrupted", "needs-kernel"]


class Circular(SessionError):
    """Steps that wait for one another."""

    code = "circular"


class Known(Struct, frozen=True, kw_only=True):
    """What is known of one step: from its code where that has been seen, else from its last run."""

    name: str
    #: variables
    inputs: list[str]
    outputs: list[str]
    #: names that are no variables: read, and left behind
    needs: frozenset[str] = frozenset()
    leaves: frozenset[str] = frozenset()
    #: which of ``leaves`` were said to be kept, not found in the code
    keeps: frozenset[str] = frozenset()
    #: the hash of its body; None where its code has not been seen
    source: str | None = None
    #: what its runs tell
    step: Step | None = None

    @property
    def done(self) -> Run | None:
        """Its last run that succeeded."""
        return None if self.step is None else self.step.done


def of_runs(step: Step) -> Known:
    """A step whose code has not been seen."""
    done = step.done or step.run
    return Known(
        name=step.name,
        inputs=list(done.inputs) or step.inputs,
        outputs=step.outputs,
        needs=frozenset(done.needs),
        leaves=frozenset([*done.left, *step.outputs]),
        step=step,
    )


class Edge(Struct, frozen=True):
    """One step before another, and because of which names."""

    before: str
    after: str
    variables: tuple[str, ...]
    #: names that stay in the kernel
    names: tuple[str, ...] = ()


class Verdict(Struct, frozen=True):
    """The state of a step, and why, in a few words; ``why`` is empty where it is fresh."""

    status: Status
    why: str = ""

    @property
    def fresh(self) -> bool:
        return self.status == "fresh"

    @property
    def words(self) -> str:
        """``stale: lr changed``."""
        word = {"new": "never ran", "needs-kernel": "needs this kernel"}.get(self.status, self.status)
        return f"{word}: {self.why}" if self.why else word


class Graph(Struct):
    """Steps in the order in which they came up, and the edges between them."""

    steps: dict[str, Known]
    edges: list[Edge]
    _before: dict[str, list[Edge]] = field(default_factory=dict[str, list[Edge]])

    def before(self, name: str) -> list[Edge]:
        """The edges that end at a step."""
        if not self._before:
            self._before = {one: [edge for edge in self.edges if edge.after == one] for one in self.steps}
        return self._before[name]

    def upstream(self, names: Iterable[str]) -> set[str]:
        """These steps and all that come before them."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [edge.before for edge in self.before(name)]
        return found

    def order(self) -> list[str]:
        """Every step after those that it reads from; else as they came up. Raises Circular."""
        return [name for layer in self.layers() for name in layer]

    def layers(self) -> list[list[str]]:
        """Steps that do not depend on one another, layer by layer. Raises Circular."""
        sorter = TopologicalSorter({name: [edge.before for edge in self.before(name)] for name in self.steps})
        try:
            sorter.prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]
            raise Circular(
                f"{' → '.join(circle)}: each of these steps reads what the one before it writes, so that none can be "
                "the first. Take one of the names out of --in or --out."
            ) from None
        layers: list[list[str]] = []
        position = {name: at for at, name in enumerate(self.steps)}
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=position.__getitem__)
            layers.append(ready)
            sorter.done(*ready)
        return layers


def graph_of(steps: Sequence[Known]) -> Graph:
    """The graph of these steps."""
    found: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for after in steps:
        for before in steps:
            shared = [name for name in after.inputs if name in before.outputs]
            if shared and before is not after:
                found[before.name, after.name] = (shared, [])
    for after in steps:
        for name in sorted(after.needs):
            leaver = _leaver(name, after, steps)
            if leaver is not None and not _reaches(after.name, leaver.name, found):
                found.setdefault((leaver.name, after.name), ([], []))[1].append(name)
    edges = [Edge(*pair, tuple(variables), tuple(names)) for pair, (variables, names) in found.items()]
    return Graph({step.name: step for step in steps}, edges)


def _leaver(name: str, reader: Known, steps: Sequence[Known]) -> Known | None:
    """The step whose ``name`` another one reads; of several that bind it the likeliest."""
    leavers = [one for one in steps if name in one.leaves and one is not reader]
    kept = [one for one in leavers if name in one.keeps] or leavers
    read = None if reader.done is None else reader.done.needs.get(name)
    told = [one for one in kept if read and one.done is not None and fingerprint(one.done) == read]
    if told or len(kept) <= 1:
        return next(iter([*told, *kept]), None)
    at = steps.index(reader)
    earlier = [one for one in kept if steps.index(one) < at]
    return earlier[-1] if earlier else kept[0]


def _reaches(start: str, goal: str, edges: Iterable[tuple[str, str]]) -> bool:
    found, waiting = set[str](), [start]
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        if here not in found:
            found.add(here)
            waiting += [after for before, after in edges if before == here]
    return False


_Absent = Callable[[Known, Sequence[str]], str | None]


def judge(graph: Graph, rows: Mapping[str, Variable], absent: _Absent = lambda step, names: None) -> dict[str, Verdict]:
    """The state of each step.

    ``absent`` is asked, for a step and names that it leaves and others read, why they are not in this kernel: in a
    few words, None where they are.
    """
    try:
        order = graph.order()
    except Circular:
        order = list(graph.steps)
    verdicts: dict[str, Verdict] = {}
    for name in order:
        verdicts[name] = _judged(graph, name, rows, verdicts, absent)
    return {name: verdicts[name] for name in graph.steps}


def _judged(
    graph: Graph, name: str, rows: Mapping[str, Variable], verdicts: Mapping[str, Verdict], absent: _Absent
) -> Verdict:
    known = graph.steps[name]
    made = () if known.done is None else known.done.outputs
    unstored = [one for one in known.outputs if one in made and known.done and one not in known.done.written]
    read = {one for edge in graph.edges if edge.before == name for one in edge.names}
    why = why_stale(
        known.step,
        rows,
        source=known.source,
        inputs=known.inputs,
        outputs=known.outputs,
        held=unstored,
        left_is_read=bool(read),
    )
    if why is not None:
        return _of_itself(known, why)
    for edge in graph.before(name):
        other = verdicts.get(edge.before)
        # What one before it has left is not in this kernel: its own outputs stand all the same.
        if other is not None and other.status not in ("fresh", "needs-kernel"):
            return Verdict("stale", f"{edge.before} before it {_is(other)}")
        again = _left_by_another_run(known, graph.steps[edge.before], edge)
        if again is not None:
            return Verdict("stale", again)
    gone = absent(known, [*unstored, *sorted(read)])
    return Verdict("fresh") if gone is None else Verdict("needs-kernel", gone)


def _of_itself(known: Known, why: str) -> Verdict:
    run = None if known.step is None else known.step.run
    if run is None:
        return Verdict("new")
    if run.status == "running":
        return Verdict("running")
    if run.succeeded or not why.startswith("its last run"):
        return Verdict("stale", why)
    said = why.removeprefix("its last run failed").removeprefix("its last run was interrupted").removeprefix(": ")
    return Verdict("interrupted" if run.status == "interrupted" else "failed", said)


def _is(verdict: Verdict) -> str:
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
