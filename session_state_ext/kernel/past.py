"""What can be asked of a session's past, and how it is gone back to: a part of :class:`.session.Session`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Raw

from session_state_ext.errors import (
    Conflict,
    Expired,
    InvalidValue,
    Locked,
    NotFound,
    NothingToUndo,
    SessionError,
    Unavailable,
)
from session_state_ext.model import Snapshot
from session_state_ext.spelling import nearest, pasted

from .archive import Altered, Archive, Author
from .calls import WrongCall, answered, check_flag, check_text, check_whole
from .link import Link
from .refusals import insisting, unlocking

if TYPE_CHECKING:
    from .history import Difference, History, Mark, Marks, Moved, Purged

_T = TypeVar("_T")

#: Changes on a page of the history.
PAGE = 20
#: Changes on the longest one that can be had.
_LONGEST = 1000


class Past:
    """History, undo and redo, snapshots. What was written before is sent first, so that it is part of the past."""

    _link: Link

    @answered('session.history("lr", limit=50)')
    def history(self, name: str | None = None, *, limit: int = PAGE, before: int | None = None) -> History:
        """The newest changes (of the variable ``name``), newest first: a sequence that shows as a table.

        Each has ``revision``, ``at``, ``by``, ``origin``, ``label``, ``undoes`` and ``edits``, of which each has
        ``name``, ``old`` and ``new``. Older ones: ``before`` a revision.
        """
        __tracebackhide__ = True  # an error is about the line that asked
        from . import history
        from .edits import before_them

        if name is not None:
            check_text(name)
        check_whole(limit, "limit")
        if before is not None:
            check_whole(before, "before")
        self._send()
        if not 0 < limit < _LONGEST:
            raise SessionError(f"A page of the history has 1 to {_LONGEST - 1} changes.")
        # One more than is shown: what stood after that one is what the oldest one found.
        page = self._ask(lambda archive: archive.changes(before=before, limit=limit + 1, name=name))
        shown, older = page.changes[:limit], page.changes[limit:]
        if name is not None and not shown and before is None and name not in self._link.names():
            raise NotFound(self._never(name))
        base: dict[str, Any] = {}
        complete = False
        if name is not None:
            first = (
                page.changes if older else self._ask(lambda archive: archive.changes(before=2, limit=1, name=None))[0]
            )
            complete = not older and (not shown or bool(first))
            base = before_them(older, [])
        if shown and (name is None or (older and name not in base)):
            since = older[0].revision if older else shown[-1].revision - 1
            base = before_them(shown, self._between(since, shown[0].revision) or [])
        named: dict[int, list[str]] = {}
        for one in self._snapshots():
            named.setdefault(one.revision, []).append(one.name)
        entries = history.entries(shown, base, complete=complete, client=self._author().client, marks=named, only=name)
        return history.History(
            self._title(name, len(shown)), entries, _older(name, shown[-1].revision if older else None)
        )

    @answered("session.undo(), or session.undo(12)")
    def undo(self, revision: int | None = None, *, force: bool = False) -> Moved:
        """Take back the newest change that was made here and is not undone, or the change ``revision``, by a new one.

        Raises Conflict where one of its variables was changed again since, InvalidValue where its value is not allowed
        any more; ``force`` takes it back all the same.
        """
        __tracebackhide__ = True  # an error is about the line that asked
        from . import history

        if revision is not None:
            check_whole(revision, "A revision")
        check_flag(force, "force")
        self._prepare("undo")
        author, specs = self._author(), self._specs()
        try:
            now = self._ask(lambda archive: archive.undo(author, revision=revision, force=force))
        except (Conflict, InvalidValue, Locked) as refusal:
            raise insisting(self._link, refusal, "undo", "" if revision is None else str(revision)) from None
        except NothingToUndo:
            if revision is not None:
                raise
            raise NothingToUndo(
                "This kernel has made no change that could be taken back. One of anybody else, by its number: "
                "%session undo 12; %session history shows them."
            ) from None
        edits, undoes, also = self._arrived(now, specs)
        return history.Moved(
            f"Took back revision {undoes}{also} · now at revision {now}", now, edits, "To have it again: %session redo"
        )

    @answered("session.redo()")
    def redo(self, *, force: bool = False) -> Moved:
        """Take back the newest undo made here, where nothing was written here since. Raises as :meth:`undo`."""
        __tracebackhide__ = True  # an error is about the line that asked
        from . import history

        check_flag(force, "force")
        self._prepare("redo")
        author, specs = self._author(), self._specs()
        try:
            now = self._ask(lambda archive: archive.redo(author, force=force))
        except (Conflict, InvalidValue, Locked) as refusal:
            raise insisting(self._link, refusal, "redo", "") from None
        except NothingToUndo:
            raise NothingToUndo(
                "There is nothing to redo: this kernel has undone nothing, or has written something since."
            ) from None
        edits, undoes, also = self._arrived(now, specs)
        return history.Moved(f"Took back the undo, revision {undoes}{also} · now at revision {now}", now, edits, "")

    @answered('session.restore("before sweep"), or session.restore(12)')
    def restore(self, to: int | str, *, force: bool = False) -> Moved:
        """Go back to a revision, or to a snapshot by its name, by a new change; variables that came later go.

        What is locked now stays locked. Raises Locked where the value of such a variable would change; ``force``
        changes it all the same.
        """
        __tracebackhide__ = True  # an error is about the line that asked
        from . import history

        check_flag(force, "force")
        self._prepare("restore")
        author, before, specs = self._author(), self._link.replica.revision, self._specs()
        revision = self._revision(to)
        snapshot = to if isinstance(to, str) else None
        number = None if snapshot else revision
        try:
            now = self._ask(lambda archive: archive.restore(author, revision=number, snapshot=snapshot, force=force))
        except Locked as locked:
            raise unlocking(locked, to) from None
        what = f"{snapshot} (revision {revision})" if snapshot else f"revision {revision}"
        if now <= before:
            return history.Moved(f"Nothing is different from {what}; the session is as it was.", now, [], "")
        edits, _, also = self._arrived(now, specs)
        return history.Moved(
            f"Back at {what}{also} · now at revision {now}", now, edits, "To take this back: %session undo"
        )

    @answered('session.diff("before sweep"), or session.diff(12, 15)')
    def diff(self, earlier: int | str, later: int | str | None = None) -> Difference:
        """What is different between two revisions or snapshots; ``later`` is by default what stands now."""
        __tracebackhide__ = True  # an error is about the line that asked
        from . import history
        from .edits import edits_of

        self._send()
        first = self._revision(earlier)
        last = self._link.replica.revision if later is None else self._revision(later)
        edits = edits_of(self._ask(lambda archive: archive.diff(first, last)))
        headings = (_heading(earlier, first), "now" if later is None else _heading(later, last))
        count = f"{len(edits)} variable{'' if len(edits) == 1 else 's'} differ{'s' if len(edits) == 1 else ''}"
        between = f"{_at(earlier, first)} and {'now' if later is None else _at(later, last)}"
        return history.Difference(f"{count if edits else 'Nothing differs'} · between {between}", headings, edits)

    @answered('session.snapshot("before sweep")')
    def snapshot(self, name: str, *, revision: int | None = None) -> Mark:
        """Give what stands now, or a revision, a name to go back to; a snapshot of that name moves there."""
        __tracebackhide__ = True  # an error is about the line that asked
        from . import history

        check_text(name, "snapshot")
        if not name:
            raise WrongCall("A snapshot needs a name.")
        if name.isdigit():
            raise SessionError(f"{name} would be mistaken for a revision. Give the snapshot a name of letters.")
        if revision is not None:
            check_whole(revision, "A revision")
        self._prepare("snapshot")
        former = {one.name: one.revision for one in self._snapshots()}.get(name)
        taken = self._ask(lambda archive: archive.take_snapshot(name, revision))
        moved = f"; before, it was revision {former}" if former not in (None, taken.revision) else ""
        said = f"{taken.name} is revision {taken.revision}{moved}. Go back to it: %session restore {pasted(taken.name)}"
        return history.Mark(taken.name, taken.revision, taken.at, said)

    @answered("session.snapshots()")
    def snapshots(self) -> Marks:
        """All snapshots, oldest first."""
        __tracebackhide__ = True  # an error is about the line that asked
        from . import history

        return history.Marks(
            [
                history.Mark(one.name, one.revision, one.at, f"{one.name}, revision {one.revision}")
                for one in self._snapshots()
            ]
        )

    @answered('session.forget("before sweep")')
    def forget(self, name: str) -> None:
        """Take a snapshot's name away; the revision stays in the history. Raises NotFound."""
        __tracebackhide__ = True
        check_text(name, "snapshot")
        self._prepare("snapshot")
        self._revision(name)
        self._ask(lambda archive: archive.forget_snapshot(name))

    @answered('session.purge("token")')
    def purge(self, name: str) -> Purged:
        """Remove all earlier values of a variable for good: a secret that was pasted by mistake.

        They go from history, snapshots, runs and the stored file. What stands now stays: delete the variable
        before, where that is what has to go. Nothing brings them back.
        """
        __tracebackhide__ = True  # an error is about the line that asked
        from . import history

        check_text(name)
        self._prepare("purge")
        count = self._ask(lambda archive: archive.purge(name))
        stands = name in self._link.names()
        if not count:
            meant = "" if stands else nearest(name, self._link.names())
            return history.Purged(0, f"Nothing was removed: this session holds no earlier value of {name}.{meant}")
        said = f"{name}: {_values(count)} removed from history, snapshots and runs, for good."
        if stands:
            said += f" Its value of now stays; to remove that, too: %session del {pasted(name)}, then purge again."
        return history.Purged(count, f"{said} What cells have printed is not touched.")

    # --- how it is asked ---

    def _ask(self, question: Callable[[Archive], Coroutine[Any, Any, _T]]) -> _T:
        __tracebackhide__ = True
        link = self._link
        link.known()
        if not link.usable:
            raise Unavailable(f"A session's past is asked of its server: {link.trouble or 'it is connecting again'}.")
        session_id = link.replica.session_id or ""
        try:
            return link.ask(lambda backend: question(backend.archive(session_id)))
        except SessionError as error:
            # The traceback ends here: what is inside does not help whoever asked.
            raise error.with_traceback(None) from None

    def _author(self) -> Author:
        return Author(self._link.replica.outbox.client, self._link.origin)

    def _send(self) -> None:
        """Send what is pending, so that it has a revision."""
        self._link.known()
        self._link.flush()

    def _prepare(self, what: str) -> None:
        """Before something is written: what is pending must have arrived. Raises Unavailable."""
        __tracebackhide__ = True
        link = self._link
        link.known()
        link.writable()
        if link.in_batch:
            raise SessionError(f"A batch is open; {what} works when it has ended.")
        if not link.flush() or not link.usable:
            why = link.trouble or "the session server does not answer in time"
            raise Unavailable(f"Nothing was done: {why}. Try {what} again when it is back; what you wrote is kept.")

    def _specs(self) -> dict[str, Raw]:
        """The declarations that count now."""
        with self._link.moment():
            return {name: Raw(spec) for name, spec in self._link.specs.items()}

    def _arrived(self, revision: int, specs: dict[str, Raw]) -> tuple[list[Any], int | None, str]:
        """What the change ``revision`` has altered, what it takes back, and what it made of the declarations ``specs``,
        in words, once it is here, too."""
        __tracebackhide__ = True  # an error is about the line that asked
        from session_state_ext.model import Declare

        from . import history
        from .edits import edits_of

        self._link.reached(revision)
        changes = self._ask(lambda archive: archive.changes(before=revision + 1, limit=1, name=None)).changes
        undoes = changes[0].undoes if changes and isinstance(changes[0].undoes, int) else None
        ops = [op for change in changes for op in change.ops if isinstance(op, Declare)]
        also = "".join(f" · {one}" for one in history.declared(ops, specs))
        return edits_of(self._between(revision - 1, revision) or []), undoes, also

    def _between(self, earlier: int, later: int) -> list[Altered] | None:
        """None where the history does not reach back that far."""
        try:
            return self._ask(lambda archive: archive.diff(earlier, later))
        except (Expired, NotFound):
            return None

    def _snapshots(self) -> list[Snapshot]:
        return self._ask(lambda archive: archive.snapshots())

    def _revision(self, of: int | str) -> int:
        """The revision that a number or a snapshot's name means. Raises NotFound with what there is."""
        __tracebackhide__ = True
        if type(of) is not int and not isinstance(of, str):
            raise WrongCall(f"A revision is a whole number, or a snapshot's name in quotes; {of!r} is neither.")
        if not isinstance(of, str):
            return of
        known = {one.name: one.revision for one in self._snapshots()}
        if of in known:
            return known[of]
        there = (
            f" There are: {', '.join(list(known)[:10])}." if known else " There are none yet: %session snapshot NAME"
        )
        raise NotFound(f"There is no snapshot {of}.{nearest(of, list(known))}{there}")

    def _title(self, name: str | None, count: int) -> str:
        meta = self._link.replica.meta
        of = name if name is not None else f"session {meta.name}" if meta and meta.name else "this session"
        if not count:
            return f"History of {of} · no changes"
        return f"History of {of} · newest first"

    def _never(self, name: str) -> str:
        return f"This session has never had a variable {name}.{nearest(name, self._link.names())}"


def _older(name: str | None, oldest: int | None) -> str:
    if oldest is None:
        return ""
    of = f"{pasted(name)} " if name else ""
    return f"older ones: %session history {of}--before {oldest}"


def _at(said: int | str, revision: int) -> str:
    return f"{said} (revision {revision})" if isinstance(said, str) else f"revision {revision}"


def _heading(said: int | str, revision: int) -> str:
    return said if isinstance(said, str) else f"revision {revision}"


def _values(count: int) -> str:
    return f"{count:,} earlier value{'' if count == 1 else 's'}"
