"""Which names a piece of code reads from outside, and which it binds."""

from __future__ import annotations

import ast
from collections.abc import Iterable

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_SIMPLE = (
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
)
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def free_names(tree: ast.Module) -> list[str]:
    """The names which the code reads before it binds them, each once, in order."""
    reader = _Reader()
    reader.run(tree.body)
    # What a function reads is read when it is called, by when the code may have bound it.
    late = [name for name in reader.late if name not in reader.bound]
    return list(dict.fromkeys([*reader.free, *late]))


def bound_names(tree: ast.Module) -> set[str]:
    """The names which the code may bind at its top level: assigned, imported, defined, looped over."""
    reader = _Reader()
    reader.run(tree.body)
    return reader.bound | reader.declared


def surely_bound(tree: ast.Module) -> set[str]:
    """The names which a top-level statement binds whenever the code runs to its end."""
    reader = _Reader()
    for statement in tree.body:
        if isinstance(statement, _SIMPLE):
            reader.visit(statement)
    return reader.bound


class _Reader(ast.NodeVisitor):
    """Visits the top level in the order in which it is evaluated."""

    def __init__(self) -> None:
        self.free: list[str] = []
        self.late: list[str] = []
        self.bound: set[str] = set()
        #: declared global in a function, so that a call may bind them
        self.declared: set[str] = set()

    def run(self, body: Iterable[ast.AST]) -> None:
        for node in body:
            self.visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            if node.id not in self.bound:
                self.free.append(node.id)
        elif isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        self.run(node.targets)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self.bound:
            self.free.append(node.target.id)
        self.visit(node.value)
        self.visit(node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.visit(node.target)
        self.run([*node.body, *node.orelse])

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        self.visit_For(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.visit(node.target)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.bound.add(alias.asname or alias.name.partition(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.visit_Import(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        if node.name:
            self.bound.add(node.name)
        self.run(node.body)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.generic_visit(node)
        if node.name:
            self.bound.add(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self.bound.add(node.name)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.run(node.decorator_list)
        self._defaults(node.args)
        self._inside(node)
        self.bound.add(node.name)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        self._inside(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.run([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])
        inside = _Reader()
        inside.bound = set(self.bound)
        inside.run(node.body)
        self.free += inside.free
        self.late += inside.late
        self.declared |= inside.declared
        self.bound.add(node.name)

    def visit_ListComp(self, node: _Comprehension) -> None:
        inside = _Reader()
        inside.bound = set(self.bound)
        for generator in node.generators:
            inside.run([generator.iter, generator.target, *generator.ifs])
        inside.run([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.free += inside.free
        self.late += inside.late
        # A walrus in a comprehension binds outside of it.
        self.bound |= {one.target.id for one in ast.walk(node) if isinstance(one, ast.NamedExpr)}

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self.visit_ListComp(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self.visit_ListComp(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self.visit_ListComp(node)

    def _defaults(self, arguments: ast.arguments) -> None:
        self.run([*arguments.defaults, *(one for one in arguments.kw_defaults if one is not None)])

    def _inside(self, node: _Scope) -> None:
        """What a function reads of names that are not its own."""
        inside = _Reader()
        inside.run([node.body] if isinstance(node, ast.Lambda) else node.body)
        arguments = node.args
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        own = inside.bound | {one.arg for one in given if one is not None}
        shared = {name for one in ast.walk(node) if isinstance(one, ast.Global) for name in one.names}
        own -= shared
        self.declared |= shared
        # A name that is bound anywhere in a function is its own everywhere in it.
        self.late += [name for name in [*inside.free, *inside.late] if name not in own]
