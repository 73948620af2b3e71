"""What 8 clients see of one server, killed now and then, could have happened one after another."""

from __future__ import annotations

import itertools
import random
import threading
import time
from pathlib import Path

from .linearizability import Operation, is_linearizable
from .peers import BROKEN, LONG, Server, never_sent, seed
from .watched import Watched

HISTORIES = 200 if LONG else 3
OPERATIONS = 200
CLIENTS = 8
VARIABLES = ("a", "b", "c")


class Client(threading.Thread):
    """Writes, reads and swaps variables at random and notes what it was told. Values are never used twice."""

    def __init__(
        self, server: Server, session: str, chance: random.Random, values: itertools.count[int], operations: int
    ) -> None:
        super().__init__(daemon=True)
        self.operations = operations // CLIENTS
        self.server, self.session, self.chance, self.values = server, session, chance, values
        self.history: dict[str, list[Operation]] = {name: [] for name in VARIABLES}
        self.wrong: list[str] = []

    def run(self) -> None:
        done = 0
        while done < self.operations:
            name = self.chance.choice(VARIABLES)
            begun = time.monotonic()
            try:
                self.act(name, begun)
                done += 1
            except BROKEN:
                # Knocking at a closed door is no operation.
                time.sleep(0.2)

    def act(self, name: str, begun: float) -> None:
        kind = self.chance.choice(("read", "write", "write", "swap"))
        path = f"/api/session/{self.session}/variables/{name}"
        if kind == "write":
            self.write(name, path, next(self.values))
            return
        answer = self.server.request("GET", path, timeout=20)
        seen = answer.json()["value"] if answer.status_code == 200 else None
        if answer.status_code not in (200, 404):
            self.wrong.append(f"GET {answer.status_code} {answer.text}")
            return
        self.note(name, Operation(kind="read", value=seen, called=begun, returned=time.monotonic()))
        if kind == "swap" and answer.status_code == 200:
            self.swap(name, path, seen, answer.headers["ETag"], next(self.values))

    def write(self, name: str, path: str, value: int) -> None:
        begun = time.monotonic()
        try:
            answer = self.server.request("PUT", path, json={"value": value}, timeout=20)
        except BROKEN as error:
            if not never_sent(error):
                self.note(name, Operation(kind="write", value=value, called=begun))
            raise
        if answer.status_code in (200, 201):
            self.note(name, Operation(kind="write", value=value, called=begun, returned=time.monotonic()))
        else:
            self.wrong.append(f"PUT {answer.status_code} {answer.text}")

    def swap(self, name: str, path: str, expected: object, tag: str, value: int) -> None:
        begun = time.monotonic()
        said = Operation(kind="swap", expected=expected, value=value, called=begun)
        try:
            answer = self.server.request("PUT", path, json={"value": value}, headers={"If-Match": tag}, timeout=20)
        except BROKEN as error:
            if not never_sent(error):
                self.note(name, said)
            raise
        if answer.status_code in (200, 412):
            swapped = answer.status_code == 200
            times = {"called": begun, "returned": time.monotonic()}
            self.note(name, Operation(kind="swap", expected=expected, value=value, swapped=swapped, **times))
        else:
            self.wrong.append(f"PUT If-Match {answer.status_code} {answer.text}")

    def note(self, name: str, operation: Operation) -> None:
        self.history[name].append(operation)


def histories(
    server: Server, chance: random.Random, *, kill_after: int | None, operations: int
) -> list[list[Operation]]:
    """What the clients of a new session saw, a history for each variable; the server is killed after so many."""
    session, values = server.create(), itertools.count(1)
    clients = [Client(server, session, random.Random(chance.random()), values, operations) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    if kill_after is not None:
        while sum(map(len, (history for client in clients for history in client.history.values()))) < kill_after:
            time.sleep(0.005)
        server.crash()
        server.restart()
    for client in clients:
        client.join(120)
        assert not client.is_alive()
        assert client.wrong == []
    return [[operation for client in clients for operation in client.history[name]] for name in VARIABLES]


def test_histories_are_linearizable(tmp_path: Path) -> None:
    chance = seed("linearizability")
    server = Server(tmp_path / "server")
    server.start()
    kills = noted = unanswered = 0
    for _ in range(HISTORIES):
        kill_after = chance.randrange(OPERATIONS // 2) if chance.random() < 0.5 else None
        kills += kill_after is not None
        for history in histories(server, chance, kill_after=kill_after, operations=OPERATIONS):
            noted += len(history)
            unanswered += sum(operation.returned == float("inf") for operation in history)
            assert is_linearizable(history), sorted(history, key=lambda each: each.called)
    server.stop()
    print(f"{HISTORIES} histories, {noted} operations, {unanswered} without an answer, {kills} kills: no violation")


def test_a_store_that_acknowledges_before_it_commits_is_found_out(tmp_path: Path) -> None:
    """The opposite, by the same clients and the same checker."""
    chance = seed("linearizability of an eager server")
    server = Watched(tmp_path / "server", "eager")
    server.start()
    seen, caught = 0, 0
    # A kill may meet no change that was acknowledged and not yet committed.
    while caught == 0 and seen < 20:
        found = histories(server, chance, kill_after=OPERATIONS // 4, operations=OPERATIONS // 2)
        seen += len(found)
        caught += sum(not is_linearizable(history) for history in found)
    server.stop()
    print(f"acknowledged before it was committed: {caught} of {seen} histories cannot have happened")
    assert caught
