"""Values as Python code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from session_state_ext.errors import SessionError
from session_state_ext.kernel import values

#: What such code may need, by how it is used in it.
_IMPORTS = {
    r"\bnan\b": "from math import nan",
    r"\binf\b": "from math import inf",
    r"\bdatetime\.": "import datetime",
    r"\bDecimal\(": "from decimal import Decimal",
    r"\bUUID\(": "from uuid import UUID",
}
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")


class NoLiteral(SessionError):
    """This value is no Python literal."""

    code = "no-literal"


def python(text: bytes) -> str:
    """Code for a value of the session. Raises NoLiteral for arrays, frames and pictures."""
    value = values.decode(text)
    _check(value)
    return repr(value)


def _check(value: Any) -> None:
    if isinstance(value, dict):
        for member in value.values():
            _check(member)
    elif isinstance(value, list):
        for member in value:
            _check(member)
    elif value is not None and type(value).__module__ not in ("builtins", "datetime", "decimal", "uuid"):
        raise NoLiteral(f"A {type(value).__name__} cannot be written as Python code.")


def imports_for(lines: Iterable[str]) -> list[str]:
    """The import lines that this code needs."""
    code = _QUOTED.sub("''", "\n".join(lines))
    return [statement for use, statement in _IMPORTS.items() if re.search(use, code)]
