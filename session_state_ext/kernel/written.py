"""What an edit makes of a variable, as it waits: a value, members of one, or none."""

from __future__ import annotations

import json
from typing import Any, Final

from msgspec import Struct

from session_state_ext.differences import composed
from session_state_ext.errors import SessionError
from session_state_ext.patches import patch_value


class _Deleted:
    def __repr__(self) -> str:
        return "DELETED"


#: Stands for the value of a variable that is taken away.
DELETED: Final = _Deleted()


class Patched(Struct, frozen=True):
    """Members of a variable, written by themselves."""

    #: a JSON patch (RFC 6902)
    patch: bytes
    #: the whole value that it came to where it was made, and the one it was made of
    value: bytes
    before: bytes


#: What an edit makes of a variable: JSON text, a plain number or short string (see values.is_plain), Patched, DELETED.
Written = Any


def as_text(written: Written) -> bytes:
    """The JSON text of what was written; not for DELETED."""
    if type(written) is bytes:
        return written
    return written.value if type(written) is Patched else json.dumps(written, ensure_ascii=False).encode("utf-8")


def lay(edits: dict[str, Written], name: str, patched: Patched) -> None:
    """Add ``patched`` to ``edits``, as one edit with what they have of this variable already."""
    old = edits.get(name)
    if name not in edits or old is DELETED:
        edits[name] = patched
    elif type(old) is Patched:
        edits[name] = Patched(composed(old.patch, patched.patch), patched.value, old.before)
    else:
        edits[name] = patched.value


def bytes_of(written: Written) -> int:
    """About how much a frame has of it."""
    if type(written) is Patched:
        return len(written.patch)
    return len(written) if type(written) is bytes else 64


def fits(patched: Patched, value: bytes) -> bool:
    """Whether the patch can be made of this value."""
    return laid(patched, value) is not None


def laid(patched: Patched, value: bytes) -> bytes | None:
    """What the patch makes of a value; None where it does not fit."""
    try:
        return patch_value(value, patched.patch)
    except SessionError:
        return None
