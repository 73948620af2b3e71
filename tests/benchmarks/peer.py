"""A server extension for the benchmarks alone: the handler that is measured, without the store."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from session_state_ext.hub.batch import Written
from session_state_ext.server.rest import Resource
from session_state_ext.wire import MergeBody, merge_ops


class StoresNothing(Resource):
    """POST as to a session: authenticated, checked and answered with its state; nothing is written."""

    @web.authenticated
    @authorized
    async def post(self, session_id: str) -> None:
        hub = await self.service.ready()
        body = await self.body(MergeBody)
        await self.beside(merge_ops, body, self.service.limits)
        self.origin_from(body.origin)
        self.if_session()
        self.retry()
        async with hub.use(self.owner, session_id) as live:
            written = Written(live.session, None, {}, 200).seen(live, whole=not self.prefers_minimal())
        await self.answer_state(session_id, written)


def _load_jupyter_server_extension(server: Any) -> None:
    server.web_app.add_handlers(".*$", [(r"/bench/nothing/([^/]+)", StoresNothing)])


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "tests.benchmarks.peer"}]
