"""What the cells of a notebook declare, as far as that can be read without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import UNSET, Raw, Struct, field

from session_state_ext.errors import SessionError
from session_state_ext.kernel import specforms
from session_state_ext.kernel.declarelines import declaration
from session_state_ext.wire import check_spec

from .notebook import parsed, source_of

_SESSION = ("session", "session_state")
#: The types that a declaration may name without an import.
_TYPES: dict[str, type] = {each.__name__: each for each in (float, int, str, bool, list, dict)}
_FORM = ("schema", "description", "control", "locked")


class Declared(Struct):
    """The declarations of a notebook."""

    #: the JSON text of each that is written out, by the variable's name
    specs: dict[str, bytes] = field(default_factory=dict)
    #: names that are declared somehow
    names: set[str] = field(default_factory=set)
    #: cells, by index, that declare what is known only once they ran
    later: set[int] = field(default_factory=set)
    #: whether even the names are known only then
    is_open: bool = False


def declared(notebook: Any) -> Declared:
    """Of several declarations of a name the last one counts."""
    found = Declared()
    trees = [parsed(source_of(cell)) for cell in notebook.cells]
    fields = {name: names for tree in trees for name, names in _classes(tree)}
    for at, tree in enumerate(trees):
        top = {id(statement.value) for statement in tree.body if isinstance(statement, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _declares(node):
                _take(found, at, node, fields, always=id(node) in top)
    return found


def _declares(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr="declare" | "declare_parameters"):
            return name in _SESSION
        case ast.Attribute(attr="run_line_magic" | "run_cell_magic"):
            return _word(call) in ("declare", "parameters")
        case _:
            return False


def _word(call: ast.Call) -> str | None:
    """The command behind ``%session``, as IPython has it in Python."""
    match call.args:
        case [ast.Constant(value="session"), ast.Constant(value=str(line)), *_]:
            return line.strip().partition(" ")[0]
        case _:
            return None


def _take(found: Declared, at: int, call: ast.Call, fields: Mapping[str, list[str]], *, always: bool) -> None:
    texts = texts_of(call)
    if texts:
        found.names |= set(texts)
    if texts and always:
        found.specs |= texts
        return
    found.later.add(at)
    match call.args:
        case [ast.Constant(value=str(name)), *_]:
            found.names.add(name)
            found.specs.pop(name, None)
        case [ast.Name(id=kind) | ast.Call(func=ast.Name(id=kind))] if kind in fields:
            found.names |= set(fields[kind])
        case _:
            found.is_open = found.is_open or not texts


def texts_of(call: ast.Call) -> dict[str, bytes]:
    """The declarations that a call makes, by name; empty where they are not written out."""
    try:
        texts = _texts(call)
        for name, text in texts.items():
            check_spec(name, Raw(text))
    except (SessionError, ValueError, TypeError, SyntaxError, LookupError, RecursionError):
        return {}
    return texts


def _texts(call: ast.Call) -> dict[str, bytes]:
    """The declarations of a call whose arguments are all written out. Raises ValueError, and what they deserve."""
    assert isinstance(call.func, ast.Attribute)
    given = [ast.literal_eval(one) for one in call.args]
    if call.func.attr == "run_cell_magic":
        return specforms.declared_by(given[2])
    if call.func.attr == "run_line_magic":
        name, default, said = declaration(given[1].strip().partition(" ")[2])
        return {name: _text(name, default, said)}
    if call.func.attr == "declare_parameters":
        return specforms.declared_by(*given)
    said = {one.arg: _value(one) for one in call.keywords if one.arg}
    if len(said) < len(call.keywords):
        raise ValueError("**keywords")
    name, default = given[0], given[1] if len(given) > 1 else said.pop("default", UNSET)
    if isinstance(name, dict):
        return {one: specforms.spec_text(one, *form) for one, form in specforms.forms_of(name).items()}
    return {name: _text(name, default, said)}


def _text(name: Any, default: Any, said: dict[str, Any]) -> bytes:
    if not isinstance(name, str):
        raise ValueError(name)
    kind = said.pop("type", None)
    form = {word: said.pop(word) for word in _FORM if word in said}
    return specforms.declared(name, default, kind, said, form)


def _value(keyword: ast.keyword) -> Any:
    if keyword.arg == "type" and isinstance(keyword.value, ast.Name):
        return _TYPES[keyword.value.id] if keyword.value.id in _TYPES else _refuse(keyword.value.id)
    return ast.literal_eval(keyword.value)


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _classes(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """The fields of the classes that a cell makes: dataclasses and models among them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            fields = [
                one.target.id
                for one in node.body
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
            ]
            yield node.name, fields
