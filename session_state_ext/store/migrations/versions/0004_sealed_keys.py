"""What became of a request carries a checksum, as everything else that is served."""

from __future__ import annotations

import zlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEY = ("owner", "session_id", "key", "body", "status", "revision", "made", "at")


def upgrade() -> None:
    # Made anew, for SQLite adds no column without a default.
    keys = sa.table("idempotency_keys", *(sa.column(name) for name in _KEY))
    kept = [dict(row._mapping) for row in op.get_bind().execute(sa.select(keys))]
    op.drop_index("idempotency_keys_by_age", "idempotency_keys")
    op.drop_table("idempotency_keys")
    made = op.create_table(
        "idempotency_keys",
        sa.Column("owner", sa.String(length=256), nullable=False),
        sa.Column("session_id", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=256), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.String(length=128), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "session_id", "key"),
    )
    op.create_index("idempotency_keys_by_age", "idempotency_keys", ["at"], unique=False)
    op.bulk_insert(made, [{**row, "checksum": _checksum(row[name] for name in _KEY)} for row in kept])


def _checksum(parts: Any) -> int:
    """As rows.checksum when this was written."""
    total = 0
    for part in parts:
        if part is None:
            total = zlib.crc32(b"-", total)
            continue
        data = part if isinstance(part, bytes) else str(part).encode()
        total = zlib.crc32(data, zlib.crc32(b"%d:" % len(data), total))
    return total
