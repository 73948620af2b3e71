"""What the proofs hold against the product: a server to kill, a client of its channel, a seed that is printed."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import websocket
from urllib3.exceptions import NewConnectionError

from tests.jupyter import Jupyter

#: `make torture` runs the long form.
LONG = os.environ.get("TORTURE") == "long"

#: What a client sees of a server that was killed under it.
BROKEN = (requests.RequestException, websocket.WebSocketException, OSError)


def never_sent(error: BaseException) -> bool:
    """Whether nobody was there to take the request: then nothing can have come of it."""
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


def seed(name: str) -> random.Random:
    """Chance for one proof: settled in CI's short form, fresh and printed otherwise; TORTURE_SEED repeats one."""
    settled = os.environ.get("TORTURE_SEED") or (None if LONG else "1")
    number = int(settled) if settled else random.SystemRandom().randrange(2**32)
    print(f"{name}: TORTURE_SEED={number}")
    return random.Random(f"{name} {number}")


class Server(Jupyter):
    """A Jupyter server with the extension and no front end."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "server")
        # What else is installed here would only make it slower to start.
        others = ("jupyter_lsp", "jupyter_server_terminals", "jupyterlab", "notebook", "notebook_shim")
        settings = {"ServerApp": {"jpserver_extensions": dict.fromkeys(others, False)}}
        (folder / "config" / "jupyter_server_config.json").write_text(json.dumps(settings))
        self.ready_after: list[float] = []

    def crash(self) -> None:
        """kill -9: nothing is flushed, closed or said."""
        self.stop(signal.SIGKILL)

    def restart(self) -> None:
        begun = time.monotonic()
        self.start()
        self.ready_after.append(time.monotonic() - begun)

    def create(self) -> str:
        answer = self.request("POST", "/api/session", json={"name": "torture"})
        answer.raise_for_status()
        return str(answer.json()["sessionId"])

    def state(self, session: str) -> dict[str, Any]:
        answer = self.request("GET", f"/api/session/{session}")
        answer.raise_for_status()
        return dict(answer.json())

    @contextmanager
    def channel(self, session: str, client: str, **hello: Any) -> Iterator[Channel]:
        channel = Channel(self, session)
        try:
            channel.say({"type": "hello", "client": client, **hello})
            yield channel
        finally:
            channel.socket.close()


class Channel:
    """One connection of one client."""

    def __init__(self, server: Server, session: str) -> None:
        self.socket = websocket.create_connection(
            f"ws://127.0.0.1:{server.port}/api/session/{session}/channel",
            header=[f"Authorization: token {server.token}"],
            timeout=30,
            http_no_proxy=["127.0.0.1"],
            # In pure Python it takes longer than everything else; json.loads would notice.
            skip_utf8_validation=True,
        )

    def say(self, frame: dict[str, Any]) -> None:
        self.socket.send(json.dumps(frame))

    def hear(self, *kinds: str) -> dict[str, Any]:
        """The next frame of one of these kinds."""
        while True:
            text = self.socket.recv()
            if not text:
                raise websocket.WebSocketConnectionClosedException("closed")
            frame = dict(json.loads(text))
            if frame["type"] in kinds:
                return frame


def mutate(seq: int, base: int, **variables: Any) -> dict[str, Any]:
    ops = [{"op": "set", "name": name, "value": value} for name, value in variables.items()]
    return {"type": "mutate", "seq": seq, "base": base, "ops": ops, "origin": {"kind": "api"}}
