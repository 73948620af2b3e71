"""A real Jupyter server for tests: in a home of its own, stopped, frozen and started again at will."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import psutil
import requests
import websocket
from jupyter_client.blocking.client import BlockingKernelClient

from tests import ports

START_SECONDS = 90
ANSWER_SECONDS = 60

FRONT_ENDS = {
    "server": ["jupyter_server"],
    "lab": ["jupyterlab", "--LabApp.expose_app_in_browser=True"],
    "notebook": ["notebook", "--JupyterNotebookApp.expose_app_in_browser=True"],
}


class Jupyter:
    """JupyterLab or Notebook 7 on a free port of this machine, with a token, seeing no file of the user's."""

    def __init__(self, folder: Path, front_end: str = "lab") -> None:
        self.folder = folder
        self.front_end = front_end
        self.files = folder / "work"
        self.runtime = folder / "runtime"
        self.log = folder / "server.log"
        self.token = secrets.token_hex(16)
        self.port = ports.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.files.mkdir(parents=True, exist_ok=True)
        settings = folder / "config" / "labconfig"
        settings.mkdir(parents=True, exist_ok=True)
        # The news prompt would lie over the panel; Voila is here for its server, and would put a button into the pages.
        disabled = ("@jupyterlab/apputils-extension:announcements", "@voila-dashboards/jupyterlab-preview")
        page_config = {
            "disabledExtensions": dict.fromkeys(disabled, True),
            "buildCheck": False,
        }
        (settings / "page_config.json").write_text(json.dumps(page_config))
        (folder / "config" / "jupyter_config.py").write_text(ports.CONFIG)

    def start(self) -> None:
        """Starts on the same port each time, so that an open page finds it again."""
        module, *options = FRONT_ENDS[self.front_end]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", module, "--no-browser", "--allow-root"),
                    "--ServerApp.ip=127.0.0.1",
                    f"--ServerApp.port={self.port}",
                    "--ServerApp.port_retries=0",
                    f"--IdentityProvider.token={self.token}",
                    f"--ServerApp.root_dir={self.files}",
                    *options,
                ],
                env=self.environment(),
                cwd=self.files,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_up()

    def environment(self) -> dict[str, str]:
        """This process's, without what would lead out of the folder."""
        ours = ("JUPYTER", "IPYTHON", "KERNEL_", "SESSION_STATE_", "XDG_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | {
            "HOME": str(self.folder),
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            "JUPYTER_DATA_DIR": str(self.folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "JUPYTERLAB_SETTINGS_DIR": str(self.folder / "lab-settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.folder / "workspaces"),
            "IPYTHONDIR": str(self.folder / "ipython"),
        }

    def _wait_until_up(self) -> None:
        assert self.process is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"Jupyter ended with {self.process.returncode}:\n{self.log.read_text()[-4000:]}")
            try:
                if self.request("GET", "/api/status", timeout=5).ok:
                    return
            except requests.RequestException:
                time.sleep(0.1)
        raise AssertionError(f"Jupyter did not answer within {START_SECONDS} s:\n{self.log.read_text()[-4000:]}")

    def stop(self, how: int = signal.SIGTERM, patience: float = 30) -> None:
        """Ends the server, and any kernel that outlives it. SIGKILL is a crash.

        Jupyter does not end while a kernel starts; after ``patience`` (seconds) it is killed.
        """
        if self.process is None:
            return
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(how)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _, alive = psutil.wait_procs(family, timeout=5)
        for child in alive:
            child.kill()
        self.process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server neither answers nor goes away: what a hung machine or network looks like. Kernels run on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def request(self, method: str, path: str, timeout: float = ANSWER_SECONDS, **rest: Any) -> requests.Response:
        headers = {"Authorization": f"token {self.token}", **rest.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, timeout=timeout, **rest)

    def notebook(self, name: str, sources: Iterable[str], ids: str = "cell") -> str:
        """Writes a notebook with these code cells and returns its path as Jupyter knows it."""
        cells = [nbformat.v4.new_code_cell(source, id=f"{ids}-{number}") for number, source in enumerate(sources)]
        spec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), self.files / name)
        return name

    def kernel_of(self, path: str) -> str:
        """The id of the kernel that runs this notebook."""
        sessions = self.request("GET", "/api/sessions").json()
        return next(session["kernel"]["id"] for session in sessions if session["path"] == path)

    def variables(self, path: str) -> dict[str, Any]:
        """What the server has stored for a notebook."""
        answer = self.request("POST", "/api/session/attach", json={"path": path})
        return dict(answer.json()["variables"])

    def execute(self, kernel: str, code: str) -> str:
        """Runs code as another client of the kernel would, through the server; returns what it printed."""
        url = f"ws://127.0.0.1:{self.port}/api/kernels/{kernel}/channels"
        headers = [f"Authorization: token {self.token}"]
        channel = websocket.create_connection(url, header=headers, timeout=ANSWER_SECONDS, http_no_proxy=["127.0.0.1"])
        try:
            request = {
                "channel": "shell",
                "header": {
                    "msg_id": uuid.uuid4().hex,
                    "msg_type": "execute_request",
                    "session": uuid.uuid4().hex,
                    "username": "another",
                    "version": "5.4",
                },
                "parent_header": {},
                "metadata": {},
                "content": {"code": code, "silent": False, "store_history": False, "allow_stdin": False},
            }
            channel.send(json.dumps(request))
            printed = ""
            while True:
                message = json.loads(channel.recv())
                if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                    continue
                content = message["content"]
                if message["msg_type"] == "stream":
                    printed += content["text"]
                elif message["msg_type"] == "error":
                    printed += "\n".join(content["traceback"])
                elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                    return printed
        finally:
            channel.close()

    def execute_directly(self, kernel: str, code: str) -> str:
        """Runs code by the kernel's own sockets, past the server; returns what it printed."""
        client = BlockingKernelClient(connection_file=str(self.runtime / f"kernel-{kernel}.json"))
        client.load_connection_file()
        client.start_channels()
        printed: list[str] = []

        def collect(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])
            elif message["msg_type"] == "error":
                printed.append("\n".join(message["content"]["traceback"]))

        try:
            client.wait_for_ready(timeout=ANSWER_SECONDS)
            client.execute_interactive(code, store_history=False, output_hook=collect, timeout=ANSWER_SECONDS)
        finally:
            client.stop_channels()
        return "".join(printed)
