"""``%session declare``, ``reset``, ``lock`` and ``unlock``, and ``%%session parameters``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from session_state_ext.errors import SessionError
from session_state_ext.spelling import nearest, pasted

from . import display, grammar
from .assignments import untyped
from .grammar import Mistake
from .link import Link
from .namespace import Namespace
from .parameters import parameters
from .session import Session
from .synonyms import meant

_EXAMPLE = "%session declare lr = 0.1 --min 0 --max 1"
_EXAMPLES = {
    "--choices": '%session declare optimizer = "adam" --choices adam sgd',
    "--description": '%session declare lr = 0.1 --description "learning rate"',
    "--control": "%session declare lr = 0.1 --min 0 --max 1 --control slider",
    "--type": "%session declare lr --type float",
    "--pattern": '%session declare run = "a1" --pattern "[a-z][0-9]"',
}

#: Each option with the keyword of session.declare that it stands for.
_NUMBERS = {"--min": "minimum", "--max": "maximum", "--step": "step"}
_TEXTS = {"--description": "description", "--control": "control", "--type": "type", "--pattern": "pattern"}
_OPTIONS = [*_NUMBERS, *_TEXTS, "--choices", "--locked"]
_WORDS = {word: option for option, word in (_NUMBERS | _TEXTS | {"--choices": "choices", "--locked": "locked"}).items()}
_TYPES = {"float": float, "int": int, "str": str, "bool": bool, "list": list, "dict": dict}

_WORD = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[^\s,]+")


class DeclareLines:
    """Reads what follows these commands, and tells the session."""

    def __init__(self, link: Link, session: Session, names: Namespace) -> None:
        self._link, self._session, self._names = link, session, names
        #: each command with what answers it
        self.commands: dict[str, Callable[[str], Any]] = {
            "declare": self._declare,
            "parameters": self._parameters_line,
            "reset": self._reset,
            "lock": self._lock,
            "unlock": self._unlock,
        }

    def parameters(self, cell: str) -> None:
        """Declare what the cell assigns, and give its names the values that the session has."""
        for one in parameters(cell):
            self._names.check(one.name, forcible=False)
        declared = self._session.declare_parameters(cell)
        # What stands here from an earlier run of the cell is no value of the person's own.
        placed = [self._names.place(name, text) for name, (text, _) in self._link.read(declared).items()]
        display.show(*(display.note(said) for said in placed if said is not None))

    def _parameters_line(self, _: str) -> None:
        raise Mistake("%%session parameters is the first line of a cell; below it: lr = 0.1  # learning rate")

    def _declare(self, line: str) -> None:
        name, default, said = declaration(line)
        self._session.declare(name, default, **said)

    def _reset(self, line: str) -> None:
        names = grammar.of_session(grammar.read(line, "reset").words, self._session)
        bare = next((name for name in names if self._session.spec(name) is None), None)
        if bare is not None:
            raise Mistake(
                f"{bare} is not declared, so it has no default. Declare it: %session declare {pasted(bare)} = 1"
            )
        changed = self._session.reset(*names)
        if changed:
            listed = ", ".join(changed) if len(changed) < 6 else f"{len(changed)} variables"
            display.show(display.note(f"Back to the default: {listed}. To take it back: %session undo"))
        else:
            display.show(display.note("Nothing to reset: all that is declared with a default has it, or is locked."))

    def _lock(self, line: str) -> None:
        self._session.lock(*self._named(line, "lock"))

    def _unlock(self, line: str) -> None:
        self._session.unlock(*self._named(line, "unlock"))

    def _named(self, line: str, command: str) -> list[str]:
        names = grammar.read(line, command).words
        if not names:
            raise Mistake(f"Name a variable: %session {command} lr")
        return list(grammar.of_session(names, self._session))


def declaration(line: str) -> tuple[str, Any, dict[str, Any]]:
    """What ``%session declare`` says: a name, its default or UNSET, keywords of session.declare. Raises Mistake."""
    head, options = _apart(line)
    if not head:
        raise Mistake(f"Say what to declare: {_EXAMPLE}")
    said = _read(options)
    if "=" in head:
        found = grammar.assignments(head)
        if len(found) != 1:
            raise Mistake(f"Declare one variable a line: {_EXAMPLE}")
        ((name, default),) = found.items()
        return name, default, _fitting(said, default)
    names = grammar.words(head)
    if len(names) != 1:
        raise Mistake(f"Declare one variable a line, and its default after =: {_EXAMPLE}")
    return untyped(names[0]), UNSET, said


def _apart(line: str) -> tuple[str, str]:
    """What stands before the first option, and the options. Quotes and brackets keep what looks like one."""
    at, depth = 0, 0
    while at < len(line):
        here = line[at]
        if here in "\"'":
            end = _WORD.match(line, at)
            at = end.end() if end is not None else len(line)
            continue
        depth += (here in "([{") - (here in ")]}")
        if depth <= 0 and line.startswith("--", at) and (at == 0 or line[at - 1].isspace()):
            return line[:at].strip(), line[at:]
        at += 1
    return line.strip(), ""


def _read(options: str) -> dict[str, Any]:
    said: dict[str, Any] = {}
    words, last = _WORD.findall(options), ""
    while words:
        if last and not words[0].startswith("--"):
            raise Mistake(_several(last, options))
        option, joined, value = words.pop(0).partition("=")
        last = option
        if option == "--locked" and not joined:
            said["locked"] = True
            continue
        if option not in _OPTIONS:
            raise Mistake(f"%session declare has no option {option}.{_meant(option)}")
        taken = [value] if joined else []
        while words and not words[0].startswith("--") and (option == "--choices" or not taken):
            taken.append(words.pop(0))
        if not taken:
            raise Mistake(f"{option} needs a value: {_EXAMPLES.get(option, _EXAMPLE)}")
        if option == "--choices":
            said["choices"] = [_value(word) for word in taken]
        elif option in _NUMBERS:
            said[_NUMBERS[option]] = _number(option, taken[0])
        else:
            said[_TEXTS[option]] = _text(taken[0])
    if "type" in said:
        if said["type"] not in _TYPES:
            raise Mistake(f"There is no type {said['type']} here; there are {', '.join(_TYPES)}.")
        said["type"] = _TYPES[said["type"]]
    return said


def _several(option: str, options: str) -> str:
    """The sentence for a value of more than one word."""
    if option not in _TEXTS:
        return f"{option} takes one value: {_EXAMPLES.get(option, _EXAMPLE)}"
    _, _, behind = options.partition(option)
    text = json.dumps(" ".join(re.split(r"(?:^|\s)--", behind.lstrip("= "))[0].split()), ensure_ascii=False)
    return f"{option} takes one value; a text of several words needs quotes: {option} {text}"


def _meant(option: str) -> str:
    word = meant(option, [*_WORDS])
    return nearest(option, _OPTIONS) if word is None else f" Did you mean {_WORDS[word]}?"


def _fitting(said: dict[str, Any], default: Any) -> dict[str, Any]:
    """Choices are what the default is: 1 is a text beside "adam"."""
    choices = said.get("choices")
    if choices is None or not isinstance(default, str):
        return said
    return {**said, "choices": [one if isinstance(one, str) else str(one) for one in choices]}


def _number(option: str, word: str) -> float:
    try:
        value = grammar.literal(word, option)
    except SessionError:
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Mistake(f"{option} takes a number: {_EXAMPLE}")
    return value


def _value(word: str) -> Any:
    if word[0] in "\"'":
        return _text(word)
    try:
        return grammar.literal(word, "--choices")
    except SessionError:
        return word


def _text(word: str) -> str:
    return grammar.words(word)[0] if word[:1] in "\"'" and len(word) > 1 else word
