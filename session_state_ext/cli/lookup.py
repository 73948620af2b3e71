"""Which session a word on the command line means: a name, an id, or the path of a notebook."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from session_state_ext.errors import NotFound, SessionError
from session_state_ext.store.base import Summary

if TYPE_CHECKING:
    from session_state_ext.hub import Hub
    from session_state_ext.hub.batch import Written
    from session_state_ext.model import Op, Origin


class Ambiguous(SessionError):
    """Several sessions have this name."""

    code = "ambiguous"


def place(path: str) -> str:
    """The path of a notebook as attachments know it: absolute, its folder by its real name."""
    file = Path(os.path.abspath(path))
    return str(Path(os.path.realpath(file.parent)) / file.name)


def match(word: str, known: Sequence[Summary]) -> Summary | None:
    """The session that ``word`` means, or None. Raises Ambiguous."""
    for one in known:
        if one.session_id == word:
            return one
    named = [one for one in known if one.name == word]
    if len(named) > 1:
        ids = ", ".join(one.session_id for one in named)
        raise Ambiguous(f"{len(named)} sessions are called {word}. Say which by its id: {ids}.")
    if named:
        return named[0]
    paths = {word, place(word)} if "\x00" not in word else {word}
    return next((one for one in known if paths.intersection(one.paths)), None)


async def find(hub: Hub, owner: str, word: str) -> Summary:
    """The session that ``word`` means. Raises NotFound, with what there is, and Ambiguous."""
    known = await hub.list(owner)
    found = match(word, known)
    if found is not None:
        return found
    if word.endswith(".ipynb"):
        there = "" if Path(word).exists() else " There is no such file either."
        raise NotFound(f"The notebook {word} has no session yet: nothing was set in it.{there}")
    names = [one.name or one.session_id for one in known]
    close = get_close_matches(word, names, n=1)
    if close:
        more = f" Did you mean {close[0]}?"
    elif names:
        more = f" There are: {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}."
    else:
        more = " There are none yet."
    raise NotFound(f"There is no session called {word}.{more}")


async def write(hub: Hub, owner: str, word: str, ops: Iterable[Op], *, origin: Origin, new: bool) -> Written:
    """One change of the session that ``word`` means; with ``new``, of a session that is made where there is none.

    Raises NotFound, Ambiguous, and whatever the ops deserve.
    """
    found = match(word, await hub.list(owner)) if new else await find(hub, owner, word)
    if found is not None:
        return await hub.write(owner, found.session_id, ops, origin=origin)
    if word.endswith(".ipynb"):
        session_id = (await hub.notebooks.attach(owner, place(word))).session_id
        return await hub.write(owner, session_id, ops, origin=origin)
    return await hub.create(owner, name=word, ops=ops, origin=origin)


def called(session: Summary) -> str:
    """What a person calls it."""
    return session.name or (f"of {Path(session.paths[0]).name}" if session.paths else session.session_id)
