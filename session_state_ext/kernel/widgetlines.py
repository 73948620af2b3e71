"""``%session widget`` and ``%session form``: controls in the notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import grammar
from .grammar import Mistake
from .session import Session


class WidgetLines:
    """The lines of one shell."""

    def __init__(self, session: Session) -> None:
        self._session = session
        #: each command with what answers it
        self.commands: dict[str, Callable[[str], Any]] = {"widget": self._widget, "form": self._form}

    def _widget(self, line: str) -> Any:
        names = grammar.of_session(grammar.read(line, "widget").words, self._session)
        if len(names) != 1:
            raise Mistake("Name one variable: %session widget lr. Of several: %session form lr epochs")
        return self._session.widget(names[0])

    def _form(self, line: str) -> Any:
        return self._session.form(*grammar.of_session(grammar.read(line, "form").words, self._session))
