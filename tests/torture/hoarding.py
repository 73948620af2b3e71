"""A server extension that breaks the product: bodies and frames are kept when they have been answered."""

from __future__ import annotations

from typing import Any

from session_state_ext.hub.connection import Connection
from session_state_ext.server.base import SessionHandler

_kept: list[bytes] = []


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    receive, finish = Connection.receive, SessionHandler.on_finish

    async def keep_frame(self: Connection, frame: bytes) -> None:
        _kept.append(frame)
        await receive(self, frame)

    def keep_body(self: SessionHandler) -> None:
        _kept.extend(getattr(self, "_chunks", ()))
        finish(self)

    Connection.receive = keep_frame  # type: ignore[method-assign]
    SessionHandler.on_finish = keep_body  # type: ignore[method-assign]
