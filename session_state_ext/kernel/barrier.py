"""Before a cell: all that was typed elsewhere has arrived, or it is said that it has not."""

from __future__ import annotations

from typing import Any

from traitlets import Enum
from traitlets.config import Configurable

from . import display
from .line import BarrierAnswer
from .link import Link
from .outbox import as_text
from .sentences import invalid


class SessionState(Configurable):
    """``c.SessionState`` in ipython_config.py or ipython_kernel_config.py."""

    barrier = Enum(
        ["warn", "reject"],
        "warn",
        help="What happens to a cell when the session server does not answer in time: "
        "it runs on the last known state with a warning, or it is not run.",
    ).tag(config=True)


class Barrier:
    """The wait before each cell of one shell."""

    def __init__(self, shell: Any, link: Link) -> None:
        self._link = link
        #: what %config shows and sets
        self.policy = SessionState(parent=shell)
        #: the outage that was told of
        self._told = 0
        #: editors that did not answer the last time
        self._late: set[str] = set()

    def wait(self) -> str | None:
        """Wait, within bounds, and say what did not come; why the cell is not to run, where it is not."""
        answer = self._link.barrier()
        if answer is not None:
            self._say_of(answer)
        elif self.policy.barrier == "reject":
            return f"The cell was not run: {self._link.trouble}. Run it again when the session is back."
        elif self._told != self._link.outages and not self._link.early:
            self._told = self._link.outages
            display.warn(self._link.question or self._outage())
        return None

    def _outage(self) -> str:
        trouble = (self._link.trouble or "nobody answers").removesuffix(".")
        if self._link.unfounded:
            return f"Session: {trouble}. Cells run; what you write is in this kernel only until that is put right."
        return (
            f"Session: {trouble}. Cells run on the state that was last known; what you write is kept here and sent "
            "when it is back."
        )

    def _say_of(self, answer: BarrierAnswer) -> None:
        for field in answer.invalid:
            box = self._link.written(field.name)
            display.warn(invalid(field.name, field.text, None if box is None else as_text(box.value)))
        if set(answer.late) - self._late:
            display.warn("Session: a panel did not answer in time; what is being typed there is not in this run.")
        # One that stays away is told of once.
        self._late = set(answer.late)
