"""One client's side of the live channel, held in process as a kernel without a server holds it."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from session_state_ext.hub import LOCAL, Hub
from session_state_ext.hub.live import _LOST_SECONDS
from tests.inprocess import API, Client, opened, sets, story


def kernel_client(hub: Hub, session_id: str, name: str, kernel: str, **options: Any) -> Client:
    """As kernel/link.py holds it."""
    return Client(hub, session_id, name, role="kernel", kernel=kernel, user="ada", **options)


@story
async def test_what_a_kernel_writes_says_so(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.notebooks.attach(LOCAL, "/a.ipynb")).session_id
        kernel, panel = kernel_client(hub, session, "K", "k-1"), Client(hub, session, "P")
        await kernel.hello(dirty=True)
        await panel.hello()
        run = {"id": "r", "step": "train", "status": "running", "start": 1, "kernel": "somebody else's"}
        ops = [{"op": "set", "name": "a", "value": 1}, {"op": "run", "run": run}]
        await kernel.say("mutate", seq=1, base=0, ops=ops, origin={"kind": "step", "step": "train", "run": "r"})
        change = await panel.hear()
        assert change["origin"] == {
            "kind": "step",
            "user": "ada",
            "client": "K",
            "kernel": "k-1",
            "step": "train",
            "run": "r",
        }
        assert change["ops"][1]["run"]["kernel"] == "k-1"
        assert (await kernel.hear())["type"] == "ack"
        # Never asked to flush, whatever it said.
        await panel.say("barrier", id="b")
        assert (await panel.hear("barrier"))["late"] == []

        await hub.runs.interrupt("k-1", before=0)
        await hub.runs.interrupt("another")
        assert panel.frames.empty()
        await hub.runs.interrupt("k-1")
        assert (await panel.hear())["ops"][0]["run"]["status"] == "interrupted"
        await hub.runs.interrupt("k-1")
        assert panel.frames.empty()


@story
async def test_a_run_that_ends_while_its_kernel_is_mourned_keeps_its_end(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        kernel = kernel_client(hub, session, "K", "k-1")
        await kernel.hello(dirty=True)
        run = {"id": "r", "step": "train", "status": "running", "start": 1}
        await kernel.say("mutate", seq=1, base=0, ops=[{"op": "run", "run": run}], origin={"kind": "step"})
        mourning = asyncio.create_task(hub.runs.interrupt("k-1"))
        # It has asked which runs go on, and has no answer yet.
        await asyncio.sleep(0)
        ended = run | {"status": "done", "end": 2}
        await kernel.say("mutate", seq=2, base=1, ops=[{"op": "run", "run": ended}], origin={"kind": "step"})
        await mourning
        assert [each.status for each in await hub.runs.of(LOCAL, session)] == ["done"]


@story
async def test_runs_of_a_process_without_a_server_are_running_while_it_lives(file: Path) -> None:
    async with opened(file) as hub, opened(file) as other:
        session = (await hub.create(LOCAL)).session.id
        process = hub.processes.enter()
        assert process is not None
        kernel = kernel_client(hub, session, "K", process.id)
        await kernel.hello(dirty=True)
        run = {"id": "r", "step": "train", "status": "running", "start": 1}
        await kernel.say("mutate", seq=1, base=0, ops=[{"op": "run", "run": run}], origin={"kind": "step"})
        await kernel.hear("ack")
        await other.runs.bury()
        assert [each.status for each in await other.runs.of(LOCAL, session)] == ["running"]
        assert await other.runs.kernels() == [], "a server that starts does not take it for a kernel of its own"
        del process  # and with it the lock, as when a process is killed
        await other.runs.bury()
        assert [each.status for each in await other.runs.of(LOCAL, session)] == ["interrupted"]


@story
async def test_frames_after_the_end_are_nothing(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        client = Client(hub, session, "A")
        await client.hello()
        await client.set(1, a=1)
        await client.connection.closed()
        await client.connection.closed()
        await client.set(2, a=2)
        async with hub.use(LOCAL, session) as live:
            assert live.listeners == {}
        again = Client(hub, session, "A")
        welcome = await again.hello()
        assert (welcome["lastSeq"], welcome["revision"]) == (1, 1), "what was received is committed"


@story
async def test_delta_or_snapshot(file: Path) -> None:
    async with opened(file) as hub:
        made = await hub.create(LOCAL, ops=sets(a=0))
        first = made.session
        second = (await hub.write(LOCAL, first.id, sets(a=1), origin=API)).session
        seen = {"since": 1, "tip": first.tip, "epoch": first.epoch}
        for number, (said, mode, count) in enumerate(
            [
                (seen, "delta", 1),
                ({**seen, "since": 2, "tip": second.tip}, "delta", 0),
                ({**seen, "tip": "of another history"}, "snapshot", 1),
                ({**seen, "epoch": "another"}, "snapshot", 1),
                ({**seen, "since": 3}, "snapshot", 1),
                ({**seen, "since": -1}, "snapshot", 1),
                ({**seen, "tip": None}, "snapshot", 1),
                ({}, "snapshot", 1),
            ]
        ):
            welcome = await Client(hub, first.id, f"C{number}").hello(**said)
            assert welcome["mode"] == mode, said
            assert len(welcome["changes" if mode == "delta" else "variables"]) == count


@story
async def test_a_long_absence_is_a_snapshot(file: Path) -> None:
    async with opened(file) as hub:
        made = await hub.create(LOCAL, ops=sets(a=-1))
        writes = [hub.write(LOCAL, made.session.id, sets(a=n), origin=API) for n in range(1100)]
        await asyncio.gather(*writes)
        seen = {"since": 1, "tip": made.session.tip, "epoch": made.session.epoch}
        welcome = await Client(hub, made.session.id, "A").hello(**seen)
        assert (welcome["mode"], len(welcome["variables"])) == ("snapshot", 1)


@story
async def test_a_delta_is_no_larger_than_a_frame_can_be(file: Path) -> None:
    """One large variable, written again and again: what it is now is small beside all that it was."""
    async with opened(file, session_bytes=50_000) as hub:
        made = await hub.create(LOCAL, ops=sets(a=0))
        seen = {"since": 1, "tip": made.session.tip, "epoch": made.session.epoch}
        for number in range(10):
            await hub.write(LOCAL, made.session.id, sets(a=f"{number}" * 40_000), origin=API)
            welcome = await Client(hub, made.session.id, f"C{number}").hello(**seen)
            carried = 40_000 * (number + 1)
            assert welcome["mode"] == ("delta" if carried < hub.limits.message_bytes else "snapshot")
            assert len(json.dumps(welcome)) < hub.limits.message_bytes
        assert welcome["variables"][0]["value"] == "9" * 40_000


@story
async def test_a_lost_editor_is_late_for_a_while(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        editor, kernel = Client(hub, session, "E"), kernel_client(hub, session, "K", "k")
        await editor.hello(dirty=True)
        await kernel.hello()
        await editor.connection.closed()
        await kernel.say("barrier", id="1")
        assert (await kernel.hear("barrier"))["late"] == ["E"]
        async with hub.use(LOCAL, session) as live:
            live.lost["E"] -= _LOST_SECONDS
        await kernel.say("barrier", id="2")
        assert (await kernel.hear("barrier"))["late"] == []


@story
async def test_a_lost_editor_is_late_for_whoever_connects_next(file: Path) -> None:
    """Nobody else was connected, and the replica would have been let go of by then."""
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        editor = Client(hub, session, "E")
        await editor.hello(dirty=True)
        await editor.connection.closed()
        hub.drop_idle(time.monotonic() + 31)
        kernel = kernel_client(hub, session, "K", "k")
        await kernel.hello()
        await kernel.say("barrier", id="1")
        assert (await kernel.hear("barrier"))["late"] == ["E"]
        await kernel.connection.closed()
        (live,) = hub.lives()
        live.lost["E"] -= _LOST_SECONDS
        hub.drop_idle(time.monotonic() + 31)
        assert hub.lives() == []


@story
async def test_an_editor_that_leaves_while_it_is_asked(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        editor, kernel = Client(hub, session, "E"), kernel_client(hub, session, "K", "k", flush_timeout=60)
        await editor.hello(dirty=True)
        await kernel.hello()
        await kernel.say("barrier", id="1")
        await editor.hear("flush")
        await editor.connection.closed()
        assert (await kernel.hear("barrier"))["late"] == ["E"], "at once, not after the 60 s"


@story
async def test_many_barriers_at_once(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        editor = Client(hub, session, "E")
        await editor.hello(dirty=True)
        kernels = [kernel_client(hub, session, f"K{n}", f"k{n}", flush_timeout=60) for n in range(3)]
        for kernel in kernels:
            await kernel.hello()
            await kernel.say("barrier", id="same")
        flushes = [await editor.hear("flush") for _ in kernels]
        assert len({flush["id"] for flush in flushes}) == 3
        await editor.set(1, a=1)
        for flush in flushes:
            await editor.say("flushed", id=flush["id"], invalid=[])
        for kernel in kernels:
            assert await kernel.hear("barrier") == {
                "type": "barrier",
                "id": "same",
                "revision": 1,
                "late": [],
                "invalid": [],
            }


@story
async def test_a_second_hello_is_a_mistake(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        client = Client(hub, session, "A")
        await client.hello()
        await client.say("hello", client="A")
        assert (await client.hear())["code"] == "invalid-frame"


@story
async def test_a_base_from_the_future_is_the_present(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        client, other = Client(hub, session, "A"), Client(hub, session, "B")
        await client.hello()
        await other.hello()
        await client.set(1, base=99, a=1)
        assert (await client.hear("ack"))["conflicts"] == []


@story
async def test_an_unborn_client_keeps_its_numbers_through_birth(file: Path) -> None:
    """Numbers of refused changes are in memory until the session is stored, then with it."""
    async with opened(file) as hub:
        session = (await hub.notebooks.attach(LOCAL, "/a.ipynb")).session_id
        one, two = Client(hub, session, "A"), Client(hub, session, "B")
        await one.hello()
        await two.hello()
        await one.set(1, __proto__=1)
        assert (await one.hear())["type"] == "reject"
        await two.set(1, b=1)
        assert (await two.hear("ack"))["revision"] == 1
    async with opened(file) as hub:
        assert (await Client(hub, session, "A").hello())["lastSeq"] == 1
        assert (await Client(hub, session, "B").hello())["lastAnswer"]["revision"] == 1


@story
async def test_an_owner_is_checked_at_hello(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create("user:ann")).session.id
        client = Client(hub, session, "A")
        await client.say("hello", client="A")
        assert await client.ended == 4404
        async with hub.use("user:ann", session) as live:
            assert replace(live.session, id=session) == live.session
            assert live.listeners == {}
