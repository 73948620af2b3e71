"""Changes said twice, out of order, with their answers lost, across restarts: each is applied once."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from .peers import LONG, Channel, Server, mutate, seed
from .watched import Watched

CHANGES = 10_000 if LONG else 400
RESTARTS = 10 if LONG else 2


def test_each_change_is_applied_once(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    server.start()
    said = say(server, seed("idempotency"), CHANGES, RESTARTS)
    server.stop()
    print(f"{CHANGES} changes, {said}, {RESTARTS} restarts: each applied once, in order")


def test_a_server_that_forgets_how_far_a_client_has_come_is_found_out(tmp_path: Path) -> None:
    """The opposite."""
    server = Watched(tmp_path / "server", "amnesic")
    server.start()
    with pytest.raises(AssertionError):
        say(server, seed("idempotency of an amnesic server"), 100, 0)
    server.stop()


def say(server: Server, chance: random.Random, changes: int, restarts_too: int) -> str:
    """Say each change, some twice, some too early, some without waiting for the answer; what was done, in words."""
    session = server.create()
    born = server.state(session)["meta"]["revision"]
    restarts = set(chance.sample(range(1, changes), restarts_too))
    again = set(chance.sample(range(1, changes + 1), changes * 3 // 10))
    early = lost = 0
    answers: dict[int, dict[str, Any]] = {}
    done = 0
    while done < changes:
        with server.channel(session, "client") as channel:
            welcome = channel.hear("welcome")
            assert welcome["lastSeq"] in (done, done + 1)
            if welcome["lastSeq"] == done + 1:
                done += 1
                answers[done] = welcome["lastAnswer"]
                say_again(channel, done, again, answers)
            while done < changes:
                seq = done + 1
                if chance.random() < 0.2:
                    early += 1
                    gap = ask(channel, seq + chance.randrange(1, 4))
                    assert (gap["type"], gap["code"]) == ("reject", "gap")
                channel.say(mutate(seq, 0, counter=seq))
                if seq in restarts:
                    restarts.discard(seq)
                    (server.crash if chance.random() < 0.5 else server.stop)()
                    server.restart()
                    break
                if chance.random() < 0.1:
                    lost += 1
                    break
                answers[seq] = channel.hear("ack", "reject")
                done = seq
                say_again(channel, seq, again, answers)
    state = server.state(session)
    assert state["variables"] == {"counter": changes}
    assert state["meta"]["revision"] == born + changes
    assert [answers[seq]["revision"] - born for seq in sorted(answers)] == list(range(1, changes + 1))
    return f"{len(again)} said twice, {early} too early, {lost} answers lost"


def say_again(channel: Channel, seq: int, again: set[int], answers: dict[int, dict[str, Any]]) -> None:
    if seq in again:
        assert ask(channel, seq) == answers[seq]


def ask(channel: Channel, seq: int) -> dict[str, Any]:
    channel.say(mutate(seq, 0, counter=seq))
    return channel.hear("ack", "reject")
