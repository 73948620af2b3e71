"""``jupyter session check``, ``backup`` and ``compact``: looking after the stored sessions."""

from __future__ import annotations

import argparse
from pathlib import Path

from .command import FAILED, Command


class CheckCommand(Command):
    """Read all that is stored and compare it with its checksums.

    Ends with 1 where something is damaged, and names it. Servers may go on meanwhile.
    """

    name = "jupyter-session-check"
    examples = """
jupyter session check
jupyter session check --store-url sqlite:////srv/backup/sessions.db
"""

    def act(self, given: argparse.Namespace) -> None:
        from session_state_ext.store.upkeep import check

        report = check(self.url())
        for sentence in report.damage:
            print(sentence)
        counts = (("session", report.sessions), ("variable", report.variables), ("change", report.changes))
        print(", ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts), end=": ")
        wrong = "1 thing is wrong." if len(report.damage) == 1 else f"{len(report.damage)} things are wrong."
        print(wrong if report.damage else "all as they were written.")
        if report.damage:
            print("What is damaged is never served. Restore it from a backup (jupyter session backup FILE makes one).")
            raise SystemExit(FAILED)


class BackupCommand(Command):
    """Copy all sessions to a new file, as of one moment, also while servers write to them."""

    name = "jupyter-session-backup"
    examples = """
jupyter session backup sessions-2030-01-31.db

To restore: stop the servers, put the copy in the place of sessions.db (and remove sessions.db-wal and sessions.db-shm).
Open panels and kernels notice that it is another history and read it anew.
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a new file")

    def act(self, given: argparse.Namespace) -> None:
        from session_state_ext.store.upkeep import backup
        from session_state_ext.wire import size

        target = Path(given.file)
        print(f"{target}: {size(backup(self.url(), target))}")


class CompactCommand(Command):
    """Give back the room of what was deleted or purged.

    Servers may go on meanwhile; what they write waits for it.
    """

    name = "jupyter-session-compact"
    examples = """
jupyter session compact
"""

    def act(self, given: argparse.Namespace) -> None:
        from session_state_ext.store.upkeep import compact
        from session_state_ext.wire import size

        before, after = compact(self.url())
        gained = f"{size(before)} before, {size(after)} now."
        print(gained if after < before else f"{size(after)}; nothing was to be gained.")
