"""How steps stand, by golden cases that vitest replays as well: one language cannot drift from the other."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from session_state_ext.freshness import source_hash
from session_state_ext.kernel.grammar import step_line
from session_state_ext.kernel.lazy import body_of, line_of
from session_state_ext.kernel.recipes import CellRecipe
from session_state_ext.model import Step, Variable
from session_state_ext.stepgraph import Known, graph_of, of_runs
from session_state_ext.verdicts import judge


class Case(Struct, rename="camel"):
    what: str
    cells: list[str]
    steps: list[Step]
    rows: list[Variable]
    kernel: str
    states: dict[str, str]
    #: which life of the kernel asks; None where that is not known
    life: str | None = None
    circle: list[str] = []
    kernel_only: dict[str, list[str]] = {}


class Golden(Struct):
    about: str
    cases: list[Case]


GOLDEN = msgspec.json.decode((Path(__file__).parent / "frames" / "freshness.json").read_bytes(), type=Golden)


def recipe(cell: str) -> CellRecipe:
    line, body = line_of(cell), body_of(cell)
    assert line is not None
    assert body is not None
    return CellRecipe(line=step_line(line), source=source_hash(body), tree=ast.parse(body), raw=cell, cell=None)


@pytest.mark.parametrize("case", GOLDEN.cases, ids=lambda case: case.what)
def test_a_step_stands_as_both_languages_say(case: Case) -> None:
    runs = {step.name: step for step in case.steps}
    recipes = [recipe(cell) for cell in case.cells]
    rows = {row.name: row for row in case.rows}
    known = [one.known(runs.get(one.name), rows) for one in recipes]
    known += [of_runs(step, rows) for name, step in runs.items() if name not in {one.name for one in recipes}]

    def absent(step: Known, names: Sequence[str]) -> str | None:
        done = step.done
        restarted = done is not None and None not in (case.life, done.life) and case.life != done.life
        here = done is None or (done.kernel == case.kernel and not restarted)
        return None if here or not names else f"{names[0]} is not here"

    graph = graph_of(known)
    verdicts = judge(graph, rows, absent)
    assert {name: verdict.status for name, verdict in verdicts.items()} == case.states
    held = {name: list(verdict.held) for name, verdict in verdicts.items() if verdict.held}
    assert held == case.kernel_only
    assert [sorted(circle.steps) for circle in graph.circles()] == ([sorted(case.circle)] if case.circle else [])
    assert set(graph.order()) == set(case.states)
