"""Rows of the tables to model and back, each guarded by its checksum."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET
from sqlalchemy import Row, Table

from session_state_ext.errors import Damaged
from session_state_ext.model import Run, Session, Variable
from session_state_ext.wire import Bindings, decode, encode

from .base import Attachment, BoundNotebook, Key, Touch
from .tables import attachments, bindings, runs, sessions, touches, variables

_T = TypeVar("_T")


def checksum(parts: Iterable[Any]) -> int:
    """Of a row's parts (bytes, str, int, None), each with its length, so that nothing can move to the next one."""
    total = 0
    for part in parts:
        if part is None:
            total = zlib.crc32(b"-", total)
            continue
        data = part if isinstance(part, bytes) else str(part).encode()
        total = zlib.crc32(data, zlib.crc32(b"%d:" % len(data), total))
    return total


def is_sound(row: Row[Any]) -> bool:
    """Whether a row of a whole table, whose last column is its checksum, is as it was written."""
    return bool(row[-1] == checksum(row[:-1]))


def verified(row: Row[Any]) -> Row[Any]:
    """The row, of a whole table whose last column is its checksum. Raises Damaged."""
    if not is_sound(row):
        raise Damaged("What is stored of this session is damaged; it was set aside. Restore it from a backup.")
    return row


def sealed(table: Table, **values: Any) -> dict[str, Any]:
    """``values`` of a whole row, and their checksum."""
    return {**values, "checksum": checksum(values[name] for name in table.columns.keys()[:-1])}


def decoded(data: bytes, kind: type[_T]) -> _T:
    try:
        return decode(data, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Damaged("What is stored of this session cannot be read; it was set aside.") from None


def to_touch(row: Row[Any]) -> Touch:
    return Touch(
        name=row.name,
        revision=row.revision,
        fate=row.fate,
        moved_to=row.moved_to,
        client=row.client,
        before=None if row.before is None else decoded(row.before, Variable),
    )


def to_key(row: Row[Any]) -> Key:
    return Key(
        owner=row.owner,
        session_id=row.session_id,
        key=row.key,
        body=row.body,
        status=row.status,
        revision=row.revision,
        made=row.made,
        at=row.at,
    )


def to_attachment(row: Row[Any]) -> Attachment:
    cells = decoded(row.cells, tuple[str, ...])
    return Attachment(owner=row.owner, path=row.path, session_id=row.session_id, cells=cells)


def to_bound(row: Row[Any]) -> BoundNotebook:
    return BoundNotebook(owner=row.owner, path=row.path, bound=decoded(row.bound, Bindings))


# --- model to rows ---


def from_session(session: Session, variable_count: int, value_bytes: int) -> dict[str, Any]:
    return sealed(
        sessions,
        id=session.id,
        owner=session.owner,
        name=session.name,
        epoch=session.epoch,
        revision=session.revision,
        tip=session.tip,
        created_at=session.created_at,
        updated_at=session.updated_at,
        variable_count=variable_count,
        value_bytes=value_bytes,
    )


def from_attachment(attachment: Attachment) -> dict[str, Any]:
    return sealed(
        attachments,
        owner=attachment.owner,
        path=attachment.path,
        session_id=attachment.session_id,
        cells=encode(attachment.cells),
    )


def from_bound(one: BoundNotebook) -> dict[str, Any]:
    return sealed(bindings, owner=one.owner, path=one.path, bound=encode(one.bound))


def from_variable(session_id: str, row: Variable) -> dict[str, Any]:
    return sealed(
        variables,
        session_id=session_id,
        name=row.name,
        value=bytes(row.value),
        revision=row.revision,
        updated_at=row.updated_at,
        origin=encode(row.origin),
        spec=None if row.spec is UNSET else bytes(row.spec),
    )


def from_touch(session_id: str, touch: Touch) -> dict[str, Any]:
    return sealed(
        touches,
        session_id=session_id,
        name=touch.name,
        revision=touch.revision,
        fate=touch.fate,
        moved_to=touch.moved_to,
        client=touch.client,
        before=None if touch.before is None else encode(touch.before),
    )


def from_run(session_id: str, revision: int, run: Run) -> dict[str, Any]:
    return sealed(
        runs,
        session_id=session_id,
        id=run.id,
        step=run.step,
        status=run.status,
        kernel=run.kernel,
        revision=revision,
        run=encode(run),
    )
