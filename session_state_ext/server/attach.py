"""Which session a notebook has, over HTTP."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from msgspec import UNSET
from msgspec.structs import replace
from tornado import web

from session_state_ext.errors import InvalidBody, NoNotebook, NotFound
from session_state_ext.hub import LOCAL
from session_state_ext.hub.live import Live
from session_state_ext.names import check_session_id
from session_state_ext.wire import AttachBody, Bindings

from .resource import Resource, session_tag


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
        try:
            notebook = await self._notebook_of(body) if body.path is None else body.path
        except NoNotebook:
            if self.credential is None or body.session_id is None:
                raise
            await self._answer_alone(body.session_id)
            return
        path, cells = paths.place(notebook), await paths.cells(notebook)
        self._host = await self._host_at(path)
        if body.session_id is not None:
            await self._check_guest(body.session_id)
        attached = await hub.notebooks.attach(
            self.owner,
            path,
            session_id=body.session_id,
            cells=cells,
            choose=body.choose,
            bindings=body.bound,
            check=self.if_notebook(),
            retry=self.retry(),
        )
        if body.bound is not None and self.credential is not None:
            self.credential.be_eager(bool(body.bound.names))
        bound = body.bound or await hub.notebooks.bound(self.owner, path)
        async with hub.use(self.owner, attached.session_id) as live:
            self._answer(live, bound, 201 if attached.made else 200)

    def _answer(self, live: Live, bound: Bindings | None = None, status: int = 200) -> None:
        minimal = self.prefers_minimal()
        if minimal:
            self.set_header("Preference-Applied", "return=minimal")
        self.set_header("ETag", session_tag(live.session))
        state = live.state(minimal=minimal)
        self.answer(replace(state, bound=UNSET if bound is None else bound, limits=self.service.limits), status)

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        hub = await self.service.ready()
        path = self.service.paths.place(self.get_query_argument("path"))
        self._host = await self._host_at(path)
        await hub.notebooks.detach(self.owner, path, check=self.if_notebook(), retry=self.retry())
        self.set_status(204)
        self.finish()

    async def _notebook_of(self, body: AttachBody) -> str:
        own = self.credential if body.kernel_id in (None, self.kernel) else None
        return await self.service.paths.of_kernel(self._kernel_of(body), None if own is None else own.notebook)

    async def _answer_alone(self, session_id: str) -> None:
        """The session that a kernel names which no notebook runs: nothing has it from now on but that kernel."""
        self._host = await self.host_of(session_id)
        async with self.service.hub.use(self.owner, session_id) as live:
            if (check := self.if_notebook()) is not None:
                check(live.session)
            self._answer(live)

    def _kernel_of(self, body: AttachBody) -> str | None:
        """The kernel that is asked about; one that asks for itself has no id yet while it starts."""
        if body.kernel_id is None and self.credential is None:
            raise InvalidBody("Which notebook? Give its path or its kernelId.")
        return self.kernel if body.kernel_id is None else body.kernel_id

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
