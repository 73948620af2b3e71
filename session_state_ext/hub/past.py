"""What stood in a session before; each function belongs to the writer's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from session_state_ext.errors import Expired, NotFound
from session_state_ext.jsontext import same
from session_state_ext.model import Value, Variable

if TYPE_CHECKING:
    from .view import View


class Difference(Value, frozen=True, kw_only=True):
    """What became of one variable between two revisions; None where it did not exist."""

    name: str
    before: Variable | None
    after: Variable | None


def rows_before(view: View, since: int) -> dict[str, Variable | None]:
    """What stood at revision ``since`` in place of each variable that was touched after it.

    Raises NotFound for a revision that never was, Expired for one the log does not reach.
    """
    if not 0 <= since <= view.session.revision:
        raise NotFound(f"There is no revision {since}; the newest is {view.session.revision}.", revision=since)
    if since < view.session.revision and not view.has_revision(since):
        raise Expired(expired(view, since), revision=since)
    return view.before(since)


def state_at(view: View, revision: int) -> dict[str, Variable]:
    """All rows as they stood at ``revision``. Raises NotFound, Expired."""
    rows: dict[str, Variable | None] = {row.name: row for row in view.rows()}
    rows.update(rows_before(view, revision))
    return {name: row for name, row in rows.items() if row is not None}


def differences(view: View, earlier: int, later: int) -> list[Difference]:
    """What was altered between two revisions, by name. Raises NotFound, Expired."""
    if earlier > later:
        return [
            Difference(name=each.name, before=each.after, after=each.before)
            for each in differences(view, later, earlier)
        ]
    after = rows_before(view, later)
    found = [
        Difference(name=name, before=row, after=after[name] if name in after else view.row(name))
        for name, row in rows_before(view, earlier).items()
    ]
    return sorted((each for each in found if not alike(each.before, each.after)), key=lambda each: each.name)


def expired(view: View, revision: int) -> str:
    """Why the log does not have this revision, for people."""
    oldest = view.oldest_revision()
    if revision < oldest:
        return f"History reaches back to revision {oldest}."
    return f"Revision {revision} was in the middle of a run or a cell, whose changes were joined; take a later one."


def alike(one: Variable | None, other: Variable | None) -> bool:
    """Whether value and declaration are the same."""
    if one is None or other is None:
        return one is other
    return same_value(one, other) and same_spec(one, other)


def same_value(one: Variable, other: Variable) -> bool:
    return same(bytes(one.value), bytes(other.value))


def same_spec(one: Variable, other: Variable) -> bool:
    if one.spec is UNSET or other.spec is UNSET:
        return one.spec is other.spec
    return same(bytes(one.spec), bytes(other.spec))
