"""The tables. Values, origins and frames are bytes, exactly as they came; a migration makes what stands here."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

#: The migration that makes these tables. A test compares it with migrations/.
HEAD = "0004"

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("owner", String(256), nullable=False),
    Column("name", String(256)),
    Column("epoch", String(32), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("tip", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger),
    # What list shows, and what a load is checked against.
    Column("variable_count", Integer, nullable=False),
    Column("value_bytes", BigInteger, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Index("sessions_by_owner", "owner", "updated_at"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("owner", String(256), primary_key=True),
    Column("path", String(4096), primary_key=True),
    Column("session_id", String(128), nullable=False),
    # The ids of the notebook's cells when it was last seen, a JSON array.
    Column("cells", LargeBinary, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Index("attachments_by_session", "session_id"),
)

# Of notebooks that were never written to, too.
bindings = Table(
    "bindings",
    metadata,
    Column("owner", String(256), primary_key=True),
    Column("path", String(4096), primary_key=True),
    # The names that the notebook's kernels keep equal with variables, as JSON.
    Column("bound", LargeBinary, nullable=False),
    Column("checksum", BigInteger, nullable=False),
)

variables = Table(
    "variables",
    metadata,
    Column("session_id", String(128), primary_key=True),
    Column("name", String(256), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("origin", LargeBinary, nullable=False),
    Column("spec", LargeBinary),
    Column("checksum", BigInteger, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("session_id", String(128), primary_key=True),
    Column("revision", BigInteger, primary_key=True),
    Column("tip", String(32), nullable=False),
    # The change as its frame on the live channel.
    Column("frame", LargeBinary, nullable=False),
    Column("checksum", BigInteger, nullable=False),
)

# What undoes a change, found by name: one row for each name it touched.
touches = Table(
    "touches",
    metadata,
    Column("session_id", String(128), primary_key=True),
    Column("name", String(256), primary_key=True),
    Column("revision", BigInteger, primary_key=True),
    Column("fate", String(16), nullable=False),
    Column("moved_to", String(256)),
    Column("client", String(128)),
    Column("before", LargeBinary),
    Column("checksum", BigInteger, nullable=False),
)

# The sum of the checksums of a session's touches. A row whose key is damaged is found by nobody; this misses it.
ledgers = Table(
    "ledgers",
    metadata,
    Column("session_id", String(128), primary_key=True),
    Column("touches", BigInteger, nullable=False),
)

clients = Table(
    "clients",
    metadata,
    Column("session_id", String(128), primary_key=True),
    Column("client", String(128), primary_key=True),
    Column("owner", String(256), nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    # When it was last used, to the day while it is connected.
    Column("at", BigInteger, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Index("clients_by_age", "at"),
)

# No reference to sessions: the answer to a DELETE outlives the session.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", String(256), primary_key=True),
    Column("session_id", String(128), primary_key=True),
    Column("key", String(256), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("made", String(128)),
    Column("at", BigInteger, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Index("idempotency_keys_by_age", "at"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("session_id", String(128), primary_key=True),
    Column("name", String(256), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("checksum", BigInteger, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("session_id", String(128), primary_key=True),
    Column("id", String(128), primary_key=True),
    Column("step", String(256), nullable=False),
    Column("status", String(16), nullable=False),
    Column("kernel", String(128)),
    Column("revision", BigInteger, nullable=False),
    Column("run", LargeBinary, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Index("runs_by_kernel", "kernel", "status"),
)

# Each step's latest run and latest successful run, so that a load need not read all runs.
steps = Table(
    "steps",
    metadata,
    Column("session_id", String(128), primary_key=True),
    Column("name", String(256), primary_key=True),
    Column("step", LargeBinary, nullable=False),
    Column("checksum", BigInteger, nullable=False),
)

#: Every table with rows that belong to one session and go with it.
OF_SESSION = (attachments, variables, changes, touches, ledgers, clients, snapshots, runs, steps)
