"""What a notebook's kernels keep equal with its variables is known to the next one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "bindings",
        sa.Column("owner", sa.String(length=256), nullable=False),
        sa.Column("path", sa.String(length=4096), nullable=False),
        sa.Column("bound", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "path"),
    )
