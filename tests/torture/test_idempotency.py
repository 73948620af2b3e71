"""Changes said twice, too early, too late, with their answers lost, across restarts: each is applied once."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from .peers import LONG, Channel, Server, mutate, seed
from .watched import Watched

CHANGES = 10_000 if LONG else 400
RESTARTS = 10 if LONG else 2
CLIENTS = 4
VARIABLES = ("a", "b", "c")


def test_each_change_is_applied_once(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    server.start()
    said = Clients(server, seed("idempotency")).say(CHANGES, RESTARTS)
    server.stop()
    print(
        f"{CHANGES} changes of {CLIENTS} clients to {len(VARIABLES)} variables, {said['twice']} said twice, "
        f"{said['early']} too early, {said['late']} again after newer ones, {said['lost']} answers lost, "
        f"{said['restarts']} restarts: each applied once, in order"
    )
    assert said["twice"] >= CHANGES * 0.25
    assert said["early"] + said["late"] >= CHANGES * 0.15
    assert min(said["early"], said["late"]) >= CHANGES * 0.05
    assert said["lost"] >= CHANGES * 0.05
    assert said["restarts"] == RESTARTS


@pytest.mark.parametrize("fault", ["amnesic", "lenient"])
def test_a_server_that_counts_otherwise_is_found_out(tmp_path: Path, fault: str) -> None:
    """The opposites: how far a client has come is forgotten; a number that was passed is taken once more."""
    server = Watched(tmp_path / "server", fault)
    server.start()
    with pytest.raises(AssertionError):
        Clients(server, seed(f"idempotency of a server that is {fault}")).say(200, 0)
    server.stop()


class Client:
    """One of several at a session: its numbered changes, and what came of each."""

    def __init__(self, server: Server, session: str, name: str, chance: random.Random) -> None:
        self.server, self.session, self.name, self.chance = server, session, name, chance
        self.frames: dict[int, dict[str, Any]] = {}
        self.answers: dict[int, dict[str, Any]] = {}
        self.done = 0
        self._open = ExitStack()
        self._channel: Channel | None = None

    def frame(self, seq: int) -> dict[str, Any]:
        """Its change of this number, always the same."""
        if seq not in self.frames:
            self.frames[seq] = mutate(seq, 0, **{self.chance.choice(VARIABLES): f"{self.name} {seq}"})
        return self.frames[seq]

    @property
    def channel(self) -> Channel:
        if self._channel is None:
            self._channel = self._open.enter_context(self.server.channel(self.session, self.name))
            welcome = self._channel.hear("welcome")
            assert welcome["lastSeq"] in (self.done, self.done + 1)
            if welcome["lastSeq"] == self.done + 1:
                self.take(welcome["lastAnswer"])
        return self._channel

    def drop(self) -> None:
        """Its connection is gone, with whatever was on its way."""
        self._channel = None
        self._open.close()

    def ask(self, seq: int) -> dict[str, Any]:
        self.channel.say(self.frame(seq))
        return self.channel.hear("ack", "reject")

    def post(self, seq: int) -> dict[str, Any]:
        """The same past its channel, as a page sends it that goes."""
        frame = {name: value for name, value in self.frame(seq).items() if name != "type"}
        answer = self.server.request("POST", f"/api/session/{self.session}/mutate", json={"client": self.name, **frame})
        return dict(answer.json())

    def take(self, answer: dict[str, Any]) -> None:
        self.done += 1
        self.answers[self.done] = answer


class Clients:
    """Several at one session, in an order that chance decides."""

    def __init__(self, server: Server, chance: random.Random) -> None:
        self.server, self.chance = server, chance
        self.session = server.create()
        self.said: Counter[str] = Counter()
        self.all = [Client(server, self.session, f"client {number}", chance) for number in range(CLIENTS)]

    def say(self, changes: int, restarts: int) -> Counter[str]:
        """So many changes in all; what was done besides."""
        born = self.server.state(self.session)["meta"]["revision"]
        restart_at = set(self.chance.sample(range(1, changes), restarts))
        while (done := sum(client.done for client in self.all)) < changes:
            client = self.chance.choice(self.all)
            if client.channel and done < sum(each.done for each in self.all):
                # What it had said before its connection went has arrived.
                continue
            self.out_of_order(client)
            client.channel.say(client.frame(client.done + 1))
            due = {count for count in restart_at if count <= done}
            if due:
                restart_at.remove(min(due))
                self.restart()
            elif self.chance.random() < 0.1:
                self.said["lost"] += 1
                client.drop()
            else:
                client.take(client.channel.hear("ack", "reject"))
                if self.chance.random() < 1 / 3:
                    self.said["twice"] += 1
                    again = self.chance.choice((client.ask, client.post))
                    assert again(client.done) == client.answers[client.done]
        self.check(born, changes)
        return self.said

    def out_of_order(self, client: Client) -> None:
        if self.chance.random() >= 0.2:
            return
        send = self.chance.choice((client.ask, client.post))
        if client.done < 2 or self.chance.random() < 0.5:
            self.said["early"] += 1
            assert send(client.done + 1 + self.chance.randrange(1, 4)).get("code") == "gap"
        else:
            # A number that newer ones have passed: it was answered, and is not done once more.
            self.said["late"] += 1
            assert send(self.chance.randrange(max(1, client.done - 20), client.done)).get("code") == "gap"

    def restart(self) -> None:
        self.said["restarts"] += 1
        (self.server.crash if self.chance.random() < 0.5 else self.server.stop)()
        for client in self.all:
            client.drop()
        self.server.restart()

    def check(self, born: int, changes: int) -> None:
        state = self.server.state(self.session)
        assert state["meta"]["revision"] == born + changes
        made: dict[int, dict[str, Any]] = {}
        for client in self.all:
            revisions = [client.answers[seq]["revision"] for seq in sorted(client.answers)]
            assert revisions == sorted(revisions), "in order"
            made |= {revision: client.frames[seq] for seq, revision in enumerate(revisions, 1)}
        assert sorted(made) == list(range(born + 1, born + 1 + changes)), "each once"
        last = {op["name"]: op["value"] for _, frame in sorted(made.items()) for op in frame["ops"]}
        assert state["variables"] == last
        for client in self.all:
            client.drop()
