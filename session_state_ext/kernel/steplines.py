"""``%session steps``, ``run`` and ``why``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from session_state_ext.spelling import pasted

from . import display, grammar
from .grammar import Mistake
from .session import Session


class StepLines:
    """Reads what follows these commands, asks the session, and shows what it answers."""

    def __init__(self, session: Session) -> None:
        self._session = session
        #: each command with what answers it
        self.commands: dict[str, Callable[[str], Any]] = {"steps": self._steps, "run": self._run, "why": self._why}

    def _steps(self, line: str) -> Any:
        if not line:
            return self._session.steps()
        word, *names = grammar.words(line)
        if word != "forget":
            raise Mistake(
                f"%session steps stands alone. To run a step: %session run {pasted(word)}; "
                f"to take one out of the list: %session steps forget {pasted(word)}"
            )
        if not names:
            raise Mistake("Name the step that is to go: %session steps forget train")
        gone = self._session.forget_steps(*map(grammar.checked, names))
        display.show(display.note(f"Forgotten: {', '.join(gone)}. What they wrote stays; whatever runs again is back."))
        return None

    def _run(self, line: str) -> None:
        said = grammar.read(line, "run", flags=["--stale", "--force"])
        stale = "--stale" in said.flags
        if not said.words and not stale:
            raise Mistake("Name a step: %session run train. What is not fresh: %session run --stale")
        self._session.run(*said.words, stale=stale, force="--force" in said.flags)

    def _why(self, line: str) -> Any:
        words = grammar.read(line, "why").words
        if len(words) != 1:
            raise Mistake("Name one variable: %session why loss")
        return self._session.why(grammar.checked(words[0]))
