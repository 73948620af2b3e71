"""Which strings can name a variable; the same cases are read by vitest."""

from __future__ import annotations

import builtins
import json
import keyword
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_state_ext import errors, names

GOLDEN = json.loads((Path(__file__).parent / "frames" / "names.json").read_text("utf-8"))


@pytest.mark.parametrize("case", GOLDEN["names"], ids=lambda case: repr(case["name"]))
def test_names(case: dict[str, Any]) -> None:
    reason = names.why_invalid(case["name"])
    assert (reason is None) is case["valid"]
    if reason is None:
        names.check_name(case["name"])
        assert names.is_safe(case["name"]) is case["safe"]
    else:
        assert reason.endswith(".")
        with pytest.raises(errors.InvalidName):
            names.check_name(case["name"])


def test_what_is_reserved_is_what_python_and_a_notebook_have() -> None:
    """The panel cannot ask Python: it has this list."""
    told = GOLDEN["reserved"]
    assert set(told["notebook"]) == names.RESERVED
    keywords = {*keyword.kwlist, *keyword.softkwlist} - {"_"}
    # A shell that ran in this process may have left its own there, which are a notebook's.
    found = {name for name in dir(builtins) if not name.startswith("_")} - names.RESERVED - keywords - {"WindowsError"}
    here, there = sys.version_info[:2], tuple(told["python"])
    if here <= there:
        missing = (keywords | found) - {*told["keywords"], *told["builtins"]}
        assert not missing, "Python has these, too: add them to names.json and names.ts"
    if here >= there:
        assert {*told["keywords"], *told["builtins"]} <= keywords | found, "Python has no such names"
    for name in (*told["keywords"], *found, *told["notebook"]):
        assert not names.is_safe(name)


def test_a_name_is_measured_in_characters() -> None:
    character, longest = GOLDEN["longest"]["valid"], GOLDEN["longest"]["characters"]
    names.check_name(character * longest)
    with pytest.raises(errors.InvalidName, match="128 characters, this one has 129"):
        names.check_name(character * (longest + 1))


def test_half_a_surrogate_pair_is_not_a_character() -> None:
    with pytest.raises(errors.InvalidName):
        names.check_name("a\ud800")


@given(st.text(max_size=130))
def test_a_safe_name_can_be_assigned_and_read_back(name: str) -> None:
    if names.why_invalid(name) is None and names.is_safe(name):
        space: dict[str, Any] = {}
        exec(f"{name} = 1", space)
        assert space[name] == 1


def test_session_ids_are_unguessable_and_are_never_a_path() -> None:
    made = {names.new_session_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(names.is_session_id(each) and len(each) >= 22 for each in made)
    for text in ("", "../x", "a/b", "a.b", "x" * 129, "a\n", "é"):
        with pytest.raises(errors.NotFound):
            names.check_session_id(text)
