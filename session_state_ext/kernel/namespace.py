"""Variables in the notebook's own names: put there, taken from there, never over what is not data."""

from __future__ import annotations

import types
from typing import Any

from session_state_ext import jsontext
from session_state_ext.errors import SessionError
from session_state_ext.names import why_unsafe

from . import preview, values
from .session import Session


class Unplaced(SessionError):
    """A variable cannot be put into the notebook's names."""

    code = "unplaced"


class Namespace:
    """The user's names, and which of their values came from the session."""

    def __init__(self, names: dict[str, Any], session: Session) -> None:
        self._names = names
        self._session = session
        #: what was put there by a step, a pull or a push; the user's own values are not in it
        self._placed: dict[str, Any] = {}

    def check(self, name: str, *, force: bool = False) -> None:
        """Raise Unplaced where ``name`` must not be put into the names."""
        reason = why_unsafe(name)
        if reason is not None:
            raise Unplaced(f"{reason} Use session[{name!r}] instead.", name=name)
        if name not in self._names or force:
            return
        standing = self._names[name]
        if isinstance(standing, type):
            what = "class"
        elif isinstance(standing, types.ModuleType):
            what = "module"
        elif callable(standing):
            what = "function" if isinstance(standing, types.FunctionType) else "callable"
        else:
            return
        use = f"Use session[{name!r}], rename one of them, or say --force."
        raise Unplaced(
            f"{name} is {values.article(what)} of this notebook; the session's variable would replace it. {use}",
            name=name,
        )

    def place(self, name: str, text: bytes) -> str | None:
        """Give ``name`` the value of this JSON text; what to say where that replaces a value of the user's."""
        said = self._replaces(name, text)
        self._names[name] = values.decode(text)
        self.trust(name)
        return said

    def _replaces(self, name: str, text: bytes) -> str | None:
        if name not in self._names:
            return None
        standing = self._names[name]
        if name in self._placed and self._placed[name] is standing:
            return None
        try:
            mine = values.encode(standing, name)
            if jsontext.same(mine, text):
                return None
            shown = preview.value(mine, 40)
        except SessionError:
            shown = values.describe(standing)
        return (
            f"{name}: {preview.value(text, 40)} from the session replaces your {shown} "
            f"(%session push {name} sends yours)"
        )

    def trust(self, name: str) -> None:
        """What ``name`` is now is what the session has; to replace it later needs no word."""
        self._placed[name] = self._names[name]

    def hold(self, name: str, value: Any) -> None:
        """Give ``name`` a value that is in the kernel only. Raises Unplaced."""
        self.check(name)
        self._names[name] = value
        self.trust(name)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Any:
        return self._names[name]
