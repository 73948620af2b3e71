"""``python -m tests.benchmarks [--quick] [--json FILE] [ROW ...]``: measures, prints the table, writes the JSON."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from . import browser_rows, channel_rows, kernel_rows, server_rows, store_rows
from .bench import QUICK, BenchServer, Effort, serving
from .figures import Row, save, table

#: In the table's order; each gives one row or several.
ROWS: dict[str, Callable[[BenchServer, Effort], Row | list[Row]]] = {
    "cell": kernel_rows.cell,
    "bound": kernel_rows.bound,
    "echo": kernel_rows.echo,
    "busy": kernel_rows.busy,
    "post": server_rows.post_durable,
    "get": server_rows.get_state,
    "many": channel_rows.one_of_many,
    "writers": channel_rows.writers,
    "crowd": channel_rows.crowd,
    "stored": store_rows.stored,
    "loop": kernel_rows.assignments,
    "panel": browser_rows.panel,
    "keystrokes": browser_rows.keystrokes,
    "large": browser_rows.large,
    "within": browser_rows.within,
    "import": kernel_rows.imports,
    "bundle": kernel_rows.bundle,
}


def measure(wanted: list[str], effort: Effort, folder: Path) -> list[Row]:
    rows: list[Row] = []
    with serving(folder / "bench") as server:
        for key in wanted:
            begun = time.monotonic()
            found = ROWS[key](server, effort)
            found = found if isinstance(found, list) else [found]
            rows += found
            print(
                f"{key} ({time.monotonic() - begun:.0f} s)", *(f"{row.ours}: {row.ratio}" for row in found), flush=True
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", choices=[[], *ROWS], metavar="ROW", help=f"one of {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="tiny counts: that it runs, no figures")
    parser.add_argument("--json", type=Path, default=Path("bench.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(options.rows or list(ROWS), QUICK if options.quick else Effort(), Path(folder))
    print(table(rows))
    save(rows, options.json)


if __name__ == "__main__":
    main()
