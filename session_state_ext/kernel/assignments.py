"""``lr = 0.1 tags=["a", "b"]``, as it is typed after ``%session set``: literals, never evaluated."""

from __future__ import annotations

import ast
import json
import math
import re
from typing import Any

from session_state_ext.errors import SessionError
from session_state_ext.names import why_invalid
from session_state_ext.spelling import pasted

_CLOSES = {"(": ")", "[": "]", "{": "}"}
_BARE_NAME = re.compile(r"[^\s=\"',\[\](){}]+")
#: What text without quotes hardly has.
_EXPRESSION = re.compile(r"[()\[\]{}\"'*+%<>|&^~]")
#: Where the next assignment begins.
_NEXT = re.compile(r"[\s,]+([^\s=\"',\[\](){}]+|\"[^\"]*\"|'[^']*')\s*=|\s+#")
#: ``lr: float = 0.1``
_TYPED = re.compile(r"([^\s:=\"']+)\s*:\s*(float|int|str|bool|list|dict)\b\s*(?:=\s*(.*))?", re.S)
_OPERATORS = "+-*/%|&^@"
#: A longer text is not said again, for half of it is of no use.
_PASTED = 80
_WORDS = {
    "null": None,
    "None": None,
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "NaN": float("nan"),
    "nan": float("nan"),
    "Infinity": float("inf"),
    "inf": float("inf"),
    "-Infinity": float("-inf"),
    "-inf": float("-inf"),
}


class Mistake(SessionError):
    """What was typed cannot be understood."""

    code = "mistake"


def assignments(line: str) -> dict[str, Any]:
    """The values of ``lr = 0.1 tags=["a", "b"]``: JSON or Python literals. What stands behind # is not read."""
    found: dict[str, Any] = {}
    at = _next(line, 0)
    #: where the last assignment began, and its value
    last = begun = 0
    while at < len(line):
        _refuse_type(line[at:])
        first = at
        name, at = _name(line, at)
        at = skip(line, at)
        if not line.startswith("=", at):
            raise Mistake(_without_equals(line, name, first, at, (last, begun) if found else None))
        if line.startswith("==", at):
            raise Mistake(f"{name} == compares. Write a single =: %session set {pasted(name)} = 0.1")
        start = skip(line, at + 1)
        end = _end_of_value(line, start, name)
        if name in found:
            raise Mistake(f"{name} is set twice in one line. Leave one of them out.")
        found[name] = literal(line[start:end], name, _whole(line, start, end))
        last, begun = first, start
        at = _next(line, end)
        if at < len(line) and line[at] == ",":
            at = _next(line, at + 1)
        elif at < len(line) and at == end:
            raise Mistake(f"After the value of {name} comes {line[at : at + 20]!r}; a space is missing there.")
    if not found:
        raise Mistake("Say what to set: %session set lr = 0.1")
    return found


def _next(line: str, at: int) -> int:
    """Where something stands that is neither white space nor a comment."""
    at = skip(line, at)
    while line.startswith("#", at):
        end = line.find("\n", at)
        at = len(line) if end < 0 else skip(line, end)
    return at


def _whole(line: str, start: int, end: int) -> str:
    """What stands from ``start`` to the next assignment: a text without its quotes has spaces."""
    following = _NEXT.search(line, end)
    return line[start : len(line) if following is None else following.start()].rstrip()


def _without_equals(line: str, name: str, first: int, at: int, last: tuple[int, int] | None) -> str:
    """What to write where no = follows the name that begins at ``first`` and ends before ``at``."""
    rest = line[first:].strip()
    shown = rest if len(rest) <= _PASTED else f"{rest[: _PASTED - 3]}..."
    if line.startswith("[", at):
        return f"{name}[...] is inside of {name}. In Python: with session.edit({name!r}) as {name}: {shown}"
    if line[at : at + 1] and line[at] in _OPERATORS and "=" in line[at : at + 3]:
        return _computed(name, line[at:])
    head, colon, value = rest.partition(":")
    if colon and head.strip() and name.startswith(head.strip()):
        value = value.strip() or "0.1"
        return f"{name} has a colon where a = is meant. Write: %session set {pasted(head.strip())} = {value}"
    if last is not None:
        said, value = line[last[0] : last[1]].rstrip(), _whole(line, last[1], first + 1)
        return f"After {line[last[0] : first].strip()} comes {name}. Text needs quotes: {said} {json.dumps(value)}"
    return f"There is no = after {name}. Write: %session set {pasted(name)} = 0.1"


def _computed(name: str, rest: str) -> str:
    return f"Nothing is computed here. In Python: session[{name!r}] {rest.strip()[:_PASTED]}"


def _refuse_type(text: str) -> None:
    """Raise Mistake where a name has a type behind it."""
    typed = _TYPED.match(text)
    if typed is not None:
        name, kind, value = typed.groups()
        default = f" = {value.strip()[:_PASTED]}" if value else ""
        raise Mistake(f"A type is declared by --type: %session declare {name}{default} --type {kind}")


def untyped(name: str) -> str:
    """``name``, where it is not one with a type behind it. Raises Mistake."""
    _refuse_type(name)
    return checked(name)


def skip(line: str, at: int) -> int:
    """The next place from ``at`` that is not white space."""
    while at < len(line) and line[at].isspace():
        at += 1
    return at


def _name(line: str, at: int) -> tuple[str, int]:
    if line[at] in "\"'":
        end = end_of_string(line, at)
        if end is None:
            raise Mistake(f"The quote before {line[at + 1 : at + 20]!r} is never closed.")
        name = unquoted(line[at:end])
    else:
        match = _BARE_NAME.match(line, at)
        if match is None:
            raise Mistake(f"A name is expected at {line[at : at + 20]!r}. Write: %session set lr = 0.1")
        name, end = match.group(), match.end()
        if re.match(r"[-+*/%]?[\d.]|[-+*/]", name):
            raise Mistake(f"A name is expected where {name} stands; values are not computed here. Use Python for that.")
        if name[-1] in _OPERATORS and line.startswith("=", end):
            raise Mistake(_computed(name.rstrip(_OPERATORS), name[len(name.rstrip(_OPERATORS)) :] + line[end:]))
    checked(name)
    return name, end


def checked(name: str) -> str:
    """``name``, where it can name a variable. Raises Mistake."""
    reason = why_invalid(name)
    if reason is not None:
        raise Mistake(reason)
    return name


def end_of_string(line: str, at: int) -> int | None:
    """The place behind the quoted text that begins at ``at``; None where it is never closed."""
    quote = line[at]
    at += 1
    while at < len(line):
        if line[at] == "\\":
            at += 1
        elif line[at] == quote:
            return at + 1
        at += 1
    return None


def unquoted(text: str) -> str:
    """The text in quotes. Raises Mistake."""
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        raise Mistake(f"{short(text)!r} is not a text in quotes.") from None


def _end_of_value(line: str, start: int, name: str) -> int:
    """Where the value that begins at ``start`` ends: its brackets closed, or the next white space."""
    at, open_ = start, list[str]()
    while at < len(line):
        here = line[at]
        if here in "\"'":
            end = end_of_string(line, at)
            if end is None:
                raise Mistake(f"The text of {name} begins with {here} and is never closed.")
            at = end
            if not open_:
                return at
            continue
        if here in _CLOSES:
            open_.append(_CLOSES[here])
        elif here in ")]}":
            if not open_ or open_.pop() != here:
                raise Mistake(f"The value of {name} has a {here} that nothing opens.")
            if not open_:
                return at + 1
        elif not open_ and (here.isspace() or (here == "," and not line[at + 1 : at + 2].isdigit())):
            break
        at += 1
    if open_:
        raise Mistake(f"The value of {name} is not closed: {open_[-1]} is missing.")
    if at == start:
        raise Mistake(f"There is no value after {name} =. Write: %session set {pasted(name)} = 0.1")
    return at


def literal(text: str, name: str, whole: str | None = None) -> Any:
    """The value of a JSON or Python literal; ``whole``: the words that may be one text with it. Raises Mistake."""

    def finite(number: str) -> float:
        value = float(number)
        if math.isinf(value):
            raise Mistake(f"{name}: {short(number)} is too large for a number; infinity is written inf.")
        return value

    if text in _WORDS:
        return _WORDS[text]
    try:
        return json.loads(text, parse_float=finite)
    except ValueError:
        pass
    # Python would read 0,5 as a tuple; whoever writes it means a number.
    if re.fullmatch(r"[-+]?\d+,\d+", text):
        point = text.replace(",", ".")
        raise Mistake(
            f"{name}: {text} is not a number; write it with a point: {point}. A list needs brackets: [{text}]."
        )
    try:
        tree = ast.parse(text, mode="eval")
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                finite(repr(node.value) if math.isfinite(node.value) else ast.get_source_segment(text, node) or text)
        return ast.literal_eval(_Named().visit(tree))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        pass
    if re.fullmatch(r"\{[^\W\d]\w*\}", text):
        raise Mistake(
            f"{name}: {text} is not a value; no name is filled in here. In Python: session[{name!r}] = {text[1:-1]}"
        )
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        parts = ", ".join(str(int(part)) for part in text.split("-"))
        raise Mistake(
            f"{name}: {text} is not a value here. A date, in Python: session[{name!r}] = datetime.date({parts})"
        )
    if text[0] in "[{(":
        raise Mistake(f"{name}: {short(text)} is neither JSON nor a Python literal. Text in it needs quotes.")
    if text[0].isalpha() or text[0] == "_":
        whole = whole or text
        said = whole if len(whole) <= _PASTED else "..."
        python = f"For the value of a Python expression: session[{name!r}] = {said}"
        if _EXPRESSION.search(text):
            raise Mistake(f"{name}: {short(text)} is not a value; nothing is computed here. {python}")
        quoted = json.dumps(said, ensure_ascii=False)
        raise Mistake(f"{name}: {short(whole)} is not a value. Text needs quotes: {pasted(name)} = {quoted}. {python}")
    raise Mistake(f"{name}: {short(text)} is not a value. Values are numbers, quoted text, lists, dicts, true, null.")


class _Named(ast.NodeTransformer):
    """nan, null and the others, which are no literals of Python's, inside of one."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(_WORDS[node.id]) if node.id in _WORDS else node


def short(text: str) -> str:
    """A text as it is shown in a sentence."""
    return text if len(text) <= 40 else text[:37] + "..."
