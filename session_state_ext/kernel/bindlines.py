"""``%session bind``: names of the notebook that are kept equal with their variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from session_state_ext.spelling import nearest

from . import display, grammar
from .grammar import Mistake
from .link import Link
from .namespace import Namespace
from .session import Session


class BindLines:
    """The lines of one shell."""

    def __init__(self, session: Session, link: Link, names: Namespace) -> None:
        self._session, self._link, self._names = session, link, names
        self.commands: dict[str, Callable[[str], Any]] = {"bind": self._bind, "unbind": self._unbind}

    def _unbind(self, line: str) -> None:
        self._off([grammar.checked(word) for word in grammar.read(line, "unbind").words])

    def _bind(self, line: str) -> None:
        found = grammar.read(line, "bind", flags=["--force"])
        off = [at for at, word in enumerate(found.words) if word == "off"]
        force = "--force" in found.flags
        if off and force:
            raise Mistake("bind off has no --force: %session bind off lr")
        names = [grammar.checked(word) for word in found.words if word != "off"]
        if not off:
            self._session.bind(*names, force=force)
            display.show(display.note(self._session.binds()))
            display.lines([*map(self._not_there, self._absent(names))])
            return
        self._off(names)

    def _off(self, names: list[str]) -> None:
        self._session.unbind(*names)
        display.show(display.note(self._session.binds()))

    def _absent(self, names: list[str]) -> list[str]:
        known = self._link.names()
        return [name for name in names if name not in known and name not in self._names]

    def _not_there(self, name: str) -> str:
        meant = nearest(name, self._link.names())
        return f"{name} is neither a variable nor a name of this notebook yet; it is bound when it comes.{meant}"
