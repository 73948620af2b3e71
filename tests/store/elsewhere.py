"""A store in a process of its own, that does one thing at a time as it is told: then an order of events is no luck.

One word a line on stdin, what came of it a line on stdout. Run with the file; a process that cannot have the file at
once says so and does not wait.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from session_state_ext.errors import Unavailable
from session_state_ext.store import sqlite
from session_state_ext.store.sql import SqlStore
from tests.store.test_contract import commit, put, values


class Elsewhere:
    """The other process, from here."""

    def __init__(self, file: Path, *, locked: bool) -> None:
        command = [sys.executable, "-m", "tests.store.elsewhere", str(file), "locked" if locked else "free"]
        # What it imports is what is imported here.
        environment = {"PYTHONPATH": ":".join(sys.path)}
        self._process = subprocess.Popen(
            command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def do(self, word: str) -> str:
        self.begin(word)
        return self.done()

    def begin(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def done(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        self._process.communicate()


@contextmanager
def processes(file: Path, count: int, *, locked: bool) -> Iterator[list[Elsewhere]]:
    """So many, each with the store open. With ``locked`` they have the lock for old versions of SQLite, else none."""
    started = [Elsewhere(file, locked=locked) for _ in range(count)]
    try:
        for one in started:
            assert one.done() == "open"
        yield started
    finally:
        for one in started:
            one.end()


class _Turns:
    """What a process can be told."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._transaction, self._alone = ExitStack(), ExitStack()

    def take(self) -> None:
        """Begin to write, and stay in the midst of it."""
        self._transaction.enter_context(self._store.transaction(write=True))

    def give(self) -> None:
        self._transaction.close()

    def checkpoint(self) -> None:
        self._store._file.make_room()

    def hold(self) -> None:
        """As in the midst of a checkpoint, which SQLite ends before one could be told to stop there."""
        self._alone.enter_context(self._store._file._alone())

    def let(self) -> None:
        self._alone.close()

    def write(self) -> None:
        put(self._store)

    def read(self) -> str:
        with self._store.transaction(write=False) as transaction:
            return "".join(text.decode() for text in values(transaction).values())

    def count(self) -> None:
        """Add one to a number that all processes have in common, thirty times."""
        for _ in range(30):
            with self._store.transaction(write=True) as transaction:
                stored = transaction.session("s")
                assert stored is not None
                rows = list(transaction.variables("s").values())
                text = str(int(bytes(rows[0].value)) + 1 if rows else 1)
                made = commit(stored, {"n": text}, before=rows, size=(1, len(text)))
                transaction.append(made)


def main(file: str, locks: str) -> None:
    sqlite._SAFE_TOGETHER = (99,) if locks == "locked" else (0,)  # type: ignore[assignment]
    store = SqlStore(f"sqlite:///{file}")
    store.open()
    turns = _Turns(store)
    print("open", flush=True)
    for line in sys.stdin:
        word = line.strip()
        # One that may wait does its work whoever else is at it.
        sqlite._BUSY_SECONDS = 60.0 if word == "count" else 0.0
        try:
            came = getattr(turns, word)()
        except Unavailable:
            came = "another process"
        print("done" if came is None else came, flush=True)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
