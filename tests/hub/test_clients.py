"""Clients that have not been here for a month are forgotten, and what they sent still counts once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from session_state_ext.hub import LOCAL, Hub
from session_state_ext.hub.batch import Batch
from session_state_ext.hub.caretaker import forget
from tests.inprocess import API, Client, opened, sets, story, values

DAY = 24 * 3600 * 1000


async def known(hub: Hub, session_id: str) -> set[str]:
    def look(batch: Batch) -> set[str]:
        names = ("panel", "other", "kernel")
        return {name for name in names if batch.transaction.client(session_id, name) is not None}

    return await hub.work(look, lambda found: found, writes=False)


async def in_days(hub: Hub, days: int) -> None:
    """The round of the caretaker, so many days from now."""
    await forget(hub, time.time_ns() // 1_000_000 + days * DAY)


async def tab(hub: Hub, session_id: str, name: str, value: int) -> Client:
    client = Client(hub, session_id, name)
    await client.hello()
    await client.set(1, **{name: value})
    await client.hear("ack")
    return client


@story
async def test_who_is_away_for_a_month_is_forgotten_and_who_is_connected_never(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        gone, _ = await tab(hub, session, "panel", 1), await tab(hub, session, "other", 2)
        await gone.connection.closed()
        await in_days(hub, 29)
        assert await known(hub, session) == {"panel", "other"}
        await in_days(hub, 31)
        assert await known(hub, session) == {"other"}
        # Its age counts from when it was last connected, also for another process.
        async with opened(file) as another:
            await in_days(another, 40)
            assert await known(another, session) == {"other"}


@story
async def test_what_came_twice_over_a_month_counts_once(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.create(LOCAL, ops=sets(lr=1))).session.id
        panel = Client(hub, session, "panel")
        await panel.hello()
        await panel.set(1, base=1, lr=2)
        await panel.hear("ack")
        # Its ack was lost on the way, and the machine slept for a month.
        await panel.set(2, base=2, lr=3)
        await panel.connection.closed()
        await hub.write(LOCAL, session, sets(lr=9), origin=API)
        await in_days(hub, 31)

        again = Client(hub, session, "panel")
        welcome: dict[str, Any] = await again.hello(since=2, epoch=None, tip=None)
        assert (welcome["lastSeq"], welcome["lastAnswer"]) == (0, None)
        await again.set(2, base=2, lr=3)
        assert (await again.hear("reject"))["code"] == "gap", "the old number is not taken"
        # As the clients do then: numbered anew, on the condition that it is as it was.
        ops = [{"op": "set", "name": "lr", "value": 3, "ifRevision": 2}]
        await again.say("mutate", seq=1, base=2, ops=ops, origin={"kind": "panel"})
        refused = await again.hear("reject")
        assert (refused["code"], refused["theirs"]) == ("conflict", 9)
        assert await values(hub, session) == {"lr": 9}
