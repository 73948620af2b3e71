"""Each row still runs and gives a figure; what the figures are, a test does not judge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .__main__ import ROWS
from .bench import QUICK, BenchServer, serving
from .figures import percentile, save, table


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BenchServer]:
    with serving(tmp_path_factory.mktemp("bench")) as server:
        yield server


@pytest.mark.parametrize("key", ROWS)
def test_a_row_is_measured_and_told(key: str, server: BenchServer, tmp_path: Path) -> None:
    found = ROWS[key](server, QUICK)
    rows = found if isinstance(found, list) else [found]
    assert all(any(digit.isdigit() for digit in row.ours) and row.measured for row in rows)
    told = table(rows)
    assert all(row.what in told and row.aim in told for row in rows)
    save(rows, tmp_path / "bench.json")
    assert [row["key"] for row in json.loads((tmp_path / "bench.json").read_text())["rows"]] == [
        row.key for row in rows
    ]


def test_a_percentile_is_a_sample_that_so_many_do_not_exceed() -> None:
    assert percentile(range(1, 101), 99) == 100
    assert percentile([5.0], 99) == 5.0
