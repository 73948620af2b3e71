"""A session's past in the store that this process has opened itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_state_ext.model import Origin, Snapshot, Variable

from .archive import Altered, Author, Page, Row

if TYPE_CHECKING:
    from session_state_ext.hub import Hub


class EmbeddedArchive:
    """What the embedded hub keeps of a session."""

    def __init__(self, hub: Hub, owner: str, session_id: str) -> None:
        self._past, self._of = hub.history, (owner, session_id)

    async def changes(self, *, before: int | None, limit: int, name: str | None) -> Page:
        return Page(*await self._past.changes(*self._of, before=before, limit=limit, name=name))

    async def diff(self, earlier: int, later: int) -> list[Altered]:
        found = await self._past.diff(*self._of, earlier, later)
        return [Altered(each.name, _row(each.before), _row(each.after)) for each in found]

    async def undo(self, author: Author, *, revision: int | None, force: bool) -> int:
        written = await self._past.undo(
            *self._of, origin=_origin(author), client=author.client, revision=revision, force=force
        )
        return written.session.revision

    async def redo(self, author: Author, *, force: bool) -> int:
        written = await self._past.redo(*self._of, origin=_origin(author), client=author.client, force=force)
        return written.session.revision

    async def restore(self, author: Author, *, revision: int | None, snapshot: str | None, force: bool) -> int:
        written = await self._past.restore(
            *self._of, origin=_origin(author), revision=revision, snapshot=snapshot, force=force
        )
        return written.session.revision

    async def snapshots(self) -> list[Snapshot]:
        return await self._past.snapshots(*self._of)

    async def take_snapshot(self, name: str, revision: int | None) -> Snapshot:
        return (await self._past.take_snapshot(*self._of, name, revision=revision))[0]

    async def forget_snapshot(self, name: str) -> None:
        await self._past.forget_snapshot(*self._of, name)

    async def purge(self, name: str) -> int:
        return await self._past.purge(*self._of, name)


def _origin(author: Author) -> Origin:
    return author.origin.complete(user=None, client=author.client)


def _row(variable: Variable | None) -> Row | None:
    return None if variable is None else Row(variable.value)
