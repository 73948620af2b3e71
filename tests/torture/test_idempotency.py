"""Changes said twice, out of order, with their answers lost, across restarts: each is applied once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .peers import LONG, Channel, Server, mutate, seed

CHANGES = 10_000 if LONG else 400
RESTARTS = 10 if LONG else 2


def test_each_change_is_applied_once(tmp_path: Path) -> None:
    chance = seed("idempotency")
    server = Server(tmp_path / "server")
    server.start()
    session = server.create()
    born = server.state(session)["meta"]["revision"]
    restarts = set(chance.sample(range(1, CHANGES), RESTARTS))
    twice = early = lost = 0
    answers: dict[int, dict[str, Any]] = {}
    done = 0
    while done < CHANGES:
        with server.channel(session, "client") as channel:
            welcome = channel.hear("welcome")
            assert welcome["lastSeq"] in (done, done + 1)
            if welcome["lastSeq"] == done + 1:
                done += 1
                answers[done] = welcome["lastAnswer"]
            while done < CHANGES:
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
                if chance.random() < 0.3:
                    twice += 1
                    assert ask(channel, seq) == answers[seq]
    state = server.state(session)
    server.stop()
    assert state["variables"] == {"counter": CHANGES}
    assert state["meta"]["revision"] == born + CHANGES
    assert [answers[seq]["revision"] - born for seq in sorted(answers)] == list(range(1, CHANGES + 1))
    print(f"{CHANGES} changes, {twice} said twice, {early} too early, {lost} answers lost, {RESTARTS} restarts")


def ask(channel: Channel, seq: int) -> dict[str, Any]:
    channel.say(mutate(seq, 0, counter=seq))
    return channel.hear("ack", "reject")
