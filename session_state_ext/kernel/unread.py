"""A typed object that this kernel does not read: of a library that is not installed, malformed, or not ours."""

from __future__ import annotations

import sys
from typing import Any


class Unread(dict[str, Any]):
    """The object as it stands: a dict with one key that begins with ``$``. Written back, it is what it was.

    ``why`` is a sentence where something is missing or wrong; who uses this as the value that it stands for gets it.
    """

    def __init__(self, members: dict[str, Any], why: str = "") -> None:
        super().__init__(members)
        self.why = why

    def __repr__(self) -> str:
        return f"<{next(iter(self), '$')[1:]}: {self.why}>" if self.why else super().__repr__()

    def __missing__(self, key: object) -> Any:
        if not self.why:
            raise KeyError(key)
        raise KeyError(self.why)

    def __getattr__(self, name: str) -> Any:
        # Python and IPython ask any object for names like these.
        if name.startswith("_") or not self.__dict__.get("why"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        raise AttributeError(self.why)

    def __reduce__(self) -> Any:
        return Unread, (dict(self), self.why)


class NeedsLibrary(Exception):
    """The value is of a library that is not installed here. ``str()`` is the sentence."""


def library(name: str) -> Any:
    """numpy, pandas or polars: somebody stored such a value, so whoever reads it wants the library.

    Raises NeedsLibrary.
    """
    found = sys.modules.get(name)
    if found is not None:
        return found
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise NeedsLibrary(
            f"This value needs {name}, which is not installed here: %pip install {name}, then read it again."
        ) from None
