"""What can follow ``%session`` on a line."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from session_state_ext.errors import SessionError
from session_state_ext.spelling import pasted
from session_state_ext.wire.specs import CONTROLS

from .link import Link
from .magics import COMMANDS
from .session import Session

#: Whoever presses Tab does not wait longer.
_SECONDS = 0.5
_TYPES = ("float", "int", "str", "bool", "list", "dict")

_OPTIONS = {
    "step": ["--in", "--out", "--keep", "--force", "--timeout"],
    "use": ["--new", "--this", "--copy", "--empty"],
    "pull": ["--force"],
    "declare": [
        *("--min", "--max", "--step", "--choices", "--type", "--pattern"),
        *("--description", "--control", "--locked"),
    ],
    "history": ["--before", "--limit"],
    "undo": ["--force"],
    "redo": ["--force"],
    "snapshot": ["--delete"],
    "purge": ["--yes"],
    "run": ["--stale", "--force"],
    "bind": ["--force", "off"],
    "steps": ["forget"],
}
_VARIABLES = (
    *("get", "del", "pull", "set", "history", "purge", "why", "bind"),
    *("declare", "reset", "lock", "unlock", "widget", "form"),
)


def complete(line: str, session: Session, link: Link, names: Mapping[str, Any]) -> list[str]:
    """The words that may stand where the last word of ``line`` begins; ``names`` are the notebook's."""
    if not link.replica.known:
        return []
    head, *words = line.split()
    done = words if line[-1:].isspace() else words[:-1]
    if not done:
        return ["step", "parameters"] if head.startswith("%%") else [one for one in COMMANDS if one != "step"]
    command, *before = done
    # Inside a quote only the rest of the name is wanted.
    spelled = _rest if line.count('"') % 2 else pasted
    return [*_options(command, before), *map(spelled, _names(command, before, session, link, names))]


def _rest(name: str) -> str:
    return f'{name}"'


def _options(command: str, before: list[str]) -> list[str]:
    last = before[-1] if before else ""
    if command == "declare" and last in ("--control", "--type"):
        return list(CONTROLS if last == "--control" else _TYPES)
    if (command == "steps" and before) or (command == "bind" and "off" in before):
        return []
    return _OPTIONS.get(command, [])


def _names(command: str, before: list[str], session: Session, link: Link, names: Mapping[str, Any]) -> Iterable[str]:
    if command == "step":
        option = next((word for word in reversed(before) if word.startswith("--")), None)
        return list(link.steps()) if not before else _data(names) if option == "--keep" else list(session)
    if command == "unbind" or (command == "bind" and "off" in before):
        return session.bound
    if command == "declare" and before and before[-1] in ("--control", "--type"):
        return []
    if command == "push":
        return _data(names)
    found: dict[str, Callable[[], Iterable[str]]] = {
        "run": lambda: list(session.steps()),
        "steps": lambda: list(session.steps()) if before else [],
        "use": lambda: _sessions(link),
        **dict.fromkeys(("restore", "diff", "snapshot"), lambda: _snapshots(link)),
        **dict.fromkeys(_VARIABLES, lambda: list(session)),
    }
    return found.get(command, list)()


def _data(names: Mapping[str, Any]) -> list[str]:
    """The names that a person has given to values."""
    return [
        name
        for name, value in names.items()
        if not name.startswith("_")
        and name not in ("In", "Out")
        and not callable(value)
        and not isinstance(value, types.ModuleType | Session)
    ]


def _snapshots(link: Link) -> list[str]:
    session_id = link.replica.session_id or ""
    try:
        known = link.ask(lambda backend: backend.archive(session_id).snapshots(), _SECONDS) if link.usable else []
    except SessionError:
        return []
    return [one.name for one in known]


def _sessions(link: Link) -> list[str]:
    try:
        known = link.ask(lambda backend: backend.sessions(), _SECONDS) if link.usable else []
    except SessionError:
        return []
    return [one.name for one in known if one.name]
