"""What can follow ``%session`` on a line, and ``#| step:``; and what name stands in ``session.get("``."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

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
    "use": ["--new", "--bring", "--this", "--copy", "--empty"],
    "pull": ["--force"],
    "declare": [
        *("--min", "--max", "--step", "--choices", "--type", "--pattern"),
        *("--description", "--control", "--locked"),
    ],
    "history": ["--before", "--limit"],
    "undo": ["--force"],
    "redo": ["--force"],
    "restore": ["--force"],
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
#: Which subcommand takes what a method of another name does.
_AS = {
    **dict.fromkeys(("pop", "setdefault", "edit", "spec", "undeclare"), "get"),
    "forget": "restore",
    "forget_steps": "run",
}
#: What takes more names than one.
_SEVERAL = ("bind", "unbind", "lock", "unlock", "reset", "form", "run", "forget_steps", "diff")


#: The last word of a line: with its quote where that is open; else what stands apart from the others.
_WORD = re.compile(r"\"[^\"]*$|[^\s,()\"]*$")


class Found(NamedTuple):
    """What may stand in place of the last word."""

    word: str
    #: commands and options
    words: list[str]
    #: variables, steps, snapshots, sessions, as they are written in a line
    names: list[str]


def complete(line: str, session: Session, link: Link, names: Mapping[str, Any]) -> Found:
    """What may stand where the last word of ``line`` begins; ``names`` are the notebook's.

    ``line`` is ``%session ...``, ``%%session ...`` or ``#| step: ...``.
    """
    found = _WORD.search(line)
    word = "" if found is None else found.group()
    comment, _, said = line.partition("step:")
    if comment.lstrip().startswith("#"):
        word = word.rpartition("step:")[2]
        before = said[: len(said) - len(word)].replace(",", " ").split()
        options, known = _of_comment(said, before, session, link, names)
        return _found(word, options, known)
    head, *before = line[: len(line) - len(word)].replace(",", " ").split() or [""]
    if not before:
        commands = (
            ["step", "parameters", "set"] if head.startswith("%%") else [one for one in COMMANDS if one != "step"]
        )
        return _found(word, commands, [])
    command, *before = before
    return _found(word, _options(command, before), _names(command, before, session, link, names))


def complete_call(
    method: str, word: str, session: Session, link: Link, names: Mapping[str, Any], *, is_first: bool
) -> Found:
    """What may stand in the open quotes of ``session.method("word``, as it is written there.

    ``is_first``: no other name stands before it in the call.
    """
    if not is_first and method not in _SEVERAL:
        return Found(word, [], [])
    known = _names(_AS.get(method, method), [], session, link, names)
    # A quote of its own would end the text.
    return Found(
        word, [], [one for one in known if one.startswith(word) and one.isprintable() and not set(one) & set("\"'\\")]
    )


def _found(word: str, options: Iterable[str], known: Iterable[str]) -> Found:
    # In an open quote stands a name, and whole.
    spelled = _quoted if word.startswith('"') else pasted
    return Found(
        word,
        [one for one in options if one.startswith(word)],
        # A name with a space is found by its first letters, too, and comes with its quotes.
        [spelled(one) for one in known if spelled(one).startswith(word) or (word and one.startswith(word))],
    )


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _of_comment(
    said: str, before: list[str], session: Session, link: Link, names: Mapping[str, Any]
) -> tuple[list[str], Iterable[str]]:
    """Behind ``#| step:``, of ``train(lr) -> loss --timeout 60``."""
    if any(word.startswith("--") for word in before):
        return _OPTIONS["step"], _names("step", before, session, link, names)
    if "->" in said or said.count("(") > said.count(")"):
        return (_OPTIONS["step"] if "->" in before[:-1] else []), _variables(session, link)
    return ([], _steps(link)) if not before else (["->", *_OPTIONS["step"]], [])


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
        return _steps(link) if not before else _data(names) if option == "--keep" else _variables(session, link)
    if command == "unbind" or (command == "bind" and "off" in before):
        return session.bound
    if command == "declare" and before and before[-1] in ("--control", "--type"):
        return []
    if command == "push":
        return _data(names)
    found: dict[str, Callable[[], Iterable[str]]] = {
        "run": lambda: _standing(session, link),
        "steps": lambda: _standing(session, link) if before else [],
        "use": lambda: _sessions(link),
        **dict.fromkeys(("restore", "diff", "snapshot"), lambda: _snapshots(link)),
        **dict.fromkeys(_VARIABLES, lambda: _variables(session, link)),
    }
    return found.get(command, list)()


def _known(link: Link) -> bool:
    """Whether there is a session to ask; the first Tab of a kernel has loaded the extension just now."""
    try:
        link.known(_SECONDS)
    except SessionError:
        return False
    return True


def _variables(session: Session, link: Link) -> list[str]:
    return list(session) if _known(link) else []


def _steps(link: Link) -> list[str]:
    return list(link.steps()) if _known(link) else []


def _standing(session: Session, link: Link) -> list[str]:
    return list(session.steps()) if _known(link) else []


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
    if not _known(link):
        return []
    session_id = link.replica.session_id or ""
    try:
        known = link.ask(lambda backend: backend.archive(session_id).snapshots(), _SECONDS) if link.usable else []
    except SessionError:
        return []
    return [one.name for one in known]


def _sessions(link: Link) -> list[str]:
    if not _known(link):
        return []
    try:
        known = link.ask(lambda backend: backend.sessions(), _SECONDS) if link.usable else []
    except SessionError:
        return []
    return [one.name for one in known if one.name]
