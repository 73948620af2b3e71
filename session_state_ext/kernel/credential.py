"""What the server gave this kernel, taken out of the environment before anything can inherit it."""

from __future__ import annotations

import contextlib
import os

URL = "KERNEL_SESSION_STATE_URL"
TOKEN = "KERNEL_SESSION_STATE_TOKEN"  # noqa: S105
EAGER = "KERNEL_SESSION_STATE_EAGER"
#: The session of a kernel that has no server, by name or id.
SESSION = "SESSION_STATE_SESSION"
#: Where such a kernel finds the sessions, as a URL, where that is not the default.
STORE = "SESSION_STATE_STORE"
#: Where the sessions with names are, as a URL, while that of this kernel is in a store that is thrown away.
STORED = "SESSION_STATE_STORED"
#: A file that is told which sessions a notebook goes over to: a line each, its id and the revision that it had.
USED = "SESSION_STATE_USED"

_taken: dict[str, str] = {}


def take() -> dict[str, str]:
    """The server's address and this kernel's token, or nothing. From now on they are not in ``os.environ``.

    Subprocesses, and kernels started from a cell, must not act in this notebook's name by accident.
    """
    for name in (URL, TOKEN, EAGER, USED):
        value = os.environ.pop(name, None)
        if value is not None:
            _taken[name] = value
    return {name: _taken[name] for name in (URL, TOKEN) if URL in _taken and TOKEN in _taken}


def went_over(session_id: str, revision: int) -> None:
    """Tell whoever runs this kernel that it is in another session from now on, and what a cell starts as well."""
    if STORED in os.environ:
        os.environ[STORE] = os.environ.pop(STORED)
    if SESSION in os.environ:
        os.environ[SESSION] = session_id
    if USED in _taken:
        with contextlib.suppress(OSError), open(_taken[USED], "a", encoding="ascii") as told:
            told.write(f"{session_id} {revision}\n")


def eager() -> bool:
    """Whether the server wants the session to be there before the first cell."""
    return _taken.get(EAGER) == "1"
