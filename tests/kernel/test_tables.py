"""Arrays, frames and series of numpy, pandas and polars: what comes back is what went, dtype, index and names included."""

from __future__ import annotations

import datetime as dt
import json
import pathlib
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.extra import pandas as hpd
from polars.testing import assert_frame_equal, assert_series_equal
from polars.testing.parametric import dataframes

from session_state_ext import jsontext
from session_state_ext.errors import InvalidValue, LimitExceeded, TooLarge
from session_state_ext.kernel import preview, values

calm = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=40
)


def back(value: Any) -> Any:
    """What comes back, of JSON that the server takes; written again it is the same text."""
    text = values.encode(value)
    jsontext.check(text, depth=64, digits=4300)
    read = values.decode(text)
    assert type(read) is type(value)
    assert values.encode(read) == text
    assert "\n" not in preview.value(text, 60)
    return read


# --- numpy ---

ARRAYS = hnp.arrays(
    dtype=st.one_of(
        hnp.boolean_dtypes(),
        hnp.integer_dtypes(endianness="?"),
        hnp.unsigned_integer_dtypes(endianness="?"),
        hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
        hnp.complex_number_dtypes(endianness="?", sizes=(64, 128)),
        hnp.datetime64_dtypes(endianness="?"),
        hnp.timedelta64_dtypes(endianness="?"),
        hnp.unicode_string_dtypes(endianness="?", min_len=1, max_len=5),
        hnp.byte_string_dtypes(min_len=1, max_len=5),
    ),
    shape=hnp.array_shapes(min_dims=0, min_side=0, max_side=4),
)


def same_array(one: Any, other: Any) -> None:
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    np.testing.assert_array_equal(one, other)
    if one.dtype.kind in "fc":
        # -0.0 is equal to 0.0, and yet not the same.
        number = ~np.isnan(one)
        np.testing.assert_array_equal(np.signbit(one.real)[number], np.signbit(other.real)[number])


@calm
@given(ARRAYS, st.sampled_from("CF"))
def test_arrays_come_back(array: Any, order: Any) -> None:
    array = np.array(array, order=order)
    read = back(array)
    same_array(read, array)
    assert read.flags.f_contiguous == array.flags.f_contiguous
    assert read.flags.writeable


class Tagged(np.ndarray[Any, Any]):
    pass


def test_scalars_of_numpy_are_numbers() -> None:
    for value, text in [
        (np.float64(1.5), b"1.5"),
        (np.float32(0.1), b"0.10000000149011612"),
        (np.int8(3), b"3"),
        (np.uint64(2**64 - 1), b"18446744073709551615"),
        (np.bool_(True), b"true"),
        (np.str_("x"), b'"x"'),
        (np.complex64(1), b'{"$complex":[1.0,0.0]}'),
        (np.bytes_(b"ab"), b'{"$binary":{"base64":"YWI=","subType":"00"}}'),
        (np.datetime64("2026-01-02"), b'{"$date":"2026-01-02T00:00:00"}'),
        (np.timedelta64(90, "s"), b'{"$duration":"P0DT90S"}'),
        (np.float32("nan"), b'{"$numberDouble":"NaN"}'),
    ]:
        assert values.encode(value) == text


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.array([object()]), "x: an array of object has no JSON form. Store value.tolist()."),
        (np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), "has no JSON form. Store value.tolist()."),
        (
            np.ma.masked_array([1, 2], [True, False]),
            "x: a masked array has no JSON form. Store value.filled() and value.mask.",
        ),
        (np.zeros(3, np.longdouble), 'x: an array of float128 has no JSON form. Store value.astype("float64").'),
        (np.array(["a"], dtype=np.dtypes.StringDType()), "Store value.astype(str)."),
        (
            np.array([np.datetime64("NaT")]),
            'x: an array of datetime64 has no JSON form. Store value.astype("datetime64[us]").',
        ),
        (np.datetime64("20000-01-01"), "x: 20000-01-01 is not within the years 1 to 9999. Store numpy.array(value)."),
        (np.datetime64("NaT"), "x: NaT is no date. Store None there."),
        (
            np.datetime64("2026-01-02T00:00:00.000000001"),
            "has more than microseconds, which is what a date has here. Store numpy.array(value).",
        ),
        (np.longdouble(1) / 3, "x: a float128 has more digits than a number here. Store float(value)."),
        (
            pd.Timestamp("2026-01-02 00:00:00.000000001"),
            "has nanoseconds, a datetime here has microseconds. Use value.floor('us').",
        ),
        (pd.Period("2026-01"), "x: a Period has no JSON form. Store str(value)."),
        (pd.Interval(0, 1), "x: an Interval has no JSON form. Store [value.left, value.right]."),
        (pd.Categorical(["a"]), "x: a Categorical has no JSON form. Store pandas.Series(value)."),
        (
            pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}),
            "x['a']: a column of Sparse[int64, 0] has no JSON form. Convert it with .astype(...) first.",
        ),
        (
            pd.DataFrame({"a": [object()]}),
            "x['a'][0]: an object has no JSON form. Store what it is made from, or its result.",
        ),
        (pl.DataFrame({"a": [1]}).lazy(), "x: a LazyFrame has no JSON form. Store value.collect()."),
        (
            pl.Series("a", [object()], dtype=pl.Object),
            "x: a column of Object has no JSON form. Convert it with .cast(...) first.",
        ),
    ],
)
def test_what_has_no_form_is_refused_with_what_to_do(value: Any, sentence: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        values.encode(value, "x")
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.zeros((800, 600)), "x: a value can have 1 MB, this ndarray 800x600, 3.8 MB has at least 5.1 MB as JSON. Save it to a file and keep its path here, or split it into several variables."),
        (pd.DataFrame(np.zeros((400_000, 2))), "this DataFrame 400000x2, 6.4 MB has at least 1.6 MB as JSON."),
        (pl.DataFrame({"n": range(600_000)}), "this DataFrame 600000x1, 4.8 MB has at least 1.2 MB as JSON."),
        (pd.Series([0.1 + 0.2] * 90_000), "this Series 90000, 720 kB has 1.8 MB as JSON."),
        (np.broadcast_to(np.float64(0), (10**6, 10**6)), "this ndarray 1000000x1000000, 8000 GB has at least"),
    ],
)  # fmt: skip
def test_what_is_too_large_is_said_with_how_large_and_what_to_do(value: Any, sentence: str) -> None:
    with pytest.raises(TooLarge) as caught:
        values.encode(value, "x")
    assert sentence in caught.value.message


def test_what_a_frame_holds_counts_as_nesting() -> None:
    nested: Any = 1
    for _ in range(60):
        nested = [nested]
    with pytest.raises(LimitExceeded, match="x: values can be nested 64 deep"):
        values.encode(pd.DataFrame({"a": pd.Series([nested], dtype=object)}), "x")
    circle: dict[str, Any] = {}
    circle["again"] = pd.Series([circle], dtype=object)
    with pytest.raises(InvalidValue, match="contains itself"):
        values.encode(circle, "x")


@pytest.mark.parametrize(
    ("value", "kind", "note"),
    [
        (np.arange(1).view(Tagged), np.ndarray, "x: a Tagged comes back as an ndarray"),
        (pd.Timestamp("2026-01-02", tz="Europe/Berlin"), dt.datetime, "x: a Timestamp comes back as a datetime"),
        (pd.Timedelta("1s"), dt.timedelta, "x: a Timedelta comes back as a timedelta"),
    ],
)
def test_what_comes_back_different_is_said(value: Any, kind: type, note: str) -> None:
    said: list[str] = []
    read = values.decode(values.encode(value, "x", note=said.append))
    assert type(read) is kind
    assert read == value
    assert said == [note]


# --- pandas ---

FRAMES = hpd.data_frames(
    index=hpd.range_indexes(max_size=5)
    | hpd.indexes(dtype="int64", max_size=5)
    | hpd.indexes(elements=st.text(), max_size=5),
    columns=[
        hpd.column("b", dtype=bool),
        hpd.column("i", dtype="int16"),
        hpd.column("u", dtype="uint64"),
        hpd.column("f", dtype="float64"),
        hpd.column("g", dtype="float32"),
        hpd.column("c", dtype="complex128"),
        hpd.column("s", elements=st.text() | st.none(), dtype=object),
        hpd.column("o", elements=st.none() | st.floats() | st.integers() | st.text() | st.just(pd.NA), dtype=object),
        hpd.column("t", dtype="datetime64[ns]"),
        hpd.column("d", dtype="timedelta64[ns]"),
    ],
)


@calm
@given(FRAMES)
def test_frames_come_back(frame: Any) -> None:
    read = back(frame)
    pd.testing.assert_frame_equal(read, frame, check_exact=True)
    # assert_frame_equal takes None, NaN and NA for the same.
    assert [repr(one) for one in read["o"]] == [repr(one) for one in frame["o"]]


def several() -> Any:
    return pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", None])


MAKE: dict[str, Callable[[], Any]] = {
    "nothing": lambda: pd.DataFrame(),
    "no rows": lambda: pd.DataFrame({"a": pd.Series([], dtype="int8"), "b": pd.Series([], dtype="str")}),
    "no columns": lambda: pd.DataFrame(index=[3, 4]),
    "infinities": lambda: pd.DataFrame({"a": [np.inf, -np.inf, np.nan, -0.0]}),
    "numbers for names": lambda: pd.DataFrame(np.eye(3)),
    "other numbers for names": lambda: pd.DataFrame([[1, 2]], columns=[2, 1]),
    "an int64 index for names": lambda: pd.DataFrame([[1, 2]], columns=pd.Index([0, 1], dtype="int64")),
    "floats for names": lambda: pd.DataFrame([[1, 2]], columns=[0.5, np.nan]),
    "names of several kinds": lambda: pd.DataFrame([[1, 2, 3]], columns=["a", 1, None]),
    "tuples for names": lambda: pd.DataFrame([[1, 2]], columns=several()),
    "dates for names": lambda: pd.DataFrame([[1, 2]], columns=pd.date_range("2026-01-02", periods=2)),
    "a name for the columns": lambda: pd.DataFrame([[1]], columns=pd.Index(["a"], name="key")),
    "the same name twice": lambda: pd.DataFrame([[1, "x"], [2, "y"]], columns=["a", "a"]),
    "text as objects": lambda: pd.DataFrame({"a": pd.Series(["x", None], dtype=object)}),
    "objects": lambda: pd.DataFrame({"a": pd.Series([{"$a": 1}, [1], b"x", dt.date(2026, 1, 2)], dtype=object)}),
    "integers with gaps": lambda: pd.DataFrame({"a": pd.array([2**63 - 1, None], dtype="Int64"), "b": pd.array([None, 2**64 - 1], dtype="UInt64")}),
    "booleans with gaps": lambda: pd.DataFrame({"a": pd.array([True, None], dtype="boolean")}),
    "floats with gaps": lambda: pd.DataFrame({"a": pd.array([0.5, None], dtype="Float64") / pd.array([0.0, 1.0], dtype="Float64")}),
    "strings with gaps": lambda: pd.DataFrame({"a": pd.array(["x", None], dtype="string")}),
    "categories": lambda: pd.DataFrame({"a": pd.Categorical(["u", None], categories=["v", "u"], ordered=True)}),
    "categories of numbers": lambda: pd.DataFrame({"a": pd.Categorical([1.5, None, 2.5])}),
    "categories of small numbers": lambda: pd.DataFrame({"a": pd.Categorical(pd.Series([1, 2], dtype="int8"))}),
    "categories of dates": lambda: pd.DataFrame({"a": pd.Categorical(pd.to_datetime(["2026-01-02", None]))}),
    "no categories": lambda: pd.DataFrame({"a": pd.Categorical([None, None])}),
    "bins": lambda: pd.DataFrame({"a": pd.cut([1.0, 5.0, np.nan], [0, 2, 6])}),
    "intervals": lambda: pd.DataFrame({"a": pd.arrays.IntervalArray.from_breaks([0, 1, 2], closed="left")}),
    "periods": lambda: pd.DataFrame({"a": pd.PeriodIndex(["2026-01", None], freq="M"), "w": pd.period_range("2026-01-02", periods=2, freq="W-SUN")}),
    "dates": lambda: pd.DataFrame({"a": pd.to_datetime(["2026-01-02", None]), "b": pd.to_datetime(["1700-01-02", "2200-01-02"]).astype("datetime64[ns]")}),
    "far dates": lambda: pd.DataFrame({"a": pd.Series(np.array(["-5000-01-01", "9999-12-31"], dtype="datetime64[s]"))}),
    "dates with a zone": lambda: pd.DataFrame({"a": pd.to_datetime(["2026-01-02", None]).tz_localize("Europe/Berlin")}),
    "dates in UTC": lambda: pd.DataFrame({"a": pd.to_datetime(["2026-01-02"]).tz_localize("UTC")}),
    "dates with an offset": lambda: pd.DataFrame({"a": pd.to_datetime(["2026-01-02T00:00:00-05:30"])}),
    "durations": lambda: pd.DataFrame({"a": pd.to_timedelta([1, None], unit="s"), "b": pd.to_timedelta([1, -2], unit="ns")}),
    "complex": lambda: pd.DataFrame({"a": [1 + 2j, complex("nan")]}),
    "an index of texts": lambda: pd.DataFrame({"a": [1]}, index=pd.Index(["r"], name="row")),
    "an index of dates": lambda: pd.DataFrame({"a": range(3)}, index=pd.date_range("2026-01-02", periods=3, freq="2h", tz="Europe/Berlin")),
    "an index of categories": lambda: pd.DataFrame({"a": [1]}, index=pd.CategoricalIndex(["r"], name="row")),
    "an index of several levels": lambda: pd.DataFrame({"a": [1, 2]}, index=several()),
    "levels with gaps": lambda: pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_arrays([[1, None], pd.to_datetime(["2026-01-02", None])])),
    "a part of several levels": lambda: pd.DataFrame({"a": [1, 2]}, index=several()).iloc[1:],
    "a range that does not begin at 0": lambda: pd.DataFrame({"a": [1, 2]}, index=pd.RangeIndex(5, 1, -2, name="n")),
    "grouped": lambda: pd.DataFrame({"k": ["u", "v", "u"], "n": [1, 2, 3]}).groupby("k").agg({"n": ["mean", "max"]}),
    "described": lambda: pd.DataFrame({"n": [1, 2, 3]}).describe(),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKE)
def test_frames_of_every_kind_come_back(name: str) -> None:
    frame = MAKE[name]()
    pd.testing.assert_frame_equal(
        back(frame), frame, check_exact=True, check_column_type="exact", check_index_type="exact", check_freq=True
    )
    for column in range(frame.shape[1]):
        series = frame.iloc[:, column]
        pd.testing.assert_series_equal(back(series), series, check_exact=True, check_index_type="exact")
    for index in (frame.index, frame.columns):
        pd.testing.assert_index_equal(back(index), index, exact=True, check_exact=True)
    assert preview.kind(values.encode(frame)) == f"DataFrame {frame.shape[0]}x{frame.shape[1]}"


def test_what_is_missing_comes_back_as_what_it_is() -> None:
    series = pd.Series([None, np.nan, pd.NA, pd.NaT, 0], dtype=object)
    assert [type(one).__name__ for one in back(series)] == ["NoneType", "float", "NAType", "NaTType", "int"]
    pair = values.decode(values.encode([pd.NA, pd.NaT]))
    assert pair[0] is pd.NA
    assert pair[1] is pd.NaT


def test_what_is_kept_with_a_frame_comes_back() -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs = {"source": "lab", "at": dt.date(2026, 1, 2)}
    assert back(frame).attrs == frame.attrs
    series = pd.Series([1], name=("a", 1))
    assert back(series).name == ("a", 1)


# --- polars ---

POLARS = [
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.Float32, pl.Float64),
    *(pl.Boolean, pl.String, pl.Binary, pl.Null, pl.Date, pl.Time, pl.Datetime, pl.Duration, pl.Decimal, pl.Categorical),
    *(pl.List, pl.Array, pl.Struct),
]  # fmt: skip


@calm
@given(dataframes(max_cols=5, max_size=4, allowed_dtypes=POLARS))
def test_frames_of_polars_come_back(frame: Any) -> None:
    assert_frame_equal(back(frame), frame, check_exact=True, check_dtypes=True)
    for series in frame.get_columns():
        assert_series_equal(back(series), series, check_exact=True)


@pytest.mark.parametrize(
    "series",
    [
        pl.Series("e", ["u", None], dtype=pl.Enum(["u", "v"])),
        pl.Series("c", ["u", None, "w"], dtype=pl.Categorical),
        pl.Series("z", [dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)], dtype=pl.Datetime("ns", "Europe/Berlin")),
        pl.Series("n", [1], dtype=pl.Int64).cast(pl.Datetime("ns")),
        pl.Series("l", [[dt.date(2026, 1, 2), None], None], dtype=pl.List(pl.Date)),
        pl.Series("k", [["u"], []], dtype=pl.List(pl.Categorical)),
        pl.Series(
            "o",
            [{"at": dt.time(3, 4), "tags": ["a"]}, None],
            dtype=pl.Struct({"at": pl.Time, "tags": pl.List(pl.String)}),
        ),
        pl.Series("m", [Decimal("1.10"), None], dtype=pl.Decimal(10, 2)),
        pl.Series("f", [0.5, float("nan"), float("-inf"), None, -0.0]),
        pl.Series("i", [2**127 - 1], dtype=pl.Int128),
        pl.Series("$date", [b"\x00\xff", None]),
        pl.Series([], dtype=pl.Null),
    ],
    ids=lambda series: str(series.dtype),
)
def test_series_of_polars_come_back(series: Any) -> None:
    assert_series_equal(back(series), series, check_exact=True)
    assert_frame_equal(back(series.to_frame()), series.to_frame(), check_exact=True)


# --- what is not read ---


def test_without_the_library_a_value_is_not_lost(tmp_path: pathlib.Path) -> None:
    """It says what is missing, and written back it is what it was."""
    texts = [values.encode(one).decode() for one in (np.arange(3), pd.DataFrame({"a": [1.5]}), pl.Series("q", [1]))]
    code = f"""
import json, sys
sys.modules.update(numpy=None, pandas=None, polars=None)
from session_state_ext.kernel import values
for text in {texts!r}:
    read = values.decode(json.dumps({{"in": json.loads(text)}}).encode(), "df")["in"]
    print(read)
    for use in (lambda: read.mean(), lambda: read["a"]):
        try:
            use()
        except (AttributeError, KeyError) as error:
            print(error)
    assert values.encode([read]).decode() == f"[{{text}}]"
    assert not hasattr(read, "__array__") and "_repr_html_" not in dir(read)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = shown.stdout.splitlines()
    for at, library in enumerate(("numpy", "pandas", "polars")):
        sentence = f'df["in"]: This value needs {library}, which is not installed here: %pip install {library}, then read it again.'
        assert lines[3 * at].endswith(f": {sentence}>")
        assert lines[3 * at + 1] == sentence
        assert lines[3 * at + 2] == repr(sentence)


def numbers(inner: Any) -> Any:
    return st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5), inner, max_leaves=5)  # fmt: skip


ANY = numbers(lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3))
DTYPES = st.sampled_from(
    ["int8", "float16", "Int64", "Float64", "boolean", "string", "str", "object", "category", "interval", "period[M]", "<U3", "S2",
     "datetime64[s]", "datetime64[s, UTC]", "timedelta64[ns]", "List", "Struct", "Array", "Datetime", "Decimal", "Enum", "Categorical", "os.system"]
)  # fmt: skip
COLUMN = st.fixed_dictionaries(
    {},
    optional={
        "name": ANY, "dtype": DTYPES | ANY, "data": st.lists(ANY, max_size=3) | ANY, "categories": ANY, "ordered": ANY, "coded": ANY,
        "unit": st.just("s") | ANY, "zone": ANY, "inner": st.fixed_dictionaries({"dtype": DTYPES}), "fields": ANY, "size": ANY,
        "range": st.just([0, 1, 1]) | ANY, "levels": ANY, "codes": ANY, "names": ANY, "closed": ANY, "left": ANY, "right": ANY,
        "shape": st.lists(st.integers(), max_size=3), "base64": st.just("AAAA") | ANY, "freq": ANY, "attrs": ANY, "byteOrder": ANY,
    },
)  # fmt: skip
HOSTILE = st.builds(
    lambda key, column, columns, index, more: {key: {**column, "columns": columns, "index": index, **more}},
    st.sampled_from(["$ndarray", "$dataframe", "$series", "$index", "$missing", "$image"]),
    COLUMN,
    st.lists(COLUMN, max_size=2) | ANY,
    COLUMN | ANY,
    st.just({}) | st.fixed_dictionaries({"library": st.just("polars") | ANY}),
)


@settings(parent=calm, max_examples=150)
@given(HOSTILE)
@example({"$index": {"dtype": "float16", "data": []}})  # which pandas has no index of
@pytest.mark.filterwarnings("ignore")
def test_whatever_claims_to_be_a_table_is_read_or_kept(hostile: Any) -> None:
    """Nothing of what another program writes is an error for whoever reads it, or gets lost."""
    text = json.dumps(hostile).encode()
    read = values.decode(text, "df")
    if isinstance(read, dict):
        assert json.loads(values.encode(read)) == hostile
        assert repr(read).startswith(f"<{next(iter(hostile))[1:]}: df: what stands under ")
