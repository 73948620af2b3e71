"""Which session a notebook has, as notebooks are opened, moved, copied and removed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from msgspec import UNSET
from msgspec.structs import replace

from session_state_ext.errors import NotFound, Unavailable, UnknownNotebook
from session_state_ext.model import Declare, Op, Origin, Session, Set
from session_state_ext.names import check_session_id
from session_state_ext.notebookfile import are_strangers, is_gone, likeness
from session_state_ext.store.base import Attachment

from . import bound
from .attaching import Attached, Request, Standing, again

if TYPE_CHECKING:
    from session_state_ext.wire import Bindings

    from .batch import Batch, Retry
    from .hub import Hub
    from .live import Live

T = TypeVar("T")

#: Notebooks that were opened and never written to, remembered at most.
_UNBORN = 1000


#: How alike a notebook must be to one that is gone, to be taken for the same.
_ALIKE = 0.5

#: What a person makes of a notebook that its session does not know: go on with the session, with a copy of it, or anew.
Choice = Literal["use", "copy", "empty"]

_SENTENCES = {
    "other-cells": "No cell of this notebook is known to the session that its path has. Choose what it is to have.",
    "moved": "This looks like a notebook that was moved, and has a session there. Choose what it is to have.",
}
_CHOICES: Mapping[str, tuple[Choice, ...]] = {"other-cells": ("use", "copy", "empty"), "moved": ("use", "empty")}


class Question(NamedTuple):
    """Why a notebook does not simply get a session."""

    reason: Literal["other-cells", "moved"]
    #: the notebook that has it so far: an earlier one at the same path, or one at a path that is gone
    attachment: Attachment


class Notebooks:
    """The attachments (owner, path) -> session. A session that nobody has written to is kept here, in memory."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._unborn: dict[tuple[str, str], Live] = {}
        #: of whom it was asked which session they are to have
        self._asked: set[tuple[str, str]] = set()

    async def attach(
        self,
        owner: str,
        path: str,
        *,
        session_id: str | None = None,
        cells: tuple[str, ...] | None = None,
        choose: Choice | None = None,
        bindings: Bindings | None = None,
        check: Standing | None = None,
        retry: Retry | None = None,
    ) -> Attached:
        """The session of the notebook at ``path`` (absolute, or ``drive:path``); stores no session by itself.

        The same path gives the same session, however many ask at once. With ``session_id`` the path is
        attached to that session from now on. ``cells`` are the ids of the notebook's cells, None where they are not
        known. Raises UnknownNotebook where they tell that this is another notebook than the one that had the
        session, until somebody has chosen what it is to have. ``bindings`` are what its next kernel binds, as by
        :meth:`bind`; with ``retry`` a repeated request changes nothing, as in :meth:`Hub.write`.
        """
        request = Request(owner, path, bindings, check, retry)
        if bindings is not None:
            bound.check(bindings, self._hub.limits)
        if session_id is not None:
            return await self._attach_to(request, session_id, cells)
        live = self._unborn.get((owner, path))
        if live is not None and cells:
            live.cells = {**live.cells, path: cells}
        if live is not None and request.is_plain:
            return Attached(live.session.id, False)
        lost = await self._lost(owner, path, cells) if cells and live is None else None

        def decide(batch: Batch) -> Attached | Attachment | None:
            if (earlier := request.earlier(batch)) is not None:
                return again(earlier)
            request.begin(self._standing(batch, owner, path))
            question = _question(batch, owner, path, cells, lost)
            if question is None:
                stored = batch.transaction.attachment(owner, path)
            elif choose is None or choose not in _CHOICES[question.reason]:
                raise _ask(batch, question)
            else:
                stored = self._choose(batch, question, path, cells or (), choose)
            request.end(batch, None if stored is None else _session(batch, stored))
            return stored

        def settle(stored: Attached | Attachment | None) -> Attached | Attachment | None:
            self._asked.discard((owner, path))
            return stored

        try:
            stored = await self._hub.work(decide, settle, writes=choose is not None or not request.is_plain)
        except UnknownNotebook:
            self._asked.add((owner, path))
            raise
        if stored is None:
            return Attached(self._open(owner, path, cells or ()).session.id, False)
        if isinstance(stored, Attached):
            return stored
        if cells and set(cells) != set(stored.cells):
            # Where that cannot be written just now, the next one to come writes it.
            with suppress(Unavailable):
                await self._hub.work(lambda batch: batch.transaction.put_cells(owner, path, cells), _nothing)
        return Attached(stored.session_id, False)

    async def detach(self, owner: str, path: str, *, check: Standing | None = None, retry: Retry | None = None) -> None:
        """The notebook at ``path`` has no session any more, and gets a new one when it asks. The old one stays."""
        request = Request(owner, path, None, check, retry)

        def decide(batch: Batch) -> None:
            if request.earlier(batch) is None:
                session = self._standing(batch, owner, path)
                request.begin(session)
                self._make_room(batch, owner, path)
                request.end(batch, session, 204)

        await self._hub.work(decide, _nothing)
        self._asked.discard((owner, path))

    async def bind(self, owner: str, path: str, bindings: Bindings) -> None:
        """Have the next kernel of this notebook bind these. Raises InvalidName, LimitExceeded."""
        bound.check(bindings, self._hub.limits)
        await self._hub.work(lambda batch: bound.remember(batch, owner, path, bindings), _nothing)

    async def bound(self, owner: str, path: str) -> Bindings | None:
        """The names that this notebook's kernels had bound, None where there are none."""
        return await self._hub.work(bound.reader(owner, path), _same, writes=False)

    async def owners(self, path: str) -> list[str]:
        """Whose stored sessions the notebook at ``path`` has."""

        def look(batch: Batch) -> list[str]:
            return sorted(one.owner for one in batch.transaction.attachments(path) if one.path == path)

        return await self._hub.work(look, _same, writes=False)

    async def saved(self, path: str, cells: tuple[str, ...] | None) -> None:
        """A notebook was saved with these cells, by which it is known from now on.

        Not where nobody has it open: then it was put in the place of another one, and whoever opens it is asked.
        """
        if not cells:
            return
        for (_, at), live in self._unborn.items():
            if at == path:
                live.cells = {**live.cells, path: cells}

        def look(batch: Batch) -> list[Attachment]:
            below = batch.transaction.attachments(path)
            return [one for one in below if one.path == path and set(one.cells) != set(cells)]

        changed = await self._hub.work(look, _same, writes=False)
        edited = [one for one in changed if not are_strangers(one.cells, cells) or self._is_open(one)]

        def remember(batch: Batch) -> None:
            for one in edited:
                batch.transaction.put_cells(one.owner, path, cells)

        if edited:
            await self._hub.work(remember, _nothing)

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
                batch.transaction.put_cells(attachment.owner, path, attachment.cells)
            bound.move(batch, old, new)
            for (_, at), live in self._unborn.items():
                if (there := to(at)) is not None:
                    batch.draft(live).move((there,))

        def settle(_: None) -> None:
            self._unborn = {(owner, to(path) or path): live for (owner, path), live in self._unborn.items()}
            for live in self._unborn.values():
                live.cells = {to(path) or path: cells for path, cells in live.cells.items()}

        await self._hub.work(decide, settle)

    async def copied(self, source: str, target: str) -> None:
        """A notebook, or a folder of them, was copied: the copy gets a copy of the values."""

        def decide(batch: Batch) -> None:
            for attachment in batch.transaction.attachments(source):
                path = target + attachment.path[len(source) :]
                if batch.transaction.attached(attachment.owner, path) is None:
                    self._make_room(batch, attachment.owner, path)
                    self._copy(batch, attachment, path, attachment.cells)
            bound.copy(batch, source, target)

        await self._hub.work(decide, _nothing)

    async def removed(self, path: str) -> None:
        """A notebook, or a folder of them, is gone. Its session stays, and can be found in the list."""

        def decide(batch: Batch) -> None:
            for attachment in batch.transaction.attachments(path):
                _detach(batch, attachment)
            bound.forget(batch, path)

        await self._hub.work(decide, _nothing)

    # --- told by the hub ---

    def born(self, live: Live) -> None:
        """It is stored now."""
        self.gone(live)

    def gone(self, live: Live) -> None:
        for path in live.session.paths:
            if self._unborn.get((live.session.owner, path)) is live:
                del self._unborn[live.session.owner, path]

    # --- in between ---

    def _open(self, owner: str, path: str, cells: tuple[str, ...]) -> Live:
        """The unborn session of this notebook; on the loop, after the store was found to have none."""
        live = self._unborn.get((owner, path))
        if live is None:
            live = self._hub.unborn(owner, paths=(path,))
            live.cells = {path: cells}
            self._hub.adopt(live)
            self._unborn[owner, path] = live
            unused = (old for old in self._unborn.items() if not old[1].users)
            if len(self._unborn) > _UNBORN and (oldest := next(unused, None)) is not None:
                del self._unborn[oldest[0]]
                self._hub.drop(oldest[1])
        return live

    def _is_open(self, attachment: Attachment) -> bool:
        """Whether a panel or kernel is connected to this notebook's session, and not because of another notebook."""
        connected = any(live.session.id == attachment.session_id and live.listeners for live in self._hub.lives())
        return connected and (attachment.owner, attachment.path) not in self._asked

    async def _lost(self, owner: str, path: str, cells: tuple[str, ...]) -> Attachment | None:
        """The notebook most like this one whose file is gone, where this one has no session."""

        def look(batch: Batch) -> list[Attachment]:
            if batch.transaction.attachment(owner, path) is not None:
                return []
            alike = [(likeness(one.cells, cells), one) for one in batch.transaction.attachments_of(owner)]
            return [one for how, one in sorted(alike, key=lambda each: -each[0]) if how >= _ALIKE]

        alike = await self._hub.work(look, _same, writes=False)
        if not alike:
            return None
        # A disk that is far away takes its time.
        return await asyncio.to_thread(lambda: next((one for one in alike if is_gone(one.path)), None))

    def _choose(
        self, batch: Batch, question: Question, path: str, cells: tuple[str, ...], choice: Choice
    ) -> Attachment | None:
        """What the notebook has from now on; None for a new session."""
        before = question.attachment
        if choice == "copy":
            self._make_room(batch, before.owner, path)
            return self._copy(batch, before, path, cells)
        if choice == "empty":
            if before.path == path:
                _detach(batch, before)
                bound.forget(batch, path)
            return None
        if before.path != path:
            session = _session(batch, before)
            rest = (other for other in session.paths if other != before.path)
            _describe(batch, replace(session, paths=(*rest, path)))
            bound.move(batch, before.path, path)
        batch.transaction.put_cells(before.owner, path, cells)
        return replace(before, path=path, cells=cells)

    async def _attach_to(self, request: Request, session_id: str, cells: tuple[str, ...] | None) -> Attached:
        check_session_id(session_id)
        owner, path = request.owner, request.path

        def decide(batch: Batch) -> Attached:
            if (earlier := request.earlier(batch)) is not None:
                return again(earlier)
            draft = batch.draft(live)
            draft.require()
            request.begin(self._standing(batch, owner, path))
            made = path not in draft.session.paths
            if made:
                self._make_room(batch, owner, path)
                draft.describe(replace(draft.session, paths=(*draft.session.paths, path)))
            if draft.born and cells is not None:
                batch.transaction.put_cells(owner, path, cells)
            request.end(batch, draft.session if draft.born else None, 201 if made else 200)
            return Attached(session_id, made)

        def settle(attached: Attached) -> Attached:
            self._asked.discard((owner, path))
            return attached

        async with self._hub.use(owner, session_id) as live:
            return await self._hub.work(decide, settle)

    def _standing(self, batch: Batch, owner: str, path: str) -> Session | None:
        """The session that a notebook has, as it stands in this transaction."""
        unborn = self._unborn.get((owner, path))
        if unborn is not None:
            return batch.draft(unborn).session
        found = batch.transaction.attachment(owner, path)
        return None if found is None else _session(batch, found)

    def _make_room(self, batch: Batch, owner: str, path: str) -> None:
        """Whatever session this path has, it is about to get another one."""
        unborn = self._unborn.get((owner, path))
        if unborn is not None:
            batch.draft(unborn).erase()
        other = batch.transaction.attachment(owner, path)
        if other is not None:
            _detach(batch, other)

    def _copy(self, batch: Batch, attachment: Attachment, path: str, cells: tuple[str, ...]) -> Attachment:
        source = batch.live(attachment.session_id) or batch.load(attachment.session_id)
        rows = batch.draft(source).rows()
        made = self._hub.unborn(attachment.owner, paths=(path,))
        made.cells = {path: cells}
        copy = batch.draft(made)
        written: list[Op] = [Set(name=row.name, value=row.value) for row in rows]
        written += (Declare(name=row.name, spec=row.spec) for row in rows if row.spec is not UNSET)
        ops = copy.prepare(written)
        if ops:
            copy.commit(ops, origin=Origin(kind="api"), label=f"copied from {attachment.path}")
        else:
            copy.describe(copy.session)
        return Attachment(owner=attachment.owner, path=path, session_id=made.session.id, cells=cells)


def _question(
    batch: Batch, owner: str, path: str, cells: tuple[str, ...] | None, lost: Attachment | None
) -> Question | None:
    """What has to be asked before the notebook at ``path`` gets a session, as things stand in this transaction."""
    found = batch.transaction.attachment(owner, path)
    if found is not None:
        return Question("other-cells", found) if are_strangers(found.cells, cells) and _holds(batch, found) else None
    if lost is None or batch.transaction.attached(owner, lost.path) != lost.session_id or not _holds(batch, lost):
        return None
    return Question("moved", lost)


def _holds(batch: Batch, attachment: Attachment) -> bool:
    """Whether anything was ever written to this session."""
    return _session(batch, attachment).revision > 0


def _ask(batch: Batch, question: Question) -> UnknownNotebook:
    at = question.attachment
    (summary,) = batch.transaction.find(at.owner, path=at.path)
    return UnknownNotebook(
        _SENTENCES[question.reason], reason=question.reason, session=summary, choices=list(_CHOICES[question.reason])
    )


def _session(batch: Batch, attachment: Attachment) -> Session:
    """The session as it stands in this transaction."""
    live = batch.live(attachment.session_id)
    session = batch.draft(live).session if live is not None else batch.transaction.session(attachment.session_id)
    if session is None:
        raise NotFound()
    return session


def _detach(batch: Batch, attachment: Attachment) -> None:
    session = _session(batch, attachment)
    _describe(batch, replace(session, paths=tuple(other for other in session.paths if other != attachment.path)))


def _describe(batch: Batch, session: Session) -> None:
    live = batch.live(session.id)
    if live is not None:
        batch.draft(live).describe(session)
    else:
        batch.transaction.put(session)


def _same(value: T) -> T:
    return value


def _nothing(_: object) -> None:
    return None
