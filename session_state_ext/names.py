"""Which strings can name a variable or a session, which are safe for a namespace, and why not."""

from __future__ import annotations

import builtins
import keyword
import re
import secrets
import unicodedata

from .errors import InvalidName, NotFound

#: The longest name, in characters (Unicode code points).
NAME_CHARACTERS = 128

#: Names that mean something else in every notebook, whether or not IPython has put them there by now.
RESERVED = frozenset({"In", "Out", "display", "exit", "get_ipython", "quit", "session", "session_state"})

_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def why_invalid(name: str, longest: int = NAME_CHARACTERS) -> str | None:
    """Why ``name`` cannot name a variable: a sentence, or None where it can.

    Any string of 1 to ``longest`` characters without control characters will do, ``__proto__`` excepted.
    """
    if not name:
        return "A variable needs a name of at least one character."
    if len(name) > longest:
        return f"A name can have {longest} characters, this one has {len(name)}."
    for character in name:
        if unicodedata.category(character) in ("Cc", "Cs"):
            return f"A name cannot contain the control character U+{ord(character):04X}."
    if name == "__proto__":
        return "__proto__ cannot be used as a name: programs in JavaScript would mistake it for something else."
    return None


def check_name(name: str, longest: int = NAME_CHARACTERS) -> None:
    """Raise :class:`InvalidName` unless ``name`` can name a variable."""
    reason = why_invalid(name, longest)
    if reason is not None:
        raise InvalidName(reason, name=name[:longest])


def why_unsafe(name: str) -> str | None:
    """Why ``name`` is never put into a namespace: a sentence, or None where it may be.

    Such a variable is used as ``session["learning-rate"]``.
    """
    if not name.isidentifier():
        return f"{name!r} is not a Python name."
    if unicodedata.normalize("NFKC", name) != name:
        return f"Python reads {name!r} as {unicodedata.normalize('NFKC', name)!r}."
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"{name!r} is a keyword of Python."
    if hasattr(builtins, name):
        return f"{name!r} is the name of a Python builtin."
    if name.startswith("_"):
        return f"{name!r} begins with an underscore; such names belong to Python and IPython."
    if name in RESERVED:
        return f"{name!r} already means something in a notebook."
    return None


def is_safe(name: str) -> bool:
    """Whether ``name`` may be put into a namespace."""
    return why_unsafe(name) is None


def new_session_id() -> str:
    """A fresh session id. It is a name, not a key: knowing one gives nothing."""
    return secrets.token_urlsafe(16)


def new_tag() -> str:
    """A fresh random tag, for an epoch, a tip, a run."""
    return secrets.token_urlsafe(9)


def is_session_id(text: str) -> bool:
    """Whether ``text`` has the form of a session id."""
    return _SESSION_ID.fullmatch(text) is not None


def check_session_id(text: str) -> None:
    """Raise :class:`NotFound` for what cannot be a session id, the same as for one that does not exist."""
    if not is_session_id(text):
        raise NotFound()
