"""Sessions over HTTP: one short handler a resource. openapi.yaml is the contract, RFC 9110 the manners."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from contextlib import suppress

from jupyter_server.auth.decorator import authorized
from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import replace
from tornado import web

from session_state_ext.errors import Expired, InvalidBody, NotFound, PreconditionFailed
from session_state_ext.hub import LOCAL, Check
from session_state_ext.hub.batch import Written
from session_state_ext.hub.draft import Draft
from session_state_ext.hub.history import Plan, rows_before
from session_state_ext.hub.live import meta_of
from session_state_ext.jsontext import same
from session_state_ext.model import Delete, Meta, Session, Variable
from session_state_ext.names import check_session_id
from session_state_ext.patches import merge_variables, patch_variables
from session_state_ext.store.base import Key
from session_state_ext.wire import (
    AttachBody,
    CreateBody,
    Delta,
    MergeBody,
    PutBody,
    State,
    check_ops,
    decode_members,
    encode,
    merge_ops,
    put_ops,
)

from .base import SessionHandler

_TAG = re.compile(r'\*|(?:W/)?"[^"]*"')


MERGE_PATCH, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"


class MetaBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str | None


def session_tag(session: Session | Meta, *, detail: bool = False) -> str:
    """The ETag of a session: its history, its revision, and what is told of it that makes no revision.

    Not whether somebody is typing: a write must not fail for that.
    """
    told = zlib.crc32(encode((session.name, sorted(session.paths))))
    return f'"{session.epoch}-{session.revision}-{told:08x}{"-d" if detail else ""}"'


def variable_tag(row: Variable) -> str:
    """The ETag of a variable: its revision, and which declaration it has, for that makes no new one."""
    return f'"{row.revision}"' if row.spec is UNSET else f'"{row.revision}-{zlib.crc32(bytes(row.spec)):08x}"'


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
            check(set() if row is None else {variable_tag(row)})
            if row is None and made is None:
                raise no_variable(name)
            return made if row is None and made is not None else 200

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
        meta = replace(state.meta, revision=earlier.revision, last_synced_at=earlier.at)
        variables: dict[str, Raw] | UnsetType = UNSET
        if not self.prefers_minimal():
            hub = await self.service.ready()
            with suppress(Expired):
                rows = await hub.history.at(self.owner, session_id, earlier.revision)
                variables = {name: row.value for name, row in rows.items()}
        return State(session_id=session_id, variables=variables, meta=meta)


class SessionsHandler(Resource):
    """/api/session"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        hub = await self.service.ready()
        name, path = self.get_query_argument("name", None), self.get_query_argument("path", None)
        at = None if path is None else self.service.paths.place(path)
        self.answer({"sessions": await hub.list(self.owner, name=name, path=at)})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        hub = await self.service.ready()
        body = await self.body(CreateBody)
        check_session_name(body.name)
        ops = await self.beside(merge_ops, body, self.service.limits)
        written = await hub.create(
            self.owner,
            name=body.name,
            ops=ops,
            origin=self.origin_from(body.origin),
            retry=self.retry(),
            whole=not self.prefers_minimal(),
        )
        session_id = written.session.id
        if written.earlier is not None and written.earlier.made is not None:
            session_id = written.earlier.made
            async with hub.use(self.owner, session_id) as live:
                written = written.seen(live, whole=not self.prefers_minimal())
        self.set_header("Location", f"{self.request.path}/{session_id}")
        await self.answer_state(session_id, written)


class OneSessionHandler(Resource):
    """/api/session/{id}"""

    patches = (MERGE_PATCH, JSON_PATCH)

    @web.authenticated
    @authorized
    async def get(self, session_id: str) -> None:
        since, detail = self.number("since"), self.switch("detail")
        if since is not None:
            await self._changed_since(session_id, since)
            return
        hub = await self.service.ready()
        async with hub.use(self.owner, session_id) as live:
            self.set_header("ETag", session_tag(live.session, detail=detail))
            if self.check_etag_header():
                self.set_status(304)
                self.finish()
                return
            self.answer(live.state(detail=detail))

    async def _changed_since(self, session_id: str, since: int) -> None:
        """Only what changed after a revision of this history. Raises Expired where it cannot be told any more."""
        epoch = self.get_query_argument("epoch", None)
        hub = await self.service.ready()
        async with hub.use(self.owner, session_id) as live:
            is_dirty = live.is_dirty

        def look(draft: Draft) -> Delta:
            if epoch not in (None, draft.session.epoch) or since > draft.session.revision:
                raise Expired("This session has another history by now; read all of it.")
            names = rows_before(draft, since)
            now = {name: draft.row(name) for name in names}
            return Delta(
                session_id=session_id,
                since=since,
                variables={name: row.value for name, row in now.items() if row is not None},
                removed=[name for name, row in now.items() if row is None and names[name] is not None],
                meta=meta_of(draft.session, is_dirty=is_dirty),
            )

        self.answer(await hub.read(self.owner, session_id, look))

    @web.authenticated
    @authorized
    async def patch(self, session_id: str) -> None:
        hub = await self.service.ready()
        limits = self.service.limits
        patch = await self.text(*self.patches)
        merges = self.content_type() == MERGE_PATCH
        members = decode_members(patch) if merges else {}

        def plan(draft: Draft) -> Plan:
            values = {row.name: bytes(row.value) for row in draft.rows()}
            ops = merge_variables(values, members) if merges else patch_variables(values, patch)
            check_ops(ops, limits)
            return Plan(ops)

        origin = self.origin_from(None)
        written = await hub.write(
            self.owner,
            session_id,
            plan,
            origin=origin,
            check=self.if_session(),
            retry=self.retry(),
            whole=not self.prefers_minimal(),
        )
        await self.answer_state(session_id, written)

    @web.authenticated
    @authorized
    async def post(self, session_id: str) -> None:
        hub = await self.service.ready()
        body = await self.body(MergeBody)
        if body.session_id not in (None, session_id):
            raise InvalidBody("This is the state of another session: its sessionId is not the one in the address.")
        ops = await self.beside(merge_ops, body, self.service.limits)
        written = await hub.write(
            self.owner,
            session_id,
            ops,
            origin=self.origin_from(body.origin),
            check=self.if_session(),
            retry=self.retry(),
            whole=not self.prefers_minimal(),
        )
        await self.answer_state(session_id, written)

    @web.authenticated
    @authorized
    async def delete(self, session_id: str) -> None:
        hub = await self.service.ready()
        await hub.delete(self.owner, session_id, check=self.if_session(), retry=self.retry())
        self.set_status(204)
        self.finish()


class MetaHandler(Resource):
    """/api/session/{id}/meta"""

    @web.authenticated
    @authorized
    async def put(self, session_id: str) -> None:
        hub = await self.service.ready()
        body = await self.body(MetaBody)
        check_session_name(body.name)
        written = await hub.describe(
            self.owner,
            session_id,
            name=body.name,
            check=self.if_session(),
            retry=self.retry(),
            whole=not self.prefers_minimal(),
        )
        await self.answer_state(session_id, written)


class VariableHandler(Resource):
    """/api/session/{id}/variables/{name}"""

    @web.authenticated
    @authorized
    async def get(self, session_id: str, name: str) -> None:
        hub = await self.service.ready()
        async with hub.use(self.owner, session_id) as live:
            row = live.rows.get(name)
            if row is None:
                raise no_variable(name)
            self.set_header("ETag", variable_tag(row))
            if self.check_etag_header():
                self.set_status(304)
                self.finish()
                return
            self.answer(row)

    @web.authenticated
    @authorized
    async def put(self, session_id: str, name: str) -> None:
        hub = await self.service.ready()
        body = await self.body(PutBody)
        ops = await self.beside(put_ops, name, body, self.service.limits)
        origin = self.origin_from(body.origin)
        written = await hub.write(
            self.owner, session_id, ops, origin=origin, check=self.if_variable(name, made=201), retry=self.retry()
        )
        row = written.rows.get(name)
        if written.earlier is not None:
            async with hub.use(self.owner, session_id) as live:
                row = live.rows.get(name)
            if body.value is not UNSET and (row is None or not same(bytes(row.value), bytes(body.value))):
                # It has changed since: as it was answered then.
                at, revision = written.earlier.at, written.earlier.revision
                row = Variable(name=name, value=body.value, revision=revision, updated_at=at, origin=origin)
        if row is None:
            # A declaration was taken away where there is nothing.
            raise no_variable(name)
        self.set_header("ETag", variable_tag(row))
        self.answer(row, written.status)

    @web.authenticated
    @authorized
    async def delete(self, session_id: str, name: str) -> None:
        hub = await self.service.ready()
        await hub.write(
            self.owner,
            session_id,
            (Delete(name=name),),
            origin=self.origin_from(None),
            check=self.if_variable(name, made=None),
            retry=self.retry(),
        )
        self.set_status(204)
        self.finish()


class StepsHandler(Resource):
    """/api/session/{id}/steps"""

    @web.authenticated
    @authorized
    async def get(self, session_id: str) -> None:
        hub = await self.service.ready()
        async with hub.use(self.owner, session_id) as live:
            self.answer({"steps": list(live.steps.values())})


class RunsHandler(Resource):
    """/api/session/{id}/runs"""

    @web.authenticated
    @authorized
    async def get(self, session_id: str) -> None:
        hub = await self.service.ready()
        self.answer({"runs": await hub.runs(self.owner, session_id)})


class AttachHandler(Resource):
    """/api/session/attach"""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        hub = await self.service.ready()
        body = await self.body(AttachBody)
        if body.path is not None and body.kernel_id is not None:
            raise InvalidBody("Give a path or a kernelId, not both.")
        if body.session_id is not None:
            check_session_id(body.session_id)
        if body.session_id is not None and body.choose is not None:
            raise InvalidBody("Give a sessionId or a choice, not both.")
        paths = self.service.paths
        if body.path is not None:
            notebook = body.path
        elif body.kernel_id == "":
            raise NotFound()
        elif body.kernel_id is not None or self.credential is not None:
            notebook = await paths.of_kernel(body.kernel_id or self.kernel or "")
        else:
            raise InvalidBody("Which notebook? Give its path or its kernelId.")
        path, cells = paths.place(notebook), await paths.cells(notebook)
        self._host = await self._host_at(path)
        if body.session_id is not None:
            await self._check_guest(body.session_id)
        attached = await hub.attach(self.owner, path, session_id=body.session_id, cells=cells, choose=body.choose)
        async with hub.use(self.owner, attached.session_id) as live:
            self.set_header("ETag", session_tag(live.session))
            self.answer(live.state(), 201 if attached.made else 200)

    async def _check_guest(self, session_id: str) -> None:
        """A guest gives a notebook sessions of their own, or what is open to them already. Raises NotFound."""
        session = await (await self.service.ready()).whose(session_id)
        if session is not None and session.owner == self.person:
            self._host = None
        elif self._host not in (None, self.person) and await self.host_of(session_id) != self._host:
            raise NotFound()

    async def _host_at(self, path: str) -> str | None:
        """Whose session the notebook has that is being run there, where the caller may run it too.

        That of who started its kernel; where they have none, that of who has one.
        """
        if self.person == LOCAL:
            return None
        kernels = await self.service.paths.kernels_at((path,))
        if not kernels or not await self.may_execute():
            return None
        starter = self.service.credentials.starter(kernels[0])
        owners = await (await self.service.ready()).notebooks.owners(path)
        return starter if not owners or starter in owners else owners[0]


def no_variable(name: str) -> NotFound:
    return NotFound("There is no variable of this name.", name=name)


def check_session_name(name: str | None) -> None:
    """Raise InvalidBody unless this can name a session."""
    if name is not None and not (1 <= len(name) <= 256 and name.isprintable()):
        raise InvalidBody("A session's name has 1 to 256 printable characters, or is null.")
