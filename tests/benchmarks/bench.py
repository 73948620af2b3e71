"""What the rows measure with: a server of their own, turns taken by two loads, and how long all of it may take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.torture.peers import Server

from .load import ROOT, Load

LoadTurn = Callable[[float], dict[str, Any]]


class BenchServer(Server):
    """A Jupyter server with the extension, and the handler that stores nothing beside it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        file = folder / "config" / "jupyter_server_config.json"
        settings = json.loads(file.read_text())
        settings["ServerApp"]["jpserver_extensions"]["tests.benchmarks.peer"] = True
        # The access log would be written into the same disk.
        settings["ServerApp"]["log_level"] = "ERROR"
        file.write_text(json.dumps(settings))

    def environment(self) -> dict[str, str]:
        return super().environment() | {"PYTHONPATH": str(ROOT)}

    def make(self, **variables: Any) -> str:
        """The id of a new session with these variables."""
        answer = self.request("POST", "/api/session", json={"variables": variables})
        answer.raise_for_status()
        return str(answer.json()["sessionId"])


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is measured. The quick one shows that a row runs; its figures mean nothing."""

    #: how often two loads take turns
    rounds: int = 5
    #: how long one turn is
    seconds: float = 1.5
    #: how often a single thing is timed
    samples: int = 300
    #: sessions stored, and how many of them are live
    stored: int = 10_000
    live: int = 1_000
    #: variables in the large session
    variables: int = 10_000
    #: assignments in the loop
    assignments: int = 10_000
    sockets: int = 200
    #: how long a cell keeps its kernel busy
    busy: float = 1.0


QUICK = Effort(rounds=1, seconds=0.1, samples=3, stored=20, live=5, variables=20, assignments=20, sockets=5, busy=0.2)


@contextmanager
def serving(folder: Path) -> Iterator[BenchServer]:
    server = BenchServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def by_turns(effort: Effort, *loads: Load) -> list[tuple[list[float], list[float]]]:
    """A, B, A, B ...: for each load the rate of each round, and all latencies. The first turn of each warms up."""
    measured: list[tuple[list[float], list[float]]] = [([], []) for _ in loads]
    for load in loads:
        load.go(effort.seconds / 3)
    for _ in range(effort.rounds):
        for load, (rates, latencies) in zip(loads, measured, strict=True):
            turn = load.go(effort.seconds)
            rates.append(turn["rate"])
            latencies.extend(turn["latencies"])
    return measured
