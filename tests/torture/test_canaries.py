"""Values, names and tokens that are to be told to nobody are looked for wherever they could have got to.

A canary is a text that is nowhere else in the world. Each says where it came from, and where it is found.
"""

from __future__ import annotations

import builtins
import json
import keyword
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import websocket
import yaml

import session_state_ext
from session_state_ext.names import RESERVED
from session_state_ext.wire import ClientFrame

from .notebook import Notebook
from .peers import Channel
from .watched import Watched

CONTRACT = Path(session_state_ext.__file__).parent / "server" / "openapi.yaml"
VALUE_BYTES = 4096
MERGE, PATCH = "application/merge-patch+json", "application/json-patch+json"


class Canaries:
    """Texts by where they came from."""

    def __init__(self) -> None:
        self.texts: dict[str, bytes] = {}

    def made(self, where: str) -> str:
        """A new one."""
        text = f"canary{secrets.token_hex(8)}"
        self.add(f"{where} ({len(self.texts)})", text)
        return text

    def add(self, where: str, text: str) -> None:
        """One that somebody else made."""
        assert len(text) >= 16, text
        self.texts[where] = text.encode()

    def found(self, data: bytes) -> set[str]:
        """Those that are in it."""
        return {where for where, text in self.texts.items() if text in data}

    def found_in(self, files: Iterable[Path]) -> dict[str, set[str]]:
        """Those that are in these files."""
        each = {str(file): self.found(file.read_bytes()) for file in files if file.is_file()}
        return {file: found for file, found in each.items() if found}


class Teller(Watched):
    """A server that says as much as it can, to its log and to administrators."""

    def __init__(self, folder: Path, *modules: str) -> None:
        super().__init__(folder, *modules, log_level="DEBUG", value_bytes=VALUE_BYTES)
        self.events = folder / "events.log"
        config = f"import logging\nc.EventLogger.handlers = [logging.FileHandler({str(self.events)!r})]\n"
        (folder / "config" / "jupyter_server_config.py").write_text(config)

    @property
    def store(self) -> Path:
        return self.folder / "data" / "session_state"

    def family(self) -> list[psutil.Process]:
        """Its kernels, and what was started from their cells."""
        return list(psutil.Process(self.pid).children(recursive=True))


class Asker:
    """Somebody who uses every route of the contract, and remembers which, and how it was answered."""

    def __init__(self, server: Teller, hidden: Canaries) -> None:
        self.server = server
        self.hidden = hidden
        self.asked: set[tuple[str, str]] = set()
        self.statuses: set[int] = set()

    def ask(
        self, method: str, route: str, body: Any = None, *, session: str = "", name: str = "", **more: Any
    ) -> requests.Response:
        """``route`` as the contract has it, with the query; a body that is no text is sent as JSON."""
        template, _, query = route.partition("?")
        address = template.replace("{id}", session).replace("{name}", name) + (f"?{query}" if query else "")
        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        answer = self.server.request(method, address, data=data, headers=headers, **more)
        self.asked.add((method, template))
        self.statuses.add(answer.status_code)
        return answer

    def value(self, where: str) -> str:
        return self.hidden.made(f"value of {where}")

    def name(self, where: str) -> str:
        return self.hidden.made(f"name of {where}")

    def use_everything(self) -> str:
        """Every route, as it is meant to be used and as it is not; the session's id."""
        ask, value, name = self.ask, self.value, self.name
        made = ask("POST", "/api/session", {"name": name("a session"), "variables": {"kept": value("POST session")}})
        session = str(made.json()["sessionId"])
        one = "/api/session/{id}"
        variable, snapshot = one + "/variables/{name}", one + "/snapshots/{name}"
        secret = name("a variable")

        ask("GET", f"/api/session?name={name('a session that is asked for')}")
        ask("PUT", variable, {"value": value("PUT")}, session=session, name=secret)
        ask("PUT", variable, {"value": value("PUT again")}, session=session, name=secret)
        tag = ask("GET", variable, session=session, name=secret).headers["ETag"]
        ask("GET", variable, session=session, name=secret, headers={"If-None-Match": tag})
        ask("POST", one, {"variables": {name("merge"): value("merge")}, "removed": []}, session=session)
        ask("PATCH", one, {name("RFC 7396"): value("RFC 7396")}, session=session, headers={"Content-Type": MERGE})
        add = {"op": "add", "path": f"/{name('RFC 6902')}", "value": value("RFC 6902")}
        ask("PATCH", one, [add], session=session, headers={"Content-Type": PATCH})
        ask("PUT", one + "/meta", {"name": name("a session, later")}, session=session)
        ask("GET", one + "?detail=1", session=session)
        ask("GET", one + "?since=1", session=session)
        ask("GET", f"{one}/changes?name={secret}", session=session)
        ask("GET", one + "/diff?from=0&to=3", session=session)
        ask("PUT", snapshot, {}, session=session, name=name("a snapshot"))
        ask("GET", one + "/snapshots", session=session)
        ask("GET", snapshot, session=session, name=name("a snapshot that is not there"))
        ask("DELETE", snapshot, session=session, name=name("no snapshot"))
        ask("POST", one + "/undo", {}, session=session)
        ask("POST", one + "/redo", {}, session=session)
        ask("POST", one + "/restore", {"revision": 1}, session=session)
        ask("POST", one + "/restore", {"revision": 3}, session=session)
        ask("GET", one + "/steps", session=session)
        ask("GET", one + "/runs", session=session)
        ops = [{"op": "set", "name": name("mutate"), "value": value("mutate")}]
        body = {"client": "parting", "seq": 1, "base": 1, "ops": ops, "origin": {"kind": "panel"}}
        ask("POST", one + "/mutate", body, session=session)
        ask("POST", one + "/mutate", {**body, "ops": []}, session=session)
        ask("POST", one + "/purge", {"name": secret}, session=session)
        ask("POST", "/api/session/attach", {"path": "lost.ipynb", "sessionId": session})
        carried = {"keep": "somebody else's", "values": {name("carried"): value("carried by a notebook")}}
        notebook = {"cells": [], "metadata": {"session_state": carried}, "nbformat": 4, "nbformat_minor": 5}
        ask("PUT", "/api/contents/lost.ipynb", {"type": "notebook", "content": notebook})
        assert ask("GET", one + "/kept?path=lost.ipynb", session=session).json()["offered"] == [*carried["values"]]
        ask("POST", one + "/kept", {"path": "lost.ipynb"}, session=session)
        ask("POST", one + "/kept", {"path": "lost.ipynb", "names": [name("not carried")]}, session=session)
        ask("DELETE", "/api/session/attach?path=nowhere.ipynb")
        ask("GET", one + "/channel", session=session)
        self.make_mistakes(session, secret)
        ask("DELETE", variable, session=session, name=secret)
        ask("DELETE", one, session=str(ask("POST", "/api/session", {}).json()["sessionId"]))
        return session

    def make_mistakes(self, session: str, secret: str) -> None:
        ask, value, name = self.ask, self.value, self.name
        one, variable = "/api/session/{id}", "/api/session/{id}/variables/{name}"
        ask("PUT", variable, {"value": value("a bad name")}, session=session, name=f"{name('a bad name')}%00")
        ask("PUT", variable, {"value": value("no UTF-8")}, session=session, name=f"{name('no UTF-8')}%FF")
        ask("GET", variable, session=session, name=name("a variable that is missing"))
        ask("PUT", variable, {"value": value("412")}, session=session, name=secret, headers={"If-Match": '"999"'})
        ask("PUT", variable, {"value": value("413") * VALUE_BYTES}, session=session, name=secret)
        ask(
            "PUT",
            variable,
            b"%b" % value("415").encode(),
            session=session,
            name=secret,
            headers={"Content-Type": "a/b"},
        )
        ask("POST", variable, {"value": value("405")}, session=session, name=name("405"))
        ask("POST", one, b'{"variables": {"x": "%b' % value("a body that ends early").encode(), session=session)
        ask("POST", one, b'{"variables": {"x": ["%b", NaN]}}' % value("NaN").encode(), session=session)
        ask("POST", one, {"variables": value("another type"), name("an unknown field"): 1}, session=session)
        ask("PATCH", one, [{"op": "test", "path": "/kept", "value": value("a test that fails")}], session=session)
        patch = [{"op": "test", "path": "/kept", "value": value("a test that fails")}]
        ask("PATCH", one, patch, session=session, headers={"Content-Type": PATCH})
        patch = [{"op": value("no op"), "path": f"/{name('no path')}", "value": value("no patch")}]
        ask("PATCH", one, patch, session=session, headers={"Content-Type": PATCH})
        ask("GET", one + "?since=1&epoch=" + value("another epoch"), session=session)
        ask("GET", f"{one}/changes?limit={value('no number')}", session=session)
        ask("POST", one + "/restore", {"snapshot": name("a snapshot that is missing")}, session=session)
        ask("POST", one, {}, session=session, headers={"Idempotency-Key": "k"})
        ask(
            "POST", one, {"variables": {"x": value("one key twice")}}, session=session, headers={"Idempotency-Key": "k"}
        )
        ask("GET", one, session="missing")
        for scheme in ("token", "session-state", "Bearer"):
            wrong = {"Authorization": f"{scheme} {self.hidden.made('wrong token')}"}
            ask("PUT", variable, {"value": value("403")}, session=session, name=secret, headers=wrong)
        # As a form of another page would, with a login and without what proves where it comes from.
        with requests.Session() as browser:
            browser.get(f"{self.server.url}/tree", params={"token": self.server.token})
            url = f"{self.server.url}/api/session/{session}/variables/{name('a forged request')}"
            assert browser.put(url, json={"value": value("a forged request")}).status_code == 403

    def break_a_row(self) -> None:
        """A session whose stored text is damaged: the server answers 500."""
        body = {"variables": {self.name("a damaged row"): self.value("a damaged row")}}
        session = str(self.ask("POST", "/api/session", body).json()["sessionId"])
        self.server.stop()
        with closing(sqlite3.connect(self.server.store / "sessions.db")) as database, database:
            database.execute("UPDATE variables SET value = '\"x' || substr(value, 3) WHERE session_id = ?", (session,))
        self.server.start()
        assert self.ask("GET", "/api/session/{id}", session=session).status_code == 500

    def say_everything(self, session: str) -> None:
        """Every frame of the channel, as it is meant to be said and as it is not."""
        value, name = self.value, self.name
        said: set[str] = set()

        def say(channel: Channel, frame: dict[str, Any], *kinds: str) -> dict[str, Any]:
            said.add(frame["type"])
            channel.say(frame)
            return channel.hear(*kinds) if kinds else {}

        def mutate(seq: int, *ops: dict[str, Any], **origin: str) -> dict[str, Any]:
            return {"type": "mutate", "seq": seq, "base": 0, "ops": ops, "origin": {"kind": "panel", **origin}}

        held = name("a variable on the channel")
        run = {"id": "r1", "step": "train", "status": "running", "start": 1, "outputs": [held]}
        failed = {"type": "ValueError", "message": value("a step's error")}
        ended = run | {
            "status": "failed",
            "end": 2,
            "error": failed,
            "inputs": {held: {"revision": 1, "value": value("input")}},
        }
        hello = {"type": "hello", "client": "A"}
        with self.server.channel(session, "B") as other, self.server.channel(session, "A", dirty=True) as channel:
            said.add("hello")
            channel.hear("welcome")
            say(channel, mutate(1, {"op": "set", "name": held, "value": {"x": value("set")}}), "ack")
            patch = [{"op": "replace", "path": "/x", "value": value("patch")}]
            say(channel, mutate(2, {"op": "patch", "name": held, "patch": patch}), "ack")
            say(channel, mutate(3, {"op": "set", "name": held, "value": value("refused"), "ifRevision": 1}), "reject")
            say(channel, mutate(4, {"op": "rename", "name": held, "to": name("rename")}), "ack")
            say(channel, mutate(5, {"op": "run", "run": run}, step="train", run="r1"), "ack")
            say(channel, mutate(6, {"op": "run", "run": ended}, step="train", run="r1"), "ack")
            say(
                channel,
                mutate(7, {"op": "declare", "name": "d", "spec": {"default": value("spec")}}),
                "ack",
                "reject",
                "error",
            )
            say(
                channel,
                mutate(8, {"op": "set", "name": name("bad") + "\0", "value": value("bad")}),
                "ack",
                "reject",
                "error",
            )
            say(channel, mutate(99, {"op": "set", "name": "gap", "value": value("gap")}), "reject")
            say(channel, {"type": "ping"}, "pong")
            say(channel, {"type": "dirty", "dirty": True})
            say(other, {"type": "barrier", "id": value("a barrier's id")[:40]})
            asked = channel.hear("flush")
            invalid = [{"name": name("an invalid field"), "text": value("an invalid field")}]
            say(channel, {"type": "flushed", "id": asked["id"], "invalid": invalid})
            other.hear("barrier")
            say(channel, {"type": value("no type")}, "error")
            channel.socket.send(f'{{"type": "mutate", "seq": 9, "{name("no JSON")}": "{value("no JSON")}')
            channel.hear("error")
            say(channel, {**hello, "tip": value("a second hello")}, "error")
        assert said >= {frame.__struct_config__.tag for frame in ClientFrame.__args__}
        with self.server.channel(session, "C") as channel, suppress(websocket.WebSocketException, OSError):
            say(channel, {"type": "mutate", "seq": 1, "text": value("a long frame") * 2**21}, "nothing")

    def run_cells(self, folder: Path) -> list[Path]:
        """A kernel that reads what was set elsewhere; files with what is its own business."""
        token, environment = folder / "token", folder / "environment"
        with Notebook(self.server, "canaries.ipynb") as notebook:
            password = self.value("password")
            body = {"variables": {"password": password, "lr": 0.1}}
            self.ask("POST", "/api/session/{id}", body, session=notebook.session)
            assert "password" in notebook.run("%session")
            assert password in notebook.run("print(session_state['password'])")
            for cell in (
                "%session get password",
                "%session history password",
                "%session pull",
                "%session bind lr",
                "lr = 0.2",
                "%%session step guess --in password --out loss\nloss = int(password)",
                "%%session step count --in password --out loss\nloss = len(password)",
                "%session why loss",
                "session_state['copy'] = password[::-1]",
                "%session get nothing_of_this_name",
                "%session diff 1 2",
                "password",
                "1 / 0",
                f"open({str(token)!r}, 'w').write(session_state._environment['KERNEL_SESSION_STATE_TOKEN'])",
                f"!env > {environment}",
                "import subprocess; child = subprocess.Popen(['sleep', '60'])",
                "get_ipython().history_manager.writeout_cache()",
            ):
                notebook.run(cell)
            # Set while the cell before has long ended, and shown by the next.
            self.ask("POST", "/api/session/{id}", {"variables": {"lr": self.value("lr")}}, session=notebook.session)
            notebook.run("lr")
            notebook.run("get_ipython().history_manager.writeout_cache()")
        self.hidden.add("the kernel's credential", token.read_text())
        return [environment]

    def everything(self) -> set[tuple[str, str]]:
        """All routes of the contract."""
        paths = yaml.safe_load(CONTRACT.read_text())["paths"]
        return {
            (method.upper(), path) for path, methods in paths.items() for method in methods if method != "parameters"
        }


def test_nothing_secret_is_told(tmp_path: Path) -> None:
    hidden = Canaries()
    server = Teller(tmp_path / "server")
    server.start()
    asker = Asker(server, hidden)
    asker.break_a_row()
    session = asker.use_everything()
    asker.say_everything(session)
    own = asker.run_cells(tmp_path)
    assert asker.everything() - asker.asked == set()
    assert asker.statuses >= {200, 201, 204, 304, 400, 403, 404, 405, 409, 410, 412, 413, 415, 422, 500}
    hidden.add("the server's token", server.token)

    family = server.family()
    assert any(process.name() == "sleep" for process in family)
    for process in family:
        assert hidden.found("\0".join(process.cmdline()).encode()) == set(), process
    (child,) = [process for process in family if process.name() == "sleep"]
    assert hidden.found("\0".join(child.environ().values()).encode()) == set()
    assert hidden.found_in(own) == {}

    server.stop()
    log, events = server.log.read_bytes(), server.events.read_bytes()
    # They are the right files, and not empty ones.
    assert b"/api/session/" in log
    assert b"session_changed" in events
    history = list((server.folder / "ipython").rglob("history.sqlite*"))
    assert any(b"%session get password" in file.read_bytes() for file in history)
    values = Canaries()
    values.texts = {where: text for where, text in hidden.texts.items() if not where.startswith("name")}
    assert hidden.found(log) == set()
    # Events name variables; that is what they are for.
    assert values.found(events) == set()
    # The notebook that carries a value does.
    others = (file for file in server.folder.rglob("*") if not file.name.startswith("lost"))
    files = [file for file in others if server.store not in file.parents]
    print(f"{len(hidden.texts)} canaries, {len(files)} files, {len(log)} bytes of log, {len(events)} of events: none")
    assert values.found_in(files) == {}
    assert any(hidden.found_in(server.store.iterdir()).values()), "what is stored is found by the same search"


@pytest.fixture(scope="module")
def telltale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teller]:
    server = Teller(tmp_path_factory.mktemp("telltale"), "telltale")
    server.start()
    yield server
    server.stop()


def test_a_server_that_tells_is_found_out(telltale: Teller) -> None:
    hidden = Canaries()
    answer = telltale.request("POST", "/api/session", json={"variables": {"x": hidden.made("POST")}})
    assert answer.status_code == 201
    assert hidden.found(telltale.log.read_bytes()) == set(hidden.texts)


def test_a_purged_value_is_nowhere_in_the_file(telltale: Teller) -> None:
    purged, kept = Canaries(), Canaries()
    asker = Asker(telltale, purged)
    ask, one = asker.ask, "/api/session/{id}"
    session = str(ask("POST", "/api/session", {"name": "purge"}).json()["sessionId"])
    variable = {"session": session, "name": "password"}
    ask("PUT", one + "/variables/{name}", {"value": purged.made("PUT")}, **variable)
    ask("PUT", one + "/variables/{name}", {"value": {"deep": [purged.made("PUT, inside")]}}, **variable)
    ask("PUT", one + "/snapshots/{name}", {}, session=session, name="good")
    with telltale.channel(session, "A") as channel:
        channel.hear("welcome")
        ops: list[list[dict[str, Any]]] = [
            [
                {
                    "op": "patch",
                    "name": "password",
                    "patch": [{"op": "add", "path": "/x", "value": purged.made("patch")}],
                }
            ],
            [{"op": "set", "name": "password", "value": purged.made("set on the channel")}],
            # Its refusal says what stands there.
            [{"op": "set", "name": "password", "value": purged.made("refused"), "ifRevision": 1}],
        ]
        for seq, each in enumerate(ops, 1):
            channel.say({"type": "mutate", "seq": seq, "base": 1, "ops": each, "origin": {"kind": "panel"}})
            channel.hear("ack", "reject")
    inputs = {"password": {"revision": 2, "value": purged.made("a run's input")}}
    error = {"type": "ValueError", "message": f"not a port: {purged.made('a run that failed of it')}"}
    run = {"id": "r", "step": "s", "status": "failed", "start": 1, "end": 2, "inputs": inputs, "error": error}
    run["warnings"] = [f"odd: {purged.made('a warning')}"]
    body = {"client": "B", "seq": 1, "base": 1, "ops": [{"op": "run", "run": run}], "origin": {"kind": "step"}}
    assert ask("POST", one + "/mutate", body, session=session).status_code == 200
    ask(
        "POST",
        one,
        {"variables": {"password": purged.made("POST"), "other": kept.made("another variable")}},
        session=session,
    )
    ask("POST", one + "/undo", {}, session=session)
    ask("PUT", one + "/variables/{name}", {"value": kept.made("what stands now")}, **variable)

    before = telltale.store.iterdir()
    stored = {where for found in purged.found_in(before).values() for where in found}
    assert len(stored) >= 6, "before it is purged the same search finds it"
    assert ask("POST", one + "/purge", {"name": "password"}, session=session).status_code == 200
    assert purged.found_in(telltale.store.iterdir()) == {}
    kept_in = {where for found in kept.found_in(telltale.store.iterdir()).values() for where in found}
    assert kept_in == set(kept.texts)


def hostile_names() -> list[str]:
    """Names that mean something to Python or IPython, and such as look like them."""
    wide = ["".join(chr(ord(letter) + 0xFEE0) for letter in name) for name in ("print", "len", "lr", "None")]
    ligatures = ["\ufb01lter", "\ufb02oat", "\u017fet", "\U0001d429rint", "\u2115one"]
    dunders = ["__name__", "__main__", "__file__", "__loader__", "__spec__", "__dict__", "__class__", "__builtin__"]
    ipython = [*RESERVED, "_", "__", "___", "_i", "_ii", "_i1", "_1", "_ih", "_oh", "_dh", "open", "display"]
    mine = ["train", "Model", "json"]
    return sorted({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *wide, *ligatures, *dunders, *ipython, *mine})


BEFORE = """
import builtins, json
def train(): return 1
class Model: pass
builtins_before, names_before = dict(vars(builtins)), dict(globals())
"""
AFTER = """
def moved(before, now):
    return [name for name, value in before.items() if now.get(name) is not value]
fleeting = {"_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh"}
# The kernel puts its own in place for each cell.
del builtins_before["input"]
print(json.dumps({
    "builtins": moved(builtins_before, vars(builtins)) + sorted(set(vars(builtins)) - set(builtins_before) - {"input"}),
    "names": [n for n in moved(names_before, globals()) if n not in fleeting and not n.startswith("_i")],
    "hostile": sorted(
        name for name, value in {**vars(builtins), **globals()}.items()
        if isinstance(value, str) and value.startswith("hostile")
    ),
}))
"""


def test_hostile_names_overwrite_nothing(telltale: Teller) -> None:
    names = hostile_names()
    # Safe ones, of which one only looks like a builtin: it begins with a Cyrillic letter.
    safe = ["lr", "\u0440rint"]
    with Notebook(telltale, "names.ipynb") as notebook:
        variables = {name: f"hostile {name}" for name in [*names, *safe] if name != "__proto__"}
        address = f"/api/session/{notebook.session}"
        answer = telltale.request("POST", address, json={"variables": variables})
        assert answer.status_code == 200, answer.text
        refused = telltale.request("POST", address, json={"variables": {"__proto__": 1}})
        assert refused.status_code == 422
        notebook.run("%session")
        notebook.run(BEFORE)
        pulled = notebook.run("%session pull")
        notebook.run("%session pull print None __name__ train")
        notebook.run("%session bind")
        notebook.run("%session bind print None __name__ json")
        notebook.run("pass")
        said = notebook.run(AFTER)
        found = json.loads(said.splitlines()[-1])
    assert found == {"builtins": [], "names": [], "hostile": sorted(safe)}, pulled
    print(f"{len(names)} names, nothing overwritten")
