"""``with session.edit("config") as config``: a dict or list that is changed in place; a part of :class:`.Session`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from session_state_ext.differences import difference

from . import values
from .calls import WrongCall, answered, check_text
from .outbox import Patched

if TYPE_CHECKING:
    from .link import Link
    from .session import Session

_EXAMPLE = 'with session.edit("config") as config: config["lr"] = 0.2'


class Editing:
    """A variable between the beginning and the end of a block."""

    def __init__(self, session: Session, link: Link, name: str, encode: Callable[[str, Any], bytes]) -> None:
        self._session, self._link, self._name, self._encode = session, link, name, encode
        self._value: Any = None
        self._before = b""

    def __enter__(self) -> Any:
        __tracebackhide__ = True
        value = self._value = self._session[self._name]
        if not isinstance(value, dict | list):
            raise TypeError(
                f"{self._name} is {values.article(type(value).__name__)}; only a dict or list is changed inside. "
                f"Assign it: session[{self._name!r}] = ..."
            )
        # What it is as text was read with it: a copy, so that nothing of the block shows.
        self._before = values.encode(value, self._name)
        return value

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        __tracebackhide__ = True
        if kind is not None:
            return
        after = self._encode(self._name, self._value)
        self._session.permit(self._name, after)
        patch = difference(self._before, after)
        if patch is None:
            self._link.put(self._name, after)
        elif patch != b"[]":
            self._link.patch(self._name, Patched(patch, after, self._before))

    # --- without a block ---

    def __repr__(self) -> str:
        return f"<{self._name}, to be changed in a block: with session.edit({self._name!r}) as value: ...>"

    def _unopened(self, *_: Any) -> NoReturn:
        __tracebackhide__ = True
        raise WrongCall(f"{self._name} is changed in a block: with session.edit({self._name!r}) as value: ...")

    __getitem__ = __setitem__ = __delitem__ = __iter__ = __len__ = __contains__ = _unopened

    def __getattr__(self, name: str) -> NoReturn:
        __tracebackhide__ = True
        if name.startswith("_"):
            raise AttributeError(name)
        self._unopened()


class Editable:
    """Variables that are changed inside."""

    _link: Link

    @answered(_EXAMPLE)
    def edit(self, name: str) -> Editing:
        """Change a variable inside: a dict or list that may be altered in place, and is written when the block ends::

            with session.edit("config") as config:
                config["optimizer"]["lr"] = 0.2

        Of a dict only the members that were altered are written, at any depth, so that what others alter in it
        meanwhile stays. A list is written whole. Nothing is written where the block fails. Raises KeyError where
        there is no such variable, TypeError for a value that is neither a dict nor a list.
        """
        __tracebackhide__ = True
        check_text(name)
        self._check(name)
        return Editing(self, self._link, name, self._text)  # type: ignore[arg-type]  # this is a part of one

    if TYPE_CHECKING:

        def _check(self, name: str) -> None: ...

        def _text(self, name: str, value: Any) -> bytes: ...
