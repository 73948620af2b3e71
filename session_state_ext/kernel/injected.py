"""Parameters that papermill puts into a notebook: they become variables of the session, and win over what it has.

Only in a kernel without a server. papermill says nothing of itself to the kernel, so its cell is known by its form:
the comment ``# Parameters``, then one assignment a line, and a line's end behind the last, which an editor leaves out.
The notebook's own cell, which stands before it, says by comments and annotations what the parameters are.
"""

from __future__ import annotations

import ast
from typing import Any

from session_state_ext.errors import SessionError
from session_state_ext.names import is_safe

from . import display
from .session import Session

_HEAD = "# Parameters\n"


class Injected:
    """Watches the cells of one shell for papermill's."""

    def __init__(self, shell: Any, session: Session) -> None:
        self._shell, self._session = shell, session

    def attach(self) -> None:
        """Begin to watch."""
        self._shell.events.register("post_run_cell", self.post_run_cell)

    def look_back(self) -> None:
        """Take over what was put in before the extension was loaded: papermill's cell may be the very first.

        IPython's history has no line's ends, so that of several cells of this form the last one counts: papermill
        puts its cell behind the notebook's own.
        """
        before = [f"{raw}\n" for raw in self._shell.history_manager.input_hist_raw[1:]]
        if of_papermill := [at for at, raw in enumerate(before) if injected_names(raw)]:
            at = of_papermill[-1]
            self._take(before[at], before[at - 1] if at else "")

    def detach(self) -> None:
        """Watch no more."""
        self._shell.events.unregister("post_run_cell", self.post_run_cell)

    def post_run_cell(self, result: Any) -> None:
        """IPython's hook."""
        if result is not None and result.success:
            earlier = self._shell.history_manager.input_hist_raw[1:-1]
            self._take(result.info.raw_cell, earlier[-1] if earlier else "")

    def _take(self, raw: str, own: str) -> None:
        """``own`` is the cell before, which may be the notebook's own parameters."""
        names = [name for name in injected_names(raw) if is_safe(name) and name in self._shell.user_ns]
        if not names:
            return
        try:
            self._session.update({name: self._shell.user_ns[name] for name in names})
            self._session.describing(own, names)
        except SessionError as error:
            display.warn(f"Session: the parameters of this notebook are not in it. {error.message}")


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
