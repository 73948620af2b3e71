"""Session state for Jupyter: a durable, shared dictionary of JSON variables for every notebook.

Every import inside a hook is lazy: a kernel's environment may lack jupyter_server, a server's may lack IPython.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .kernel.extension import connect
    from .kernel.session import Session

__version__ = "0.1.0"

__all__ = ["Session", "connect"]


def __getattr__(name: str) -> Any:
    # A server never needs these, and a kernel not before its first use of them.
    if name == "connect":
        from .kernel.extension import connect

        return connect
    if name == "Session":
        from .kernel.session import Session

        return Session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext session_state_ext``."""
    from .kernel.extension import load

    load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """``%unload_ext session_state_ext``."""
    from .kernel.extension import unload

    unload(ipython)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "session-state-ext"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .server.app import SessionStateExtension

    return [{"module": "session_state_ext", "app": SessionStateExtension}]
