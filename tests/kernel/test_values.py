"""Python values to JSON and back: what comes back is what went, and what cannot go is refused with a way out."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import pathlib
from collections import OrderedDict, namedtuple
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_state_ext import jsontext
from session_state_ext.errors import InvalidValue, LimitExceeded, SessionError, TooLarge
from session_state_ext.kernel import preview, values

ZONES = st.none() | st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
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
    | st.complex_numbers()
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
    if isinstance(one, datetime):
        return one == other and one.utcoffset() == other.utcoffset()
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
    RED = 1


class Name(str, enum.Enum):
    ADA = "ada"


@dataclasses.dataclass
class Point:
    x: int = 1


CIRCLE: list[Any] = []
CIRCLE.append({"again": CIRCLE})
Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (object(), "config: an object has no JSON form. Store what it is made from, or its result."),
        ({"a": [1, {"b": object()}]}, 'config["a"][1]["b"]: an object has no JSON form.'),
        ({1: 2}, "config has the key 1, an int. In JSON keys are text: use '1'."),
        (lambda: 1, "config: a function has no JSON form. Store its parameters; it stays in the kernel."),
        (math, "config: a module has no JSON form. Store its name."),
        (Colour.RED, "config: a Colour has no JSON form. Store its value: member.value."),
        (Point(), "config: a Point has no JSON form. Store dataclasses.asdict(value)."),
        (pathlib.Path("x"), "Store its text: str(path)."),
        ((i for i in [1]), "config: a generator has no JSON form. Store list(value)."),
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
        ([range(2)], [[0, 1]], "config[0]: a range comes back as a list"),
        (bytearray(b"x"), b"x", "config: a bytearray comes back as bytes"),
        (Name.ADA, "ada", "config: a Name comes back as str"),
        (OrderedDict(a=1), {"a": 1}, None),
    ],
)
def test_what_comes_back_different_is_said(value: Any, back: Any, note: str | None) -> None:
    said: list[str] = []
    text = values.encode(value, "config", note=said.append)
    assert alike(values.decode(text), back)
    assert said == ([] if note is None else [note])


class TestArrays:
    """numpy and pandas."""

    def test_scalars_are_numbers(self) -> None:
        np = pytest.importorskip("numpy")
        for value, text in [
            (np.float64(1.5), b"1.5"),
            (np.int8(3), b"3"),
            (np.bool_(True), b"true"),
            (np.str_("x"), b'"x"'),
        ]:
            assert values.encode(value) == text
        assert values.encode(np.float32("nan")) == b'{"$numberDouble":"NaN"}'

    @pytest.mark.parametrize(
        "make",
        [
            "np.array([[1, 2], [3, 4]])",
            "np.arange(3, dtype='uint8')",
            "np.zeros((100, 20), 'float32')",
            "np.array([1.5, float('nan')])",
            "np.array([True, False])",
            "np.array(['a', 'bc'])",
            "np.array([], dtype='<U5')",
            "np.array(['2026-01-02'], dtype='datetime64[D]')",
            "np.array([1 + 2j])",
            "np.array(5)",
            "np.zeros((0, 3))",
            "np.arange(6).reshape(2, 3).T",
            "np.arange(3, dtype='>i4')",
        ],
    )
    def test_arrays_come_back(self, make: str) -> None:
        np = pytest.importorskip("numpy")
        value = eval(make, {"np": np})
        back = values.decode(values.encode(value))
        assert back.dtype == value.dtype.newbyteorder("=")
        np.testing.assert_array_equal(back, value)
        back.flat[:0] = 0  # it can be written to
        assert back.flags.writeable

    def test_what_is_no_plain_array_is_refused(self) -> None:
        np = pytest.importorskip("numpy")
        with pytest.raises(InvalidValue, match=r"an array of object has no JSON form. Store value.tolist\(\)"):
            values.encode(np.array([object()]))
        with pytest.raises(TooLarge, match=r"this ndarray 800x600, 3\.8 MB has 5\.1 MB as JSON"):
            values.encode(np.zeros((800, 600)))

    @pytest.mark.parametrize(
        "make",
        [
            "pd.DataFrame({'a': [1, 2], 'b': [1.5, None], 'c': ['x', None], 'd': [True, False]})",
            "pd.DataFrame({'when': pd.to_datetime(['2026-01-02', None])}, index=['r', 's'])",
            "pd.DataFrame({'when': pd.to_datetime(['2026-01-02', '2026-07-02']).tz_localize('Europe/Berlin')})",
            "pd.DataFrame({'long': pd.to_timedelta([1, 2], unit='s'), 'kind': pd.Categorical(['u', 'v'])})",
            "pd.DataFrame({'n': pd.array([1, None], dtype='Int64'), 'b': pd.array([True, None], dtype='boolean')})",
            "pd.DataFrame(np.eye(3))",
            "pd.DataFrame()",
            "pd.DataFrame({'a': [1]}, index=pd.to_datetime(['2026-01-02']))",
        ],
    )
    def test_frames_come_back(self, make: str) -> None:
        pd, np = pytest.importorskip("pandas"), pytest.importorskip("numpy")
        frame = eval(make, {"pd": pd, "np": np})
        text = values.encode(frame)
        pd.testing.assert_frame_equal(values.decode(text), frame, check_freq=False)
        assert preview.kind(text) == f"DataFrame {frame.shape[0]}x{frame.shape[1]}"

    def test_series_come_back(self) -> None:
        pd = pytest.importorskip("pandas")
        series = pd.Series([1, 2, 3], name="q")
        pd.testing.assert_series_equal(values.decode(values.encode(series)), series)

    def test_missing_things_are_refused(self) -> None:
        pd = pytest.importorskip("pandas")
        for value in (pd.NaT, pd.NA):
            with pytest.raises(InvalidValue, match="Store None"):
                values.encode(value)
        with pytest.raises(InvalidValue, match="several levels"):
            values.encode(pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)])))


def test_a_library_that_nobody_uses_is_not_imported(tmp_path: pathlib.Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom session_state_ext.kernel import values\n"
        "values.decode(values.encode({'a': [1, None, b'x']}))\n"
        "print([name for name in ('numpy', 'pandas', 'matplotlib', 'PIL') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
