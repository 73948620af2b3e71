"""A notebook without the extension: what its magics did is done by a dictionary, or said in a comment."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from session_state_ext.errors import SessionError
from session_state_ext.kernel import grammar
from session_state_ext.model import Variable
from session_state_ext.names import is_safe

from .literals import NoLiteral, imports_for, python
from .notebook import StepCell, is_parameters, parsed, source_of, step_of
from .parameters import inject

_OURS = re.compile(r"([ \t]*)%(session\b(.*)|(?:re|un)?load_ext[ \t]+session_state_ext[ \t]*)$")
_NAMES = ("session", "session_state")
_PARAMETERS = "parameters"


def eject(notebook: Any, rows: Mapping[str, Variable]) -> list[str]:
    """Change ``notebook`` so that it runs without the extension; what a person should look at, in sentences."""
    from nbformat.v4 import new_code_cell

    sources = [source_of(cell) for cell in notebook.cells]
    used = any(_uses_session(source) for source in sources)
    said: list[str] = []
    for number, cell in enumerate((one for one in notebook.cells if one.cell_type == "code"), 1):
        source = str(cell.source)
        made = _plain(source, used)
        if made != source:
            cell.source, cell.outputs, cell.execution_count = made, [], None
        foreign = sorted(_foreign(made))
        if foreign:
            calls = ", ".join(f"session.{one}" for one in foreign)
            said.append(f"Cell {number} uses {calls}, which a plain dictionary does not have. Edit it.")
    steps = {step.line.name for source in sources if (step := step_of(source)) is not None}
    # What the notebook's own steps write, they write again.
    stored = {name: row for name, row in rows.items() if row.origin.step not in steps}
    lines, left = _values(stored)
    inject(notebook, {name: bytes(stored[name].value) for name in lines})
    said += [f"{name} is not in the notebook: {why}" for name, why in left.items()]
    body = ["# Parameters: the values of the session", *imports_for(lines.values())]
    body += [f"{name} = {code}" for name, code in lines.items() if is_safe(name)]
    if used:
        members = [f"    {name!r}: {name if is_safe(name) else code}," for name, code in lines.items()]
        body += (
            ["session = {", *members, "}", "session_state = session"] if members else ["session = session_state = {}"]
        )
    if len(body) > 1:
        tags = [] if any(is_parameters(cell) for cell in notebook.cells) else [_PARAMETERS]
        made_cell = new_code_cell("\n".join(body), metadata={"tags": tags})  # type: ignore[no-untyped-call]
        first = next((at for at, cell in enumerate(notebook.cells) if cell.cell_type == "code"), len(notebook.cells))
        notebook.cells.insert(first, made_cell)
    return said


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


def _uses_session(source: str) -> bool:
    """Whether Python code of the cell, or a magic that reads a value, speaks of the dictionary."""
    names = {node.id for node in ast.walk(parsed(source)) if isinstance(node, ast.Name)}
    return bool(names.intersection(_NAMES)) or re.search(r"%session[ \t]+(get|push)\b", source) is not None


def _foreign(source: str) -> set[str]:
    """Methods of a session that a dictionary does not have."""
    return {
        node.attr
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in _NAMES
        and not hasattr(dict, node.attr)
    }


def _plain(source: str, used: bool) -> str:
    step = step_of(source)
    if step is not None:
        return _step(step, source, used)
    if source.lstrip().startswith("%%session"):
        first, _, body = source.lstrip()[len("%%session") :].partition("\n")
        word, _, rest = first.strip().partition(" ")
        done = _done(f"set {rest} {' '.join(body.split(chr(10)))}", used) if word == "set" else [body]
        return "\n".join([f"# %%session{first}", *done])
    return _without_declarations("\n".join(_line(line, used) for line in source.split("\n")))


def _step(step: StepCell, source: str, used: bool) -> str:
    """The step as an ordinary cell: a comment, its inputs, its body, its outputs."""
    line = step.line
    if source.lstrip().startswith("#|"):
        first, _, body = source.lstrip().partition("\n")
    else:
        reads = f" --in {' '.join(line.inputs)}" if line.inputs else ""
        writes = f" --out {' '.join(line.outputs)}" if line.outputs else ""
        first, body = f"# step {line.name}{reads}{writes}", step.body
    body = "\n".join(_line(one, used) for one in body.rstrip("\n").split("\n"))
    parts = [first]
    if used:
        parts += [f"{name} = session[{name!r}]" for name in line.inputs or []]
    parts.append(body)
    if used and line.outputs:
        parts.append(f"session.update({', '.join(f'{name}={name}' for name in line.outputs)})")
    return "\n".join(parts)


def _line(line: str, used: bool) -> str:
    """One line of a cell: ours as a comment, and what it did behind it."""
    found = _OURS.match(line)
    if found is None:
        return line
    indent, magic, rest = found.group(1), found.group(2), (found.group(3) or "").strip()
    comment = f"{indent}# %{magic.rstrip()}"
    done = _done(rest, used)
    if done or not indent:
        return "\n".join([comment, *(indent + one for one in done)])
    # In a block something has to stand.
    return f"{comment}\n{indent}pass"


def _done(rest: str, used: bool) -> list[str]:
    """What ``%session REST`` did, in Python."""
    word, _, rest = rest.partition(" ")
    try:
        if word == "set":
            values = grammar.assignments(rest)
            code = [f"{name} = {value!r}" for name, value in values.items() if is_safe(name)]
            return [*code, f"session.update({values!r})"] if used else code
        names = [name for name in grammar.words(rest) if not name.startswith("--")]
    except SessionError:
        return []
    if word == "get" and len(names) == 1:
        return [f"session[{names[0]!r}]"]
    if word == "get":
        return [f"{{name: session[name] for name in {names!r}}}"]
    if word == "push":
        return [f"session[{name!r}] = {name}" for name in names]
    if word == "pull" and used:
        return [f"{name} = session[{name!r}]" for name in names]
    if word == "del" and used:
        return [f"session.pop({name!r}, None)" for name in names]
    return []


def _without_declarations(source: str) -> str:
    """Calls of ``session.declare`` that stand alone, as comments: the values are in the first cell."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    lines = source.split("\n")
    for node in tree.body:
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="declare"))) if (
                name in _NAMES
            ):
                for at in range(node.lineno - 1, node.end_lineno or node.lineno):
                    lines[at] = f"# {lines[at]}"
            case _:
                pass
    return "\n".join(lines)
