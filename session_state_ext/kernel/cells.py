"""What happens around every cell: the barrier before it, the saving after it, and a step's beginning and end."""

from __future__ import annotations

import ast
import logging
import re
import sys
import threading
from collections.abc import Callable
from functools import cached_property, partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from session_state_ext.errors import SessionError
from session_state_ext.freshness import source_hash
from session_state_ext.wire import SaidOrigin

from . import display, idle, quietcells, values
from .barrier import Barrier
from .calls import offered
from .copies import Slip, slips
from .grammar import Mistake, StepLine, step_line
from .identity import kernel_id
from .lazy import ATTRIBUTE, body_of, near_step, step_of
from .link import Link
from .namespace import Namespace
from .sentences import CellRejected, SessionMistake, overwritten, refused
from .session import Session

if TYPE_CHECKING:
    from .binding import Binding
    from .marks import Watched
    from .steps import Step, Steps

_log = logging.getLogger(__name__)

#: Magics that take names away without anybody having named them.
_CLEARS = re.compile(r"^\s*(%reset(_selective)?\b|reset(_selective)? +-\w)", re.M)


class Cell:
    """One cell that runs."""

    def __init__(self, raw: str | None, cell_id: str | None) -> None:
        #: None where it was running already when the extension was loaded
        self.raw = raw
        self.id = cell_id
        #: a step's, with its first line
        self.tree: ast.Module | None = None
        self.step: Step | None = None
        #: outputs that say so themselves when the step binds them
        self.watched: Watched | None = None
        self.rejected: str | None = None
        #: where it changes what is a copy
        self.slips: list[tuple[Slip, Session]] = []
        self.origin = SaidOrigin(kind="cell", cell=cell_id)
        #: who made the edits before it, where it runs inside another one
        self.outer: SaidOrigin | None = None
        #: IPython announces neither its beginning nor its end
        self.quiet = False


class Cells:
    """The hooks of one shell."""

    def __init__(self, shell: Any, link: Link, session: Session, names: Namespace) -> None:
        self._shell, self._link, self._session, self._names = shell, link, session, names
        self._barrier = Barrier(shell, link)
        self._told = False
        self._notes: list[str] = []
        self._introduced = self._looked_back = False
        self._refusal: Callable[[], str | None] = lambda: None
        # One stack a thread: a subshell runs cells beside the main one.
        self._local = threading.local()
        session.noting(self._notes.append)
        session.binding(lambda: self.binding)
        session.between_cells(idle.soon(shell, lambda: self.current is not None, partial(session.tell, idle=True)))

    @cached_property
    def steps(self) -> Steps:
        """The steps of this kernel; a notebook without any does not wait for what they import."""
        from .steps import Steps

        return Steps(self._link, self._session, self._names)

    @cached_property
    def binding(self) -> Binding:
        """The names of this kernel that are kept equal with variables; made where there are any."""
        from .binding import Binding

        return Binding(self._link, self._session, self._names)

    @property
    def _bound(self) -> Binding | None:
        """The bound names, where there are any or this notebook's last kernel had some."""
        remembered = self._link.remembered
        has = "binding" in self.__dict__ or (remembered is not None and bool(remembered.names))
        return self.binding if has else None

    def attach(self) -> None:
        """Begin to watch cells."""
        self._shell.events.register("pre_run_cell", self.pre_run_cell)
        self._shell.events.register("post_run_cell", self.post_run_cell)
        self._shell.events.register("post_execute", self.post_execute)
        self._shell.ast_transformers.append(self)
        self._shell.configurables.append(self._barrier.policy)
        self._offer()
        if _nested(self._shell):
            self._stack().append(Cell(None, _cell_id(self._shell, None)))
            self._link.origin = self._stack()[-1].origin

    def _offer(self) -> None:
        """``session_state`` and ``session``, where those names are free: at the start, and again after a %reset."""
        names = self._shell.user_ns
        free = {name: self._session for name in ("session_state", "session") if name not in names}
        if free:
            # Hidden from %who, like everything that was there before the user's first name.
            self._shell.push(free, interactive=False)

    def detach(self) -> None:
        """Watch no more."""
        self._shell.events.unregister("pre_run_cell", self.pre_run_cell)
        self._shell.events.unregister("post_run_cell", self.post_run_cell)
        self._shell.events.unregister("post_execute", self.post_execute)
        self._shell.ast_transformers[:] = [one for one in self._shell.ast_transformers if one is not self]
        self._shell.configurables.remove(self._barrier.policy)

    def refusing(self, refusal: Callable[[], str | None]) -> None:
        """No cell runs while ``refusal`` says why, in a sentence."""
        self._refusal = refusal

    def _stack(self) -> list[Cell]:
        if not hasattr(self._local, "cells"):
            self._local.cells = []
        cells: list[Cell] = self._local.cells
        return cells

    @property
    def current(self) -> Cell | None:
        """The innermost cell that runs on this thread."""
        stack = self._stack()
        return stack[-1] if stack else None

    # --- before ---

    def pre_run_cell(self, info: Any) -> None:
        """IPython's hook."""
        try:
            self._enter(info)
        except Exception as error:
            self._broken(error)

    def _broken(self, error: Exception) -> None:
        """The hooks must never stand in the way of a cell: a fault of theirs is told once."""
        if not self._told:
            self._told = True
            display.warn(f"Session: an error of the extension's own, {type(error).__name__}: {error}. Cells run on.")
        _log.debug("a hook failed", exc_info=error)

    def _enter(self, info: Any) -> None:
        nested = _nested(self._shell)
        if not nested:
            self._stack().clear()
        cell = Cell(info.raw_cell, _cell_id(self._shell, info))
        self._stack().append(cell)
        if nested:
            cell.outer = self._link.origin
            return
        self._offer()
        self._link.origin = cell.origin
        try:
            cell.rejected = self._barrier.wait() or self._refusal()
        except KeyboardInterrupt:
            # IPython would swallow it and run the cell.
            cell.rejected = "Interrupted while waiting for the session; the cell was not run."
        if cell.rejected is None and self._bound is not None:
            display.lines(self._bound.take_in())
        if cell.rejected is None:
            self._look_back()
            self._session.tell()

    def _look_back(self) -> None:
        """Once, as soon as the session is known: what the last process of this kernel has left on its way."""
        if not self._looked_back and self._link.replica.known:
            self._looked_back = True
            self._session.loops_of_before()

    def visit(self, node: ast.Module) -> ast.Module:
        """IPython's AST transformation: where a cell can be refused, and where its body is seen."""
        line = step_of(node)
        if line is not None:
            self._enter_quietly()
        cell = self.current
        if cell is not None:
            if cell.rejected is not None:
                raise CellRejected(cell.rejected)
            try:
                self._names.rebinding(node)
                if line is not None and cell.step is None:
                    cell.tree = node
                    self._watch(cell, node, line)
                cell.slips += slips(node, self._shell.user_ns)
            except Exception as error:  # IPython would take this transformer out
                self._broken(error)
        return node

    def _enter_quietly(self) -> None:
        """A step is about to run; where it is in a notebook behind ``%run``, nobody has said so."""
        found = quietcells.innermost()
        if found is not None:
            cell = Cell(found.raw, None)
            cell.quiet, cell.outer = True, self._link.origin
            self._stack().append(cell)

    def _watch(self, cell: Cell, node: ast.Module, line: str) -> None:
        """Have a step's body say so when it binds an output whose value alone would not tell."""
        try:
            outputs = step_line(line).outputs
        except SessionError:
            return  # the line says what is wrong with it when it runs
        from .marks import watch

        names = self._shell.user_ns
        cell.watched = watch(node, {name: names[name] for name in outputs if name in names}, _report)

    def bound(self, name: str) -> None:
        """The step's body, as :meth:`_watch` left it, has bound ``name``."""
        if self.current is not None and self.current.watched is not None:
            self.current.watched.bound.add(name)

    # --- a step ---

    def begin_step(self, line: StepLine) -> None:
        """The first line of a step's cell has run. Raises what Steps.begin does."""
        from .marks import Watched
        from .recipes import CellRecipe
        from .steps import Body

        cell = self.current
        source = body_of(cell.raw) if cell is not None and cell.raw is not None else None
        if cell is None or source is None:
            raise Mistake(
                f"A step is a whole cell: begin the cell with %%session step {line.name} (two %), the body below it."
            )
        if cell.step is not None:
            raise Mistake(f"This cell is the step {cell.step.line.name} already; a cell is one step.")
        tree = None if cell.tree is None else ast.Module(body=cell.tree.body[1:], type_ignores=[])
        assert cell.raw is not None
        recipe = CellRecipe(line=line, source=source_hash(source), tree=tree, raw=cell.raw, cell=cell.id)
        cell.step = self.steps.begin(
            line, Body(source, tree, cell.watched or Watched(set()), cell.id, kernel_id()), recipe
        )
        cell.step.clock()
        display.show(*map(display.note, cell.step.said))

    def _end_step(self, cell: Cell, step: Step, result: Any) -> None:
        error: BaseException | None = KeyboardInterrupt()
        if result is not None:
            error = result.error_before_exec or result.error_in_exec
        outcome = self.steps.end(step, error, self._line_of(error))
        if self._bound is not None:
            self._bound.hold(name for name in step.line.outputs if name not in outcome.run.written)
        display.warn(*outcome.warnings)
        display.show(*map(display.note, outcome.notes))
        if outcome.error is not None and result is not None:
            # The cell as a whole has failed: the front end stops Run All, nbclient raises.
            failed = SessionMistake(outcome.error.message)
            result.error_in_exec = failed
            self._shell.last_execution_succeeded = False
            if step.line.name not in self.steps.called:
                self._shell.showtraceback((SessionMistake, failed, None))

    def _line_of(self, error: BaseException | None) -> int | None:
        """The cell's line in which the error came up."""
        trace = None if error is None else error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_globals is self._shell.user_ns:
                return trace.tb_lineno
            trace = trace.tb_next
        return getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None

    # --- after ---

    def post_execute(self) -> None:
        """IPython's hook, which comes after silent cells, too."""
        cell, found = self.current, quietcells.innermost()
        if cell is not None and cell.quiet and found is not None and found.raw is cell.raw:
            self._end(cell, found.result)

    def post_run_cell(self, result: Any) -> None:
        """IPython's hook."""
        stack = self._stack()
        if not stack:
            return
        cell = stack[-1]
        if result is not None and cell.raw is not None and result.info.raw_cell != cell.raw:
            return  # an empty cell, which had no beginning
        self._end(cell, result)

    def _end(self, cell: Cell, result: Any) -> None:
        stack = self._stack()
        stack.pop()
        try:
            self._session.loops_ended(None if result is None else result.error_in_exec)
            try:
                if cell.step is not None:
                    self._end_step(cell, cell.step, result)
            finally:
                self._link.origin = cell.outer or cell.origin
            if not stack:
                self._leave(cell, result)
        except KeyboardInterrupt:
            display.warn("Session: interrupted while saving; it goes on in the background.")
        except Exception as error:
            self._broken(error)

    def _leave(self, cell: Cell, result: Any) -> None:
        said = self._write_back(cell)
        if threading.current_thread() is threading.main_thread():
            self._session.tell()
        if not self._link.flush() and self._link.usable:
            waiting = ", ".join(sorted(self._link.replica.outbox.names)[:5])
            why = f" ({self._link.waits.rstrip('.')})" if self._link.waits else ""
            display.warn(f"Session: not saved yet: {waiting}{why}. It goes on in the background.")
        happened, refusals, conflicts = self._link.news()
        if self._bound is not None:
            self._bound.refused(refusals)
        client = self._link.replica.outbox.client
        display.warn(*happened, *map(refused, refusals), *(overwritten(one, client) for one in conflicts))
        display.lines(said)
        copied = (slip.told(session) for slip, session in cell.slips)
        notes, self._notes[:] = [*self._notes, *(said for said in copied if said is not None)], []
        display.show(*map(display.note, notes))
        if (near := near_step(cell.raw or "")) is not None:
            display.warn(near)
        self._introduce()
        self._hint(result)

    def _taken(self, error: BaseException | None) -> str | None:
        """What to say where the notebook has given the name ``session`` to something else, which is no session."""
        other = self._shell.user_ns.get("session", self._session)
        if other is self._session or isinstance(other, Session) or not _asks(error):
            return None
        named = type(other).__name__
        if f"'{named}' object" not in str(error):
            return None
        return (
            f"session is {values.article(named)} in this notebook. The session is session_state, too; "
            "to have the name back: del session"
        )

    def _write_back(self, cell: Cell) -> list[str]:
        """What the cell has changed of bound names goes into the session, however it ended; lines to show."""
        if self._bound is None:
            return []
        cleared = _CLEARS.search(cell.raw or "") is not None or "session_state" not in self._shell.user_ns
        return self._bound.write_back(cleared=cleared)

    def _introduce(self) -> None:
        if not self._introduced and self._link.replica.known:
            self._introduced = True
            if self._link.unkept:
                display.show(display.note(self._link.unkept))

    def _hint(self, result: Any) -> None:
        error = None if result is None else result.error_in_exec
        if (said := self._taken(error)) is not None:
            display.show(display.note(said))
        name = getattr(error, "name", None) if isinstance(error, NameError) else None
        if name and self._link.replica.known and name in self._link.names():
            how = f'session["{name}"], or %session pull {name}'
            display.show(display.note(f"{name} is a variable of the session: {how}"))


def _asks(error: BaseException | None) -> bool:
    """Whether it may come of something that was asked of another object for the session."""
    if isinstance(error, AttributeError):
        return getattr(error, "name", None) in offered(Session)
    return (
        isinstance(error, TypeError) and re.search("subscriptable|item (assignment|deletion)", str(error)) is not None
    )


def _report(name: str) -> ast.expr:
    return ast.parse(f"get_ipython().{ATTRIBUTE}.cells.bound({name!r})", mode="eval").body


def _nested(shell: Any) -> bool:
    """Whether a cell is running on this thread already."""
    code = type(shell).run_code.__code__
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is code:
            return True
        frame = frame.f_back
    return False


def _cell_id(shell: Any, info: Any) -> str | None:
    found = getattr(info, "cell_id", None)
    if found is None:
        header = getattr(shell, "parent_header", None)
        metadata = header.get("metadata") if isinstance(header, dict) else None
        found = metadata.get("cellId") if isinstance(metadata, dict) else None
    return str(found)[:128] if found else None
