"""What a store promises. Everything here is synchronous and belongs to one thread, the writer's."""

from __future__ import annotations

from typing import Protocol

from ..model import Value


class Summary(Value, frozen=True, kw_only=True):
    """A session in a list."""

    session_id: str
    name: str | None
    paths: list[str]
    revision: int
    #: ms since the epoch
    updated_at: int | None
    variable_count: int
    #: of all values together
    bytes: int


class Store(Protocol):
    """A durable place for sessions."""
