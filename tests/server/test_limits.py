"""Limits are settings: the server holds everybody to its own, and tells its clients what they are."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from jupyter_server.auth.identity import User
from msgspec import Raw

from session_state_ext.errors import InvalidName, LimitExceeded
from session_state_ext.hub import LOCAL
from session_state_ext.kernel.link import Link
from session_state_ext.kernel.remote import RemoteBackend
from session_state_ext.kernel.session import Session
from session_state_ext.model import Origin, Set
from session_state_ext.server.credentials import Credential
from tests.server.conftest import Rest

MEGABYTE = 1024 * 1024


@pytest.fixture
def limits() -> dict[str, Any]:
    return {
        "value_bytes": 90 * MEGABYTE,
        "session_bytes": 100 * MEGABYTE,
        "depth": 100,
        "digits": 30,
        "name_chars": 20,
    }


async def test_a_kernel_keeps_to_the_limits_that_its_server_tells(rest: Rest, jp_serverapp: Any) -> None:
    service = jp_serverapp.web_app.settings["session_state"]
    session_id = (await rest("POST", body={"name": "large"})).json["sessionId"]
    large = Set(name="large", value=Raw(b'"' + b"x" * (80 * MEGABYTE) + b'"'))
    await service.hub.write(LOCAL, session_id, (large,), origin=Origin(kind="api"))
    token = service.credentials.issue(Credential(owner=LOCAL, user=User(username="x"), shown=None))

    link = Link(lambda: RemoteBackend(jp_serverapp.connection_url, token, name="large"), local=False).start()
    try:

        def use() -> None:
            session = Session(link, {})
            # All of a session that is larger than any is by default.
            assert session.id == session_id
            assert len(session["large"]) == 80 * MEGABYTE
            # What is written is checked where it is written, against the same limits.
            deep = _nest(1, 90)
            session["deep"] = deep
            assert session.flush(60)
            with pytest.raises(LimitExceeded, match="100 deep"):
                session["deeper"] = _nest(deep, 20)
            with pytest.raises(LimitExceeded, match="30 digits"):
                session["long"] = 10**30
            with pytest.raises(InvalidName, match="20 characters"):
                session["x" * 21] = 1
            assert session.flush(60)
            assert link.news() == ([], [], [])

        await asyncio.to_thread(use)
    finally:
        await asyncio.to_thread(link.close)


def _nest(value: Any, times: int) -> Any:
    for _ in range(times):
        value = [value]
    return value
