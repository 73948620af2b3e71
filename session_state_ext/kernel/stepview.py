"""The steps of a session as a table under a drawn graph; in a terminal as text."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING

from msgspec import Struct

from session_state_ext.stepgraph import Graph
from session_state_ext.verdicts import Verdict

from . import display
from .display import Shown, Table
from .stepdrawing import drawing

if TYPE_CHECKING:
    from .runner import Standing

#: A state takes this much of a row, and below the table.
_STATE, _FULL = 60, 400
_QUIET = "color:var(--jp-ui-font-color2,#777)"
_MOST = 40  # steps in a drawing; more are lines that nobody can follow


class StepRow(Struct, frozen=True):
    """One step as it stands."""

    name: str
    reads: list[str]
    writes: list[str]
    #: fresh, stale, new, running, failed, interrupted or needs-kernel
    status: str
    #: why it is not fresh, in a few words
    why: str
    #: of one that is fresh: outputs that could not be stored, so that they are in this kernel only
    kernel_only: list[str]
    #: of the latest run: when it began and how long it took, in seconds since the epoch and in seconds
    last_run: float | None
    took: float | None


class StepTable(Shown, Mapping[str, StepRow]):
    """The steps by name, in the order in which they would run."""

    def __init__(self, standing: Standing) -> None:
        graph, verdicts = standing.graph, standing.verdicts
        layers = graph.layers()
        circles = [graph.in_words(one) for one in graph.circles()]
        names = [name for layer in layers for name in layer]
        self._rows = {name: _row(graph, name, verdicts[name]) for name in names}
        now = time.time() * 1000
        rows = [_cells(graph, one, verdicts[one.name], now) for one in self._rows.values()]
        headings = ["step", "reads", "writes", "state", "last run", "took"]
        below = [*_in_full(verdicts, names), *circles, _foot(self._rows)]
        table = Table(_title(self._rows), headings, rows, mono=(0, 1, 2))
        drawn = len(names) <= _MOST and bool(graph.edges)
        order = _in_words(layers) if drawn and not circles else ""
        picture = drawing(graph, layers, verdicts, order) if drawn else ""
        foot = [line for line in [*below, order] if line]
        text = "\n\n".join([table.text(), *(["\n".join(foot)] if foot else [])])
        notes = "".join(f"<div>{escape(line)}</div>" for line in foot if line != order)
        super().__init__(text, f'{picture}{table.html()}<div style="{_QUIET}">{notes}</div>')

    def __getitem__(self, name: str) -> StepRow:
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _row(graph: Graph, name: str, verdict: Verdict) -> StepRow:
    known = graph.steps[name]
    run = None if known.step is None else known.step.run
    return StepRow(
        name=name,
        reads=known.inputs,
        writes=known.outputs,
        status=verdict.status,
        why=verdict.why,
        kernel_only=list(verdict.held),
        last_run=None if run is None else run.start / 1000,
        took=None if run is None or run.end is None else (run.end - run.start) / 1000,
    )


def _cells(graph: Graph, row: StepRow, verdict: Verdict, now: float) -> list[str]:
    kept = sorted({name for edge in graph.edges if edge.before == row.name for name in edge.names} - set(row.writes))
    taken = sorted({name for edge in graph.before(row.name) for name in edge.names} - set(row.reads))
    return [
        row.name,
        _listed(row.reads, taken),
        _listed(row.writes, kept),
        brief(verdict.words, _STATE),
        "" if row.last_run is None else display.when(int(row.last_run * 1000), now),
        "" if row.took is None else display.span(int(row.took * 1000)),
    ]


def _listed(variables: list[str], names: list[str]) -> str:
    """Variables, and in brackets the names that are in the kernel only."""
    return " ".join([", ".join(variables), f"({', '.join(names)})" if names else ""]).strip() or "–"


def _in_full(verdicts: Mapping[str, Verdict], names: Iterable[str]) -> list[str]:
    """The states that the table shortens."""
    words = {name: verdicts[name].words for name in names}
    return [f"{name}: {brief(said, _FULL)}" for name, said in words.items() if brief(said, _STATE) != said]


def brief(text: str, most: int) -> str:
    """Its first sentences, as far as they fit; of one that is longer, as many whole words."""
    if len(text) <= most:
        return text
    ends = [found.end() for found in re.finditer(r"[.?!](?= [A-Z])", text[:most])]
    if ends:
        return text[: ends[-1]]
    return f"{text[: most - 1].rpartition(' ')[0] or text[: most - 2]} …"


def _title(rows: Mapping[str, StepRow]) -> str:
    if not rows:
        return "No steps yet"
    running = sum(row.status == "running" for row in rows.values())
    waiting = sum(row.status not in ("fresh", "running") for row in rows.values())
    states = [f"{running} running" if running else "", f"{waiting} not fresh" if waiting else ""]
    count = f"{len(rows)} step{'' if len(rows) == 1 else 's'}"
    return f"{count} · {', '.join(filter(None, states)) or 'all fresh'}"


def _foot(rows: Mapping[str, StepRow]) -> str:
    if not rows:
        return "A cell becomes a step by its first line: #| step: train(lr, epochs) -> loss"
    if any(row.status not in ("fresh", "running") for row in rows.values()):
        return "To run what is not fresh: %session run --stale"
    return ""


def _in_words(layers: list[list[str]]) -> str:
    return "Order: " + " → ".join(", ".join(layer) for layer in layers)
