"""A server extension that breaks the product: now and then a change does not reach a client."""

from __future__ import annotations

import itertools
from typing import Any

from session_state_ext.server.channel import Outgoing


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    put, count = Outgoing.put, itertools.count(1)

    def drop(self: Outgoing, frame: bytes) -> None:
        # A welcome holds changes too, and without it a client would only wait.
        if not frame.startswith(b'{"type":"change"') or next(count) % 100:
            put(self, frame)

    Outgoing.put = drop  # type: ignore[method-assign]
