"""``%session`` alone: the table of a session's variables, with what is declared of each."""

from __future__ import annotations

import time
from html import escape

from msgspec import Raw, Struct

from session_state_ext.changes import read_spec
from session_state_ext.wire import is_unset, problem

from . import allowed, pending, preview
from .display import Cell, Shown, Table, below, by, when
from .link import Link
from .sketches import sketch

#: A table shows this many rows; who has more looks in the panel.
_ROWS = 200
#: A value, and a description, take this much of a line.
_WIDTH, _ABOUT = 60, 50
#: Below the table stand so many sentences of values that are not allowed, or not the newest.
_WRONG = 10


class Row(Struct, frozen=True):
    """One variable in words."""

    name: str
    text: bytes
    by: str
    when: str
    about: str
    allowed: str
    #: why its value is not what its declaration says, or not the newest
    wrong: str | None

    @property
    def plain(self) -> list[str]:
        return [self.name, preview.value(self.text, _WIDTH), preview.kind(self.text), self.by, self.when]

    @property
    def rich(self) -> list[str]:
        """With a picture of numbers, and what is declared below what it is declared of."""
        name, value, kind, *written = self.plain
        about = f"{self.about[:300]}..." if len(self.about) > 300 else self.about
        drawn = sketch(self.text)
        shown = escape(value) if drawn is None else drawn
        return [
            Cell(name, escape(name) + below(about)),
            Cell(value, shown + below((self.wrong or "").removeprefix(f"{self.name}: "), warning=True)),
            Cell(kind, escape(kind) + below(self.allowed)),
            *written,
        ]


def overview(link: Link) -> Shown:
    """Name, value, type, who wrote it, when; what is declared of it; and whether all is saved."""
    link.known()
    now = time.time() * 1000
    with link.moment() as replica:
        waiting = replica.outbox.names
        view = replica.view()
        stands = [(name, text, replica.rows.get(name), name in waiting) for name, text in view.items()]
        newer = pending.newer_of(replica)
        meta, revision = replica.meta, replica.revision
    named = meta.name if meta and meta.name else _of_path(meta.paths if meta else [])
    title = " · ".join([f"Session {named}".rstrip(), f"revision {revision}", _saved(link, len(waiting))])
    if not stands:
        return Table(title, [], [], "No variables yet. Set one: %session set lr = 0.1, or in the Session panel.")
    rows = []
    for name, text, row, waits in stands[:_ROWS]:
        new = waits or row is None
        written = ("here", "not saved yet") if new or row is None else (by(row.origin), when(row.updated_at, now))
        about, allows, wrong = _declared(name, text, link.specs.get(name))
        if name in newer:
            from session_state_ext.verdicts import newer_words

            wrong = f"{name}: {newer_words(name, newer[name])}"
        rows.append(Row(name, text, *written, about, allows, wrong))
    refused = [one.wrong for one in rows if one.wrong is not None]
    more = f"and {len(stands) - _ROWS:,} more: session[NAME], or the Session panel" if len(stands) > _ROWS else ""
    return _Overview(title, rows, refused, more)


class _Overview(Shown):
    def __init__(self, title: str, rows: list[Row], wrong: list[str], more: str) -> None:
        headings = ["name", "value", "type", "by", "when"]
        rich = Table(title, headings, [one.rich for one in rows], more)
        columns = [("allowed", [one.allowed for one in rows]), ("description", [_clip(one.about) for one in rows])]
        columns = [(heading, said) for heading, said in columns if any(said)]
        lines = [[*one.plain, *(said[at] for _, said in columns)] for at, one in enumerate(rows)]
        foot = "\n".join([*wrong[:_WRONG], *([more] if more else [])])
        plain = Table(title, [*headings, *(heading for heading, _ in columns)], lines, foot)
        super().__init__(plain.text(), rich.html())


def _declared(name: str, text: bytes, spec: bytes | None) -> tuple[str, str, str | None]:
    """Its description, what it allows, and why the value is not allowed."""
    if spec is None:
        return "", "", None
    read = read_spec(Raw(spec))
    about = read.description if isinstance(read.description, str) else ""
    if is_unset(name, Raw(spec), Raw(text)):
        return about, allowed.words(read, text), f"{name} has no value yet."
    wrong = problem(name, Raw(spec), Raw(text))
    return about, allowed.words(read, text), None if wrong is None else wrong.message


def _clip(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _ABOUT else f"{line[: _ABOUT - 3]}..."


def _of_path(paths: list[str]) -> str:
    return f"of {paths[0].rpartition('/')[2]}" if paths else ""


def _saved(link: Link, count: int) -> str:
    if count:
        waiting = f"{count} not saved yet"
        why = link.waits if link.usable else link.trouble
        return waiting if why is None else f"{waiting}: {why.rstrip('.')}"
    if link.fleeting:
        return "in this kernel's memory only"
    if link.unkept:
        return "in the server's memory only"
    return "all saved" if link.usable else f"as last known: {link.trouble}"
