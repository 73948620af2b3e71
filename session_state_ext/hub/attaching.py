"""What comes with a request about a notebook: on which condition, whether it may come again, what its kernels bind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from session_state_ext.model import Session
from session_state_ext.store.base import Key

from . import bound
from .batch import Batch, Written

if TYPE_CHECKING:
    from session_state_ext.wire import Bindings

    from .batch import Retry


class Attached(NamedTuple):
    session_id: str
    #: whether this call made the attachment to a session that was asked for by id
    made: bool


#: Looks at the session that a notebook has, None where it has none, and raises what forbids the write.
Standing = Callable[[Session | None], None]


class Request(NamedTuple):
    """What comes with a request about one notebook, whatever it asks for."""

    owner: str
    path: str
    bindings: Bindings | None = None
    check: Standing | None = None
    retry: Retry | None = None

    @property
    def is_plain(self) -> bool:
        return (self.bindings, self.check, self.retry) == (None, None, None)

    def earlier(self, batch: Batch) -> Key | None:
        """What became of it the first time. Raises IdempotencyMismatch."""
        return batch.earlier(self.owner, "", self.retry)

    def begin(self, session: Session | None) -> None:
        if self.check is not None:
            self.check(session)

    def end(self, batch: Batch, session: Session | None, status: int = 200) -> None:
        if self.bindings is not None:
            bound.remember(batch, self.owner, self.path, self.bindings)
        if session is not None:
            # Of a session that is not stored nothing was written that could be written twice.
            written = Written(session, None, {}, status)
            batch.remember(self.owner, "", self.retry, written, made=session.id)


def again(earlier: Key) -> Attached:
    """The same answer, to a request that is repeated."""
    assert earlier.made is not None
    return Attached(earlier.made, earlier.status == 201)
