"""Cells of parameters in a notebook that papermill, nbconvert or ``jupyter execute`` runs: they become variables.

What papermill puts in wins over what the session has, what the notebook's own cell assigns fills in what is missing;
where the session has a value, the cell's name gets it. Only in a kernel without a server, and only where nobody sits
at the cells: to whoever edits and runs a cell it is a cell like any other.

papermill says nothing of itself to the kernel, so its cell is known by its form: the comment ``# Parameters``, then one
assignment a line, and a line's end behind the last, which an editor leaves out.
"""

from __future__ import annotations

import ast
import linecache
from typing import Any

from session_state_ext.errors import SessionError
from session_state_ext.names import is_safe

from . import display, values
from .agreement import alike
from .link import Link
from .namespace import Namespace
from .outbox import as_text
from .parameters import Parameter, is_headed, plain
from .sentences import SessionMistake
from .session import Session

_HEAD = "# Parameters\n"


class Injected:
    """Watches the cells of one shell for parameters."""

    def __init__(self, shell: Any, link: Link, session: Session, names: Namespace) -> None:
        self._shell, self._link, self._session, self._names = shell, link, session, names
        #: what papermill put in, by name
        self._given: dict[str, Any] = {}
        #: that of it which the session has not taken
        self._open: dict[str, Any] = {}

    def attach(self) -> None:
        """Begin to watch."""
        self._shell.events.register("post_run_cell", self.post_run_cell)

    def look_back(self) -> None:
        """Take over what ran before the extension was loaded: papermill's cell may be the very first.

        Raises SessionMistake where the session does not take it: the cell that loads may go on with it.
        """
        if not is_unattended(self._shell):
            return
        before = ""
        for raw in map(self._as_sent, self._shell.history_manager.input_hist_raw[1:]):
            self._take(raw, before)
            before = raw
        why = self.refusal()
        if why is not None:
            raise SessionMistake(why)

    def detach(self) -> None:
        """Watch no more."""
        self._shell.events.unregister("post_run_cell", self.post_run_cell)

    def post_run_cell(self, result: Any) -> None:
        """IPython's hook."""
        if result is not None and result.success and is_unattended(self._shell):
            earlier = self._shell.history_manager.input_hist_raw[1:-1]
            self._take(result.info.raw_cell, earlier[-1] if earlier else "")

    def refusal(self) -> str | None:
        """Why no cell may run: the session does not have, or does not allow, what papermill put in."""
        try:
            if self._open:
                # What is declared is known only then.
                self._link.known()
                self._session.update(self._open)
                self._open = {}
            wrong = next((why for name in self._given if (why := self._invalid(name)) is not None), None)
        except SessionError as error:
            wrong = error.message
        return None if wrong is None else f"No cell is run with the parameters that were put in: {wrong}"

    def _invalid(self, name: str) -> str | None:
        """Why its declaration, which may be in a cell below papermill's, does not allow what was put in."""
        return self._session.invalid(name) if self._session.get(name) == self._given[name] else None

    def _as_sent(self, raw: str) -> str:
        """A cell with the line's end that IPython's history leaves out; the kernel names its code by all of it."""
        whole = f"{raw}\n"
        name, other = (self._shell.compile.get_code_name(text, text, 0) for text in (whole, raw))
        return whole if name != other and name in linecache.cache else raw

    def _take(self, raw: str, before: str) -> None:
        """``before`` is the cell above, which may be the notebook's own parameters."""
        given = [name for name in injected_names(raw) if is_safe(name) and name in self._names]
        if given:
            self._given = {name: self._names[name] for name in given}
            self._open = dict(self._given)
            if self.refusal() is None:
                own = self._own(before)
                self._describe(before, given)
                if is_headed(before) or any(one.name in given for one in own):
                    self._fill_in(before, [one for one in own if one.name not in given])
        elif is_headed(raw):
            self._fill_in(raw, self._own(raw))

    def _own(self, raw: str) -> list[Parameter]:
        return [one for one in plain(self._shell.transform_cell(raw)) if is_safe(one.name)]

    def _fill_in(self, raw: str, own: list[Parameter]) -> None:
        """What a cell of the notebook assigns is what counts where the session has no value."""
        said: list[str] = []
        missing: dict[str, Any] = {}
        try:
            self._link.known()
            for one in filter(self._still, own):
                box = self._link.written(one.name)
                if box is None:
                    missing[one.name] = one.value
                elif (line := self._names.place(one.name, as_text(box.value))) is not None:
                    said.append(line)
            self._session.update(missing)
        except SessionError as error:
            display.warn(f"Session: the parameters of this notebook are not in it. {error.message}")
            return
        display.lines(said)
        self._describe(raw, [*missing])

    def _still(self, one: Parameter) -> bool:
        """Whether its name means what the cell has assigned: a cell below may have run before we looked."""
        try:
            mine, said = (values.encode(each, one.name) for each in (self._names.get(one.name), one.value))
        except SessionError:
            return False
        return one.name in self._names and alike(mine, said)

    def _describe(self, raw: str, names: list[str]) -> None:
        try:
            self._session.describing(raw, names)
        except SessionError as error:
            display.warn(f"Session: the parameters of this notebook are not described. {error.message}")


def is_unattended(shell: Any) -> bool:
    """Whether the cell that runs was sent by a program that takes no input and does not say which cell it is.

    Those that people sit at do; jupyter session run says it too, and has seen to parameters by itself.
    """
    parent = getattr(shell, "parent_header", None)
    if not isinstance(parent, dict) or "content" not in parent:
        return False
    return not parent["content"].get("allow_stdin", True) and "cellId" not in parent.get("metadata", {})


def injected_names(raw: str) -> list[str]:
    """The names which papermill's cell assigns; none for any other cell."""
    if not raw.startswith(_HEAD) or not raw.endswith("\n"):
        return []
    try:
        body = ast.parse(raw).body
    except SyntaxError:
        return []
    names = [
        target.id
        for statement in body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]
    return names if len(names) == len(body) else []
