"""Where a value comes from: the run that made it, of which inputs, each set by whom and when, and so on back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, field

from session_state_ext.errors import NotFound, SessionError
from session_state_ext.freshness import alike, alike_hash
from session_state_ext.model import Input, Origin, Run, RunOp, Set, Variable

from . import display, preview
from .display import Shown
from .grammar import nearest
from .stepview import brief

if TYPE_CHECKING:
    from .runner import Runner, Standing

#: A value takes this much of a line.
_WIDTH = 40
#: And so does why a run is not as it was.
_STATE = 80
#: How far back, in steps.
_DEEPEST = 20


class Line(Struct):
    """One line of the tree: a value, or the run that made it."""

    #: in bold, before the rest
    head: str
    rest: str
    #: what is not as it was
    stale: str = ""
    below: list[Line] = field(default_factory=list["Line"])


class Because(Shown):
    """The tree, as text and as HTML."""

    def __init__(self, top: Line) -> None:
        text = "\n".join(_in_text(top))
        super().__init__(text, f'<div style="line-height:1.5">{_in_html(top)}</div>')


def because(runner: Runner, name: str) -> Because:
    """The tree of a variable. Raises NotFound."""
    standing = runner.standing()
    row = standing.rows.get(name)
    if row is None:
        raise NotFound(f"This session has no variable {name}.{nearest(name, list(standing.rows))}")
    walk = _Walk(runner, standing)
    return Because(walk.variable(name, row, 0))


class _Walk:
    """One walk back from one variable."""

    def __init__(self, runner: Runner, standing: Standing) -> None:
        self._runner, self._standing = runner, standing
        self._now = time.time() * 1000
        self._runs = {run.id: run for known in standing.graph.steps.values() if known.step for run in _both(known.step)}
        self._told: set[str] = set()
        self._asked: dict[tuple[str, int], _Past | None] = {}

    def variable(self, name: str, row: Variable, depth: int) -> Line:
        """As it stands now."""
        line = Line(f"{name} = {preview.brief(bytes(row.value), _WIDTH)}", self._by(row.origin, row.updated_at))
        return self._of_run(line, name, row.origin, row.revision, depth)

    def _read(self, name: str, read: Input, depth: int) -> Line:
        """As a run has read it."""
        row = self._standing.rows.get(name)
        if row is not None and row.revision == read.revision:
            return self.variable(name, row, depth)
        past = self._past(name, read.revision)
        text = bytes(read.value) if read.value is not UNSET else None if past is None else past.value
        line = Line(f"{name} = {'a large value' if text is None else preview.brief(text, _WIDTH)}", "")
        if row is None:
            line.stale = "deleted since"
        elif not (alike(bytes(row.value), text) if text is not None else alike_hash(bytes(row.value)) == read.hash):
            by = self._by(row.origin, row.updated_at)
            line.stale = f"now {preview.brief(bytes(row.value), _WIDTH)}: {by}"
        elif past is None:
            line.rest = "set again since, to the same value"
        if past is None:
            return line
        line.rest = self._by(past.origin, past.at)
        return self._of_run(line, name, past.origin, read.revision, depth)

    def _of_run(self, line: Line, name: str, origin: Origin, revision: int, depth: int) -> Line:
        """With the run that wrote it, where one did."""
        if origin.kind != "step" or origin.run is None:
            return line
        line.rest = ""
        run = self._runs.get(origin.run)
        if run is None:
            past = self._past(name, revision)
            run = past.run if past is not None else None
        if run is None:
            line.below.append(Line(origin.step or "a step", "of a run that is not remembered any more"))
        else:
            line.below.append(self._run(run, depth))
        return line

    def _run(self, run: Run, depth: int) -> Line:
        took = f", took {display.span(run.end - run.start)}" if run.end is not None else ""
        ended = {"warned": "done with warnings", "running": "runs since"}.get(run.status, run.status)
        line = Line(run.step, f"{ended} {display.when(run.start, self._now)}{took}")
        if run.id in self._told:
            line.rest += ", as above"
            return line
        self._told.add(run.id)
        verdict = self._standing.verdicts.get(run.step)
        known = self._standing.graph.steps.get(run.step)
        latest = None if known is None else known.done
        if latest is not None and latest.id != run.id:
            line.stale = "has run again since"
        elif verdict is not None and verdict.status not in ("fresh", "needs-kernel"):
            line.stale = brief(verdict.words, _STATE)
        if depth >= _DEEPEST:
            line.below.append(Line("...", "further back"))
            return line
        line.below += [self._read(name, read, depth + 1) for name, read in run.inputs.items()]
        line.below += self._left(run, depth)
        if not line.below:
            line.below.append(Line("", "reads no variable"))
        return line

    def _left(self, run: Run, depth: int) -> list[Line]:
        """The steps whose names it found in the kernel."""
        by_step: dict[str, list[str]] = {}
        for edge in self._standing.graph.edges:
            if edge.after == run.step and edge.names:
                by_step.setdefault(edge.before, []).extend(name for name in edge.names if name in run.needs)
        lines: list[Line] = []
        for step, names in by_step.items():
            done = self._standing.graph.steps[step].done
            if names and done is not None:
                line = Line(", ".join(names), "left in the kernel")
                line.below.append(self._run(done, depth + 1))
                lines.append(line)
        return lines

    def _by(self, origin: Origin, at: int) -> str:
        return f"{display.by(origin)}, {display.when(at, self._now)}" if at else display.by(origin)

    def _past(self, name: str, revision: int) -> _Past | None:
        """The change that wrote it, where it is remembered."""
        key = (name, revision)
        if key not in self._asked:
            self._asked[key] = self._ask(name, revision)
        return self._asked[key]

    def _ask(self, name: str, revision: int) -> _Past | None:
        try:
            changes = self._runner.changes(name, revision)
        except (SessionError, OSError):
            return None
        if not changes or changes[0].revision != revision:
            return None
        change = changes[0]
        runs = [op.run for op in change.ops if isinstance(op, RunOp) and op.run.id == change.origin.run]
        texts = [bytes(op.value) for op in change.ops if isinstance(op, Set) and op.name == name]
        return _Past(change.origin, change.at, runs[0] if runs else None, texts[-1] if texts else None)


class _Past(Struct, frozen=True):
    """A change of a variable."""

    origin: Origin
    at: int
    run: Run | None
    value: bytes | None


def _both(step: object) -> Iterator[Run]:
    for run in (getattr(step, "done", None), getattr(step, "run", None)):
        if isinstance(run, Run):
            yield run


def _words(line: Line) -> str:
    return " · ".join(filter(None, [f"{line.head}" if line.head else "", line.rest, line.stale and f"⚠ {line.stale}"]))


def _in_text(line: Line, first: str = "", rest: str = "") -> Iterator[str]:
    yield first + _words(line)
    for at, below in enumerate(line.below):
        last = at == len(line.below) - 1
        yield from _in_text(below, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))


def _in_html(line: Line) -> str:
    parts = [f"<b>{escape(line.head)}</b>" if line.head else ""]
    parts.append(f'<span style="color:var(--jp-ui-font-color2,#777)">{escape(line.rest)}</span>' if line.rest else "")
    parts.append(f'<span style="color:#b26a00">⚠ {escape(line.stale)}</span>' if line.stale else "")
    said = " · ".join(filter(None, parts))
    if not line.below:
        return said
    below = "".join(f"<li>{_in_html(one)}</li>" for one in line.below)
    return f'{said}<ul style="margin:0;padding-left:20px;list-style:none;border-left:1px solid #ccc">{below}</ul>'
