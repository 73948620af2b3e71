"""What the notebook shows: the table of a session, and the lines that say what happened. Plain text and HTML."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from html import escape

from session_state_ext.model import Origin

from .backend import Known

#: A table shows this many rows; who has more looks in the panel.
_ROWS = 200
#: This many sentences are said of one thing.
_LINES = 10
_TABLE = "margin:4px 0;border-collapse:collapse;table-layout:auto;font-size:inherit"
_CELL = "padding:2px 16px 2px 0;text-align:left;vertical-align:baseline;"
_HEAD = f"{_CELL}border-bottom:1px solid var(--jp-border-color2,#ddd);font-weight:normal;"
_QUIET = "color:var(--jp-ui-font-color2,#777);"
_MONO = "font-family:var(--jp-code-font-family,monospace);font-size:95%;"
_PROSE = "font-family:var(--jp-ui-font-family,sans-serif);font-size:90%;white-space:normal;"
#: So short a text is kept on one line.
_SHORT = 24


class Shown:
    """Something with a plain and an HTML form."""

    def __init__(self, text: str, html: str) -> None:
        # A notebook would set what stands between dollar signs as a formula. MathJax 3 and 2 know these classes.
        self._text, self._html = text, f'<div class="mathjax_ignore tex2jax_ignore">{html}</div>'

    def text(self) -> str:
        """The plain form."""
        return self._text

    def html(self) -> str:
        """The HTML form."""
        return self._html

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return self._html


class Cell(str):
    """What stands in a table: as text, and, where that is something else, as HTML."""

    __slots__ = ("html",)

    def __new__(cls, text: str, html: str) -> Cell:
        cell = super().__new__(cls, text)
        cell.html = html
        return cell

    html: str


def below(text: str, *, warning: bool = False) -> str:
    """A quiet line below what a cell says, in HTML."""
    ink = "color:var(--jp-warn-color0,#b26a00);" if warning else _QUIET
    return f'<div style="{ink}{_PROSE}">{escape(text)}</div>' if text else ""


class Table(Shown):
    """Rows under headings, under a line that says what they are."""

    def __init__(
        self, title: str, headings: list[str], rows: list[list[str]], foot: str = "", mono: tuple[int, ...] = (0, 1)
    ) -> None:
        widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
        lines = [_line(headings, widths), _line(["-" * width for width in widths], widths)]
        lines += [_line(row, widths) for row in rows]
        text = "\n".join(
            [title, "", *lines, *(["", foot] if foot else [])] if rows else [title, *([foot] if foot else [])]
        )
        head = "".join(f'<th style="{_HEAD}{_QUIET}">{escape(one)}</th>' for one in headings)
        body = "".join(f"<tr>{''.join(_td(at, one, mono) for at, one in enumerate(row))}</tr>" for row in rows)
        table = f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>' if rows else ""
        below = f'<div style="{_QUIET}">{escape(foot)}</div>' if foot else ""
        super().__init__(text, f"<div>{_titled(title)}{table if rows else ''}{below}</div>")


def _titled(title: str) -> str:
    name, dot, rest = title.partition(" · ")
    return f'<div><b>{escape(name)}</b><span style="{_QUIET}">{dot}{escape(rest)}</span></div>'


def _line(members: Iterable[str], widths: list[int]) -> str:
    return "  ".join(one.ljust(width) for one, width in zip(members, widths, strict=True)).rstrip()


def _td(at: int, text: str, mono: tuple[int, ...]) -> str:
    style = _CELL + (_MONO if at in mono else "") + ("" if len(text) > _SHORT else "white-space:nowrap;")
    return f'<td style="{style}">{text.html if isinstance(text, Cell) else escape(text)}</td>'


def note(text: str) -> Shown:
    """A line that says what was done."""
    return Shown(text, f'<div style="{_QUIET}font-size:90%">{escape(text)}</div>')


def manual(text: str) -> Shown:
    """A page of help, as it is written."""
    return Shown(text, f'<pre style="{_MONO}">{escape(text)}</pre>')


def show(*shown: Shown) -> None:
    """Put them into the cell's output."""
    from IPython.display import display

    for one in shown:
        display(one)  # type: ignore[no-untyped-call]


def lines(texts: Sequence[str]) -> None:
    """Put these sentences into the cell's output as notes; of a great many, the first."""
    show(*map(note, texts[:_LINES]))
    if len(texts) > _LINES:
        show(note(f"and the same of {len(texts) - _LINES:,} more"))


def warn(*texts: str) -> None:
    """Say what somebody should know before believing the output; on stderr, as warnings are."""
    for text in texts:
        print(text, file=sys.stderr, flush=True)


def by(origin: Origin) -> str:
    """Who wrote it, in two words."""
    what = f"step {origin.step}" if origin.kind == "step" and origin.step else origin.kind
    return what if origin.user in (None, "local") else f"{what}, {origin.user}"


def when(at: int, now: float) -> str:
    """A time for people: ``just now``, ``5 min ago``, ``14:02``, ``2026-11-20 14:02``."""
    seconds = (now - at) / 1000
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    then, today = time.localtime(at / 1000), time.localtime(now / 1000)
    return time.strftime("%H:%M" if then[:3] == today[:3] else "%Y-%m-%d %H:%M", then)


def span(milliseconds: int) -> str:
    """How long something took: ``40 ms``, ``1.2 s``, ``3 min 5 s``."""
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds >= 0.1 else f"{milliseconds} ms"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def sessions(known: list[Known], current: str | None) -> Shown:
    """The table of all sessions."""
    if not known:
        return note("No sessions are stored yet. Set a variable, or make one: %session use NAME --new")
    now = time.time() * 1000
    rows = [
        [
            "*" if one.session_id == current else "",
            one.name or one.session_id,
            ", ".join(path.rpartition("/")[2] for path in one.paths),
            str(one.variable_count),
            str(one.revision),
            when(one.updated_at, now) if one.updated_at else "",
        ]
        for one in known[:_ROWS]
    ]
    title = f"{len(known)} session{'s' if len(known) > 1 else ''} · * is this notebook's"
    return Table(title, ["", "name", "notebooks", "variables", "revision", "changed"], rows, mono=(1,))
