"""How a step is run again: the cell that this kernel has run, or the function; and what its code tells of it."""

from __future__ import annotations

import ast
import builtins
import hashlib
import inspect
import textwrap
import typing
from collections.abc import Callable, Container, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from session_state_ext.errors import SessionError
from session_state_ext.freshness import source_hash
from session_state_ext.model import Step
from session_state_ext.names import why_invalid, why_unsafe
from session_state_ext.stepgraph import Known

from . import values
from .freenames import bound_names, free_names
from .grammar import Mistake, StepLine, is_time

_BUILTINS = frozenset({*dir(builtins), "session", "session_state", "get_ipython", "display", "In", "Out"})


class WrongInput(SessionError):
    """An input is not what a function's annotation asks for."""

    code = "wrong-input"


class Recipe(Struct, kw_only=True):
    """One step, as its code says."""

    line: StepLine
    #: the hash of its body
    source: str
    tree: ast.Module | None

    @property
    def name(self) -> str:
        return self.line.name

    def infers(self) -> list[str]:
        """The names that are inputs as soon as there are such variables: of one that declares none, what it reads."""
        if self.line.inputs is not None or self.tree is None:
            return []
        # print(lr) calls Python's own, whatever variable is called so.
        return [name for name in free_names(self.tree) if why_unsafe(name) is None]

    def reads(self) -> set[str]:
        """The names that the body takes from the kernel."""
        free = free_names(self.tree) if self.tree is not None else []
        return set(free) - _BUILTINS - set(self.line.inputs or [])

    def leaves(self) -> set[str]:
        """The names that the body may leave in the kernel."""
        return set()

    def known(self, step: Step | None, variables: Container[str]) -> Known:
        """Its code and its runs, where there are these variables."""
        inputs = self.line.inputs
        if inputs is None:
            inferred = (name for name in self.infers() if name in variables)
            inputs = [*(step.inputs if step else ()), *inferred]
        return Known(
            name=self.name,
            inputs=list(dict.fromkeys([*inputs, *(step.done.inputs if step and step.done else ())])),
            outputs=list(self.line.outputs),
            needs=frozenset(self.reads() - set(inputs)),
            leaves=frozenset(self.leaves()),
            keeps=frozenset(self.line.keep),
            source=self.source,
            step=step,
        )


class CellRecipe(Recipe, kw_only=True):
    """A cell, with its first line."""

    raw: str
    cell: str | None

    def leaves(self) -> set[str]:
        bound = set(self.line.keep) or (bound_names(self.tree) if self.tree is not None else set())
        return {*bound, *self.line.outputs}


class FunctionRecipe(Recipe, kw_only=True):
    """A function whose parameters are variables."""

    function: Callable[..., Any]
    #: what the parameters' annotations ask for, as far as they can be read
    kinds: dict[str, Any]
    optional: frozenset[str]

    def arguments(self, texts: Mapping[str, bytes], here: Mapping[str, Any]) -> inspect.BoundArguments:
        """The variables, and values that are in this kernel only, as arguments, checked against the annotations.

        Raises WrongInput.
        """
        bound = inspect.signature(self.function).bind_partial()
        given = {**{name: values.decode(text) for name, text in texts.items()}, **here}
        for name in bound.signature.parameters:
            if name in given:
                bound.arguments[name] = self._checked(name, given[name])
        return bound

    def _checked(self, name: str, value: Any) -> Any:
        kind = self.kinds.get(name, Any)
        if kind is int and type(value) is float and value.is_integer():
            return int(value)
        try:
            return msgspec.convert(value, kind, dec_hook=_of_class)
        except msgspec.ValidationError as error:
            said = str(error).replace("`", "").replace("$", name)
            raise WrongInput(f"{name} is {_shown(value)}: {said[:1].lower()}{said[1:]}.", name=name) from None
        except TypeError:
            return value  # an annotation that says nothing of a value

    def made(self, result: Any) -> dict[str, Any]:
        """The outputs in what the function returned. Raises WrongInput."""
        names = self.line.outputs
        if len(names) == 1 and not (isinstance(result, dict) and names[0] in result and len(result) == 1):
            return {names[0]: result}
        if isinstance(result, Mapping):
            missing = [name for name in names if name not in result]
            if missing:
                raise WrongInput(f"it returned a dict without {' and '.join(missing)}, which outputs= promises.")
            return {name: result[name] for name in names}
        if not names:
            return {}
        if not isinstance(result, tuple | list) or len(result) != len(names):
            count = f"{len(result)} values" if isinstance(result, tuple | list) else values.describe(result)
            raise WrongInput(
                f"it returned {count} for {len(names)} outputs. Return {', '.join(names)}, or a dict with these keys."
            )
        return dict(zip(names, result, strict=True))


def _of_class(kind: type[Any], value: Any) -> Any:
    """A value for an annotation that is a class of somebody's own."""
    validate = getattr(kind, "model_validate", None)
    if callable(validate):
        try:
            return validate(value)
        except ValueError as error:
            raise msgspec.ValidationError(str(error)) from None
    if isinstance(value, kind):
        return value
    raise msgspec.ValidationError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else values.describe(value)


def of_function(function: Callable[..., Any], *, name: object, outputs: object, timeout: object) -> FunctionRecipe:
    """The step that a function is, by what its decorator was given. Raises Mistake where it cannot be one."""
    if not inspect.isfunction(function):
        what = "class" if isinstance(function, type) else type(function).__name__
        raise Mistake(f"@session.step stands before a function, not before {values.article(what)}.")
    reason = None if name is None else why_invalid(name) if isinstance(name, str) else "it is no text."
    if reason is not None:
        raise Mistake(f'@session.step(name={name!r}): {reason} Write: @session.step(name="train")')
    called = str(name or function.__name__)
    if timeout is not None and not is_time(timeout):
        raise Mistake(f"{called}: timeout is a number of seconds: @session.step(timeout=60), not {timeout!r}.")
    if not isinstance(outputs, typing.Iterable):
        raise Mistake(f'{called}: outputs names variables: @session.step(outputs="loss"), not {outputs!r}.')
    wanted = outputs.replace(",", " ").split() if isinstance(outputs, str) else list(outputs)
    wrong = next((output for output in wanted if not isinstance(output, str) or why_unsafe(output)), None)
    if wrong is not None:
        raise Mistake(f'{called}: outputs names variables: @session.step(outputs="loss"), not {wrong!r}.')
    parameters = inspect.signature(function).parameters.values()
    for one in parameters:
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            stars = "*" if one.kind is one.VAR_POSITIONAL else "**"
            raise Mistake(f"{called} takes {stars}{one.name}. A step's parameters are variables: name each of them.")
    text = _source(function)
    return FunctionRecipe(
        line=StepLine(
            name=called,
            inputs=[one.name for one in parameters],
            outputs=wanted,
            timeout=timeout,
        ),
        source=text[0],
        tree=text[1],
        function=function,
        kinds=_kinds(function),
        optional=frozenset(one.name for one in parameters if one.default is not one.empty),
    )


def _source(function: Callable[..., Any]) -> tuple[str, ast.Module | None]:
    """The hash of a function's text without its decorators, and its code."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        code = function.__code__
        return "sha256:" + hashlib.sha256(code.co_code + repr(code.co_consts).encode()).hexdigest(), None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.decorator_list = []
    return source_hash(ast.unparse(tree)), tree


def _kinds(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:  # a name that is not there, or whatever evaluating an annotation may raise
        return {}
