"""``%session history``, ``undo`` and the other lines that ask for the past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from session_state_ext.errors import NotFound
from session_state_ext.spelling import pasted

from . import display, grammar
from .grammar import Mistake
from .past import PAGE
from .session import Session


class PastLines:
    """Reads what follows these commands, asks the session, and shows what it answers."""

    def __init__(self, session: Session) -> None:
        self._session = session
        #: each command with what answers it
        self.commands: dict[str, Callable[[str], Any]] = {
            "history": self._history,
            "undo": self._undo,
            "redo": self._redo,
            "diff": self._diff,
            "snapshot": self._snapshot,
            "restore": self._restore,
            "purge": self._purge,
        }

    def _history(self, line: str) -> Any:
        said = grammar.read(line, "history", values=["--before", "--limit"])
        if len(said.words) > 1:
            raise Mistake(f"Name one variable, or none: %session history {self._one(said.words) or 'lr'}")
        name = grammar.checked(said.words[0]) if said.words else None
        limit = said.number("--limit")
        return self._session.history(name, limit=PAGE if limit is None else limit, before=said.number("--before"))

    def _one(self, words: list[str]) -> str | None:
        """The variable whose name these words are, in quotes."""
        name = " ".join(words)
        return pasted(name) if name in self._session else None

    def _undo(self, line: str) -> None:
        said = grammar.read(line, "undo", flags=["--force"])
        if len(said.words) > 1:
            raise Mistake("Give one revision, or none for the newest change made here: %session undo 12")
        revision = self._number(said.words[0]) if said.words else None
        display.show(self._session.undo(revision, force="--force" in said.flags))

    def _number(self, word: str) -> int:
        if word in self._session:
            raise Mistake(f"undo takes a revision's number. The changes of {word}: %session history {pasted(word)}")
        return grammar.whole(word, f"{word} is not a revision's number. Write: %session undo 12; see %session history")

    def _redo(self, line: str) -> None:
        said = grammar.read(line, "redo", flags=["--force"])
        if said.words:
            raise Mistake(
                "redo takes back the newest undo and takes no number; to take back a change: %session undo 12"
            )
        display.show(self._session.redo(force="--force" in said.flags))

    def _diff(self, line: str) -> Any:
        words = self._together(grammar.read(line, "diff").words)
        if not 1 <= len(words) <= 2:
            raise Mistake(
                "Give one revision or snapshot to compare with what stands now, or two: %session diff 12, "
                "%session diff 12 15, %session diff good. A snapshot's name with a space needs quotes."
            )
        return self._session.diff(*map(_revision_or_name, words))

    def _together(self, words: list[str]) -> list[str]:
        """``before sweep`` as the one name that it is, where there is a snapshot of that name and none of its parts."""
        if len(words) < 2 or all(map(_is_number, words)):
            return words
        known = {one.name for one in self._session.snapshots()}

        def fits(parts: list[str]) -> bool:
            return all(part in known or _is_number(part) for part in parts)

        ways = [words, [" ".join(words)]]
        ways += ([" ".join(words[:at]), " ".join(words[at:])] for at in range(1, len(words)))
        return next((parts for parts in ways if len(parts) <= 2 and fits(parts)), words)

    def _snapshot(self, line: str) -> Any:
        said = grammar.read(line, "snapshot", flags=["--delete"])
        name = " ".join(said.words)
        if "--delete" in said.flags:
            if not name:
                raise Mistake("Name the snapshot: %session snapshot NAME --delete")
            self._session.forget(name)
            display.show(display.note(f"There is no snapshot {name} any more; its revision is still in the history."))
            return None
        if not name:
            return self._session.snapshots()
        display.show(self._session.snapshot(name))
        return None

    def _restore(self, line: str) -> None:
        said = grammar.read(line, "restore", flags=["--force"])
        name = " ".join(said.words)
        if not name:
            raise Mistake("Say where to: %session restore NAME, or a revision. The snapshots: %session snapshot")
        display.show(self._session.restore(_revision_or_name(name), force="--force" in said.flags))

    def _purge(self, line: str) -> None:
        said = grammar.read(line, "purge", flags=["--yes"])
        if len(said.words) != 1:
            raise Mistake(f"Name one variable: %session purge {self._one(said.words) or 'token'}")
        name = grammar.checked(said.words[0])
        if "--yes" in said.flags:
            display.show(self._session.purge(name))
            return
        try:
            self._session.history(name, limit=1)
        except NotFound as error:
            raise Mistake(error.message) from None
        stays = (
            f" The value that {name} has now stays; if that has to go, first: %session del {pasted(name)}"
            if name in self._session
            else ""
        )
        display.show(
            display.note(
                f"Nothing was removed yet. %session purge {pasted(name)} --yes removes every earlier value of {name} "
                f"from history, snapshots and runs, for good: no undo or restore brings one back.{stays}"
            )
        )


def _revision_or_name(word: str) -> int | str:
    return int(word) if _is_number(word) else word


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 16
