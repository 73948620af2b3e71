"""``%session`` alone: values as the panel shows them, and what is declared of them; plain and as HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import numpy as np
import pytest

from .notebook import Shell


def rows(shell: Shell) -> dict[str, list[str]]:
    """The cells of each line of the plain table, by the first of them."""
    lines = repr(shell.run("%session").value).splitlines()
    return {cells[0]: cells[1:] for cells in (re.split(r"  +", line) for line in lines)}


def html(shell: Shell) -> str:
    return str(shell.run("%session").value._repr_html_())


def test_what_is_declared_stands_beside_the_values(shell: Shell) -> None:
    shell.session["old"] = 5
    for line in (
        '%session declare lr = 0.1 --min 0 --max 1 --description "learning rate"',
        '%session declare optimizer = "adam" --choices adam sgd',
        "%session declare seed = 1 --min 0 --locked",
        "%session declare old = 1 --max 3",
        "%session set lr = 0.5",
        "session['free'] = 1",
        "session.declare('epochs', type=int, step=5)",
    ):
        assert shell.run(line).ok
    shown = rows(shell)
    assert shown["name"] == ["value", "type", "by", "when", "allowed", "description"]
    assert shown["lr"] == ["0.5", "float", "cell", "just now", "0 to 1, default 0.1", "learning rate"]
    assert shown["optimizer"] == ['"adam"', "text", "cell", "just now", "adam | sgd"]
    assert shown["seed"][-1] == "at least 0, locked"
    assert shown["epochs"][-1] == "in steps of 5"
    assert shown["free"] == ["1", "int", "cell", "just now"]
    plain = repr(shell.run("%session").value)
    assert plain.endswith("\n\nold: 5 is more than the maximum 3.\nepochs has no value yet.")
    page = html(shell)
    for said in (">learning rate</div>", ">0 to 1, default 0.1</div>", ">5 is more than the maximum 3.</div>"):
        assert said in page


def test_without_declarations_there_are_no_columns_for_them(shell: Shell) -> None:
    shell.session["lr"] = 0.1
    assert rows(shell)["name"] == ["value", "type", "by", "when"]
    shell.session.declare("lr", 0.1)
    assert rows(shell)["name"] == ["value", "type", "by", "when"]


def test_a_description_is_text_in_a_page(shell: Shell) -> None:
    shell.session.declare("lr", "a", description="<script>alert(1)</script>", choices=["a", "<b>"])
    page = html(shell)
    assert "<script>" not in page
    assert "<b>" not in page.partition("</b>")[2]
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("array", "text", "kind"),
    [
        (np.arange(6).reshape(2, 3), "[[0, 1, 2], [3, 4, 5]]", "ndarray 2x3 int64"),
        (np.arange(8).reshape(2, 2, 2), "[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]", "ndarray 2x2x2 int64"),
        (np.array([0.1, np.nan]), "[0.1, nan]", "ndarray 2 float64"),
        (np.array(3), "3", "ndarray int64"),
        (np.zeros((0, 3)), "[]", "ndarray 0x3 float64"),
        (np.array([["a", "b"]]), '[["a", "b"]]', "ndarray 1x2 <U1"),
        (np.array([True, False]), "[true, false]", "ndarray 2 bool"),
        (np.full(2000, 0.1, "float32"), "[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0...", "ndarray 2000 float32"),
        (np.arange(3000).reshape(1000, 3)[::-1], "[[2997, 2998, 2999], [2994, 2995, 2996], [2991, 2992, 299...", "ndarray 1000x3 int64"),
    ],
)  # fmt: skip
def test_an_array_has_its_brackets(shell: Shell, array: np.ndarray, text: str, kind: str) -> None:
    shell.session["a"] = array
    assert rows(shell)["a"][:2] == [text, kind]


def test_numbers_are_drawn_as_a_line_or_a_heat_map(shell: Shell) -> None:
    shell.session.update(
        losses=[1 / (1 + at) for at in range(50)],
        far=np.linspace(0, 1, 50_000),
        table=np.arange(12.0).reshape(3, 4),
        few=[1, 2, 3],
        words=["a"] * 20,
        gap=[*range(20), float("nan")],
    )
    page = html(shell)
    assert page.count("<polyline") == 3
    assert len(page) < 60_000
    assert ">[1,2,3]</td>" in page
    for said in ("1 → 0.02<", "0 → 1<", "0 to 11<", "0 → nan · 1 not finite<"):
        assert f">{said}" in page
    assert page.count("<rect") == 12
    assert "<svg" not in repr(shell.run("%session").value)


@pytest.mark.parametrize(
    "value",
    [
        {"$ndarray": {"dtype": "float64", "shape": [10], "data": ["<script>"] * 10}},
        {"$ndarray": {"dtype": "float64", "shape": ["<script>"], "base64": "AAAA"}},
        {"$ndarray": {"dtype": "float64", "shape": [1000000], "base64": "AAAA"}},
        {"$ndarray": {"dtype": "int64", "shape": [0, -1], "data": []}},
        {"$ndarray": {"dtype": "int64", "shape": [9], "data": [10**400] * 9}},
        {"$ndarray": 5},
        {"$ndarray": [5]},
        [10**400] * 9,
        [1, "<script>"] * 9,
    ],
)
def test_what_only_looks_like_an_array_is_shown_all_the_same(shell: Shell, value: object) -> None:
    shell.session["a"] = value
    # As another program might have written it.
    shell.session._link.put("a", json.dumps(value).encode())
    assert "<script>" not in html(shell)
    assert "a" in rows(shell)


def test_a_value_that_is_not_allowed_says_so_below_it(stored: Callable[[], Shell]) -> None:
    shell = stored()
    shell.run("session['lr'] = 5\nsession.declare('lr', 0.1, maximum=1)")
    assert ">5 is more than the maximum 1.</div>" in html(shell)
    shell.session["lr"] = 0.1
    assert "maximum" not in html(shell)
