"""What the jobs of one transaction of the writer share: sessions as it sees them, and requests already answered."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

from session_state_ext.errors import IdempotencyMismatch, NotFound
from session_state_ext.model import Change, Session, Storage, Variable
from session_state_ext.store.base import Key, Transaction
from session_state_ext.wire import Limits, State

from .draft import Draft
from .live import Event, Live, size_of


class Written(NamedTuple):
    """What became of a write."""

    session: Session
    #: None where nothing was altered
    change: Change | None
    #: the rows touched, as they stand after it
    rows: dict[str, Variable | None]
    #: the status to answer with
    status: int
    #: the answer to the same request earlier, where this one only repeats it
    earlier: Key | None = None
    #: the session right after it, where that was asked for with its variables
    state: State | None = None

    def seen(self, live: Live, *, whole: bool) -> Written:
        """With the session as it stands; asked when this write has been settled and before the next one is."""
        return self._replace(state=live.state(minimal=not whole))


class Retry(NamedTuple):
    """A request that may come again: Idempotency-Key and the hash of what was asked."""

    key: str
    body: bytes


class Batch:
    """What the jobs of one transaction share."""

    def __init__(
        self, transaction: Transaction, version: int, storage: Storage, limits: Limits, lives: Mapping[str, Live]
    ) -> None:
        self.transaction = transaction
        self.version = version
        self.storage = storage
        self.now = time.time_ns() // 1_000_000
        self._limits = limits
        self._lives = lives
        self._loaded: dict[str, Live] = {}
        self._drafts: dict[Live, Draft] = {}
        self._used: dict[Live, Draft] = {}

    def draft(self, live: Live) -> Draft:
        """The session as this transaction sees it."""
        draft = self._drafts.get(live)
        if draft is None:
            draft = Draft(
                live, self.transaction, version=self.version, storage=self.storage, limits=self._limits, now=self.now
            )
            self._drafts[live] = draft
        self._used[live] = draft
        return draft

    def live(self, session_id: str) -> Live | None:
        """The replica of this session, if there is one."""
        return self._loaded.get(session_id) or self._lives.get(session_id)

    def load(self, session_id: str) -> Live:
        """Read a session that is not live. Raises NotFound, Damaged."""
        session = self.transaction.session(session_id)
        if session is None:
            raise NotFound()
        rows = self.transaction.variables(session_id)
        steps = self.transaction.steps(session_id)
        live = Live(
            session=session,
            rows=rows,
            steps=steps,
            value_bytes=size_of(rows.values()),
            version=self.version,
            storage=self.storage,
        )
        self._loaded[session_id] = live
        return live

    def take(self) -> list[tuple[Live, list[Event]]]:
        """What happened to each session since this was last asked."""
        used, self._used = self._used, {}
        return [(live, draft.take()) for live, draft in used.items()]

    def earlier(self, owner: str, session_id: str, retry: Retry | None) -> Key | None:
        """What became of this request the first time. Raises IdempotencyMismatch where that was another one."""
        if retry is None:
            return None
        known = self.transaction.key(owner, session_id, retry.key)
        if known is not None and known.body != retry.body:
            raise IdempotencyMismatch()
        return known

    def remember(
        self, owner: str, session_id: str, retry: Retry | None, written: Written, made: str | None = None
    ) -> None:
        """Keep what became of this request, in the transaction that did it."""
        if retry is None:
            return
        self.transaction.put_key(
            Key(
                owner=owner,
                session_id=session_id,
                key=retry.key,
                body=retry.body,
                status=written.status,
                revision=written.session.revision,
                made=made,
                at=self.now,
            )
        )
