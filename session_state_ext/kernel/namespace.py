"""Variables in the notebook's own names: put there, taken from there, never over what is not data."""

from __future__ import annotations

import ast
import types
from collections.abc import Callable
from typing import Any

from session_state_ext import jsontext
from session_state_ext.errors import SessionError
from session_state_ext.model import Run
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
        #: the runs of steps that have left names here, by name
        self.left: dict[str, Run] = {}
        #: values of the user's that were replaced, until their names are bound again
        self._replaced: dict[str, Any] = {}
        self._settle: Callable[[], None] = lambda: None
        self._agree: Callable[[str, bytes | None], None] = lambda *_: None

    def binding(self, settle: Callable[[], None], agree: Callable[[str, bytes | None], None]) -> None:
        """For bound names: ``settle`` writes what was changed in the names, ``agree`` is told of a name that means what
        the session has: this text, or None for whatever it has now."""
        self._settle, self._agree = settle, agree

    def settle(self) -> None:
        """Have the session know what bound names mean, before variables are read to be put into names."""
        self._settle()

    def check(self, name: str, *, force: bool = False, forcible: bool = True) -> None:
        """Raise Unplaced where ``name`` must not be put into the names; ``forcible``: but for ``force``."""
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
        use = f"Use session[{name!r}], {'rename one of them, or say --force' if forcible else 'or rename one of them'}."
        raise Unplaced(
            f"{name} is {values.article(what)} of this notebook; the session's variable would replace it. {use}",
            name=name,
        )

    def place(self, name: str, text: bytes) -> str | None:
        """Give ``name`` the value of this JSON text; what to say where that replaces a value of the user's."""
        own = name in self._names and not (name in self._placed and self._placed[name] is self._names[name])
        said = self.replacing(name, text) if own else None
        self.put(name, text)
        self._agree(name, text)
        return said

    def is_own(self, name: str) -> bool:
        """Whether what ``name`` means is the user's: not the very value that was put there, unless that can change."""
        standing = self._names[name]
        return not (name in self._placed and self._placed[name] is standing and values.is_plain(standing))

    def put(self, name: str, text: bytes) -> None:
        """Give ``name`` the value of this JSON text, whatever it was."""
        self._names[name] = values.decode(text)
        self._placed[name] = self._names[name]
        if name in self.left and name not in self.left[name].written:
            # What the run had left was never in the session.
            del self.left[name]

    def replacing(self, name: str, text: bytes) -> str | None:
        """What to say when this replaces a value of the user's, which :meth:`yours` then has; None where it is the
        same."""
        standing = self._names[name]
        try:
            mine = values.encode(standing, name)
            if jsontext.same(mine, text):
                return None
            shown, how = preview.value(mine, 40), f" (%session push {name} sends yours)"
        except SessionError:
            shown, how = values.describe(standing), ""
        self._replaced[name] = standing
        return f"{name}: {preview.value(text, 40)} from the session replaces your {shown}{how}"

    def yours(self, name: str) -> Any:
        """The user's value of ``name``, the one that was just replaced too."""
        standing = self._names[name]
        return self._replaced[name] if self._is_replaced(name, standing) else standing

    def _is_replaced(self, name: str, standing: Any) -> bool:
        return name in self._replaced and name in self._placed and self._placed[name] is standing

    def rebinding(self, tree: ast.Module) -> None:
        """This code is about to run: what was replaced of the names that it binds is not wanted back."""
        if self._replaced:
            from .freenames import bound_names

            for name in self._replaced.keys() & bound_names(tree):
                del self._replaced[name]

    def keep(self, name: str, value: Any) -> None:
        """The session has this value of the user's now."""
        self._names[name] = value
        self._replaced.pop(name, None)
        self.trust(name)

    def trust(self, name: str) -> None:
        """What ``name`` is now is what the session has; to replace it later needs no word."""
        self._placed[name] = self._names[name]
        self._agree(name, None)

    def hold(self, name: str, value: Any) -> None:
        """Give ``name`` a value that is in the kernel only. Raises Unplaced."""
        if name not in self.left:  # else it may be a function that an earlier run has left
            self.check(name)
        self._names[name] = value
        self.trust(name)

    def get(self, name: str, otherwise: Any = None) -> Any:
        """Its value, or ``otherwise`` where it is not there."""
        return self._names.get(name, otherwise)

    def remove(self, name: str) -> None:
        """Take ``name`` away, where it is there."""
        self._names.pop(name, None)
        self._placed.pop(name, None)
        self._replaced.pop(name, None)
        self.left.pop(name, None)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Any:
        return self._names[name]
