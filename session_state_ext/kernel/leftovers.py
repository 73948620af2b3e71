"""Edits that outlive their kernel: written to the data directory when they cannot be sent, taken up by the next kernel.

One file a client, readable by its user only, locked for as long as its kernel lives. The next link of the
session sends what is in it under the same client id, so that what the server already has is not done twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct

from session_state_ext.model import Run, Variable
from session_state_ext.wire import SaidOrigin, decode, encode

from .outbox import DELETED, Group, Outbox, Patched, Written, as_text


class _KeptPatch(Struct, kw_only=True, frozen=True):
    patch: str
    value: str
    before: str


class _KeptGroup(Struct, kw_only=True, frozen=True):
    origin: SaidOrigin
    #: JSON text, None for a delete
    edits: dict[str, str | _KeptPatch | None]
    runs: list[Run] = []
    whole: bool = False
    seen: dict[str, int] | None = None
    specs: dict[str, str] = {}
    label: str | None = None
    family: int = 0


class _KeptOpen(Struct, kw_only=True, frozen=True):
    seq: int
    base: int
    group: _KeptGroup


class _Kept(Struct, kw_only=True, frozen=True):
    session: str
    client: str
    seq: int
    open: _KeptOpen | None
    queue: list[_KeptGroup]


def folder() -> Path:
    """Where the files are."""
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "session_state" / "unsent"


def _prefix(session_id: str) -> str:
    # An id is never part of a path.
    return hashlib.sha256(session_id.encode()).hexdigest()[:32]


class Leftovers:
    """The file of one client at one session."""

    def __init__(self, session_id: str, client: str, where: Path) -> None:
        self._session, self._client = session_id, client
        self._path = where / f"{_prefix(session_id)}.{client}.json"
        self._lock = FileLock(f"{self._path}.lock", thread_local=False, mode=0o600)

    def write(self, outbox: Outbox, rows: dict[str, Variable]) -> None:
        """Keep what is pending, or remove the file where nothing is. Raises OSError."""
        if not outbox:
            self.remove()
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock.acquire(timeout=0)
        _write(self._path, _outbox(self._session, outbox, rows))

    def remove(self) -> None:
        """Nothing is pending any more."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                Path(self._lock.lock_file).unlink(missing_ok=True)
            self._lock.release()


class Abandoned:
    """What another kernel has left, while it is ours to send."""

    def __init__(self, path: Path, session_id: str, outbox: Outbox) -> None:
        self.outbox = outbox
        self._path, self._session = path, session_id

    def write(self, rows: dict[str, Variable]) -> None:
        """Keep what is still pending, in place of what was. Raises OSError."""
        _write(self._path, _outbox(self._session, self.outbox, rows))

    def remove(self) -> None:
        """All of it has been sent."""
        self._path.unlink(missing_ok=True)


def _write(path: Path, kept: _Kept) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(encode(kept))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _outbox(session_id: str, outbox: Outbox, rows: dict[str, Variable]) -> _Kept:
    opened = outbox.open
    return _Kept(
        session=session_id,
        client=outbox.client,
        seq=outbox.seq,
        open=None if opened is None else _KeptOpen(seq=opened.seq, base=opened.base, group=_kept(opened.group, rows)),
        queue=[_kept(group, rows) for group in outbox.queue],
    )


def _kept(group: Group, rows: dict[str, Variable]) -> _KeptGroup:
    seen = group.seen
    if seen is None:
        # Whoever sends this later must not overwrite what somebody wrote in the meantime.
        seen = {name: row.revision if (row := rows.get(name)) else 0 for name in group.edits}
    edits = {name: _kept_edit(written) for name, written in group.edits.items()}
    specs = {name: spec.decode() for name, spec in group.specs.items()}
    return _KeptGroup(
        origin=group.origin,
        edits=edits,
        runs=group.runs,
        whole=group.whole,
        seen=seen,
        specs=specs,
        label=group.label,
        family=group.family,
    )


def _group(kept: _KeptGroup) -> Group:
    edits = {name: _edit(edit) for name, edit in kept.edits.items()}
    specs = {name: spec.encode() for name, spec in kept.specs.items()}
    return Group(kept.origin, edits, list(kept.runs), kept.whole, kept.seen, kept.family, specs, kept.label)


def _kept_edit(written: Written) -> str | _KeptPatch | None:
    if isinstance(written, Patched):
        return _KeptPatch(patch=written.patch.decode(), value=written.value.decode(), before=written.before.decode())
    return None if written is DELETED else as_text(written).decode()


def _edit(kept: str | _KeptPatch | None) -> Written:
    if isinstance(kept, _KeptPatch):
        return Patched(kept.patch.encode(), kept.value.encode(), kept.before.encode())
    return DELETED if kept is None else kept.encode()


@contextlib.contextmanager
def _taken(path: Path) -> Iterator[bool]:
    """Whether the file's kernel is gone, so that it is ours for now."""
    lock = FileLock(f"{path}.lock", thread_local=False, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        yield False
        return
    try:
        yield True
    finally:
        if not path.exists():
            with contextlib.suppress(OSError):
                Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def abandoned(session_id: str, where: Path) -> Iterator[Iterator[Abandoned]]:
    """The outboxes which kernels of this session left behind and nobody else is sending.

    Each is ours until the next one is asked for; its file is removed by whoever has sent it.
    """

    def each() -> Generator[Abandoned, None, None]:
        for path in sorted(where.glob(f"{_prefix(session_id)}.*.json")) if where.is_dir() else ():
            with _taken(path) as ours:
                if ours and path.exists():
                    outbox = read(path)
                    if outbox is not None:
                        yield Abandoned(path, session_id, outbox)

    found = each()
    try:
        yield found
    finally:
        found.close()


def read(path: Path) -> Outbox | None:
    """The outbox in a file; a file that cannot be read is put aside, not thrown away."""
    try:
        kept = decode(path.read_bytes(), _Kept)
    except (OSError, msgspec.MsgspecError):
        with contextlib.suppress(OSError):
            path.rename(path.with_suffix(".unreadable"))
        return None
    outbox = Outbox(kept.client)
    outbox.seq = kept.seq
    if kept.open is not None:
        # Not as it was sent: of what has become old each edit says what it was written on top of.
        outbox.reopen(kept.open.seq, kept.open.base, _group(kept.open.group))
    for group in map(_group, kept.queue):
        outbox.append(group)
    return outbox
