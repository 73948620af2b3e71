"""A notebook with a kernel, and cells that are run in it as a browser would: through the server, with history."""

from __future__ import annotations

import json
import uuid
from types import TracebackType
from typing import Any

import websocket

from .peers import Server


class Notebook:
    """One notebook of a running server. A context manager."""

    def __init__(self, server: Server, name: str) -> None:
        path = server.notebook(name, ["pass"])
        asked = {"path": path, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        answer = server.request("POST", "/api/sessions", json=asked)
        answer.raise_for_status()
        kernel = answer.json()["kernel"]["id"]
        self.session = str(server.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"])
        self._channel = websocket.create_connection(
            f"ws://127.0.0.1:{server.port}/api/kernels/{kernel}/channels",
            header=[f"Authorization: token {server.token}"],
            timeout=90,
            http_no_proxy=["127.0.0.1"],
        )

    def __enter__(self) -> Notebook:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._channel.close()

    def run(self, code: str) -> str:
        """What a cell shows: what it printed, its value, its error."""
        asked = uuid.uuid4().hex
        header = {"msg_id": asked, "msg_type": "execute_request", "session": asked, "username": "ann", "version": "5.4"}
        content: dict[str, Any] = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        request = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
        self._channel.send(json.dumps(request))
        shown = ""
        while True:
            message = json.loads(self._channel.recv())
            if message["parent_header"].get("msg_id") != asked:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                shown += content["text"]
            elif message["msg_type"] in ("display_data", "execute_result"):
                shown += content["data"].get("text/plain", "")
            elif message["msg_type"] == "error":
                shown += "\n".join(content["traceback"])
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return shown
