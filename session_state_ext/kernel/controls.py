"""Which ipywidgets control a variable gets, by its declaration or value; loaded only where somebody asks for one."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import ipywidgets
from msgspec import Struct

from session_state_ext.errors import InvalidValue

from . import preview, values
from .instants import duration
from .unread import Unread

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_DURATION = re.compile(r"P(?:(-?\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_EXACT = 2**53
#: A longer text is not edited in a cell's output.
_LONGEST = 20_000
_LONG_LINE = 80
#: Bounds so many times apart have a slider in powers of ten.
_FAR_APART = 1000
#: Typed values that are entered as the text in them, each with what it is and an example.
_TEXTS = {
    "$date": ("a date with a time", "2026-11-22T19:00:00Z"),
    "$localTime": ("a time", "19:00:00"),
    "$duration": ("a duration", "P1DT2.5S"),
    "$numberDecimal": ("a decimal number", "1.10"),
    "$uuid": ("a UUID", "123e4567-e89b-12d3-a456-426614174000"),
}
#: Typed values that are made in Python, and only shown here.
_SHOWN = ("$ndarray", "$dataframe", "$series", "$index", "$image")
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "infinity": "Infinity", "-inf": "-Infinity", "-infinity": "-Infinity"}


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
    typed = _typed(value)
    if typed in _SHOWN:
        return _shown_only(name)
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
    if typed == "$numberDouble":
        return _literal(name)
    if typed in _TEXTS:
        return _typed_text(name, typed)
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


def _typed(value: Any) -> str:
    """The key of a typed value; empty for any other."""
    key = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else ""
    return key if key.startswith("$") else ""


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
    if not whole and not _is_number(step) and least > 0 and most >= _FAR_APART * least:
        return _powers(least, most)
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


def _powers(least: float, most: float) -> Control:
    """A slider of which each part of the way is one of tens: a learning rate from 1e-6 to 0.1."""
    low, high = math.log10(least), math.log10(most)
    options = {"base": 10, "min": low, "max": high, "step": (high - low) / 200, "continuous_update": True}

    def show(number: Any) -> Any:
        if not _is_number(number):
            raise ValueError
        return min(max(number, 10**low), 10**high)

    def read(number: float) -> float:
        # Where it stands is no exact number, and at its ends not quite the bound.
        return min(max(float(f"{number:.4g}"), least), most)

    made = _made(ipywidgets.FloatLogSlider, readout_format=".4g", value=10**low, **options)
    return Control(("powers", least, most), made, show, read)


def _shown_number(whole: bool) -> Callable[[Any], Any]:
    def show(number: Any) -> Any:
        if not _is_number(number) or abs(number) >= _EXACT or (whole and type(number) is not int):
            raise ValueError
        return number

    return show


def _literal(name: str) -> Control:
    """A number as text: one that a number's field would round, one that is not finite, and one not there yet."""

    def show(number: Any) -> str:
        if _typed(number) == "$numberDouble":
            return str(number["$numberDouble"])
        if number is not None and not _is_number(number):
            raise ValueError
        return "" if number is None else json.dumps(number)

    def read(text: str) -> Any:
        if (word := _NOT_FINITE.get(text.strip().lower())) is not None:
            return {"$numberDouble": word}
        try:
            number = json.loads(text)
        except ValueError:
            number = None
        if not _is_number(number):
            raise InvalidValue(f"{name}: {text!r} is not a number.", name=name)
        return number

    return Control(("literal",), _made(ipywidgets.Text, continuous_update=False), show, read)


def _typed_text(name: str, key: str) -> Control:
    """A typed value by the text in it, which stays of its type."""
    what, example = _TEXTS[key]

    def show(value: Any) -> str:
        if _typed(value) != key or not isinstance(value[key], str):
            raise ValueError
        return str(value[key])

    def read(text: str) -> Any:
        typed = {key: _spelled(text.strip()) if key == "$duration" else text.strip()}
        if isinstance(values.decode(json.dumps(typed).encode()), Unread):
            raise InvalidValue(f"{name} takes {what}, such as {example}; {text!r} is none.", name=name)
        return typed

    return Control(("typed", key), _made(ipywidgets.Text, continuous_update=False), show, read)


def _spelled(text: str) -> str:
    """A duration such as P1DT2H as it is stored, in days and seconds; anything else as it is."""
    found = _DURATION.fullmatch(text)
    if found is None or text in ("P", "PT"):
        return text
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return duration(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))


def _shown_only(name: str) -> Control:
    """An array, a frame, a picture: what it is, for nobody types one."""

    def show(value: Any) -> str:
        if _typed(value) not in _SHOWN:
            raise ValueError
        text = json.dumps(value, ensure_ascii=False).encode()
        return f"{preview.kind(text)}: {preview.value(text, _LONG_LINE)}"

    def read(_: Any) -> Any:
        raise InvalidValue(f"{name} is made in Python: session[{name!r}] = ...", name=name)

    return Control(("shown",), _made(ipywidgets.Label), show, read)


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
