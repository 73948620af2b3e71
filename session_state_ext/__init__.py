"""Session state for Jupyter: a durable, shared dictionary of JSON variables for every notebook.

Every import inside a hook is lazy: a kernel's environment may lack jupyter_server, a server's may lack IPython.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "session-state-ext"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .server.app import SessionStateExtension

    return [{"module": "session_state_ext", "app": SessionStateExtension}]
