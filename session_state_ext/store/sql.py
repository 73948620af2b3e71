"""The one store, on SQLAlchemy Core."""

from __future__ import annotations

from pathlib import Path


def default_url() -> str:
    """``sqlite:///<jupyter data dir>/session_state/sessions.db``."""
    from jupyter_core.paths import jupyter_data_dir

    return f"sqlite:///{Path(jupyter_data_dir()) / 'session_state' / 'sessions.db'}"


class SqlStore:
    """Sessions in the database at ``url``. ``fallback``: where it cannot be written, keep them in memory."""

    def __init__(self, url: str, *, fallback: bool = False) -> None: ...
