"""``jupyter session steps``: how the steps of a session stand, as far as that is known without a kernel."""

from __future__ import annotations

import argparse
import time
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from session_state_ext.errors import NotFound, SessionError
from session_state_ext.freshness import source_hash
from session_state_ext.hub.processes import is_process
from session_state_ext.kernel.display import span
from session_state_ext.kernel.recipes import CellRecipe
from session_state_ext.model import Run, RunOp, Step
from session_state_ext.names import new_tag
from session_state_ext.spelling import nearest
from session_state_ext.stepgraph import Graph, Known, graph_of, of_runs
from session_state_ext.verdicts import Verdict, judge

from .command import USAGE, HubCommand
from .lookup import called, find
from .notebook import NotebookMissing, parsed, read, source_of, step_of
from .table import print_json, quoted, show, when

if TYPE_CHECKING:
    from session_state_ext.hub import Hub
    from session_state_ext.store.base import Summary


class StepsCommand(HubCommand):
    """List the steps of a session: what each reads and writes, whether it is fresh and why not.

    Steps are judged by their runs, by the values that stand, and by the cells of the session's notebooks, where these
    are files on this machine. What a kernel holds is not looked at.
    """

    name = "jupyter-session-steps"
    examples = """
jupyter session steps study.ipynb
jupyter session steps study.ipynb train --json     one of them, with its latest run
jupyter session steps study.ipynb old --forget     a step that was renamed or deleted; what it wrote stays
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("session", metavar="SESSION", help="a name, an id, or a notebook's path")
        parser.add_argument("steps", metavar="STEP", nargs="*", help="only these")
        parser.add_argument("--forget", action="store_true", help="take them out of the list, until they run again")
        parser.add_argument("--json", action="store_true", help="for programs")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        if given.forget and not given.steps:
            self.fail("Which step? Give its name.", USAGE)
        session = await find(hub, self.owner, given.session)
        async with hub.use(self.owner, session.session_id) as live:
            rows = dict(live.rows)
            known = {name: step for name, step in live.steps.items() if not step.forgotten}
            forgotten = {name for name, step in live.steps.items() if step.forgotten}
        graph = _graph(session.paths, known, rows)
        for name in given.steps:
            if name not in graph.steps:
                meant = nearest(name, list(graph.steps))
                there = f" It has {', '.join(map(quoted, graph.steps))}." if graph.steps else " It has none."
                raise NotFound(f"The session {called(session)} has no step {quoted(name)}.{meant or there}")
        if given.forget:
            await self._forget(hub, session, list(dict.fromkeys(given.steps)), graph, forgotten)
            return
        verdicts = judge(graph, rows, lambda step, _: _only_in_kernel(hub, step))
        for name in forgotten.intersection(verdicts):
            verdicts[name] = Verdict("new", "it was forgotten, and has not run since")
        shown = [name for name in graph.order() if not given.steps or name in given.steps]
        if given.json:
            print_json({"steps": [_described(graph, name, verdicts[name]) for name in shown]})
            return
        foot = "" if shown else "No steps yet. A cell becomes one by its first line: #| step: train(lr) -> loss"
        headings = ["step", "reads", "writes", "state", "last run", "took"]
        show(headings, [_row(graph, name, verdicts[name]) for name in shown], foot=foot)

    async def _forget(self, hub: Hub, session: Summary, names: list[str], graph: Graph, before: set[str]) -> None:
        now = time.time_ns() // 1_000_000
        for name in names:
            step = graph.steps[name].step
            if step is None:
                gone = "is forgotten already" if name in before else "has never run"
                raise NotFound(f"{quoted(name)} {gone}. It is in the list because it is a cell of the notebook.")
            if step.run.status == "running":
                raise SessionError(f"{quoted(name)} is running; it can be forgotten when it has ended.")
        runs = [Run(id=new_tag(), step=name, status="forgotten", start=now, end=now) for name in names]
        ops = [RunOp(run=run) for run in runs]
        await hub.write(self.owner, session.session_id, ops, origin=self.origin())
        print(f"Forgotten: {', '.join(map(quoted, names))}. What they wrote stays.")


def _graph(paths: Iterable[str], known: Mapping[str, Step], variables: Container[str]) -> Graph:
    """The steps of the notebooks' cells, then those that only their runs tell of."""
    cells = {recipe.name: recipe for path in paths for recipe in _recipes(path)}
    rest = sorted(known.values(), key=lambda step: step.done.start if step.done else step.run.start)
    return graph_of(
        [
            *(recipe.known(known.get(name), variables) for name, recipe in cells.items()),
            *(of_runs(step, variables) for step in rest if step.name not in cells),
        ]
    )


def _recipes(path: str) -> list[CellRecipe]:
    """What the cells of a notebook say, where it is a file of this machine."""
    try:
        notebook = read(Path(path))
    except NotebookMissing:
        return []
    found = []
    for cell in notebook.cells:
        source = source_of(cell)
        step = step_of(source)
        if step is not None:
            recipe = CellRecipe(
                line=step.line,
                source=source_hash(step.body),
                tree=parsed(source),
                raw=source,
                cell=cell.get("id"),
            )
            found.append(recipe)
    return found


def _only_in_kernel(hub: Hub, known: Known) -> str | None:
    """Of what a step has made, what could not be stored; None where all of it could."""
    if not known.unstored:
        return None
    kernel = known.done.kernel if known.done is not None else None
    over = kernel is not None and is_process(kernel) and not hub.processes.lives(kernel)
    names = ", ".join(map(quoted, known.unstored))
    was = ("was" if over else "is") if len(known.unstored) == 1 else ("were" if over else "are")
    return f"{names} {was} in {'a kernel that has ended' if over else 'its kernel only'}"


def _state(verdict: Verdict) -> str:
    """As a terminal sees it, which is no kernel."""
    if verdict.status == "new" and verdict.why:
        return "forgotten"
    if verdict.status == "needs-kernel":
        return f"{'has to run again:' if verdict.why.endswith('ended') else 'fresh, but'} {verdict.why}"
    return verdict.words


def _row(graph: Graph, name: str, verdict: Verdict) -> list[str]:
    step = graph.steps[name]
    run = None if step.step is None else step.step.run
    took = "" if run is None or run.end is None else span(run.end - run.start)
    reads, writes = (", ".join(names) for names in (step.inputs, step.outputs))
    return [name, reads, writes, _state(verdict), "" if run is None else when(run.start), took]


def _described(graph: Graph, name: str, verdict: Verdict) -> dict[str, Any]:
    step = graph.steps[name]
    return {
        "name": name,
        "reads": step.inputs,
        "writes": step.outputs,
        "status": verdict.status,
        "why": verdict.why,
        "run": None if step.step is None else step.step.run,
    }
