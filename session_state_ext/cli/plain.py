"""A notebook without the extension: what its magics did is done by a dictionary, or said in a comment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Any

from session_state_ext.kernel.freenames import bound_names, free_names
from session_state_ext.kernel.lazy import line_of, unmarked
from session_state_ext.model import Variable
from session_state_ext.names import is_safe

from .literals import NoLiteral, imports_for, python
from .notebook import StepCell, assigned, is_parameters, parsed, source_of, step_of
from .parameters import inject
from .plaincalls import Calls, foreign
from .plainlines import NEEDING, Known, done, is_showing
from .written import SESSION, stores, written

#: A line of ours: what stands before it, what its value is assigned to, what it says.
_OURS = re.compile(
    r"([ \t]*)([^\s#%'\"][^#%'\"=]*=[ \t]*)?%(session\b(.*)|(?:re|un)?load_ext[ \t]+session_state_ext[ \t]*)$"
)
_PARAMETERS = "parameters"


def eject(notebook: Any, rows: Mapping[str, Variable]) -> list[str]:
    """Change ``notebook`` so that it runs without the extension; what a person should look at, in sentences."""
    from nbformat.v4 import new_code_cell

    sources = [source_of(cell) for cell in notebook.cells]
    steps = {step.line.name for source in sources if (step := step_of(source)) is not None}
    # What the notebook's own steps write, they write again.
    stored = {name: row for name, row in rows.items() if row.origin.step not in steps}
    lines, left = _values(stored)
    known = Known(used=False, brought=lines, written=written(notebook))
    known.used = any(map(_needs_dictionary, sources)) or _rebinds(notebook.cells, known)
    plain = Plain(known)
    for number, cell in enumerate((one for one in notebook.cells if one.cell_type == "code"), 1):
        made = plain.cell(number, str(cell.source))
        if made != cell.source:
            cell.source, cell.outputs, cell.execution_count = made, [], None
    inject(notebook, {name: bytes(stored[name].value) for name in lines})
    body = ["# Parameters: the values of the session", *imports_for(lines.values())]
    body += [f"{name} = {code}" for name, code in lines.items() if is_safe(name)]
    if known.used:
        members = [f"    {name!r}: {name if is_safe(name) else code}," for name, code in lines.items()]
        body += (
            ["session = {", *members, "}", "session_state = session"] if members else ["session = session_state = {}"]
        )
    if len(body) > 1:
        tags = [] if any(is_parameters(cell) for cell in notebook.cells) else [_PARAMETERS]
        made_cell = new_code_cell("\n".join(body), metadata={"tags": tags})  # type: ignore[no-untyped-call]
        first = next((at for at, cell in enumerate(notebook.cells) if cell.cell_type == "code"), len(notebook.cells))
        notebook.cells.insert(first, made_cell)
    return [*plain.sentences(), *(f"{name} is not in the notebook: {why}" for name, why in left.items())]


def _values(rows: Mapping[str, Variable]) -> tuple[dict[str, str], dict[str, str]]:
    """The values as code, and what cannot be written so, with the reason."""
    lines: dict[str, str] = {}
    left: dict[str, str] = {}
    for name, row in rows.items():
        try:
            lines[name] = python(bytes(row.value))
        except NoLiteral as error:
            left[name] = error.message
    return lines, left


def _needs_dictionary(source: str) -> bool:
    """Whether Python code of the cell, or a magic that reads a value, speaks of the session as a dictionary."""
    names = {node.id for node in ast.walk(parsed(source)) if isinstance(node, ast.Name)}
    return bool(names.intersection(SESSION)) or re.search(rf"%session[ \t]+({'|'.join(NEEDING)})\b", source) is not None


def _rebinds(cells: Iterable[Any], known: Known) -> bool:
    """Whether a cell gives the name of a step's input another meaning than its variable has."""
    reads: set[str] = set()
    bound: set[str] = set()
    for cell in cells:
        source = source_of(cell)
        step, tree = step_of(source), parsed(source)
        reads |= set(_inputs(step, tree, known)) if step is not None else set()
        if not is_parameters(cell):
            bound |= bound_names(tree) - set(step.line.outputs if step is not None else ())
    return bool(reads & bound)


def _inputs(step: StepCell, tree: ast.Module, known: Known) -> list[str]:
    """What a step reads of the session; where its line does not say, the names of its body that are variables."""
    variables = known.brought.keys() | known.written
    reads = free_names(tree) if step.line.inputs is None else step.line.inputs
    return [name for name in reads if name in variables and is_safe(name)]


class Plain:
    """Turns the cells into plain ones, from top to bottom."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._said: list[str] = []
        #: lines that only showed something, and the cells in which they stood
        self._showed: dict[str, list[int]] = {}
        self._dropped: list[str] = []
        self._calls = Calls(known, lambda line: self._dropped.append(line))

    def cell(self, number: int, source: str) -> str:
        """The cell without what is ours."""
        tree, bound = parsed(source), dict(self._known.bound)
        self._dropped = []
        self._known.named |= bound_names(tree)
        made = self._follow(self._plain(source), tree, bound) if source.strip() else source
        # Last of all: below the comment that made it a step, the next one would.
        made = unmarked(made)
        self._tell(number, made)
        return made

    def sentences(self) -> list[str]:
        """What a person should look at."""
        said = list(self._said)
        if self._showed:
            cells = sorted({number for numbers in self._showed.values() for number in numbers})
            said.append(
                f"What only shows something is a comment now: {', '.join(self._showed)}, in "
                f"cell{'' if len(cells) == 1 else 's'} {', '.join(map(str, cells))}."
            )
        return said

    def _tell(self, number: int, made: str) -> None:
        tree = parsed(made)
        for line in self._dropped:
            if is_showing(line.removeprefix("%session").strip()):
                self._showed.setdefault(line, []).append(number)
        lost = [line for line in self._dropped if not is_showing(line.removeprefix("%session").strip())]
        if lost:
            are = "is a comment" if len(lost) == 1 else "are comments"
            self._said.append(
                f"Cell {number}: {', '.join(lost)} {are} now; a plain notebook does not do that. Edit it."
            )
        uses = [f"session.{one}" for one in sorted(foreign(tree))]
        if uses:
            self._said.append(f"Cell {number} uses {', '.join(uses)}, which a plain dictionary does not have. Edit it.")
        left = sorted(_left(tree))
        if left:
            self._said.append(f"Cell {number} still has {', '.join(left)}, which needs the extension. Edit it.")

    # --- a cell ---

    def _plain(self, source: str) -> str:
        step = step_of(source)
        if step is not None:
            return self._step(step, source)
        if not source.lstrip().startswith("%%session"):
            mistaken = line_of(source)
            if mistaken is not None:
                self._dropped.append(f"#| step: {mistaken}")
            return self._lines(source)
        first, _, body = source.lstrip()[len("%%session") :].partition("\n")
        comment, (word, _, rest) = f"# %%session{first}", first.strip().partition(" ")
        if word == "set":
            return "\n".join([comment, *(done(f"set {rest} {' '.join(body.split(chr(10)))}", self._known) or [])])
        if word == "parameters":
            return "\n".join([comment, body.rstrip("\n"), *self._parameters(body)])
        self._dropped.append(f"%%session{first}")
        return f"{comment}\n{body}"

    def _parameters(self, body: str) -> list[str]:
        """The names get the values of the session, and what it does not have is there from now on."""
        names = [*assigned(body)]
        brought = {name: self._known.brought[name] for name in names if name in self._known.brought}
        lines = [*imports_for(brought.values()), *(f"{name} = {code}" for name, code in brought.items())]
        if lines:
            lines.insert(0, "# The values of the session:")
        new = [name for name in names if name not in brought]
        if self._known.used and new:
            lines.append(f"session.update({', '.join(f'{name}={name}' for name in new)})")
        return lines

    def _step(self, step: StepCell, source: str) -> str:
        """The step as an ordinary cell: a comment, its inputs, its body, its outputs."""
        line = step.line
        head = source[: len(source) - len(step.body)].rstrip("\n").split("\n")
        if head[-1].lstrip().startswith("%%"):
            reads = f" --in {' '.join(line.inputs)}" if line.inputs else ""
            writes = f" --out {' '.join(line.outputs)}" if line.outputs else ""
            head[-1] = f"# step {line.name}{reads}{writes}"
        inputs = _inputs(step, parsed(source), self._known) if self._known.used else []
        before = [one for name in inputs for one in self._known.read(name)]
        body = self._lines(step.body.rstrip("\n"))
        if self._known.used and line.outputs:
            body = _with_end(body, [f"session.update({', '.join(f'{name}={name}' for name in line.outputs)})"])
        return "\n".join([*head, *before, body])

    def _follow(self, made: str, tree: ast.Module, bound: Iterable[str]) -> str:
        """What a cell has done to one side of a bound name is done to the other."""
        names = bound_names(tree)
        lines = [f"session[{name!r}] = {name}" for name in bound if name in names]
        stored = set(stores(tree)) - names
        lines += [f"{name} = session[{name!r}]" for name in bound if name in stored]
        return _with_end(made, lines) if lines else made

    def _lines(self, source: str) -> str:
        return self._calls.plain("\n".join(map(self._line, source.split("\n"))))

    def _line(self, line: str) -> str:
        """One line of a cell: ours as a comment, and what it did behind it."""
        found = _OURS.match(line)
        if found is None:
            return line
        indent, target, magic, rest = found.group(1), found.group(2) or "", found.group(3), found.group(4)
        comment = f"{indent}# {target}%{magic.rstrip()}"
        code: list[str] | None = []
        if rest is not None:
            silent = rest.rstrip().endswith(";")
            rest = rest.rstrip().rstrip(";").strip()
            is_value = rest.startswith("get ")
            code = done(rest, self._known) if is_value or not target else None
            if code and is_value:
                code[-1] = f"{target}{code[-1]}{';' if silent else ''}"
            if code is None:
                self._dropped.append(f"{target}%session {rest}".rstrip())
        if code or not indent:
            return "\n".join([comment, *(indent + one for one in code or [])])
        # In a block something has to stand.
        return f"{comment}\n{indent}pass"


def _with_end(body: str, lines: list[str]) -> str:
    """``lines`` at the end of a cell; above its last line where that is a value which is shown."""
    try:
        last = ast.parse(body).body[-1]
    except (SyntaxError, IndexError):
        return "\n".join([body, *lines])
    shown = isinstance(last, ast.Expr) and not any(
        isinstance(node, ast.Call | ast.Await | ast.NamedExpr | ast.Yield) for node in ast.walk(last)
    )
    at = last.lineno - 1
    written = body.split("\n")
    if not shown or written[at][: last.col_offset].strip():
        return "\n".join([body, *lines])
    return "\n".join([*written[:at], *lines, *written[at:]])


def _left(tree: ast.Module) -> set[str]:
    """What is ours and still stands in a cell: lines in the middle of others, and imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="run_line_magic" | "run_cell_magic"), args=arguments):
                said = [str(one.value) for one in arguments if isinstance(one, ast.Constant)]
                if said[:1] == ["session"]:
                    found.add(f"%session {said[1] if len(said) > 1 else ''}".rstrip())
                elif any("%session" in one for one in said):
                    found.add(f"%{' '.join(said)}".split("\n")[0])
            case ast.Import(names=names) if any(one.name.startswith("session_state_ext") for one in names):
                found.add(ast.unparse(node))
            case ast.ImportFrom(module=str(module)) if module.startswith("session_state_ext"):
                found.add(ast.unparse(node))
            case _:
                pass
    return found
