"""Variables as controls in the notebook: a part of :class:`.session.Session`. ipywidgets is loaded when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from session_state_ext.errors import SessionError

from .calls import WrongCall, answered, check_text, names_in
from .descriptions import article
from .dictionary import Missing

if TYPE_CHECKING:
    from .link import Link
    from .observers import Observers


class Showable:
    """Controls bound to variables, both ways."""

    _link: Link

    @answered('session.widget("lr")')
    def widget(self, name: str) -> Any:
        """A control bound to a variable: a slider, a list to choose from, a switch, a field, as its declaration or its
        value asks for::

            session.widget("lr")

        It follows whoever changes the variable, and what a person does with it is written at once: also while a cell
        runs, where the front end sends such messages to a subshell. What the declaration does not allow is not
        written, and said below it. ``.value`` is the variable's, both ways, ``.control`` the ipywidgets control.
        Arrays, frames and pictures are shown, and not edited. Raises KeyError where there is no variable.
        """
        __tracebackhide__ = True
        check_text(name)
        widgets = self._widgets("session.widget")
        if self._link.written(name) is None:
            raise Missing(name, self._link.names)
        return widgets.VariableWidget(self, self._link, self._observers(), name)

    @answered('session.form("lr", "epochs"), or session.form()')
    def form(self, *names: str | Iterable[str]) -> Any:
        """Controls of all declared variables (or of ``names``), with their descriptions, in groups by what stands
        before a dot in their names, and a button that resets them to their defaults.
        """
        __tracebackhide__ = True
        named = names_in(names)
        widgets = self._widgets("session.form")
        for name in named:
            if self._link.written(name) is None:
                raise Missing(name, self._link.names)
        return widgets.form(self, self._link, self._observers(), named or None)

    @answered("session.interact(draw), where draw(lr) has variables as parameters")
    def interact(self, function: Callable[..., Any]) -> Any:
        """Call ``function`` with the variables that its parameters name, and again whenever one of them changes::

            @session.interact
            def draw(lr, epochs): ...

        Their controls stand above what it shows. It is called between cells, one call at a time, with what the
        variables are by then: what comes while it runs, or a slider is dragged, waits as one call. It may be
        ``async``. A parameter with a default need not be a variable. An error is
        shown in its place. Raises SessionError where there is no such variable.
        """
        __tracebackhide__ = True
        if not callable(function):
            raise WrongCall(f"What interact calls is a function, not {article(type(function).__name__)}.")
        widgets = self._widgets("session.interact")
        return widgets.Interaction(self, self._link, self._observers(), function)

    def _widgets(self, call: str) -> Any:
        self._link.known()
        try:
            importlib.import_module("ipywidgets")
        except ImportError:
            raise SessionError(
                f"{call} needs ipywidgets, which is not installed in this kernel's environment: "
                '%pip install "session-state-ext[widgets]", then restart the kernel.'
            ) from None
        return importlib.import_module(f"{__package__}.widgets")

    if TYPE_CHECKING:

        def _observers(self) -> Observers: ...
