"""The steps drawn as SVG: a box for each, a line for what it hands on, from left to right.

Words take the colour of the page's text, and colours are of a middle tone: it reads on light and on dark ground, in
JupyterLab as in a page that knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from unicodedata import east_asian_width

from msgspec import Struct

from session_state_ext.stepgraph import Edge, Graph
from session_state_ext.verdicts import Status, Verdict

_HEIGHT, _GAP_X, _GAP_Y, _EDGE = 44, 56, 16, 10
#: where a line passes a layer without touching a box
_LANE = 8
#: a letter of a name, on average; a box is as wide as its names ask for, up to a point
_LETTER, _NARROW, _WIDE = 8.2, 120, 260
_MARGIN = 14
_GROUND = "var(--jp-layout-color0,Canvas)"
_COLORS: Mapping[Status, str] = {
    "fresh": "#2e8b37",
    "stale": "#b87400",
    "failed": "#d84343",
    "interrupted": "#d84343",
    "running": "#2878d0",
    "needs-kernel": "#9a5cc8",
    "new": "#7d7d7d",
}


class _Place(Struct, frozen=True):
    """The left upper corner of a box, or the left end of a line's way through a layer."""

    x: float
    y: float


def drawing(graph: Graph, layers: Sequence[Sequence[str]], verdicts: Mapping[str, Verdict], order: str) -> str:
    """The graph; ``order`` says in words how its steps follow one another."""
    longest = max((_letters(name) for name in graph.steps), default=0)
    width = min(_WIDE, max(_NARROW, longest * _LETTER + 2 * _MARGIN))
    column = {name: at for at, layer in enumerate(layers) for name in layer}
    back = [edge for edge in graph.edges if column[edge.before] >= column[edge.after]]
    places, height = _places(graph, layers, column, width)
    below = height
    height += 26 * len(back)
    lines = [_line(edge, places, column, width) for edge in graph.edges if edge not in back]
    lines += [_back(edge, places, width, below + 26 * at + 12) for at, edge in enumerate(back)]
    boxes = [_box(name, places[name, None], width, verdicts[name]) for layer in layers for name in layer]
    whole = len(layers) * (width + _GAP_X) - _GAP_X + 2 * _EDGE
    told = [f"{name} is {verdicts[name].words}." for layer in layers for name in layer]
    told += [_said(edge) for edge in graph.edges]
    return (
        f'<div style="overflow-x:auto"><svg role="img" viewBox="0 0 {whole:g} {height:g}" width="{whole:g}" '
        f'height="{height:g}" style="display:block;font-family:var(--jp-ui-font-family,sans-serif)">'
        f"<title>{escape(f'{len(graph.steps)} steps and what they hand on')}</title>"
        f"<desc>{escape(' '.join([order, *told]).strip())}</desc>"
        f"{''.join(lines)}{''.join(boxes)}</svg></div>"
    )


def _places(
    graph: Graph, layers: Sequence[Sequence[str]], column: Mapping[str, int], width: float
) -> tuple[dict[tuple[str, Edge | None], _Place], float]:
    """Where each step stands, and each line that passes a layer on its way; and how high all is.

    Within a layer near those that it reads from.
    """
    members: list[list[tuple[str, Edge | None]]] = [[(name, None) for name in layer] for layer in layers]
    for edge in graph.edges:
        for at in range(column[edge.before] + 1, column[edge.after]):
            members[at].append((f"{at}", edge))
    highest = max(sum(map(_tall, layer)) - _GAP_Y for layer in members)
    places: dict[tuple[str, Edge | None], _Place] = {}
    for at, layer in enumerate(members):

        def middle(one: tuple[str, Edge | None], at: int = at) -> float:
            name, edge = one
            if edge is not None:
                return _in_the_middle(places, _station(edge, at - 1, column))
            above = [edge for edge in graph.before(name) if column[edge.before] < at]
            ways = [_in_the_middle(places, _station(edge, at - 1, column)) for edge in above]
            return sum(ways) / len(ways) if ways else 0.0

        y = _EDGE + (highest - sum(map(_tall, layer)) + _GAP_Y) / 2
        for one in sorted(layer, key=middle):
            places[one] = _Place(_EDGE + at * (width + _GAP_X), y)
            y += _tall(one)
    return places, highest + 2 * _EDGE


def _tall(one: tuple[str, Edge | None]) -> float:
    return (_HEIGHT if one[1] is None else _LANE) + _GAP_Y


def _station(edge: Edge, at: int, column: Mapping[str, int]) -> tuple[str, Edge | None]:
    """Where an edge is in a layer: its first step, or its way through."""
    return (edge.before, None) if column[edge.before] == at else (f"{at}", edge)


def _in_the_middle(places: Mapping[tuple[str, Edge | None], _Place], one: tuple[str, Edge | None]) -> float:
    return places[one].y + (_HEIGHT if one[1] is None else _LANE) / 2


def _line(edge: Edge, places: Mapping[tuple[str, Edge | None], _Place], column: Mapping[str, int], width: float) -> str:
    start = places[edge.before, None]
    x, y = start.x + width, start.y + _HEIGHT / 2
    path = [f"M{x:g} {y:g}"]
    for at in range(column[edge.before] + 1, column[edge.after]):
        way = places[f"{at}", edge]
        path.append(_curve(x, y, way.x, way.y + _LANE / 2))
        x, y = way.x + width, way.y + _LANE / 2
        path.append(f"H{x:g}")
    end = places[edge.after, None]
    to_y = end.y + _HEIGHT / 2
    path.append(_curve(x, y, end.x - 6, to_y))
    return _arrow(edge, "".join(path), f"M{end.x:g} {to_y:g}l-8 -4v8z", "currentColor", 'stroke-opacity="0.5"')


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    bend = (to_x - x) / 2
    return f"C{x + bend:g} {y:g} {to_x - bend:g} {to_y:g} {to_x:g} {to_y:g}"


def _back(edge: Edge, places: Mapping[tuple[str, Edge | None], _Place], width: float, deep: float) -> str:
    """A line that closes a circle: below all, back to the left, in dashes."""
    start, end = places[edge.before, None], places[edge.after, None]
    x, to_x = start.x + width / 2 + 12, end.x + width / 2 - 12
    foot = end.y + _HEIGHT
    path = (
        f"M{x:g} {start.y + _HEIGHT:g}V{deep - 8:g}Q{x:g} {deep:g} {x - 8:g} {deep:g}"
        f"H{to_x + 8:g}Q{to_x:g} {deep:g} {to_x:g} {deep - 8:g}V{foot + 6:g}"
    )
    return _arrow(edge, path, f"M{to_x:g} {foot:g}l-4 8h8z", _COLORS["failed"], 'stroke-dasharray="5 3"')


def _arrow(edge: Edge, path: str, head: str, color: str, how: str) -> str:
    return (
        f'<g stroke="{color}" fill="none"><title>{escape(_said(edge))}</title>'
        f'<path d="{path}" stroke-width="1.4" {how}/><path d="{head}" fill="{color}" stroke="none" '
        f'fill-opacity="0.7"/></g>'
    )


def _said(edge: Edge) -> str:
    return f"{edge.after} reads {', '.join([*edge.variables, *edge.names])} from {edge.before}."


def _box(name: str, place: _Place, width: float, verdict: Verdict) -> str:
    color, (x, y) = _COLORS[verdict.status], (place.x, place.y)
    box = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{_HEIGHT}" rx="5"'
    state = Verdict(verdict.status, refused=verdict.refused).words
    state = f"{state}, in the kernel only" if verdict.held and width > 160 else state
    return (
        f"<g><title>{escape(f'{name}: {verdict.words}')}</title>"
        f'<rect {box} style="fill:{_GROUND}"/>'
        f'<rect {box} fill="{color}" fill-opacity="0.1" stroke="{color}" stroke-width="1.4"/>'
        f'<text x="{x + _MARGIN:g}" y="{y + 19:g}" font-size="13" fill="currentColor">'
        f"{escape(_short(name, int((width - 2 * _MARGIN) / _LETTER)))}</text>"
        f'<circle cx="{x + _MARGIN + 4:g}" cy="{y + 32:g}" r="4" fill="{color}"/>'
        f'<text x="{x + _MARGIN + 13:g}" y="{y + 36:g}" font-size="11" fill="currentColor">{escape(state)}</text></g>'
    )


def _letters(text: str) -> int:
    """How wide it is; letters of Chinese, Japanese and Korean take two."""
    return sum(_widths(text))


def _widths(text: str) -> Iterator[int]:
    return (2 if east_asian_width(one) in "WF" else 1 for one in text)


def _short(text: str, most: int) -> str:
    """Its beginning and its end, which tell names apart that begin alike."""
    if _letters(text) <= most:
        return text
    end = text[-(most // 4) :]
    room, begin = most - 1 - _letters(end), ""
    for letter, width in zip(text, _widths(text), strict=True):
        room -= width
        if room < 0:
            break
        begin += letter
    return f"{begin}…{end}"
