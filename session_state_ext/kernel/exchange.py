"""Bound names: kept equal with the variables they are called after, both ways.

Before a cell, what others have changed goes into the names; after it, what the cell has changed goes into the
session, as one change. Everything here runs on the thread that runs the cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import UNSET, Raw, Struct

from session_state_ext.differences import differ, difference, places
from session_state_ext.errors import ReadOnly, SessionError
from session_state_ext.wire import Limits, Overwritten

from . import preview, values
from .agreement import ABSENT, GONE, Look, alike, is_as_before, look
from .link import Link
from .namespace import Namespace, Unplaced
from .outbox import DELETED, Group, Patched, Refusal, Written, as_text, fits
from .sentences import overwritten
from .session import Session


class Agreed(Struct):
    """A bound name and its variable when they were last compared."""

    mine: Look
    #: the variable's text, None where there was none
    theirs: bytes | None
    #: the row or the pending edit that had it: while it is the same one, nothing has changed
    token: Any = None
    #: the notebook's value is not in the session
    apart: bool = False


class Exchange:
    """What the bound names of one shell meant last, and how they and their variables become equal again."""

    def __init__(self, link: Link, session: Session, names: Namespace, forces: Callable[[str], bool]) -> None:
        """``forces`` says whether a name may replace functions, classes and modules."""
        self._link, self._session, self._names, self._forces = link, session, names, forces
        self._agreed: dict[str, Agreed] = {}
        #: the session that it was agreed with
        self._of: str | None = None
        #: the last sentence about a name, which is not said twice
        self._said: dict[str, str] = {}

    def turn_to(self, session_id: str | None) -> None:
        """From now on with this session; what another one lacks was not deleted."""
        if self._of != session_id:
            self._of = session_id
            for name, agreed in self._agreed.items():
                self._agreed[name] = Agreed(agreed.mine, None)

    def forget(self, names: Iterable[str] | None = None) -> None:
        """These (None: all) are bound no more."""
        for name in [*self._agreed] if names is None else names:
            self._agreed.pop(name, None)
            self._said.pop(name, None)

    def speak_again(self, names: Iterable[str]) -> None:
        """What was said of these may be said anew."""
        for name in names:
            self._said.pop(name, None)

    def watched(self, bound: Iterable[str]) -> list[str]:
        """The names to look at: those bound, and those whose variable may have gone."""
        return [*dict.fromkeys([*bound, *self._agreed])]

    # --- from the session into the names ---

    def take_in(self, bound: Iterable[str]) -> list[str]:
        """Put into the names what others have changed; lines to show."""
        said: list[str] = []
        names = self.watched(bound)
        with self._link.moment() as replica:
            latest, rows, declared = replica.outbox.latest, replica.rows, replica.outbox.specs
            changed = [
                (name, latest.get(name, rows.get(name)))
                for name in names
                if (agreed := self._agreed.get(name)) is None
                or name in declared
                or agreed.token is None
                or agreed.token is not latest.get(name, rows.get(name))
            ]
            found = [(name, token, self._text(name)) for name, token in changed]
        for name, token, text in found:
            agreed = self._agreed.get(name)
            if agreed is not None and alike(agreed.theirs, text):
                agreed.theirs, agreed.token = text, token
            elif text is not None:
                said += self._place(name, text, token, agreed)
            elif agreed is not None:
                said += self._take_out(name, agreed)
        return said

    def _text(self, name: str) -> bytes | None:
        box = self._link.written(name)
        return None if box is None else as_text(box.value)

    def _place(self, name: str, text: bytes, token: Any, agreed: Agreed | None) -> list[str]:
        value = self._names.get(name, ABSENT)
        mine = self._look(name, agreed)
        if alike(mine.text, text):
            self._agreed[name] = Agreed(mine, text, token)
            return []
        force = self._forces(name)
        try:
            self._names.check(name, force=force)
            if mine.why is not None and not force:
                held = values.describe(value)
                raise Unplaced(
                    f"{name}: {preview.value(text, 40)} from the session waits, because your {held} could not be kept "
                    f"anywhere (%session pull {name} takes it)"
                )
        except Unplaced as error:
            self._agreed[name] = Agreed(mine, text, token, apart=True)
            return self._once(name, error.message)
        if agreed is None:
            own = value is not ABSENT and self._names.is_own(name)
        else:
            own = value is not ABSENT and (agreed.apart or mine is not agreed.mine)
        line = self._names.replacing(name, text) if own else None
        self._names.put(name, text)
        self._said.pop(name, None)
        self._agreed[name] = Agreed(look(name, self._names[name], self._limits), text, token)
        return [] if line is None else [line]

    def _take_out(self, name: str, agreed: Agreed) -> list[str]:
        """The variable was deleted elsewhere."""
        mine = self._look(name, agreed)
        self._agreed[name] = Agreed(mine, None)
        if not mine.there:
            return []
        if mine is not agreed.mine or agreed.apart:
            self._agreed[name].apart = True
            return [
                f"{name} was deleted in the session; your {_short(mine.text)} stays (%session push {name} sends it)"
            ]
        self._names.remove(name)
        self._agreed[name] = Agreed(GONE, None)
        return []

    def _look(self, name: str, agreed: Agreed | None) -> Look:
        """What the name means now: the very look that was agreed on, where that is still so."""
        value = self._names.get(name, ABSENT)
        if agreed is not None and is_as_before(agreed.mine, value):
            return agreed.mine
        now = look(name, value, self._limits)
        if agreed is not None and now.text is not None and now.text == agreed.mine.text:
            # Another object of the same value, or one that was changed and changed back.
            agreed.mine = now
        return now

    @property
    def _client(self) -> str:
        return self._link.replica.outbox.client

    @property
    def _limits(self) -> Limits:
        return self._link.replica.limits

    def _once(self, name: str, sentence: str) -> list[str]:
        if self._said.get(name) == sentence:
            return []
        self._said[name] = sentence
        return [sentence]

    # --- from the names into the session ---

    def write_back(self, bound: Iterable[str], *, cleared: bool = False) -> list[str]:
        """Write what has changed in the names, as one change; lines to show.

        ``cleared``: a magic has emptied the names, which deletes nothing.
        """
        said: list[str] = []
        changed = self._changed(self.watched(bound))
        if not changed:
            return said
        back = [name for name, now in changed.items() if now.value is ABSENT] if cleared else []
        if back:
            said += self._cleared(back)
        for name in back:
            del changed[name]
            self._agreed.pop(name, None)
        with self._link.moment():
            edits: dict[str, Written] = {}
            for name, now in changed.items():
                said += self._edit(edits, name, now)
            if edits:
                self._link.append(Group(self._link.origin, edits))
        return said

    def _cleared(self, names: list[str]) -> list[str]:
        """A magic has taken these out of the names: what comes back, and what nobody has any more."""
        kept = [name for name in names if self._text(name) is not None]
        own = [name for name in names if (agreed := self._agreed.get(name)) is not None and agreed.apart]
        same, older = [name for name in kept if name not in own], [name for name in kept if name in own]
        gone = [name for name in names if name not in kept]
        said: list[str] = []
        if same:
            said.append(f"{_listed(same)}: taken out of the names only, and put back before the next cell.")
        if older:
            said.append(
                f"{_listed(older)}: what this kernel had is gone, because it was not in the session; what that has "
                "comes back before the next cell."
            )
        if gone:
            said.append(f"{_listed(gone)}: gone, because it was in this kernel only and could not be stored.")
        return said

    def _changed(self, names: Iterable[str]) -> dict[str, Look]:
        """What these names mean, where it is not what was agreed on."""
        changed: dict[str, Look] = {}
        for name in names:
            agreed, value = self._agreed.get(name), self._names.get(name, ABSENT)
            if agreed is not None and agreed.mine.settled and value is agreed.mine.value:
                continue
            now = self._look(name, agreed)
            if agreed is None:
                # A variable of this name that was never put into the names is for the next cell.
                if now.value is not ABSENT and self._text(name) is None:
                    changed[name] = now
            elif now is not agreed.mine:
                changed[name] = now
        return changed

    def _edit(self, edits: dict[str, Written], name: str, now: Look) -> list[str]:
        """Add what is to be written of ``name`` to ``edits``; lines to show."""
        agreed, theirs = self._agreed.get(name), self._text(name)
        said: list[str] = []
        if alike(now.text, theirs) and now.why is None:
            self._agreed[name] = Agreed(now, theirs)
            return []
        if now.why is not None:
            self._agreed[name] = Agreed(now, agreed.theirs if agreed is not None else theirs, apart=True)
            kept = "" if theirs is None else f" The session keeps {_short(theirs)}."
            return self._once(name, f"{now.why}{kept}")
        if now.value is ABSENT and agreed is not None and not agreed.mine.there:
            # What went was none of the session's: its value comes back.
            self._agreed.pop(name)
            return []
        before = None if agreed is None else agreed.theirs
        written: Written = DELETED if now.text is None else now.text
        if agreed is not None and not agreed.apart:
            written = _by_members(agreed.mine.text, now.text, theirs) or written
        try:
            self._session.permit(name, written)
        except SessionError as error:
            self._agreed[name] = Agreed(now, before, apart=True)
            return self._once(name, self._refused(name, now, theirs, error))
        if agreed is not None and not alike(before, theirs) and _meet(written, before, theirs):
            said.append(self._replaced(name, now, theirs))
        edits[name] = written
        if written is DELETED:
            self._link.specs.pop(name, None)
        for one in now.notes:
            self._session.lossy(one)
        self._said.pop(name, None)
        # Of what others wrote into other members meanwhile the name knows nothing yet.
        self._agreed[name] = Agreed(now, now.text)
        return said

    def _refused(self, name: str, now: Look, theirs: bytes | None, error: SessionError) -> str:
        if isinstance(error, ReadOnly):
            return f"{name} is changed in this kernel only: you may read this session but not change it."
        reason = error.message.removeprefix(f"{name}: ")
        here = "it is deleted in this kernel only" if now.text is None else f"{_short(now.text)} is in this kernel only"
        kept = "" if theirs is None else f" The session keeps {_short(theirs)}."
        return f"{name}: {here}. {reason[:1].upper()}{reason[1:]}{kept}"

    def _replaced(self, name: str, now: Look, theirs: bytes | None) -> str:
        """The conflict, with both values."""
        if theirs is None:
            return f"{name} was deleted in the session meanwhile; this cell's {_short(now.text)} stands."
        row = self._link.replica.rows.get(name)
        pending = name in self._link.replica.outbox.latest
        own = pending or row is None or row.origin.client == self._link.replica.outbox.client
        if now.text is None:
            return f"{name}: deleted here; it was {_short(theirs)} in the session meanwhile (%session undo)"
        if own or row is None:
            here = _short(now.text)
            return f"{name}: this cell wrote {_short(theirs)} to the session and left {here} here, which stands."
        said = overwritten(Overwritten(name=name, theirs=Raw(theirs), base=UNSET, origin=row.origin), self._client)
        return said.replace("this cell's value", f"this cell's {_short(now.text)}", 1)

    # --- told by others ---

    def agree(self, name: str, text: bytes | None) -> None:
        """The name was given this text, None for what the session has: by a step, a pull or a push."""
        theirs = self._text(name) if text is None else text
        now = look(name, self._names[name], self._limits)
        self._agreed[name] = Agreed(now, theirs, apart=not alike(now.text, theirs))

    def hold(self, names: Iterable[str]) -> None:
        """What these mean now is not to be written."""
        for name, now in self._changed(names).items():
            self._agreed[name] = Agreed(now, self._text(name), apart=True)

    def refused(self, refusals: Iterable[Refusal]) -> None:
        """The server did not take these: what the names mean is the user's own."""
        for one in refusals:
            if one.name in self._agreed:
                self._agreed[one.name].apart = True


def _by_members(before: bytes | None, now: bytes | None, theirs: bytes | None) -> Patched | None:
    """The members of a dict that have changed, so that what others alter in it meanwhile stays."""
    if before is None or now is None or theirs is None:
        return None
    patch = difference(before, now)
    if patch is None or patch == b"[]":
        return None
    patched = Patched(patch, now, before)
    return patched if fits(patched, theirs) else None


def _meet(written: Written, before: bytes | None, theirs: bytes | None) -> bool:
    """Whether both have written to the same place."""
    if type(written) is not Patched or before is None or theirs is None:
        return True
    return differ(before, theirs, places([written.patch]))


def _short(text: bytes | None) -> str:
    return "value" if text is None else preview.value(text, 40)


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:5])} and {len(names) - 5} more"
