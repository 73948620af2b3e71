"""Whether code bound a name, where the value alone does not tell: a small number is the same object each time."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from .freenames import bound_names, surely_bound


class Watched:
    """The names of one cell whose binding is reported, and those that were bound."""

    def __init__(self, names: set[str]) -> None:
        self.names = names
        self.bound: set[str] = set()


def is_interned(value: Any) -> bool:
    """Whether Python may keep a single object of this value."""
    return type(value) in (int, bool, str, type(None))


def watch(tree: ast.Module, outputs: dict[str, Any], report: Callable[[str], ast.expr]) -> Watched:
    """Have ``tree`` evaluate ``report(name)`` whenever it has bound one of ``outputs`` in a branch or a loop.

    Only for names that the code may bind and need not, and whose value before is one that Python keeps a single
    object of: for all others the object tells. Changes ``tree``; no line moves.
    """
    alike = {name for name, value in outputs.items() if is_interned(value)}
    unsure = (alike & bound_names(tree)) - surely_bound(tree) - _hidden(tree)
    if unsure:
        marker = _Marker(unsure, report)
        for statement in tree.body:
            marker.visit(statement)
        ast.fix_missing_locations(tree)
    return Watched(unsure)


def _hidden(tree: ast.Module) -> set[str]:
    """Names that are bound inside an expression, or from within a function: not followed."""
    nodes = list(ast.walk(tree))
    walrus = {node.target.id for node in nodes if isinstance(node, ast.NamedExpr)}
    return walrus | {name for node in nodes if isinstance(node, ast.Global) for name in node.names}


class _Marker(ast.NodeTransformer):
    """Puts a report behind each statement of a block that binds one of the names."""

    def __init__(self, names: set[str], report: Callable[[str], ast.expr]) -> None:
        self._names, self._report = names, report

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            return node  # its names are its own
        self.generic_visit(node)
        for block in ("body", "orelse", "finalbody"):
            statements = getattr(node, block, None)
            if isinstance(statements, list):
                setattr(node, block, [one for statement in statements for one in self._followed(statement)])
        at_start = self._bound_by_head(node)
        if at_start:
            node.body[:0] = [self._mark(name, node.body[0]) for name in sorted(at_start)]  # type: ignore[attr-defined]
        return node

    def _followed(self, statement: ast.stmt) -> list[ast.stmt]:
        compound = hasattr(statement, "body") and not isinstance(
            statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        )
        bound = set() if compound else bound_names(ast.Module([statement], [])) & self._names
        return [statement, *(self._mark(name, statement) for name in sorted(bound))]

    def _bound_by_head(self, node: ast.AST) -> set[str]:
        """What a loop, a ``with``, an ``except`` or a ``case`` binds when its block begins."""
        if isinstance(node, ast.For | ast.AsyncFor):
            heads: list[ast.AST] = [node.target]
        elif isinstance(node, ast.With | ast.AsyncWith):
            heads = [item.optional_vars for item in node.items if item.optional_vars is not None]
        elif isinstance(node, ast.match_case):
            heads = [node.pattern]
        else:
            return set()
        found = {one.id for head in heads for one in ast.walk(head) if isinstance(one, ast.Name)}
        found |= {
            one.name
            for head in heads
            for one in ast.walk(head)
            if isinstance(one, ast.MatchAs | ast.MatchStar) and one.name
        }
        return found & self._names

    def _mark(self, name: str, near: ast.stmt) -> ast.stmt:
        return ast.copy_location(ast.Expr(value=self._report(name)), near)
