"""How much of a session's past is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .batch import Batch
    from .live import Live

_DAY_MILLISECONDS = 24 * 3600 * 1000

#: After this many new changes a session's past is looked at again.
LOOK_EVERY = 256


@dataclass(frozen=True, kw_only=True)
class Retention:
    """The last ``changes`` changes, of the last ``days`` days; snapshots are always kept.

    What a run or a cell wrote over itself goes before anything is forgotten, so that a training loop does not push out
    what a person did. What was written lately stays as it is.
    """

    changes: int = 10_000
    #: 0 keeps them however old they are
    days: float = 0.0

    def look_after(self, batch: Batch, live: Live) -> None:
        """Keep to it, as part of the writer's transaction."""
        draft = batch.draft(live)
        if not draft.born:
            return
        transaction, session_id = batch.transaction, live.session.id
        newest = draft.session.revision
        if self.days:
            old = transaction.revision_before(session_id, batch.now - int(self.days * _DAY_MILLISECONDS))
            # The newest change stays, however old: a session says when it was written last.
            transaction.cut(session_id, min(old, newest - 1))
        count = transaction.count_changes(session_id)
        if count > self.changes:
            count -= transaction.thin(session_id, before=newest - self.changes // 10)
        if count > self.changes:
            transaction.cut(session_id, transaction.nth_newest(session_id, self.changes - self.changes // 10))
