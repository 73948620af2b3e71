"""ipywidgets bound to variables, both ways: one, a form of all that are declared, and a function that follows them."""

from __future__ import annotations

import contextlib
import inspect
import json
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import ipywidgets
from msgspec import Raw

from session_state_ext.errors import SessionError
from session_state_ext.wire import SaidOrigin, check_value

from . import awaiting
from .controls import Control, control_for
from .handlers import Made, Observer
from .outbox import as_text

if TYPE_CHECKING:
    from .link import Link
    from .observers import Observers
    from .session import Session

_HIDDEN, _SEEN = "none", ""


class VariableWidget(ipywidgets.VBox):  # type: ignore[misc]  # it has no types
    """A control bound to one variable, and a line below it that says what is wrong."""

    def __init__(self, session: Session, link: Link, observers: Observers, name: str) -> None:
        self._session, self._link, self._observers, self._name = session, link, observers, name
        # One object: what is written soon after one another goes as one.
        self._origin = SaidOrigin(kind="widget", cell=link.origin.cell)
        self._lock = threading.RLock()
        self._showing = 0
        self._shown_state: Any = None
        self._control: Control | None = None
        self._made: Any = None
        self._note = ipywidgets.Label(style={"text_color": "var(--jp-error-color1, #b00020)"})
        super().__init__()
        observers.add(Observer(self._told, frozenset([name]), "widgets", self._origin))
        self._show()

    @property
    def control(self) -> Any:
        """The control itself, of the kind that fits the variable now."""
        return self._made

    @property
    def value(self) -> Any:
        """The variable's value; to set it is to set the variable."""
        return self._session[self._name]

    @value.setter
    def value(self, value: Any) -> None:
        self._session[self._name] = value

    @property
    def note(self) -> str:
        """What is said below it; empty where all is well."""
        return str(self._note.value)

    def close(self) -> None:
        """Let go of the variable."""
        self._observers.remove(self._told)
        super().close()

    # --- from the session ---

    def _told(self, _: dict[str, Any]) -> None:
        self._show()

    def _show(self) -> None:
        """Show what the variable is now, whatever has been told of it."""
        with self._lock:
            before, self._showing = self._showing, threading.get_ident()
            try:
                self._show_now()
            finally:
                self._showing = before

    def _show_now(self) -> None:
        with self._link.moment():
            box, closed = self._link.written(self._name), self._link.closed
            spec = self._link.specs.get(self._name)
        state = (None if box is None else as_text(box.value), spec, type(closed))
        if state == self._shown_state:
            return  # what a person has entered, and why it was not taken, stays
        self._shown_state = state
        declared = json.loads(spec) if spec is not None else None
        locked = bool(declared and declared.get("locked"))
        if box is not None:
            value = json.loads(as_text(box.value))
            self._fit(declared, value)
        if self._made is None:
            self._fit(declared, None)
        self._made.disabled = box is None or locked or closed is not None
        if box is None:
            self._say(f"{self._name} was deleted.")
        elif closed is not None:
            self._say(closed.message)
        elif locked:
            self._say(f"{self._name} is locked.")
        else:
            self._say(self._session.invalid(self._name) or "")

    def _fit(self, spec: dict[str, Any] | None, value: Any) -> None:
        """Show ``value``, in another kind of control where this one cannot."""
        wanted = control_for(self._name, spec, value)
        for control in (self._control, wanted, control_for(self._name, {"control": "json"}, value)):
            # A text that is typed into keeps its field for as long as that can show it.
            if control is None or (control is self._control and control.kind[0] != wanted.kind[0]):
                continue
            if control is self._control and control.kind != wanted.kind:
                continue
            with contextlib.suppress(ValueError):
                shown = self._shown(control, value)
                if control is not self._control:
                    self._change(control)
                if self._made.value != shown:
                    self._made.value = shown
                return

    @staticmethod
    def _shown(control: Control, value: Any) -> Any:
        try:
            return control.show(value)
        except OverflowError:
            return "(too large to be edited here)"

    def _change(self, control: Control) -> None:
        if self._made is not None:
            self._made.unobserve_all()
        self._control, self._made = control, control.make(self._name)
        self._made.observe(self._typed, "value")
        self.children = (self._made, self._note)

    def _say(self, sentence: str) -> None:
        self._note.value = sentence
        self._note.layout.display = _SEEN if sentence else _HIDDEN

    # --- from the person ---

    def _typed(self, change: Any) -> None:
        if self._showing == threading.get_ident():
            return
        with self._lock:
            control = self._control
            if control is None or change["owner"] is not self._made:
                return
            try:
                text = json.dumps(control.read(change["new"]), ensure_ascii=False).encode()
                check_value(self._name, Raw(text), self._link.replica.limits)
                self._session.permit(self._name, text)
                self._link.put_as(self._origin, self._name, text)
            except SessionError as error:
                self._say(error.message)
            else:
                self._say("")


def form(session: Session, link: Link, observers: Observers, names: Iterable[str] | None) -> Any:
    """All declared variables (or ``names``), in groups by what stands before a dot, and a button that resets these."""
    chosen = list(names) if names is not None else [name for name in session if name in link.specs]
    if not chosen:
        raise SessionError("Nothing is declared here yet: session.declare('lr', 0.1, minimum=0, maximum=1).")
    groups: dict[str, list[Any]] = {}
    for name in chosen:
        group = name.rpartition(".")[0]
        groups.setdefault(group, []).append(_line(session, link, observers, name))
    rows: list[Any] = []
    for group, lines in groups.items():
        if group:
            rows.append(ipywidgets.Label(group, style={"font_weight": "bold"}))
        rows += lines
    note = ipywidgets.Label()
    button = ipywidgets.Button(description="Reset to defaults", tooltip="One change; undo takes it back")

    def reset(_: Any) -> None:
        # What is not in the form is none of its business.
        declared = {name: session.spec(name) or {} for name in chosen}
        names = [name for name, spec in declared.items() if "default" in spec and not spec.get("locked")]
        try:
            changed = session.reset(names) if names else []
        except SessionError as error:
            note.value = error.message
        else:
            note.value = f"Reset: {', '.join(changed)}" if changed else "All have their defaults, or are locked."

    button.on_click(reset)
    return ipywidgets.VBox([*rows, ipywidgets.HBox([button, note])])


def _line(session: Session, link: Link, observers: Observers, name: str) -> Any:
    spec = session.spec(name) or {}
    widget = VariableWidget(session, link, observers, name)
    about = spec.get("description")
    if not about:
        return widget
    return ipywidgets.VBox([ipywidgets.Label(about, style={"text_color": "var(--jp-ui-font-color2, #555)"}), widget])


class Interaction(ipywidgets.VBox):  # type: ignore[misc]
    """The controls of a function's parameters, and what it shows with their values."""

    def __init__(self, session: Session, link: Link, observers: Observers, function: Callable[..., Any]) -> None:
        self._session, self._function, self._observers = session, function, observers
        self._names, self._optional = _parameters(session, function)
        self.output = ipywidgets.Output()
        shown = [*self._names, *(name for name in self._optional if name in session)]
        widgets = [VariableWidget(session, link, observers, name) for name in shown]
        super().__init__([*widgets, self.output])
        origin = SaidOrigin(kind="cell", cell=link.origin.cell)
        made = Made.of(function, link.origin)
        self._observer = Observer(
            self._told,
            frozenset([*self._names, *self._optional]),
            "cells",
            origin,
            made,
            self.close,
            last_only=True,
        )
        observers.add(self._observer)
        self._run()
        self._shown_in: int | None = None
        self._show()

    def __call__(self, *given: Any, **named: Any) -> Any:
        """The function itself, by hand."""
        return self._function(*given, **named)

    def _show(self) -> None:
        """At once, for a decorated function is no value that a cell could show."""
        from IPython.core.getipython import get_ipython
        from IPython.display import display

        shell = get_ipython()
        if shell is not None:
            display(self)  # type: ignore[no-untyped-call]
            self._shown_in = shell.execution_count

    def _ipython_display_(self) -> None:
        from IPython.core.getipython import get_ipython
        from IPython.display import display

        shell = get_ipython()
        if shell is None or shell.execution_count != self._shown_in:
            # Not twice in the cell that made it, whose value it may be.
            display(self._repr_mimebundle_(), raw=True)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Follow no more."""
        self._observers.remove(self._told)
        for child in self.children:
            child.close()
        super().close()

    def _told(self, _: dict[str, Any]) -> None:
        self._run()

    def _run(self) -> None:
        from IPython.display import display
        from IPython.utils.capture import capture_output

        missing = [name for name in self._names if name not in self._session]
        outputs: list[dict[str, Any]] = []
        # Gathered here, and not by the widget: between cells no message is on its way whose output it could follow.
        with capture_output() as caught:
            try:
                if missing:
                    raise SessionError(f"{', '.join(missing)} was deleted.")
                there = [*self._names, *(name for name in self._optional if name in self._session)]
                result = self._function(**{name: self._session[name] for name in there})
                if inspect.isawaitable(result):
                    result = awaiting.finished(_awaited(result))
                if result is not None:
                    display(result)  # type: ignore[no-untyped-call]
                _flush_figures()
            except Exception as error:
                outputs.append(_failure(error))
        for name, text in (("stdout", caught.stdout), ("stderr", caught.stderr)):
            if text:
                outputs.insert(0, {"output_type": "stream", "name": name, "text": text})
        shown = [
            {"output_type": "display_data", "data": rich.data, "metadata": rich.metadata or {}}
            for rich in caught.outputs
        ]
        failed = [one for one in outputs if one["output_type"] == "error"]
        self.output.outputs = (*(one for one in outputs if one not in failed), *shown, *failed)


async def _awaited(work: Any) -> Any:
    return await work


def _parameters(session: Session, function: Callable[..., Any]) -> tuple[list[str], list[str]]:
    """The variables that a function takes, and those that it can do without, for they have defaults."""
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    taken = [one for one in inspect.signature(function).parameters.values() if one.kind in plain]
    names = [one.name for one in taken if one.default is one.empty]
    missing = [name for name in names if name not in session]
    if missing:
        first = missing[0]
        raise SessionError(
            f"interact calls {getattr(function, '__name__', 'the function')} with variables of the session, and there "
            f"is no {' and no '.join(missing)}. Declare or set it first: session[{first!r}] = ..."
        )
    return names, [one.name for one in taken if one.default is not one.empty]


def _failure(error: Exception) -> dict[str, Any]:
    trace = error.__traceback__
    own = trace.tb_next if trace is not None else None
    lines = traceback.format_exception(type(error), error, own)
    return {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": str(error),
        "traceback": "".join(lines).splitlines(),
    }


def _flush_figures() -> None:
    inline = sys.modules.get("matplotlib_inline.backend_inline")
    if inline is not None:
        inline.flush_figures()
