"""Where a value comes from: the run that made it, of which inputs, each set by whom and when, and so on back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import UNSET, Raw

from session_state_ext.errors import NotFound, SessionError
from session_state_ext.freshness import alike, alike_hash, fingerprint, kernel_only
from session_state_ext.model import PURGED, Input, Origin, Run, Variable
from session_state_ext.spelling import nearest
from session_state_ext.verdicts import newer_words

from . import display, pending, preview
from .because import Because, Line
from .deeds import Deed, Source, by_whom, deed_of
from .stepview import brief

if TYPE_CHECKING:
    from .runner import Runner, Standing

#: A value takes this much of a line.
_WIDTH = 40
#: And so does why a run is not as it was.
_STATE = 80
#: How far back, in steps.
_DEEPEST = 20


def because(runner: Runner, name: str) -> Because:
    """The tree of a variable, or of an output that is in the kernel only. Raises NotFound."""
    standing = runner.standing()
    walk = _Walk(runner, standing)
    row = standing.rows.get(name)
    if row is not None:
        line = walk.variable(name, row, 0)
        if name in runner.bound():
            line.rest = f"{line.rest} · bound here: it is what {name} means in this notebook".removeprefix(" · ")
        return Because(line)
    instead = walk.unstored(name) or walk.gone(name)
    if instead is None:
        raise NotFound(f"This session has no variable {name}.{nearest(name, list(standing.rows))}")
    return Because(instead)


class _Walk:
    """One walk back from one variable."""

    def __init__(self, runner: Runner, standing: Standing) -> None:
        self._runner, self._standing = runner, standing
        self._now = time.time() * 1000
        self._runs = {run.id: run for known in standing.graph.steps.values() if known.step for run in _both(known.step)}
        steps = (known.step for known in standing.graph.steps.values() if known.step is not None)
        self._newer = kernel_only(steps, standing.rows.get)
        self._told: set[str] = set()
        self._asked: dict[tuple[str, int | None, bool], Deed | None] = {}

    def variable(self, name: str, row: Variable, depth: int) -> Line:
        """As it stands now."""
        line = Line(f"{name} = {_brief(bytes(row.value))}", "")
        if row.updated_at == 0 or row.revision >= pending.REVISION:
            line.rest = "set here, not saved yet"
            return line
        if name in self._newer:
            line.stale = newer_words(name, self._newer[name])
        return self._of_deed(line, name, row.origin, row.updated_at, row.revision, depth)

    def unstored(self, name: str) -> Line | None:
        """What a step left in the kernel under the name of an output."""
        for known in self._standing.graph.steps.values():
            if name in known.unstored and known.done is not None:
                line = Line(name, "in the kernel only, because it could not be stored")
                line.below.append(self._run(known.done, 0))
                return line
        return None

    def gone(self, name: str) -> Line | None:
        """How a variable that there was came to its end."""
        deed = self._deed(name, None)
        if deed is None:
            return None
        verb = deed.verb.replace("put back by", "taken back by")
        return Line(name, f"not there any more: {verb} {self._by(deed.origin, deed.at)}")

    def _read(self, name: str, read: Input, depth: int) -> Line:
        """As a run has read it."""
        row = self._standing.rows.get(name)
        if read.absent:
            line = Line(name, "there was none")
            if row is not None:
                line.stale = f"now {_brief(bytes(row.value))}: set {self._by(row.origin, row.updated_at)}"
            return line
        if row is not None and row.revision == read.revision:
            return self.variable(name, row, depth)
        deed = self._deed(name, read.revision)
        text = bytes(read.value) if read.value is not UNSET else None if deed is None else deed.value
        if deed is not None and deed.value == bytes(PURGED):
            text = deed.value  # the run's record here is as it was before
        line = Line(f"{name} = {'a large value' if text is None else _brief(text)}", "")
        if row is None:
            line.stale = "deleted since"
        elif not (alike(bytes(row.value), text) if text is not None else alike_hash(bytes(row.value)) == read.hash):
            by = self._by(row.origin, row.updated_at)
            line.stale = f"now {_brief(bytes(row.value))}: set {by}"
        elif deed is None:
            line.rest = "set again since, to the same value"
        if deed is None:
            return line
        return self._of_deed(line, name, deed.origin, deed.at, read.revision, depth)

    def _of_deed(self, line: Line, name: str, origin: Origin, at: int, revision: int, depth: int) -> Line:
        """With the run that wrote it, where one did; else with who did what, and whose value that took up again."""
        if origin.kind == "step" and origin.run is not None:
            run = self._runs.get(origin.run)
            if run is None:
                deed = self._deed(name, revision)
                run = None if deed is None else deed.run
            if run is None:
                line.below.append(Line(origin.step or "a step", "of a run that is not remembered any more"))
            else:
                line.below.append(self._run(run, depth, wrote=name))
            return line
        deed = self._deed(name, revision)
        verb = "set" if deed is None else deed.verb
        line.rest = f"{verb} {self._by(origin, at)}"
        if deed is not None and deed.label is not None:
            line.rest += f", in “{deed.label}”"
        if deed is not None and deed.source is not None and depth < _DEEPEST:
            line.below.append(self._before(deed.source, depth + 1))
        return line

    def _before(self, source: Source, depth: int) -> Line:
        """The value that was taken up again."""
        deed = self._deed(source.name, source.revision, up_to=True)
        if deed is None:
            return Line(source.name, "as it was then; who set it is not remembered any more")
        line = Line(f"{source.name}{'' if deed.value is None else f' = {_brief(deed.value)}'}", "")
        return self._of_deed(line, source.name, deed.origin, deed.at, deed.revision, depth)

    def _run(self, run: Run, depth: int, wrote: str | None = None) -> Line:
        took = f", took {display.span(run.end - run.start)}" if run.end is not None else ""
        ended = {"warned": "done with warnings", "running": "runs since"}.get(run.status, run.status)
        line = Line(run.step, f"{ended} {display.when(run.start, self._now)}{took}")
        if wrote is not None and wrote not in run.written and run.status != "running":
            line.rest += f", wrote {wrote} on its way"
        if run.id in self._told:
            line.rest += ", as above"
            return line
        self._told.add(run.id)
        verdict = self._standing.verdicts.get(run.step)
        known = self._standing.graph.steps.get(run.step)
        latest = None if known is None else known.done
        if latest is not None and latest.id != run.id and fingerprint(latest) == fingerprint(run):
            line.rest += "; has run again since, of the same inputs"
        elif latest is not None and latest.id != run.id:
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
            if edge.after == run.step:
                names = [name for name in (*edge.variables, *edge.names) if name in run.needs]
                by_step.setdefault(edge.before, []).extend(names)
        lines: list[Line] = []
        for step, names in by_step.items():
            done = self._standing.graph.steps[step].done
            if names and done is not None:
                line = Line(", ".join(names), "left in the kernel")
                line.below.append(self._run(done, depth + 1))
                lines.append(line)
        return lines

    def _by(self, origin: Origin, at: int) -> str:
        return f"{by_whom(origin)}, {display.when(at, self._now)}" if at else by_whom(origin)

    def _deed(self, name: str, revision: int | None, *, up_to: bool = False) -> Deed | None:
        """What the change ``revision`` (or the newest up to it, or of all) did, where it is remembered."""
        key = (name, revision, up_to)
        if key not in self._asked:
            self._asked[key] = self._ask(name, revision, up_to=up_to)
        return self._asked[key]

    def _ask(self, name: str, revision: int | None, *, up_to: bool) -> Deed | None:
        try:
            changes = self._runner.changes(name, revision)
            if not changes or (revision not in (None, changes[0].revision) and not up_to):
                return None
            label = changes[0].label
            restored = label is not UNSET and label.startswith("restore ")
            return deed_of(changes[0], name, self._runner.snapshots() if restored else ())
        except (SessionError, OSError):
            return None


def _brief(text: bytes) -> str:
    return "a value that was purged" if Raw(text) == PURGED else preview.brief(text, _WIDTH)


def _both(step: object) -> Iterator[Run]:
    for run in (getattr(step, "done", None), getattr(step, "run", None)):
        if isinstance(run, Run):
            yield run
