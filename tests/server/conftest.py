"""A Jupyter server with the extension, in this process, and short words to speak to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import tornado.websocket
from tornado.httpclient import HTTPResponse


class Answer(NamedTuple):
    status: int
    json: Any
    headers: Any

    @property
    def tag(self) -> str:
        return str(self.headers["ETag"])


Rest = Callable[..., Awaitable[Answer]]


@pytest.fixture
def limits() -> dict[str, Any]:
    """Traits of the extension for one test module; override it."""
    return {}


@pytest.fixture
def jp_server_config(tmp_path: Path, limits: dict[str, Any]) -> dict[str, Any]:
    return {
        "ServerApp": {"jpserver_extensions": {"session_state_ext": True}},
        "SessionStateExtension": {"store_url": f"sqlite:///{tmp_path / 'state' / 'sessions.db'}", **limits},
    }


@pytest.fixture
def rest(jp_fetch: Any) -> Rest:
    """``await rest("POST", id, "variables", "lr", body={...})``; any status is an answer."""

    async def ask(method: str, *path: str, body: Any = None, headers: Any = None, params: Any = None) -> Answer:
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        response: HTTPResponse = await jp_fetch(
            "api",
            "session",
            *path,
            method=method,
            body=body,
            headers=headers,
            params=params,
            allow_nonstandard_methods=True,
            raise_error=False,
        )
        is_json = response.body and response.headers["Content-Type"].startswith("application/json")
        return Answer(response.code, json.loads(response.body) if is_json else response.body, response.headers)

    return ask


class Channel:
    """A client of the live channel; frames are dicts."""

    def __init__(self, socket: tornado.websocket.WebSocketClientConnection) -> None:
        self.socket = socket

    async def say(self, type: str, **fields: Any) -> None:  # noqa: A002
        await self.socket.write_message(json.dumps({"type": type, **fields}))

    async def hear(self, *types: str) -> dict[str, Any]:
        """The next frame; with ``types``, the next of one of these."""
        while True:
            message = await asyncio.wait_for(self.socket.read_message(), 10)
            assert message is not None, f"closed: {self.socket.close_code} {self.socket.close_reason}"
            frame: dict[str, Any] = json.loads(message)
            if not types or frame["type"] in types:
                return frame

    async def hello(self, client: str, **fields: Any) -> dict[str, Any]:
        await self.say("hello", client=client, **fields)
        return await self.hear("welcome")

    async def set(self, seq: int, base: int = 0, *, hear: bool = True, **variables: Any) -> dict[str, Any]:
        ops = [{"op": "set", "name": name, "value": value} for name, value in variables.items()]
        await self.say("mutate", seq=seq, base=base, ops=ops, origin={"kind": "panel"})
        return await self.hear("ack", "reject") if hear else {}

    async def end(self) -> int | None:
        """The close code, once the server has closed."""
        while await asyncio.wait_for(self.socket.read_message(), 15) is not None:
            pass
        return self.socket.close_code


@pytest.fixture
def channel(
    jp_ws_fetch: Any, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> Iterator[Callable[..., Awaitable[Channel]]]:
    opened: list[Channel] = []

    async def connect(session_id: str, **options: Any) -> Channel:
        socket = await jp_ws_fetch("api", "session", session_id, "channel", **options)
        opened.append(Channel(socket))
        return opened[-1]

    async def close() -> None:
        for one in opened:
            one.socket.close()

    yield connect
    jp_asyncio_loop.run_until_complete(close())


@pytest.fixture
def session(rest: Rest, jp_asyncio_loop: asyncio.AbstractEventLoop) -> str:
    """The id of a stored session with lr = 0.1 at revision 1."""
    answer = jp_asyncio_loop.run_until_complete(rest("POST", body={"variables": {"lr": 0.1}}))
    return str(answer.json["sessionId"])
