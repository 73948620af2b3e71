"""What a piece of Python says of parameters: its assignments of plain values, and the comments behind them."""

from __future__ import annotations

import ast
import io
import linecache
import re
import tokenize
from contextlib import suppress
from typing import Any

from msgspec import Struct

from session_state_ext.errors import SessionError

#: A name, what is assigned to it, and its annotation.
_Target = tuple[str, ast.expr, ast.expr | None]
_NO_LITERAL = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError)
_HEADED = re.compile(r"#\s*parameters\s*:?\s*$", re.I)


class NotPlain(SessionError):
    """Something else than a plain value stands there."""

    code = "not-plain"


class Parameter(Struct, frozen=True):
    """One assignment."""

    name: str
    value: Any
    #: the comment behind it
    description: str | None = None
    #: the annotation, as it is written
    annotation: str | None = None


def is_headed(source: str) -> bool:
    """Whether a cell begins with the comment that makes it the notebook's cell of parameters."""
    first, _, _ = source.lstrip().partition("\n")
    return _HEADED.match(first.strip()) is not None


def parameters(source: str) -> list[Parameter]:
    """The parameters of a cell: ``lr = 0.1  # learning rate``. Raises NotPlain for anything that is no such line."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise NotPlain(f"Line {error.lineno} is no Python: {error.msg}.") from None
    said = comments(source)
    found: list[Parameter] = []
    for statement in tree.body:
        target = _target(statement)
        if target is None:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # a text that stands by itself says something to people
            raise NotPlain(
                f"Line {statement.lineno} assigns no parameter: {ast.unparse(statement).splitlines()[0][:60]}. "
                "A cell of parameters holds lines such as: lr = 0.1  # learning rate"
            )
        try:
            found.append(_parameter(statement, target, said))
        except _NO_LITERAL:
            name, value, _ = target
            raise NotPlain(
                f"{name}: {ast.unparse(value)[:60]} is no plain value; a parameter is a number, a text, a list or a "
                f"dict of them. For what is computed: session.declare({name!r}, ...)"
            ) from None
    return found


def plain(source: str) -> list[Parameter]:
    """The assignments of plain values in a cell that may hold anything else besides."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    said = comments(source)
    found: dict[str, Parameter] = {}
    for statement in tree.body:
        if (target := _target(statement)) is None:
            continue
        found.pop(target[0], None)
        with suppress(*_NO_LITERAL):
            found[target[0]] = _parameter(statement, target, said)
    return [*found.values()]


def _parameter(statement: ast.stmt, target: _Target, said: dict[int, str]) -> Parameter:
    """Raises one of _NO_LITERAL where the value is none."""
    name, value, annotation = target
    literal = ast.literal_eval(value)
    written = None if annotation is None else ast.unparse(annotation)
    return Parameter(name, literal, said.get(statement.end_lineno or statement.lineno), written)


def _target(statement: ast.stmt) -> _Target | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, annotation = statement.targets[0], None
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target, annotation = statement.target, statement.annotation
    else:
        return None
    if not isinstance(target, ast.Name):
        return None
    assert statement.value is not None
    return target.id, statement.value, annotation


def comments(source: str) -> dict[int, str]:
    """The comment at the end of each line that has something else before it, by the line's number."""
    found: dict[int, str] = {}
    code: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                text = token.string.lstrip("#").strip()
                if token.start[0] in code and text and not text.startswith(("noqa", "type:", "pragma")):
                    found[token.start[0]] = text
            elif token.type not in (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
                code.update(range(token.start[0], token.end[0] + 1))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return found


def described(kind: type) -> dict[str, str]:
    """What the source of a class says of its fields: the comment behind each, or the text below it."""
    source = _source(kind)
    if source is None:
        return {}
    body = _class(source, kind.__name__)
    if body is None:
        return {}
    said = comments(source)
    found: dict[str, str] = {}
    last: str | None = None
    for statement in body.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            last = statement.target.id
            if (comment := said.get(statement.end_lineno or statement.lineno)) is not None:
                found[last] = comment
            continue
        text = statement.value if isinstance(statement, ast.Expr) else None
        if last is not None and isinstance(text, ast.Constant) and isinstance(text.value, str):
            found[last] = " ".join(text.value.split())
        last = None
    return found


def _source(kind: type) -> str | None:
    import inspect
    import textwrap

    try:
        return textwrap.dedent(inspect.getsource(kind))
    except (OSError, TypeError):
        pass
    # Of a class that a cell has made Python does not know the place; IPython keeps the cells' lines.
    for entry in reversed([*linecache.cache.values()]):
        lines = entry[2] if len(entry) > 2 else []
        if any(f"class {kind.__name__}" in line for line in lines):
            return "".join(lines)
    return None


def _class(source: str, name: str) -> ast.ClassDef | None:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    return next((node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name), None)
