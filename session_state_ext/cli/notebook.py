"""A notebook as a file: its steps, its parameters, and which names its cells speak of. Nothing of it is executed."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from session_state_ext.errors import SessionError
from session_state_ext.kernel.freenames import free_names
from session_state_ext.kernel.grammar import StepLine, step_line, words
from session_state_ext.kernel.lazy import body_of, line_of
from session_state_ext.kernel.parameters import is_headed
from session_state_ext.names import is_safe

#: What papermill calls the cell that it puts in.
INJECTED = "injected-parameters"
_PARAMETERS = "parameters"
#: Methods, and commands of the magic, that say of a name that the notebook can do with a value of it.
_METHODS = ("setdefault", "declare", "get", "reset", "widget")
_COMMANDS = ("get", "pull", "bind", "reset", "widget", "form")


class NotebookMissing(SessionError):
    """There is no such notebook, or it is none."""

    code = "notebook-missing"


class StepCell(Struct, frozen=True):
    """A cell that is a step."""

    line: StepLine
    #: without the line that makes it one
    body: str


def read(path: Path) -> Any:
    """The notebook, in nbformat 4. Raises NotebookMissing."""
    import nbformat

    try:
        with warnings.catch_warnings():
            # Cells without an id are given one.
            warnings.simplefilter("ignore")
            return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise NotebookMissing(f"{path} cannot be read: {error.strerror}.") from None
    except Exception as error:
        raise NotebookMissing(f"{path} is no notebook: {str(error).splitlines()[0]}") from None


def source_of(cell: Any) -> str:
    """A code cell's source, "" for any other cell."""
    return str(cell.source) if cell.cell_type == "code" else ""


def step_of(source: str) -> StepCell | None:
    """The step that a cell is, by the magic or by a comment on its first line. A line with a mistake is no step."""
    body, line = body_of(source), line_of(source)
    try:
        return None if body is None or line is None else StepCell(step_line(line), body)
    except SessionError:
        return None


def is_injected(cell: Any) -> bool:
    """Whether papermill, or an earlier run, has put this cell in."""
    return INJECTED in cell.metadata.get("tags", [])


def is_parameters(cell: Any) -> bool:
    """Whether this cell is tagged, or headed by a comment, *parameters*."""
    if is_injected(cell) or cell.cell_type != "code":
        return False
    return _PARAMETERS in cell.metadata.get("tags", []) or is_headed(cell.source)


def parameters_at(notebook: Any) -> int | None:
    """Where the cell with the notebook's parameters is."""
    found = [at for at, cell in enumerate(notebook.cells) if is_parameters(cell)]
    tagged = [at for at in found if _PARAMETERS in notebook.cells[at].metadata.get("tags", [])]
    return next(iter([*tagged, *found]), None)


def assigned(source: str) -> dict[str, ast.expr]:
    """The names which the top level of a cell assigns, each with what it assigns last."""
    found: dict[str, ast.expr] = {}
    for statement in parsed(source).body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            found[statement.target.id] = statement.value
    return found


def parsed(source: str) -> ast.Module:
    """A cell's code as Python reads it, magics and shell lines as IPython does; empty where it is none."""
    from IPython.core.inputtransformer2 import TransformerManager

    step = step_of(source)
    try:
        code = TransformerManager().transform_cell(source if step is None else step.body)  # type: ignore[no-untyped-call]
        return ast.parse(code)
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def known_names(notebook: Any) -> set[str]:
    """The variables that the notebook takes from its session: steps' inputs, and names that it reads."""
    names: set[str] = set()
    made = {name for cell in notebook.cells for name in _made(parsed(source_of(cell)))}
    for cell in notebook.cells:
        source = source_of(cell)
        step = step_of(source)
        if step is not None and step.line.inputs is not None:
            names |= set(step.line.inputs)
        elif step is not None:
            # Of these a kernel takes what is a variable by then.
            names |= {name for name in free_names(parsed(source)) if is_safe(name) and name not in made}
        if is_parameters(cell):
            names |= set(assigned(source))
        names |= set(_spoken_of(parsed(source)))
    return names


def _made(tree: ast.Module) -> Iterator[str]:
    """The names that a cell imports or defines: functions, classes and modules, which no variable replaces."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (one.asname or one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def _spoken_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="session" | "session_state"), attr=method)):
                first = node.args[0] if node.args else None
                if method in _METHODS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value
            case ast.Subscript(value=ast.Name(id="session" | "session_state"), slice=ast.Constant(value=str(name))):
                if isinstance(node.ctx, ast.Load):
                    yield name
            case ast.Call(
                func=ast.Attribute(attr="run_line_magic"),
                args=[ast.Constant(value="session"), ast.Constant(value=str(line))],
            ):
                yield from _named(line)
            case (
                ast.FunctionDef(decorator_list=decorators, args=parameters)
                | ast.AsyncFunctionDef(decorator_list=decorators, args=parameters)
            ) if any(map(_is_step, decorators)):
                yield from (one.arg for one in [*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs])
            case _:
                pass


def _named(line: str) -> list[str]:
    """The variables that ``%session LINE`` reads."""
    command, _, rest = line.strip().partition(" ")
    try:
        return [name for name in words(rest) if not name.startswith("--")] if command in _COMMANDS else []
    except SessionError:
        return []


def _is_step(decorator: ast.expr) -> bool:
    """Whether it is ``session.step``, called or not."""
    match decorator.func if isinstance(decorator, ast.Call) else decorator:
        case ast.Attribute(value=ast.Name(id="session" | "session_state"), attr="step"):
            return True
        case _:
            return False
