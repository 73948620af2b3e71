"""What the notebook shows: the table of a session, and the lines that say what happened. Plain text and HTML."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from html import escape

from session_state_ext.model import Origin

from . import preview
from .backend import Known
from .link import Link

#: A table shows this many rows; who has more looks in the panel.
_ROWS = 200
#: This many sentences are said of one thing.
_LINES = 10
#: A value takes this much of a line.
_WIDTH = 60

_TABLE = "margin:4px 0;border-collapse:collapse;table-layout:auto;font-size:inherit"
_CELL = "padding:2px 16px 2px 0;text-align:left;vertical-align:baseline;"
_HEAD = f"{_CELL}border-bottom:1px solid var(--jp-border-color2,#ddd);font-weight:normal;"
_QUIET = "color:var(--jp-ui-font-color2,#777);"
_MONO = "font-family:var(--jp-code-font-family,monospace);font-size:95%;"


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
    return f'<td style="{_CELL}{_MONO if at in mono else ""}">{escape(text)}</td>'


def note(text: str) -> Shown:
    """A line that says what was done."""
    return Shown(text, f'<div style="{_QUIET}font-size:90%">{escape(text)}</div>')


def manual(docstring: str) -> Shown:
    """A page of help, as it is written."""
    from inspect import cleandoc

    text = cleandoc(docstring).replace("\n::\n", "").replace("::\n", ":\n")
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


def overview(link: Link) -> Shown:
    """The table of a session: name, value, type, who wrote it, when; and whether all is saved."""
    link.known()
    now = time.time() * 1000
    with link.moment() as replica:
        pending = replica.outbox.names
        view = replica.view()
        rows = [(name, text, replica.rows.get(name), name in pending) for name, text in view.items()]
        meta, revision = replica.meta, replica.revision
    named = meta.name if meta and meta.name else _of_path(meta.paths if meta else [])
    title = " · ".join([f"Session {named}".rstrip(), f"revision {revision}", _saved(link, len(pending))])
    if not rows:
        return Table(title, [], [], "No variables yet. Set one: %session set lr = 0.1, or in the Session panel.")
    shown = [
        [
            name,
            preview.value(text, _WIDTH),
            preview.kind(text),
            "here" if waits or row is None else by(row.origin),
            "not saved yet" if waits or row is None else when(row.updated_at, now),
        ]
        for name, text, row, waits in rows[:_ROWS]
    ]
    foot = f"and {len(rows) - _ROWS:,} more: session[NAME], or the Session panel" if len(rows) > _ROWS else ""
    return Table(title, ["name", "value", "type", "by", "when"], shown, foot)


def _of_path(paths: list[str]) -> str:
    return f"of {paths[0].rpartition('/')[2]}" if paths else ""


def _saved(link: Link, pending: int) -> str:
    if pending:
        waiting = f"{pending} not saved yet"
        return waiting if link.usable else f"{waiting}: {link.trouble}"
    if link.fleeting:
        return "in this kernel's memory only"
    return "all saved" if link.usable else f"as last known: {link.trouble}"


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
