"""A hub on a real store in this process, and clients whose frames are dicts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import Raw

from session_state_ext.hub import LOCAL, Hub
from session_state_ext.hub.connection import Connection
from session_state_ext.model import Op, Origin, Set
from session_state_ext.store.sql import SqlStore
from session_state_ext.wire import Limits

API = Origin(kind="api")


def sets(**values: Any) -> tuple[Op, ...]:
    return tuple(Set(name=name, value=Raw(json.dumps(value).encode())) for name, value in values.items())


async def values(hub: Hub, session_id: str) -> dict[str, Any]:
    async with hub.use(LOCAL, session_id) as live:
        return {name: json.loads(bytes(row.value)) for name, row in live.rows.items()}


class Client:
    """A connection whose frames are dicts."""

    def __init__(self, hub: Hub, session_id: str, name: str, **options: Any) -> None:
        self.name = name
        self.frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.connection = Connection(
            hub,
            LOCAL,
            session_id,
            **{"role": "editor", "user": None, **options},
            send=lambda frame: self.frames.put_nowait(json.loads(frame)),
            close=lambda code, _: self.ended.set_result(code),
        )

    async def say(self, type: str, **fields: Any) -> None:  # noqa: A002
        await self.connection.receive(json.dumps({"type": type, **fields}))

    async def hear(self, *types: str) -> dict[str, Any]:
        while True:
            frame = await asyncio.wait_for(self.frames.get(), 10)
            if not types or frame["type"] in types:
                return frame

    async def hello(self, **fields: Any) -> dict[str, Any]:
        await self.say("hello", client=self.name, **fields)
        return await self.hear("welcome")

    async def set(self, seq: int, base: int = 0, **variables: Any) -> None:
        ops = [{"op": "set", "name": name, "value": value} for name, value in variables.items()]
        await self.say("mutate", seq=seq, base=base, ops=ops, origin={"kind": "panel"})


@asynccontextmanager
async def opened(file: Path, store: SqlStore | None = None, **limits: Any) -> AsyncIterator[Hub]:
    hub = Hub(store or SqlStore(f"sqlite:///{file}"), limits=Limits(**limits))
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


def story(told: Callable[[Path], Awaitable[None]]) -> Callable[[Path], None]:
    """A test that is a coroutine, without a server."""

    def test(tmp_path: Path) -> None:
        async def tell() -> None:
            await asyncio.wait_for(told(tmp_path / "sessions.db"), 60)

        asyncio.run(tell())

    test.__name__, test.__doc__ = told.__name__, told.__doc__
    return test
