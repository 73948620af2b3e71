"""Which variables the cells of a notebook write, as far as that can be read without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from session_state_ext.errors import SessionError
from session_state_ext.kernel import grammar

from .declared import declared
from .notebook import parsed, source_of, step_of

#: The names that the session has in a notebook.
SESSION = ("session", "session_state")


def written(notebook: Any) -> set[str]:
    """The variables that some cell writes, declares, or has a step write."""
    found = set(declared(notebook).names)
    for source in map(source_of, notebook.cells):
        step = step_of(source)
        found |= set(step.line.outputs) if step is not None else set()
        found |= set(stores(parsed(source)))
    return found


def stores(tree: ast.Module) -> Iterator[str]:
    """The variables that a cell's code writes."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(variable)), ctx=ast.Store()) if (
                name in SESSION
            ):
                yield variable
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="setdefault"), args=[first, *_]) if (
                name in SESSION
            ):
                yield from _text(first)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update")) if name in SESSION:
                yield from (one.arg for one in node.keywords if one.arg is not None)
                for given in node.args:
                    yield from (text for key in getattr(given, "keys", []) for text in _text(key))
            case ast.Call(func=ast.Attribute(attr="run_line_magic" | "run_cell_magic"), args=[magic, *said]):
                if _text(magic) == ["session"]:
                    yield from _of_line("\n".join(text for one in said for text in _text(one)))
            case _:
                pass


def _of_line(line: str) -> list[str]:
    """What ``%session LINE`` writes."""
    word, _, rest = line.strip().partition(" ")
    try:
        if word == "set":
            return [*grammar.assignments(rest)]
        return [name for name in grammar.words(rest) if not name.startswith("-")] if word in ("push", "bind") else []
    except SessionError:
        return []


def _text(node: Any) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
