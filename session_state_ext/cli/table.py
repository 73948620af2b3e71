"""Tables: with colours in a terminal, where rich is installed; as plain text anywhere else."""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from collections.abc import Sequence
from typing import Any

from session_state_ext.model import Origin, Variable

#: A value takes this much of a line.
WIDTH = 60


def show(headings: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", foot: str = "") -> None:
    """Print a table. What stands in it was written by anybody: control characters are made visible."""
    shown = [[plain(cell) for cell in row] for row in rows]
    if not (sys.stdout.isatty() and _rich(headings, shown, plain(title), foot)):
        _text(headings, shown, plain(title), foot)


def _text(headings: Sequence[str], rows: Sequence[Sequence[str]], title: str, foot: str) -> None:
    if title:
        print(title)
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in [headings, *rows] if rows else []:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if foot:
        print(foot)


def _rich(headings: Sequence[str], rows: Sequence[Sequence[str]], title: str, foot: str) -> bool:
    """Whether rich could do it."""
    try:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return False
    console = Console()
    if title:
        name, dot, rest = title.partition(" · ")
        console.print(Text.assemble((name, "bold"), (dot + rest, "dim")))
    if rows:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="dim")
        for at, heading in enumerate(headings):
            table.add_column(heading, style="bold" if at == 0 else "", overflow="fold" if at < 2 else "ellipsis")
        for row in rows:
            # Text, for square brackets are no markup here.
            table.add_row(*map(Text, row))
        console.print(table)
    if foot:
        console.print(Text(foot, style="dim"))
    return True


def plain(text: str) -> str:
    """``text`` on one line, without what a terminal would obey."""
    return "".join("�" if unicodedata.category(one) in ("Cc", "Cf", "Cs") else one for one in " ".join(text.split()))


def print_json(value: Any) -> None:
    """Print what model, wire and :class:`msgspec.Raw` are made of as JSON, values digit for digit."""
    from session_state_ext.wire import encode

    print_text(encode(value))


def print_text(text: bytes, end: bytes = b"\n") -> None:
    """Print JSON text as it is, whatever the terminal's encoding."""
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write((text + end).decode())
    else:
        buffer.write(text + end)
        buffer.flush()


def value(text: bytes, width: int = WIDTH) -> str:
    """The beginning of a value."""
    from session_state_ext.kernel import preview

    return preview.value(text, width)


def variable(row: Variable) -> list[str]:
    """A variable's line: name, value, type, by, when."""
    from session_state_ext.kernel import preview

    return [row.name, value(bytes(row.value)), preview.kind(bytes(row.value)), by(row.origin), when(row.updated_at)]


VARIABLE = ("name", "value", "type", "by", "when")


def by(origin: Origin) -> str:
    """Who wrote it, in two words."""
    what = f"step {origin.step}" if origin.kind == "step" and origin.step else origin.kind
    return what if origin.user in (None, "local") else f"{what}, {origin.user}"


def when(at: int | None) -> str:
    """A time for people, in this machine's zone: ``2026-11-20 14:02``."""
    return "" if at is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(at / 1000))


def quoted(text: str) -> str:
    """A name in a sentence."""
    return text if text.isidentifier() else json.dumps(text, ensure_ascii=False)
