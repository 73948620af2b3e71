"""Steps: what goes into the names before a body runs, and what is written back when it has run."""

from __future__ import annotations

import ast
import asyncio
import inspect
import time
from collections.abc import Iterable
from typing import Any

from msgspec import Raw, Struct
from msgspec.structs import replace

from session_state_ext.errors import SessionError
from session_state_ext.freshness import alike_hash, fingerprint, source_hash
from session_state_ext.model import Input, Run, RunError
from session_state_ext.names import new_tag, why_unsafe
from session_state_ext.spelling import nearest
from session_state_ext.wire import INLINE_INPUT_BYTES, SaidOrigin

from . import display, outputs
from .alarm import Alarm
from .freenames import free_names
from .grammar import Mistake, StepLine
from .link import Link
from .marks import Watched
from .namespace import Namespace, Unplaced
from .outbox import Group, as_text
from .outputs import Before, Made
from .recipes import FunctionRecipe, Recipe, WrongInput
from .runerrors import OutputMissing, StepRefused, stopped, told
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
    #: what to say before the body runs
    said: list[str]
    #: who made the edits before it
    outer: SaidOrigin
    #: a function's
    arguments: inspect.BoundArguments | None = None
    alarm: Alarm | None = None

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
        #: the steps whose code this kernel has seen, by name
        self.recipes: dict[str, Recipe] = {}
        #: the runs that have left names in this kernel, by name
        self.left: dict[str, Run] = {}
        #: how the latest run of each step here ended
        self.ended: dict[str, Outcome] = {}
        #: inputs of a cell may replace functions of the same name, whatever its line says
        self.forced = False
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
        wanted = line.inputs if line.inputs is not None else self._inferred(line, body)
        found = self._link.read(wanted)
        run = self._new(line, body, found, source_hash(body.source))
        said = self._inject(line, wanted, {name: text for name, (text, _) in found.items()}, run)
        if line.inputs is None and found:
            said.insert(0, f"{line.name} reads {', '.join(found)} (no --in: the names of this cell that are variables)")
        before = outputs.standing(self._names, line.outputs)
        return self._open(Step(run, line, body, before, said, self._link.origin))

    def forget(self, names: list[str]) -> None:
        """Record that these steps are none any more, in one change; their values stay, and so does their history."""
        now = _now()
        runs = [Run(id=new_tag(), step=name, status="forgotten", start=now, end=now) for name in names]
        for name in names:
            self.ended.pop(name, None)
        self.left = {name: run for name, run in self.left.items() if run.step not in names}
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
        found = self._link.read(wanted)
        body = Body("", recipe.tree, Watched(set()), cell, kernel)
        run = self._new(line, body, found, recipe.source)
        try:
            missing = [name for name in wanted if name not in found and name not in recipe.optional]
            if missing:
                raise StepRefused(self._missing(missing))
            self._refuse_invalid(found)
            arguments = recipe.arguments({name: text for name, (text, _) in found.items()})
        except (StepRefused, WrongInput) as error:
            self._record(run, "refused", RunError(type="Not run", message=error.message))
            raise StepRefused(f"{line.name} was not run: {error.message}") from None
        return self._open(Step(run, line, body, {}, [], self._link.origin, arguments))

    def _new(self, line: StepLine, body: Body, found: dict[str, Any], source: str) -> Run:
        reads = free_names(body.tree) if body.tree is not None else []
        return Run(
            id=new_tag(),
            step=line.name,
            status="running",
            start=_now(),
            inputs={name: _input(text, row.revision if row else 0) for name, (text, row) in found.items()},
            outputs=line.outputs,
            needs={
                name: fingerprint(self.left[name])
                for name in reads
                if name in self.left and name in self._names and name not in found and name not in line.outputs
            },
            kernel=body.kernel,
            cell=body.cell,
            source=source,
        )

    def _open(self, step: Step) -> Step:
        origin = SaidOrigin(kind="step", cell=step.run.cell, step=step.run.step, run=step.run.id)
        self._link.append(Group(origin, runs=[step.run], whole=True), hurry=True)
        self._link.origin = origin
        try:
            self._running.append(step)
            self._listen()
            if step.line.timeout is not None:
                step.alarm = Alarm(step.line.timeout)
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

    def _inferred(self, line: StepLine, body: Body) -> list[str]:
        if body.tree is None:
            return []
        known = set(self._session)
        # print(lr) calls Python's own, whatever variable is called so.
        return [name for name in free_names(body.tree) if name in known and why_unsafe(name) is None]

    def _inject(self, line: StepLine, wanted: list[str], found: dict[str, bytes], run: Run) -> list[str]:
        """Put the inputs into the names; what to say of it."""
        try:
            missing = [name for name in wanted if name not in found]
            if missing:
                raise StepRefused(self._missing(missing))
            self._refuse_invalid(found)
            for name in wanted:
                self._names.check(name, force=line.force)
        except (StepRefused, Unplaced) as error:
            self._record(run, "refused", RunError(type="Not run", message=error.message))
            raise StepRefused(f"{line.name} was not run: {error.message}") from None
        said = (self._names.place(name, found[name]) for name in wanted)
        return [one for one in said if one is not None]

    def _refuse_invalid(self, found: Iterable[str]) -> None:
        """Raise StepRefused where an input is not what its declaration says."""
        for name in found:
            wrong = self._session.invalid(name)
            if wrong is not None:
                raise StepRefused(f"{wrong} Set it in the Session panel, or with: %session set {name} = ...")

    def _missing(self, missing: list[str]) -> str:
        listed = " and ".join(missing) if len(missing) < 3 else ", ".join(missing)
        meant = nearest(missing[0], list(self._session)) if len(missing) == 1 else ""
        first = missing[0]
        if first in self.left and first in self._names:
            return (
                f"it needs {first}, which {self.left[first].step} left in this kernel and which is no variable. "
                f"Take {first} out of the inputs: its name alone is enough."
            )
        how = f"%session push {first}" if first in self._names else f"%session set {first} = ..."
        return (
            f"it needs {listed}, which this session does not have.{meant} Set it in the Session panel, or with: {how}"
        )

    def _read_inside(self, step: Step, name: str) -> None:
        """``session[...]`` in the body: an input too, unless this run wrote it."""
        if name in step.run.inputs:
            return
        with self._link.moment() as replica:
            box, row = replica.written(name), replica.rows.get(name)
            pending = name in replica.outbox.latest
            own = pending or (row is not None and row.origin.run == step.run.id)
            text = None if box is None else as_text(box.value)
        if text is not None and not own:
            step.run.inputs[name] = _input(text, row.revision if row else 0)

    # --- after the body ---

    def end(self, step: Step, error: BaseException | None, line: int | None, result: Made | None = None) -> Outcome:
        """Write the outputs back together with the record, or only the record where the body failed.

        ``result`` is what a function has made; a cell has made what its names mean now.
        """
        timed_out = self._close(step)
        if error is not None:
            outcome = self._failed(step, error, line, timed_out=timed_out)
        else:
            outcome = self._succeeded(step, result)
        self._link.origin = step.outer
        self.ended[step.line.name] = outcome
        return outcome

    def _succeeded(self, step: Step, result: Made | None) -> Outcome:
        most = self._link.replica.limits.value_bytes
        made = result or outputs.of_names(self._names, step.before, step.body.tree, step.body.watched, most)
        if made.missing:
            return self._promised(step, made.missing)
        unstored = [name for name in step.line.outputs if name not in made.texts]
        left = [] if result is not None else self._left_by(step)
        run = replace(
            step.run,
            status="warned" if made.warnings else "done",
            end=_now(),
            written=list(made.texts),
            warnings=made.warnings,
            left=[*unstored, *left],
        )
        self._link.append(Group(self._link.origin, dict(made.texts), [run], whole=True), hurry=True)
        if result is None:
            self.left.update(dict.fromkeys([*left, *step.line.outputs], run))
            for name in made.texts:
                self._names.trust(name)
        else:
            self.left.update(dict.fromkeys(unstored, run))
        return Outcome(run, [self._summary(step, run)], [f"{step.line.name}: {one}" for one in made.warnings])

    def _left_by(self, step: Step) -> list[str]:
        others = {*step.run.inputs, *step.line.outputs}
        return outputs.left_behind(step.body.tree, step.line.keep, self._names, others)

    def _failed(self, step: Step, error: BaseException, line: int | None, *, timed_out: bool) -> Outcome:
        for name in self._left_by(step):
            # Half of what it makes, or what it had made before: nobody knows.
            self.left.pop(name, None)
        was_stopped = isinstance(error, KeyboardInterrupt | asyncio.CancelledError)
        if was_stopped and timed_out:
            message = f"ran longer than {step.line.timeout:g} s and was stopped"
            run = self._record(step.run, "failed", RunError(type="Timeout", message=message, line=line))
            return Outcome(run, [], [f"{step.line.name} {message}; nothing of --out was written."])
        said = stopped(line) if was_stopped else told(error, line)
        run = self._record(step.run, "interrupted" if was_stopped else "failed", said)
        kept = f"; {', '.join(step.line.outputs)} as before" if step.line.outputs else ""
        return Outcome(run, [f"{step.line.name}: {run.status}{kept}"], [])

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


def _input(text: bytes, revision: int) -> Input:
    if len(text) <= INLINE_INPUT_BYTES:
        return Input(revision=revision, value=Raw(text))
    return Input(revision=revision, hash=alike_hash(text))


def _now() -> int:
    return time.time_ns() // 1_000_000
