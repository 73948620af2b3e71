"""The only place where JSON becomes model and back: REST bodies, channel frames, limits.

Everything that comes from outside passes :func:`decode_body` or :func:`decode_client_frame`, which check
the text first (:mod:`jsontext`), then its shape, then each name and value against :class:`Limits`.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from . import jsontext
from .errors import InvalidBody, InvalidFrame, LimitExceeded, SessionError, TooLarge
from .model import Change, Delete, Meta, Op, Origin, OriginKind, Rename, Run, RunOp, Set, Step, Variable
from .names import check_name

#: A body or frame nests the values it carries a few levels deeper.
_ENVELOPE_DEPTH = 8

#: A whole body or frame may be this much larger than a session's values, for names and keys.
ENVELOPE_BYTES = 256 * 1024

#: What a run records of an input stays this small; a larger one is recorded by its hash.
INLINE_INPUT_BYTES = 1024


class Limits(Struct, frozen=True, kw_only=True, rename="camel"):
    """How much fits. All are traits of the server extension."""

    value_bytes: int = 1024 * 1024
    session_bytes: int = 16 * 1024 * 1024
    #: variables in a session
    variables: int = 10_000
    #: nesting of one value
    depth: int = 64
    #: digits of one number
    digits: int = 4300
    name_chars: int = 128

    @property
    def message_bytes(self) -> int:
        """The largest body or frame."""
        return self.session_bytes + ENVELOPE_BYTES


# --- origins as a client may give them; user and client are the server's to say ---


class SaidOrigin(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    kind: OriginKind
    cell: str | None = None
    step: str | None = None
    run: str | None = None

    def complete(self, *, user: str | None, client: str | None = None, kernel: str | None = None) -> Origin:
        """The origin with what the server knows of the one who speaks."""
        return Origin(
            kind=self.kind, user=user, client=client, kernel=kernel, cell=self.cell, step=self.step, run=self.run
        )


# --- REST bodies ---


class _Body(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    pass


class CreateBody(_Body, frozen=True, kw_only=True):
    name: str | None = None
    variables: dict[str, Raw] = {}
    origin: SaidOrigin | None = None


class MergeBody(_Body, frozen=True, kw_only=True):
    """What POST takes; a whole SessionState is accepted too."""

    variables: dict[str, Raw] = {}
    removed: list[str] = []
    session_id: str | None = None
    meta: Raw | UnsetType = UNSET
    origin: SaidOrigin | None = None


class PutBody(_Body, frozen=True, kw_only=True):
    value: Raw
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


class AttachBody(_Body, frozen=True, kw_only=True):
    path: str | None = None
    kernel_id: str | None = None
    session_id: str | None = None


class State(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A session as REST shows it."""

    session_id: str
    variables: dict[str, Raw] | UnsetType = UNSET
    meta: Meta
    rows: list[Variable] | UnsetType = UNSET


class Delta(Struct, frozen=True, kw_only=True, rename={"session_id": "sessionId", "since": "from"}):
    """What changed in a session after a revision."""

    session_id: str
    since: int
    variables: dict[str, Raw]
    removed: list[str]
    meta: Meta


# --- frames of a client ---


class _ClientFrame(Struct, frozen=True, kw_only=True, rename="camel", tag_field="type", forbid_unknown_fields=True):
    pass


class Hello(_ClientFrame, tag="hello", frozen=True, kw_only=True):
    client: str
    since: int | None = None
    tip: str | None = None
    epoch: str | None = None
    dirty: bool = False


class Mutate(_ClientFrame, tag="mutate", frozen=True, kw_only=True):
    seq: int
    base: int
    ops: tuple[Op, ...]
    origin: SaidOrigin


class Dirty(_ClientFrame, tag="dirty", frozen=True, kw_only=True):
    dirty: bool


class Barrier(_ClientFrame, tag="barrier", frozen=True, kw_only=True):
    id: str


class InvalidField(Struct, frozen=True, kw_only=True):
    """A field of an editor that holds what cannot be sent."""

    name: str
    text: str


class Flushed(_ClientFrame, tag="flushed", frozen=True, kw_only=True):
    id: str
    invalid: list[InvalidField] = []


ClientFrame = Hello | Mutate | Dirty | Barrier | Flushed


# --- frames of the server ---


class _ServerFrame(Struct, frozen=True, kw_only=True, rename="camel", tag_field="type"):
    pass


class Overwritten(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One conflict of an acknowledged change: what somebody else had written, and what stood before both."""

    name: str
    #: absent where they deleted it
    theirs: Raw | UnsetType = UNSET
    #: absent where there was nothing, or the log no longer reaches
    base: Raw | UnsetType = UNSET
    origin: Origin


class Ack(_ServerFrame, tag="ack", frozen=True, kw_only=True):
    seq: int
    revision: int
    tip: str
    at: int
    conflicts: list[Overwritten] = []


class Reject(_ServerFrame, tag="reject", frozen=True, kw_only=True, omit_defaults=True):
    seq: int
    code: str
    message: str
    name: str | UnsetType = UNSET
    #: what the variable is called now, where it was renamed
    to: str | UnsetType = UNSET
    theirs: Raw | UnsetType = UNSET
    revision: int | UnsetType = UNSET


class Welcome(_ServerFrame, tag="welcome", frozen=True, kw_only=True, omit_defaults=True):
    session: str
    epoch: str
    revision: int
    tip: str
    last_seq: int
    last_answer: Ack | Reject | None
    #: "snapshot" comes with variables, "delta" with changes
    mode: str
    variables: list[Variable] | UnsetType = UNSET
    changes: list[Change] | UnsetType = UNSET
    meta: Meta
    steps: list[Step]
    read_only: bool
    limits: Limits


class BarrierDone(_ServerFrame, tag="barrier", frozen=True, kw_only=True):
    id: str
    revision: int
    #: client ids of editors that did not answer in time
    late: list[str] = []
    invalid: list[InvalidField] = []


class Flush(_ServerFrame, tag="flush", frozen=True, kw_only=True):
    id: str


class MetaFrame(_ServerFrame, tag="meta", frozen=True, kw_only=True):
    meta: Meta


class Deleted(_ServerFrame, tag="deleted", frozen=True, kw_only=True):
    pass


class ErrorFrame(_ServerFrame, tag="error", frozen=True, kw_only=True):
    code: str
    message: str


ServerFrame = Welcome | Ack | Reject | Change | BarrierDone | Flush | MetaFrame | Deleted | ErrorFrame

_client_frames: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_server_frames: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)
_encoder = msgspec.json.Encoder()

_T = TypeVar("_T")


def encode(value: Any) -> bytes:
    """JSON text of anything in model or wire."""
    return _encoder.encode(value)


def decode(data: bytes, kind: type[_T]) -> _T:
    """Read back what :func:`encode` wrote and this program kept."""
    return msgspec.json.decode(data, type=kind)


def decode_server_frame(data: bytes | str) -> ServerFrame:
    """A frame of the server, which is trusted to send JSON. Raises InvalidFrame."""
    try:
        return _server_frames.decode(data)
    except msgspec.MsgspecError as error:
        raise InvalidFrame(f"The server sent a frame that was not understood: {error}.") from None


def decode_client_frame(data: bytes, limits: Limits) -> ClientFrame:
    """A frame of a client, checked in full.

    Raises InvalidFrame where it has not the form of a frame, and for a well-formed mutate whatever is wrong
    with its ops (InvalidName, InvalidValue, TooLarge, LimitExceeded), with a field ``seq``, so that the
    change can be refused by its number.
    """
    try:
        check_text(data, limits)
        frame = _client_frames.decode(data)
        if isinstance(frame, Hello):
            _check_id(frame.client)
        elif isinstance(frame, Mutate):
            check_ops(frame.ops, limits)
    except SessionError as error:
        seq = _seq_of(data)
        if seq is not None:
            error.fields["seq"] = seq
            raise
        if isinstance(error, InvalidFrame):
            raise
        raise InvalidFrame(error.message) from None
    except msgspec.MsgspecError as error:
        raise InvalidFrame(f"This frame was not understood: {error}.", seq=_seq_of(data)) from None
    return frame


class _Numbered(Struct, tag_field="type", tag="mutate"):
    seq: int


def _seq_of(data: bytes) -> int | None:
    """The number of a mutate whose rest may be wrong; None where it is not even JSON."""
    try:
        return msgspec.json.decode(data, type=_Numbered).seq
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        seq = jsontext.member(data, "seq") if jsontext.member(data, "type") == "mutate" else None
        return seq if type(seq) is int else None


def _check_id(client: str) -> None:
    if not 1 <= len(client) <= 128:
        raise InvalidFrame("A client id has 1 to 128 characters.")


def decode_body(data: bytes, kind: type[_T], limits: Limits) -> _T:
    """A REST body of this kind. Raises InvalidJson, InvalidBody, InvalidValue, LimitExceeded, TooLarge, InvalidName."""
    check_text(data, limits)
    try:
        body = msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise InvalidBody(f"The body is JSON, but not as expected: {error}.") from None
    return body


def check_text(data: bytes, limits: Limits) -> None:
    """Raise unless ``data`` is an acceptable JSON text of an acceptable size, for a body or frame."""
    if len(data) > limits.message_bytes:
        raise TooLarge(f"A request can have {size(limits.message_bytes)}, this one has {size(len(data))}.")
    jsontext.check(data, depth=limits.depth + _ENVELOPE_DEPTH, digits=limits.digits)


def check_ops(ops: tuple[Op, ...], limits: Limits) -> None:
    """Raise unless every name can be stored and every value fits; the text itself has been checked."""
    for op in ops:
        if isinstance(op, Set):
            check_name(op.name, limits.name_chars)
            check_value(op.name, op.value, limits)
        elif isinstance(op, Rename):
            check_name(op.to, limits.name_chars)
        elif isinstance(op, RunOp):
            check_run(op.run)


def check_value(name: str, value: Raw, limits: Limits) -> None:
    """Raise TooLarge or LimitExceeded, naming the variable, where the JSON text ``value`` does not fit."""
    text = bytes(value)
    if len(text) > limits.value_bytes:
        raise TooLarge(
            f"{name}: a value can have {limits.value_bytes:,} bytes ({size(limits.value_bytes)}), "
            f"this one has {len(text):,}. Store a file and keep its path here, or split it into several variables.",
            name=name,
        )
    if jsontext.is_deeper(text, limits.depth):
        raise LimitExceeded(f"{name}: values can be nested {limits.depth} deep, this one is deeper.", name=name)


def check_run(run: Run) -> None:
    """Raise InvalidBody where the record of a run is not one."""
    if not 1 <= len(run.id) <= 128 or not 1 <= len(run.step) <= 128:
        raise InvalidBody("A run needs an id and the name of its step, of 1 to 128 characters each.")
    for name, read in run.inputs.items():
        if read.value is not UNSET and len(bytes(read.value)) > INLINE_INPUT_BYTES:
            limit = size(INLINE_INPUT_BYTES)
            raise InvalidBody(f"{name}: a run keeps inputs of up to {limit}; give a hash.", name=name)


def decode_members(data: bytes) -> dict[str, bytes]:
    """The members of an object, each as the text it is; ``data`` was checked. Raises InvalidBody for anything else."""
    try:
        return {name: bytes(member) for name, member in msgspec.json.decode(data, type=dict[str, Raw]).items()}
    except msgspec.MsgspecError:
        raise InvalidBody('All variables together are an object, such as {"lr": 0.1}.') from None


def content_hash(value: bytes) -> str:
    """The hash by which a run remembers a large input: of its canonical text."""
    return "sha256:" + hashlib.sha256(jsontext.canonical(value)).hexdigest()


def size(count: int) -> str:
    """A number of bytes for people: ``3.8 MiB``."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            return f"{count} bytes" if unit == "bytes" else f"{amount:.4g} {unit}"
        amount /= 1024
    raise AssertionError


def merge_ops(body: MergeBody | CreateBody, limits: Limits) -> tuple[Op, ...]:
    """The ops of a POST: sets for its variables, deletes for what it removes, checked."""
    removed = body.removed if isinstance(body, MergeBody) else []
    both = [name for name in removed if name in body.variables]
    if both:
        raise InvalidBody(f"{both[0]!r} is both set and removed.", name=both[0])
    ops: tuple[Op, ...] = (
        *(Set(name=name, value=value) for name, value in body.variables.items()),
        *(Delete(name=name) for name in removed),
    )
    check_ops(ops, limits)
    return ops
