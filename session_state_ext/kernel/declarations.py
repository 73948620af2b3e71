"""Declaring variables, and going back to their defaults: a part of :class:`.session.Session`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Raw
from msgspec.structs import replace

from session_state_ext.changes import read_spec
from session_state_ext.errors import InvalidValue, SessionError
from session_state_ext.names import check_name
from session_state_ext.wire import SaidOrigin, check_spec, encode, is_locked, is_unset, obey, problem

from . import values
from .calls import WrongCall, answered, check_flag, check_text, names_in
from .dictionary import Missing
from .outbox import Group, as_text

if TYPE_CHECKING:
    from .link import Link
    from .outbox import Written

_NOTHING: Any = UNSET


class Declarations:
    """What a variable may be, said once and held against everybody who writes it."""

    _link: Link

    @answered('session.declare("lr", 0.1, minimum=0, maximum=1)')
    def declare(
        self,
        what: Any = _NOTHING,
        default: Any = _NOTHING,
        *,
        type: Any = None,  # noqa: A002
        minimum: float | None = None,
        maximum: float | None = None,
        step: float | None = None,
        choices: Any = None,
        pattern: str | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        description: str | None = None,
        control: str | None = None,
        locked: bool | None = None,
        schema: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> None:
        """Say what a variable may be::

            session.declare("lr", 0.1, minimum=0, maximum=1, description="learning rate", control="slider")
            session.declare("optimizer", "adam", choices=["adam", "sgd"])
            session.declare(Params)         # a dataclass, a pydantic model, or a JSON Schema with properties

        A variable that is not there is made, with the default. One that is there keeps its value, even where that is
        not valid any more: then it is marked, and steps do not take it. From now on nobody can write what is not
        valid: the panel, cells, scripts. Without a ``type`` it is that of the default; ``schema`` (JSON Schema
        2020-12) says anything else. ``control``: slider, number, select, switch, text, multiline, date, json.
        ``locked``: nobody changes the value by accident; :meth:`unlock` lets them. Where it is not said, a lock that
        stands stays.

        Raises InvalidSpec where this declares nothing, TypeError for a word that is none of these.
        """
        __tracebackhide__ = True  # an error is about the line that declared
        from . import specforms

        if others:
            from .synonyms import unknown

            raise TypeError(unknown(what if isinstance(what, str) else "lr", next(iter(others))))
        if what is UNSET:
            raise TypeError('Say what to declare: session.declare("lr", 0.1, minimum=0, maximum=1)')
        if locked is not None:
            check_flag(locked, "locked")
        if not isinstance(what, str):
            if default is not UNSET:
                raise TypeError("The defaults are in what you declare; give a second value only with a name.")
            self._declare(
                {
                    name: specforms.spec_text(name, self._with_lock(name, form), value)
                    for name, (form, value) in specforms.forms_of(what).items()
                }
            )
            return
        said = {
            "minimum": minimum,
            "maximum": maximum,
            "step": step,
            "choices": choices,
            "pattern": pattern,
            "min_length": min_length,
            "max_length": max_length,
        }
        form = {"schema": schema, "description": description, "control": control, "locked": locked}
        self._declare({what: specforms.declared(what, default, type, said, self._with_lock(what, form))})

    def _with_lock(self, name: str, form: Mapping[str, Any]) -> dict[str, Any]:
        """``form``, locked as the variable is where it does not say."""
        if form.get("locked") is not None:
            return {**form}
        spec = self._link.specs.get(name)
        return {**form, "locked": spec is not None and is_locked(Raw(spec))}

    @answered('session.declare_parameters("lr = 0.1")')
    def declare_parameters(self, source: str) -> list[str]:
        """Declare what a cell of parameters assigns, each with its value as default and its comment as description.

        ``lr: float = 0.1  # learning rate``. What a declaration that stands says besides, bounds and choices, a
        control and a lock, stays. Raises NotPlain where it does anything else. Gives the names.
        """
        __tracebackhide__ = True
        from . import specforms

        check_text(source, "cell", "source")
        texts = specforms.declared_by(source, self._link.specs)
        self._declare(texts)
        return [*texts]

    def describing(self, source: str, names: Iterable[str]) -> None:
        """Declare those of ``names`` of which a cell says something, where nothing is declared yet. For the hooks."""
        from . import specforms

        said = specforms.described_by(source)
        self._declare({name: said[name] for name in names if name in said and name not in self._link.specs})

    @answered('session.undeclare("lr")')
    def undeclare(self, name: str) -> None:
        """Take the declaration of a variable away; its value stays."""
        __tracebackhide__ = True
        check_text(name)
        self._link.known()
        self._spec(name)
        self._link.declare({name: b"null"})

    def _declare(self, texts: Mapping[str, bytes]) -> None:
        __tracebackhide__ = True
        self._link.writable()
        for name, text in texts.items():
            check_name(name, self._link.replica.limits.name_chars)
            try:
                check_spec(name, Raw(text))
            except SessionError as error:
                raise error.with_traceback(None) from None
        self._link.declare(texts)

    # --- what is declared ---

    @answered('session.spec("lr")')
    def spec(self, name: str) -> dict[str, Any] | None:
        """A variable's declaration: of description, schema, default, control and locked what it says; or None."""
        from msgspec import json

        check_text(name)
        self._link.known()
        text = self._link.specs.get(name)
        if text is None:
            return None
        found: dict[str, Any] = json.decode(text)
        default = read_spec(Raw(text)).default
        return found if default is UNSET else {**found, "default": values.decode(bytes(default))}

    @answered('session.invalid("lr")')
    def invalid(self, name: str) -> str | None:
        """Why the value that stands is not what its declaration says, a sentence; None where it is."""
        check_text(name)
        self._link.known()
        box, spec = self._link.written(name), self._link.specs.get(name)
        if box is None or spec is None:
            return None
        text = Raw(as_text(box.value))
        if is_unset(name, Raw(spec), text):
            return f"{name} has no value yet."
        wrong = problem(name, Raw(spec), text)
        return None if wrong is None else wrong.message

    @answered('session.lock("seed")')
    def lock(self, *names: str | Iterable[str]) -> None:
        """Let nobody change these values by accident."""
        __tracebackhide__ = True
        self._relock(names, locked=True)

    @answered('session.unlock("seed")')
    def unlock(self, *names: str | Iterable[str]) -> None:
        """Let these values be changed again."""
        __tracebackhide__ = True
        self._relock(names, locked=False)

    def _relock(self, given: Iterable[str | Iterable[str]], *, locked: bool) -> None:
        __tracebackhide__ = True
        names = names_in(given)
        if not names:
            raise WrongCall("Name a variable.")
        self._link.known()
        for name in names:
            if self._link.written(name) is None:
                raise Missing(name, self._link.names)
        specs = {name: read_spec(Raw(self._link.specs.get(name, b"{}"))) for name in names}
        self._link.declare({name: encode(replace(spec, locked=locked)) for name, spec in specs.items()})

    def _spec(self, name: str) -> bytes:
        spec = self._link.specs.get(name)
        if spec is None:
            raise SessionError(f"{name} is not declared: session.declare({name!r}, ...) says what it may be.")
        return spec

    # --- defaults ---

    @answered('session.reset("lr"), or session.reset() for all')
    def reset(self, *names: str | Iterable[str]) -> list[str]:
        """Give variables (all, where none are named) the values they are declared with, in one change.

        ``session.undo()`` takes it back. What is locked stays, and cannot be named. Gives the names that changed.
        """
        __tracebackhide__ = True
        named = names_in(names)
        self._link.known()
        edits: dict[str, Written] = {}
        for name in named or [*self._link.specs]:
            spec = Raw(self._spec(name))
            default = read_spec(spec).default
            box = self._link.written(name)
            if default is UNSET and named:
                raise SessionError(f"{name} is declared without a default.")
            if default is UNSET or (box is not None and as_text(box.value) == bytes(default)):
                continue
            if named:
                obey(name, Raw(bytes(default)), spec)
            elif is_locked(spec):
                continue
            edits[name] = bytes(default)
        if edits:
            self._link.writable()
            origin: SaidOrigin = self._link.origin
            self._link.append(Group(origin, edits, whole=True))
        return [*edits]

    # --- what is written ---

    def _obey(self, name: str, written: Written | None, spec: bytes) -> None:
        """Raise Locked or InvalidValue where this is not to be written; None stands for a delete."""
        __tracebackhide__ = True
        text = None if written is None else as_text(written)
        try:
            obey(name, None if text is None else Raw(text), Raw(spec))
        except SessionError as error:
            box = self._link.written(name)
            if text is not None and box is not None and as_text(box.value) == text:
                return  # it is what stands there
            if isinstance(error, InvalidValue):
                raise InvalidValue(error.message, **error.fields) from None
            raise error.with_traceback(None) from None
