"""Which sessions a run has been in: the one that it began in, and those that its cells went over to."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct


class Visit(Struct, frozen=True):
    """A session, and the revision from which on the cells of the run were in it."""

    id: str
    revision: int
    #: the store that it is in
    url: str


def visited(first: Visit, used: Path, stored: str) -> list[Visit]:
    """The one in which a run is now comes last.

    ``used`` is the file into which its kernel writes which session of the store ``stored`` it goes over to.
    """
    found = {first.id: first}
    try:
        lines = used.read_text("ascii").splitlines()
    except FileNotFoundError:
        lines = []
    for line in lines:
        session_id, _, revision = line.partition(" ")
        # What it wrote there at its first visit counts as well.
        known = found.pop(session_id, None)
        found[session_id] = known or Visit(session_id, int(revision), stored)
    return list(found.values())
