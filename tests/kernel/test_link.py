"""The link against a server that loses connections, refuses, and forgets: nothing is lost, nothing is done twice."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from session_state_ext.errors import NotFound
from session_state_ext.kernel import leftovers, retries, talker
from session_state_ext.kernel.backend import Busy, Channel, Lost
from session_state_ext.kernel.leftovers import read
from session_state_ext.kernel.link import Link
from session_state_ext.kernel.memory import MemoryBackend
from session_state_ext.kernel.outbox import DELETED, Group, as_text
from session_state_ext.model import Run
from session_state_ext.wire import Limits, Mutate, SaidOrigin

from .notebook import until

CELL = SaidOrigin(kind="cell")


class Unreliable(MemoryBackend):
    """A server to which things happen, by ``fate``: called before and after each frame, it may raise Lost."""

    def __init__(self, fate: Callable[[str], None]) -> None:
        super().__init__()
        self._fate = fate
        #: the numbers of the mutates that were taken
        self.taken: list[int] = []
        self.attached = 0
        self.opened = 0

    async def attach(self) -> str:
        self.attached += 1
        self._fate("attach")
        return await super().attach()

    async def open(self, session_id: str) -> Any:
        self.opened += 1
        self._fate("open")
        return _Unreliable(await super().open(session_id), self)

    def values(self) -> dict[str, str]:
        return {name: bytes(row.value).decode() for name, row in self._session.rows.items()}


class _Unreliable:
    def __init__(self, channel: Channel, backend: Unreliable) -> None:
        self._channel, self._backend = channel, backend

    async def send(self, frame: bytes) -> None:
        self._backend._fate("before")
        said = msgspec.json.decode(frame)
        if said["type"] == "mutate":
            self._backend.taken.append(said["seq"])
        await self._channel.send(frame)
        self._backend._fate("after")

    async def receive(self) -> bytes | str:
        frame = await self._channel.receive()
        self._backend._fate("answer")
        return frame

    async def close(self) -> None:
        await self._channel.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "BACK_OFF_SECONDS", (0.001, 0.01))
    monkeypatch.setattr(talker, "GATHER_SECONDS", 0.001)


@pytest.fixture
def connect() -> Iterator[Callable[[Unreliable], Link]]:
    links: list[Link] = []

    def make(backend: Unreliable) -> Link:
        links.append(Link(lambda: backend, local=True).start())
        return links[-1]

    yield make
    for link in links:
        link.close()


@pytest.mark.parametrize("seed", range(5))
def test_whatever_breaks_everything_arrives_once_and_in_order(connect: Callable[[Unreliable], Link], seed: int) -> None:
    chance, misfortune, lost = random.Random(seed), random.Random(seed), [0]

    def fate(_: str) -> None:
        if misfortune.random() < 0.2:
            lost[0] += 1
            raise Lost(None)

    backend = Unreliable(fate)
    link = connect(backend)
    expected: dict[str, str] = {}
    for number in range(300):
        name = f"v{chance.randrange(5)}"
        if chance.random() < 0.1:
            link.put(name, DELETED)
            expected.pop(name, None)
        else:
            link.put(name, number)
            expected[name] = str(number)
        if chance.random() < 0.3:
            link.flush(0.02, patient=True)
    assert link.flush(60, patient=True)
    assert backend.values() == expected
    assert link.replica.view() == {name: text.encode() for name, text in expected.items()}
    # A number is repeated only while it is not known to have been taken, and none is left out.
    assert sorted(set(backend.taken)) == list(range(1, max(backend.taken) + 1))
    assert backend.taken == sorted(backend.taken)
    assert lost[0] > 10, "nothing has happened"


def test_a_change_that_no_frame_can_carry_is_refused_and_the_rest_goes_on(
    connect: Callable[[Unreliable], Link],
) -> None:
    backend = Unreliable(lambda _: None)
    too_large = backend._session.mutate

    def mutate(frame: Mutate) -> Any:
        if any(op.name == "big" for op in frame.ops if hasattr(op, "name")):
            raise Lost(1009, "message too big")
        return too_large(frame)

    backend._session.mutate = mutate  # type: ignore[method-assign]
    link = connect(backend)
    link.known()
    link.put_all({"a": 1, "big": "x", "b": 2})
    assert link.flush(60, patient=True)
    assert backend.values() == {"a": "1", "b": "2"}
    _, refused, _ = link.news()
    assert [(one.name, one.value, one.code) for one in refused] == [("big", b'"x"', "too-large")]
    link.put("c", 3)
    assert link.flush(60, patient=True)


def test_a_refused_output_is_taken_out_of_the_record_of_its_run(connect: Callable[[Unreliable], Link]) -> None:
    backend = Unreliable(lambda _: None)
    link = connect(backend)
    link.known()
    run = Run(id="r", step="train", status="done", start=1, outputs=["loss", "big"], written=["loss", "big"])
    edits = {"loss": 1, "big": b'"' + b"x" * 2_000_000 + b'"'}
    link.append(Group(SaidOrigin(kind="step", step="train", run="r"), edits, [run], whole=True), hurry=True)
    assert link.flush(60, patient=True)
    assert backend.values() == {"loss": "1"}
    recorded = link.steps()["train"].run
    assert (recorded.status, recorded.written, recorded.left) == ("warned", ["loss"], ["big"])
    assert recorded.warnings[0].startswith('big = "xxx')
    assert recorded.revision == backend._session.revision == 1, "what was taken and the record are one change"
    assert [(one.name, one.run) for one in link.news()[1]] == [("big", "r")]


def test_a_change_of_a_run_that_is_too_much_as_a_whole_is_split_and_its_record_is_true(
    connect: Callable[[Unreliable], Link],
) -> None:
    backend = Unreliable(lambda _: None)
    backend._session.limits = Limits(session_bytes=2_000)
    link = connect(backend)
    link.known()
    run = Run(id="r", step="train", status="done", start=1, outputs=["loss", "acc"], written=["loss", "acc"])
    edits = {"loss": 1, "acc": b'"' + b"x" * 3_000 + b'"'}
    group = Group(SaidOrigin(kind="step", step="train", run="r"), edits, [run], whole=True)
    link.append(group, hurry=True)
    assert link.flush(60, patient=True)
    assert backend.values() == {"loss": "1"}
    recorded = link.steps()["train"].run
    assert (recorded.status, recorded.written, recorded.left) == ("warned", ["loss"], ["acc"])
    assert recorded.warnings[0].endswith("... was not taken and is in kernel only: a session can have 0 MiB in all")


def test_a_server_that_does_not_know_the_kernel_yet_is_asked_again(connect: Callable[[Unreliable], Link]) -> None:
    answers = iter(["busy", "busy", "known"])

    def fate(what: str) -> None:
        if what == "attach" and next(answers, "known") == "busy":
            raise Busy

    link = connect(Unreliable(fate))
    link.put("lr", 1)
    assert link.flush(60)
    assert link.outages == 0, "that was no outage"


def test_an_unborn_session_that_is_gone_hands_its_edits_to_the_next(connect: Callable[[Unreliable], Link]) -> None:
    answers, sent = iter(["open", "gone"]), iter(["hello", "mutate"])

    def fate(what: str) -> None:
        if what == "open" and next(answers, "open") == "gone":
            raise NotFound
        if what == "before" and next(sent, "hello") == "mutate":
            raise Lost(4404)

    backend = Unreliable(fate)
    link = connect(backend)
    link.known()
    link.put("lr", 1)
    assert link.flush(60, patient=True)
    assert backend.values() == {"lr": "1"}
    assert link.news() == ([], [], [])


def test_a_fault_of_the_link_itself_is_survived(connect: Callable[[Unreliable], Link]) -> None:
    answers = iter([True])

    def fate(what: str) -> None:
        if what == "answer" and next(answers, False):
            raise ZeroDivisionError

    link = connect(Unreliable(fate))
    link.put("lr", 1)
    assert link.flush(60, patient=True)


def test_what_waits_is_shown_while_nobody_answers(connect: Callable[[Unreliable], Link]) -> None:
    def fate(_: str) -> None:
        raise ConnectionRefusedError("nobody there")

    link = connect(Unreliable(fate))
    link.put("lr", 1)
    until(lambda: link.outages > 0)
    assert link.barrier() is None
    assert link.names() == ["lr"]
    assert link.trouble == "the session store cannot be reached (nobody there)"


def test_what_is_written_while_nobody_answers_is_in_a_file_at_once(
    connect: Callable[[Unreliable], Link], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed server takes its kernels along within a second: there is no time to write at the end."""
    monkeypatch.setattr(leftovers, "folder", lambda: tmp_path / "unsent")
    answers = iter(["open"])

    def fate(what: str) -> None:
        if what == "open" and next(answers, "closed") == "closed":
            raise ConnectionRefusedError("nobody there")
        if what == "before" and backend.opened == 1 and written.is_set():
            raise Lost(None)

    written = threading.Event()
    backend = Unreliable(fate)
    backend.fleeting = None
    link = connect(backend)
    link.known()
    written.set()
    for value in range(3):
        link.put("lr", value)
        until(lambda value=value: _in_files(tmp_path).get("lr") == str(value))


def _in_files(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in (folder / "unsent").glob("*.json"):
        outbox = read(file)
        for group in outbox.groups() if outbox is not None else ():
            found.update({name: as_text(value).decode() for name, value in group.edits.items()})
    return found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_child_of_a_fork_is_not_stuck_on_a_lock_that_another_thread_held(
    connect: Callable[[Unreliable], Link],
) -> None:
    link = connect(Unreliable(lambda _: None))
    link.known()
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with link.moment():
            held.set()
            release.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(60)
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # not to hang for ever where it fails
        os._exit(0 if link.names() == [] and link.barrier() is None else 1)
    release.set()
    holder.join()
    assert os.waitpid(child, 0)[1] == 0
