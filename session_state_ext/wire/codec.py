"""JSON text of anything in the model or on the wire, and back; and the hash of a value."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec

from session_state_ext import jsontext

_encoder = msgspec.json.Encoder()

_T = TypeVar("_T")


def encode(value: Any) -> bytes:
    """JSON text of anything in model or wire."""
    return _encoder.encode(value)


def decode(data: bytes, kind: type[_T]) -> _T:
    """Read back what :func:`encode` wrote and this program kept."""
    return msgspec.json.decode(data, type=kind)


def content_hash(value: bytes) -> str:
    """The hash by which a run remembers a large input: of its canonical text."""
    return "sha256:" + hashlib.sha256(jsontext.canonical(value)).hexdigest()
