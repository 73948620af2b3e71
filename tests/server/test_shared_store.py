"""Two Jupyter servers of one person, and a script without a server, on one file: each sees what the others write, live."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.torture.peers import Channel, Server, mutate

SCRIPT = """
import sys, session_state_ext
session = session_state_ext.connect(session=sys.argv[1])
print(session["told"], flush=True)
session["answered"] = "by the script"
session.flush()
for line in sys.stdin:
    seen = session["told"]
    print(seen, flush=True)
"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two servers whose sessions are in one file; each test has a session of its own."""
    tmp_path = tmp_path_factory.mktemp("shared")
    with ExitStack() as running:
        servers = [Server(tmp_path / name) for name in ("one", "two")]
        for server in servers:
            config = server.folder / "config" / "jupyter_server_config.json"
            settings = json.loads(config.read_text())
            settings["SessionStateExtension"] = {"store_url": f"sqlite:///{tmp_path / 'shared.db'}"}
            config.write_text(json.dumps(settings))
            server.start()
            running.callback(server.stop)
        yield servers[0], servers[1]


class Heard:
    """What a channel was told so far."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.acknowledged: list[int] = []
        self.changed: list[int] = []

    def until(self, *, acknowledged: int, changed: int) -> None:
        """Listen until so many acks and changes have come."""
        while len(self.acknowledged) < acknowledged or len(self.changed) < changed:
            frame = self.channel.hear("ack", "change")
            (self.acknowledged if frame["type"] == "ack" else self.changed).append(frame["revision"])


def test_what_one_server_commits_reaches_the_clients_of_the_other(pair: tuple[Server, Server]) -> None:
    one, two = pair
    session = one.create()
    with one.channel(session, "here") as here, two.channel(session, "there") as there:
        here.hear("welcome")
        there.hear("welcome")
        for seq in range(1, 11):
            here.say(mutate(seq, 0, **{f"a{seq}": seq}))
            there.say(mutate(seq, 0, **{f"b{seq}": seq}))
        mine, theirs = Heard(here), Heard(there)
        mine.until(acknowledged=10, changed=10)
        theirs.until(acknowledged=10, changed=10)
    # One order for both, in which no number is given twice; each hears of the other's, in that order.
    assert sorted(mine.acknowledged + theirs.acknowledged) == list(range(1, 21))
    assert mine.changed == theirs.acknowledged
    assert theirs.changed == mine.acknowledged
    assert one.state(session)["variables"] == two.state(session)["variables"]


def test_a_barrier_at_one_server_sees_what_was_acknowledged_by_the_other(pair: tuple[Server, Server]) -> None:
    one, two = pair
    session = one.create()
    with two.channel(session, "kernel") as kernel:
        kernel.hear("welcome")
        for count in range(20):
            answer = one.request("POST", f"/api/session/{session}", json={"variables": {"count": count}})
            revision = answer.json()["meta"]["revision"]
            kernel.say({"type": "barrier", "id": str(count)})
            seen = []
            while (frame := kernel.hear("change", "barrier"))["type"] == "change":
                seen.append(frame["revision"])
            assert seen[-1:] == [revision]
            assert frame["revision"] == revision


def test_a_script_without_a_server_takes_part(pair: tuple[Server, Server]) -> None:
    one, two = pair
    session = one.create()
    one.request("POST", f"/api/session/{session}", json={"variables": {"told": "by a server"}}).raise_for_status()
    environment = one.environment() | {"SESSION_STATE_STORE": f"sqlite:///{one.folder.parent / 'shared.db'}"}
    with two.channel(session, "watcher") as watcher:
        watcher.hear("welcome")
        script = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, session],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert script.stdin is not None
        assert script.stdout is not None
        assert script.stdout.readline() == "by a server\n"
        assert watcher.hear("change")["ops"] == [{"op": "set", "name": "answered", "value": "by the script"}]
        two.request("POST", f"/api/session/{session}", json={"variables": {"told": "again"}}).raise_for_status()
        heard = ""
        while heard != "again\n":
            script.stdin.write("go on\n")
            script.stdin.flush()
            heard = script.stdout.readline()
            assert heard in ("by a server\n", "again\n")
        script.stdin.close()
        assert script.wait(60) == 0
