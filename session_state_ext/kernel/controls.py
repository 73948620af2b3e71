"""Which ipywidgets control a variable gets, by its declaration or value; loaded only where somebody asks for one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import ipywidgets
from msgspec import Struct

from session_state_ext.errors import InvalidValue

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_EXACT = 2**53
#: A longer text is not edited in a cell's output.
_LONGEST = 20_000
_LONG_LINE = 80


class Control(Struct, frozen=True):
    """A kind of control: how it is made, what it shows of a value, and what a person's entry means."""

    #: two that are equal can show each other's values
    kind: tuple[Any, ...]
    make: Callable[[str], Any]
    #: JSON value -> the control's; raises ValueError where it cannot show it as it is
    show: Callable[[Any], Any]
    #: the control's value -> JSON value; raises InvalidValue
    read: Callable[[Any], Any]


def control_for(name: str, spec: dict[str, Any] | None, value: Any) -> Control:
    """The control of a variable; ``value`` is what its JSON text says, typed values as the objects that they are."""
    spec = spec or {}
    said = spec.get("schema")
    schema: dict[str, Any] = said if isinstance(said, dict) else {}
    asked, types = spec.get("control"), _types(schema)
    if asked == "json":
        return _json(name)
    choices = schema.get("enum")
    if isinstance(choices, list) and choices and asked in (None, "select"):
        return _select(choices)
    if isinstance(value, bool) or (value is None and "boolean" in types):
        return Control(("switch",), _made(ipywidgets.Checkbox, indent=False), _exactly(bool), bool)
    if _is_number(value) or (value is None and types & {"number", "integer"}):
        return _number(
            name, schema, asked, value, whole="number" not in types and ("integer" in types or type(value) is int)
        )
    day = value["$localDate"] if isinstance(value, dict) and [*value] == ["$localDate"] else value
    if (asked == "date" or schema.get("format") == "date" or day is not value) and (day is None or _day(day)):
        return _date(typed=day is not value or value is None)
    if isinstance(value, str) or (value is None and "string" in types):
        return _text(asked, schema, value or "")
    return _json(name)


def _types(schema: dict[str, Any]) -> set[str]:
    inner = schema.get("anyOf")
    if isinstance(inner, list):
        return {kind for each in inner if isinstance(each, dict) for kind in _types(each)}
    found = schema.get("type")
    return set(found) if isinstance(found, list) else {found} if isinstance(found, str) else set()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _made(kind: Any, **options: Any) -> Callable[[str], Any]:
    def make(label: str) -> Any:
        return kind(description=label, style={"description_width": "initial"}, **options)

    return make


def _same(value: Any) -> Any:
    return value


def _exactly(kind: type) -> Callable[[Any], Any]:
    def show(value: Any) -> Any:
        if not isinstance(value, kind):
            raise ValueError
        return value

    return show


def _number(name: str, schema: dict[str, Any], asked: str | None, value: Any, *, whole: bool) -> Control:
    least: Any = schema.get("minimum")
    most: Any = schema.get("maximum")
    bounded = _is_number(least) and _is_number(most) and least < most and max(abs(least), abs(most)) < _EXACT
    if value is None or abs(value) >= _EXACT:
        return _literal(name)
    if not bounded or asked in ("number", "text"):
        kind = ipywidgets.IntText if whole else ipywidgets.FloatText
        return Control(("number", whole), _made(kind), _shown_number(whole), _same)
    step = schema.get("multipleOf")
    if not _is_number(step):
        step = 1 if whole else (most - least) / 100
    options = {"min": least, "max": most, "step": step, "continuous_update": True}
    if whole:
        slider = _made(ipywidgets.IntSlider, **options)
    else:
        slider = _made(ipywidgets.FloatSlider, readout_format=".4g", **options)

    def show(number: Any) -> Any:
        if not _is_number(number):
            raise ValueError
        # A slider would take what is out of its bounds for the nearest; what it is, is said beside it.
        return min(max(number, least), most)

    return Control(("slider", whole, least, most, step), slider, show, _same)


def _shown_number(whole: bool) -> Callable[[Any], Any]:
    def show(number: Any) -> Any:
        if not _is_number(number) or abs(number) >= _EXACT or (whole and type(number) is not int):
            raise ValueError
        return number

    return show


def _literal(name: str) -> Control:
    """A number as text: one that a number's field would round, and one that is not there yet."""

    def show(number: Any) -> str:
        if number is not None and not _is_number(number):
            raise ValueError
        return "" if number is None else json.dumps(number)

    def read(text: str) -> Any:
        try:
            number = json.loads(text)
        except ValueError:
            number = None
        if not _is_number(number):
            raise InvalidValue(f"{name}: {text!r} is not a number.", name=name)
        return number

    return Control(("literal",), _made(ipywidgets.Text, continuous_update=False), show, read)


def _select(choices: list[Any]) -> Control:
    texts = [json.dumps(choice, ensure_ascii=False) for choice in choices]
    labels = [choice if isinstance(choice, str) else text for choice, text in zip(choices, texts, strict=True)]
    options = list(zip(labels, texts, strict=True))

    def show(value: Any) -> str | None:
        text = json.dumps(value, ensure_ascii=False)
        return text if text in texts else None

    def read(text: str | None) -> Any:
        if text is None:
            raise InvalidValue("Choose one.")
        return choices[texts.index(text)]

    return Control(("select", *texts), _made(ipywidgets.Dropdown, options=options, value=None), show, read)


def _day(text: Any) -> bool:
    try:
        date.fromisoformat(text)
    except (TypeError, ValueError):
        return False
    return True


def _date(*, typed: bool) -> Control:
    def show(value: Any) -> date | None:
        if value is None:
            return None
        if isinstance(value, dict) is not typed:
            raise ValueError
        return date.fromisoformat(value["$localDate"] if typed else value)

    def read(day: date | None) -> Any:
        if day is None:
            raise InvalidValue("Choose a day.")
        return {"$localDate": day.isoformat()} if typed else day.isoformat()

    return Control(("date", typed), _made(ipywidgets.DatePicker), show, read)


def _text(asked: str | None, schema: dict[str, Any], value: str) -> Control:
    if schema.get("format") == "color" or (asked is None and _COLOR.fullmatch(value)):
        return Control(("color",), _made(ipywidgets.ColorPicker), _color, _same)
    if asked == "multiline" or (asked is None and ("\n" in value or len(value) > _LONG_LINE)):
        made = _made(ipywidgets.Textarea, continuous_update=False, rows=4, layout={"width": "480px"})
        return Control(("multiline",), made, _exactly(str), _same)

    def line(text: Any) -> str:
        if not isinstance(text, str) or "\n" in text:
            raise ValueError
        return text

    return Control(("text",), _made(ipywidgets.Text, continuous_update=False), line, _same)


def _color(value: Any) -> str:
    if not isinstance(value, str) or not _COLOR.fullmatch(value):
        raise ValueError
    return value


def _json(name: str) -> Control:
    def show(value: Any) -> str:
        text = json.dumps(value, ensure_ascii=False, indent=2)
        if len(text) > _LONGEST:
            raise OverflowError
        return text

    def read(text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            raise InvalidValue(
                f'{name} takes JSON, such as 0.1, "text" or {{"a": [1, 2]}}; it is none{where}.'
            ) from None

    made = _made(ipywidgets.Textarea, continuous_update=False, rows=6, layout={"width": "480px"})
    return Control(("json",), made, show, read)
