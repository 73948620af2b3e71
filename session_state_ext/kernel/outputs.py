"""What a step has made of its outputs: their texts, what of them stays in the kernel, what is missing."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from session_state_ext.errors import SessionError
from session_state_ext.names import why_unsafe

from . import values
from .freenames import bound_names, surely_bound
from .marks import Watched, is_interned
from .namespace import Namespace
from .untaken import not_taken

#: A run's record names this many of the names that it left.
_LEFT = 200


class Before(Struct, frozen=True):
    """What an output's name meant before the body ran."""

    value: Any
    #: its JSON text, where it can change in place and has one
    text: bytes | None


class Made(Struct):
    """What there is to write."""

    #: bytes of one value
    most: int
    #: raises SessionError where a JSON text must not be written as the variable of this name
    permit: Callable[[str, bytes], None]
    #: by name, as they are
    objects: dict[str, Any] = field(default_factory=dict[str, Any])
    texts: dict[str, bytes] = field(default_factory=dict[str, bytes])
    #: one for each output that stays in the kernel
    warnings: list[str] = field(default_factory=list[str])
    #: outputs that were not made
    missing: list[str] = field(default_factory=list[str])

    def add(self, name: str, value: Any) -> None:
        """Take ``value`` as the output ``name``; one that cannot be stored, or must not be, is a warning."""
        self.objects[name] = value
        try:
            text = values.encode(value, name, most=self.most)
        except SessionError as error:
            reason = error.message.removeprefix(f"{name}: ")
            said = f"{name} is in kernel only: {values.describe(value)}."
            self.warnings.append(f"{said} {reason[:1].upper()}{reason[1:]}")
            return
        try:
            self.permit(name, text)
            self.texts[name] = text
        except SessionError as error:
            self.warnings.append(not_taken(name, text, error.message))


def standing(names: Namespace, outputs: list[str]) -> dict[str, Before | None]:
    """What the outputs' names mean before the body runs."""
    before: dict[str, Before | None] = {}
    for name in outputs:
        before[name] = None
        if name in names:
            value = names[name]
            before[name] = Before(value, None if values.is_plain(value) else text_or_none(name, value))
    return before


def of_names(
    names: Namespace, before: dict[str, Before | None], tree: ast.Module | None, watched: Watched, made: Made
) -> Made:
    """The outputs of a cell that has run, added to ``made``: those names that it bound or changed."""
    for name, former in before.items():
        if name not in names:
            made.missing.append(name)
            continue
        value = names[name]
        if (
            former is not None
            and not _rebound(name, former, value, tree, watched)
            and _is_as_before(name, former, value)
        ):
            made.missing.append(name)
        else:
            made.add(name, value)
    return made


def _is_as_before(name: str, before: Before, value: Any) -> bool:
    """Whether the object that the name still means has not changed in place, as far as can be told."""
    if values.is_plain(value):
        return True
    return before.text is not None and before.text == text_or_none(name, value)


def _rebound(name: str, before: Before, value: Any, tree: ast.Module | None, watched: Watched) -> bool:
    """Whether the body has bound the name anew, be it to the same value."""
    if value is not before.value or tree is None:
        return value is not before.value
    if name in surely_bound(tree) or name in watched.bound:
        return True
    # A float or a list that is bound anew is another object; a small number may be the same one.
    return is_interned(value) and name in bound_names(tree) and name not in watched.names


def left_behind(tree: ast.Module | None, keep: list[str], names: Namespace, others: set[str]) -> list[str]:
    """The names that a cell has left in the kernel, apart from ``others``: those it keeps, else those it bound."""
    bound = keep or sorted(bound_names(tree) if tree is not None else ())
    return [name for name in bound if name in names and name not in others and not name.startswith("_")][:_LEFT]


def proposed(tree: ast.Module | None, names: Namespace, inputs: set[str]) -> str | None:
    """A name of the body that could be an output."""
    for name in reversed(_assigned_last(tree) if tree is not None else []):
        fits = name in names and name not in inputs and why_unsafe(name) is None
        if fits and text_or_none(name, names[name]) is not None:
            return name
    return None


def _assigned_last(tree: ast.Module) -> list[str]:
    """Names assigned by plain top-level statements, in order."""
    found: list[str] = []
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        found += [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
    return found


def text_or_none(name: str, value: Any) -> bytes | None:
    """The JSON text of a value, None where it has none."""
    try:
        return values.encode(value, name)
    except SessionError:
        return None
