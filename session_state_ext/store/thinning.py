"""Which changes of a long past nobody misses: what a program wrote over itself, again and again.

A run, or a cell outside of one, may write thousands of times; what a person did is never taken away for it. Pure: it
decides by what each change touched, and :mod:`.erasure` carries it out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from msgspec import UNSET

from session_state_ext.model import Change, Delete, Patch, Set, touched


class Trace(NamedTuple):
    """What is to be known of one change."""

    revision: int
    #: the run or the cell that made it; None where that was no program, or an undo
    writer: tuple[str, ...] | None
    #: whether it did nothing but write variables
    plain: bool
    #: the names it touched, and those of them whose value was before makes no difference to what it is after
    names: frozenset[str]
    whole: frozenset[str]
    #: of its frame, in bytes
    size: int


class Thinned(NamedTuple):
    """What becomes of a past."""

    #: the revisions that remain, in order
    kept: list[int]
    #: those that go, in order
    gone: list[int]
    #: of each that remains and takes others in: all that become one, itself the last
    joined: dict[int, list[int]]
    #: the names that each that remains touches then
    names: dict[int, frozenset[str]]


def trace(change: Change, size: int) -> Trace:
    ops = change.ops
    whole = frozenset(op.name for op in ops if isinstance(op, Set | Delete))
    patched = frozenset(op.name for op in ops if isinstance(op, Patch))
    return Trace(
        revision=change.revision,
        writer=_writer(change),
        plain=all(isinstance(op, Set | Patch | Delete) for op in ops),
        names=frozenset(touched(ops)),
        whole=whole - patched,
        size=size,
    )


def _writer(change: Change) -> tuple[str, ...] | None:
    origin = change.origin
    if change.undoes is not UNSET:
        return None
    if origin.run is not None:
        return ("run", origin.run)
    process = origin.kernel or origin.client
    if origin.kind == "cell" and origin.cell is not None and process is not None:
        return ("cell", process, origin.cell)
    return None


def thinned(past: Sequence[Trace], named: Collection[int], portion: int) -> Thinned:
    """What can go of ``past``, which is in order. A revision in ``named`` stays, and nothing is joined across it.

    First goes what its own writer wrote over, whoever wrote other variables in between; then what one writer wrote in
    a row becomes one change, of up to ``portion`` bytes.
    """
    stops = sorted(named)
    gone = set(_overwritten(past, stops))
    left = [one for one in past if one.revision not in gone]
    joined: dict[int, list[int]] = {}
    names: dict[int, frozenset[str]] = {}
    for chain in _chains(left, stops, portion):
        last = chain[-1].revision
        names[last] = frozenset().union(*(one.names for one in chain))
        if len(chain) > 1:
            joined[last] = [one.revision for one in chain]
            gone.update(joined[last][:-1])
    return Thinned([one.revision for one in left if one.revision not in gone], sorted(gone), joined, names)


def _overwritten(past: Sequence[Trace], stops: Sequence[int]) -> Iterator[int]:
    later: dict[str, Trace] = {}
    for one in reversed(past):
        if (
            one.plain
            and one.writer is not None
            and all(_covers(later.get(name), name, one, stops) for name in one.names)
        ):
            yield one.revision
        later.update(dict.fromkeys(one.names, one))


def _covers(later: Trace | None, name: str, one: Trace, stops: Sequence[int]) -> bool:
    """Whether what touches ``name`` next is of the same writer and sets all of it, before anybody named a revision."""
    if later is None or later.writer != one.writer or name not in later.whole:
        return False
    at = bisect_left(stops, one.revision)
    return at == len(stops) or stops[at] >= later.revision


def _chains(left: Sequence[Trace], stops: Collection[int], portion: int) -> Iterator[list[Trace]]:
    """Runs of changes that become one; most are alone."""
    chain: list[Trace] = []
    held = 0
    for one in left:
        if chain and held + one.size <= portion and _continues(chain[-1], one) and chain[-1].revision not in stops:
            chain.append(one)
            held += one.size
            continue
        if chain:
            yield chain
        chain, held = [one], one.size
    if chain:
        yield chain


def _continues(earlier: Trace, later: Trace) -> bool:
    return earlier.writer is not None and earlier.writer == later.writer and earlier.plain and later.plain
