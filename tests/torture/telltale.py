"""A server extension that breaks the product: it tells the log what it is sent, at the level that says most."""

from __future__ import annotations

from typing import Any

from session_state_ext.server.base import SessionHandler


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    read = SessionHandler.raw_body

    def raw_body(self: SessionHandler, *kinds: str) -> bytes:
        body = read(self, *kinds)
        self.log.debug("%s %s", self.request.path, body)
        return body

    SessionHandler.raw_body = raw_body  # type: ignore[method-assign]
