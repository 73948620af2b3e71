"""Notebooks are known by their cells; clients have an age."""

from __future__ import annotations

import time
import zlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ATTACHMENT = ("owner", "path", "session_id", "cells")
_CLIENT = ("session_id", "client", "owner", "last_seq", "body", "answer")


def upgrade() -> None:
    # Made anew, for SQLite adds no column without a default. What is read here is as 0001 left it.
    kept = _rows("attachments", "owner", "path", "session_id")
    op.drop_index("attachments_by_session", "attachments")
    op.drop_table("attachments")
    attachments = op.create_table(
        "attachments",
        sa.Column("owner", sa.String(length=256), nullable=False),
        sa.Column("path", sa.String(length=4096), nullable=False),
        sa.Column("session_id", sa.String(length=128), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "path"),
    )
    op.create_index("attachments_by_session", "attachments", ["session_id"], unique=False)
    op.bulk_insert(attachments, [_sealed({**row, "cells": b"[]"}, _ATTACHMENT) for row in kept])

    known = _rows("clients", *_CLIENT, "checksum")
    op.drop_table("clients")
    clients = op.create_table(
        "clients",
        sa.Column("session_id", sa.String(length=128), nullable=False),
        sa.Column("client", sa.String(length=128), nullable=False),
        sa.Column("owner", sa.String(length=256), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "client"),
    )
    op.create_index("clients_by_age", "clients", ["at"], unique=False)
    # Nobody knows when they were last here: their time begins now.
    now = time.time_ns() // 1_000_000
    op.bulk_insert(clients, [_dated(row, now) for row in known])


def _rows(table: str, *columns: str) -> list[dict[str, Any]]:
    kept = sa.table(table, *(sa.column(name) for name in columns))
    found = op.get_bind().execute(sa.select(kept))
    return [dict(row._mapping) for row in found]


def _dated(row: dict[str, Any], now: int) -> dict[str, Any]:
    was_sound = row["checksum"] == _checksum(row[name] for name in _CLIENT)
    dated = _sealed({**row, "at": now}, (*_CLIENT, "at"))
    # A damaged row stays recognisable as one.
    return dated if was_sound else {**dated, "checksum": -1}


def _sealed(row: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    return {**row, "checksum": _checksum(row[name] for name in columns)}


def _checksum(parts: Any) -> int:
    """As rows.checksum when this was written."""
    total = 0
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        total = zlib.crc32(data, zlib.crc32(b"%d:" % len(data), total))
    return total
