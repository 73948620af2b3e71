"""A session in plain Python: what the REST API promises, said once more as simply as can be, with no store and no wire.

It keeps the whole state of every revision, so that the past is looked up and not worked out. Values are what
``json.loads`` makes of them; two are the same where their canonical texts are.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Variables = dict[str, Any]

#: What stands in the past in the place of a purged value.
PURGED = {"$purged": True}


class Refused(Exception):
    """The API answers with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def same(one: Any, other: Any) -> bool:
    return text(one) == text(other)


@dataclass
class Made:
    """One change: what it touched, and the change it takes back."""

    touched: set[str]
    undoes: int | None = None


@dataclass
class Plain:
    """One session."""

    name: str | None = None
    variables: Variables = field(default_factory=dict)
    #: the revision of each variable
    rows: dict[str, int] = field(default_factory=dict)
    #: the variables at each revision
    states: list[Variables] = field(default_factory=lambda: [{}])
    #: the change that made each revision; the first made none
    changes: list[Made | None] = field(default_factory=lambda: [None])
    snapshots: dict[str, int] = field(default_factory=dict)

    @property
    def revision(self) -> int:
        return len(self.states) - 1

    # --- writing ---

    def write(self, sets: Variables, removed: Collection[str] = (), undoes: int | None = None) -> None:
        """One change; none where nothing is altered."""
        altered = {
            name: value
            for name, value in sets.items()
            if name not in self.variables or not same(self.variables[name], value)
        }
        gone = {name for name in removed if name in self.variables}
        if not altered and not gone:
            return
        self.variables = {name: value for name, value in {**self.variables, **altered}.items() if name not in gone}
        self.states.append(deepcopy(self.variables))
        self.changes.append(Made({*altered, *gone}, undoes))
        self.rows.update(dict.fromkeys(altered, self.revision))
        for name in gone:
            del self.rows[name]

    def become(self, document: Variables) -> None:
        """One change to exactly these variables."""
        self.write(document, set(self.variables) - set(document))

    # --- the past ---

    def at(self, revision: int) -> Variables:
        if not 0 <= revision <= self.revision:
            raise Refused(404)
        return self.states[revision]

    def touched_after(self, revision: int) -> set[str]:
        return {name for change in self.changes[revision + 1 :] if change is not None for name in change.touched}

    def stands(self, revision: int) -> bool:
        """Whether what this change did has not been taken back, as far as undo and redo can tell."""
        return not any(
            change is not None and change.undoes == revision and self.stands(number)
            for number, change in enumerate(self.changes)
            if number > revision
        )

    def undo(self, revision: int | None, force: bool) -> None:
        if revision is not None:
            self._take_back(revision, force)
        else:
            self._take_back_newest([each for each in self._ordinary() if self.stands(each)], force)

    def redo(self, force: bool) -> None:
        ordinary = self._ordinary()
        latest = max(ordinary, default=0)
        undone = [
            number
            for number, change in enumerate(self.changes)
            if change is not None
            and number > latest
            and change.undoes is not None
            and change.undoes in ordinary
            and self.stands(number)
        ]
        self._take_back_newest(undone, force)

    def _take_back_newest(self, revisions: list[int], force: bool) -> None:
        """The newest of which anything is left to take back; what is forced is the newest of all."""
        before = self.revision
        for revision in sorted(revisions, reverse=True):
            self._take_back(revision, force)
            if self.revision > before:
                return
            force = False
        raise Refused(409)

    def restore(self, revision: int) -> None:
        self._towards(self.at(revision), self.touched_after(revision))

    def purge(self, name: str) -> None:
        """All values of the past, but for the one that stands now."""
        for revision, state in enumerate(self.states):
            if name in state and revision < self.rows.get(name, self.revision + 1):
                state[name] = PURGED

    def _ordinary(self) -> list[int]:
        return [number for number, change in enumerate(self.changes) if change is not None and change.undoes is None]

    def _take_back(self, revision: int, force: bool) -> None:
        change = self.changes[revision] if 0 < revision <= self.revision else None
        if change is None:
            raise Refused(404)
        before, after = self.states[revision - 1], self.states[revision]
        moved = [
            name
            for name in change.touched
            if not _alike(after, self.variables, name)
            # It is as it was before already, or all that is known of its value was purged: nothing is to be taken back.
            and not _alike(before, self.variables, name)
            and not (name in self.variables and before.get(name) == after.get(name) == PURGED)
        ]
        if moved and not force:
            raise Refused(409)
        self._towards(self.states[revision - 1], change.touched, undoes=revision)

    def _towards(self, state: Variables, names: set[str], undoes: int | None = None) -> None:
        sets = {name: deepcopy(state[name]) for name in names if name in state and state[name] != PURGED}
        self.write(sets, {name for name in names if name not in state}, undoes)


def _alike(one: Variables, other: Variables, name: str) -> bool:
    return same(one[name], other[name]) if name in one and name in other else (name in one) == (name in other)


# --- patches ---


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2, word for word."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def patched(document: Any, operations: list[dict[str, Any]]) -> Any:
    """RFC 6902. Raises Refused."""
    box = {"": deepcopy(document)}
    for each in operations:
        path = ["", *_tokens(each["path"])]
        if each["op"] == "test":
            if not _json_equal(_get(box, path), each["value"]):
                raise Refused(409)
        elif each["op"] == "remove":
            _remove(box, path)
        elif each["op"] == "replace":
            _get(box, path)
            _remove(box, path)
            _add(box, path, deepcopy(each["value"]))
        elif each["op"] == "add":
            _add(box, path, deepcopy(each["value"]))
        else:
            origin = ["", *_tokens(each["from"])]
            value = deepcopy(_get(box, origin))
            if each["op"] == "move":
                if path[: len(origin)] == origin and len(path) > len(origin):
                    raise Refused(409)
                _remove(box, origin)
            _add(box, path, value)
    return box[""]


def _json_equal(one: Any, other: Any) -> bool:
    """As JSON has it: 1 and 1.0 are one number, true is none."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_json_equal(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_json_equal(one[key], other[key]) for key in one)
    return bool(type(one) is type(other) or (isinstance(one, int | float) and isinstance(other, int | float))) and (
        one == other
    )


def _tokens(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _index(parent: list[Any], token: str, most: int) -> int:
    if not token.isdigit() or (token != "0" and token.startswith("0")) or int(token) > most:
        raise Refused(409)
    return int(token)


def _get(document: Any, path: list[str]) -> Any:
    for token in path:
        if isinstance(document, dict) and token in document:
            document = document[token]
        elif isinstance(document, list):
            document = document[_index(document, token, len(document) - 1)]
        else:
            raise Refused(409)
    return document


def _remove(document: Any, path: list[str]) -> None:
    parent, token = _get(document, path[:-1]), path[-1]
    _get(parent, [token])
    del parent[token if isinstance(parent, dict) else int(token)]


def _add(document: Any, path: list[str], value: Any) -> None:
    parent, token = _get(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[token] = value
    elif isinstance(parent, list):
        parent.insert(len(parent) if token == "-" else _index(parent, token, len(parent)), value)
    else:
        raise Refused(409)
