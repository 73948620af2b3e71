"""Steps: what goes into the names before a body runs, and what is written back when it has run."""

from __future__ import annotations

import ast
import asyncio
import inspect
import time
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from session_state_ext.errors import SessionError
from session_state_ext.freshness import fingerprint
from session_state_ext.model import Input, Run, RunError
from session_state_ext.names import new_tag, why_unsafe
from session_state_ext.wire import SaidOrigin

from . import display, outputs
from .alarm import Alarm
from .freenames import free_names
from .grammar import Mistake, StepLine
from .identity import kernel_life
from .inputs import Inputs, Read
from .link import Link
from .marks import Watched
from .namespace import Namespace, Unplaced
from .outbox import Group
from .outputs import Before, Made
from .recipes import FunctionRecipe, Recipe, WrongInput
from .runerrors import OutputMissing, Overtime, StepRefused, overtime, stopped, told, unheard
from .session import Session


class Body(Struct):
    """The step's cell."""

    #: without its first line; of a function only its hash is known
    source: str
    tree: ast.Module | None
    #: outputs that say so themselves when they are bound
    watched: Watched
    #: the cell's id, where the front end tells it
    cell: str | None
    kernel: str | None


class Step(Struct):
    """One run, from its first line to the end of its cell."""

    run: Run
    line: StepLine
    body: Body
    before: dict[str, Before | None]
    #: what was there of its inputs
    read: Read
    #: what to say before the body runs
    said: list[str]
    #: who made the edits before it
    outer: SaidOrigin
    #: a function's
    arguments: inspect.BoundArguments | None = None
    alarm: Alarm | None = None
    #: of what the body read
    warnings: list[str] = field(default_factory=list[str])

    def clock(self) -> None:
        """Its time begins, where it has one. Whoever ends it must hold it by now."""
        if self.alarm is not None:
            self.alarm.set()


class Outcome(Struct):
    """How a run ended: what to show, and what the cell's error is where the body had none."""

    run: Run
    notes: list[str]
    warnings: list[str]
    error: SessionError | None = None


class Steps:
    """Begins and ends runs in one kernel."""

    def __init__(self, link: Link, session: Session, names: Namespace) -> None:
        self._link, self._session, self._names = link, session, names
        self._inputs = Inputs(link, session, names)
        #: the steps whose code this kernel has seen, by name
        self.recipes: dict[str, Recipe] = {}
        #: how the latest run of each step here ended
        self.ended: dict[str, Outcome] = {}
        #: inputs of a cell may replace functions of the same name, whatever its line says
        self.forced = False
        #: the cells that run because their steps were called by name, the innermost last: who called says how they fail
        self.called: list[str] = []
        self._running: list[Step] = []

    @property
    def running(self) -> list[str]:
        """The steps that run here now, the innermost last."""
        return [step.line.name for step in self._running]

    # --- before the body ---

    def begin(self, line: StepLine, body: Body, recipe: Recipe) -> Step:
        """Read the inputs at one revision, put them into the names, record that the step runs.

        Raises Mistake or StepRefused; then nothing has run, and the record says so.
        """
        if not body.source.strip():
            raise Mistake(f"The step {line.name} has no body. Write it below the first line, in the same cell.")
        for name in line.outputs:
            reason = why_unsafe(name)
            if reason is not None:
                raise Mistake(f"--out {name}: {reason} Write session[{name!r}] = ... in the body instead.")
        self.check(line.name)
        self.recipes[line.name] = recipe
        if self.forced:
            line, self.forced = replace(line, force=True), False
        self._link.known()
        self._names.settle()
        self._link.flush()
        known = set(self._session)
        wanted = line.inputs if line.inputs is not None else [name for name in recipe.infers() if name in known]
        read = self._inputs.read(wanted)
        run = self._new(recipe, body, read)
        try:
            self._inputs.check(wanted, read)
            said = self._inputs.place(read, force=line.force)
        except (StepRefused, Unplaced) as error:
            raise self._refused(run, error) from None
        if line.inputs is None and read.names:
            found = ", ".join(name for name in wanted if name in read.names)
            said.insert(0, f"{line.name} reads {found} (no --in: the names of this cell that are variables)")
        before = outputs.standing(self._names, line.outputs)
        return self._open(Step(run, line, body, before, read, [*said, *self._told(line, read)], self._link.origin))

    def _told(self, line: StepLine, read: Read) -> list[str]:
        return [*self._inputs.told(read), *(f"{line.name}: {one}" for one in read.warnings)]

    def _refused(self, run: Run, error: SessionError) -> StepRefused:
        """Record that the body did not begin; what to raise."""
        self._record(run, "refused", RunError(type="Not run", message=error.message))
        return StepRefused(f"{run.step} was not run: {error.message}")

    def forget(self, names: list[str]) -> None:
        """Record that these steps are none any more, in one change; their values stay, and so does their history."""
        now = _now()
        runs = [Run(id=new_tag(), step=name, status="forgotten", start=now, end=now) for name in names]
        for name in names:
            self.ended.pop(name, None)
        for name in [name for name, run in self._names.left.items() if run.step in names]:
            del self._names.left[name]
        if runs:
            self._link.append(Group(self._link.origin, runs=runs, whole=True), hurry=True)

    def check(self, name: str) -> None:
        """Raise Mistake where this step runs already: it cannot run inside itself."""
        if name in self.running:
            chain = " → ".join([*self.running[self.running.index(name) :], name])
            raise Mistake(f"{name} runs already: a step cannot run itself, neither through another one ({chain}).")

    def call(self, recipe: FunctionRecipe, cell: str | None, kernel: str | None) -> Step:
        """Read what a function takes at one revision, record that the step runs. Raises Mistake, StepRefused."""
        line = recipe.line
        self.check(line.name)
        self._link.known()
        self._names.settle()
        self._link.flush()
        wanted = line.inputs or []
        read = self._inputs.read(wanted)
        body = Body("", recipe.tree, Watched(set()), cell, kernel)
        run = self._new(recipe, body, read)
        absent = {name: Input(revision=0) for name in wanted if name not in read.names}
        run = replace(run, inputs={**run.inputs, **absent})
        try:
            self._inputs.check(wanted, read, optional=recipe.optional)
            arguments = recipe.arguments(read.texts, self._inputs.values(read))
        except (StepRefused, WrongInput) as error:
            raise self._refused(run, error) from None
        return self._open(Step(run, line, body, {}, read, self._told(line, read), self._link.origin, arguments))

    def _new(self, recipe: Recipe, body: Body, read: Read) -> Run:
        line, left = recipe.line, self._names.left
        reads = free_names(body.tree) if body.tree is not None else []
        by_name = (name for name in reads if name in left and name in self._names and name not in line.outputs)
        return Run(
            id=new_tag(),
            step=line.name,
            status="running",
            start=_now(),
            inputs=read.inputs,
            outputs=line.outputs,
            needs={
                **{name: fingerprint(left[name]) for name in by_name if name not in read.inputs},
                **{name: fingerprint(run) for name, run in read.here.items()},
            },
            free=[name for name in recipe.infers() if name not in read.names],
            kernel=body.kernel,
            life=kernel_life(),
            cell=body.cell,
            source=recipe.source,
        )

    def _open(self, step: Step) -> Step:
        origin = SaidOrigin(kind="step", cell=step.run.cell, step=step.run.step, run=step.run.id)
        self._link.append(Group(origin, runs=[step.run], whole=True), hurry=True)
        # What the body reads is added to a record of its own, while this one is on its way.
        step.run = replace(step.run, inputs={**step.run.inputs})
        self._link.origin = origin
        try:
            self._running.append(step)
            self._listen()
            if step.line.timeout is not None:
                step.alarm = Alarm(step.line.timeout, lambda: display.warn(unheard(step.line.name)))
        except BaseException as error:
            # Nobody holds it yet who could end it.
            self.end(step, error, None)
            raise
        return step

    def _close(self, step: Step) -> bool:
        """The body has ended; whether it was because its time was over."""
        timed_out = step.alarm is not None and step.alarm.stop()
        self._running = [one for one in self._running if one is not step]
        self._listen()
        return timed_out

    def _listen(self) -> None:
        inner = self._running[-1] if self._running else None
        self._session.reading(None if inner is None else lambda name: self._read_inside(inner, name))

    def _read_inside(self, step: Step, name: str) -> None:
        said = self._inputs.inside(step.run, name)
        if said is not None:
            step.warnings.append(said)

    def making(self) -> Made:
        """What a body has made, as far as it may be stored."""
        return Made(self._link.replica.limits.value_bytes, self._session.permit)

    # --- after the body ---

    def end(self, step: Step, error: BaseException | None, line: int | None, result: Made | None = None) -> Outcome:
        """Write the outputs back together with the record, or only the record where the body failed.

        ``result`` is what a function has made; a cell has made what its names mean now.
        """
        timed_out = self._close(step)
        try:
            if error is not None:
                outcome = self._failed(step, error, line, timed_out=timed_out)
            elif timed_out:
                outcome = self._unstopped(step)
            else:
                outcome = self._succeeded(step, result)
        finally:
            self._link.origin = step.outer
        self.ended[step.line.name] = outcome
        return outcome

    def _succeeded(self, step: Step, result: Made | None) -> Outcome:
        made = result or outputs.of_names(self._names, step.before, step.body.tree, step.body.watched, self.making())
        if made.missing:
            return self._promised(step, made.missing)
        unstored = [name for name in step.line.outputs if name not in made.texts]
        left = [*unstored, *([] if result is not None else self._left_by(step))]
        warnings = [*step.read.warnings, *step.warnings, *made.warnings]
        status, written = "warned" if warnings else "done", list(made.texts)
        run = replace(step.run, status=status, end=_now(), written=written, warnings=warnings, left=left)
        run = replace(run, fingerprint=fingerprint(run))
        group = Group(self._link.origin, dict(made.texts), [run], whole=True, base=step.read.revision)
        self._link.append(group, hurry=True)
        self.ended[run.step] = Outcome(run, [], [])
        self._leave(run, result)
        run = self._stored(run)
        self._leave(run, result)
        for name in run.written if result is None else ():
            self._names.trust(name)
        # What was known before the body ran has been said.
        said = [f"{run.step}: {one}" for one in run.warnings[len(step.read.warnings) :]]
        return Outcome(run, [self._summary(step, run)], said)

    def _leave(self, run: Run, result: Made | None) -> None:
        """The names of this kernel have what the run has left; of a function's ``result``, what the session has not."""
        if result is None:
            self._names.left.update(dict.fromkeys([*run.left, *run.outputs], run))
            return
        for name in [name for name in run.outputs if name not in run.written]:
            try:
                if name in result.texts:  # the server did not take it
                    self._names.hold(name, result.objects[name])
                self._names.left[name] = run
            except Unplaced:
                continue

    def _stored(self, run: Run) -> Run:
        """The record as the session has it: without outputs that were not taken. As it was sent, where that is late."""
        self._link.flush()
        with self._link.moment() as replica:
            known = replica.steps.get(run.step)
            taken = known is not None and known.run.id == run.id and known.run.status != "running"
            if known is None or not taken:
                return run
            # Its record tells of them.
            replica.refused = [one for one in replica.refused if one.run != run.id]
            return known.run

    def _left_by(self, step: Step) -> list[str]:
        others = {*step.run.inputs, *step.line.outputs}
        return outputs.left_behind(step.body.tree, step.line.keep, self._names, others)

    def _failed(self, step: Step, error: BaseException, line: int | None, *, timed_out: bool) -> Outcome:
        made = self._left_by(step) if step.arguments is not None else [*self._left_by(step), *step.line.outputs]
        for name in made:
            # Half of what it makes, or what it had made before: nobody knows.
            self._names.left.pop(name, None)
        was_stopped = isinstance(error, KeyboardInterrupt | asyncio.CancelledError)
        if was_stopped and timed_out:
            message = f"ran longer than {step.line.timeout:g} s and was stopped"
            run = self._record(step.run, "failed", RunError(type="Timeout", message=message, line=line))
            return Outcome(run, [], [f"{step.line.name} {message}; nothing of --out was written."])
        said = stopped(line) if was_stopped else told(error, line)
        run = self._record(step.run, "interrupted" if was_stopped else "failed", said)
        kept = f"; {', '.join(step.line.outputs)} as before" if step.line.outputs else ""
        return Outcome(run, [f"{step.line.name}: {run.status}{kept}"], [])

    def _unstopped(self, step: Step) -> Outcome:
        run = self._record(step.run, "failed", overtime(step.line.timeout or 0))
        return Outcome(run, [], [], Overtime(f"{step.line.name} {run.error.message if run.error else ''}"))

    def _promised(self, step: Step, missing: list[str]) -> Outcome:
        names = " and ".join(missing)
        message = (
            f"--out promises {names}, which the cell neither assigned nor changed. "
            f"Assign {'it' if len(missing) == 1 else 'them'} in the cell, or take {names} out of --out."
        )
        error = OutputMissing(f"{step.line.name} failed: {message}")
        run = self._record(step.run, "failed", RunError(type="Output missing", message=message))
        return Outcome(run, [], [], error)

    def _record(self, run: Run, status: Any, error: RunError | None) -> Run:
        ended = replace(run, status=status, end=_now(), error=error)
        origin = SaidOrigin(kind="step", cell=run.cell, step=run.step, run=run.id)
        self._link.append(Group(origin, runs=[ended], whole=True), hurry=True)
        return ended

    def _summary(self, step: Step, run: Run) -> str:
        status = run.status.replace("warned", "done with warnings")
        took = f"{run.step}: {status} in {display.span((run.end or 0) - run.start)}"
        if run.outputs:
            wrote = f", wrote {', '.join(run.written)}" if run.written else ", wrote nothing"
            return took + wrote
        if step.arguments is not None:
            return f'{took}, wrote nothing; to write its result: @session.step(outputs="...")'
        proposed = outputs.proposed(step.body.tree, self._names, set(step.run.inputs))
        return f"{took}, wrote nothing{f'; to write back: --out {proposed}' if proposed else ''}"


def _now() -> int:
    return time.time_ns() // 1_000_000
