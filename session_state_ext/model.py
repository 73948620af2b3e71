"""What a session is made of: frozen values, and pure functions on them.

Values of variables are JSON text (:class:`msgspec.Raw`), exactly as they came. Times are milliseconds
since the Unix epoch. Field names are camelCase on the wire and snake_case here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import UNSET, Raw, Struct, UnsetType

OriginKind = Literal["panel", "cell", "step", "widget", "api", "cli"]
#: What becomes of a change: it is on disk; it ends with the process that keeps it; nothing can be changed just now.
Storage = Literal["durable", "memory", "read-only"]
RunStatus = Literal["running", "done", "warned", "failed", "interrupted", "refused", "forgotten"]


#: What stands in history in place of a value that was purged.
PURGED = Raw(b'{"$purged":true}')


class Value(Struct, frozen=True, kw_only=True, rename="camel"):
    """The root of all values here; a changed copy is made with :func:`msgspec.structs.replace`."""


class Origin(Value, omit_defaults=True, frozen=True, kw_only=True):
    """Who made a change. Fields that are not known are left out."""

    kind: OriginKind
    user: str | None = None
    #: the id of the client (a browser tab, a kernel), set by the server
    client: str | None = None
    kernel: str | None = None
    #: the notebook cell's id
    cell: str | None = None
    step: str | None = None
    #: the id of the run
    run: str | None = None


class Variable(Value, frozen=True, kw_only=True):
    """One row: a name and a JSON value, and who wrote it last."""

    name: str
    #: the JSON text, as it came
    value: Raw
    #: the revision of the change that wrote it last
    revision: int
    #: ms since the epoch
    updated_at: int
    origin: Origin
    #: its declaration (see :class:`Spec`), as JSON text; a later one leaves revision, time and origin alone
    spec: Raw | UnsetType = UNSET

    @property
    def weight(self) -> int:
        """How many bytes it counts for: its value and its declaration."""
        return len(bytes(self.value)) + (0 if self.spec is UNSET else len(bytes(self.spec)))


class Spec(Value, omit_defaults=True, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A variable's declaration."""

    description: str | UnsetType = UNSET
    #: a JSON Schema (2020-12) of the value
    schema: Raw | UnsetType = UNSET
    #: what it is until somebody sets it
    default: Raw | UnsetType = UNSET
    #: the editor that shows it, where it is not to be chosen by the value
    control: str | UnsetType = UNSET
    #: the value is not to be changed
    locked: bool = False


class Input(Value, omit_defaults=True, frozen=True, kw_only=True):
    """What a run read: the revision, and the value where it is small, else the hash of its canonical text.

    Revision 0 without either: the run looked for it, and there was no such variable.
    """

    revision: int
    value: Raw | UnsetType = UNSET
    #: "sha256:" and 64 hexadecimal digits
    hash: str | UnsetType = UNSET

    @property
    def absent(self) -> bool:
        """Whether there was no such variable."""
        return self.revision == 0 and self.value is UNSET and self.hash is UNSET


class RunError(Value, omit_defaults=True, frozen=True, kw_only=True):
    """Why a run did not succeed."""

    type: str
    message: str
    #: line in the cell, from 1
    line: int | None = None


class Run(Value, omit_defaults=True, frozen=True, kw_only=True):
    """One execution of a step."""

    id: str
    step: str
    status: RunStatus
    #: ms since the epoch
    start: int
    end: int | None = None
    inputs: dict[str, Input] = {}
    #: the names declared as outputs
    outputs: list[str] = []
    #: the names written by this run
    written: list[str] = []
    error: RunError | None = None
    warnings: list[str] = []
    #: names that it left in the kernel and that are no variables
    left: list[str] = []
    #: such names of other steps that it read, each with the fingerprint of the run that had left it
    needs: dict[str, str] = {}
    #: of one whose inputs are found in its code: the names there that were no variables
    free: list[str] = []
    #: of one that succeeded: what it has computed with, see freshness.fingerprint
    fingerprint: str = ""
    kernel: str | None = None
    #: which process of that kernel: another one after a restart
    life: str | None = None
    cell: str | None = None
    #: "sha256:" and 64 hexadecimal digits of the body
    source: str = ""
    #: the change that recorded this status; set by the server
    revision: int | None = None

    @property
    def succeeded(self) -> bool:
        return self.status in ("done", "warned")


class Step(Value, frozen=True, kw_only=True):
    """A named unit of work, as its runs tell of it."""

    name: str
    inputs: list[str]
    outputs: list[str]
    #: the latest run
    run: Run
    #: the latest run that succeeded
    done: Run | None = None

    @property
    def forgotten(self) -> bool:
        """Whether somebody has taken it out of the session; it may run again."""
        return self.run.status == "forgotten"


class _Op(Struct, frozen=True, kw_only=True, rename="camel", tag_field="op", forbid_unknown_fields=True):
    pass


class Set(_Op, tag="set", frozen=True, kw_only=True):
    """Give a variable this whole value."""

    name: str
    value: Raw
    #: refuse unless the row is at this revision (0: does not exist)
    if_revision: int | UnsetType = UNSET


class Delete(_Op, tag="delete", frozen=True, kw_only=True):
    """Take a variable away; a name that is not there is no error."""

    name: str
    if_revision: int | UnsetType = UNSET


class Patch(_Op, tag="patch", frozen=True, kw_only=True):
    """Change a variable inside."""

    name: str
    #: a JSON patch (RFC 6902) of the value
    patch: Raw
    if_revision: int | UnsetType = UNSET


class Rename(_Op, tag="rename", frozen=True, kw_only=True):
    """Give a variable another name, value and spec kept."""

    name: str
    to: str


class Declare(_Op, tag="declare", frozen=True, kw_only=True):
    """Say what a variable may be; it is made where it does not exist, and its value is never changed by this."""

    name: str
    #: a :class:`Spec`, or null to take the declaration away
    spec: Raw


class RunOp(_Op, tag="run", frozen=True, kw_only=True):
    """Record a run of a step."""

    run: Run


Op = Set | Patch | Delete | Rename | Declare | RunOp


class Change(Struct, frozen=True, kw_only=True, rename="camel", tag_field="type", tag="change"):
    """One committed, atomic set of operations; it moved the session to ``revision``."""

    revision: int
    #: random tag of this change; an unknown tip means another history
    tip: str
    #: ms since the epoch
    at: int
    origin: Origin
    ops: tuple[Op, ...]
    #: the client that made it
    client: str | UnsetType = UNSET
    #: the revision which that client had seen
    base: int | UnsetType = UNSET
    label: str | UnsetType = UNSET
    #: the revision which this change takes back
    undoes: int | UnsetType = UNSET


class Snapshot(Value, frozen=True, kw_only=True):
    """A named revision."""

    name: str
    revision: int
    #: ms since the epoch
    at: int


class Meta(Value, omit_defaults=True, frozen=True, kw_only=True):
    """About a session as a whole."""

    #: ms since the epoch of the last commit; None before the first
    last_synced_at: int | None
    #: some connected editor holds unsent edits
    is_dirty: bool
    revision: int
    epoch: str
    name: str | None
    paths: list[str]
    #: tag of the newest change, "" before the first
    tip: str = ""
    #: left out where all is well
    storage: Storage = "durable"


class Session(Value, frozen=True, kw_only=True):
    """A durable dictionary of variables: everything about it but the variables."""

    id: str
    owner: str
    name: str | None
    #: notebooks attached to it
    paths: tuple[str, ...]
    epoch: str
    revision: int
    #: tag of the newest change, "" before the first
    tip: str
    #: ms since the epoch
    created_at: int
    #: ms since the epoch of the newest change, None before the first
    updated_at: int | None


def touched(ops: Iterable[Op]) -> list[str]:
    """The names which ``ops`` write, each once, in order."""
    names: dict[str, None] = {}
    for op in ops:
        if isinstance(op, Set | Patch | Delete | Declare):
            names[op.name] = None
        elif isinstance(op, Rename):
            names[op.name] = None
            names[op.to] = None
    return list(names)


def advance(step: Step | None, run: Run) -> Step:
    """The step after ``run`` was recorded: its latest run, and its latest successful one.

    One that was forgotten is nothing but that: it is told to nobody, until it runs again.
    """
    if run.status == "forgotten":
        return Step(name=run.step, inputs=[], outputs=[], run=run)
    done = run if run.succeeded else (step.done if step else None)
    inputs = list(run.inputs) or (step.inputs if step else [])
    outputs = run.outputs or (step.outputs if step else [])
    return Step(name=run.step, inputs=inputs, outputs=outputs, run=run, done=done)
