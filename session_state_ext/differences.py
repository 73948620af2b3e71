"""What differs between two values, member by member, as a JSON patch; and where patches touch and meet.

Clients patch members of objects and set everything else whole: an array, what is below one, a typed value
(``{"$date": ...}``), and an object of which a member is written whose key could be a place in an array. So a patch
never lands on a neighbour, whatever has become of its variable by then.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, Raw
from msgspec.structs import replace

from .jsontext import same
from .patches import Operation, is_index, members_of, operations, tokens_of


def difference(before: bytes, after: bytes) -> bytes | None:
    """The patch that makes ``after`` of ``before``; None where that is only said by the whole value.

    ``[]`` where they are the same.
    """
    found: list[Operation] = []
    if not _compare("", before, after, found):
        return b"[]" if same(before, after) else None
    return msgspec.json.encode(found)


def _compare(pointer: str, before: bytes, after: bytes, found: list[Operation]) -> bool:
    """Add what differs to ``found``; False where it cannot be told by members."""
    old, new = _plain_members(before), _plain_members(after)
    if old is None or new is None:
        return False
    written = [key for key in {**old, **new} if not _same_member(old.get(key), new.get(key))]
    if any(is_index(key) for key in written):
        return False
    for key in written:
        path = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in new:
            found.append(Operation(op="remove", path=path))
        elif key not in old:
            found.append(Operation(op="add", path=path, value=new[key]))
        elif not _compare(path, bytes(old[key]), bytes(new[key]), found):
            found.append(Operation(op="replace", path=path, value=new[key]))
    return True


def _same_member(one: Raw | None, other: Raw | None) -> bool:
    return one is not None and other is not None and same(bytes(one), bytes(other))


def _plain_members(value: bytes) -> dict[str, Raw] | None:
    """The members of an object that is not a typed value."""
    members = members_of(value)
    if members is not None and len(members) == 1 and next(iter(members)).startswith("$"):
        return None
    return members


def composed(first: bytes, second: bytes) -> bytes:
    """One patch that does what ``first`` and then ``second`` do; a member that both write is written once."""
    made = operations(first)
    later = operations(second)
    simple = all(
        operation.op in ("add", "remove", "replace") and not any(map(is_index, tokens_of(operation.path)))
        for operation in (*made, *later)
    )
    for operation in later:
        if not simple or not _fold(made, operation):
            made.append(operation)
    return msgspec.json.encode(made)


def _fold(made: list[Operation], operation: Operation) -> bool:
    """Make ``operation`` part of what was ``made`` before; False where it has to follow."""
    if operation.op == "add":
        return False
    # What is written as a whole, or goes, need not be written in part before.
    made[:] = [each for each in made if not each.path.startswith(f"{operation.path}/")]
    for at in reversed(range(len(made))):
        each = made[at]
        if each.path == operation.path and each.op in ("add", "replace"):
            if operation.op == "replace":
                made[at] = replace(each, value=operation.value)
            elif each.op == "replace":
                made[at] = operation
            else:
                return False
            return True
        if operation.path.startswith(f"{each.path}/") or each.path == operation.path:
            return False
    return False


def without_tests(patch: bytes) -> bytes:
    """The patch without its conditions: what it does."""
    kept = operations(patch)
    done = [operation for operation in kept if operation.op != "test"]
    return patch if len(done) == len(kept) else msgspec.json.encode(done)


def places(patches: Iterable[bytes]) -> list[list[str]]:
    """Where these patches write, as the tokens of pointers."""
    found: list[list[str]] = []
    for patch in patches:
        for operation in operations(patch):
            if operation.op == "test":
                continue
            found.append(tokens_of(operation.path))
            if operation.op == "move" and operation.source is not UNSET:
                found.append(tokens_of(operation.source))
    return found


def differ(one: bytes, other: bytes, where: Iterable[list[str]]) -> bool:
    """Whether two values differ at any of these places; an array is compared as a whole."""
    if one == other:
        return False
    for tokens in where:
        left, right = _at(one, tokens), _at(other, tokens)
        if left is None or right is None:
            if left is not right:
                return True
        elif not same(left, right):
            return True
    return False


def _at(value: bytes, tokens: list[str]) -> bytes | None:
    for token in tokens:
        if value[:1] == b"[":
            return value
        members = members_of(value)
        if members is None or token not in members:
            return None
        value = bytes(members[token])
    return value
