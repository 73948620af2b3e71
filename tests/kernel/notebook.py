"""A shell, a kernel and a panel, in the words of whoever sits before them."""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import os
import queue
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import websocket
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from traitlets.config import Config

from tests.jupyter import Jupyter

#: Patience, not speed.
PATIENCE = 60.0


def until(ready: Callable[[], bool]) -> None:
    """Wait for something that happens elsewhere."""
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@dataclass
class Ran:
    """What a cell left behind."""

    ok: bool
    #: all that was printed, shown and raised, as text
    text: str = ""
    html: str = ""
    #: the last expression's value: itself in a shell, its text in a kernel
    value: Any = None
    error: str | None = None
    seconds: float = 0.0
    parts: list[str] = field(default_factory=list)
    #: of a kernel: each part, with where it stands: stdout, stderr, or the type of its message
    shown: list[tuple[str, str]] = field(default_factory=list)


class Shell:
    """IPython in this process."""

    def __init__(self) -> None:
        InteractiveShell.clear_instance()
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        self.ip = InteractiveShell.instance(config=config)
        self.names: dict[str, Any] = self.ip.user_ns

    def run(self, code: str, *, cell: str | None = None) -> Ran:
        if InteractiveShell._instance is not self.ip:
            InteractiveShell._instance = self.ip  # several shells take turns
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            result = self.ip.run_cell(code, store_history=True, cell_id=cell)
        error = result.error_before_exec or result.error_in_exec
        return Ran(
            ok=result.success, text=out.getvalue(), value=result.result, error=None if error is None else str(error)
        )

    @property
    def session(self) -> Any:
        return self.names["session_state"]

    def close(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            self.ip.run_cell("%unload_ext session_state_ext")
        InteractiveShell.clear_instance()
        for name in ("get_ipython", "display"):
            if hasattr(builtins, name) and name == "get_ipython":
                delattr(builtins, name)


class Kernel:
    """An ipykernel in a process of its own."""

    def __init__(self, client: BlockingKernelClient, *, manager: Any = None, jupyter: Jupyter | None = None) -> None:
        self._client, self._manager, self._jupyter = client, manager, jupyter
        self.path = ""
        self.id = ""
        #: what its latest message was headed with
        self.life = ""
        self._session = ""
        self._stopped = threading.Event()

    @classmethod
    def alone(cls, environment: Mapping[str, str]) -> Kernel:
        manager = KernelManager(kernel_name="python3")
        manager.start_kernel(env={**os.environ, **environment})
        client = manager.blocking_client()
        client.start_channels()
        _ready(client)
        return cls(client, manager=manager)

    @classmethod
    def of_notebook(cls, jupyter: Jupyter, name: str) -> Kernel:
        path = jupyter.notebook(name, [])
        body = {"path": path, "type": "notebook", "name": "", "kernel": {"name": "python3"}}
        made = jupyter.request("POST", "/api/sessions", json=body).json()
        return cls._of(jupyter, made["kernel"]["id"], path, made["id"])

    @classmethod
    def past_notebooks(cls, jupyter: Jupyter) -> Kernel:
        """As a program starts one, through /api/kernels."""
        return cls._of(jupyter, jupyter.request("POST", "/api/kernels", json={"name": "python3"}).json()["id"])

    @classmethod
    def _of(cls, jupyter: Jupyter, kernel_id: str, path: str = "", session: str = "") -> Kernel:
        kernel = cls.__new__(cls)
        kernel.path, kernel.id, kernel._session = path, kernel_id, session
        kernel._manager, kernel._jupyter, kernel._stopped = None, jupyter, threading.Event()
        kernel._connect()
        return kernel

    def _connect(self) -> None:
        assert self._jupyter is not None
        client = BlockingKernelClient(connection_file=str(self._jupyter.runtime / f"kernel-{self.id}.json"))
        client.load_connection_file()
        client.start_channels()
        _ready(client)
        self._client = client

    def restart(self) -> None:
        if self._jupyter is not None:
            self._client.stop_channels()
            self._jupyter.request("POST", f"/api/kernels/{self.id}/restart")
            self._connect()
        else:
            self._manager.restart_kernel()
            _ready(self._client)

    def interrupt(self) -> None:
        if self._jupyter is not None:
            self._jupyter.request("POST", f"/api/kernels/{self.id}/interrupt")
        else:
            self._manager.interrupt_kernel()

    def ask_to_end(self) -> None:
        """What a front end sends before it waits for the kernel's end."""
        self._client.shutdown()

    def press_stop(self) -> None:
        """As a person does: a moment later, and again where nothing happens."""

        def press() -> None:
            for _ in range(5):
                if self._stopped.wait(2.0):
                    return
                self.interrupt()

        self._stopped.clear()
        threading.Thread(target=press, daemon=True).start()

    def kill(self) -> None:
        """As a machine without memory would."""
        self._manager.shutdown_kernel(now=True)

    def shutdown(self) -> None:
        if self._jupyter is not None:
            self._client.stop_channels()
            kind, which = ("sessions", self._session) if self._session else ("kernels", self.id)
            self._jupyter.request("DELETE", f"/api/{kind}/{which}")
        elif self._manager.is_alive():
            self._manager.shutdown_kernel(now=False)
            self._client.stop_channels()

    def run(self, code: str, *, cell: str | None = None, meanwhile: Callable[[], None] | None = None) -> Ran:
        """Run a cell; ``meanwhile`` is called as soon as it prints ``go``."""
        ran = Ran(ok=False)
        started = time.monotonic()

        def take(message: dict[str, Any]) -> None:
            kind, content = message["msg_type"], message["content"]
            part = ""
            if kind == "stream":
                part = content["text"]
                if meanwhile is not None and "go" in part:
                    meanwhile()
            elif kind in ("display_data", "execute_result"):
                part = content["data"].get("text/plain", "") + "\n"
                ran.html += content["data"].get("text/html", "")
                if kind == "execute_result":
                    ran.value = content["data"].get("text/plain")
            elif kind == "error":
                part = "\n".join(content["traceback"]) + "\n"
            ran.text += part
            if part:
                ran.parts.append(part)
                ran.shown.append((content["name"] if kind == "stream" else kind, part))

        request = self._client.session.msg("execute_request", _request(code))
        if cell is not None:
            request["metadata"]["cellId"] = cell
        self._client.shell_channel.send(request)
        reply = self._finish(request["header"]["msg_id"], take)
        self._stopped.set()
        ran.seconds = time.monotonic() - started
        ran.ok = reply["status"] == "ok"
        ran.error = None if ran.ok else reply.get("evalue")
        return ran

    def complete(self, code: str) -> list[str]:
        """What Tab offers at the end of this code, in order."""
        message_id = self._client.complete(code, len(code))
        while True:
            reply = self._client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == message_id:
                matches: list[str] = reply["content"]["matches"]
                return matches

    def _finish(self, message_id: str, take: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while True:
            message = self._client.get_iopub_msg(timeout=max(0.1, until - time.monotonic()))
            if message["parent_header"].get("msg_id") != message_id:
                continue
            self.life = message["header"]["session"]
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
            take(message)
        while True:
            reply = self._client.get_shell_msg(timeout=max(0.1, until - time.monotonic()))
            if reply["parent_header"].get("msg_id") == message_id:
                content: dict[str, Any] = reply["content"]
                return content


def _ready(client: BlockingKernelClient) -> None:
    """Wait until the kernel answers on both channels. jupyter_client gives up when a busy machine misses a heartbeat."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        message_id = client.kernel_info()
        with contextlib.suppress(queue.Empty):
            client.get_shell_msg(timeout=1)
            while client.get_iopub_msg(timeout=1)["parent_header"].get("msg_id") != message_id:
                pass
            with contextlib.suppress(queue.Empty):
                while True:
                    client.get_iopub_msg(timeout=0.1)
            return
    raise AssertionError("the kernel does not answer")


def _request(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": True,
    }


class Panel:
    """Another client at a notebook's session, by the live channel: what a panel would see and do."""

    def __init__(self, jupyter: Jupyter, path: str) -> None:
        attached = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()
        self.session_id = attached["sessionId"]
        self._jupyter = jupyter
        self._seq = 0
        self.frames: list[dict[str, Any]] = []

    def __enter__(self) -> Panel:
        self.connect()
        return self

    def connect(self) -> None:
        url = self._jupyter.url.replace("http", "ws") + f"/api/session/{self.session_id}/channel"
        headers = [f"Authorization: token {self._jupyter.token}"]
        self._channel = websocket.create_connection(url, header=headers, timeout=PATIENCE, http_no_proxy=["127.0.0.1"])
        self.send({"type": "hello", "client": uuid.uuid4().hex, "since": None, "tip": None, "epoch": None})
        self.welcome = self.wait(lambda frame: frame["type"] == "welcome")

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def send(self, frame: dict[str, Any]) -> None:
        self._channel.send(json.dumps(frame))

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next frame of that kind; those before it are kept in ``frames``."""
        while True:
            frame: dict[str, Any] = json.loads(self._channel.recv())
            self.frames.append(frame)
            if wanted(frame):
                return frame

    def answer_flush(self, invalid: list[dict[str, str]] | None = None, **variables: Any) -> None:
        """Wait to be asked for what is held back, and send it."""
        asked = self.wait(lambda frame: frame["type"] == "flush")
        if variables:
            self.set(wait=False, **variables)
        self.send({"type": "flushed", "id": asked["id"], "invalid": invalid or []})

    def set(self, wait: bool = True, **variables: Any) -> None:
        self._seq += 1
        ops = [{"op": "set", "name": name, "value": value} for name, value in variables.items()]
        self.send({"type": "mutate", "seq": self._seq, "base": 0, "ops": ops, "origin": {"kind": "panel"}})
        if wait:
            self.wait(lambda frame: frame["type"] in ("ack", "reject"))

    def seen(self, name: str) -> list[Any]:
        """The values of a variable that came in changes, in order."""
        changes = [frame for frame in self.frames if frame["type"] == "change"]
        return [op["value"] for frame in changes for op in frame["ops"] if op["op"] == "set" and op["name"] == name]

    def runs(self) -> list[dict[str, Any]]:
        """The records of runs that came in changes, in order."""
        changes = [frame for frame in self.frames if frame["type"] == "change"]
        return [op["run"] for frame in changes for op in frame["ops"] if op["op"] == "run"]
