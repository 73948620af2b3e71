"""``jupyter session``: the stored sessions, from a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

from jupyter_core.application import JupyterApp
from traitlets import Unicode

from . import __version__
from .errors import SessionError


class StoreCommand(JupyterApp):
    """A subcommand that works on the stored sessions, also while servers use them."""

    version = __version__
    #: the server's own configuration says where sessions are stored
    config_file_name = Unicode("jupyter_server_config")
    store_url = Unicode(help="Where sessions are stored; default: where the server's configuration says.").tag(
        config=True
    )
    aliases = {"store-url": "StoreCommand.store_url", "config": "JupyterApp.config_file"}  # noqa: RUF012
    flags: dict[str, Any] = {}  # noqa: RUF012

    #: what comes after the command
    arguments: ClassVar[tuple[str, ...]] = ()

    def url(self) -> str:
        from .store.sql import default_url

        configured = self.config.SessionStateExtension.get("store_url", "")
        return str(self.store_url or configured or default_url())

    def start(self) -> None:
        super().start()
        if len(self.extra_args) != len(self.arguments):
            command, given = self.name.replace("-", " "), " ".join(self.extra_args)
            wanted = " ".join(self.arguments) or "nothing"
            self.fail(f"{command} takes {wanted} after it, not {given or 'nothing'}.")
        try:
            self.act(*self.extra_args)
        except SessionError as error:
            self.fail(error.message)

    def act(self, *arguments: str) -> None:
        raise NotImplementedError

    def fail(self, sentence: str) -> None:
        """Say it, and end with a code that scripts understand."""
        print(sentence, file=sys.stderr)
        self.exit(1)


class CheckCommand(StoreCommand):
    """Read all that is stored and compare it with its checksums. Ends with 1 where something is damaged."""

    name = "jupyter-session-check"
    description = __doc__

    def act(self, *arguments: str) -> None:
        from .store.upkeep import check

        report = check(self.url())
        for sentence in report.damage:
            print(sentence)
        print(f"{report.sessions} sessions, {report.variables} variables, {report.changes} changes: ", end="")
        wrong = "1 thing is wrong." if len(report.damage) == 1 else f"{len(report.damage)} things are wrong."
        print(wrong if report.damage else "all as they were written.")
        if report.damage:
            print("What is damaged is never served. Restore it from a backup (jupyter session backup FILE makes one).")
            self.exit(1)


class BackupCommand(StoreCommand):
    """Copy all sessions to a new file, as of one moment, also while servers write to them."""

    name = "jupyter-session-backup"
    description = __doc__
    examples = """
jupyter session backup sessions-2030-01-31.db

To restore: stop the servers, put the copy in the place of sessions.db (and remove sessions.db-wal and sessions.db-shm).
Open panels and kernels notice that it is another history and read it anew.
"""
    arguments = ("FILE",)

    def act(self, *arguments: str) -> None:
        from .store.upkeep import backup
        from .wire import size

        target = Path(arguments[0])
        print(f"{target}: {size(backup(self.url(), target))}")


class CompactCommand(StoreCommand):
    """Give back the room of what was deleted or purged."""

    name = "jupyter-session-compact"
    description = __doc__

    def act(self, *arguments: str) -> None:
        from .store.upkeep import compact

        before, after = compact(self.url())
        print(f"{before} before, {after} now.")


class SessionApp(JupyterApp):
    """The stored sessions, from a terminal."""

    name = "jupyter-session"
    version = __version__
    description = "Look after the sessions that are stored: check, backup, compact."
    subcommands = {  # noqa: RUF012
        "check": (CheckCommand, CheckCommand.__doc__),
        "backup": (BackupCommand, BackupCommand.__doc__),
        "compact": (CompactCommand, CompactCommand.__doc__),
    }

    def start(self) -> None:
        super().start()
        # With a subcommand that was all; without one, or with one that is not there:
        if self.extra_args:
            print(f"There is no jupyter session {self.extra_args[0]}.", file=sys.stderr)
        self.print_help()
        self.exit(2)


main = SessionApp.launch_instance
