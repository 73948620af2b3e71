"""Which session a notebook has, as notebooks are opened, moved, copied and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from session_state_ext.errors import NotFound
from session_state_ext.model import Origin, Session, Set
from session_state_ext.names import check_session_id
from session_state_ext.store.base import Attachment

if TYPE_CHECKING:
    from .batch import Batch
    from .hub import Hub
    from .live import Live

#: Notebooks that were opened and never written to, remembered at most.
_UNBORN = 1000


class Attached(NamedTuple):
    session_id: str
    #: whether this call made the attachment to a session that was asked for by id
    made: bool


class Notebooks:
    """The attachments (owner, path) -> session. A session that nobody has written to is kept here, in memory."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._unborn: dict[tuple[str, str], Live] = {}

    async def attach(self, owner: str, path: str, *, session_id: str | None = None) -> Attached:
        """See :meth:`Hub.attach`."""
        if session_id is not None:
            return await self._attach_to(owner, path, session_id)
        live = self._unborn.get((owner, path))
        if live is not None:
            return Attached(live.session.id, False)

        def settle(stored: str | None) -> Attached:
            return Attached(stored or self._open(owner, path).session.id, False)

        return await self._hub.work(lambda batch: batch.transaction.attached(owner, path), settle, writes=False)

    async def moved(self, old: str, new: str) -> None:
        """A notebook, or a folder of them, has another path now; every owner's session goes along."""

        def to(path: str) -> str | None:
            under = path == old or path.startswith(old.rstrip("/") + "/")
            return new + path[len(old) :] if under else None

        def decide(batch: Batch) -> None:
            for attachment in batch.transaction.attachments(old):
                path = new + attachment.path[len(old) :]
                self._make_room(batch, attachment.owner, path)
                session = _session(batch, attachment)
                rest = (other for other in session.paths if other != attachment.path)
                _describe(batch, replace(session, paths=(*rest, path)))
            for (_, at), live in self._unborn.items():
                if (there := to(at)) is not None:
                    batch.draft(live).move((there,))

        def settle(_: None) -> None:
            self._unborn = {(owner, to(path) or path): live for (owner, path), live in self._unborn.items()}

        await self._hub.work(decide, settle)

    async def copied(self, source: str, target: str) -> None:
        """A notebook, or a folder of them, was copied: the copy gets a copy of the values."""

        def decide(batch: Batch) -> None:
            for attachment in batch.transaction.attachments(source):
                path = target + attachment.path[len(source) :]
                if batch.transaction.attached(attachment.owner, path) is None:
                    self._make_room(batch, attachment.owner, path)
                    self._copy(batch, attachment, path)

        await self._hub.work(decide, lambda _: None)

    async def removed(self, path: str) -> None:
        """A notebook, or a folder of them, is gone. Its session stays, and can be found in the list."""

        def decide(batch: Batch) -> None:
            for attachment in batch.transaction.attachments(path):
                session = _session(batch, attachment)
                rest = tuple(other for other in session.paths if other != attachment.path)
                _describe(batch, replace(session, paths=rest))

        await self._hub.work(decide, lambda _: None)

    # --- told by the hub ---

    def born(self, live: Live) -> None:
        """It is stored now."""
        self.gone(live)

    def gone(self, live: Live) -> None:
        for path in live.session.paths:
            if self._unborn.get((live.session.owner, path)) is live:
                del self._unborn[live.session.owner, path]

    # --- in between ---

    def _open(self, owner: str, path: str) -> Live:
        """The unborn session of this notebook; on the loop, after the store was found to have none."""
        live = self._unborn.get((owner, path))
        if live is None:
            live = self._hub.unborn(owner, paths=(path,))
            self._hub.adopt(live)
            self._unborn[owner, path] = live
            unused = (old for old in self._unborn.items() if not old[1].users)
            if len(self._unborn) > _UNBORN and (oldest := next(unused, None)) is not None:
                del self._unborn[oldest[0]]
                self._hub.drop(oldest[1])
        return live

    async def _attach_to(self, owner: str, path: str, session_id: str) -> Attached:
        check_session_id(session_id)

        def decide(batch: Batch) -> bool:
            draft = batch.draft(live)
            draft.require()
            if path in draft.session.paths:
                return False
            self._make_room(batch, owner, path)
            draft.describe(replace(draft.session, paths=(*draft.session.paths, path)))
            return True

        async with self._hub.use(owner, session_id) as live:
            return Attached(session_id, await self._hub.work(decide, lambda made: made))

    def _make_room(self, batch: Batch, owner: str, path: str) -> None:
        """Whatever session this path has, it is about to get another one."""
        unborn = self._unborn.get((owner, path))
        if unborn is not None:
            batch.draft(unborn).erase()
        other = batch.transaction.attached(owner, path)
        if other is not None:
            session = _session(batch, Attachment(owner=owner, path=path, session_id=other))
            _describe(batch, replace(session, paths=tuple(at for at in session.paths if at != path)))

    def _copy(self, batch: Batch, attachment: Attachment, path: str) -> None:
        source = batch.live(attachment.session_id) or batch.load(attachment.session_id)
        rows = batch.draft(source).rows()
        copy = batch.draft(self._hub.unborn(attachment.owner, paths=(path,)))
        ops = copy.prepare(Set(name=row.name, value=row.value) for row in rows)
        if ops:
            copy.commit(ops, origin=Origin(kind="api"), label=f"copied from {attachment.path}")
        else:
            copy.describe(copy.session)


def _session(batch: Batch, attachment: Attachment) -> Session:
    """The session as it stands in this transaction."""
    live = batch.live(attachment.session_id)
    session = batch.draft(live).session if live is not None else batch.transaction.session(attachment.session_id)
    if session is None:
        raise NotFound()
    return session


def _describe(batch: Batch, session: Session) -> None:
    live = batch.live(session.id)
    if live is not None:
        batch.draft(live).describe(session)
    else:
        batch.transaction.put(session)
