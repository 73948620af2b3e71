"""A session's past over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct, to_builtins

from session_state_ext.errors import Unavailable
from session_state_ext.model import Change, Snapshot

from .archive import Altered, Author, Page

_T = TypeVar("_T")

#: Asks the server: method, path below /api/session, body; the answer's text.
Exchange = Callable[[str, str, "dict[str, Any] | None"], Awaitable[bytes]]


class _Changes(Struct):
    changes: list[Change]
    next: int | None


class _Difference(Struct):
    changed: list[Altered]


class _Meta(Struct):
    revision: int


class _State(Struct):
    meta: _Meta


class _Snapshots(Struct):
    snapshots: list[Snapshot]


class _Purged(Struct):
    purged: int


class RemoteArchive:
    """What the server of :class:`.remote.RemoteBackend` keeps of a session."""

    def __init__(self, exchange: Exchange, session_id: str) -> None:
        self._exchange = exchange
        self._path = f"/{quote(session_id)}"

    async def changes(self, *, before: int | None, limit: int, name: str | None) -> Page:
        asked = {"before": before, "limit": limit, "name": name}
        query = urlencode({key: value for key, value in asked.items() if value is not None})
        read = await self._ask("GET", f"/changes?{query}", None, _Changes)
        return Page(read.changes, read.next)

    async def diff(self, earlier: int, later: int) -> list[Altered]:
        return (await self._ask("GET", f"/diff?from={earlier}&to={later}", None, _Difference)).changed

    async def undo(self, author: Author, *, revision: int | None, force: bool) -> int:
        return await self._write("/undo", author, {"revision": revision, "force": force})

    async def redo(self, author: Author, *, force: bool) -> int:
        return await self._write("/redo", author, {"force": force})

    async def restore(self, author: Author, *, revision: int | None, snapshot: str | None, force: bool) -> int:
        return await self._write("/restore", author, {"revision": revision, "snapshot": snapshot, "force": force})

    async def snapshots(self) -> list[Snapshot]:
        return (await self._ask("GET", "/snapshots", None, _Snapshots)).snapshots

    async def take_snapshot(self, name: str, revision: int | None) -> Snapshot:
        return await self._ask("PUT", f"/snapshots/{quote(name, safe='')}", {"revision": revision}, Snapshot)

    async def forget_snapshot(self, name: str) -> None:
        await self._exchange("DELETE", f"{self._path}/snapshots/{quote(name, safe='')}", None)

    async def purge(self, name: str) -> int:
        return (await self._ask("POST", "/purge", {"name": name}, _Purged)).purged

    async def _write(self, path: str, author: Author, body: dict[str, Any]) -> int:
        said = {"client": author.client, "origin": to_builtins(author.origin)}
        body = {key: value for key, value in {**body, **said}.items() if value is not None}
        return (await self._ask("POST", path, body, _State)).meta.revision

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None, kind: type[_T]) -> _T:
        try:
            return msgspec.json.decode(await self._exchange(method, self._path + path, body), type=kind)
        except msgspec.MsgspecError as error:
            raise Unavailable(f"The server's answer was not understood: {error}.") from None
