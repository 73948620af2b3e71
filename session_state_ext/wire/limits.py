"""How much fits, and the sentences that say what does not."""

from __future__ import annotations

from itertools import chain

from msgspec import UNSET, Raw, Struct

from session_state_ext import jsontext
from session_state_ext.changes import read_spec
from session_state_ext.errors import InvalidBody, LimitExceeded, TooLarge
from session_state_ext.model import Declare, Op, Patch, Rename, Run, RunOp, Set
from session_state_ext.names import check_name
from session_state_ext.patches import operations

from .specs import check_spec

#: A body or frame nests the values it carries a few levels deeper.
_ENVELOPE_DEPTH = 8

#: A whole body or frame may be this much larger than a session's values, for names and keys.
ENVELOPE_BYTES = 256 * 1024

#: What a run records of an input stays this small; a larger one is recorded by its hash.
INLINE_INPUT_BYTES = 1024

#: The texts of a run's record, in characters: its error or a warning, and anything else.
RUN_MESSAGE_CHARS = 10_000
_RUN_WORD_CHARS = 4096
_RUN_WARNINGS = 1000


#: What a row or a step's record says beside values, generously.
_ROW_BYTES = 1024


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

    @property
    def state_bytes(self) -> int:
        """More than a frame of a server has: all values, and of each variable and step who wrote it."""
        return 4 * self.message_bytes + self.variables * _ROW_BYTES


def check_text(data: bytes, limits: Limits) -> None:
    """Raise unless ``data`` is an acceptable JSON text of an acceptable size, for a body or frame."""
    if len(data) > limits.message_bytes:
        raise TooLarge(f"A request can have {size(limits.message_bytes)}, this one has {size(len(data))}.")
    jsontext.check(data, depth=limits.depth + _ENVELOPE_DEPTH, digits=limits.digits)


def check_ops(ops: tuple[Op, ...], limits: Limits) -> None:
    """Raise unless every name can be stored, every value fits, every patch and every declaration is one.

    The text has been checked. What a patch makes of its value is not known yet; see :func:`check_value`.
    """
    for op in ops:
        if isinstance(op, Set):
            check_name(op.name, limits.name_chars)
            check_value(op.name, op.value, limits)
        elif isinstance(op, Patch):
            try:
                operations(bytes(op.patch))
            except InvalidBody as error:
                raise InvalidBody(f"{op.name}: {error.message}", name=op.name) from None
        elif isinstance(op, Rename):
            check_name(op.to, limits.name_chars)
        elif isinstance(op, Declare):
            check_name(op.name, limits.name_chars)
            check_spec(op.name, op.spec)
            default = UNSET if bytes(op.spec) == b"null" else read_spec(op.spec).default
            if default is not UNSET:
                check_value(op.name, default, limits)
        elif isinstance(op, RunOp):
            check_run(op.run, limits)


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


def check_run(run: Run, limits: Limits) -> None:
    """Raise InvalidBody where the record of a run is not one."""
    if not 1 <= len(run.id) <= 128 or not 1 <= len(run.step) <= 128:
        raise InvalidBody("A run needs an id and the name of its step, of 1 to 128 characters each.")
    for name, read in run.inputs.items():
        if read.value is not UNSET and len(bytes(read.value)) > INLINE_INPUT_BYTES:
            limit = size(INLINE_INPUT_BYTES)
            raise InvalidBody(f"{name}: a run keeps inputs of up to {limit}; give a hash.", name=name)
    lists = (run.inputs, run.outputs, run.written, run.left, run.needs, run.free)
    if max(map(len, lists)) > limits.variables or len(run.warnings) > _RUN_WARNINGS:
        raise InvalidBody(f"A run names up to {limits.variables:,} variables and has up to {_RUN_WARNINGS:,} warnings.")
    error = ("", "") if run.error is None else (run.error.type, run.error.message)
    hashes = (read.hash for read in run.inputs.values() if read.hash is not UNSET)
    ids = (run.kernel or "", run.life or "", run.cell or "", run.source, run.fingerprint)
    words = [*chain(*lists), *run.needs.values(), *hashes, *ids, error[0]]
    if max(map(len, words)) > _RUN_WORD_CHARS:
        raise InvalidBody(f"The names, ids and hashes of a run have up to {_RUN_WORD_CHARS:,} characters each.")
    if max(map(len, (error[1], *run.warnings))) > RUN_MESSAGE_CHARS:
        raise InvalidBody(f"The error and each warning of a run have up to {RUN_MESSAGE_CHARS:,} characters.")


def size(count: int) -> str:
    """A number of bytes for people: ``3.8 MiB``."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            return f"{count} bytes" if unit == "bytes" else f"{amount:.4g} {unit}"
        amount /= 1024
    raise AssertionError
