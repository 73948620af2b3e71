"""What an annotation of a cell says, read by a closed table and never evaluated: the cell may not have run."""

from __future__ import annotations

import ast
import datetime
import decimal
import uuid
from typing import Annotated, Any, Literal, Optional, Union

_NAMES: dict[str, Any] = {
    **{kind.__name__: kind for kind in (float, int, str, bool, bytes, list, dict, tuple, set, frozenset, object)},
    **{kind.__name__: kind for kind in (datetime.datetime, datetime.date, datetime.time, datetime.timedelta)},
    **{kind.__name__: kind for kind in (decimal.Decimal, uuid.UUID)},
    "List": list,
    "Dict": dict,
    "Tuple": tuple,
    "Set": set,
    "Sequence": list,
    "Mapping": dict,
    "Any": Any,
}
#: Whose members these may be called by: ``typing.Optional``, ``datetime.date``.
_MODULES = ("typing", "t", "typing_extensions", "datetime", "dt", "decimal", "uuid", "builtins", "collections", "abc")


class Unreadable(Exception):
    """An annotation of which nothing is known here."""


def hint_of(text: str) -> Any:
    """The type that an annotation means, as Python has it. Raises Unreadable."""
    try:
        return _hint(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise Unreadable(text) from None


def _hint(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=str(text)):
            return hint_of(text)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return Union[_hint(left), _hint(right)]  # noqa: UP007  # of None and None, too
        case ast.Subscript(value=outer, slice=inner):
            return _made(_name(outer), inner.elts if isinstance(inner, ast.Tuple) else [inner])
    name = _name(node)
    if name not in _NAMES:
        raise Unreadable(name)
    return _NAMES[name]


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=module) | ast.Attribute(attr=module), attr=name) if module in _MODULES:
            return name
    raise Unreadable(ast.unparse(node))


def _made(name: str, inner: list[ast.expr]) -> Any:
    match name:
        case "Literal":
            return Literal[tuple(map(ast.literal_eval, inner))]
        case "Optional":
            (only,) = inner
            return Optional[_hint(only)]  # noqa: UP045
        case "Union":
            return Union[tuple(map(_hint, inner))]  # noqa: UP007
        case "Final" | "ClassVar" | "Required" | "NotRequired":
            (only,) = inner
            return _hint(only)
        case "Annotated":
            texts = [one.value for one in inner[1:] if isinstance(one, ast.Constant)]
            return Annotated.__class_getitem__((_hint(inner[0]), *(texts or [None])))  # type: ignore[attr-defined]
        case _:
            of = _NAMES.get(name)
            if of not in (list, dict, tuple, set, frozenset):
                raise Unreadable(name)
            return of[tuple(... if isinstance(one, ast.Constant) and one.value is ... else _hint(one) for one in inner)]
