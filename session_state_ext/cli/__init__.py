"""``jupyter session``: the stored sessions, and notebooks that use them, from a terminal."""

from .app import SessionApp, main

__all__ = ["SessionApp", "main"]
