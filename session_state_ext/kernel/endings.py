"""The end of the process, and its forks."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import weakref
from collections.abc import Callable

_in_child: list[weakref.WeakMethod[Callable[[], None]]] = []


def at_exit(close: Callable[[], None]) -> None:
    """Call ``close`` when the interpreter ends, while threads can still be asked for something.

    The hooks of atexit come after concurrent.futures has ended its threads, and an embedded store needs one.
    """
    # Its own hook is registered when it is imported; ours, being later, is called before.
    import concurrent.futures.thread  # noqa: F401

    register = getattr(threading, "_register_atexit", atexit.register)
    with contextlib.suppress(RuntimeError):  # the interpreter is ending already
        register(close)


def after_fork(method: Callable[[], None]) -> None:
    """Call this method of an object in each child that is forked from now on, as long as the object lives."""
    _in_child.append(weakref.WeakMethod(method, _in_child.remove))


def _forked() -> None:
    for reference in list(_in_child):
        method = reference()
        if method is not None:
            method()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
