"""A server extension for a test: how many objects Python's garbage collector looks through in this server."""

from __future__ import annotations

import gc
from typing import Any

from tornado import web


class Collected(web.RequestHandler):
    def get(self) -> None:
        self.write({"objects": len(gc.get_objects())})


def _load_jupyter_server_extension(server: Any) -> None:
    server.web_app.add_handlers(".*$", [("/api/session/none/collected", Collected)])


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "tests.server.collector"}]
