"""What a session's methods did, in plain Python, where a dictionary stands for the session."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from msgspec import UNSET, Raw, Struct

from session_state_ext.changes import read_spec
from session_state_ext.errors import SessionError

from .declared import texts_of
from .literals import python
from .plainlines import Known, setdefaults
from .written import SESSION

_Function = ast.FunctionDef | ast.AsyncFunctionDef
#: Lines that IPython reads and Python does not.
_MAGIC = re.compile(r"([ \t]*)[%!].*")


class StepFunction(Struct, frozen=True):
    """A function that was a step, and is an ordinary one now."""

    node: _Function
    outputs: list[str]

    def ran(self) -> str | None:
        """A line that does what a run of it did; None where it cannot be told what it returns."""
        node, given = self.node, [*self.node.args.args, *self.node.args.kwonlyargs]
        if node.args.posonlyargs or node.args.vararg or node.args.kwarg:
            return None
        optional = len(node.args.defaults) or any(node.args.kw_defaults)
        names = ", ".join(repr(one.arg) for one in given) + ("," if len(given) == 1 else "")
        inputs = ", ".join(f"{one.arg}=session[{one.arg!r}]" for one in given)
        if optional:
            inputs = f"**{{name: session[name] for name in ({names}) if name in session}}"
        call = f"{'await ' if isinstance(node, ast.AsyncFunctionDef) else ''}{node.name}({inputs})"
        if not self.outputs:
            return call
        returned = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
        if returned and all(isinstance(one, ast.Dict) for one in returned):
            return f"session.update({call})"
        if len(self.outputs) == 1:
            return f"session[{self.outputs[0]!r}] = {call}"
        if returned and all(isinstance(one, ast.Tuple | ast.List) for one in returned):
            return f"session.update(zip({self.outputs!r}, {call}))"
        return None


class Calls:
    """Turns the statements of cells into plain ones, from top to bottom."""

    def __init__(self, known: Known, drop: Callable[[str], None]) -> None:
        self._known = known
        #: told of what is a comment now, and did something
        self._drop = drop
        self._functions: dict[str, StepFunction] = {}

    def plain(self, source: str) -> str:
        """The code with comments in the place of what a dictionary cannot do, and what that did behind them.

        Only what stands alone: of a value that goes on into other code it is for a person to say what it should be.
        """
        lines = source.split("\n")
        try:
            tree = ast.parse("\n".join(_MAGIC.sub(r"\1pass", line) for line in lines))
        except SyntaxError:
            return source
        edits = [edit for node in _statements(tree) for edit in self._edits(node, lines)]
        for start, end, instead in sorted(edits, reverse=True):
            block = lines[start:end]
            indent = block[0][: len(block[0]) - len(block[0].lstrip())]
            comments = [f"{indent}# {one.removeprefix(indent)}" for one in block]
            lines[start:end] = [*comments, *(indent + one for one in instead)]
        return "\n".join(lines)

    def _edits(self, node: ast.stmt, lines: list[str]) -> Iterator[tuple[int, int, list[str]]]:
        """The lines of a statement that become comments, and what follows them."""
        if isinstance(node, _Function):
            for decorator in node.decorator_list:
                if _method(decorator.func if isinstance(decorator, ast.Call) else decorator) == "step":
                    self._add(node, decorator)
                    yield decorator.lineno - 1, decorator.end_lineno or decorator.lineno, []
            return
        end = node.end_lineno or node.lineno
        alone = not lines[node.lineno - 1].encode()[: node.col_offset].strip() and not lines[end - 1].encode()[
            node.end_col_offset :
        ].strip().startswith(b";")
        if not alone or not foreign(node) or not _stands_alone(node):
            return
        call = node.value if isinstance(node, ast.Expr) else None
        instead: list[str] | None = None
        if isinstance(call, ast.Call) and _method(call.func) == "declare":
            instead = self._declared(call)
        elif isinstance(call, ast.Call) and _method(call.func) == "run":
            instead = self._ran(call)
        if instead is None:
            self._drop(" ".join(" ".join(lines[node.lineno - 1 : end]).split()))
        # In a block something has to stand.
        yield node.lineno - 1, end, instead or (["pass"] if node.col_offset else [])

    def _add(self, node: _Function, decorator: ast.expr) -> None:
        said = decorator.keywords if isinstance(decorator, ast.Call) else []
        try:
            given = {one.arg: ast.literal_eval(one.value) for one in said}
        except ValueError:
            return
        outputs = given.get("outputs", ())
        names = outputs.replace(",", " ").split() if isinstance(outputs, str) else [*outputs]
        self._functions[given.get("name") or node.name] = StepFunction(node, names)

    def _ran(self, call: ast.Call) -> list[str] | None:
        """What the steps that are functions did; None where one is a cell, which a plain notebook has no name for."""
        names = [one.value if isinstance(one, ast.Constant) else None for one in call.args]
        known = [self._functions.get(str(name)) for name in names]
        ran = [None if one is None else one.ran() for one in known]
        told = [one for one in ran if one is not None]
        return None if call.keywords or not told or len(told) < len(ran) else told

    def _declared(self, call: ast.Call) -> list[str] | None:
        """A default that nobody has set is set there."""
        texts = texts_of(call)
        if not texts:
            return None
        defaults = {name: read_spec(Raw(text)).default for name, text in texts.items()}
        try:
            code = {name: "None" if text is UNSET else python(bytes(text)) for name, text in defaults.items()}
        except SessionError:
            return None
        return setdefaults(code, self._known)


def foreign(tree: ast.AST) -> set[str]:
    """Methods of a session that a dictionary does not have."""
    found = {method for node in ast.walk(tree) if (method := _method(node)) is not None}
    return {method for method in found if not hasattr(dict, method)}


def _stands_alone(node: ast.stmt) -> bool:
    """Whether nothing else needs what it says: a call of ours, alone, checked or shown."""
    if isinstance(node, ast.Assert):
        return True
    value = node.value if isinstance(node, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in ("print", "display")
    while isinstance(value, ast.Call | ast.Attribute | ast.Subscript):
        value = value.func if isinstance(value, ast.Call) else value.value
    return isinstance(value, ast.Name) and value.id in SESSION


def _method(node: ast.AST) -> str | None:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=method) if name in SESSION:
            return method
        case _:
            return None


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """All of them, from top to bottom."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt):
            yield node
        yield from _statements(node)
