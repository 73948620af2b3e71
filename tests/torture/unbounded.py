"""A server extension that breaks the product: what a client does not read piles up."""

from __future__ import annotations

from typing import Any

from session_state_ext.server.channel import Outgoing


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    def put(self: Outgoing, frame: bytes) -> None:
        self._handler.write_message(frame)

    Outgoing.put = put  # type: ignore[method-assign]
