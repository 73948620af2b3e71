"""A server extension beside which the product is measured: tornado's own handlers at its addresses, that read and do nothing.

What a body or frame takes until it is somebody's is the web server's; loaded in a server without the product.
"""

from __future__ import annotations

import json
from typing import Any

from tornado import web, websocket

#: As the product's: 16 MiB of values and a margin.
_MESSAGE_BYTES = 17 * 1024 * 1024


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    app.web_app.add_handlers(".*$", [(r"/api/session/plain", _Body), (r"/api/session/plain/channel", _Frames)])


class _Body(web.RequestHandler):
    def check_xsrf_cookie(self) -> None:
        """Its callers bring a token, which nobody looks at."""

    def post(self) -> None:
        assert self.request.body is not None
        self.set_status(422)
        self.finish({"message": "Read."})


class _Frames(websocket.WebSocketHandler):
    @property
    def max_message_size(self) -> int:
        return _MESSAGE_BYTES

    def on_message(self, message: str | bytes) -> None:
        # As it comes out of the socket, and as the bytes that a decoder takes.
        frame = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
        kind = "welcome" if b'"hello"' in frame[:100] else "reject"
        self.write_message(json.dumps({"type": kind, "code": "read"}))
