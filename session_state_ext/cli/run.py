"""``jupyter session run``: a notebook from top to bottom, without a browser and without a server."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from msgspec import Struct

from session_state_ext.errors import NotFound, SessionError
from session_state_ext.kernel import credential
from session_state_ext.model import Run, Step, Variable

from . import parameters
from .command import INTERRUPTED, USAGE, HubCommand, Usage
from .execution import CellError, check_kernel, environment, execute, numbered
from .lookup import match, place, write
from .notebook import NotebookMissing, read, source_of, step_of
from .staleness import skippable
from .table import VARIABLE, plain, print_json, show, variable
from .visited import Visit, visited
from .wanted import Wanted

CELL_FAILED, UNKNOWN, INVALID, MISSING, TIMEOUT, WARNED = 3, 4, 5, 6, 7, 8

_CODES: dict[type[SessionError], int] = {
    parameters.UnknownParameter: UNKNOWN,
    parameters.InvalidParameter: INVALID,
    NotebookMissing: MISSING,
}
_ENDS = {
    "failed": CELL_FAILED,
    "died": CELL_FAILED,
    "timeout": TIMEOUT,
    "interrupted": INTERRUPTED,
    "unknown": UNKNOWN,
    "invalid": INVALID,
}


#: An option where a value should stand; no value of a parameter looks like that.
_OPTION = re.compile(r"--?(?!inf$|Infinity$)[A-Za-z]")


class Begun(Struct):
    """The session as the first cell finds it."""

    visit: Visit
    rows: dict[str, Variable]
    steps: dict[str, Step]


class Left(Struct):
    """What the cells left behind."""

    #: the sessions that they were in, by id, the last one last, each with what a person calls it
    sessions: dict[str, str]
    results: dict[str, Variable]
    #: the runs of steps, in the order in which they ended
    runs: list[Run]


class RunCommand(HubCommand):
    """Execute a notebook, and print what it wrote to its session.

    Parameters are set before the first cell. Of several values for one, -p and --set win over --params, --params over
    what the session has, that over what the notebook sets by default. Without a session a fresh one is used, and
    thrown away at the end.
    """

    name = "jupyter-session-run"
    examples = """
jupyter session run study.ipynb -p lr 0.01 -p epochs 5
jupyter session run study.ipynb out.ipynb --session sweep --params night.yaml --json

It ends with 0 if every cell succeeded, 1 where it could not begin, 2 where the line is wrong, 3 where a cell failed or
the kernel died, 4 for an unknown parameter, 5 for an invalid value, 6 where the notebook is missing, 7 for a time-out,
8 for a warning under --strict.
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("notebook", metavar="IN")
        parser.add_argument("output", metavar="OUT", nargs="?", help="where the executed notebook is written")
        parser.add_argument("--session", metavar="NAME", help="run in this session; made where there is none")
        parser.add_argument("--own", action="store_true", help="run in the notebook's own session")
        pair = ("NAME", "VALUE")
        parser.add_argument("-p", dest="pairs", nargs=2, action="append", metavar=pair, help="give a parameter a value")
        parser.add_argument("--set", dest="assigned", action="append", metavar="NAME=VALUE", help="the same")
        parser.add_argument("--params", metavar="FILE.yaml", help="parameters from a file")
        parser.add_argument("--strict", action="store_true", help="a warning fails the run")
        parser.add_argument("--stale", action="store_true", help="leave out the steps that are fresh")
        parser.add_argument("--timeout", type=_seconds, metavar="S", help="stop a cell that takes longer, in seconds")
        parser.add_argument("--kernel", metavar="NAME", help="default: the notebook's")
        parser.add_argument("--json", action="store_true", help="print the results for programs")

    def prepared(self, words: list[str]) -> list[str]:
        # So that a value may begin with a dash: -p lr -1e-3; and as people write it, too: -p lr=0.5
        ready, rest = [], list(words)
        while rest:
            word = rest.pop(0)
            if word not in ("-p", "--parameter"):
                ready.append(word)
            elif rest and "=" in rest[0] and not _OPTION.match(rest[0]):
                ready.append(f"--set={rest.pop(0)}")
            elif len(rest) < 2 or any(map(_OPTION.match, rest[:2])):
                self.fail(
                    "-p takes a name and a value: -p lr 0.5. Text that begins with a dash: -p note '\"-x\"'", USAGE
                )
            else:
                ready.append(f"--set={rest.pop(0)}={rest.pop(0)}")
        return ready

    def instead(self, option: str, words: list[str]) -> str:
        name, equals, value = option.lstrip("-").partition("=")
        following = words[words.index(option) + 1 :]
        given = value if equals else next((one for one in following[:1] if not _OPTION.match(one)), "...")
        return f". A parameter is given by --set: --set {shlex.quote(f'{name}={given}')}"

    def act(self, given: argparse.Namespace) -> None:
        try:
            self._run(given)
        except tuple(_CODES) as error:
            self.fail(error.message, _CODES[type(error)])

    def _run(self, given: argparse.Namespace) -> None:
        started = time.monotonic()
        if given.session and given.own:
            raise Usage("--session names one session, --own another. Give one of them.")
        path = Path(given.notebook)
        notebook = read(path)
        if given.output:
            _check_output(Path(given.output), path)
        check_kernel(given.kernel or notebook.metadata.get("kernelspec", {}).get("name"))
        values = parameters.given(given.assigned or [], given.params, self.limits(), say=_say)
        for doubt in parameters.doubts(given.assigned or [], values, notebook):
            _say(doubt)
        word = given.session or (place(str(path)) if given.own else os.environ.get(credential.SESSION))
        if given.stale and not word:
            _say("--stale leaves nothing out in a session that is thrown away. Name one: --session NAME, or --own.")
        stored = self.url()
        with tempfile.TemporaryDirectory(prefix="session-state-") as folder:
            if not word:
                # It has a store of its own, so that nothing of it can be left.
                self.store_url = f"sqlite:///{Path(folder) / 'sessions.db'}"
            used = Path(folder) / "used"
            wanted = Wanted.of(notebook, path.name, values)
            begun = asyncio.run(self._begin(path, notebook, word, wanted))
            numbers = numbered(notebook)
            places = parameters.inject(notebook, {name: bytes(row.value) for name, row in begun.rows.items()})
            skip = skippable(notebook, begun.steps, begun.rows) if given.stale else {}
            error = execute(
                notebook,
                path.absolute().parent,
                numbers={at: numbers[was] for at, was in places.items() if was in numbers},
                skip=skip,
                environment=environment(begun.visit.id, self.url(), used, stored),
                kernel=given.kernel,
                timeout=given.timeout,
                check=lambda at, where: self._check(places[at], where, visited(begun.visit, used, stored), wanted),
            )
            left = asyncio.run(self._end(visited(begun.visit, used, stored)))
        if given.output:
            _write(notebook, Path(given.output))
        skipped = [_name(notebook, at) for at in sorted(skip)]
        thrown = None if word else begun.visit.id
        self._report(given, begun, left, thrown, error, wanted.warnings, skipped, time.monotonic() - started)

    async def _begin(self, path: Path, notebook: Any, word: str | None, wanted: Wanted) -> Begun:
        """Check the parameters, then set them and the defaults that are missing, in one change."""
        async with self.opened(make=True) as hub:
            found = match(word, await hub.list(self.owner)) if word else None
            rows: dict[str, Variable] = {}
            if found is not None:
                async with hub.use(self.owner, found.session_id) as live:
                    rows = dict(live.rows)
            wanted.check(rows)
            try:
                written = await write(
                    hub, self.owner, word or path.stem, wanted.ops(notebook, rows), origin=self.origin(), new=True
                )
            except SessionError as error:
                raise parameters.InvalidParameter(error.message) from None
            session = written.session
            if word and not written.session.revision:
                await hub.describe(self.owner, session.id, name=session.name)
            async with hub.use(self.owner, session.id) as live:
                visit = Visit(session.id, live.session.revision, self.url())
                return Begun(visit, dict(live.rows), dict(live.steps))

    async def _check(self, at: int, where: str, visits: list[Visit], wanted: Wanted) -> None:
        """After a cell: do the parameters that were given still stand? Raises WrongParameter."""
        if not wanted.values:
            return
        now = visits[-1]
        async with self.opened(make=False, url=now.url) as hub, hub.use(self.owner, now.id) as live:
            other = None if now is visits[0] else (live.session.name or now.id)
            wanted.check_after(at, where, dict(live.rows), other)

    async def _end(self, visits: list[Visit]) -> Left:
        """What was written since; a run that did not come to its end is interrupted, because its kernel is gone."""
        left = Left({}, {}, [])
        for visit in visits:
            try:
                async with self.opened(make=False, url=visit.url) as hub:
                    runs = await hub.runs.of(self.owner, visit.id)
                    async with hub.use(self.owner, visit.id) as live:
                        left.sessions[visit.id] = live.session.name or visit.id
                        written = {name: row for name, row in live.rows.items() if row.revision > visit.revision}
            except NotFound:
                continue  # Somebody has deleted it.
            left.results |= written
            left.runs += [run for run in reversed(runs) if (run.revision or 0) > visit.revision]
        return left

    def _report(
        self,
        given: argparse.Namespace,
        begun: Begun,
        left: Left,
        thrown: str | None,
        error: CellError | None,
        replaced: list[str],
        skipped: list[str],
        seconds: float,
    ) -> None:
        warnings = [*replaced, *(f"{run.step}: {said}" for run in left.runs for said in run.warnings)]
        strict = given.strict and bool(warnings)
        now = next(reversed(left.sessions), None)
        if given.json:
            print_json(
                {
                    "notebook": given.notebook,
                    "output": given.output,
                    "session": None if now in (None, thrown) else {"sessionId": now, "name": left.sessions[now]},
                    "status": error.kind if error else ("warned" if warnings else "done"),
                    "parameters": {name: row.value for name, row in begun.rows.items()},
                    "results": {name: row.value for name, row in left.results.items()},
                    "runs": left.runs,
                    "skipped": skipped,
                    "warnings": warnings,
                    "error": error,
                    "seconds": round(seconds, 3),
                }
            )
        else:
            where = [
                "a session that was thrown away" if each == thrown else f"session {name}"
                for each, name in left.sessions.items()
            ]
            title = f"{Path(given.notebook).name} · {', then '.join(where)}"
            foot = "" if left.results else "Nothing was written to the session."
            if skipped:
                foot = f"Fresh and left out: {', '.join(skipped)}. {foot}".rstrip()
            show(VARIABLE, [variable(row) for row in left.results.values()], title=title, foot=foot)
        for said in warnings:
            _say(f"Warning: {said}")
        if error is not None:
            if error.traceback:
                _say("\n".join(map(plain, error.traceback.split("\n"))))
            self.fail(error.sentence, _ENDS[error.kind])
        if strict:
            self.fail("Every cell succeeded, but with warnings, and --strict was asked for.", WARNED)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _name(notebook: Any, at: int) -> str:
    step = step_of(source_of(notebook.cells[at]))
    return step.line.name if step else ""


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return seconds


def _check_output(output: Path, path: Path) -> None:
    """Raise Usage and SessionError where what was executed cannot be written there."""
    if output.exists() and output.samefile(path):
        raise Usage(f"{output} would be overwritten by what it is when executed. Write: {path} {path.stem}.out.ipynb")
    if not output.absolute().parent.is_dir():
        raise SessionError(f"{output} cannot be written: there is no such folder.")


def _write(notebook: Any, path: Path) -> None:
    import nbformat

    try:
        nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise SessionError(f"{path} cannot be written: {error.strerror}.") from None
