"""The frames of the live channel."""

from __future__ import annotations

from functools import cache

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from session_state_ext import jsontext
from session_state_ext.errors import InvalidFrame, SessionError
from session_state_ext.model import Change, Meta, Op, Origin, Step, Variable

from .limits import Limits, check_ops, check_text
from .origins import Label, SaidOrigin

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
    #: what the change is for, in a word
    label: Label | UnsetType = UNSET


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


class Ping(_ClientFrame, tag="ping", frozen=True, kw_only=True):
    """Is this channel still there? A browser sees neither a WebSocket's own pings nor that they stay away."""


ClientFrame = Hello | Mutate | Dirty | Barrier | Flushed | Ping


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
    #: where in the value or declaration (RFC 6901)
    pointer: str | UnsetType = UNSET
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


class Pong(_ServerFrame, tag="pong", frozen=True, kw_only=True):
    pass


class ErrorFrame(_ServerFrame, tag="error", frozen=True, kw_only=True):
    code: str
    message: str


ServerFrame = Welcome | Ack | Reject | Change | BarrierDone | Flush | MetaFrame | Deleted | Pong | ErrorFrame


# Made at their first use: a kernel reads one kind, a server the other.
@cache
def _client_frames() -> msgspec.json.Decoder[ClientFrame]:
    return msgspec.json.Decoder(ClientFrame)


@cache
def _server_frames() -> msgspec.json.Decoder[ServerFrame]:
    return msgspec.json.Decoder(ServerFrame)


def decode_server_frame(data: bytes | str) -> ServerFrame:
    """A frame of the server, which is trusted to send JSON. Raises InvalidFrame."""
    try:
        return _server_frames().decode(data)
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
        frame = _client_frames().decode(data)
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
