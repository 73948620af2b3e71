"""Sessions over HTTP: one short handler a resource. openapi.yaml is the contract, RFC 9110 the manners."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from jupyter_server.auth.decorator import authorized
from msgspec import UNSET, Struct, structs
from tornado import web

from session_state_ext.errors import Expired, InvalidBody
from session_state_ext.hub.draft import Draft
from session_state_ext.hub.live import Connected, meta_of
from session_state_ext.hub.past import rows_before
from session_state_ext.hub.plans import Plan
from session_state_ext.jsontext import same
from session_state_ext.model import Delete, Step, Variable
from session_state_ext.patches import merge_variables, patch_variables
from session_state_ext.stepgraph import graph_of, of_runs
from session_state_ext.store.base import Summary
from session_state_ext.verdicts import Status, judge
from session_state_ext.wire import (
    CreateBody,
    Delta,
    MergeBody,
    PutBody,
    check_ops,
    decode_members,
    merge_ops,
    put_ops,
)

from .resource import Resource, no_variable, session_tag, variable_tag

MERGE_PATCH, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"

_ANOTHER = "This session has another history by now; read all of it."


class MetaBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str | None


class Listed(Summary, frozen=True, kw_only=True):
    """A session in the list, and who has it open."""

    connected: Connected


class StandingStep(Step, frozen=True, kw_only=True):
    """A step, and how it stands."""

    status: Status
    #: in a few words; empty where it is fresh
    why: str


class SessionsHandler(Resource):
    """/api/session"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        hub = await self.service.ready()
        name, path = self.get_query_argument("name", None), self.get_query_argument("path", None)
        at = None if path is None else self.service.paths.place(path)
        found = await hub.list(self.owner, name=name, path=at)
        self.answer(
            {"sessions": [Listed(**structs.asdict(one), connected=hub.connected(one.session_id)) for one in found]}
        )

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
            check=self.if_nothing(),
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
        epoch, tip = self.get_query_argument("epoch", None), self.get_query_argument("tip", None)
        hub = await self.service.ready()
        async with hub.use(self.owner, session_id) as live:
            is_dirty, storage = live.is_dirty, live.storage

        def look(draft: Draft) -> Delta | None:
            if draft.is_another(epoch, since, tip):
                return None
            if epoch not in (None, draft.session.epoch) or since > draft.session.revision:
                raise Expired(_ANOTHER)
            names = rows_before(draft, since)
            now = {name: draft.row(name) for name in names}
            return Delta(
                session_id=session_id,
                since=since,
                variables={name: row.value for name, row in now.items() if row is not None},
                removed=[name for name, row in now.items() if row is None and names[name] is not None],
                meta=meta_of(draft.session, is_dirty=is_dirty, storage=storage),
            )

        delta = await hub.read(self.owner, session_id, look)
        if delta is None:
            if await self.may("write"):
                await hub.notice(self.owner, session_id, epoch=epoch, since=since, tip=tip)
            raise Expired(_ANOTHER)
        self.answer(delta)

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
            rows, steps = dict(live.rows), [step for step in live.steps.values() if not step.forgotten]
        # Values are compared as JSON, which takes time by their size.
        self.answer({"steps": await asyncio.to_thread(_judged, steps, rows)})


class RunsHandler(Resource):
    """/api/session/{id}/runs"""

    @web.authenticated
    @authorized
    async def get(self, session_id: str) -> None:
        hub = await self.service.ready()
        self.answer({"runs": await hub.runs.of(self.owner, session_id)})


def _judged(steps: Sequence[Step], rows: Mapping[str, Variable]) -> list[StandingStep]:
    """The state of each step by its runs and the values that stand; its code and its kernel are not looked at."""
    verdicts = judge(graph_of([of_runs(step, rows) for step in steps]), rows)
    return [
        StandingStep(**structs.asdict(step), status=verdicts[step.name].status, why=verdicts[step.name].why)
        for step in steps
    ]


def check_session_name(name: str | None) -> None:
    """Raise InvalidBody unless this can name a session."""
    if name is not None and not (1 <= len(name) <= 256 and name.isprintable()):
        raise InvalidBody("A session's name has 1 to 256 printable characters, or is null.")
