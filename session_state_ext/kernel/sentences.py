"""What is said: exceptions that show as the sentence they are, and the lines above and below a cell's output."""

from __future__ import annotations

from IPython.core.error import InputRejected
from msgspec import UNSET

from session_state_ext.errors import SessionError
from session_state_ext.wire import Overwritten

from . import display, preview
from .outbox import Refusal


class Sentence:
    """Mixed into an exception: it is shown as the sentence it is, not as a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class SessionMistake(Sentence, SessionError):
    """Something was asked of the session that it cannot do."""

    code = "mistake"


class CellRejected(Sentence, InputRejected):
    """The cell was not run."""


def overwritten(one: Overwritten, client: str) -> str:
    """What to say of it in the kernel that is this ``client``."""
    who = display.by(one.origin)
    if one.origin.kind == "cell" and one.origin.client not in (None, client):
        who = who.replace("cell", "a cell of another kernel", 1)
    if one.theirs is UNSET:
        return f"{one.name}: {who} deleted it in the meantime; this cell's value stands."
    return (
        f"{one.name}: this cell's value replaces {preview.value(bytes(one.theirs), 40)}, which {who} wrote meanwhile."
    )


def refused(one: Refusal) -> str:
    if one.spec is not None:
        return f"{one.name}: its declaration was not taken: {one.message.removeprefix(f'{one.name}: ')}"
    value = "deleting it" if one.value is None else f"{preview.value(one.value, 40)}"
    if one.theirs is not None:
        return (
            f"{one.name}: {value} was not taken, somebody else wrote {preview.value(one.theirs, 40)} in the meantime."
        )
    return f"{one.name}: {value} was not taken: {one.message.removeprefix(f'{one.name}: ')}"


def invalid(name: str, text: str, stands: bytes | None) -> str:
    """A field of an editor holds what is no value; the cell ran with what stands."""
    if stands is None:
        return f"{name}: {text!r} is not a value; ran without {name}"
    what = "a number" if preview.kind(stands) in ("int", "float") else "a value"
    return f"{name}: {text!r} is not {what}, ran with {preview.value(stands, 40)}"
