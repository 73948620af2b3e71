"""What a session was before, as the hub offers it: its changes, taking them back, snapshots and purge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_state_ext.errors import NotFound
from session_state_ext.model import Change, Origin, Snapshot, Variable
from session_state_ext.names import check_name

from .batch import Written
from .past import Difference, differences, rows_before, state_at
from .plans import Plan, redo, restore, undo

if TYPE_CHECKING:
    from .batch import Batch, Retry
    from .draft import Draft
    from .hub import Check, Hub

_PAGE = 100


class History:
    """The past of every session of a hub. Raises NotFound for a session that is not the owner's."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def changes(
        self, owner: str, session_id: str, *, before: int | None = None, limit: int = _PAGE, name: str | None = None
    ) -> tuple[list[Change], int | None]:
        """A page of changes, newest first, of those before revision ``before`` and touching ``name``; and the
        ``before`` of the next page, None at the end."""

        def read(draft: Draft) -> tuple[list[Change], int | None]:
            page = draft.history(before=before, limit=limit + 1, name=name)
            more = len(page) > limit
            return page[:limit], page[limit - 1].revision if more else None

        return await self._hub.read(owner, session_id, read)

    async def at(self, owner: str, session_id: str, revision: int) -> dict[str, Variable]:
        """All rows as they stood at ``revision``."""
        return await self._hub.read(owner, session_id, lambda draft: state_at(draft, revision))

    async def diff(self, owner: str, session_id: str, earlier: int, later: int) -> list[Difference]:
        """What was altered between two revisions."""
        return await self._hub.read(owner, session_id, lambda draft: differences(draft, earlier, later))

    async def undo(
        self,
        owner: str,
        session_id: str,
        *,
        origin: Origin,
        client: str | None = None,
        revision: int | None = None,
        force: bool = False,
        check: Check | None = None,
        retry: Retry | None = None,
        whole: bool = False,
    ) -> Written:
        def plan(draft: Draft) -> Plan:
            return undo(draft, by=origin, client=client, revision=revision, force=force)

        return await self._hub.write(owner, session_id, plan, origin=origin, check=check, retry=retry, whole=whole)

    async def redo(
        self,
        owner: str,
        session_id: str,
        *,
        origin: Origin,
        client: str | None = None,
        force: bool = False,
        check: Check | None = None,
        retry: Retry | None = None,
        whole: bool = False,
    ) -> Written:
        def plan(draft: Draft) -> Plan:
            return redo(draft, by=origin, client=client, force=force)

        return await self._hub.write(owner, session_id, plan, origin=origin, check=check, retry=retry, whole=whole)

    async def restore(
        self,
        owner: str,
        session_id: str,
        *,
        origin: Origin,
        revision: int | None = None,
        snapshot: str | None = None,
        force: bool = False,
        check: Check | None = None,
        retry: Retry | None = None,
        whole: bool = False,
    ) -> Written:
        def plan(draft: Draft) -> Plan:
            return restore(draft, revision=revision, snapshot=snapshot, force=force)

        return await self._hub.write(owner, session_id, plan, origin=origin, check=check, retry=retry, whole=whole)

    async def purge(
        self, owner: str, session_id: str, name: str, *, check: Check | None = None, retry: Retry | None = None
    ) -> int:
        """Take all earlier values of a variable out of history, snapshots and runs for good; how many there were.

        The value that stands now is left alone: delete the variable first to purge that, too. When this returns,
        the values are nowhere in the stored file. Raises Unavailable where another process holds the file's log.
        """

        def decide(batch: Batch, draft: Draft) -> int:
            earlier = batch.earlier(owner, session_id, retry)
            if earlier is not None:
                return int(earlier.made or 0)
            written = Written(draft.session, None, {}, 200 if check is None else check(draft))
            purged = draft.purge(name)
            batch.remember(owner, session_id, retry, written, made=str(purged))
            return purged

        purged = await self._hub.alter(owner, session_id, decide)
        # Of a request that is repeated, too: the first one may have got no further.
        await self._hub.scrub()
        return purged

    async def snapshots(self, owner: str, session_id: str) -> list[Snapshot]:
        """Oldest first."""
        found = await self._hub.read(owner, session_id, lambda draft: draft.snapshots())
        return sorted(found.values(), key=lambda each: (each.at, each.name))

    async def snapshot(self, owner: str, session_id: str, name: str) -> Snapshot:
        """Raises NotFound."""
        found = await self._hub.read(owner, session_id, lambda draft: draft.snapshots().get(name))
        if found is None:
            raise no_snapshot(name)
        return found

    async def take_snapshot(
        self,
        owner: str,
        session_id: str,
        name: str,
        *,
        revision: int | None = None,
        check: Check | None = None,
        retry: Retry | None = None,
    ) -> tuple[Snapshot, bool]:
        """Name a revision, by default the newest; and whether the name is new. Raises NotFound, Expired."""
        check_name(name)

        def decide(batch: Batch, draft: Draft) -> tuple[Snapshot, bool]:
            earlier = batch.earlier(owner, session_id, retry)
            if earlier is not None:
                at = earlier.revision if revision is None else revision
                return Snapshot(name=name, revision=at, at=earlier.at), earlier.status == 201
            if check is not None:
                check(draft)
            at = draft.session.revision if revision is None else revision
            rows_before(draft, at)
            taken = Snapshot(name=name, revision=at, at=batch.now)
            new = name not in draft.snapshots()
            draft.put_snapshot(taken)
            batch.remember(owner, session_id, retry, Written(draft.session, None, {}, 201 if new else 200))
            return taken, new

        return await self._hub.alter(owner, session_id, decide)

    async def forget_snapshot(
        self, owner: str, session_id: str, name: str, *, check: Check | None = None, retry: Retry | None = None
    ) -> None:
        """Raises NotFound."""

        def decide(batch: Batch, draft: Draft) -> None:
            if batch.earlier(owner, session_id, retry) is not None:
                return
            if check is not None:
                check(draft)
            if name not in draft.snapshots():
                raise no_snapshot(name)
            draft.forget_snapshot(name)
            batch.remember(owner, session_id, retry, Written(draft.session, None, {}, 204))

        await self._hub.alter(owner, session_id, decide)


def no_snapshot(name: str) -> NotFound:
    return NotFound(f"There is no snapshot {name!r}.", snapshot=name)
