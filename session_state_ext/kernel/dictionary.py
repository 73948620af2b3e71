"""What people do with a dictionary, of a session: a part of :class:`.session.Session`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Any, NoReturn

from session_state_ext.errors import SessionError
from session_state_ext.spelling import closest

from .calls import answered
from .outbox import DELETED

if TYPE_CHECKING:
    from .link import Link
    from .outbox import Written


class Missing(KeyError):
    """A variable that the session does not have."""

    def __init__(self, name: str, known: Callable[[], list[str]] = list) -> None:
        """``known`` gives the names there are; asked only where somebody reads this."""
        super().__init__(name)
        self._known = known

    def __str__(self) -> str:
        name = self.args[0]
        close = closest(name, self._known())
        meant = "" if close is None else f" Did you mean {close!r}?"
        return (
            f"This session has no variable {name!r}.{meant} Set it: session[{name!r}] = ..., or in the Session panel."
        )

    def __reduce__(self) -> Any:
        return Missing, self.args


class NothingLeft(KeyError):
    """There is no variable to take."""

    def __str__(self) -> str:
        return "This session has no variables."


class _Names(KeysView[str]):
    def __repr__(self) -> str:
        return f"KeysView({[*self]!r})"


class _Values(ValuesView[Any]):
    def __repr__(self) -> str:
        return f"ValuesView({[*self]!r})"


class _Items(ItemsView[str, Any]):
    def __repr__(self) -> str:
        return f"ItemsView({[*self]!r})"


class Dictionary(MutableMapping[str, Any]):
    """A dictionary whose values are read as copies, and whose writes of one call are one change."""

    _link: Link

    @answered("session.keys()")
    def keys(self) -> KeysView[str]:
        """The names, in their order."""
        return _Names(self)

    @answered("session.values()")
    def values(self) -> ValuesView[Any]:
        """The values, each a copy."""
        return _Values(self)

    @answered("session.items()")
    def items(self) -> ItemsView[str, Any]:
        """The names with copies of their values."""
        return _Items(self)

    get = answered('session.get("lr", 0.1)')(MutableMapping.get)
    pop = answered('session.pop("lr")')(MutableMapping.pop)
    setdefault = answered('session.setdefault("lr", 0.1)')(MutableMapping.setdefault)

    def __reversed__(self) -> Iterator[str]:
        return iter([*self][::-1])

    @answered("session.copy()")
    def copy(self) -> dict[str, Any]:
        """The values as a plain dict, which nobody shares: ``dict(session)``."""
        return dict(self)

    def __or__(self, other: Any) -> dict[str, Any]:
        return dict(self) | dict(other) if isinstance(other, Mapping) else NotImplemented

    def __ror__(self, other: Any) -> dict[str, Any]:
        return dict(other) | dict(self) if isinstance(other, Mapping) else NotImplemented

    def __ior__(self, other: Any) -> Dictionary:
        __tracebackhide__ = True
        self.update(other)
        return self

    @answered("session.popitem()")
    def popitem(self) -> tuple[str, Any]:
        """Take the last variable away; its name and value. Raises KeyError where there is none."""
        __tracebackhide__ = True
        name = next(self.__reversed__(), None)
        if name is None:
            raise NothingLeft
        return name, self.pop(name)

    @answered("session.clear()")
    def clear(self) -> None:
        """Take all variables away, in one change; none of them where one is locked."""
        __tracebackhide__ = True
        self._link.known()
        self._link.writable()
        names = self._link.names()
        declared = [name for name in names if name in self._link.specs]
        for name in declared:
            self._obey(name, None, self._link.specs[name])
        for name in declared:
            del self._link.specs[name]
        self._link.put_all(dict.fromkeys(names, DELETED))

    def __copy__(self) -> NoReturn:
        __tracebackhide__ = True
        raise SessionError("A session is shared, and not copied. Its values as a plain dict: session.copy()")

    def __deepcopy__(self, memo: object) -> NoReturn:
        __tracebackhide__ = True
        self.__copy__()

    def __reduce__(self) -> Any:
        raise SessionError(
            "A session belongs to its process. Give the other one env=session.env(), "
            "and call session_state_ext.connect() there."
        )

    if TYPE_CHECKING:

        @abstractmethod
        def _obey(self, name: str, written: Written | None, spec: bytes) -> None: ...
