"""Bodies and frames made to harm: each is refused, the event loop goes on, and memory stays."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
import websocket

from .peers import LONG, Server
from .watched import MB, Gap, Memory, Watched

#: What is aimed for. Memory is what the product adds to what the web server takes to read the same.
MEMORY_BYTES = 64 * MB
STALLED_SECONDS = 0.1
#: Of the stall of a server that checks bodies on its event loop: how slow the machine is just now is in both.
STALLED_SHARE = 1 / 8
FLOOD_BYTES = (512 if LONG else 64) * MB
#: Just within the limit of a body.
BIG = (16 if LONG else 4) * MB


class Hostile(NamedTuple):
    text: bytes
    #: statuses one of which answers it as a body
    statuses: tuple[int, ...] = (400, 413, 422)


HOSTILE: dict[str, Callable[[], Hostile]] = {
    "100,000 deep": lambda: Hostile(b'{"variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}"),
    "100,000 objects deep": lambda: Hostile(b'{"variables": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}"),
    "100,000 open brackets": lambda: Hostile(b"[" * 100_000),
    "a million keys": lambda: Hostile(
        b'{"variables": {' + b",".join(b'"%d":1' % number for number in range(1_000_000)) + b"}}"
    ),
    "a million keys in a value": lambda: Hostile(
        b'{"variables": {"a": {' + b",".join(b'"%d":1' % number for number in range(1_000_000)) + b"}}}"
    ),
    "100,000 digits": lambda: Hostile(b'{"variables": {"a": ' + b"9" * 100_000 + b"}}"),
    "100,000 digits of a fraction": lambda: Hostile(b'{"variables": {"a": 0.' + b"9" * 100_000 + b"}}"),
    "many MB of digits": lambda: Hostile(b'{"variables": {"a": ' + b"9" * BIG + b"}}"),
    "many MB of quotes": lambda: Hostile(b'{"variables": {"a": ' + b'"' * BIG + b"}}"),
    "many MB of escapes": lambda: Hostile(b'{"variables": {"a": "' + b"\\u0041" * (BIG // 6) + b'"}}'),
    "many MB of empty lists": lambda: Hostile(b'{"variables": {"a": [' + b"[]," * (BIG // 3) + b"0]}}"),
    "many MB of white space": lambda: Hostile(b'{"variables": {"a": 1' + b" " * BIG + b"}}", (200, 413)),
    "half a surrogate pair": lambda: Hostile(b'{"variables": {"a": "' + b"x" * MB + b'\\ud800"}}'),
    "not UTF-8": lambda: Hostile(b'{"variables": {"a": "' + b"\xff" * MB + b'"}}'),
}


class Stalls:
    """How long the event loop stood still, from here on."""

    def __init__(self, server: Watched) -> None:
        self.server, self.begun = server, time.monotonic()

    def longest(self) -> Gap:
        """The gap in which the server computed longest."""
        gaps = [gap for gap in self.server.heartbeats() if gap.at >= self.begun]
        return max(gaps, key=lambda gap: min(gap.busy, gap.seconds), default=Gap(0, 0, 0))


def flood(server: Server, session: str, *, chunked: bool) -> bytes:
    """A body of FLOOD_BYTES; the status line, or nothing where the server hung up."""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {FLOOD_BYTES}"
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as connection:
        connection.sendall(
            f"POST /api/session/{session} HTTP/1.1\r\nHost: localhost:{server.port}\r\nContent-Type: application/json\r\n"
            f"Authorization: token {server.token}\r\n{length}\r\n\r\n".encode()
        )
        part = b"x" * MB
        with suppress(ConnectionError):
            for _ in range(FLOOD_BYTES // MB):
                connection.sendall(b"%x\r\n%s\r\n" % (MB, part) if chunked else part)
            connection.sendall(b"0\r\n\r\n" if chunked else b"")
        with suppress(ConnectionError):
            return connection.recv(4096).partition(b"\r\n")[0]
    return b""


def as_frame(text: bytes) -> str | bytes:
    variables = text.removeprefix(b'{"variables": ').removesuffix(b"}")
    frame = b'{"type": "mutate", "seq": 1, "base": 0, "origin": {"kind": "api"}, "ops": [{"op": "set", "name": "a", "value": %s}]}'
    return frame % variables


def say(server: Server, session: str, name: str, text: bytes) -> str:
    """What came of a frame: the kind and code of the answer, or of the close."""
    with server.channel(session, f"client {name}") as channel:
        channel.hear("welcome")
        with suppress(ConnectionError):
            channel.socket.send(as_frame(text), websocket.ABNF.OPCODE_TEXT)
        while True:
            try:
                opcode, data = channel.socket.recv_data()
            except (websocket.WebSocketConnectionClosedException, ConnectionError):
                # What was still being sent is in the way of the close frame.
                return "closed 1009"
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return f"closed {int.from_bytes(data[:2], 'big')}"
            answer = json.loads(data)
            if answer["type"] in ("reject", "error", "ack"):
                return f"{answer['type']} {answer.get('code', '')}"


class Assault:
    """All bodies and frames against one server, and what that did to it."""

    def __init__(self, server: Watched, session: str) -> None:
        self.server, self.session = server, session
        self.worst: dict[str, tuple[Gap, int]] = {}
        self.answers: dict[str, int | str] = {}
        self._stalls, self._memory = Stalls(server), Memory(server.pid)

    def bodies(self, hostile: dict[str, Hostile]) -> None:
        headers = {"Content-Type": "application/json"}
        for name, body in hostile.items():
            one = Stalls(self.server)
            answer = self.server.request("POST", f"/api/session/{self.session}", data=body.text, headers=headers)
            self.answers[name] = answer.status_code
            if answer.status_code != 200:
                assert answer.json()["message"].endswith("."), name
            self._note(name, one)

    def frames(self, hostile: dict[str, Hostile]) -> None:
        for name, body in hostile.items():
            one = Stalls(self.server)
            self.answers[f"{name}, a frame"] = say(self.server, self.session, name, body.text)
            self._note(f"{name}, a frame", one)

    def floods(self) -> None:
        for chunked in (False, True):
            one = Stalls(self.server)
            status = flood(self.server, self.session, chunked=chunked)
            assert b" 413 " in status or b" 400 " in status or not status, status
            self._note(f"{FLOOD_BYTES // MB} MB{' in chunks' if chunked else ''}", one)

    def _note(self, name: str, one: Stalls) -> None:
        self.worst[name] = one.longest(), self.grown

    @property
    def longest(self) -> Gap:
        return self._stalls.longest()

    @property
    def grown(self) -> int:
        return self._memory.grown()


def begin(folder: Path, *modules: str) -> tuple[Watched, str]:
    server = Watched(folder, "heartbeat", *modules)
    server.start()
    return server, server.create()


@pytest.fixture(scope="module")
def hostile() -> dict[str, Hostile]:
    return {name: make() for name, make in HOSTILE.items()}


@pytest.fixture(scope="module")
def to_read(tmp_path_factory: pytest.TempPathFactory, hostile: dict[str, Hostile]) -> tuple[int, int]:
    """By how many bytes a server grows that reads all these bodies and does nothing; and then all these frames."""
    server = Watched(tmp_path_factory.mktemp("reads"), "heartbeat", "onlyreads")
    server.leave_out("session_state_ext")
    server.start()
    assault = Assault(server, "plain")
    assault.bodies(hostile)
    bodies = assault.grown
    assault.frames(hostile)
    grown = assault.grown
    server.stop()
    # A text that is none is refused by tornado itself.
    unread = {name for name, answer in assault.answers.items() if answer not in (422, "reject read")}
    assert unread == {"not UTF-8, a frame"}
    return bodies, grown


def test_hostile_bodies_and_frames_are_refused(
    tmp_path: Path, hostile: dict[str, Hostile], to_read: tuple[int, int]
) -> None:
    server, session = begin(tmp_path / "server")
    was = server.state(session)["meta"]["revision"]
    idle = Stalls(server)
    time.sleep(1)
    baseline = idle.longest()
    assault = Assault(server, session)
    assault.bodies(hostile)
    bodies = assault.grown
    assault.frames(hostile)
    assault.floods()
    longest, grown = assault.longest, assault.grown
    state = server.state(session)
    server.stop()
    read_bodies, read = to_read
    stalled = stall_on_the_loop(tmp_path / "loop")
    for name, (gap, size) in assault.worst.items():
        print(f"  {name}: {gap.seconds * 1000:.0f} ms, computing {gap.busy * 1000:.0f} ms; memory +{size / MB:.0f} MB")
    print(
        f"{2 * len(hostile) + 2} hostile bodies and frames: event loop stalled {longest.seconds * 1000:.0f} ms at most, of it "
        f"computing {longest.busy * 1000:.0f} ms (idle {baseline.seconds * 1000:.0f} ms; {STALLED_SECONDS * 1000:.0f} ms are aimed "
        f"for; on the loop {stalled * 1000:.0f} ms); memory +{bodies / MB:.0f} MB by bodies, +{grown / MB:.0f} MB with frames "
        f"({MEMORY_BYTES // MB} MB are aimed for), where only to read them takes +{read_bodies / MB:.0f} and +{read / MB:.0f} MB"
    )
    for name, body in hostile.items():
        assert assault.answers[name] in body.statuses, (name, assault.answers[name])
        came = str(assault.answers[f"{name}, a frame"])
        refused = came.startswith(("reject", "error", "closed 1009", "closed 1007"))
        assert refused or body.statuses[0] == 200, (name, came)
    assert set(state["variables"]) <= {"a"}
    assert state["meta"]["revision"] <= was + 2
    assert grown < read + MEMORY_BYTES
    # Of the server's own computing: what other processes of this machine add is not the product's.
    assert min(longest.seconds, longest.busy) < stalled * STALLED_SHARE


def stall_on_the_loop(folder: Path) -> float:
    """The opposite: for how many seconds a server computes that checks a body by the decoder in C, on its event loop."""
    server, session = begin(folder, "ontheloop")
    stalls = Stalls(server)
    body = b'{"variables": {"a": [' + b"{}," * (12 * MB // 3) + b"{}]}}"
    server.request("POST", f"/api/session/{session}", data=body, headers={"Content-Type": "application/json"})
    longest = stalls.longest()
    server.stop()
    return min(longest.seconds, longest.busy)


def test_a_server_that_keeps_what_it_was_sent_is_found_out(
    tmp_path: Path, hostile: dict[str, Hostile], to_read: tuple[int, int]
) -> None:
    """The opposite: the same bodies and frames, none of which is let go."""
    server, session = begin(tmp_path / "server", "hoarding")
    assault = Assault(server, session)
    assault.bodies(hostile)
    assault.frames(hostile)
    grown = assault.grown
    server.stop()
    _, read = to_read
    print(f"what was sent is kept: memory +{grown / MB:.0f} MB, where only to read it takes +{read / MB:.0f} MB")
    assert grown > read + MEMORY_BYTES
