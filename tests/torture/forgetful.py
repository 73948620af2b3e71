"""A server extension that looks after each session's past all the time, so that little of it is there to resume from."""

from __future__ import annotations

from typing import Any

from session_state_ext.hub import caretaker


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    caretaker.LOOK_EVERY = 16  # type: ignore[attr-defined]
