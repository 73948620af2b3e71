"""Load on a server, from a process of its own: ``python -m tests.benchmarks.load KIND JSON``.

It connects, says ``ready``, and then for each line on its input that tells how long, does what it does and
answers with a line of JSON. So two loads can take turns against one server without connecting again.
"""

from __future__ import annotations

import json
import select
import selectors
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .sockets import Http, Member, WebSocket, request

ROOT = Path(__file__).parents[2]

#: What one turn gives, as JSON.
Turn = Callable[[float], dict[str, Any]]


class Load:
    """The other side: starts the process and gives it its turns."""

    def __init__(self, kind: str, **settings: Any) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.load", kind, json.dumps(settings)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._line()

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def go(self, amount: float) -> dict[str, Any]:
        """``amount`` is seconds, or a count where the load says so."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{amount}\n")
        self._process.stdin.flush()
        return dict(json.loads(self._line()))

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the load ended; what it said is above"
        return line


def visitors(port: int, token: str, method: str, path: str, clients: int, body: str = "") -> Turn:
    """Requests, each client's next one as soon as it has its answer. In ``body`` CLIENT and NUMBER stand for themselves."""
    sockets = [Http(port) for _ in range(clients)]
    count = 0

    def ask(who: int) -> None:
        nonlocal count
        count += 1
        filled = body.replace("CLIENT", str(who)).replace("NUMBER", str(1_000_000 + count))
        sockets[who].send(request(method, path, token, filled.encode()))

    def turn(seconds: float) -> dict[str, Any]:
        return _closed_loop(sockets, ask, lambda who: int(sockets[who].answered()), seconds)

    return turn


def writers(port: int, token: str, sessions: list[str], writers: int) -> Turn:
    """Changes over channels, each writer's next one as soon as the last is on disk; by turns in these sessions."""
    members = [Member(port, sessions[who % len(sessions)], token, f"writer-{who}") for who in range(writers)]
    value = 0

    def ask(who: int) -> None:
        nonlocal value
        value += 1
        members[who].set(f"v{who}", value)

    def answers(who: int) -> int:
        return sum(members[who].acknowledged(frame) for frame in members[who].frames())

    return lambda seconds: _closed_loop(members, ask, answers, seconds)


def _closed_loop(
    sockets: list[Any], ask: Callable[[int], None], answers: Callable[[int], int], seconds: float
) -> dict[str, Any]:
    latencies: list[float] = []
    asked = [0.0] * len(sockets)
    with selectors.DefaultSelector() as selector:
        for who, socket in enumerate(sockets):
            selector.register(socket, selectors.EVENT_READ, who)
        begun = time.perf_counter()
        end = begun + seconds
        waiting, count, last = len(sockets), 0, begun
        for who in range(len(sockets)):
            asked[who] = time.perf_counter()
            ask(who)
        while waiting:
            for key, _ in selector.select(30):
                who = key.data
                if not answers(who):
                    continue
                now = time.perf_counter()
                latencies.append(now - asked[who])
                if now < end:
                    count, last = count + 1, now
                    asked[who] = now
                    ask(who)
                else:
                    waiting -= 1
    return {
        "rate": count / (last - begun) if count else len(latencies) / (time.perf_counter() - begun),
        "latencies": latencies,
    }


def commits(file: str, size: int) -> Turn:
    """The peer of a durable change: one row, one fsync, by nothing but Python's own sqlite3."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS changes (number INTEGER PRIMARY KEY, frame BLOB)")
    frame = b"x" * size

    def turn(seconds: float) -> dict[str, Any]:
        latencies: list[float] = []
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            before = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO changes (frame) VALUES (?)", (frame,))
            connection.execute("COMMIT")
            latencies.append(time.perf_counter() - before)
        return {"rate": len(latencies) / (time.perf_counter() - begun), "latencies": latencies}

    return turn


def crowd(port: int, token: str, session: str, listeners: int, changes: float) -> Turn:
    """One writer of so many changes a second, and listeners that each say when they saw one."""
    members = [Member(port, session, token, f"listener-{who}") for who in range(listeners)]
    writer = Member(port, session, token, "writer")

    def turn(seconds: float) -> dict[str, Any]:
        latencies: list[float] = []
        due = max(1, int(seconds * changes))
        with selectors.DefaultSelector() as selector:
            for member in (*members, writer):
                selector.register(member, selectors.EVENT_READ, member)
            begun, said = time.perf_counter(), 0
            while len(latencies) < due * listeners:
                if said < due and time.perf_counter() >= begun + said / changes:
                    writer.set("x", time.perf_counter_ns())
                    said += 1
                wait = max(0.0, begun + said / changes - time.perf_counter()) if said < due else 30
                for key, _ in selector.select(wait):
                    for frame in key.data.frames():
                        if b'"value":' in frame and frame.startswith(b'{"type":"change"'):
                            sent = int(frame.split(b'"value":', 1)[1].split(b"}", 1)[0])
                            latencies.append((time.perf_counter_ns() - sent) / 1e9)
                        elif key.data is writer:
                            writer.acknowledged(frame)
        return {"latencies": latencies}

    return turn


def pairs(port: int, token: str, sessions: list[str]) -> Turn:
    """A writer and a listener in each session, by turns; so many times. Gives time and bytes of each session."""
    both = [(Member(port, session, token, "a"), Member(port, session, token, "b")) for session in sessions]

    def turn(count: float) -> dict[str, Any]:
        latencies: list[list[float]] = [[] for _ in both]
        sizes: list[list[int]] = [[] for _ in both]
        for _ in range(int(count)):
            for number, (author, listener) in enumerate(both):
                begun = time.perf_counter()
                author.set("v1", time.perf_counter_ns())
                _, size = listener.hear(b'"type":"change"')
                latencies[number].append(time.perf_counter() - begun)
                answer, more = author.hear(b'"seq":')
                author.acknowledged(answer)
                sizes[number].append(size + more)
        return {"latencies": latencies, "sizes": sizes}

    return turn


def sliders(port: int, token: str, kernel: str, comm: str, quick: bool) -> Turn:
    """One front end moves a slider and another sees it move, by ipywidgets' echo; so many times.

    ``quick`` is with each packet acknowledged at once. They connect for each turn, for a kernel tells everybody
    who is connected.
    """
    value = 0

    def message(kind: str, number: int, **content: Any) -> bytes:
        header = {"msg_id": f"{kind}-{quick}-{number}", "msg_type": kind, "session": "bench-a", "username": ""}
        told = {
            "channel": "shell",
            "header": {**header, "version": "5.3", "date": "2026-01-01T00:00:00Z"},
            "parent_header": {},
            "metadata": {},
            "content": content,
        }
        return json.dumps(told).encode()

    def join(one: WebSocket) -> None:
        """Ask until something comes: what a kernel says before it knows of a client does not come to it."""
        asked = 0
        while not select.select([one], [], [], 0.2 if asked else 0)[0] or b'"iopub"' not in b"".join(one.frames()):
            asked += 1
            one.say(message("kernel_info_request", asked))

    def move(author: WebSocket, listener: WebSocket) -> float:
        nonlocal value
        value += 1
        data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        text = message("comm_msg", value, comm_id=comm, data=data)
        begun = time.perf_counter()
        author.say(text)
        listener.hear(b'"echo_update"')
        seconds = time.perf_counter() - begun
        # The next one starts when the kernel is idle again and both have read that.
        for one in (author, listener):
            one.hear(b'"idle"')
        return seconds

    def turn(count: float) -> dict[str, Any]:
        path = f"/api/kernels/{kernel}/channels?session_id="
        author, listener = (WebSocket(port, path + who, token) for who in ("bench-a", "bench-b"))
        author.quick = listener.quick = quick
        join(author)
        join(listener)
        # Whatever connecting brings is over by the second.
        latencies = [move(author, listener) for _ in range(int(count) + 2)][2:]
        author.raw.close()
        listener.raw.close()
        return {"latencies": latencies}

    return turn


KINDS: dict[str, Callable[..., Turn]] = {
    kind.__name__: kind for kind in (visitors, writers, commits, crowd, pairs, sliders)
}


def main() -> None:
    turn = KINDS[sys.argv[1]](**json.loads(sys.argv[2]))
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(turn(float(line))), flush=True)


if __name__ == "__main__":
    main()
