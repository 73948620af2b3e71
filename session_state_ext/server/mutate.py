"""A client's numbered change over HTTP: what a page sends when it is about to go, and its channel with it."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from session_state_ext.hub.author import Author
from session_state_ext.wire import Mutate, MutateBody, Reject, check_ops, decode_server_frame

from .base import SessionHandler, status_of_code


class MutateHandler(SessionHandler):
    """/api/session/{id}/mutate"""

    @web.authenticated
    @authorized
    async def post(self, session_id: str) -> None:
        hub = await self.service.ready()
        body = await self.body(MutateBody)
        await self.beside(check_ops, body.ops, self.service.limits)
        frame = Mutate(seq=body.seq, base=body.base, ops=body.ops, origin=body.origin, label=body.label)
        async with hub.use(self.owner, session_id) as live:
            author = Author(hub, live, body.client, owner=self.person, user=self.shown, kernel=self.kernel)
            answer = decode_server_frame(await author.ask(frame))
        self.answer(answer, status_of_code(answer.code) if isinstance(answer, Reject) else 200)
