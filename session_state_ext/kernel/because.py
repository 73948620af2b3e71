"""A tree of lines, as text and as HTML: a value, what made it, and what that was made of."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from msgspec import Struct, field

from .display import Shown


class Line(Struct):
    """One line of the tree: a value, or the run that made it."""

    #: in bold, before the rest
    head: str
    rest: str
    #: what is not as it was
    stale: str = ""
    below: list[Line] = field(default_factory=list["Line"])


class Because(Shown):
    """The tree, as text and as HTML."""

    def __init__(self, top: Line) -> None:
        text = "\n".join(_in_text(top))
        super().__init__(text, f'<div style="line-height:1.5">{_in_html(top)}</div>')


def _words(line: Line) -> str:
    return " · ".join(filter(None, [line.head, line.rest, line.stale and f"⚠ {line.stale}"]))


def _in_text(line: Line, first: str = "", rest: str = "") -> Iterator[str]:
    yield first + _words(line)
    for at, below in enumerate(line.below):
        last = at == len(line.below) - 1
        yield from _in_text(below, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))


def _in_html(line: Line) -> str:
    parts = [f"<b>{escape(line.head)}</b>" if line.head else ""]
    parts.append(f'<span style="color:var(--jp-ui-font-color2,#777)">{escape(line.rest)}</span>' if line.rest else "")
    parts.append(
        f'<span style="color:var(--jp-warn-color0,#b26a00)">⚠ {escape(line.stale)}</span>' if line.stale else ""
    )
    said = " · ".join(filter(None, parts))
    if not line.below:
        return said
    below = "".join(f"<li>{_in_html(one)}</li>" for one in line.below)
    style = "margin:0;padding-left:20px;list-style:none;border-left:1px solid var(--jp-border-color2,#ccc)"
    return f'{said}<ul style="{style}">{below}</ul>'
