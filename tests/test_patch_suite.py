"""The published tests of RFC 6902 (npm package json-patch-test-suite), against ours; vitest runs them as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from session_state_ext import errors, patches

# It comes with the panel's development packages: `jlpm install`, which `make test` does.
SUITE = Path(__file__).parents[1] / "node_modules" / "json-patch-test-suite"
CASES = [
    case
    for file in ("spec_tests.json", "tests.json")
    for case in json.loads((SUITE / file).read_text("utf-8"))
    if "patch" in case and not case.get("disabled")
]


def text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def test_there_are_as_many_as_were_published() -> None:
    assert len(CASES) == 91


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.get("comment") or text(case["patch"]).decode())
def test_a_published_case(case: dict[str, Any]) -> None:
    document, patch = text(case["doc"]), text(case["patch"])
    if "error" in case:
        with pytest.raises((errors.PatchFailed, errors.InvalidBody), match=r"\.$"):
            patches.patch_value(document, patch)
    else:
        result = json.loads(patches.patch_value(document, patch))
        if "expected" in case:
            assert result == case["expected"]
