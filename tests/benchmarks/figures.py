"""What a row of the table says: two figures of one run, what they are to each other, and what was aimed for."""

from __future__ import annotations

import json
import platform
import sqlite3
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row. It passes or fails nothing: the machine may have had other work to do."""

    #: the word that chooses it on the command line
    key: str
    what: str
    ours: str
    against: str = ""
    peer: str = ""
    #: ours to the peer's, as a sentence fragment
    ratio: str = ""
    aim: str
    #: None where the row is told for information
    met: bool | None
    #: all that was measured, unrounded, for the JSON
    measured: dict[str, Any] = field(default_factory=dict)


def median(samples: Sequence[float]) -> float:
    return statistics.median(samples)


def percentile(samples: Iterable[float], percent: float) -> float:
    """The smallest sample that so many percent of them do not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def spread(samples: Sequence[float]) -> dict[str, float]:
    """What the JSON keeps of latencies."""
    return {
        "median": median(samples),
        "p99": percentile(samples, 99),
        "least": min(samples),
        "count": len(samples),
    }


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds * 1000:.0f} ms"


def rate(count: float) -> str:
    return f"{count:,.0f}/s"


def times(ratio: float) -> str:
    return f"{ratio:.3g} times"


def table(rows: Iterable[Row]) -> str:
    """As Markdown, which is what docs/speed.md shows."""
    lines = ["| what | ours | against | its figure | ratio | aim | met |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        met = {True: "yes", False: "no", None: "-"}[row.met]
        lines.append(
            f"| {row.what} | {row.ours} | {row.against or '-'} | {row.peer or '-'} | {row.ratio or '-'} | {row.aim} | {met} |"
        )
    return "\n".join(lines)


def save(rows: Iterable[Row], file: Path) -> None:
    """The rows and the machine they were measured on."""
    machine = {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.system(),
        "machine": platform.machine(),
    }
    file.write_text(json.dumps({"machine": machine, "rows": [asdict(row) for row in rows]}, indent=1) + "\n")
