"""The bodies of REST requests and answers."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from session_state_ext.errors import InvalidBody
from session_state_ext.model import Declare, Delete, Meta, Op, Set, Variable

from .limits import Limits, check_ops, check_text
from .origins import Label, SaidOrigin

_T = TypeVar("_T")


class _Body(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    pass


class CreateBody(_Body, frozen=True, kw_only=True):
    name: str | None = None
    variables: dict[str, Raw] = {}
    #: declarations, of these variables or of others
    specs: dict[str, Raw] = {}
    origin: SaidOrigin | None = None


class MergeBody(_Body, frozen=True, kw_only=True):
    """What POST takes; a whole SessionState is accepted too."""

    variables: dict[str, Raw] = {}
    removed: list[str] = []
    session_id: str | None = None
    meta: Raw | UnsetType = UNSET
    origin: SaidOrigin | None = None


class PutBody(_Body, frozen=True, kw_only=True):
    """A variable's value, its declaration (null takes it away), or both."""

    value: Raw | UnsetType = UNSET
    spec: Raw | UnsetType = UNSET
    origin: SaidOrigin | None = None


class UndoBody(_Body, frozen=True, kw_only=True):
    """For undo and redo: whose (the caller's, or this client's), which one, and whether to overwrite what moved on."""

    revision: int | None = None
    force: bool = False
    client: str | None = None
    origin: SaidOrigin | None = None


class RestoreBody(_Body, frozen=True, kw_only=True):
    revision: int | None = None
    snapshot: str | None = None
    #: also where what is locked would change
    force: bool = False
    #: whose change this is, for an undo
    client: str | None = None
    origin: SaidOrigin | None = None


class PurgeBody(_Body, frozen=True, kw_only=True):
    name: str


class SnapshotBody(_Body, frozen=True, kw_only=True):
    #: by default the newest
    revision: int | None = None


class MutateBody(_Body, frozen=True, kw_only=True):
    """A client's numbered change, as its channel would carry it."""

    client: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    seq: Annotated[int, msgspec.Meta(ge=1)]
    base: Annotated[int, msgspec.Meta(ge=0)]
    ops: tuple[Op, ...]
    origin: SaidOrigin
    label: Label | UnsetType = UNSET


class Bindings(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """The names of a notebook that its kernels keep equal with variables; ``*`` stands for all variables."""

    names: list[str] = []
    #: those that ``*`` leaves out
    without: list[str] = []
    #: those that may replace functions, classes and modules
    force: list[str] = []


class AttachBody(_Body, frozen=True, kw_only=True):
    path: str | None = None
    kernel_id: str | None = None
    session_id: str | None = None
    #: what becomes of a notebook that its session does not know
    choose: Literal["use", "copy", "empty"] | None = None
    #: what the notebook's kernels bind from now on
    bound: Bindings | None = None


class State(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A session as REST shows it."""

    session_id: str
    variables: dict[str, Raw] | UnsetType = UNSET
    meta: Meta
    rows: list[Variable] | UnsetType = UNSET
    #: of a notebook that was asked about: what its kernels bind
    bound: Bindings | UnsetType = UNSET
    #: likewise: what fits into it
    limits: Limits | UnsetType = UNSET


class Delta(Struct, frozen=True, kw_only=True, rename={"session_id": "sessionId", "since": "from"}):
    """What changed in a session after a revision."""

    session_id: str
    since: int
    variables: dict[str, Raw]
    removed: list[str]
    meta: Meta


def decode_body(data: bytes, kind: type[_T], limits: Limits) -> _T:
    """A REST body of this kind. Raises InvalidJson, InvalidBody, InvalidValue, LimitExceeded, TooLarge, InvalidName."""
    check_text(data, limits)
    try:
        body = msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise InvalidBody(f"The body is JSON, but not as expected: {error}.") from None
    return body


def decode_members(data: bytes) -> dict[str, bytes]:
    """The members of an object, each as the text it is; ``data`` was checked. Raises InvalidBody for anything else."""
    try:
        return {name: bytes(member) for name, member in msgspec.json.decode(data, type=dict[str, Raw]).items()}
    except msgspec.MsgspecError:
        raise InvalidBody('All variables together are an object, such as {"lr": 0.1}.') from None


def put_ops(name: str, body: PutBody, limits: Limits) -> tuple[Op, ...]:
    """The ops of a PUT of one variable, checked; the value is to be what the declaration beside it says."""
    ops: list[Op] = []
    if body.spec is not UNSET:
        ops.append(Declare(name=name, spec=body.spec))
    if body.value is not UNSET:
        ops.append(Set(name=name, value=body.value))
    if not ops:
        raise InvalidBody('Give a value, a spec, or both: {"value": 0.1}.')
    check_ops(tuple(ops), limits)
    return tuple(ops)


def merge_ops(body: MergeBody | CreateBody, limits: Limits) -> tuple[Op, ...]:
    """The ops of a POST: sets for its variables, deletes for what it removes, declarations, checked.

    Declarations come behind the values: what a lock or a rule forbids from now on stood there before.
    """
    removed, specs = (body.removed, {}) if isinstance(body, MergeBody) else ([], body.specs)
    both = [name for name in removed if name in body.variables]
    if both:
        raise InvalidBody(f"{both[0]!r} is both set and removed.", name=both[0])
    ops: tuple[Op, ...] = (
        *(Set(name=name, value=value) for name, value in body.variables.items()),
        *(Delete(name=name) for name in removed),
        *(Declare(name=name, spec=spec) for name, spec in specs.items()),
    )
    check_ops(ops, limits)
    return ops
