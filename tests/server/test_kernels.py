"""Kernels that the server starts: their credential, their notebook, their end; and notebooks that move."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from session_state_ext.hub.notebooks import Notebooks
from session_state_ext.server import kernels
from tests.server.conftest import Answer, Channel, Rest

Connect = Callable[..., Awaitable[Channel]]
Jupyter = Callable[..., Awaitable[Any]]


@pytest.fixture
def jupyter(jp_fetch: Any) -> Jupyter:
    """Jupyter's own REST."""

    async def ask(method: str, *path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body)
        answer = await jp_fetch("api", *path, method=method, body=data, allow_nonstandard_methods=True)
        return json.loads(answer.body) if answer.body else None

    return ask


class Shell:
    """Runs code in a kernel through the server, as a notebook does."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def run(self, code: str) -> str:
        message = {
            "header": {"msg_id": "m", "msg_type": "execute_request", "username": "", "session": "s", "version": "5.3"},
            "parent_header": {},
            "metadata": {},
            "content": {"code": code, "silent": False, "store_history": False},
            "channel": "shell",
            "buffers": [],
        }
        await self._socket.write_message(json.dumps(message))
        said = ""
        while True:
            frame = json.loads(await asyncio.wait_for(self._socket.read_message(), 30))
            if frame["msg_type"] == "stream":
                said += frame["content"]["text"]
            of_ours = frame["parent_header"].get("msg_type") == "execute_request"
            if of_ours and frame["msg_type"] == "status" and frame["content"]["execution_state"] == "idle":
                # Python's debugger may say something before.
                return said.strip().splitlines()[-1]
            if frame["msg_type"] == "error":
                raise AssertionError(frame["content"]["evalue"])


# As the process was started: where the package is installed, its startup file has taken both out of os.environ.
ENV = "import psutil; env = psutil.Process().environ()\n"
SHOW = ENV + "print(env['KERNEL_SESSION_STATE_URL'], env['KERNEL_SESSION_STATE_TOKEN'])"


async def started(jupyter: Jupyter, path: str = "nb.ipynb", kind: str = "notebook") -> tuple[str, str]:
    """A Jupyter session for this path: its id and its kernel's."""
    body = {"path": path, "name": path, "type": kind, "kernel": {"name": "python3"}}
    made = await jupyter("POST", "sessions", body=body)
    return made["id"], made["kernel"]["id"]


async def test_a_real_kernel_attaches(
    rest: Rest, jupyter: Jupyter, channel: Connect, jp_ws_fetch: Any, jp_serverapp: Any, jp_root_dir: Path
) -> None:
    _, kernel = await started(jupyter)
    shell = Shell(await jp_ws_fetch("api", "kernels", kernel, "channels"))
    url, token = (await shell.run(SHOW)).split()
    assert url == jp_serverapp.connection_url
    assert token != jp_serverapp.identity_provider.token

    # What the kernel's own code can do with it.
    there = await shell.run(
        ENV + "import urllib.request as r\n"
        "q = r.Request(env['KERNEL_SESSION_STATE_URL'] + 'api/session/attach', b'{}', method='POST', headers={\n"
        "    'Authorization': 'session-state ' + env['KERNEL_SESSION_STATE_TOKEN'],\n"
        "    'Content-Type': 'application/json'})\n"
        "print(r.build_opener(r.ProxyHandler({})).open(q).read().decode())"
    )
    state = json.loads(there)
    assert state["meta"]["paths"] == [str(jp_root_dir / "nb.ipynb")]
    panel = await rest("POST", "attach", body={"path": "nb.ipynb"})
    assert panel.json["sessionId"] == state["sessionId"]
    by_id = await rest("POST", "attach", body={"kernelId": kernel})
    assert by_id.json["sessionId"] == state["sessionId"]

    # A restart keeps it; the end of the kernel ends it.
    mine = {"Authorization": f"session-state {token}"}
    await jupyter("POST", "kernels", kernel, "restart")
    again = Shell(await jp_ws_fetch("api", "kernels", kernel, "channels"))
    assert (await again.run(SHOW)).split() == [url, token]
    link = await channel(state["sessionId"], headers=dict(mine))
    await link.hello("K")
    await jupyter("DELETE", "kernels", kernel)
    assert (await rest("POST", "attach", body={}, headers=dict(mine))).status == 403
    await link.say("dirty", dirty=True)
    assert await link.end() == 4401


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("http://host:8888/base/voila/render/deep/a%20b.ipynb?token=x", "deep/a b.ipynb"),
        ("http://host:8888/voila/render/nb.ipynb", "nb.ipynb"),
        ("http://host:8888/voila/tree/deep", None),
        ("http://host:8888/voila/render/", None),
    ],
)
async def test_a_kernel_of_voila_has_the_session_of_the_notebook_whose_page_it_makes(
    rest: Rest, jupyter: Jupyter, jp_ws_fetch: Any, monkeypatch: pytest.MonkeyPatch, address: str, path: str | None
) -> None:
    """It is started past Jupyter's sessions, with the address of the page in its environment."""
    monkeypatch.setenv("VOILA_REQUEST_URL", address)
    kernel = (await jupyter("POST", "kernels", body={"name": "python3"}))["id"]
    shell = Shell(await jp_ws_fetch("api", "kernels", kernel, "channels"))
    _, token = (await shell.run(SHOW)).split()
    answer = await rest("POST", "attach", body={}, headers={"Authorization": f"session-state {token}"})
    if path is None:
        assert answer.status == 503
    else:
        own = await rest("POST", "attach", body={"path": path})
        assert answer.json["sessionId"] == own.json["sessionId"]
    # What it was started for is said by itself alone.
    assert (await rest("POST", "attach", body={"kernelId": kernel})).status == 503


async def test_a_kernel_without_a_notebook_waits_or_names_a_session(
    rest: Rest, jupyter: Jupyter, jp_serverapp: Any
) -> None:
    kernel = (await jupyter("POST", "kernels", body={"name": "python3"}))["id"]
    token = jp_serverapp.kernel_manager.get_kernel(kernel)._launch_args["env"]["KERNEL_SESSION_STATE_TOKEN"]
    mine = {"Authorization": f"session-state {token}"}
    for who, asked in (({}, {"kernelId": kernel}), (mine, {}), (mine, {"kernelId": kernel})):
        answer = await rest("POST", "attach", body=asked, headers=dict(who))
        assert (answer.status, answer.json["code"], answer.headers["Retry-After"]) == (503, "no-notebook", "1")
    session = (await rest("POST", body={"variables": {"lr": 0.1}})).json["sessionId"]
    named = await rest("POST", "attach", body={"sessionId": session}, headers=dict(mine))
    assert (named.status, named.json["sessionId"], named.json["meta"]["paths"]) == (200, session, [])
    assert (await rest("POST", "attach", body={}, headers=dict(mine))).status == 503, "it has no notebook still"
    # Nobody else names one for it, and none that is another's.
    assert (await rest("POST", "attach", body={"sessionId": session, "kernelId": kernel})).status == 503
    theirs = (await jp_serverapp.web_app.settings["session_state"].hub.create("user:bob")).session.id
    for unknown in (theirs, "nothing"):
        answer = await rest("POST", "attach", body={"sessionId": unknown}, headers=dict(mine))
        assert (answer.status, answer.json["code"]) == (404, "not-found")
    body = {"path": "late.ipynb", "name": "late.ipynb", "type": "notebook", "kernel": {"id": kernel}}
    await jupyter("POST", "sessions", body=body)
    answer = await rest("POST", "attach", body={"kernelId": kernel})
    assert answer.status == 200
    assert answer.json["meta"]["paths"][0].endswith("/late.ipynb")


async def test_a_store_that_does_not_answer_keeps_no_kernel_from_starting(
    rest: Rest, jupyter: Jupyter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    assert (await rest("GET")).status == 200  # the first request opens the store

    async def never(_: Notebooks, owner: str, path: str) -> None:
        asked.append(path)
        await asyncio.Event().wait()

    monkeypatch.setattr(Notebooks, "bound", never)
    monkeypatch.setattr(kernels, "_BOUND_SECONDS", 0.5)
    body = {"path": "n.ipynb", "type": "notebook", "name": "", "kernel": {"name": "python3"}}
    made = await jupyter("POST", "sessions", body=body)
    assert asked
    assert made["kernel"]["id"]


async def test_a_notebook_wins_over_a_console(rest: Rest, jupyter: Jupyter) -> None:
    _, kernel = await started(jupyter, "a-console", "console")
    body = {"path": "z.ipynb", "name": "z.ipynb", "type": "notebook", "kernel": {"id": kernel}}
    await jupyter("POST", "sessions", body=body)
    answer = await rest("POST", "attach", body={"kernelId": kernel})
    assert answer.json["meta"]["paths"][0].endswith("/z.ipynb")


@pytest.mark.parametrize("end", ["DELETE", "restart"])
async def test_runs_of_a_dead_kernel_are_interrupted(
    rest: Rest, jupyter: Jupyter, channel: Connect, jp_serverapp: Any, end: str
) -> None:
    _, kernel = await started(jupyter)
    token = jp_serverapp.kernel_manager.get_kernel(kernel)._launch_args["env"]["KERNEL_SESSION_STATE_TOKEN"]
    session = (await rest("POST", "attach", body={"kernelId": kernel})).json["sessionId"]
    link, panel = await channel(session, headers={"Authorization": f"session-state {token}"}), await channel(session)
    await link.hello("K")
    await panel.hello("P")
    run = {"id": "r1", "step": "train", "status": "running", "start": 1, "source": "sha256:aa"}
    await link.say("mutate", seq=1, base=0, ops=[{"op": "run", "run": run}], origin={"kind": "step", "step": "train"})
    recorded = (await panel.hear("change"))["ops"][0]["run"]
    assert (recorded["status"], recorded["kernel"], recorded["revision"]) == ("running", kernel, 1)
    if end == "DELETE":
        await jupyter("DELETE", "kernels", kernel)
    else:
        await jupyter("POST", "kernels", kernel, "restart")
    ended = (await panel.hear("change"))["ops"][0]["run"]
    assert (ended["id"], ended["status"], ended["revision"]) == ("r1", "interrupted", 2)
    assert ended["end"] > 1
    (step,) = (await rest("GET", session, "steps")).json["steps"]
    assert step["run"]["status"] == "interrupted"


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Jupyter tells of a move after it has answered."""
    for _ in range(500):
        if await look():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen within 5 s")


async def test_notebooks_that_move(
    rest: Rest, jupyter: Jupyter, channel: Connect, jp_create_notebook: Any, jp_root_dir: Path
) -> None:
    for name in ("a.ipynb", "dir/b.ipynb", "unborn.ipynb"):
        jp_create_notebook(name)

    async def attach(path: str) -> Any:
        return (await rest("POST", "attach", body={"path": path})).json

    def is_at(session: str, path: str) -> Callable[[], Awaitable[bool]]:
        async def look() -> bool:
            return bool((await attach(path))["sessionId"] == session)

        return look

    a, b, unborn = [(await attach(name))["sessionId"] for name in ("a.ipynb", "dir/b.ipynb", "unborn.ipynb")]
    await rest("POST", a, body={"variables": {"n": 1}})
    await rest("POST", b, body={"variables": {"n": 2}})
    watcher = await channel(a)
    await watcher.hello("W")

    await jupyter("PATCH", "contents", "a.ipynb", body={"path": "renamed.ipynb"})
    assert (await watcher.hear("meta"))["meta"]["paths"] == [str(jp_root_dir / "renamed.ipynb")]
    await until(is_at(a, "renamed.ipynb"))
    assert (await attach("a.ipynb"))["sessionId"] != a

    await jupyter("PATCH", "contents", "dir", body={"path": "folder"})
    await until(is_at(b, "folder/b.ipynb"))
    await jupyter("PATCH", "contents", "unborn.ipynb", body={"path": "folder/unborn.ipynb"})
    await until(is_at(unborn, "folder/unborn.ipynb"))

    copied = (await jupyter("POST", "contents", "folder", body={"copy_from": "renamed.ipynb"}))["path"]

    async def has_copy() -> bool:
        return bool((await attach(copied))["variables"] == {"n": 1})

    await until(has_copy)
    copy = (await attach(copied))["sessionId"]
    assert copy != a
    await rest("POST", copy, body={"variables": {"n": 9}})
    assert (await attach("renamed.ipynb"))["variables"] == {"n": 1}

    await jupyter("DELETE", "contents", "renamed.ipynb")
    assert (await watcher.hear("meta"))["meta"]["paths"] == []
    assert (await rest("GET", a)).json["variables"] == {"n": 1}, "it can still be found"
    assert (await attach("renamed.ipynb"))["sessionId"] != a


async def test_paths_of_other_drives(rest: Rest, jp_root_dir: Path) -> None:
    plain = await rest("POST", "attach", body={"path": "a.ipynb"})
    together = await rest("POST", "attach", body={"path": "RTC:a.ipynb"})
    assert together.json["sessionId"] == plain.json["sessionId"], "real-time collaboration has the same files"
    other = await rest("POST", "attach", body={"path": "s3:a.ipynb"})
    assert other.json["meta"]["paths"] == ["s3:a.ipynb"]
    assert plain.json["meta"]["paths"] == [str(jp_root_dir / "a.ipynb")]


def write(jp_root_dir: Path, path: str, *ids: str) -> None:
    """As git, or anybody but Jupyter, does it."""
    cells = [{"cell_type": "code", "id": each, "metadata": {}, "source": "", "outputs": []} for each in ids]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (jp_root_dir / path).write_text(json.dumps(notebook))


async def test_a_notebook_is_known_by_its_cells(
    rest: Rest, jupyter: Jupyter, channel: Connect, jp_root_dir: Path
) -> None:
    async def attach(**more: Any) -> Answer:
        return await rest("POST", "attach", body={"path": "n.ipynb", **more})

    write(jp_root_dir, "n.ipynb", "a1", "a2")
    session = (await attach()).json["sessionId"]
    await rest("POST", session, body={"variables": {"n": 1}})

    # Saved through Jupyter by who has it open: it may have other cells by now.
    panel = await channel(session)
    await panel.hello("P")
    write(jp_root_dir, "n.ipynb", "b1", "b2")
    content = json.loads((jp_root_dir / "n.ipynb").read_text())
    model = {"type": "notebook", "format": "json", "content": content}
    await jupyter("PUT", "contents", "n.ipynb", body=model)

    async def is_known() -> bool:
        return (await attach()).status == 200

    await until(is_known)

    # Another branch; a new, empty one; one that cannot be read tells nothing.
    for ids in (("c1", "c2"), ()):
        write(jp_root_dir, "n.ipynb", *ids)
        asked = await attach()
        assert (asked.status, asked.json["code"], asked.json["reason"]) == (409, "unknown-notebook", "other-cells")
        assert (asked.json["session"]["sessionId"], asked.json["session"]["variableCount"]) == (session, 1)
        by_kernel = await started(jupyter, "n.ipynb")
        assert (await rest("POST", "attach", body={"kernelId": by_kernel[1]})).json == asked.json
        await jupyter("DELETE", "sessions", by_kernel[0])
    for text in ("no notebook", '{"cells": 5}', '{"cells": [{"cell_type": "code"}]}', "[" * 100_000):
        (jp_root_dir / "n.ipynb").write_text(text)
        assert (await attach()).status == 200

    write(jp_root_dir, "n.ipynb", "c1", "c2")
    assert (await attach(choose="both")).status == 422
    assert (await attach(choose="use", sessionId=session)).status == 422
    copy = (await attach(choose="copy")).json
    assert (copy["sessionId"] != session, copy["variables"]) == (True, {"n": 1})
    assert (await attach(choose="empty")).json["sessionId"] == copy["sessionId"], "it has been settled"
    write(jp_root_dir, "n.ipynb", "a1")
    assert (await attach(sessionId=session)).status == 201, "naming a session settles it, too"
    assert (await attach()).json["sessionId"] == session


async def test_a_notebook_that_git_moved_is_offered_its_session(rest: Rest, jp_root_dir: Path) -> None:
    write(jp_root_dir, "old.ipynb", "a1", "a2", "a3")
    session = (await rest("POST", "attach", body={"path": "old.ipynb"})).json["sessionId"]
    await rest("POST", session, body={"variables": {"n": 1}})
    (jp_root_dir / "old.ipynb").rename(jp_root_dir / "new.ipynb")
    asked = await rest("POST", "attach", body={"path": "new.ipynb"})
    assert (asked.status, asked.json["reason"], asked.json["choices"]) == (409, "moved", ["use", "empty"])
    assert asked.json["session"]["paths"] == [str(jp_root_dir / "old.ipynb")]
    used = await rest("POST", "attach", body={"path": "new.ipynb", "choose": "use"})
    assert (used.json["sessionId"], used.json["meta"]["paths"]) == (session, [str(jp_root_dir / "new.ipynb")])


@pytest.mark.parametrize("kernel", ["", "nobody"])
async def test_a_kernel_that_is_not_there_has_no_session(rest: Rest, kernel: str) -> None:
    answer = await rest("POST", "attach", body={"kernelId": kernel})
    assert (answer.status, answer.json["code"]) == (404, "not-found")
