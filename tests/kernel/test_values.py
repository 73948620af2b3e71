"""Python values to JSON and back: what comes back is what went, and what cannot go is refused with a way out."""

from __future__ import annotations

import base64
import copy
import dataclasses
import enum
import itertools
import json
import math
import pathlib
import re
import sys
from collections import Counter, OrderedDict, namedtuple
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy
import pandas
import polars
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.display import Image
from scipy import sparse

from session_state_ext import jsontext
from session_state_ext.errors import LimitExceeded, SessionError, TooLarge
from session_state_ext.kernel import preview, values

ZONES = st.none() | st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def keeps(path: pathlib.PurePath) -> bool:
    """pathlib itself reads some texts that are hardly paths otherwise than it wrote them."""
    return type(path)(str(path)) == path


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=50)
    | st.decimals()
    | st.uuids()
    | st.datetimes(timezones=ZONES)
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.datetimes(timezones=st.timezones())
    | st.times(timezones=st.timezones())
    | st.datetimes().map(lambda moment: moment.replace(fold=1))
    | st.complex_numbers()
    | st.fractions()
    | st.binary(max_size=50).map(bytearray)
    | st.builds(range, st.integers(), st.integers(), st.integers(1))
    | st.text("ab/.\\: é").map(pathlib.PurePosixPath)
    | st.text("ab/.\\: é").map(pathlib.PureWindowsPath).filter(keeps)
    | st.text("ab/. é").map(pathlib.Path)
)
KEYS = st.text() | st.sampled_from(["$date", "$dict", "$numberDouble", "$oid", "$", "$$date", "__proto__", ""])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


def alike(one: Any, other: Any) -> bool:
    """Equal, of the same type, in the same order, NaN being itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, complex):
        return alike(one.real, other.real) and alike(one.imag, other.imag)
    if isinstance(one, float):
        return (one != one and other != other) or (one == other and math.copysign(1, one) == math.copysign(1, other))
    if isinstance(one, Decimal):
        return str(one) == str(other)
    if isinstance(one, datetime | time):
        same = one.replace(tzinfo=None) == other.replace(tzinfo=None) and one.fold == other.fold
        return same and str(one.tzinfo) == str(other.tzinfo) and one.utcoffset() == other.utcoffset()
    return bool(one == other)


@given(VALUES)
def test_what_comes_back_is_what_went(value: Any) -> None:
    text = values.encode(value)
    jsontext.check(text, depth=64, digits=4300)
    assert alike(values.decode(text), value)
    # A preview of anything is one line.
    assert "\n" not in preview.value(text, 60)
    assert preview.kind(text)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_whatever_stands_in_the_session_can_be_read(value: Any) -> None:
    """Another program may write any JSON, typed objects that are none included."""
    values.decode(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, b"1"),
        (1.0, b"1.0"),
        (-0.0, b"-0.0"),
        (1e100, b"1e+100"),
        (2**70, b"1180591620717411303424"),
        ("ä", '"ä"'.encode()),
        (math.nan, b'{"$numberDouble":"NaN"}'),
        (-math.inf, b'{"$numberDouble":"-Infinity"}'),
        (Decimal("1.10"), b'{"$numberDecimal":"1.10"}'),
        (b"ab", b'{"$binary":{"base64":"YWI=","subType":"00"}}'),
        (UUID(int=1), b'{"$uuid":"00000000-0000-0000-0000-000000000001"}'),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc), b'{"$date":"2026-01-02T03:04:05Z"}'),
        (date(2026, 1, 2), b'{"$localDate":"2026-01-02"}'),
        (time(3, 4), b'{"$localTime":"03:04:00"}'),
        (timedelta(days=-1, microseconds=5), b'{"$duration":"P-1DT0.000005S"}'),
        ({"$date": 1}, b'{"$dict":{"$date":1}}'),
        ({"$date": 1, "b": 2}, b'{"$date":1,"b":2}'),
    ],
)
def test_the_forms_that_other_programs_see(value: Any, text: bytes) -> None:
    assert values.encode(value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"$date": {"$numberLong": "1000"}}', datetime(1970, 1, 1, 0, 0, 1, tzinfo=timezone.utc)),
        ('{"$date": "2026-01-02T03:04:05.123Z"}', datetime(2026, 1, 2, 3, 4, 5, 123000, tzinfo=timezone.utc)),
        ('{"$numberLong": "5"}', 5),
        ('{"$numberInt": "5"}', 5),
        ('{"$numberDouble": "1.5"}', 1.5),
        ('{"$oid": "507f1f77bcf86cd799439011"}', {"$oid": "507f1f77bcf86cd799439011"}),
        ('{"$date": "yesterday"}', {"$date": "yesterday"}),
        ('{"$ndarray": {"dtype": "object", "shape": [1], "data": [1]}}', None),
        ('{"$ndarray": {"dtype": "float64", "shape": [1000000000, 1000], "data": [1]}}', None),
        ('{"$image": {"png": "bm8="}}', {"$image": {"png": "bm8="}}),
    ],
)
def test_what_others_write_is_read_and_what_is_malformed_is_a_dict(text: str, value: Any) -> None:
    read = values.decode(text.encode())
    assert read == (json.loads(text) if value is None else value)


class Colour(enum.Enum):
    RED = date(2026, 1, 2)


class Name(str, enum.Enum):
    ADA = "ada"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Point:
    x: Any = 1
    y: Any = None


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    lr: float = 0.1
    at: Any = None


class Odd:
    __attrs_attrs__ = ()


class Nowhere:
    def __iter__(self) -> Any:
        return iter(())


class Zone(tzinfo):
    """Without a name, as dateutil's and pytz's are for the standard library."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else timedelta(hours=1)

    def tzname(self, moment: datetime | None) -> str:
        return "here"

    def dst(self, moment: datetime | None) -> None:
        return None

    def __str__(self) -> str:
        return "here"


CIRCLE: list[Any] = []
CIRCLE.append({"again": CIRCLE})
Pair = namedtuple("Pair", "a b")


class Later:
    """What an event loop waits for."""

    def __await__(self) -> Any:
        yield


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (Odd(), "config: an Odd has no JSON form. Store attrs.asdict(value)."),
        (pydantic.SecretStr("x"), "config: a SecretStr has no JSON form. A session is no place for secrets"),
        ({"at": Nowhere()}, 'config["at"]: a Nowhere has no JSON form. Store list(value).'),
        (datetime(2026, 1, 2, tzinfo=Zone()).timetz(), "config: 00:00:00 has a zone without a name."),
        ({"a": [10**5000]}, 'config["a"][0]: a number can have 4300 digits, this one has more. Store it as hex(...).'),
        (Fraction(1, 10**5000), "config: a number can have 4300 digits"),
        (list(range(600_000)), "config: a value can have 1 MB, this list of 600,000 has at least 1.2 MB as JSON."),
        (b"x" * 2_000_000, "config: a value can have 1 MB, this bytes of 2,000,000 has at least 2.7 MB as JSON."),
        (object(), "config: an object has no JSON form. Store what it is made from, or its result."),
        ({"a": [1, {"b": object()}]}, 'config["a"][1]["b"]: an object has no JSON form.'),
        ({1: 2}, "config has the key 1, an int. In JSON keys are text: use '1'."),
        (lambda: 1, "config: a function has no JSON form. Store its parameters; it stays in the kernel."),
        (math, "config: a module has no JSON form. Store its name."),
        (Point(CIRCLE), 'config["x"][0]["again"] contains itself. Store a value without circles.'),
        ((i for i in [1]), "config: a generator has no JSON form. Store list(value)."),
        (sparse.eye(2), "config: a dia_matrix has no JSON form. Store value.toarray(), or what it is made from."),
        (
            pandas.Series([1]).rolling(1),
            "config: a Rolling has no JSON form. Store what comes of it, such as value.mean().",
        ),
        (map(str, [1]), "config: a map has no JSON form. Store list(value)."),
        ({}.keys(), "config: a dict_keys has no JSON form. Store list(value)."),
        (StringIO("x"), "config: a StringIO has no JSON form. Store its path, or what is in it: value.read()."),
        ({"log": sys.__stdout__}, 'config["log"]: a TextIOWrapper has no JSON form. Store its path, or what is in it'),
        (Later(), "config: a Later has no JSON form. Store what it gives: await value."),
        (ValueError("x"), "config: a ValueError has no JSON form. Store its text: str(value)."),
        (re.compile("a"), "config: a Pattern has no JSON form. Store value.pattern."),
        (re.match("a", "a"), "config: a Match has no JSON form. Store value.groups()."),
        (SimpleNamespace(a=1), "config: a SimpleNamespace has no JSON form. Store vars(value)."),
        (itertools.count(), "config: a count has no JSON form. It may have no end. Store a list of some"),
        (slice(1, 2), "config: a slice has no JSON form. Store [value.start, value.stop, value.step]."),
        (
            pandas.DataFrame({"a": [1]}).groupby("a"),
            "config: a DataFrameGroupBy has no JSON form. Store what comes of it",
        ),
        (numpy.timedelta64(3, "M"), "config: 3 months is no fixed time. Store the number, int(value)"),
        (CIRCLE, 'config[0]["again"] contains itself. Store a value without circles.'),
        ("\ud800", "config holds half of a surrogate pair"),
        ("x" * 2_000_000, "config: a value can have 1 MB, this str of 2,000,000 has 2 MB as JSON."),
    ],
)
def test_what_has_no_form_is_refused_with_its_place_and_a_way_out(value: Any, sentence: str) -> None:
    with pytest.raises(SessionError) as caught:
        values.encode(value, "config")
    assert sentence in caught.value.message


def test_limits() -> None:
    nested: Any = 1
    for _ in range(64):
        nested = [nested]
    assert values.decode(values.encode(nested)) == nested
    with pytest.raises(LimitExceeded):
        values.encode([nested])
    assert values.decode(values.encode(10**4299)) == 10**4299
    with pytest.raises(LimitExceeded, match="a number can have 4300 digits, this one has more"):
        values.encode(10**4300)
    with pytest.raises(TooLarge):
        values.encode("xx", most=3)


@pytest.mark.parametrize(
    ("value", "back", "note"),
    [
        ((1, 2), [1, 2], "config: a tuple comes back as a list"),
        (Pair(1, 2), [1, 2], "config: a Pair comes back as a list"),
        ({"b", "a"}, ["a", "b"], "config: a set comes back as a list"),
        (memoryview(b"xyz")[::2], b"xz", "config: a memoryview comes back as bytes"),
        (Name.ADA, "ada", "config: a Name comes back as its value"),
        (Level.HIGH, 3, "config: a Level comes back as its value"),
        ([Colour.RED], [date(2026, 1, 2)], "config[0]: a Colour comes back as its value"),
        (OrderedDict(a=1), {"a": 1}, "config: an OrderedDict comes back as a dict"),
        (Counter("a"), {"a": 1}, "config: a Counter comes back as a dict"),
        (Point(1, b"z"), {"x": 1, "y": b"z"}, "config: a Point comes back as a dict of its fields"),
        (
            Model.model_validate({"at": date(2026, 1, 2), "extra": 1}),
            {"lr": 0.1, "at": date(2026, 1, 2), "extra": 1},
            "config: a Model comes back as a dict of its fields",
        ),
        (
            datetime(2026, 1, 2, tzinfo=Zone()),
            datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=1))),
            "config: of the zone here the offset comes back, not the name; a zoneinfo.ZoneInfo keeps it",
        ),
    ],
)
def test_what_comes_back_different_is_said(value: Any, back: Any, note: str | None) -> None:
    said: list[str] = []
    text = values.encode(value, "config", note=said.append)
    assert alike(values.decode(text), back)
    assert said == ([] if note is None else [note])


GOLDEN = json.loads((pathlib.Path(__file__).parents[1] / "frames/values.json").read_text())
GIVEN: dict[str, Any] = {
    "np": numpy,
    "pd": pandas,
    "pl": polars,
    "PNG": base64.b64decode(GOLDEN["values"][-2]["json"]["$image"]["png"]),
    **{
        kind.__name__: kind
        for kind in (date, datetime, time, timedelta, timezone, Decimal, Fraction, UUID, ZoneInfo, Image)
    },
    **{kind.__name__: kind for kind in (pathlib.Path, pathlib.PurePosixPath, pathlib.PureWindowsPath)},
}


@pytest.mark.parametrize("case", GOLDEN["values"], ids=lambda case: case["python"])
def test_the_golden_values(case: Any) -> None:
    """What stands for each kind of value, which the panel is tested with too."""
    value = eval(case["python"], GIVEN)
    text = values.encode(value)
    assert json.loads(text) == case["json"]
    assert preview.kind(text) == case["kind"]
    read = values.decode(text)
    assert type(read) is type(value)
    assert values.encode(read) == text


@pytest.mark.parametrize("case", GOLDEN["malformed"], ids=json.dumps)
def test_what_is_malformed_or_unknown_is_read_as_what_it_is_and_kept(case: Any) -> None:
    read: Any = values.decode(json.dumps([case]).encode(), "config")[0]
    assert isinstance(read, dict)
    assert json.loads(values.encode([read]))[0] == case
    assert json.loads(values.encode(copy.deepcopy(read))) == case
    untyped: Any = read
    if next(iter(case)) not in ("$ndarray", "$dataframe", "$series", "$missing", "$image"):
        assert read == case
        return
    # Who takes it for what it is not is told why, and where.
    with pytest.raises(AttributeError, match=r"config\[0\]: what stands under \$\w+ cannot be read: "):
        untyped.mean()
    with pytest.raises(KeyError, match="cannot be read"):
        read["a"]


def test_a_library_that_nobody_uses_is_not_imported(tmp_path: pathlib.Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom session_state_ext.kernel import values\n"
        "values.decode(values.encode({'a': [1, None, b'x']}))\n"
        "import datetime, pathlib, dataclasses\n"
        "values.decode(values.encode([datetime.datetime.now(), pathlib.Path('x'), 1j, float('nan'), {'$a': (1,)}]))\n"
        'values.decode(b\'[{"$ndarray":{}},{"$oid":1}]\')\n'
        "libraries = ('numpy', 'pandas', 'polars', 'matplotlib', 'PIL', 'pydantic', 'IPython')\n"
        "print([name for name in libraries if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
