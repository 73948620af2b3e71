"""What a step reads: variables, at one revision; and in the place of one what a run has left in this kernel."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Raw, Struct, field

from session_state_ext.freshness import alike_hash
from session_state_ext.model import Input, Run
from session_state_ext.names import why_unsafe
from session_state_ext.spelling import nearest
from session_state_ext.verdicts import newer_words
from session_state_ext.wire import INLINE_INPUT_BYTES

from . import pending
from .outbox import as_text
from .runerrors import StepRefused

if TYPE_CHECKING:
    from .link import Link
    from .namespace import Namespace
    from .replica import Replica
    from .session import Session


class Read(Struct):
    """What there is of the names that a step wants."""

    #: at which all of it was read
    revision: int
    #: of variables, JSON text
    texts: dict[str, bytes] = field(default_factory=dict[str, bytes])
    #: the same, for the run's record
    inputs: dict[str, Input] = field(default_factory=dict[str, Input])
    #: names whose newest value is in this kernel only, by the runs that made it
    here: dict[str, Run] = field(default_factory=dict[str, Run])
    #: names whose newest value is in another kernel only, by the runs that made it
    elsewhere: dict[str, Run] = field(default_factory=dict[str, Run])

    @property
    def names(self) -> list[str]:
        """All that there is."""
        return [*self.texts, *self.here]

    @property
    def warnings(self) -> list[str]:
        """Of variables that are older than what a run has made: a sentence each."""
        return [_older(name, run) for name, run in self.elsewhere.items() if name in self.texts]


class Inputs:
    """Reads what the steps of one kernel want."""

    def __init__(self, link: Link, session: Session, names: Namespace) -> None:
        self._link, self._session, self._names = link, session, names

    def read(self, wanted: Sequence[str]) -> Read:
        """The names of ``wanted`` that there are."""
        with self._link.moment() as replica:
            newer = pending.newer_of(replica)
            read = Read(replica.revision)
            for name in wanted:
                box, row = replica.written(name), replica.rows.get(name)
                maker = newer.get(name)
                if maker is not None and self._is_here(name, maker):
                    read.here[name] = maker
                    continue
                if maker is not None:
                    read.elsewhere[name] = maker
                if box is not None:
                    text = read.texts[name] = as_text(box.value)
                    read.inputs[name] = _input(text, row.revision if row else 0)
        return read

    def _is_here(self, name: str, maker: Run) -> bool:
        left = self._names.left.get(name)
        return left is not None and left.id == maker.id and name in self._names

    def values(self, read: Read) -> dict[str, Any]:
        """What stands in this kernel in the place of variables."""
        return {name: self._names[name] for name in read.here}

    def check(self, wanted: Sequence[str], read: Read, *, optional: Collection[str] = ()) -> None:
        """Raise StepRefused where an input is missing, or is not what its declaration says."""
        missing = [name for name in wanted if name not in read.names and name not in optional]
        if missing:
            raise StepRefused(self._missing(missing, read))
        for name in read.texts:
            wrong = self._session.invalid(name)
            if wrong is not None:
                raise StepRefused(f"{wrong} Set it in the Session panel, or with: %session set {name} = ...")

    def place(self, read: Read, *, force: bool) -> list[str]:
        """Put the variables into the names; what to say of it, and of what is there already. Raises Unplaced."""
        for name in read.texts:
            self._names.check(name, force=force)
        replaced = (self._names.place(name, text) for name, text in read.texts.items())
        return [one for one in replaced if one is not None]

    def told(self, read: Read) -> list[str]:
        """What to say of names that are taken as they are in this kernel."""
        rows = self._link.replica.rows
        return [
            f"{name}: as {run.step} left it in this kernel, because it could not be stored"
            + ("; what the session has is older" if name in rows else "")
            for name, run in read.here.items()
        ]

    def inside(self, run: Run, name: str) -> str | None:
        """``session[...]`` in the body: an input too, unless this run wrote it. What to say of it."""
        if name in run.inputs:
            return None
        with self._link.moment() as replica:
            box, row = replica.written(name), replica.rows.get(name)
            own = _is_written_by(run, name, replica) or (row is not None and row.origin.run == run.id)
            if own:
                return None
            if box is None:
                run.inputs[name] = Input(revision=0)
                return None
            run.inputs[name] = _input(as_text(box.value), row.revision if row else 0)
            maker = pending.newer_of(replica).get(name)
        return None if maker is None else _older(name, maker)

    def _missing(self, missing: list[str], read: Read) -> str:
        listed = " and ".join(missing) if len(missing) < 3 else ", ".join(missing)
        meant = nearest(missing[0], list(self._session)) if len(missing) == 1 else ""
        first = missing[0]
        maker, left = read.elsewhere.get(first), self._names.left.get(first)
        if maker is not None:
            return (
                f"it needs {first}, which {maker.step} has made in another kernel, or before a restart, and which "
                f"could not be stored. Run {maker.step} here first."
            )
        if left is not None and first in self._names:
            return (
                f"it needs {first}, which {left.step} left in this kernel and which is no variable. "
                f"Take {first} out of the inputs: its name alone is enough."
            )
        if (reason := why_unsafe(first)) is not None:
            return f"it needs {first}. {reason} Read session[{first!r}] in the body instead."
        how = f"%session push {first}" if first in self._names else f"%session set {first} = ..."
        return (
            f"it needs {listed}, which this session does not have.{meant} Set it in the Session panel, or with: {how}"
        )


def _is_written_by(run: Run, name: str, replica: Replica) -> bool:
    """Whether what this run wrote, or took away, is on its way."""
    outbox = replica.outbox
    return name in outbox.latest and any(
        group.origin.run == run.id and name in group.edits for group in outbox.groups()
    )


def _older(name: str, run: Run) -> str:
    return f"{name} was read as it is stored: {newer_words(name, run)}"


def _input(text: bytes, revision: int) -> Input:
    if len(text) <= INLINE_INPUT_BYTES:
        return Input(revision=revision, value=Raw(text))
    return Input(revision=revision, hash=alike_hash(text))
