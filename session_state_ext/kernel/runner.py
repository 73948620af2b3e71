"""Running steps by name: a function, or a cell that this kernel has run; one of them, or whatever is not fresh."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from session_state_ext import stepgraph
from session_state_ext.errors import SessionError
from session_state_ext.model import Change, RunError, Snapshot, Variable
from session_state_ext.model import Step as Runs
from session_state_ext.spelling import listed, nearest
from session_state_ext.stepgraph import Graph, Known
from session_state_ext.verdicts import Verdict, error_words, judge

from . import awaiting, display, pending
from .grammar import Mistake
from .identity import kernel_id
from .link import Link
from .namespace import Namespace
from .recipes import CellRecipe, FunctionRecipe
from .runerrors import StepFailed, StepRefused, StepStopped
from .session import Session
from .stepplan import Plan, plan_of
from .steps import Outcome, Steps


class Standing(Struct, frozen=True):
    """All steps at one moment."""

    graph: Graph
    verdicts: dict[str, Verdict]
    rows: dict[str, Variable]


class Runner:
    """The steps of one kernel's session."""

    def __init__(self, shell: Any, link: Link, session: Session, names: Namespace, steps: Steps) -> None:
        """``shell`` is None in a script."""
        self._shell, self._link, self._session, self._names, self._steps = shell, link, session, names, steps

    def add(self, recipe: FunctionRecipe) -> None:
        """A function has become a step."""
        self._steps.recipes[recipe.name] = recipe

    def forget(self, names: Iterable[str]) -> list[str]:
        """Take steps out of the session; those that there were. Raises Mistake, Unavailable; then none is forgotten."""
        standing = self.standing()
        wanted = list(dict.fromkeys(names))
        for name in wanted:
            if name not in standing.graph.steps:
                raise Mistake(self._unknown(name, standing))
            if standing.verdicts[name].status == "running":
                raise Mistake(f"{name} is running; it can be forgotten when it has ended.")
        self._link.writable()
        self._steps.forget([name for name in wanted if standing.graph.steps[name].step is not None])
        for name in wanted:
            self._steps.recipes.pop(name, None)
        self._link.flush()
        return wanted

    # --- how they stand ---

    def standing(self) -> Standing:
        """Every step of the session, by its code where this kernel has seen it, and by its runs."""
        self._link.known()
        self._link.flush()
        with self._link.moment() as replica:
            rows, runs = pending.rows_of(replica), pending.steps_of(replica)
        by_start = sorted(runs.values(), key=lambda one: one.done.start if one.done else one.run.start)
        order = dict.fromkeys([*self._steps.recipes, *(one.name for one in by_start)])
        known = [self._known(name, runs.get(name), rows) for name in order]
        graph = stepgraph.graph_of(known)
        return Standing(graph, judge(graph, rows, self._absent), rows)

    def _known(self, name: str, runs: Runs | None, rows: Mapping[str, Variable]) -> Known:
        recipe = self._steps.recipes.get(name)
        if recipe is not None:
            return recipe.known(runs, rows)
        assert runs is not None
        return stepgraph.of_runs(runs, rows)

    def _absent(self, known: Known, names: Sequence[str]) -> str | None:
        for name in names:
            if name not in self._names:
                return f"{name} is not here"
            left = self._names.left.get(name)
            if left is None or left.step != known.name:
                if name in known.unstored:
                    return f"{name} here is another one"
            elif known.done is not None and left.id != known.done.id:
                return f"{name} here is of an earlier run"
        return None

    def changes(self, name: str, revision: int | None) -> list[Change]:
        """The newest change of a variable, up to a revision. Raises SessionError where the past is not kept."""
        session_id = self._link.replica.session_id or ""
        before = None if revision is None else revision + 1
        return self._link.ask(
            lambda backend: backend.archive(session_id).changes(before=before, limit=1, name=name)
        ).changes

    def snapshots(self) -> Sequence[Snapshot]:
        """The revisions that have names. Raises as :meth:`changes`."""
        session_id = self._link.replica.session_id or ""
        return self._link.ask(lambda backend: backend.archive(session_id).snapshots())

    def bound(self) -> Sequence[str]:
        """The names that are kept equal with variables here."""
        return self._session.bound

    # --- running ---

    def run(self, name: str, *, force: bool = False) -> dict[str, Any]:
        """Run one step, fresh or not; its outputs. Raises Mistake, StepRefused, StepFailed, StepStopped."""
        standing = self.standing()
        if name not in standing.graph.steps:
            raise Mistake(self._unknown(name, standing))
        self._runnable(name)
        before = [one for one in standing.graph.upstream([name]) if one != name]
        waits = [one for one in standing.graph.steps if one in before and not standing.verdicts[one].fresh]
        if waits:
            said = f"{name} reads from {' and '.join(waits)}, which {'are' if len(waits) > 1 else 'is'} not fresh."
            self._say(f"{said} To run what is not fresh before it, too: %session run --stale {name}")
        return self._run(name, force=force)

    def run_stale(self, names: Iterable[str] = (), *, force: bool = False) -> dict[str, Any]:
        """Run what is not fresh (of these steps and those before them) in the order of the graph; what was written.

        With ``force`` all of them. Raises as :meth:`run`, Mistake where the code of none that is due is known here, and
        Circular where a circle stands in the way: of those that were asked for; else, when what has nothing to do with
        it has run.
        """
        standing = self.standing()
        asked = list(names)
        for name in asked:
            if name not in standing.graph.steps:
                raise Mistake(self._unknown(name, standing))
        if not standing.graph.steps:
            raise Mistake("There are no steps yet. A cell becomes one by its first line: #| step: train(lr) -> loss")
        plan = plan_of(standing.graph, standing.verdicts, self._steps.recipes, asked, force=force)
        for name in asked:
            if name in plan.waiting:
                before = standing.graph.upstream([name])
                self._runnable(*(one for one in plan.elsewhere if one in before))
        ran, fresh = dict[str, dict[str, Any]](), list[str]()
        for at, name in enumerate(plan.order):
            if not force and self.standing().verdicts[name].fresh:
                fresh.append(name)
            elif name in self._steps.recipes:
                ran[name] = self._run(name, force=force, then=plan.order[at + 1 :])
        self._tell(list(ran), fresh, plan)
        if plan.circular is not None:
            raise plan.circular
        return {name: value for made in ran.values() for name, value in made.items()}

    def _tell(self, ran: list[str], fresh: list[str], plan: Plan) -> None:
        if not ran and fresh and not plan.waiting and plan.circular is None:
            only = f"All {len(fresh)} steps are fresh" if len(fresh) > 1 else f"{fresh[0]} is fresh"
            self._say(f"{only}: nothing to run.")
        elif fresh:
            self._say(f"Fresh, not run: {', '.join(fresh)}")
        if not plan.elsewhere:
            return
        said = self._not_here(plan.elsewhere)
        after = [one for one in plan.waiting if one not in plan.elsewhere]
        if after:
            one = len(plan.elsewhere) == 1
            said = f"{said} {listed(after)} {'waits' if len(after) == 1 else 'wait'} for {'it' if one else 'them'}."
        if not ran and plan.circular is None:
            raise Mistake(f"Nothing was run: {said}")
        self._say(said)

    def _runnable(self, *names: str) -> None:
        if self._link.in_batch:
            raise Mistake("A batch is open; a step runs when it has ended.")
        for name in names:
            self._steps.check(name)
        absent = [name for name in names if name not in self._steps.recipes]
        if absent:
            raise Mistake(self._not_here(absent))

    @staticmethod
    def _not_here(names: Sequence[str]) -> str:
        if len(names) == 1:
            return (
                f"{names[0]} has not run in this kernel, so its code is not known here. "
                "Run its cell once, in whichever notebook it is, or press Run beside it in the Session panel."
            )
        return (
            f"{listed(names)} have not run in this kernel, so their code is not known here. "
            "Run their cells once, in whichever notebook they are, or press Run beside them in the Session panel."
        )

    def _unknown(self, name: str, standing: Standing) -> str:
        known = list(standing.graph.steps)
        there = f" There are: {', '.join(known[:10])}." if known else " There are none yet."
        return f"This session has no step {name}.{nearest(name, known) or there}"

    def _run(self, name: str, *, force: bool, then: Sequence[str] = ()) -> dict[str, Any]:
        self._runnable(name)
        recipe = self._steps.recipes[name]
        self._steps.ended.pop(name, None)
        made: dict[str, Any] = {}
        error: BaseException | None = None
        try:
            self._link.barrier()
            if isinstance(recipe, FunctionRecipe):
                made, error = self._call(recipe)
            else:
                assert isinstance(recipe, CellRecipe)
                error = self._cell(recipe, force=force)
        except (StepRefused, KeyboardInterrupt) as raised:
            error = raised
        self._link.flush()
        outcome = self._steps.ended.get(name)
        if error is None and outcome is not None and outcome.run.succeeded:
            return made or {one: self._names[one] for one in recipe.line.outputs if one in self._names}
        raise self._failure(name, outcome, error, then) from (None if isinstance(error, StepRefused) else error)

    def _failure(
        self, name: str, outcome: Outcome | None, error: BaseException | None, then: Sequence[str]
    ) -> StepFailed | StepStopped:
        rest = f"Not run: {', '.join(then)}." if then else ""
        run = None if outcome is None else outcome.run
        # Time that is over interrupts the body, too; its run has failed.
        if run.status == "interrupted" if run is not None else isinstance(error, KeyboardInterrupt):
            return StepStopped(_with(f"{name} was interrupted.", rest))
        if run is None or run.error is None:
            return StepFailed(_with(getattr(error, "message", None) or f"{name} was not run: {error}", rest))
        return StepFailed(_with(f"{name} {_said(run.error)}", rest))

    # --- a cell ---

    def _cell(self, recipe: CellRecipe, *, force: bool) -> BaseException | None:
        shell, origin = self._shell, self._link.origin
        self._steps.forced = force
        self._steps.called.append(recipe.name)
        try:
            if _awaits(shell, recipe.raw):
                result = awaiting.finished(self._cell_async(recipe))
            else:
                result = shell.run_cell(recipe.raw, store_history=False, cell_id=recipe.cell)
        finally:
            self._steps.forced = False
            self._steps.called.pop()
            self._link.origin = origin
        error: BaseException | None = result.error_before_exec or result.error_in_exec
        return error

    async def _cell_async(self, recipe: CellRecipe) -> Any:
        """As ``run_cell`` does it, which cannot while an event loop runs."""
        shell = self._shell
        result = await shell.run_cell_async(
            recipe.raw,
            store_history=False,
            cell_id=recipe.cell,
            transformed_cell=shell.transform_cell(recipe.raw),
        )
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)
        return result

    # --- a function ---

    def _call(self, recipe: FunctionRecipe) -> tuple[dict[str, Any], BaseException | None]:
        step = self._steps.call(recipe, self._link.origin.cell, kernel_id())
        made: dict[str, Any] = {}
        error: BaseException | None = None
        found = self._steps.making()
        for said in step.said:
            self._say(said)
        try:
            assert step.arguments is not None
            step.clock()
            result = recipe.function(*step.arguments.args, **step.arguments.kwargs)
            if inspect.isawaitable(result):
                result = awaiting.finished(_awaited(result))
            made = recipe.made(result)
            for name, value in made.items():
                found.add(name, value)
                if name not in found.texts:
                    self._names.hold(name, value)
        except BaseException as raised:  # its run has to end
            error = raised
        outcome = self._steps.end(step, error, _line_of(error, recipe), found)
        if error is not None and not isinstance(error, SessionError) and self._shell is not None:
            trace = error.__traceback__.tb_next if error.__traceback__ is not None else None
            self._shell.showtraceback((type(error), error.with_traceback(trace), trace))
        self._warn(outcome.warnings)
        for note in outcome.notes:
            self._say(note)
        return made, error

    def _say(self, text: str) -> None:
        if self._shell is not None:
            display.show(display.note(text))

    def _warn(self, texts: Sequence[str]) -> None:
        display.warn(*texts)


def _said(error: RunError) -> str:
    line = f" in line {error.line}" if error.line else ""
    if error.type == "Timeout":
        return f"{error.message}{line}."
    return f"failed{line}: {_ended(error_words(error))}"


def _ended(sentence: str) -> str:
    """With a full stop; a command at its end stays as it is to be typed."""
    return sentence if sentence.endswith((".", "?", "!")) or "%session" in sentence else f"{sentence}."


def _with(sentence: str, rest: str) -> str:
    """Both; in a line of its own where the first one ends with what is to be typed."""
    apart = sentence.endswith("...") or not sentence.endswith((".", "?", "!"))
    return f"{sentence}{chr(10) if apart else ' '}{rest}".rstrip()


async def _awaited(work: Any) -> Any:
    return await work


def _awaits(shell: Any, raw: str) -> bool:
    """Whether a cell awaits something while a loop runs already, which ``run_cell`` cannot do."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return bool(shell.should_run_async(raw, transformed_cell=shell.transform_cell(raw)))


def _line_of(error: BaseException | None, recipe: FunctionRecipe) -> int | None:
    """The function's line, from 1, in which the error came up."""
    trace = None if error is None else error.__traceback__
    code = recipe.function.__code__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            return trace.tb_lineno
        trace = trace.tb_next
    return None
