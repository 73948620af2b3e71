"""Processes that use the sessions without a server: kernels of nbclient, papermill or an editor, and scripts.

Each holds the lock of a file beside the store for as long as it lives. The system lets go of a lock in whatever way a
process ends, and never takes one process for another, as numbers of processes can be.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from session_state_ext.names import new_tag
from session_state_ext.store.base import Store

_PREFIX = "process-"
#: Whoever looks whether a process lives holds its lock for a moment.
_MOMENT_SECONDS = 2.0


class Process:
    """This process, as the others on its store know it."""

    def __init__(self, folder: Path) -> None:
        self.id = f"{_PREFIX}{new_tag()}"
        self._lock = _lock_of(folder, self.id)

    def enter(self) -> None:
        """Begin to be seen. Raises OSError."""
        file = Path(self._lock.lock_file)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock.acquire(timeout=_MOMENT_SECONDS)
        while not file.exists():
            # Somebody looked at it before we had the lock, and took it for one that has ended.
            self._lock.release()
            self._lock.acquire(timeout=_MOMENT_SECONDS)

    def leave(self) -> None:
        """It ends, and has nothing left that could be taken for running."""
        _remove(self._lock)


class Processes:
    """All of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def enter(self) -> Process | None:
        """Have this process be seen; None where nobody else could see it."""
        folder = self._store.beside
        if folder is None:
            return None
        process = Process(folder)
        try:
            process.enter()
        except OSError:
            return None
        return process

    def lives(self, kernel: str) -> bool:
        """Whether such a process is still there."""
        folder = self._store.beside
        if folder is None or not (folder / kernel).exists():
            return False
        lock = _lock_of(folder, kernel)
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            return True
        lock.release()
        return False

    def ended(self) -> Generator[str, None, None]:
        """The ids of those that have ended without a word; each is forgotten when the next one is asked for."""
        folder = self._store.beside
        for file in sorted(folder.glob(f"{_PREFIX}*")) if folder is not None else ():
            lock = _lock_of(file.parent, file.name)
            try:
                lock.acquire(timeout=0)
            except (Timeout, OSError):
                continue  # it lives, or somebody else is seeing to it
            try:
                yield file.name
                _remove(lock)
            finally:
                lock.release()


def is_process(kernel: str) -> bool:
    """Whether this is the id of such a process, and not that of a server's kernel."""
    return kernel.startswith(_PREFIX)


def _lock_of(folder: Path, name: str) -> FileLock:
    return FileLock(folder / name, thread_local=False, mode=0o600)


def _remove(lock: FileLock) -> None:
    file = Path(lock.lock_file)
    with suppress(OSError):
        file.unlink(missing_ok=True)
    lock.release()
    # Some systems remove nothing that is open.
    with suppress(OSError):
        file.unlink(missing_ok=True)
