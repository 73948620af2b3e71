"""What a run is given: ``-p``, ``--set`` and ``--params``; what the notebook has by default; which of them wins."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from msgspec import Raw

from session_state_ext.errors import InvalidName, SessionError
from session_state_ext.kernel import values
from session_state_ext.kernel.specforms import described_by
from session_state_ext.model import Set
from session_state_ext.names import check_name
from session_state_ext.spelling import nearest
from session_state_ext.wire import Limits, check_ops, encode, problem

from .assignments import assignments
from .command import Usage
from .literals import NoLiteral, imports_for, python
from .notebook import INJECTED, assigned, is_injected, parameters_at
from .table import quoted

#: Numbers, of which YAML 1.1 takes those for text that have no point, or no sign after the e.
_EXPONENT = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+$")


class WrongParameter(SessionError):
    """A parameter that the notebook cannot be given."""

    code = "wrong-parameter"
    kind: ClassVar[str]


class UnknownParameter(WrongParameter):
    """The notebook has no such parameter."""

    code = "unknown-parameter"
    kind = "unknown"


class InvalidParameter(WrongParameter):
    """A parameter has a value that cannot be one."""

    code = "invalid-parameter"
    kind = "invalid"


def given(words: Iterable[str], file: str | None, limits: Limits, *, say: Callable[[str], None]) -> dict[str, bytes]:
    """The JSON texts of ``NAME=VALUE`` words, which win, and of a YAML file. Raises Usage, InvalidParameter.

    ``say`` is told how something was read that could be read otherwise.
    """
    try:
        found = assignments(words, limits)
    except InvalidName as error:
        raise Usage(error.message) from None
    except Usage:
        raise
    except SessionError as error:
        raise InvalidParameter(error.message) from None
    try:
        found = {**_of_file(Path(file), limits, say), **found} if file else found
        check_ops(tuple(Set(name=name, value=Raw(text)) for name, text in found.items()), limits)
    except SessionError as error:
        raise InvalidParameter(error.message) from None
    return found


def _of_file(file: Path, limits: Limits, say: Callable[[str], None]) -> dict[str, bytes]:
    try:
        import yaml
    except ImportError:
        raise InvalidParameter("--params needs PyYAML: pip install 'session-state-ext[run]'") from None
    try:
        read = yaml.load(file.read_text("utf-8"), _loader(yaml, file, say))  # noqa: S506
    except OSError as error:
        raise InvalidParameter(f"{file} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        raise InvalidParameter(f"{file} is no YAML{f', line {where.line + 1}' if where else ''}.") from None
    if read is None:
        return {}
    if not isinstance(read, dict) or not all(isinstance(name, str) for name in read):
        raise InvalidParameter(f"{file} does not hold names with values, such as  lr: 0.01")
    for name in read:
        check_name(name, limits.name_chars)
    return {name: values.encode(value, name, most=limits.value_bytes) for name, value in read.items()}


def _loader(yaml: Any, file: Path, say: Callable[[str], None]) -> Any:
    """The safe loader, which reads 1e-3 as the number that it is to everybody but YAML 1.1."""
    said: list[str] = []

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        def number(self, node: Any) -> float:
            if not said:
                said.append(node.value)
                say(f"{file}: {node.value} is read as a number; text needs quotes.")
            return float(node.value)

    Loader.add_implicit_resolver("!number", _EXPONENT, list("-+.0123456789"))
    Loader.add_constructor("!number", Loader.number)
    return Loader


def check_known(names: Iterable[str], known: Iterable[str], notebook: str) -> None:
    """Raise UnknownParameter for a name that neither the session nor the notebook knows."""
    there = sorted(known)
    for name in names:
        if name not in there:
            meant = nearest(name, there)
            listed = (
                f" It has {', '.join(map(quoted, there[:12]))}{' ...' if len(there) > 12 else ''}." if there else ""
            )
            raise UnknownParameter(f"{notebook} has no parameter {quoted(name)}.{meant}{listed}")


def check_allowed(values: Mapping[str, bytes], specs: Mapping[str, bytes]) -> None:
    """Raise InvalidParameter for a value that its declaration does not allow."""
    for name, text in values.items():
        wrong = problem(name, Raw(specs[name]), Raw(text)) if name in specs else None
        if wrong is not None:
            raise InvalidParameter(wrong.message)


def doubts(words: Iterable[str], values: Mapping[str, bytes], notebook: Any) -> list[str]:
    """Of ``NAME=VALUE`` words that were read as something else than text: where the notebook has a text, a sentence."""
    found: list[str] = []
    before = defaults(notebook)
    for word in words:
        name, _, text = word.partition("=")
        had, value = before.get(name, b""), values[name]
        if had.startswith(b'"') and not value.startswith(b'"'):
            found.append(
                f"{quoted(name)} is {had.decode()} in the notebook, which is text, and was given as {text.strip()}, "
                f"which is not. Text needs quotes: --set {shlex.quote(f'{name}={encode(text).decode()}')}"
            )
    return found


def defaults(notebook: Any) -> dict[str, bytes]:
    """What the parameters cell assigns by a literal that can be stored."""
    at = parameters_at(notebook)
    found: dict[str, bytes] = {}
    for name, node in (assigned(notebook.cells[at].source) if at is not None else {}).items():
        try:
            check_name(name)
            found[name] = values.encode(ast.literal_eval(node), name)
        except (ValueError, SessionError, RecursionError):
            continue
    return found


def described(notebook: Any) -> dict[str, bytes]:
    """What the parameters cell says of its names by comments and annotations: ``lr: float = 0.1  # learning rate``.

    The JSON texts of the declarations that this comes to.
    """
    at = parameters_at(notebook)
    return {} if at is None else described_by(str(notebook.cells[at].source))


def inject(notebook: Any, stored: dict[str, bytes]) -> dict[int, int]:
    """Put a cell behind the notebook's parameters that gives their names the values of the session.

    In place of the one of an earlier run, as papermill does it. Where each cell stood before, by where it stands now.
    """
    were = {id(cell): at for at, cell in enumerate(notebook.cells)}
    _inject(notebook, stored)
    return {at: were[id(cell)] for at, cell in enumerate(notebook.cells) if id(cell) in were}


def _inject(notebook: Any, stored: dict[str, bytes]) -> None:
    from nbformat.v4 import new_code_cell

    notebook.cells = [cell for cell in notebook.cells if not is_injected(cell)]
    at = parameters_at(notebook)
    if at is None:
        return
    lines: list[str] = []
    for name in assigned(notebook.cells[at].source):
        if name in stored:
            try:
                lines.append(f"{name} = {python(stored[name])}")
            except NoLiteral:
                lines.append(f"{name} = session_state[{name!r}]")
    if lines:
        source = "\n".join(["# Parameters", *imports_for(lines), *lines])
        cell = new_code_cell(source, metadata={"tags": [INJECTED]})  # type: ignore[no-untyped-call]
        notebook.cells.insert(at + 1, cell)
