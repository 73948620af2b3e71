"""A long text is accepted exactly when a short one of the same form is."""

from __future__ import annotations

import json
import random
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session_state_ext import jsontext
from session_state_ext.errors import InvalidJson, InvalidValue, LimitExceeded, SessionError
from session_state_ext.jsonscan import scan

DEPTH, DIGITS = 6, 40

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=5),
    max_leaves=30,
)


def short(text: str) -> type[SessionError] | None:
    try:
        jsontext.check(text.encode("utf-8"), depth=DEPTH, digits=DIGITS)
    except SessionError as error:
        return type(error)
    return None


def long(text: str) -> type[SessionError] | None:
    try:
        scan(text, depth=DEPTH, digits=DIGITS)
    except SessionError as error:
        return type(error)
    return None


@given(values, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_what_is_json_is_taken_by_both(value: object, indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert short(text) == long(text)


PIECES = ['"', "\\", "\\u", "d83d", "\\ud800", "{", "}", "[", "]", ",", ":", " ", "\n", "\x01", "0", "-", "1.5", "e9", "1e400",
          "9" * 41, "true", "null", "NaN", "-Infinity", '"a"', '"a":1', '"b":[]', "{}", "[1,2]", '{"a":1,"b":2}', '{"a":1,"a":2}', "é", "١"]  # fmt: skip


@settings(max_examples=300)
@given(
    values, st.randoms(use_true_random=False), st.lists(st.tuples(st.sampled_from(PIECES), st.booleans()), max_size=4)
)
def test_what_is_not_is_refused_by_both(value: object, chance: random.Random, edits: list[tuple[str, bool]]) -> None:
    text = json.dumps(value)
    for piece, replaces in edits:
        at = chance.randrange(len(text) + 1)
        text = text[:at] + piece + text[at + replaces :]
    assert (short(text) is None) == (long(text) is None), text


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[" * 6 + "]" * 6, None),
        ("[" * 7 + "]" * 7, LimitExceeded),
        ("[" * 5 + "[],1" + "]" * 5, None),
        ("[" * 6 + "[],1" + "]" * 6, LimitExceeded),
        ("[" * 6 + '{"a":1},1' + "]" * 6, LimitExceeded),
        ("[" * 5 + '{"a":1},1' + "]" * 5, None),
        ('{"a":' * 6 + "[1],1" + "}" * 6, LimitExceeded),
        ('[{"a":1,"a":2},3]', InvalidValue),
        ('[{"a":1,"\\u0061":2},3]', InvalidValue),
        ('{"a":1,"b":2,"a":3}', InvalidValue),
        ("[1,]", InvalidJson),
        ('{"a":1,}', InvalidJson),
        ("[1 2]", InvalidJson),
        ("01", InvalidJson),
        ("1.", InvalidJson),
        ("[1] ]", InvalidJson),
        ("", InvalidJson),
        ("[NaN, 1]", InvalidValue),
        ("[1e400, 1]", InvalidValue),
        ('["\\ud800", 1]', InvalidValue),
        ('["\\ud83d\\ude00", 1]', None),
        ("[" + "9" * 41 + ", 1]", LimitExceeded),
    ],
)
def test_the_two_agree_on(text: str, error: type[SessionError] | None) -> None:
    assert long(text) is error
    assert (short(text) is None) == (error is None)


def test_the_mistake_is_found() -> None:
    with pytest.raises(InvalidJson, match="line 3, column 5"):
        scan("[\n  1,\n  2 3\n]", depth=9, digits=9)


LARGE = {
    "a string": '"' + "x" * 8_000_000 + '"',
    "escapes": '"' + '\\"' * 2_000_000 + '"',
    "numbers": json.dumps(list(range(600_000))),
    "long numbers": "[" + ",".join(["9" * 4300] * 1000) + "]",
    "records": json.dumps([{"a": 1, "b": "x"}] * 200_000),
    "brackets": "[" * 3_000_000,
    "quotes": '"' * 3_000_001,
    "a million keys": json.dumps({f"k{n}": n for n in range(1_000_000)}),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_text_holds_up_no_other_thread(name: str) -> None:
    data = LARGE[name].encode()
    done = threading.Event()

    def check() -> None:
        try:
            jsontext.check(data, depth=64, digits=4300)
        except SessionError:
            pass
        finally:
            done.set()

    worst = 0.0
    thread = threading.Thread(target=check)
    before = time.perf_counter()
    thread.start()
    while not done.is_set():
        time.sleep(0.001)
        now = time.perf_counter()
        worst, before = max(worst, now - before), now
    thread.join()
    # A decoder in C holds it for the whole time, seconds for some of these.
    assert worst < 0.5
