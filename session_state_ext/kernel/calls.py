"""Calls of a session's methods: what cannot be given to one is answered with the call that is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from numbers import Real
from typing import Any, TypeVar, cast

from session_state_ext.errors import SessionError
from session_state_ext.spelling import nearest

from .descriptions import article

_F = TypeVar("_F", bound=Callable[..., Any])


def ended(function: _F) -> _F:
    """A function whose SessionErrors are about the line that called: what is inside is not part of a traceback."""

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        __tracebackhide__ = True
        try:
            return function(*given, **named)
        except SessionError as error:
            raise error.with_traceback(None) from error.__cause__

    return cast("_F", call)


class WrongCall(SessionError, TypeError):
    """A method was given what it cannot take."""

    code = "wrong-call"


def answered(example: str, **instead: str) -> Callable[[_F], _F]:
    """A method of a session. A wrong call of it, one that raises WrongCall, too, is answered with ``example``.

    ``instead`` are keywords that people give it and that it has not, each with a sentence; ``other`` is that for any
    else, with {word} in it. A SessionError ends its traceback here: what is inside does not help whoever called.
    """

    def decorate(method: _F) -> _F:
        @wraps(method)
        def call(*given: Any, **named: Any) -> Any:
            __tracebackhide__ = True
            try:
                return method(*given, **named)
            except WrongCall as error:
                wrong = error
            except SessionError as error:
                raise error.with_traceback(None) from error.__cause__
            except TypeError:
                unfit = _unfit(method, given, named, instead)
                if unfit is None:
                    raise
                wrong = unfit
            if wrong.fields.get("advised"):
                raise wrong.with_traceback(None) from None
            raise WrongCall(f"{wrong.message} Write: {example}", advised=True) from None

        call.example = example  # type: ignore[attr-defined]  # by which it is known to be for people
        return cast("_F", call)

    return decorate


def offered(kind: type) -> list[str]:
    """The names of a class that are for people: methods that answer for themselves, and properties. No hooks."""
    members = ((name, getattr(kind, name, None)) for name in dir(kind) if not name.startswith("_"))
    return [name for name, member in members if isinstance(member, property) or hasattr(member, "example")]


def _unfit(
    method: Callable[..., Any], given: tuple[Any, ...], named: Mapping[str, Any], instead: Mapping[str, str]
) -> WrongCall | None:
    """Why these arguments are none for ``method``; None where they are."""
    import inspect

    signature = inspect.signature(method)
    try:
        signature.bind(*given, **named)
    except TypeError:
        pass
    else:
        return None  # it is an error of what is inside
    called = f"session.{method.__name__}"
    _, *parameters = signature.parameters.values()  # the session itself
    ordered = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    words = [one.name for one in parameters if one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD)]
    unknown = next((word for word in named if word not in words), None)
    if unknown is not None:
        if unknown in instead:
            return WrongCall(instead[unknown], advised=True)
        meant = nearest(unknown, words, 0.75)
        if "other" in instead and not meant:
            return WrongCall(instead["other"].format(word=unknown), advised=True)
        return WrongCall(f"{called} has no {unknown}.{meant}")
    if len(given) - 1 > len(ordered):
        count = ("nothing", "one value", "two values")[len(ordered)]
        return WrongCall(f"{called} takes {count} without a name, not {len(given) - 1}.")
    twice = next((one.name for one in ordered[: len(given) - 1] if one.name in named), None)
    if twice is not None:
        return WrongCall(f"{called} is given its {twice} twice.")
    return WrongCall(f"{called} needs {'a' if len(given) == 1 else 'another'} value.")


def check_text(name: object, whose: str = "variable", what: str = "name") -> None:
    """Raise WrongCall where a name is no text."""
    __tracebackhide__ = True
    if not isinstance(name, str):
        raise WrongCall(f"A {whose}'s {what} is text, not {article(type(name).__name__)}.")


def check_whole(number: object, what: str) -> None:
    """Raise WrongCall where ``what`` is no whole number."""
    __tracebackhide__ = True
    if type(number) is not int:
        raise WrongCall(f"{what} is a whole number, not {article(type(number).__name__)}.")


def check_flag(flag: object, what: str) -> None:
    """Raise WrongCall where ``what`` is neither True nor False: a text such as "no" would count as a yes."""
    __tracebackhide__ = True
    if type(flag).__name__ not in ("bool", "bool_"):  # numpy's, too
        raise WrongCall(f"{what} is True or False, not {article(type(flag).__name__)}.")


def check_seconds(seconds: object, what: str) -> None:
    """Raise WrongCall where ``what`` is no number of seconds, from 0 on."""
    __tracebackhide__ = True
    if isinstance(seconds, bool) or not isinstance(seconds, Real):
        raise WrongCall(f"{what} is a number of seconds, not {article(type(seconds).__name__)}.")
    if not float(seconds) >= 0:
        raise WrongCall(f"{what} is a number of seconds, from 0 on, not {seconds}.")


def names_in(given: Iterable[object], whose: str = "variable") -> list[str]:
    """The names of ``given``, of which each may be a list of them. Raises WrongCall."""
    found: list[str] = []
    for one in given:
        inner = one if isinstance(one, Iterable) and not isinstance(one, str | bytes) else [one]
        for name in inner:
            check_text(name, whose)
            found.append(cast("str", name))
    return found
