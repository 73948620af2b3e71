"""Merge patches (RFC 7396) and JSON patches (RFC 6902), on one value and on all variables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_state_ext import differences, errors, patches
from session_state_ext.jsontext import same
from session_state_ext.model import Op, Set


def text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def after(variables: dict[str, bytes], ops: tuple[Op, ...]) -> dict[str, Any]:
    now = dict(variables)
    for op in ops:
        if isinstance(op, Set):
            now[op.name] = bytes(op.value)
        else:
            del now[op.name]  # type: ignore[union-attr]
    return {name: json.loads(value) for name, value in now.items()}


GOLDEN = json.loads((Path(__file__).parent / "frames" / "patches.json").read_text("utf-8"))
MERGES = [(case["value"], case["patch"], case["result"]) for case in GOLDEN["merge"]]


@pytest.mark.parametrize(("value", "patch", "result"), MERGES)
def test_merge_patch_of_a_value(value: Any, patch: Any, result: Any) -> None:
    assert json.loads(patches.merge_value(text(value), text(patch))) == result


@pytest.mark.parametrize(
    ("value", "patch", "result"), [case for case in MERGES if isinstance(case[0], dict) and isinstance(case[1], dict)]
)
def test_merge_patch_of_all_variables(value: Any, patch: Any, result: Any) -> None:
    variables = {name: text(member) for name, member in value.items()}
    ops = patches.merge_variables(variables, {name: text(member) for name, member in patch.items()})
    assert after(variables, ops) == result


@pytest.mark.parametrize("case", GOLDEN["patch"], ids=lambda case: case["case"])
def test_json_patch(case: dict[str, Any]) -> None:
    document, patch = case["document"], text(case["patch"])
    variables = {name: text(member) for name, member in document.items()}
    untouched = dict(variables)
    if "error" in case:
        with pytest.raises(errors.SessionError, match=r"\.$") as of_value:
            patches.patch_value(text(document), patch)
        with pytest.raises(errors.SessionError, match=r"\.$") as of_variables:
            patches.patch_variables(variables, patch)
        assert (of_value.value.code, of_variables.value.code) == (case["error"], case["error"])
    else:
        assert json.loads(patches.patch_value(text(document), patch)) == case["result"]
        assert after(variables, patches.patch_variables(variables, patch)) == case["result"]
    assert variables == untouched


def test_a_failed_patch_says_which_operation_and_where() -> None:
    patch = [{"op": "add", "path": "/b", "value": 2}, {"op": "test", "path": "/a/b", "value": 3}]
    with pytest.raises(errors.PatchFailed, match=r"Operation 1 of the patch \(test /a/b\)") as failed:
        patches.patch_value(b'{"a":{"b":1}}', text(patch))
    assert failed.value.fields == {"index": 1, "pointer": "/a/b"}


def test_all_variables_remain_an_object() -> None:
    with pytest.raises(errors.PatchFailed, match="an object"):
        patches.patch_variables({"a": b"1"}, b'[{"op":"replace","path":"","value":[1]}]')
    assert after(
        {"a": b"1"}, patches.patch_variables({"a": b"1"}, b'[{"op":"replace","path":"","value":{"b":2}}]')
    ) == {"b": 2}


def test_what_a_patch_does_not_touch_keeps_its_text() -> None:
    ops = patches.patch_variables({"a": b"1E2", "b": b"2"}, b'[{"op":"replace","path":"/b","value":3}]')
    assert [op.name for op in ops if isinstance(op, Set)] == ["b"]
    ops = patches.patch_variables({"a": b"1E2"}, b'[{"op":"test","path":"/a","value":100}]')
    assert ops == ()


def test_a_patched_value_keeps_kinds_digits_and_the_order_of_its_keys() -> None:
    value = b'{"z":9007199254740993,"y":1.0,"x":-0.0,"n":null}'
    assert patches.patch_value(value, b'[{"op":"add","path":"/a","value":123456789012345678901.0}]') == (
        b'{"z":9007199254740993,"y":1.0,"x":-0.0,"n":null,"a":123456789012345678901.0}'
    )
    assert patches.merge_value(value, b'{"n":1.0}') == b'{"z":9007199254740993,"y":1.0,"x":-0.0,"n":1.0}'


def test_a_value_takes_no_more_room_than_its_patch_may_copy() -> None:
    doubling = [{"op": "copy", "from": "", "path": f"/a{number}"} for number in range(60)]
    with pytest.raises(errors.TooLarge, match="16 MiB"):
        patches.patch_value(b'{"x":"' + b"x" * 1000 + b'"}', text(doubling))


def test_a_value_is_nested_no_deeper_than_can_be_read() -> None:
    deep = [{"op": "copy", "from": "", "path": "/a" * number} for number in range(1, 2000)]
    with pytest.raises((errors.LimitExceeded, errors.TooLarge)):
        patches.patch_value(b'{"x":1}', text(deep))


@pytest.mark.parametrize("case", GOLDEN["difference"], ids=lambda case: case["case"])
def test_the_difference_of_two_values_by_their_members(case: dict[str, Any]) -> None:
    before, after = text(case["before"]), text(case["after"])
    found = differences.difference(before, after)
    assert (None if found is None else json.loads(found)) == case["patch"]
    if found is not None:
        assert same(found, text(case["patch"]))
        assert same(patches.patch_value(before, found), after)


@pytest.mark.parametrize("case", GOLDEN["composed"], ids=lambda case: case["case"])
def test_two_patches_that_become_one(case: dict[str, Any]) -> None:
    made = differences.composed(text(case["first"]), text(case["second"]))
    assert same(made, text(case["patch"]))


@pytest.mark.parametrize("case", GOLDEN["differ"], ids=lambda case: case["case"])
def test_whether_two_wrote_in_the_same_place(case: dict[str, Any]) -> None:
    where = differences.places([text(case["patch"])])
    assert differences.differ(text(case["one"]), text(case["other"]), where) is case["differ"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "__proto__"]), inner),
    max_leaves=8,
)
variable_sets = st.dictionaries(st.sampled_from(["a", "b", "__proto__", "constructor"]), json_values)


@given(variable_sets, variable_sets)
def test_merging_all_variables_is_merging_one_object(document: dict[str, Any], patch: dict[str, Any]) -> None:
    variables = {name: text(value) for name, value in document.items()}
    ops = patches.merge_variables(variables, {name: text(value) for name, value in patch.items()})
    merged = json.loads(patches.merge_value(text(document), text(patch)))
    existing = tuple(op for op in ops if isinstance(op, Set) or op.name in variables)  # type: ignore[union-attr]
    assert after(variables, existing) == merged


@given(json_values, json_values, json_values)
def test_what_differs_makes_one_of_the_other_and_patches_compose(one: Any, two: Any, three: Any) -> None:
    start = {"m": one, "n": {"a": one, "x": 1}}
    middle = {"m": two, "n": {"a": two, "y": 1}}
    end = {"m": three, "n": three}
    first, second = differences.difference(text(start), text(middle)), differences.difference(text(middle), text(end))
    assert first is not None
    assert second is not None
    assert same(patches.patch_value(text(start), first), text(middle))
    assert same(patches.patch_value(text(start), differences.composed(first, second)), text(end))
