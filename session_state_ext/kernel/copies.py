"""A cell that changes a value where it was read changes a copy, which nobody keeps: Python has nothing to say of it."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from session_state_ext.names import is_safe

from .session import Session

#: What lists, dicts, arrays and frames are changed by, and what of these gives nothing back.
_CHANGES = (
    *("append", "extend", "insert", "remove", "pop", "popitem", "clear", "sort", "reverse"),
    *("update", "setdefault", "fill", "put", "resize"),
)
#: How a value is read, and what leads to something inside of it.
_READS = ("get", "setdefault")
_CHARS = 70
_STATEMENTS = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Expr, ast.With)


class Slip(Struct, frozen=True):
    """A statement that changes a copy."""

    #: the session's name in the notebook, and the call or index that reads
    session: str
    reading: str
    #: the variable, where it is written out, and how that is written
    name: str | None
    key: str
    #: a name for the value, and the statement with it
    value: str
    statement: str
    #: the name of session.edit's block was bound to something else
    rebound: bool = False

    def told(self, session: Session) -> str | None:
        """What to do instead, a sentence; None where nothing of such a value can be changed, as Python has said."""
        edit = f"with {self.session}.edit({self.key}) as {self.value}: "
        if self.rebound:
            return (
                f"{self.value} = ... inside of {self.session}.edit({self.key}) only gives the name another meaning. "
                f"To write all of it: {self.session}[{self.key}] = ..."
            )
        value = {} if self.name is None else session.get(self.name, {})
        if value is None or isinstance(value, str | bytes | int | float | complex):
            return None
        if not isinstance(value, dict | list):
            # What is neither is written whole.
            read, write = f"{self.value} = {self.session}[{self.key}]", f"{self.session}[{self.key}] = {self.value}"
            return f"{self.reading} is a copy: {read}; {self.statement}; {write}"
        return f"{self.reading} is a copy: {edit}{self.statement}"


def slips(tree: ast.Module, names: Mapping[str, Any]) -> list[tuple[Slip, Session]]:
    """The first slip of each variable in a cell, with the session of which it is. ``names`` are the notebook's."""
    found: dict[tuple[str, str, bool], tuple[Slip, Session]] = {}
    for node in ast.walk(tree):
        for slip in _of(node) if isinstance(node, _STATEMENTS) else ():
            session = names.get(slip.session)
            if isinstance(session, Session):
                found.setdefault((slip.session, slip.key, slip.rebound), (slip, session))
    return [*found.values()]


def _of(node: ast.AST) -> Iterator[Slip]:
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            changed: list[ast.expr] = targets
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            changed = [target]
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=attr), keywords=words) as call):
            if attr not in _CHANGES and not any(_in_place(word) for word in words):
                return
            changed = [call.func]
        case ast.With(items=items, body=body):
            for item in items:
                yield from _rebound(item, body)
            return
        case _:
            return
    for whole in changed:
        for part in whole.elts if isinstance(whole, ast.Tuple | ast.List) else [whole]:
            read = _read(part) if isinstance(part, ast.Subscript | ast.Attribute) else None
            if read is not None:
                yield _slip(node, *read)


def _in_place(word: ast.keyword) -> bool:
    return word.arg == "inplace" and isinstance(word.value, ast.Constant) and word.value.value is True


def _read(target: ast.Subscript | ast.Attribute) -> tuple[ast.expr, str, ast.expr] | None:
    """The expression inside of ``target`` that reads a variable, the session's name, and the variable's."""
    node: ast.expr = target.value
    while True:
        match node:
            case ast.Subscript(value=ast.Name(id=session), slice=key):
                return node, session, key
            case ast.Call(func=ast.Attribute(value=ast.Name(id=session), attr=attr), args=[key, *_]) if attr in _READS:
                return node, session, key
            case ast.Call(func=ast.Attribute(value=inner, attr=attr)) if attr in _READS:
                node = inner
            case ast.Subscript(value=inner) | ast.Attribute(value=inner):
                node = inner
            case _:
                return None


def _slip(statement: ast.AST, reading: ast.expr, session: str, key: ast.expr) -> Slip:
    name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
    value = name if name is not None and is_safe(name) else "value"
    changed = ast.unparse(_Renamed(reading, value).visit(copy.deepcopy(statement)))
    short = changed if len(changed) <= _CHARS and "\n" not in changed else "..."
    return Slip(session, _written(reading, session, key), name, _quoted(key), value, short)


class _Renamed(ast.NodeTransformer):
    """A statement in which what reads the variable is a name."""

    def __init__(self, reading: ast.expr, name: str) -> None:
        self._reading, self._name = ast.dump(reading), name

    def visit(self, node: ast.AST) -> Any:
        return ast.Name(self._name) if ast.dump(node) == self._reading else self.generic_visit(node)


def _written(reading: ast.expr, session: str, key: ast.expr) -> str:
    if isinstance(reading, ast.Call):
        assert isinstance(reading.func, ast.Attribute)
        return f"{session}.{reading.func.attr}({_quoted(key)})"
    return f"{session}[{_quoted(key)}]"


def _quoted(key: ast.expr) -> str:
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return json.dumps(key.value, ensure_ascii=False)
    return ast.unparse(key)


def _rebound(item: ast.withitem, body: list[ast.stmt]) -> Iterator[Slip]:
    """``with session.edit("config") as config: config = {...}``"""
    match item:
        case ast.withitem(
            context_expr=ast.Call(func=ast.Attribute(value=ast.Name(id=session), attr="edit"), args=[key, *_]),
            optional_vars=ast.Name(id=value),
        ):
            stored = (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Assign))
            if any(isinstance(one, ast.Name) and one.id == value for node in stored for one in node.targets):
                yield Slip(session, "", None, _quoted(key), value, "", rebound=True)
