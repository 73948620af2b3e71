"""Making and moving the tables, with Alembic, without any file of the user's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory


def scripts() -> ScriptDirectory:
    """The migrations that this version has."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(Path(__file__).parent))


def knows(revision: str) -> bool:
    """Whether a database at this migration was written by this version or an older one."""
    from alembic.util.exc import CommandError

    try:
        return scripts().get_revision(revision) is not None
    except CommandError:
        return False


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest migration, inside the transaction that is open on ``connection``."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    directory = scripts()
    environment = EnvironmentContext(
        Config(), directory, fn=lambda revision, _: directory._upgrade_revs("head", revision)
    )
    with environment:
        environment.configure(connection=connection, transactional_ddl=False)
        environment.run_migrations()
