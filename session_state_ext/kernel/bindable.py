"""Binding names from Python, and what writes of bound names must pass: a part of :class:`.session.Session`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from session_state_ext.errors import Unavailable

from .calls import answered, check_flag, names_in
from .outbox import DELETED

if TYPE_CHECKING:
    from .binding import Binding
    from .link import Link
    from .outbox import Written


class Bindable:
    """Names of the notebook that are kept equal with their variables."""

    _link: Link
    _binding: Callable[[], Binding] | None = None

    @answered('session.bind("lr", "tags")')
    def bind(self, *names: str | Iterable[str], force: bool = False) -> None:
        """Keep these names of the notebook equal with their variables, both ways; all variables, where none are given::

            session.bind("lr", "tags")
            tags.append("new")          # is in the session when the cell has run, in every panel and kernel

        Before a cell runs, what others have changed goes into the names; after it, what it has assigned or changed in
        place goes into the session, as one change. A name that is no variable yet becomes one; ``del lr`` takes the
        variable away. Raises SessionError where a name means a function, a class or a module, which only ``force``
        replaces.
        """
        __tracebackhide__ = True
        check_flag(force, "force")
        binding = self._names_bound()
        said = binding.bind(names_in(names), force=force)
        from . import display

        display.lines(said)

    @answered('session.unbind("lr")')
    def unbind(self, *names: str | Iterable[str]) -> None:
        """Keep these names (all, where none are given) equal no more. Both sides stay as they are.

        Raises SessionError where one of them is not bound.
        """
        __tracebackhide__ = True
        self._names_bound().unbind(names_in(names))

    @property
    def bound(self) -> list[str]:
        """The names that are bound now."""
        return [] if self._binding is None else self._names_bound().bound

    def binds(self) -> str:
        """Which names are bound, a sentence. For the magics."""
        return self._names_bound().describe()

    def _names_bound(self) -> Binding:
        if self._binding is None:
            raise Unavailable("Names are bound in a notebook: load this there with %load_ext session_state_ext.")
        return self._binding()

    def binding(self, binding: Callable[[], Binding]) -> None:
        """Who keeps names equal, once somebody is needed. For the hooks."""
        self._binding = binding

    # --- for the hooks, in place of session[name] = value ---

    def permit(self, name: str, written: Written) -> None:
        """Raise SessionError where this must not be written, by its name, its declaration or the session's owner."""
        self._link.writable()
        self._check(name)
        spec = self._link.specs.get(name)
        if spec is not None:
            self._obey(name, None if written is DELETED else written, spec)

    def lossy(self, note: str) -> None:
        """Say, once a type, that a value does not come back as it went."""
        self._lossy(note)

    if TYPE_CHECKING:

        def _check(self, name: str) -> None: ...

        def _lossy(self, note: str) -> None: ...

        def _obey(self, name: str, written: Written | None, spec: bytes) -> None: ...
