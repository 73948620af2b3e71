"""Which step comes before which: by what they read, write, and leave in the kernel."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

from msgspec import Struct, field

from .errors import SessionError
from .freshness import fingerprint
from .model import Run, Step
from .spelling import pasted


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

    @property
    def unstored(self) -> tuple[str, ...]:
        """Outputs that its last good run made and that could not be stored: they are in that kernel only."""
        done = self.done
        if done is None:
            return ()
        return tuple(name for name in self.outputs if name in done.outputs and name not in done.written)


def of_runs(step: Step, variables: Container[str]) -> Known:
    """A step whose code has not been seen, where there are these variables."""
    done = step.done or step.run
    return Known(
        name=step.name,
        inputs=[*(list(done.inputs) or step.inputs), *(name for name in done.free if name in variables)],
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


class Circle(Struct, frozen=True):
    """Steps that wait for one another, so that none can be the first."""

    #: one way round, its first step at both ends
    way: list[str]
    #: all of them
    steps: frozenset[str]

    def __str__(self) -> str:
        """``one → two → one``."""
        return " → ".join(self.way)


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
        """Every step after those that it reads from; else, and round a circle, as they came up."""
        return [name for layer in self.layers() for name in layer]

    def layers(self) -> list[list[str]]:
        """Steps that do not depend on one another, layer by layer; a circle is cut before its first step."""
        waiting = dict.fromkeys(self.steps)
        layers: list[list[str]] = []
        while waiting:
            ready = [name for name in waiting if not any(edge.before in waiting for edge in self.before(name))]
            ready = ready or [self._of_circle(waiting)]
            layers.append(ready)
            for name in ready:
                del waiting[name]
        return layers

    def _of_circle(self, waiting: Collection[str]) -> str:
        """One of a circle that waits for nothing but itself: what waits for it has more before it."""
        return min(waiting, key=lambda name: sum(one in waiting for one in self.upstream([name])))

    def circles(self, names: Iterable[str] | None = None) -> list[Circle]:
        """The steps (among these and those before them) that wait for one another, group by group."""
        found: list[Circle] = []
        seen: set[str] = set()
        wanted = set(self.steps) if names is None else self.upstream(names)
        before = {name: self.upstream(edge.before for edge in self.before(name)) for name in self._blocked(wanted)}
        for name, all_before in before.items():
            if name in all_before and name not in seen:
                group = {one for one in all_before if name in before.get(one, ())}
                seen |= group
                found.append(Circle(self._way_round(group), frozenset(group)))
        return found

    def in_words(self, circle: Circle) -> str:
        """What is wrong with it, and what to do."""
        stray = next((name for name in circle.way if self.steps[name].source is None), circle.way[0])
        return (
            f"{circle}: each of these steps reads what the one before it writes, so that none can be the first. Take "
            "one of the names out of --in or --out; or, where one of them is a step no longer: "
            f"%session steps forget {pasted(stray)}"
        )

    def _blocked(self, wanted: Collection[str]) -> list[str]:
        """Those of ``wanted`` that are in a circle or come after one."""
        sorter = self._sorter(wanted)
        with suppress(CycleError):
            sorter.prepare()
        free: set[str] = set()
        while sorter.is_active() and (ready := sorter.get_ready()):
            free.update(ready)
            sorter.done(*ready)
        return [name for name in self.steps if name in wanted and name not in free]

    def _way_round(self, group: Collection[str]) -> list[str]:
        """From a step of the group, by its edges, back to that step."""
        try:
            self._sorter(group).prepare()
        except CycleError as error:
            way: list[str] = error.args[1][:-1]
            first = min(way, key=list(self.steps).index)
            at = way.index(first)
            return [*way[at:], *way[:at], first]
        raise AssertionError(f"{group} is no circle")

    def _sorter(self, names: Collection[str]) -> TopologicalSorter[str]:
        return TopologicalSorter(
            {
                name: [edge.before for edge in self.before(name) if edge.before in names]
                for name in self.steps
                if name in names
            }
        )


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
