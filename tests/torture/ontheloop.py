"""A server extension that breaks the product: bodies of any size are checked on the event loop, by the decoder in C."""

from __future__ import annotations

from typing import Any

from session_state_ext import jsontext
from session_state_ext.server import base


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    base._LARGE = 2**40
    jsontext._LONG = 2**40
