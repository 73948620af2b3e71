"""Which JSON texts are accepted, and which two mean the same; the same cases are read by vitest."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_state_ext import errors, jsontext

GOLDEN = json.loads((Path(__file__).parent / "frames" / "canonical.json").read_text("utf-8"))


def check(text: bytes, depth: int = 64, digits: int = 4300) -> None:
    jsontext.check(text, depth=depth, digits=digits)


@pytest.mark.parametrize("case", GOLDEN["canonical"], ids=lambda case: case["text"])
def test_a_value_has_one_canonical_text(case: dict[str, str]) -> None:
    check(case["text"].encode())
    assert jsontext.canonical(case["text"].encode()).decode() == case["canonical"]


@pytest.mark.parametrize("case", GOLDEN["same"], ids=lambda case: f"{case['one']} and {case['other']}")
def test_same_means_equal_canonical_text(case: dict[str, Any]) -> None:
    assert jsontext.same(case["one"].encode(), case["other"].encode()) is case["same"]
    assert jsontext.same(case["other"].encode(), case["one"].encode()) is case["same"]


@pytest.mark.parametrize("case", GOLDEN["refused"], ids=lambda case: repr(case["text"]))
def test_what_is_not_json_of_ours_is_refused_with_a_sentence(case: dict[str, str]) -> None:
    with pytest.raises(errors.SessionError) as refused:
        check(case["text"].encode())
    assert refused.value.code == case["code"]
    assert refused.value.message.endswith(".")


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(errors.InvalidJson, match="not UTF-8"):
        check(b'"caf\xe9"')


def test_nesting_is_counted_outside_of_strings() -> None:
    check(b"[" * 64 + b"]" * 64)
    check(b'"' + b"[" * 1000 + b'"')
    check(b'["\\"[[[[", 1]', depth=1)
    with pytest.raises(errors.LimitExceeded, match="nested 65 deep"):
        check(b"[" * 65 + b"]" * 65)


def test_a_hundred_thousand_brackets_are_refused_and_not_recursed_into() -> None:
    with pytest.raises(errors.LimitExceeded, match="nested 64 deep"):
        check(b"[" * 100_000)


def test_digits_are_counted_outside_of_strings() -> None:
    check(b"9" * 4300)
    check(b'"' + b"9" * 5000 + b'"')
    with pytest.raises(errors.LimitExceeded, match="4300 digits"):
        check(b"9" * 4301)
    with pytest.raises(errors.LimitExceeded, match="4300 digits"):
        check(b"0." + b"9" * 4301)


def test_a_string_never_closed_takes_a_time_by_its_size_and_not_its_square() -> None:
    # The square of this size would be minutes.
    with pytest.raises(errors.InvalidJson):
        check(b'"' + b'\\"' * 400_000)
    with pytest.raises(errors.InvalidJson):
        check(b'\\"' * 400_000)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_what_python_writes_is_accepted_and_canonical_is_a_fixed_point(value: Any) -> None:
    text = json.dumps(value, indent=2).encode()
    check(text)
    once = jsontext.canonical(text)
    assert jsontext.canonical(once) == once
    assert json.loads(once) == json.loads(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_keeps_its_sign_and_every_bit(number: float) -> None:
    again = json.loads(jsontext.canonical(json.dumps(number).encode()))
    assert isinstance(again, float)
    assert again == number
    assert math.copysign(1, again) == math.copysign(1, number)


def test_of_a_long_text_only_its_leading_members_are_looked_at() -> None:
    rest = b'"ops": [' + b"[]," * 100_000 + b'NaN, "\\ud800"], "last": 1}'
    text = b'{"type": "mutate", "seq": 5, "base":null ,' + rest
    assert [jsontext.member(text, key) for key in ("type", "seq", "base", "ops", "last")] == [
        "mutate",
        5,
        None,
        None,
        None,
    ]
    assert jsontext.member(b"[" * 100_000, "seq") is None
    assert jsontext.member(b'{"seq": 12e5, ' + rest, "seq") is None
