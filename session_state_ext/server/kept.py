"""Values that travel with a notebook, where a person has asked for it: put in as it is saved, offered to who opens it.

Who asks writes the id of their session into the notebook's metadata, ``{"session_state": {"keep": ID}}``. The server
puts that session's values in at each save by its owner. For anybody else, whose session has another id, what the
notebook carries stays as it is, and is offered to them.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.call_context import CallContext
from msgspec import UNSET, Raw, Struct
from tornado import web

from session_state_ext.changes import read_spec
from session_state_ext.errors import Forbidden, InvalidBody, NotFound, SessionError
from session_state_ext.hub import LOCAL
from session_state_ext.hub.draft import Draft
from session_state_ext.hub.plans import Plan
from session_state_ext.jsontext import same
from session_state_ext.model import Set, Variable
from session_state_ext.notebookfile import METADATA, Kept
from session_state_ext.wire import SaidOrigin, check_ops, check_text, is_locked, is_unset, problem

from .base import Service, is_one_person, owner_of
from .resource import Resource

#: A larger value is not put into a notebook, and all together not more than this many times as much.
_VALUE_BYTES = 64 * 1024
_VALUES = 16


class TakeBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the values to take; by default those that are offered."""

    path: str
    names: list[str] | None = None
    origin: SaidOrigin | None = None


class KeptHandler(Resource):
    """/api/session/{id}/kept"""

    @web.authenticated
    @authorized
    async def get(self, session_id: str) -> None:
        kept = await self._kept(session_id, self.get_query_argument("path", ""))
        hub = await self.service.ready()
        async with hub.use(self.owner, session_id) as live:
            offered = _offered(kept.values, live.rows)
        self.answer({"keep": kept.keep == session_id, "values": kept.values, "offered": offered})

    @web.authenticated
    @authorized
    async def post(self, session_id: str) -> None:
        body = await self.body(TakeBody)
        kept = await self._kept(session_id, body.path)
        wrong = next((name for name in body.names or () if name not in kept.values), None)
        if wrong is not None:
            raise InvalidBody(f"This notebook carries no value of {wrong}.", name=wrong)

        def plan(draft: Draft) -> Plan:
            rows = {row.name: row for row in draft.rows()}
            names: Collection[str] = _offered(kept.values, rows) if body.names is None else dict.fromkeys(body.names)
            ops = tuple(Set(name=name, value=kept.values[name]) for name in names)
            return Plan(ops, label=f"values that came with {PurePosixPath(body.path).name}")

        hub = await self.service.ready()
        written = await hub.write(
            self.owner,
            session_id,
            plan,
            origin=self.origin_from(body.origin),
            check=self.if_session(),
            retry=self.retry(),
            whole=not self.prefers_minimal(),
        )
        await self.answer_state(session_id, written)

    async def _kept(self, session_id: str, path: str) -> Kept:
        """What the notebook at this contents path carries, which has this session. Raises NotFound, Forbidden."""
        hub = await self.service.ready()
        async with hub.use(self.owner, session_id) as live:
            paths = live.session.paths
        if not path:
            raise InvalidBody("Which notebook? Give its path.")
        if self.service.paths.place(path) not in paths:
            raise NotFound("The notebook at this path does not have this session.")
        if not await ensure_async(self.authorizer.is_authorized(self, self.current_user, "read", "contents")):
            raise Forbidden()
        kept = await self.service.paths.kept(path)
        return Kept(kept.keep, {name: text for name, text in kept.values.items() if self._fits(name, text)})

    def _fits(self, name: str, text: Raw) -> bool:
        """Whether this could be a variable: a file may have been written by anybody."""
        try:
            check_text(bytes(text), self.service.limits)
            check_ops((Set(name=name, value=text),), self.service.limits)
        except SessionError:
            return False
        return True


def _offered(values: Mapping[str, Raw], rows: Mapping[str, Variable]) -> list[str]:
    """The values that nobody has decided otherwise in the session: it lacks them, or has their defaults."""
    return [name for name, text in values.items() if _is_open(rows.get(name), text)]


def _is_open(row: Variable | None, text: Raw) -> bool:
    if row is None:
        return True
    if row.spec is UNSET or same(bytes(row.value), bytes(text)):
        return False
    default = read_spec(row.spec).default
    untouched = default is not UNSET and same(bytes(default), bytes(row.value))
    if not untouched and not is_unset(row.name, row.spec, row.value):
        return False
    return not is_locked(row.spec) and problem(row.name, row.spec, text) is None


class Keeper:
    """Puts the values of declared variables into the notebooks whose owners asked for it, as they are saved."""

    def __init__(self, service: Service, contents_manager: Any, identity_provider: Any) -> None:
        self._service, self._contents, self._identity = service, contents_manager, identity_provider

    def wrap(self) -> None:
        """The contents manager's instance: a pre-save hook could not wait for the session."""
        self._save = self._contents.save
        self._contents.save = self.save

    def save(self, model: dict[str, Any], path: str = "", *args: Any, **kwargs: Any) -> Any:
        """As the contents manager does it, which gives a model or, where it is asynchronous, something to wait for."""
        place = _place_in(model)
        if place is None:
            return self._save(model, path, *args, **kwargs)

        async def filled() -> Any:
            with suppress(SessionError):
                values = await self._values(place["keep"], path)
                if values is not None:
                    place["values"] = values
            saved = self._save(model, path, *args, **kwargs)
            return await saved if inspect.isawaitable(saved) else saved

        return filled()

    async def _values(self, session_id: str, path: str) -> dict[str, Any] | None:
        """What to put in; None where who saves is not the owner of this session, or the notebook has another one."""
        owner = self._owner()
        if owner is None:
            return None
        hub = await self._service.ready()
        async with hub.use(owner, session_id) as live:
            if self._service.paths.place(path) not in live.session.paths:
                return None
            rows = dict(live.rows)
        found: dict[str, Any] = {}
        room = _VALUE_BYTES * _VALUES
        for row in map(rows.__getitem__, sorted(rows)):
            text = bytes(row.value)
            if row.spec is UNSET or is_unset(row.name, row.spec, row.value) or len(text) > min(room, _VALUE_BYTES):
                continue
            found[row.name] = json.loads(text)
            room -= len(text)
        return found

    def _owner(self) -> str | None:
        if is_one_person(self._identity):
            return LOCAL
        user = getattr(CallContext.get(CallContext.JUPYTER_HANDLER), "current_user", None)
        return None if user is None else owner_of(self._identity, user)


def _place_in(model: Any) -> dict[str, Any] | None:
    """Our place in the metadata of a notebook that is to keep values."""
    content = model.get("content") if isinstance(model, dict) and model.get("type") == "notebook" else None
    metadata = content.get("metadata") if isinstance(content, dict) else None
    place = metadata.get(METADATA) if isinstance(metadata, dict) else None
    return place if isinstance(place, dict) and isinstance(place.get("keep"), str) else None
