"""The live channel as its clients see it, over real WebSockets."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from tornado.websocket import WebSocketClosedError

from tests.server.conftest import Channel, Rest

Connect = Callable[..., Awaitable[Channel]]


async def test_hello_and_one_change(rest: Rest, channel: Connect, session: str) -> None:
    ann, bob = await channel(session), await channel(session)
    welcome = await ann.hello("A")
    assert (welcome["mode"], welcome["revision"], welcome["lastSeq"], welcome["lastAnswer"]) == ("snapshot", 1, 0, None)
    (row,) = welcome["variables"]
    assert (row["name"], row["value"], row["revision"]) == ("lr", 0.1, 1)
    assert welcome["limits"]["valueBytes"] == 1024 * 1024
    await bob.hello("B")

    ack = await ann.set(1, base=1, lr=0.2)
    assert (ack["type"], ack["seq"], ack["revision"], ack["conflicts"]) == ("ack", 1, 2, [])
    change = await bob.hear()
    assert (change["type"], change["revision"], change["tip"]) == ("change", 2, ack["tip"])
    assert (change["client"], change["base"], change["at"]) == ("A", 1, ack["at"])
    assert change["ops"] == [{"op": "set", "name": "lr", "value": 0.2}]
    assert change["origin"] == {"kind": "panel", "client": "A"}
    assert (await rest("GET", session)).json["variables"] == {"lr": 0.2}

    await rest("POST", session, body={"variables": {"lr": 0.3}})
    assert (await ann.hear())["revision"] == (await bob.hear())["revision"] == 3


async def test_everybody_sees_every_change_once_and_in_order(channel: Connect, session: str) -> None:
    clients = [await channel(session) for _ in range(5)]
    for number, client in enumerate(clients):
        await client.hello(f"C{number}")

    async def write(number: int, client: Channel) -> list[int]:
        for seq in range(1, 21):
            await client.set(seq, hear=False, **{f"v{number}": seq})
        revisions: list[int] = []
        while len(revisions) < 100:
            revisions.append((await client.hear("change", "ack"))["revision"])
        return revisions

    for seen in await asyncio.gather(*(write(number, client) for number, client in enumerate(clients))):
        assert seen == list(range(2, 102))


async def test_frames_of_every_length_arrive_whole(channel: Connect, session: str) -> None:
    """Around the lengths at which a WebSocket's header grows (RFC 6455, 5.2): 126 and 65,536 bytes."""
    ann, bob = await channel(session), await channel(session)
    await ann.hello("A")
    await bob.hello("B")
    for length in range(1, 129):
        await ann.say("barrier", id="i" * length)
        assert (await ann.hear("barrier"))["id"] == "i" * length
    await ann.set(1, text="")
    around = len(json.dumps(await bob.hear("change"), separators=(",", ":")))
    assert around > 126
    for seq, length in enumerate(range(65_536 - around - 20, 65_536 - around + 20), 2):
        await ann.set(seq, text="x" * length)
        assert (await bob.hear("change"))["ops"][0]["value"] == "x" * length


async def test_a_lost_ack_and_a_delta(channel: Connect, session: str) -> None:
    ann, bob = await channel(session), await channel(session)
    first = await ann.hello("A")
    await bob.hello("B")
    ack = await ann.set(1, base=1, lr=0.5)
    ann.socket.close()
    await bob.set(1, base=2, n=1)

    again = await channel(session)
    seen = {"since": first["revision"], "tip": first["tip"], "epoch": first["epoch"]}
    welcome = await again.hello("A", **seen)
    assert welcome["mode"] == "delta"
    assert [change["revision"] for change in welcome["changes"]] == [2, 3]
    assert (welcome["lastSeq"], welcome["lastAnswer"]) == (1, ack)
    # It does not know that, and sends it again: same answer, no second change.
    assert await again.set(1, base=1, lr=0.5) == ack
    assert (await again.set(2, base=3, m=1))["revision"] == 4


async def test_the_same_number_with_another_body(rest: Rest, channel: Connect, session: str) -> None:
    ann = await channel(session)
    await ann.hello("A")
    await ann.set(1, base=1, lr=0.5)
    refused = await ann.set(1, base=1, lr=0.6)
    assert (refused["type"], refused["seq"], refused["code"]) == ("reject", 1, "seq-mismatch")
    assert (await rest("GET", session)).json["variables"] == {"lr": 0.5}
    gap = await ann.set(3, base=1, lr=0.6)
    assert (gap["type"], gap["code"]) == ("reject", "gap")
    assert "number 2" in gap["message"]
    assert (await ann.set(2, base=2, lr=0.6))["type"] == "ack"


async def test_what_cannot_be_stored_is_refused_by_its_number(rest: Rest, channel: Connect, session: str) -> None:
    ann, bob = await channel(session), await channel(session)
    await ann.hello("A")
    await bob.hello("B")
    cases: list[tuple[str, str]] = [
        ('{"op": "set", "name": "__proto__", "value": 1}', "invalid-name"),
        ('{"op": "set", "name": "a\\u0000", "value": 1}', "invalid-name"),
        ('{"op": "set", "name": "a", "value": "\\ud800"}', "invalid-value"),
        ('{"op": "set", "name": "a", "value": "%s"}' % ("x" * 2**20), "too-large"),
        ('{"op": "set", "name": "a", "value": %s}' % ("[" * 65 + "]" * 65), "limit-exceeded"),
        ('{"op": "explode", "name": "a"}', "invalid-frame"),
        ('{"op": "rename", "name": "nothing", "to": "b"}', "gone"),
    ]
    for seq, (op, code) in enumerate(cases, 1):
        text = f'{{"type": "mutate", "seq": {seq}, "base": 1, "ops": [{op}], "origin": {{"kind": "panel"}}}}'
        for _ in range(2):
            await ann.socket.write_message(text)
            reject = await ann.hear()
            assert (reject["type"], reject["seq"], reject["code"]) == ("reject", seq, code), reject
            assert reject["message"].endswith(".")
    after = await ann.set(len(cases) + 1, base=1, ok=1)
    assert (after["type"], after["revision"]) == ("ack", 2)
    assert (await bob.hear())["revision"] == 2
    assert (await rest("GET", session)).json["variables"] == {"lr": 0.1, "ok": 1}


async def test_a_ping_is_answered(channel: Connect, session: str) -> None:
    panel = await channel(session)
    await panel.hello("A")
    await panel.say("ping")
    assert await panel.hear() == {"type": "pong"}


async def test_a_frame_not_understood(channel: Connect, session: str) -> None:
    ann = await channel(session)
    await ann.hello("A")
    for text in (
        '{"type": "dance"}',
        "{",
        '{"type": "mutate"}',
        '{"type": "barrier"}',
        "[]",
        '{"type": "flushed", "id": 3}',
    ):
        await ann.socket.write_message(text)
        error = await ann.hear()
        assert (error["type"], error["code"]) == ("error", "invalid-frame"), text
    assert (await ann.set(1, base=1, lr=1))["type"] == "ack"


async def test_conflicts(channel: Connect, session: str) -> None:
    ann, bob = await channel(session), await channel(session)
    await ann.hello("A")
    await bob.hello("B")
    assert (await ann.set(1, base=1, lr=0.2))["conflicts"] == []
    ack = await bob.set(1, base=1, lr=0.3)
    (conflict,) = ack["conflicts"]
    assert (conflict["name"], conflict["theirs"], conflict["base"]) == ("lr", 0.2, 0.1)
    assert conflict["origin"]["client"] == "A"
    # Ann's own last write is no conflict to her, though her base is older.
    assert (await ann.hear("change"))["base"] == 1
    assert (await bob.set(2, base=1, lr=0.4))["conflicts"] == []


async def test_if_revision(channel: Connect, session: str) -> None:
    ann, bob = await channel(session), await channel(session)
    await ann.hello("A")
    await bob.hello("B")
    await ann.set(1, base=1, lr=0.2)
    op = {"op": "set", "name": "lr", "value": 0.3, "ifRevision": 1}
    await bob.say("mutate", seq=1, base=1, ops=[op], origin={"kind": "panel"})
    reject = await bob.hear("reject")
    assert (reject["code"], reject["name"], reject["theirs"], reject["revision"]) == ("conflict", "lr", 0.2, 2)
    await bob.say("mutate", seq=2, base=1, ops=[{**op, "ifRevision": 2}], origin={"kind": "panel"})
    assert (await bob.hear("ack", "reject"))["type"] == "ack"
    await ann.say(
        "mutate", seq=2, base=1, ops=[{"op": "set", "name": "n", "value": 1, "ifRevision": 3}], origin={"kind": "panel"}
    )
    reject = await ann.hear("reject")
    assert "theirs" not in reject
    assert reject["revision"] == 0


async def test_gone_and_renamed(rest: Rest, channel: Connect, session: str) -> None:
    await rest("POST", session, body={"variables": {"a": 1, "b": 2}})
    ann, bob = await channel(session), await channel(session)
    await ann.hello("A")
    await bob.hello("B")
    ops = [{"op": "delete", "name": "a"}, {"op": "rename", "name": "b", "to": "c"}]
    await ann.say("mutate", seq=1, base=2, ops=ops, origin={"kind": "panel"})
    await ann.hear("ack")
    gone = await bob.set(1, base=2, a=9)
    assert (gone["code"], gone["name"]) == ("gone", "a")
    renamed = await bob.set(2, base=2, b=9)
    assert (renamed["code"], renamed["name"], renamed["to"]) == ("renamed", "b", "c")
    assert (await bob.set(3, base=3, a=9))["type"] == "ack", "knowing of it, it may be written anew"
    assert (await rest("GET", session)).json["variables"] == {"lr": 0.1, "a": 9, "c": 2}


async def test_barrier_waits_for_an_editor_that_answers(channel: Connect, session: str) -> None:
    ann, kernel = await channel(session), await channel(session)
    await ann.hello("A")
    await kernel.hello("K")
    await ann.say("dirty", dirty=True)
    assert (await kernel.hear("meta"))["meta"]["isDirty"] is True
    await kernel.say("barrier", id="b1")
    flush = await ann.hear("flush")
    await ann.set(1, base=1, hear=False, lr=0.7)
    await ann.say("flushed", id=flush["id"], invalid=[{"name": "n", "text": "0,01"}])
    assert (await kernel.hear("change", "barrier"))["revision"] == 2, "the change comes before the answer"
    done = await kernel.hear("barrier")
    assert done == {
        "type": "barrier",
        "id": "b1",
        "revision": 2,
        "late": [],
        "invalid": [{"name": "n", "text": "0,01"}],
    }


class TestLate:
    @pytest.fixture
    def limits(self) -> dict[str, Any]:
        return {"flush_timeout": 0.05}

    async def test_an_editor_that_is_late(self, channel: Connect, session: str) -> None:
        ann, kernel = await channel(session), await channel(session)
        await ann.hello("A", dirty=True)
        await kernel.hello("K")
        await kernel.say("barrier", id="b1")
        assert (await kernel.hear("barrier"))["late"] == ["A"]
        await ann.hear("flush")
        # Not asked again, until it sends something.
        await kernel.say("barrier", id="b2")
        assert (await kernel.hear("barrier"))["late"] == ["A"]
        await ann.set(1, base=1, hear=False, lr=1)
        assert (await ann.hear())["type"] == "ack", "no second flush before it"
        await kernel.say("barrier", id="b3")
        assert (await ann.hear("flush", "barrier"))["type"] == "flush"
        await kernel.hear("barrier")

    async def test_an_editor_whose_connection_dropped(self, channel: Connect, session: str) -> None:
        ann, bob, kernel = await channel(session), await channel(session), await channel(session)
        await kernel.hello("K")
        await bob.hello("B", dirty=False)
        await ann.hello("A", dirty=True)
        await kernel.hear("meta")
        ann.socket.close()
        assert (await kernel.hear("meta"))["meta"]["isDirty"] is False
        await kernel.say("barrier", id="b1")
        assert (await kernel.hear("barrier"))["late"] == ["A"]
        again = await channel(session)
        await again.hello("A", dirty=False)
        await kernel.say("barrier", id="b2")
        assert (await kernel.hear("barrier"))["late"] == []

    async def test_nobody_is_waited_for_without_need(self, channel: Connect, session: str) -> None:
        ann, bob = await channel(session), await channel(session)
        await ann.hello("A", dirty=True)
        await bob.hello("B")
        await ann.say("barrier", id="own")
        assert (await ann.hear("flush", "barrier"))["type"] == "barrier", "who asks is not asked"
        await bob.say("barrier", id="b")
        assert (await bob.hear("barrier"))["late"] == ["A"]


async def test_a_newer_connection_of_a_client_replaces_the_older(channel: Connect, session: str) -> None:
    old, new, other = await channel(session), await channel(session), await channel(session)
    await old.hello("A", dirty=True)
    await new.hello("A")
    assert await old.end() == 4409
    await other.hello("B")
    await other.say("barrier", id="b")
    assert (await other.hear("barrier"))["late"] == []
    await other.set(1, base=1, n=1)
    assert (await new.hear("change"))["revision"] == 2


async def test_delete_tells_everybody(rest: Rest, channel: Connect, session: str) -> None:
    ann = await channel(session)
    await ann.hello("A")
    await rest("DELETE", session)
    assert (await ann.hear("deleted")) == {"type": "deleted"}
    assert await ann.end() == 4404


async def test_a_new_name_is_told(rest: Rest, channel: Connect, session: str) -> None:
    ann = await channel(session)
    await ann.hello("A")
    await rest("PUT", session, "meta", body={"name": "sweep"})
    assert (await ann.hear("meta"))["meta"]["name"] == "sweep"


async def test_an_unborn_session_is_stored_with_its_first_change(rest: Rest, channel: Connect) -> None:
    session = (await rest("POST", "attach", body={"path": "a.ipynb"})).json["sessionId"]
    ann = await channel(session)
    assert (await ann.hello("A"))["revision"] == 0
    rejected = await ann.set(1, base=0, __proto__=1)
    assert rejected["type"] == "reject"
    assert (await rest("GET")).json["sessions"] == []
    assert (await ann.set(2, base=0, a=1))["revision"] == 1
    (stored,) = (await rest("GET")).json["sessions"]
    assert stored["sessionId"] == session
    assert stored["paths"][0].endswith("/a.ipynb")


async def test_the_first_frame_is_hello(channel: Connect, session: str) -> None:
    for text in ('{"type": "dirty", "dirty": true}', "nonsense", '{"type": "hello", "client": ""}'):
        one = await channel(session)
        await one.socket.write_message(text)
        assert await one.end() == 4400, text


class TestHelloTimeout:
    @pytest.fixture
    def limits(self) -> dict[str, Any]:
        return {"hello_timeout": 0.05}

    async def test_it_does_not_come(self, channel: Connect, session: str) -> None:
        assert await (await channel(session)).end() == 4408


async def test_a_frame_that_is_too_large_closes(channel: Connect, session: str) -> None:
    ann = await channel(session)
    await ann.hello("A")
    with suppress(WebSocketClosedError):
        await ann.socket.write_message('{"type": "dirty", "dirty": "' + "x" * (17 * 2**20) + '"}')
    assert await ann.end() in (1009, None)
    assert (await (await channel(session)).hello("A"))["revision"] == 1


async def test_steps_come_from_runs(rest: Rest, channel: Connect, session: str) -> None:
    ann = await channel(session)
    await ann.hello("A")
    run = {"id": "r1", "step": "train", "status": "running", "start": 5, "source": "sha256:aa", "outputs": ["loss"]}
    ops: list[Any] = [{"op": "run", "run": {**run, "inputs": {"lr": {"revision": 1, "value": 0.1}}}}]
    await ann.say("mutate", seq=1, base=1, ops=ops, origin={"kind": "step", "step": "train", "run": "r1"})
    assert (await ann.hear("ack"))["revision"] == 2
    done = {**run, "status": "done", "end": 9, "written": ["loss"], "inputs": {"lr": {"revision": 1, "value": 0.1}}}
    ops = [{"op": "set", "name": "loss", "value": 0.5}, {"op": "run", "run": done}]
    await ann.say("mutate", seq=2, base=2, ops=ops, origin={"kind": "step", "step": "train", "run": "r1"})
    assert (await ann.hear("ack"))["revision"] == 3
    (step,) = (await rest("GET", session, "steps")).json["steps"]
    assert (step["name"], step["inputs"], step["outputs"]) == ("train", ["lr"], ["loss"])
    assert (step["run"]["revision"], step["done"]["revision"], step["done"]["end"]) == (3, 3, 9)
    (one,) = (await rest("GET", session, "runs")).json["runs"]
    assert (one["status"], one["revision"]) == ("done", 3)
    told = {key: value for key, value in step.items() if key not in ("status", "why")}
    assert (await (await channel(session)).hello("B"))["steps"] == [told]

    # How it stands is told by its runs and the values, as `jupyter session steps` tells it.
    read = {"loss": {"revision": 3, "value": 0.5}}
    plot = {**run, "id": "r2", "step": "plot", "status": "done", "end": 9, "inputs": read, "outputs": []}
    await ann.say("mutate", seq=3, base=3, ops=[{"op": "run", "run": plot}], origin={"kind": "step"})
    await ann.hear("ack")

    async def stand() -> list[tuple[str, str]]:
        return [(one["status"], one["why"]) for one in (await rest("GET", session, "steps")).json["steps"]]

    assert await stand() == [("fresh", ""), ("fresh", "")]
    await rest("PUT", session, "variables", "lr", body={"value": 0.2})
    assert await stand() == [("stale", "lr changed"), ("stale", "train before it is stale")]
    await rest("PUT", session, "variables", "lr", body={"value": 1e-1})
    assert await stand() == [("fresh", ""), ("fresh", "")]
    failed = {**run, "id": "r3", "status": "failed", "error": {"type": "ValueError", "message": "no data", "line": 2}}
    await ann.say("mutate", seq=4, base=3, ops=[{"op": "run", "run": failed}], origin={"kind": "step"})
    await ann.hear("ack")
    assert (await stand())[0] == ("failed", "ValueError: no data")


async def test_small_frames_are_not_held_back(channel: Connect, session: str, jp_http_port: int) -> None:
    """Nagle's algorithm would add some 40 ms to every other frame: the system says at which sockets it is on.

    What it comes to in time, beside an echo through the same server, is a row of `make bench`.
    """
    ann, bob = await channel(session), await channel(session)
    await ann.hello("A")
    await bob.hello("B")
    await until(lambda: held_back(jp_http_port) == [False, False])
    # One that has said nothing yet is as the system makes it: so it can be told.
    _, silent = await asyncio.open_connection("127.0.0.1", jp_http_port)
    await until(lambda: held_back(jp_http_port) == [False, False, True])
    silent.close()


def held_back(port: int) -> list[bool]:
    """Of the server's end of each connection, whether small pieces wait there."""
    found = []
    for descriptor in map(int, os.listdir("/dev/fd")):
        # What is gone, is no socket or only listens has no place here.
        with suppress(OSError):
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            with socket.socket(fileno=os.dup(descriptor)) as end:
                if end.getsockname()[1:2] == (port,) and end.getpeername():
                    found.append(not end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    return sorted(found)


async def until(come: Callable[[], bool]) -> None:
    for _ in range(500):
        if come():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to that")


async def test_a_client_that_does_not_read_costs_others_nothing(
    channel: Connect,
    session: str,
    jp_http_port: int,
    jp_base_url: str,
    jp_auth_header: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("session_state_ext.server.channel._QUEUE_BYTES", 2**20)
    loop = asyncio.get_running_loop()
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.setblocking(False)
    await loop.sock_connect(slow, ("127.0.0.1", jp_http_port))
    upgrade = (
        f"GET {jp_base_url}api/session/{session}/channel HTTP/1.1\r\nHost: localhost:{jp_http_port}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: {jp_auth_header['Authorization']}\r\n\r\n"
    )
    await loop.sock_sendall(slow, upgrade.encode())
    assert b"101" in await loop.sock_recv(slow, 4096)
    hello = b'{"type":"hello","client":"slow"}'
    await loop.sock_sendall(slow, bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello)

    ann, bob = await channel(session), await channel(session)
    await ann.hello("A")
    await bob.hello("B", dirty=False)
    await ann.say("barrier", id="joined")
    await ann.hear("barrier")
    big = "x" * 900_000
    for seq in range(1, 13):
        assert (await ann.set(seq, base=1, big=f"{seq}{big}"))["type"] == "ack"
        assert (await bob.hear("change"))["revision"] == seq + 1
    # 10 MB later it is gone: reading to the end, there is an end, and it did not get everything.
    got = 0
    while chunk := await asyncio.wait_for(loop.sock_recv(slow, 1 << 20), 10):
        got += len(chunk)
    assert got < 10_000_000
    slow.close()
    assert (await ann.set(13, base=1, big=""))["type"] == "ack"
