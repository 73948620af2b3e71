"""The drawing of the steps, read as XML: what is in it for eyes, and for those who cannot see it."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from session_state_ext.kernel.stepdrawing import drawing
from session_state_ext.model import Run
from session_state_ext.stepgraph import graph_of
from session_state_ext.verdicts import judge
from tests.test_stepgraph import known, rows, run


def drawn(*steps: Run, **values: str) -> ET.Element:
    graph = graph_of([known(one) for one in steps])
    layers = graph.layers()
    order = "Order: " + " → ".join(", ".join(layer) for layer in layers)
    svg = ET.fromstring(drawing(graph, layers, judge(graph, rows(**values)), order)).find("svg")
    assert svg is not None
    return svg


def texts(svg: ET.Element, tag: str) -> list[str]:
    return [one.text or "" for one in svg.iter(tag)]


def boxes(svg: ET.Element) -> list[tuple[float, ...]]:
    return [tuple(float(one.attrib[side]) for side in ("x", "y", "width", "height")) for one in svg.iter("rect")][::2]


LOAD, TRAIN = run("load", writes="data"), run("train", reads={"data": "1", "lr": "1"}, writes="loss")


def test_it_is_told_to_those_who_cannot_see_it() -> None:
    svg = drawn(LOAD, TRAIN, data="1", lr="1")
    assert [one.tag for one in svg][:2] == ["title", "desc"]
    assert texts(svg, "title") == [
        "2 steps and what they hand on",
        "train reads data from load.",
        "load: fresh",
        "train: stale: loss is not there",
    ]
    assert texts(svg, "desc") == [
        "Order: load → train load is fresh. train is stale: loss is not there. train reads data from load."
    ]
    assert svg.attrib["role"] == "img"


def test_words_take_the_colour_of_the_page_and_a_state_is_told_by_a_word_too() -> None:
    svg = drawn(LOAD, TRAIN, data="1", lr="1")
    assert {one.attrib["fill"] for one in svg.iter("text")} == {"currentColor"}
    assert texts(svg, "text") == ["load", "fresh", "train", "stale"]


@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
def test_colours_are_seen_on_light_and_on_dark_ground(ground: str) -> None:
    from session_state_ext.kernel.stepdrawing import _COLORS

    for state, color in _COLORS.items():
        one, other = sorted(map(_luminance, (color, ground)))
        assert (other + 0.05) / (one + 0.05) >= 3, state


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_long_names_keep_their_ends_and_stay_in_their_boxes() -> None:
    names = [f"load_the_measurements_of_the_north_sea_{year}" for year in (2024, 2025)] + [
        "データを読み込んで整理するステップ"
    ]
    svg = drawn(*(run(name, writes=f"v{at}") for at, name in enumerate(names)))
    shown = texts(svg, "text")[::2]
    assert len(set(shown)) == 3, "names that begin alike are told apart"
    assert shown[0].endswith("2024")
    assert all(len(name) <= 29 for name in shown)
    assert len(shown[2]) <= 15, "wide letters take two"
    assert texts(svg, "title")[1].startswith(names[0]), "the whole name is there for whoever points at it"


def test_thirty_steps_do_not_cover_one_another_and_no_line_runs_through_a_box() -> None:
    steps = [
        run(f"step_{at}", reads={f"v{one}": "1" for one in (at // 2 - 1, at - 6) if one >= 0 and at}, writes=f"v{at}")
        for at in range(30)
    ]
    svg = drawn(*steps)
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    placed = boxes(svg)
    assert len(placed) == 30
    for x, y, w, h in placed:
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    for one, other in combinations(placed, 2):
        apart = one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
        assert apart or one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1]
    for path in svg.iter("path"):
        # What runs level through a layer: between its boxes.
        for at, y in re.findall(r" (\S+) (\S+)H", path.attrib["d"]):
            assert not any(x <= float(at) <= x + w and top <= float(y) <= top + h for x, top, w, h in placed)


def test_a_circle_is_drawn_with_the_line_that_closes_it_in_dashes() -> None:
    one, two = run("one", reads={"b": "1"}, writes="a"), run("two", reads={"a": "1"}, writes="b")
    svg = drawn(one, two, a="1", b="1")
    dashed = [group for group in svg.iter("g") if any("stroke-dasharray" in path.attrib for path in group.iter("path"))]
    assert [texts(group, "title") for group in dashed] == [["one reads b from two."]]
    assert float(svg.attrib["height"]) > max(y + h for _, y, _, h in boxes(svg)) + 20
