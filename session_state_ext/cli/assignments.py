"""``lr=0.1 tags='["a"]' note=baseline``: values as people type them in a shell."""

from __future__ import annotations

import re
from collections.abc import Iterable

from session_state_ext import jsontext
from session_state_ext.errors import SessionError
from session_state_ext.names import check_name
from session_state_ext.wire import Limits

from .command import Usage

#: Where no literal begins like this, nobody can take it for one.
_TEXT = re.compile(r"[^\W\d]|[/~]|\.[^\d]|\.$|\\")


def assignments(words: Iterable[str], limits: Limits) -> dict[str, bytes]:
    """The JSON text of each ``NAME=VALUE``. Raises Usage, Mistake, and what a name or value that cannot be stored
    deserves."""
    found: dict[str, bytes] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise Usage(f"{word!r} sets nothing. Write NAME=VALUE without spaces around the =, such as lr=0.1")
        if name in found:
            raise Usage(f"{name} is set twice.")
        check_name(name, limits.name_chars)
        found[name] = value(name, text, limits)
    return found


def value(name: str, text: str, limits: Limits) -> bytes:
    """The JSON text of one value: JSON as it is, digit for digit; else a Python literal, else plain text.

    Plain text is only what nobody can take for anything else: ``baseline``, ``/data/a.csv``, not ``0,5`` or ``[1``.
    """
    from session_state_ext.kernel import values
    from session_state_ext.kernel.grammar import Mistake, literal

    given = text.strip()
    if not given:
        raise Mistake(f"There is no value after {name}=. Text without a character is {name}='\"\"'")
    try:
        data = given.encode("utf-8")
        jsontext.check(data, depth=limits.depth, digits=limits.digits)
        return data
    except UnicodeEncodeError:
        raise Mistake(f"{name}: this is not text in UTF-8.") from None
    except SessionError as error:
        # JSON that cannot be stored, not something else than JSON.
        if error.code != "invalid-json" and given[0] not in "NI-":
            error.message = f"{name}: {error.message}"
            raise
    try:
        return values.encode(literal(given, name), name, most=limits.value_bytes)
    except Mistake as error:
        if _TEXT.match(given):
            return values.encode(text, name, most=limits.value_bytes)
        raise Mistake(f"{error.message.partition(' Write ')[0]} In a shell, text: {name}='\"{text}\"'") from None
