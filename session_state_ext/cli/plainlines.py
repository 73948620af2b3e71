"""What a line of ``%session`` did, in plain Python, where a dictionary stands for the session."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET, Struct, field

from session_state_ext.errors import SessionError
from session_state_ext.kernel import grammar, values
from session_state_ext.kernel.declarelines import declaration
from session_state_ext.names import is_safe

from .literals import imports_for, python

#: Commands that leave variables and names as they are: without them the notebook computes the same.
_SHOWING = ("", "list", "steps", "history", "diff", "why", "help", "snapshot", "widget", "form")
#: Commands whose work needs the dictionary.
NEEDING = ("get", "push", "pull", "del", "bind")


class Known(Struct):
    """What is known of a notebook's variables, at one place in it."""

    #: whether there is a dictionary ``session``
    used: bool
    #: the variables that the first cell brings, each with its value as code
    brought: dict[str, str]
    #: the variables that cells write
    written: set[str]
    #: the names that the cells up to this place bind
    named: set[str] = field(default_factory=set)
    #: the names that are kept equal with their variables from here on
    bound: dict[str, None] = field(default_factory=dict)

    def read(self, name: str) -> list[str]:
        """Give ``name`` the value of the variable, where there is one by then."""
        if name in self.brought:
            return [f"{name} = session[{name!r}]"]
        return [f"if {name!r} in session:", f"    {name} = session[{name!r}]"] if name in self.written else []


def is_showing(line: str) -> bool:
    """Whether ``%session LINE`` changes nothing."""
    return line.partition(" ")[0] in _SHOWING


def done(line: str, known: Known) -> list[str] | None:
    """What ``%session LINE`` did; None where nothing in plain Python does that, or the line has a mistake."""
    word, _, rest = line.partition(" ")
    command = _COMMANDS.get(word)
    try:
        lines = None if command is None else command(rest.strip(), known)
    except SessionError:
        return None
    return None if lines is None else [*imports_for(lines), *lines]


def setdefaults(defaults: dict[str, str], known: Known) -> list[str]:
    """A declaration makes the variables that are not there."""
    missing = {name: code for name, code in defaults.items() if name not in known.brought}
    if known.used:
        lines = [(f"if {name!r} not in session:", f"    session[{name!r}] = {code}") for name, code in missing.items()]
        return [line for pair in lines for line in pair]
    return [f"{name} = {code}" for name, code in missing.items() if is_safe(name)]


def _names(rest: str) -> list[str]:
    return [grammar.checked(name) for name in grammar.words(rest) if name != "--force"]


def _set(rest: str, known: Known) -> list[str]:
    given = grammar.assignments(rest)
    code = {name: python(values.encode(value, name)) for name, value in given.items()}
    lines = [f"{name} = {text}" for name, text in code.items() if is_safe(name)]
    if known.used:
        lines.append(f"session.update({{{', '.join(f'{name!r}: {text}' for name, text in code.items())}}})")
    return lines


def _get(rest: str, _: Known) -> list[str]:
    names = _names(rest)
    several = f"{{name: session[name] for name in {names!r}}}"
    return [f"session[{name!r}]" for name in names] if len(names) == 1 else [several]


def _push(rest: str, _: Known) -> list[str]:
    return [f"session[{name!r}] = {name}" for name in _names(rest)]


def _pull(rest: str, _: Known) -> list[str]:
    names = _names(rest)
    every = "globals().update({name: value for name, value in session.items() if name.isidentifier()})"
    return [f"{name} = session[{name!r}]" for name in names] or [every]


def _del(rest: str, _: Known) -> list[str]:
    return [f"session.pop({name!r}, None);" for name in _names(rest)]


def _bind(rest: str, known: Known) -> list[str]:
    names = _names(rest)
    if "off" in names:
        return _unbind(" ".join(name for name in names if name != "off"), known)
    lines = []
    for name in names or filter(is_safe, known.brought):
        known.bound[name] = None
        if name in known.named and name not in known.brought:
            lines.append(f"{name} = session.setdefault({name!r}, {name})")
        else:
            lines += known.read(name)
    return lines


def _unbind(rest: str, known: Known) -> list[str]:
    for name in _names(rest) or [*known.bound]:
        known.bound.pop(name, None)
    return []


def _declare(rest: str, known: Known) -> list[str]:
    name, default, _ = declaration(rest)
    return setdefaults({name: "None" if default is UNSET else python(values.encode(default, name))}, known)


_COMMANDS: dict[str, Callable[[str, Known], list[str]]] = {
    "set": _set,
    "get": _get,
    "push": _push,
    "pull": _pull,
    "del": _del,
    "bind": _bind,
    "unbind": _unbind,
    "declare": _declare,
}
