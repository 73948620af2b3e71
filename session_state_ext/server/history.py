"""A session's past over HTTP: changes, differences, undo, redo, restore, snapshots."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from msgspec.structs import replace
from tornado import web

from session_state_ext.errors import InvalidBody
from session_state_ext.model import Origin
from session_state_ext.wire import PurgeBody, RestoreBody, SnapshotBody, UndoBody

from .resource import Resource, snapshot_tag

#: Changes in one page at most.
_LONGEST_PAGE = 1000


class PastResource(Resource):
    """What these resources share."""

    def by(self, body: UndoBody | RestoreBody) -> Origin:
        origin: Origin = self.origin_from(body.origin)
        return origin if body.client is None else replace(origin, client=body.client)


class ChangesHandler(PastResource):
    """/api/session/{id}/changes"""

    @web.authenticated
    @authorized
    async def get(self, session_id: str) -> None:
        hub = await self.service.ready()
        limit = self.number("limit", 100) or 0
        if not 1 <= limit <= _LONGEST_PAGE:
            raise InvalidBody(f"limit is a whole number from 1 to {_LONGEST_PAGE}.")
        changes, following = await hub.history.changes(
            self.owner,
            session_id,
            before=self.number("before"),
            limit=limit,
            name=self.get_query_argument("name", None),
        )
        self.answer({"changes": changes, "next": following})


class DiffHandler(PastResource):
    """/api/session/{id}/diff"""

    @web.authenticated
    @authorized
    async def get(self, session_id: str) -> None:
        hub = await self.service.ready()
        earlier, later = self.number("from"), self.number("to")
        if earlier is None:
            raise InvalidBody("Between which revisions? Give from, and to unless it is the newest.")
        if later is None:
            async with hub.use(self.owner, session_id) as live:
                later = live.session.revision
        found = await hub.history.diff(self.owner, session_id, earlier, later)
        self.answer({"from": earlier, "to": later, "changed": found})


class UndoHandler(PastResource):
    """/api/session/{id}/undo"""

    @web.authenticated
    @authorized
    async def post(self, session_id: str) -> None:
        hub = await self.service.ready()
        body = await self.body(UndoBody)
        written = await hub.history.undo(
            self.owner,
            session_id,
            origin=self.by(body),
            client=body.client,
            revision=body.revision,
            force=body.force,
            check=self.if_session(),
            retry=self.retry(),
            whole=not self.prefers_minimal(),
        )
        await self.answer_state(session_id, written)


class RedoHandler(PastResource):
    """/api/session/{id}/redo"""

    @web.authenticated
    @authorized
    async def post(self, session_id: str) -> None:
        hub = await self.service.ready()
        body = await self.body(UndoBody)
        if body.revision is not None:
            raise InvalidBody("A redo takes back the newest undo; to take back a change by number, undo it.")
        written = await hub.history.redo(
            self.owner,
            session_id,
            origin=self.by(body),
            client=body.client,
            force=body.force,
            check=self.if_session(),
            retry=self.retry(),
            whole=not self.prefers_minimal(),
        )
        await self.answer_state(session_id, written)


class RestoreHandler(PastResource):
    """/api/session/{id}/restore"""

    @web.authenticated
    @authorized
    async def post(self, session_id: str) -> None:
        hub = await self.service.ready()
        body = await self.body(RestoreBody)
        if (body.revision is None) == (body.snapshot is None):
            raise InvalidBody("Go back to what? Give a revision or a snapshot.")
        written = await hub.history.restore(
            self.owner,
            session_id,
            origin=self.by(body),
            revision=body.revision,
            snapshot=body.snapshot,
            force=body.force,
            check=self.if_session(),
            retry=self.retry(),
            whole=not self.prefers_minimal(),
        )
        await self.answer_state(session_id, written)


class PurgeHandler(PastResource):
    """/api/session/{id}/purge"""

    @web.authenticated
    @authorized
    async def post(self, session_id: str) -> None:
        hub = await self.service.ready()
        body = await self.body(PurgeBody)
        purged = await hub.history.purge(self.owner, session_id, body.name, check=self.if_session(), retry=self.retry())
        self.answer({"name": body.name, "purged": purged})


class SnapshotsHandler(PastResource):
    """/api/session/{id}/snapshots"""

    @web.authenticated
    @authorized
    async def get(self, session_id: str) -> None:
        hub = await self.service.ready()
        self.answer({"snapshots": await hub.history.snapshots(self.owner, session_id)})


class SnapshotHandler(PastResource):
    """/api/session/{id}/snapshots/{name}"""

    @web.authenticated
    @authorized
    async def get(self, session_id: str, name: str) -> None:
        hub = await self.service.ready()
        taken = await hub.history.snapshot(self.owner, session_id, name)
        self.set_header("ETag", snapshot_tag(taken))
        if self.check_etag_header():
            self.set_status(304)
            self.finish()
            return
        self.answer(taken)

    @web.authenticated
    @authorized
    async def put(self, session_id: str, name: str) -> None:
        hub = await self.service.ready()
        body = await self.body(SnapshotBody)
        taken, new = await hub.history.take_snapshot(
            self.owner,
            session_id,
            name,
            revision=body.revision,
            check=self.if_snapshot(name),
            retry=self.retry(),
        )
        self.set_header("ETag", snapshot_tag(taken))
        self.answer(taken, 201 if new else 200)

    @web.authenticated
    @authorized
    async def delete(self, session_id: str, name: str) -> None:
        hub = await self.service.ready()
        await hub.history.forget_snapshot(
            self.owner, session_id, name, check=self.if_snapshot(name), retry=self.retry()
        )
        self.set_status(204)
        self.finish()
