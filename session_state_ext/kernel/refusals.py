"""Why an undo, a redo or a restore was refused, and how to do it all the same."""

from __future__ import annotations

from session_state_ext.errors import Conflict, InvalidValue, Locked, SessionError
from session_state_ext.spelling import listed, pasted

from .link import Link


def insisting(link: Link, refusal: Conflict | InvalidValue | Locked, verb: str, number: str) -> SessionError:
    """The refusal of ``%session VERB NUMBER``, with what stands there and who wrote it."""
    if isinstance(refusal, Locked):
        return _locked(refusal, verb, number)
    why = _stands(link, refusal) if isinstance(refusal, Conflict) else refusal.message.removesuffix(".")
    forced = f"%session {verb} {number} --force".replace("  ", " ")
    python = ", ".join([*([number] if number else []), "force=True"])
    return type(refusal)(
        f"Nothing was done: {why}. To do it all the same: {forced}, or session.{verb}({python})", **refusal.fields
    )


def _locked(locked: Locked, verb: str, number: str) -> Locked:
    name = locked.fields.get("name")
    if not isinstance(name, str):
        return locked
    line, call = f"%session {verb} {number}".rstrip(), f"session.{verb}({f'{number}, ' if number else ''}force=True)"
    return Locked(
        f"Nothing was done: {name} is locked. Unlock it first: %session unlock {pasted(name)}; or to do it all the "
        f"same: {line} --force, or {call}",
        names=[name],
    )


def _stands(link: Link, conflict: Conflict) -> str:
    from . import display, preview

    name = conflict.fields.get("name", "A variable")
    theirs = conflict.fields.get("theirs")
    with link.moment() as replica:
        row = replica.rows.get(name)
    if theirs is None:
        return f"{name} was deleted since"
    who = f" ({display.by(row.origin)})" if row is not None else ""
    return f"{name} was changed again since, to {preview.brief(bytes(theirs), 40)}{who}"


def unlocking(locked: Locked, to: int | str) -> Locked:
    """The refusal of a restore to ``to``, with what unlocks what it would change."""
    names: list[str] = locked.fields.get("names") or []
    if not names:
        return locked
    line, one = to if isinstance(to, int) else pasted(to), len(names) == 1
    return Locked(
        f"Nothing was done: {listed(names)} {'is' if one else 'are'} locked, and would change. "
        f"Unlock {'it' if one else 'them'} first: %session unlock {' '.join(map(pasted, names))}; or to do it all the "
        f"same: %session restore {line} --force, or session.restore({to!r}, force=True)",
        names=names,
    )
