"""Many who listen, cut off all the time while the past is compacted: each sees every revision, once and in order."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from .peers import LONG, Server, mutate, seed
from .watched import Watched

SUBSCRIBERS = 50
WRITERS = 4
SECONDS = 180.0 if LONG else 5.0
PAUSE_SECONDS = 0.08

Values = dict[str, Any]
#: revision -> what it set
Truth = dict[int, tuple[str, Any]]


@asynccontextmanager
async def channel(server: Server, session: str, hello: dict[str, Any]) -> AsyncIterator[ClientConnection]:
    async with connect(
        f"ws://127.0.0.1:{server.port}/api/session/{session}/channel",
        additional_headers={"Authorization": f"token {server.token}"},
        proxy=None,
        compression=None,
        max_size=None,
        open_timeout=60,
        close_timeout=0.1,
    ) as socket:
        await socket.send(json.dumps({"type": "hello", **hello}))
        yield socket


class Subscriber:
    """Follows a session as the contract says, and writes down what it sees of it."""

    def __init__(self, server: Server, session: str, name: str, chance: random.Random) -> None:
        self.server, self.session, self.name, self.chance = server, session, name, chance
        self.known: dict[str, Any] = {}
        self.revision = -1
        self.values: Values = {}
        #: what it showed after each resume, and each change told live
        self.shown: list[tuple[int, Values]] = []
        self.told: list[tuple[int, list[Any]]] = []
        self.faults: list[str] = []
        self.modes: Counter[str] = Counter()
        self.resumed_after: list[float] = []

    async def follow(self, over: asyncio.Event) -> None:
        while not over.is_set():
            cut = asyncio.get_running_loop().time() + self.chance.uniform(0.5, 3)
            begun = time.monotonic()
            with suppress(WebSocketException, OSError, asyncio.TimeoutError):
                async with channel(self.server, self.session, {"client": self.name, **self.known}) as socket:
                    self.welcome(await self.hear(socket, "welcome"))
                    self.resumed_after.append(time.monotonic() - begun)
                    while (left := cut - asyncio.get_running_loop().time()) > 0:
                        self.change(await asyncio.wait_for(self.hear(socket, "change"), left))
                    socket.transport.abort()
            # Some are away for longer than the past is kept.
            await asyncio.sleep(self.chance.choice((0.0, 1.0)) * self.chance.random())

    async def catch_up(self) -> None:
        """One last resume."""
        async with channel(self.server, self.session, {"client": self.name, **self.known}) as socket:
            self.welcome(await self.hear(socket, "welcome"))

    async def hear(self, socket: ClientConnection, kind: str) -> dict[str, Any]:
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] == kind:
                return frame

    def welcome(self, frame: dict[str, Any]) -> None:
        self.modes[frame["mode"]] += 1
        if frame["revision"] < self.revision:
            self.faults.append(f"back from {self.revision} to {frame['revision']}")
        if frame["mode"] == "snapshot":
            self.values = {row["name"]: row["value"] for row in frame["variables"]}
        else:
            self.catch(frame["changes"])
        self.revision = frame["revision"]
        self.known = {"since": frame["revision"], "tip": frame["tip"], "epoch": frame["epoch"]}
        self.shown.append((self.revision, dict(self.values)))

    def catch(self, changes: list[dict[str, Any]]) -> None:
        revisions = [self.revision, *(change["revision"] for change in changes)]
        # A run's changes may have been joined meanwhile: then there are fewer, and the values say whether all is there.
        if any(later <= earlier for earlier, later in itertools.pairwise(revisions)):
            self.faults.append(f"a delta of {revisions}")
        for change in changes:
            self.apply(change)

    def change(self, frame: dict[str, Any]) -> None:
        if frame["revision"] != self.revision + 1:
            self.faults.append(f"{frame['revision']} after {self.revision}")
        self.apply(frame)
        self.revision = frame["revision"]
        self.known |= {"since": frame["revision"], "tip": frame["tip"]}
        self.told.append((self.revision, [(op["name"], op["value"]) for op in frame["ops"]]))

    def apply(self, change: dict[str, Any]) -> None:
        for op in change["ops"]:
            self.values[op["name"]] = op["value"]

    def wrong(self, truth: Truth) -> list[str]:
        """Whatever it saw that was not so."""
        was: dict[int, Values] = {}
        values: Values = {}
        for revision in range(max(truth) + 1):
            if revision in truth:
                name, value = truth[revision]
                values = values | {name: value}
            was[revision] = values
        wrong = [f"at {revision} it showed {shown}" for revision, shown in self.shown if shown != was[revision]]
        wrong += [f"{revision} was told as {ops}" for revision, ops in self.told if ops != [truth[revision]]]
        return self.faults + wrong


class Careless(Subscriber):
    """The opposite: it takes what comes after the welcome, and not what it missed before."""

    def catch(self, changes: list[dict[str, Any]]) -> None:
        pass


async def write(server: Server, session: str, number: int, over: asyncio.Event, truth: Truth) -> None:
    name = f"w{number}"
    # Half of them write as a training loop does; those changes are joined before they are forgotten.
    origin = {"kind": "step", "step": "train", "run": name} if number % 2 else {"kind": "panel"}
    async with channel(server, session, {"client": name}) as socket:
        seq = 0
        while not over.is_set():
            seq += 1
            await socket.send(json.dumps(mutate(seq, 0, **{name: seq}) | {"origin": origin}))
            while (answer := json.loads(await socket.recv()))["type"] != "ack":
                assert answer["type"] != "reject", answer
            truth[answer["revision"]] = (name, seq)
            await asyncio.sleep(PAUSE_SECONDS)


async def watch(server: Server, session: str, subscribers: list[Subscriber], seconds: float) -> tuple[Truth, float]:
    """Lets them follow while there is writing; then how long until all of them were together, in seconds."""
    truth: Truth = {}
    writing, cutting = asyncio.Event(), asyncio.Event()
    following = [asyncio.create_task(one.follow(cutting)) for one in subscribers]
    writers = [asyncio.create_task(write(server, session, n, writing, truth)) for n in range(WRITERS)]
    await asyncio.sleep(seconds)
    writing.set()
    await asyncio.gather(*writers)
    cutting.set()
    await asyncio.gather(*following)
    begun = time.monotonic()
    await asyncio.gather(*(one.catch_up() for one in subscribers))
    return truth, time.monotonic() - begun


def told_of(
    folder: Path, kind: type[Subscriber], count: int, seconds: float, *modules: str
) -> tuple[list[Subscriber], Truth, float, Values]:
    chance = seed(f"subscribers {kind.__name__} {' '.join(modules)}")
    server = Watched(folder, "forgetful", *modules, history_limit=10)
    server.start()
    session = server.create()
    subscribers = [kind(server, session, f"s{n}", random.Random(chance.random())) for n in range(count)]
    truth, together = asyncio.run(watch(server, session, subscribers, seconds))
    state = server.state(session)
    server.stop()
    assert state["meta"]["revision"] == max(truth)
    return subscribers, truth, together, state["variables"]


def test_everybody_sees_every_revision_once_and_in_order(tmp_path: Path) -> None:
    subscribers, truth, together, variables = told_of(tmp_path / "server", Subscriber, SUBSCRIBERS, SECONDS)
    modes: Counter[str] = Counter()
    for one in subscribers:
        assert one.wrong(truth) == [], one.name
        assert one.revision == max(truth)
        assert one.values == variables
        modes += one.modes
    # Both ways back were taken.
    assert modes["delta"] > SUBSCRIBERS
    assert modes["snapshot"] > SUBSCRIBERS
    resumed = sorted(seconds for one in subscribers for seconds in one.resumed_after)
    print(
        f"{SUBSCRIBERS} subscribers, {len(truth)} changes, {len(resumed)} cuts ({dict(modes)}): no revision missing, twice or "
        f"backwards; resumed after {resumed[len(resumed) // 2] * 1000:.0f} ms, at most {resumed[-1]:.1f} s; "
        f"all together {together:.1f} s after the last cut"
    )


def test_one_who_forgets_what_it_missed_is_found_out(tmp_path: Path) -> None:
    # On a slow machine all may come back by snapshots, which hide it: then they go on.
    for turn in range(10):
        subscribers, truth, _, _ = told_of(tmp_path / f"server{turn}", Careless, 5, 3.0)
        if any(one.wrong(truth) for one in subscribers):
            return
    pytest.fail("nobody was found out in ten turns")


def test_a_server_that_drops_a_change_is_found_out(tmp_path: Path) -> None:
    subscribers, truth, _, _ = told_of(tmp_path / "server", Subscriber, 5, 3.0, "dropping")
    wrong = [fault for one in subscribers for fault in one.wrong(truth)]
    print(f"dropped changes: {len(wrong)} faults, the first: {wrong[0]}")
    assert wrong
