"""Steps of a cell: what goes into the names before its body runs, and what is written back when it has run."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import time
import traceback
from typing import Any

from msgspec import Raw, Struct
from msgspec.structs import replace

from session_state_ext.errors import SessionError
from session_state_ext.model import Input, Run, RunError
from session_state_ext.names import new_tag, why_unsafe
from session_state_ext.wire import INLINE_INPUT_BYTES, SaidOrigin, content_hash

from . import values
from .alarm import Alarm
from .freenames import bound_names, free_names, surely_bound
from .grammar import Mistake, StepLine, nearest
from .link import Link
from .marks import Watched, is_interned
from .namespace import Namespace, Unplaced
from .outbox import Group, as_text
from .session import Missing, Session

#: An error's text in a run's record.
_MESSAGE = 2000


class StepRefused(SessionError):
    """The step was not run."""

    code = "step-refused"


class OutputMissing(SessionError):
    """The step did not make what it promised."""

    code = "output-missing"


class Before(Struct, frozen=True):
    """What an output's name meant before the body ran."""

    value: Any
    #: its JSON text, where it can change in place and has one
    text: bytes | None


class Body(Struct):
    """The step's cell."""

    #: without its first line
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
    alarm: Alarm | None = None


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

    # --- before the body ---

    def begin(self, line: StepLine, body: Body) -> Step:
        """Read the inputs at one revision, put them into the names, record that the step runs.

        Raises Mistake or StepRefused; then nothing has run, and the record says so.
        """
        if not body.source.strip():
            raise Mistake(f"The step {line.name} has no body. Write it below the first line, in the same cell.")
        for name in line.outputs:
            reason = why_unsafe(name)
            if reason is not None:
                raise Mistake(f"--out {name}: {reason} Write session[{name!r}] = ... in the body instead.")
        self._link.known()
        self._link.flush()
        wanted = line.inputs if line.inputs is not None else self._inferred(line, body)
        found = self._link.read(wanted)
        run = Run(
            id=new_tag(),
            step=line.name,
            status="running",
            start=_now(),
            inputs={name: _input(text, row.revision if row else 0) for name, (text, row) in found.items()},
            outputs=line.outputs,
            kernel=body.kernel,
            cell=body.cell,
            source="sha256:" + hashlib.sha256(body.source.encode("utf-8", "surrogatepass")).hexdigest(),
        )
        said = self._inject(line, wanted, {name: text for name, (text, _) in found.items()}, run)
        if line.inputs is None and found:
            said.insert(0, f"{line.name} reads {', '.join(found)} (no --in: the names of this cell that are variables)")
        step = Step(run, line, body, self._outputs_before(line), said)
        origin = SaidOrigin(kind="step", cell=body.cell, step=line.name, run=run.id)
        self._link.append(Group(origin, runs=[run], whole=True), hurry=True)
        self._link.origin = origin
        self._session.reading(lambda name: self._read_inside(step, name))
        if line.timeout is not None:
            step.alarm = Alarm(line.timeout)
        return step

    def _inferred(self, line: StepLine, body: Body) -> list[str]:
        if body.tree is None:
            return []
        known = set(self._session)
        return [name for name in free_names(body.tree) if name in known]

    def _inject(self, line: StepLine, wanted: list[str], found: dict[str, bytes], run: Run) -> list[str]:
        """Put the inputs into the names; what to say of it."""
        try:
            missing = [name for name in wanted if name not in found]
            if missing:
                raise StepRefused(self._missing(missing))
            for name in wanted:
                self._names.check(name, force=line.force)
        except (StepRefused, Unplaced) as error:
            self._record(run, "refused", RunError(type="Not run", message=error.message))
            raise StepRefused(f"{line.name} was not run: {error.message}") from None
        said = (self._names.place(name, found[name]) for name in wanted)
        return [one for one in said if one is not None]

    def _missing(self, missing: list[str]) -> str:
        listed = " and ".join(missing) if len(missing) < 3 else ", ".join(missing)
        meant = nearest(missing[0], list(self._session)) if len(missing) == 1 else ""
        first = missing[0]
        how = f"%session push {first}" if first in self._names else f"%session set {first} = ..."
        return (
            f"it needs {listed}, which this session does not have.{meant} Set it in the Session panel, or with: {how}"
        )

    def _outputs_before(self, line: StepLine) -> dict[str, Before | None]:
        before: dict[str, Before | None] = {}
        for name in line.outputs:
            before[name] = None
            if name in self._names:
                value = self._names[name]
                before[name] = Before(value, None if values.is_plain(value) else _text_or_none(name, value))
        return before

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

    def end(self, step: Step, error: BaseException | None, line: int | None) -> Outcome:
        """Write the outputs back together with the record, or only the record where the body failed."""
        timed_out = step.alarm is not None and step.alarm.stop()
        self._session.reading(None)
        if error is not None:
            return self._failed(step, error, line, timed_out=timed_out)
        texts, warnings, missing = self._outputs(step)
        if missing:
            return self._promised(step, missing)
        run = replace(
            step.run,
            status="warned" if warnings else "done",
            end=_now(),
            written=list(texts),
            warnings=warnings,
        )
        self._link.append(Group(self._link.origin, dict(texts), [run], whole=True), hurry=True)
        for name in texts:
            self._names.trust(name)
        return Outcome(run, [self._summary(step, run)], [f"{step.line.name}: {one}" for one in warnings])

    def _failed(self, step: Step, error: BaseException, line: int | None, *, timed_out: bool) -> Outcome:
        stopped = isinstance(error, KeyboardInterrupt | asyncio.CancelledError)
        if stopped and timed_out:
            message = f"ran longer than {step.line.timeout:g} s and was stopped"
            run = self._record(step.run, "failed", RunError(type="Timeout", message=message, line=line))
            return Outcome(run, [], [f"{step.line.name} {message}; nothing of --out was written."])
        said = _stopped(line) if stopped else _told(error, line)
        run = self._record(step.run, "interrupted" if stopped else "failed", said)
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

    def _outputs(self, step: Step) -> tuple[dict[str, bytes], list[str], list[str]]:
        """The outputs' texts; what of them stays in the kernel; what was not made."""
        texts: dict[str, bytes] = {}
        warnings: list[str] = []
        missing: list[str] = []
        for name in step.line.outputs:
            if name not in self._names:
                missing.append(name)
                continue
            value, before = self._names[name], step.before[name]
            untouched = before is not None and not _rebound(step.body, name, before, value)
            if untouched and values.is_plain(value):
                missing.append(name)
                continue
            try:
                text = values.encode(value, name, most=self._link.replica.limits.value_bytes)
            except SessionError as error:
                reason = error.message.removeprefix(f"{name}: ")
                said = f"{name} is in kernel only: {values.describe(value)}."
                warnings.append(f"{said} {reason[:1].upper()}{reason[1:]}")
                continue
            if untouched and before is not None and before.text == text:
                missing.append(name)
            else:
                texts[name] = text
        return texts, warnings, missing

    def _record(self, run: Run, status: Any, error: RunError | None) -> Run:
        ended = replace(run, status=status, end=_now(), error=error)
        origin = SaidOrigin(kind="step", cell=run.cell, step=run.step, run=run.id)
        self._link.append(Group(origin, runs=[ended], whole=True), hurry=True)
        return ended

    def _summary(self, step: Step, run: Run) -> str:
        took = (
            f"{run.step}: {run.status.replace('warned', 'done with warnings')} in {_span((run.end or 0) - run.start)}"
        )
        if run.outputs:
            wrote = f", wrote {', '.join(run.written)}" if run.written else ", wrote nothing"
            return took + wrote
        proposed = self._proposed(step)
        return f"{took}, wrote nothing{f'; to write back: --out {proposed}' if proposed else ''}"

    def _proposed(self, step: Step) -> str | None:
        """A name of the body that could be an output."""
        if step.body.tree is None:
            return None
        for name in reversed(_assigned_last(step.body.tree)):
            fits = name in self._names and name not in step.run.inputs and why_unsafe(name) is None
            if fits and _text_or_none(name, self._names[name]) is not None:
                return name
        return None


def _rebound(body: Body, name: str, before: Before, value: Any) -> bool:
    """Whether the body has bound the name anew, be it to the same value."""
    if value is not before.value or body.tree is None:
        return value is not before.value
    if name in surely_bound(body.tree) or name in body.watched.bound:
        return True
    # A float or a list that is bound anew is another object; a small number may be the same one.
    return is_interned(value) and name in bound_names(body.tree) and name not in body.watched.names


# A run's error is shown as "type: message"; where it is none of the body's own, the type is a word for people.


def _stopped(line: int | None) -> RunError:
    return RunError(type="Stopped", message="the run was interrupted", line=line)


def _told(error: BaseException, line: int | None) -> RunError:
    if isinstance(error, SessionError | Missing):
        return RunError(type="Session", message=str(error)[:_MESSAGE], line=line)
    message = str(error)
    if not message.strip():
        # What failed says more than nothing: assert loss < 1
        frames = traceback.extract_tb(error.__traceback__)
        message = next((one.line for one in frames if one.lineno == line and one.line), "without a message")
    return RunError(type=type(error).__name__, message=message[:_MESSAGE], line=line)


def _assigned_last(tree: ast.Module) -> list[str]:
    """Names assigned by plain top-level statements, in order."""
    names: list[str] = []
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        names += [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
    return names


def _text_or_none(name: str, value: Any) -> bytes | None:
    try:
        return values.encode(value, name)
    except SessionError:
        return None


def _input(text: bytes, revision: int) -> Input:
    if len(text) <= INLINE_INPUT_BYTES:
        return Input(revision=revision, value=Raw(text))
    return Input(revision=revision, hash=content_hash(text))


def _now() -> int:
    return time.time_ns() // 1_000_000


def _span(milliseconds: int) -> str:
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds >= 0.1 else f"{milliseconds} ms"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
