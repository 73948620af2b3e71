"""The parameters of one run: what was given, held against what the notebook's cells declare."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, Raw, Struct, field
from msgspec.structs import replace

from session_state_ext.changes import read_spec
from session_state_ext.jsontext import same
from session_state_ext.model import Declare, Op, Set, Variable
from session_state_ext.wire import encode, is_locked

from . import parameters
from .declared import Declared, declared
from .notebook import known_names
from .table import quoted, value

#: Of a value a sentence shows this much.
_WIDTH = 40


class Wanted(Struct):
    """Parameters with the values they are to have."""

    #: the notebook's name, for sentences
    notebook: str
    values: dict[str, bytes]
    declared: Declared
    #: what the notebook says of its parameters by comments and annotations
    described: dict[str, bytes]
    #: the names that it knows, as far as they can be read
    known: set[str]
    #: what a person should know of the run, in sentences
    warnings: list[str] = field(default_factory=list)
    #: the names that have been spoken of there
    replaced: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, notebook: Any, name: str, values: dict[str, bytes]) -> Wanted:
        """For this notebook."""
        found = declared(notebook)
        return cls(name, values, found, parameters.described(notebook), known_names(notebook) | found.names)

    def check(self, rows: Mapping[str, Variable]) -> None:
        """Before the first cell. Raises UnknownParameter and InvalidParameter."""
        self.known |= set(rows)
        if not self.declared.is_open:
            parameters.check_known(self.values, self.known, self.notebook)
        parameters.check_allowed(self.values, {**self.described, **self.declared.specs})

    def check_after(self, at: int, where: str, rows: Mapping[str, Variable], other: str | None = None) -> None:
        """After the cell at this index, which people call ``where``: whether the parameters still stand.

        ``other``: the session that the notebook has gone over to, whose ``rows`` these are.
        Raises InvalidParameter where it has declared what could not be read before it ran, and after the last of such
        cells UnknownParameter.
        """
        if other is None:
            self._note_replaced(where, rows)
        else:
            self._note_left(where, rows, other)
        if at not in self.declared.later:
            return
        specs = {name: bytes(row.spec) for name, row in rows.items() if row.spec is not UNSET}
        stand = {
            name: text for name, text in self.values.items() if name in rows and same(text, bytes(rows[name].value))
        }
        parameters.check_allowed(stand, specs)
        if self.declared.is_open and at == max(self.declared.later):
            parameters.check_known(self.values, {*self.known, *specs}, self.notebook)

    def _note_replaced(self, where: str, rows: Mapping[str, Variable]) -> None:
        """A parameter that is given wins over all that is there before the first cell, not over what a cell does."""
        for name, text in self.values.items():
            row = rows.get(name)
            if name in self.replaced or (row is not None and same(text, bytes(row.value))):
                continue
            self.replaced.add(name)
            now = "no more" if row is None else value(bytes(row.value), _WIDTH)
            said = f"{quoted(name)} was given as {value(text, _WIDTH)} and is {now} since {where}."
            if row is None or row.origin.kind != "step":
                default = now if row is not None and len(now) < _WIDTH else "..."
                call = f"({encode(name).decode()}, {default})"
                said += f" A cell that leaves alone what is given: session.setdefault{call} or session.declare{call}"
            self.warnings.append(said)

    def _note_left(self, where: str, rows: Mapping[str, Variable], other: str) -> None:
        """What is given is set in the session in which the run begins, and unasked in no other."""
        without = [
            name
            for name, text in self.values.items()
            if name not in self.replaced and not (name in rows and same(text, bytes(rows[name].value)))
        ]
        self.replaced |= set(without)
        if without:
            are = "was not" if len(without) == 1 else "were not"
            self.warnings.append(
                f"{', '.join(map(quoted, without))} {are} given to the session {other}, which the notebook uses since "
                f"{where}. To set it there: jupyter session set {shlex.quote(other)} {quoted(without[0])}=..."
            )

    def ops(self, notebook: Any, rows: Mapping[str, Variable]) -> list[Op]:
        """What to write before the first cell, where the session has ``rows``."""
        specs = {**self.described, **self.declared.specs}
        found: list[Op] = []
        for name in self.values:
            row = rows.get(name)
            if row is not None and row.spec is not UNSET and name in specs and not is_locked(row.spec):
                # What an earlier version of the notebook declared counts no more.
                spec = replace(read_spec(Raw(specs[name])), locked=False)
                found.append(Declare(name=name, spec=Raw(encode(spec))))
        defaults = {name: text for name, text in parameters.defaults(notebook).items() if name not in rows}
        found += [Set(name=name, value=Raw(text)) for name, text in (defaults | self.values).items()]
        undeclared = {name: text for name, text in self.described.items() if name not in self.declared.names}
        found += [
            Declare(name=name, spec=Raw(text))
            for name, text in undeclared.items()
            if name not in rows or rows[name].spec is UNSET
        ]
        return found
