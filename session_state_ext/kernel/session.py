"""``session``: the dictionary that people hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from session_state_ext.errors import SessionError
from session_state_ext.names import check_name
from session_state_ext.spelling import closest
from session_state_ext.wire import LABEL_CHARS

from . import credential, values
from .bindable import Bindable
from .calls import WrongCall, answered, check_seconds, check_text, offered
from .declarations import Declarations
from .dictionary import Dictionary
from .dictionary import Missing as Missing
from .editing import Editable
from .link import FLUSH_SECONDS, Link
from .observers import Observable
from .outbox import DELETED, Written
from .past import Past
from .progress import Trackable
from .showable import Showable
from .stepped import Stepped

#: How many checked names are remembered; a loop writes the same few.
_REMEMBERED = 10_000
_FAST = 2**53


class Environment(dict[str, str]):
    """What another process gets. A cell that ends with it does not print this process's keys and passwords."""

    def __init__(self, every: Mapping[str, str], *, shown: Iterable[str]) -> None:
        super().__init__(every)
        self._shown = sorted(shown)

    def __repr__(self) -> str:
        others = len(self) - len(self._shown)
        return f"<environment with {', '.join(self._shown)}, and {others} others>"


def _check_environment(base: object) -> None:
    __tracebackhide__ = True
    if not isinstance(base, Mapping):
        raise WrongCall(f"An environment is a dict of text, such as os.environ, not {_a(base)}.")
    for one in (*base, *base.values()):
        if not isinstance(one, str | bytes | os.PathLike):
            raise WrongCall(f"An environment is a dict of text; in this one there is {_a(one)}, {one!r}.")


def _a(value: object) -> str:
    return values.article(type(value).__name__)


class Session(Past, Declarations, Editable, Stepped, Bindable, Observable, Trackable, Showable, Dictionary):
    """A notebook's session: a durable dictionary of JSON variables, shared live.

    A :class:`~collections.abc.MutableMapping` from names to values. What is written is checked at once, shown here
    at once, sent soon and saved by the end of the cell. A value read is a copy: to change it, assign it again::

        session["lr"] = 0.1
        tags = session["tags"]; tags.append("new"); session["tags"] = tags

    Values are what JSON has, and dates, bytes, Decimal, UUID, NaN, numpy arrays, pandas frames and figures
    besides. Anything else is refused where it is written, with a sentence that says what to do instead.
    """

    def __init__(self, link: Link, environment: Mapping[str, str] | None = None) -> None:
        self._link = link
        self._environment = dict(environment or {})
        self._checked: set[str] = set()
        self._said: set[str] = set()
        self._reading: Callable[[str], None] | None = None
        self._note: Callable[[str], None] = lambda _: None

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(self._no_attribute(name))

    def _no_attribute(self, name: str) -> str:
        from .elsewhere import attribute

        names = self._link.names()
        if name not in names:
            if (where := attribute(name)) is not None:
                return f"A session has no attribute {name}. {where}"
            if (method := closest(name, offered(type(self)), 0.7)) is not None:
                return f"A session has no attribute {name}. Did you mean session.{method}?"
            if (variable := closest(name, names, 0.7)) is not None:
                return f'A session has no attribute {name}. Did you mean session["{variable}"]?'
        return f'A session has no attribute {name}. A variable is read as session["{name}"].'

    def __setattr__(self, name: str, value: Any) -> None:
        __tracebackhide__ = True
        if not name.startswith("_"):
            own = f"session.{name} is a part of every session. " if name in offered(type(self)) else ""
            raise AttributeError(f'{own}A variable is written as session["{name}"] = ...')
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return [*(name for name in dir(type(self)) if name.startswith("_")), *offered(type(self))]

    # --- the mapping ---

    def __getitem__(self, name: str) -> Any:
        __tracebackhide__ = True
        if not isinstance(name, str):
            raise TypeError(f"A variable's name is text, not {values.article(type(name).__name__)}.")
        self._link.known()
        if self._reading is not None:
            self._reading(name)
        box = self._link.written(name)
        if box is None:
            raise Missing(name, self._link.names)
        value = box.value
        return values.decode(value) if type(value) is bytes else value

    def __setitem__(self, name: str, value: Any) -> None:
        __tracebackhide__ = True  # an error is about the line that wrote
        if name not in self._checked:
            self._check(name)
        # What a loop writes most is found out here, without a call.
        kind = type(value)
        fast = (kind is float and value - value == 0) or (kind is int and -_FAST < value < _FAST)
        if not fast and not values.is_plain(value):
            value = self._text(name, value)
        specs = self._link.specs
        if specs and name in specs:
            self._obey(name, value, specs[name])
        self._link.put(name, value)

    def __delitem__(self, name: str) -> None:
        __tracebackhide__ = True
        check_text(name)
        self._link.known()
        self._link.writable()
        if self._link.written(name) is None:
            raise Missing(name, self._link.names)
        if name in self._link.specs:
            self._obey(name, None, self._link.specs[name])
            del self._link.specs[name]
        self._link.put(name, DELETED)

    def __iter__(self) -> Iterator[str]:
        self._link.known()
        return iter(self._link.names())

    def __len__(self) -> int:
        self._link.known()
        return len(self._link.names())

    def __contains__(self, name: object) -> bool:
        self._link.known()
        if self._reading is not None and isinstance(name, str):
            self._reading(name)
        return isinstance(name, str) and self._link.written(name) is not None

    @answered("session.update(lr=0.1, epochs=3)")
    def update(self, other: Any = (), /, **more: Any) -> None:
        """Set several variables, in one change; none of them where one cannot be stored."""
        __tracebackhide__ = True
        try:
            members = dict(other, **more)
        except (TypeError, ValueError):
            raise WrongCall(f"update takes names or a dict, not {values.article(type(other).__name__)}.") from None
        for name in members:
            self._check(name)
        edits: dict[str, Written] = {
            name: value if values.is_plain(value) else self._text(name, value) for name, value in members.items()
        }
        for name in self._link.specs.keys() & edits.keys():
            self._obey(name, edits[name], self._link.specs[name])
        self._link.put_all(edits)

    @answered('with session.batch("tune"): ...')
    def batch(self, label: str | None = None) -> AbstractContextManager[Session]:
        """What is written inside becomes one change, and nothing of it happens where the block fails.

        ``label`` says in a word what it is for; the history shows it.
        """
        __tracebackhide__ = True
        if label is not None:
            check_text(label, "batch", "label")
            if not 0 < len(label) <= LABEL_CHARS:
                raise SessionError(f"A label is a word or a few: 1 to {LABEL_CHARS} characters, not {len(label):,}.")
        return self._batched(label)

    @contextmanager
    def _batched(self, label: str | None) -> Iterator[Session]:
        __tracebackhide__ = True
        with self._link.batch(label):
            yield self

    def _check(self, name: str) -> None:
        __tracebackhide__ = True
        self._link.writable()
        if not isinstance(name, str):
            raise TypeError(f"A variable's name is text, not {values.article(type(name).__name__)}.")
        check_name(name, self._link.replica.limits.name_chars)
        if len(self._checked) >= _REMEMBERED:
            self._checked.clear()
        self._checked.add(name)

    def _text(self, name: str, value: Any) -> bytes:
        __tracebackhide__ = True
        try:
            most = self._link.replica.limits
            return values.encode(
                value, name, note=self._lossy, most=most.value_bytes, deep=most.depth, digits=most.digits
            )
        except SessionError as error:
            # The traceback ends here: what is inside does not help whoever wrote the line.
            raise error.with_traceback(None) from None

    def _lossy(self, note: str) -> None:
        kind = note.partition(": ")[2]
        if kind not in self._said:
            self._said.add(kind)
            self._note(note)

    # --- what it is ---

    @property
    def id(self) -> str:
        """The session's id."""
        self._link.known()
        return self._link.replica.session_id or ""

    @property
    def name(self) -> str | None:
        """The session's name, where it has one."""
        self._link.known()
        meta = self._link.replica.meta
        return meta.name if meta else None

    @property
    def revision(self) -> int:
        """How many changes the session has seen, as far as this kernel knows."""
        self._link.known()
        return self._link.replica.revision

    @property
    def saved(self) -> bool:
        """Whether all that was written here is on disk."""
        return self._link.saved

    def __repr__(self) -> str:
        # It stands in the repr of each method, and inspectors call it on every name there is: it does not wait.
        if not self._link.replica.known:
            return f"<Session, nothing of it is known yet: {self._link.trouble or 'connecting'}>"
        count = len(self._link.names())
        named = f" {self.name}" if self.name else ""
        return f"<Session{named}: {count} variable{'' if count == 1 else 's'}, revision {self.revision}>"

    def __str__(self) -> str:
        from .overview import overview

        return overview(self._link).text() if self._link.replica.known else repr(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        if len(printer.stack) > 1:  # it stands in something else
            printer.text(repr(self))
            return
        # Shown on purpose, maybe by the cell that has just set something: that is saved first.
        self._link.flush()
        printer.text(str(self))

    def _repr_html_(self) -> str | None:
        from .overview import overview

        self._link.flush()
        return overview(self._link).html() if self._link.replica.known else None

    def _ipython_key_completions_(self) -> list[str]:
        return self._link.names()

    # --- waiting ---

    @answered("session.flush()")
    def flush(self, timeout: float = FLUSH_SECONDS) -> bool:
        """Wait until what was written is saved, for ``timeout`` seconds at most; whether it is."""
        __tracebackhide__ = True
        check_seconds(timeout, "A timeout")
        return self._link.flush(timeout, patient=True)

    def reading(self, read: Callable[[str], None] | None) -> None:
        """Tell ``read`` of each variable that is read from now on, before it is. For steps."""
        self._reading = read

    def noting(self, note: Callable[[str], None]) -> None:
        """Tell ``note``, once a type, of what does not come back as it went. For the hooks."""
        self._note = note

    # --- handing on ---

    @answered("subprocess.run([...], env=session.env())")
    def env(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment (or ``base``) with what another process needs to act in this session.

        ``subprocess.run([...], env=session.env())``; there, ``session_state_ext.connect()``.
        """
        __tracebackhide__ = True
        if base is not None:
            _check_environment(base)
        handed = dict(self._environment)
        if self._link.chosen is not None:
            handed[credential.SESSION] = self._link.chosen
        if not self._environment or self._link.fleeting:
            if self._link.fleeting:
                raise SessionError(
                    "This session is kept in this kernel's memory only. "
                    "Name one first: %session use NAME --new, or SESSION_STATE_SESSION in the environment."
                )
            self.flush()
            if self.revision == 0:
                raise SessionError("This session is empty and not stored yet. Set a variable first.")
            handed = {credential.SESSION: self.id}
        return Environment({**(os.environ if base is None else base), **handed}, shown=handed)
