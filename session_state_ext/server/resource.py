"""What a session's resources share: preconditions by RFC 9110, words in the address, a session as the answer."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from contextlib import suppress

from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from session_state_ext.errors import Expired, InvalidBody, NotFound, PreconditionFailed
from session_state_ext.hub import Check
from session_state_ext.hub.attaching import Standing
from session_state_ext.hub.batch import Written
from session_state_ext.hub.draft import Draft
from session_state_ext.model import Meta, Session, Snapshot, Variable
from session_state_ext.store.base import Key
from session_state_ext.wire import State, encode

from .base import SessionHandler

_TAG = re.compile(r'\*|(?:W/)?"[^"]*"')


def session_tag(session: Session | Meta, *, detail: bool = False) -> str:
    """The ETag of a session: its history, its newest change, and what is told of it that makes no revision.

    The change by its tag too: a file that was restored may have another one of that number. Not whether somebody is
    typing: a write must not fail for that.
    """
    told = zlib.crc32(encode((session.name, sorted(session.paths))))
    return f'"{session.epoch}-{session.revision}-{session.tip}-{told:08x}{"-d" if detail else ""}"'


def variable_tag(row: Variable) -> str:
    """The ETag of a variable: its revision, what it holds, which may differ in a file that was restored, and which
    declaration it has, for that makes no new revision."""
    told = zlib.crc32(bytes(row.value))
    if row.spec is not UNSET:
        told = zlib.crc32(bytes(row.spec), told)
    return f'"{row.revision}-{told:08x}"'


def snapshot_tag(snapshot: Snapshot) -> str:
    """The ETag of a snapshot: what it names, and since when."""
    return f'"{snapshot.revision}-{snapshot.at}"'


class Resource(SessionHandler):
    """What the resources share: preconditions, and a session as the answer."""

    def if_session(self) -> Check:
        """If-Match and If-None-Match against the session."""
        check = self._precondition()

        def stands(draft: Draft) -> int:
            check({session_tag(draft.session), session_tag(draft.session, detail=True)})
            return 200

        return stands

    def if_variable(self, name: str, *, made: int | None) -> Check:
        """If-Match and If-None-Match against the variable; ``made`` answers where there is none yet."""
        check = self._precondition()

        def stands(draft: Draft) -> int:
            row = draft.row(name)
            # Who knows a row by its revision alone may name that.
            check(set() if row is None else {variable_tag(row), f'"{row.revision}"'})
            if row is None and made is None:
                raise no_variable(name)
            return made if row is None and made is not None else 200

        return stands

    def if_snapshot(self, name: str) -> Check:
        """If-Match and If-None-Match against the snapshot."""
        check = self._precondition()

        def stands(draft: Draft) -> int:
            taken = draft.snapshots().get(name)
            check(set() if taken is None else {snapshot_tag(taken)})
            return 200

        return stands

    def if_notebook(self) -> Standing | None:
        """If-Match and If-None-Match against the session that a notebook has; None where neither is asked for."""
        if self._tags("If-Match") is None and self._tags("If-None-Match") is None:
            return None
        check = self._precondition()

        def stands(session: Session | None) -> None:
            check(set() if session is None else {session_tag(session), session_tag(session, detail=True)})

        return stands

    def if_nothing(self) -> Check:
        """If-Match and If-None-Match against what is made by this, and so has no tag yet."""
        check = self._precondition()

        def stands(_: Draft) -> int:
            check(set())
            return 201

        return stands

    def _precondition(self) -> Callable[[set[str]], None]:
        """RFC 9110, 13.1: strong comparison; the tags are empty where the thing does not exist."""
        match, none_match = self._tags("If-Match"), self._tags("If-None-Match")

        def check(tags: set[str]) -> None:
            if match is not None and not (tags if "*" in match else tags & match):
                raise PreconditionFailed()
            if none_match is not None and (tags if "*" in none_match else tags & none_match):
                raise PreconditionFailed("This exists already." if "*" in none_match else None)

        return check

    def _tags(self, header: str) -> set[str] | None:
        values = self.request.headers.get_list(header)
        return set(_TAG.findall(",".join(values))) if values else None

    def number(self, name: str, default: int | None = None) -> int | None:
        """A whole number in the address."""
        text = self.get_query_argument(name, None)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            raise InvalidBody(f"{name} is a whole number from 0 on.")
        return int(text)

    def switch(self, name: str) -> bool:
        """Whether something was asked for in the address: 1, or 0 as where nothing is said."""
        number = self.number(name, 0)
        if number not in (0, 1):
            raise InvalidBody(f"{name} is 1 or 0.")
        return number == 1

    async def answer_state(self, session_id: str, written: Written) -> None:
        """The session right after this write, whatever came later; of a repeated request, after the first one."""
        state = written.state
        assert state is not None
        earlier = written.earlier
        if earlier is not None and earlier.revision != state.meta.revision:
            state = await self._state_then(session_id, state, earlier)
        if state.variables is UNSET:
            self.set_header("Preference-Applied", "return=minimal")
        self.set_header("ETag", session_tag(state.meta))
        self.answer(state, written.status)

    async def _state_then(self, session_id: str, state: State, earlier: Key) -> State:
        """The session right after a request that is now repeated; without variables where that is too long ago."""
        hub = await self.service.ready()
        tip = await hub.read(self.owner, session_id, lambda draft: draft.tip_at(earlier.revision))
        meta = replace(state.meta, revision=earlier.revision, tip=tip or "", last_synced_at=earlier.at)
        variables: dict[str, Raw] | UnsetType = UNSET
        if not self.prefers_minimal():
            with suppress(Expired):
                rows = await hub.history.at(self.owner, session_id, earlier.revision)
                variables = {name: row.value for name, row in rows.items()}
        return State(session_id=session_id, variables=variables, meta=meta)


def no_variable(name: str) -> NotFound:
    return NotFound("There is no variable of this name.", name=name)
