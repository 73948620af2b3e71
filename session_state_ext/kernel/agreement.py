"""What a bound name meant when it was last compared with its variable, and whether it means something else now."""

from __future__ import annotations

import json
import marshal
import types
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from session_state_ext import jsontext
from session_state_ext.errors import SessionError, TooLarge
from session_state_ext.wire import Limits

from . import values


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


#: Stands for the value of a name that is not there.
ABSENT: Final = _Absent()

#: An object of exactly one of these types is never another value later.
_FROZEN = frozenset(
    [int, float, str, bool, type(None), bytes, complex, range, Decimal, UUID, datetime, date, time, timedelta]
)


class Look(Struct, frozen=True):
    """A name's value, as it was looked at."""

    #: the object itself, ABSENT where the name is not there; kept, so that no other object can be taken for it
    value: Any
    #: its JSON text; None where it is not there or has none
    text: bytes | None = None
    #: why it cannot be written, a sentence
    why: str | None = None
    #: what does not come back as it went
    notes: tuple[str, ...] = ()
    #: the same object means the same text
    settled: bool = False
    #: equal for the same object means the same text; None where only the text tells
    mark: Any = None

    @property
    def there(self) -> bool:
        """Whether the name is there and can be written."""
        return self.text is not None


GONE: Final = Look(ABSENT, settled=True)


def look(name: str, value: Any, limits: Limits) -> Look:
    """What ``value`` is now. Never raises: whatever stands in the way of writing it is in ``why``."""
    if value is ABSENT:
        return GONE
    if isinstance(value, type | types.ModuleType | types.FunctionType):
        return Look(value, why=f"{name}: {values.why_not(value)}", settled=True)
    notes: list[str] = []
    try:
        text = values.encode(
            value, name, note=notes.append, most=limits.value_bytes, deep=limits.depth, digits=limits.digits
        )
    except TooLarge as error:
        return Look(value, why=error.message, settled=type(value) in _FROZEN, mark=_extent(value))
    except SessionError as error:
        # What is said of the value itself stays true of it; of a member it may not.
        about_itself = error.message.startswith(f"{name}: ")
        return Look(value, why=error.message, settled=about_itself and not isinstance(value, dict | list | Mapping))
    except Exception as error:  # of the value's own code, or because a thread changes it just now
        return Look(value, why=f"{name}: it cannot be read just now: {type(error).__name__}: {error}")
    settled = _is_frozen(value)
    return Look(value, text, notes=tuple(notes), settled=settled, mark=None if settled else _mark_of_json(value, text))


def is_as_before(before: Look, value: Any) -> bool:
    """Whether ``value`` is certainly what was looked at; False means that only its text can tell."""
    if value is not before.value:
        return False
    if before.settled:
        return True
    if before.mark is None:
        return _is_drawn(value)
    return bool((_mark(value) if before.there else _extent(value)) == before.mark)


def alike(one: bytes | None, other: bytes | None) -> bool:
    """Whether two texts mean the same value; None stands for no value."""
    if one is None or other is None:
        return one is other
    return one == other or jsontext.same(one, other)


def _is_frozen(value: Any) -> bool:
    kind = type(value)
    return kind in _FROZEN or (kind is tuple and all(type(member) in _FROZEN for member in value))


def _mark_of_json(value: Any, text: bytes) -> bytes | None:
    """A mark of dicts, lists, strings and numbers, which is made some ten times sooner than the text.

    Only where the value is nothing but these: marshal takes whatever has a buffer, an array too, for mere bytes.
    """
    if type(value) not in (dict, list):
        return None
    try:
        plain = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError):
        return None
    return _mark(value) if plain == text else None


def _mark(value: Any) -> bytes | None:
    try:
        # Version 2 writes no references, which would depend on who else holds a member.
        return marshal.dumps(value, 2)
    except ValueError:
        return None


def _extent(value: Any) -> Any:
    """How much there is of a value that is too large to be written: it is not read again until this changes."""
    for extent in ("nbytes", "shape", "__len__"):
        found = getattr(value, extent, None)
        if found is not None:
            return found() if callable(found) else found
    return None


def _is_drawn(value: Any) -> bool:
    """Whether this is a figure that nobody has drawn on since it was written: it says so itself."""
    return hasattr(type(value), "savefig") and getattr(value, "stale", True) is False
