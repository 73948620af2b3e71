"""What ``run --stale`` is going to do: which steps it runs, in which order, and which it cannot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from session_state_ext.stepgraph import Circular, Graph
from session_state_ext.verdicts import Verdict


class Plan(Struct, frozen=True):
    """Steps by name, each list in the order of the graph."""

    #: to run, or to leave where they are fresh when it is their turn
    order: list[str]
    #: not fresh, and their code is not known here
    elsewhere: list[str]
    #: of ``elsewhere``, or after one of them
    waiting: list[str]
    #: what is to be said of steps that wait for one another; None where there are none
    circular: Circular | None


def plan_of(
    graph: Graph, verdicts: Mapping[str, Verdict], here: Collection[str], asked: Sequence[str], *, force: bool
) -> Plan:
    """The plan for these steps and those before them; for all where none is ``asked`` for.

    ``here``: the steps whose code is known. Raises Circular where what was asked for waits for itself.
    """
    wanted = graph.upstream(asked) if asked else set(graph.steps)
    order = [name for name in graph.order() if name in wanted]
    stale = {name for name in order if not verdicts[name].fresh}
    due = set(order) if force else stale
    circles = [one for one in graph.circles(wanted) if one.steps & due]
    circular = _after(graph, order, {name for one in circles for name in one.steps})
    trouble = None
    if circles:
        left = ", ".join(name for name in (order if asked else circular) if name in due)
        trouble = Circular(f"Not run: {left}. {' '.join(map(graph.in_words, circles))}")
        if asked:
            raise trouble
    free = [name for name in order if name not in circular]
    elsewhere = [name for name in free if name in stale and name not in here]
    waiting = _after(graph, free, set(elsewhere))
    return Plan([name for name in free if name not in waiting], elsewhere, waiting, trouble)


def _after(graph: Graph, order: Sequence[str], some: set[str]) -> list[str]:
    """Those of ``order`` that are among ``some`` or come after one of them."""
    return [name for name in order if some and graph.upstream([name]) & some]
