"""What changes made of each variable, one after the other, and an edit in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import UNSET, Raw, Struct

from session_state_ext.changes import read_spec
from session_state_ext.errors import SessionError
from session_state_ext.jsontext import same
from session_state_ext.model import PURGED, Change, Declare, Delete, Op, Patch, Rename, Set

from . import preview, values
from .archive import Altered

#: A value takes this much of a line, twice in each.
_WIDTH = 36
#: A change shows this many variables.
MOST = 8
UNDECLARED = Raw(b"null")


class Edit(Struct, frozen=True):
    """What one change made of one variable."""

    name: str
    #: JSON text; None where there was no variable, UNSET where the history does not reach back that far
    before: Any
    #: JSON text; None where the variable was deleted, UNSET as above
    after: Any

    @property
    def old(self) -> Any:
        """The value before; None where there was none, or where it is not known any more."""
        return _decoded(self.before)

    @property
    def new(self) -> Any:
        """The value after; None where the variable was deleted."""
        return _decoded(self.after)

    @property
    def words(self) -> str:
        """``0.5 → 0.1``, ``new: 0.1``, ``0.1 → deleted``."""
        if self.before is None and self.after is None:
            return "made and deleted"
        if self.before is None:
            return f"new: {_brief(self.after)}"
        before, after = _brief(self.before), "deleted" if self.after is None else _brief(self.after)
        if before == after and isinstance(self.before, bytes) and isinstance(self.after, bytes):
            # Of two arrays of one shape their numbers say more, as far as they go.
            shown = preview.value(self.before, _WIDTH), preview.value(self.after, _WIDTH)
            if shown[0] == shown[1]:
                return before if same(self.before, self.after) else f"{before} → another one"
            before, after = shown
        return f"{before} → {after}"


def before_them(changes: Sequence[Change], altered: Iterable[Altered]) -> dict[str, Any]:
    """What stood before ``changes`` (newest first), given what is different after them."""
    base: dict[str, Any] = {each.name: _text(each.before) for each in altered}
    # A variable that is not different stood as it stands after them, where that can be told from them alone.
    left: dict[str, Any] = {}
    for change in reversed(changes):
        left.update(standing_after(change.ops, {**base, **left}, UNSET))
    for name, text in left.items():
        if text is not UNSET:
            base.setdefault(name, text)
    return base


def edits_of(altered: Iterable[Altered]) -> list[Edit]:
    """The edits that come to these differences."""
    return [Edit(each.name, _text(each.before), _text(each.after)) for each in altered]


def _text(row: Any) -> bytes | None:
    return None if row is None else bytes(row.value)


def standing_after(ops: Iterable[Op], stands: dict[str, Any], unknown: Any) -> dict[str, Any]:
    """What each name is after ``ops``."""
    now: dict[str, Any] = {}
    for op in ops:
        if isinstance(op, Set):
            now[op.name] = bytes(op.value)
        elif isinstance(op, Delete):
            now[op.name] = None
        elif isinstance(op, Rename):
            now[op.to] = now.get(op.name, stands.get(op.name, unknown))
            now[op.name] = None
        elif isinstance(op, Declare):
            if now.get(op.name, stands.get(op.name, unknown)) is None and op.spec != UNDECLARED:
                default = read_spec(op.spec).default
                now[op.name] = b"null" if default is UNSET else bytes(default)
        elif isinstance(op, Patch):
            now[op.name] = _patched(now.get(op.name, stands.get(op.name, unknown)), op)
    return now


def _patched(value: Any, op: Patch) -> Any:
    """What the patch makes of the value; of one that is not known, something that is not known either."""
    from session_state_ext.patches import patch_value

    try:
        return patch_value(value, bytes(op.patch)) if isinstance(value, bytes) else UNSET
    except SessionError:  # purged meanwhile
        return UNSET


def _decoded(text: Any) -> Any:
    if text is None or text is UNSET or Raw(text) == PURGED:
        return None
    return values.decode(text)


def parts_of(edit: Edit, *, depth: int = 6) -> list[Edit]:
    """The members of a dict that differ, each by its own name; the whole where it is something else, or too many."""
    both = (_members(edit.before), _members(edit.after))
    if both[0] is None or both[1] is None or depth == 0:
        return [edit]
    parts: list[Edit] = []
    for key in {**both[0], **both[1]}:
        before, after = both[0].get(key), both[1].get(key)
        if before is None or after is None or not same(before, after):
            parts += parts_of(Edit(f"{edit.name}[{key!r}]", before, after), depth=depth - 1)
    return parts if 0 < len(parts) <= MOST else [edit]


def _members(text: Any) -> dict[str, bytes] | None:
    if not isinstance(text, bytes) or not text.startswith(b"{") or text.startswith(b'{"$'):
        return None
    from session_state_ext.wire import decode_members

    try:
        return decode_members(text)
    except SessionError:
        return None


def _brief(text: Any) -> str:
    return "…" if text is UNSET else preview.brief(text, _WIDTH)


def side(text: Any) -> str:
    return "–" if text is None else _brief(text)
