"""Which names a notebook's kernels keep equal with its variables: remembered by path, from one kernel to the next.

Of the notebook and not of its session, for several notebooks may share one; and not of the kernel, which a
restart ends. They go where the notebook goes, as its session does. Whether that is stored yet does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from session_state_ext.errors import InvalidName, LimitExceeded
from session_state_ext.names import why_invalid
from session_state_ext.store.base import BoundNotebook
from session_state_ext.wire import Bindings, Limits

if TYPE_CHECKING:
    from .batch import Batch

T = TypeVar("T")

_NONE = Bindings()


def check(bindings: Bindings, limits: Limits) -> None:
    """Raise InvalidName or LimitExceeded where this cannot be remembered."""
    for names in (bindings.names, bindings.without, bindings.force):
        if len(names) > limits.variables + 1:
            raise LimitExceeded(f"{limits.variables:,} names can be bound, these are {len(names):,}.")
        for name in names:
            reason = why_invalid(name)
            if reason is not None:
                raise InvalidName(reason, name=name[:128])


def remember(batch: Batch, owner: str, path: str, bindings: Bindings) -> None:
    """From now on these are bound there."""
    batch.transaction.put_bound(BoundNotebook(owner=owner, path=path, bound=bindings))


def forget(batch: Batch, path: str) -> None:
    """The notebook, or the folder of them, is gone."""
    for one in batch.transaction.bounds(path):
        remember(batch, one.owner, one.path, _NONE)


def move(batch: Batch, old: str, new: str) -> None:
    """The notebook, or the folder of them, has another path."""
    copy(batch, old, new)
    forget(batch, old)


def copy(batch: Batch, source: str, target: str) -> None:
    """So has the copy what its source has bound."""
    for one in batch.transaction.bounds(source):
        remember(batch, one.owner, target + one.path[len(source) :], one.bound)


def reader(owner: str, path: str) -> Callable[[Batch], Bindings | None]:
    """What looks for the bindings of one notebook."""

    def look(batch: Batch) -> Bindings | None:
        found = [one.bound for one in batch.transaction.bounds(path) if one.owner == owner and one.path == path]
        return found[0] if found else None

    return look
