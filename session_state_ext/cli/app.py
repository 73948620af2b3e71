"""``jupyter session`` itself: which subcommand is meant."""

from __future__ import annotations

import sys
from difflib import get_close_matches

from jupyter_core.application import JupyterApp

from session_state_ext import __version__

from .command import USAGE, Command
from .document import ExportCommand, ImportCommand
from .eject import EjectCommand
from .past import DiffCommand, HistoryCommand, RedoCommand, RestoreCommand, SnapshotCommand, UndoCommand
from .run import RunCommand
from .sessions import DeleteCommand, ListCommand, ShowCommand
from .steps import StepsCommand
from .upkeep import BackupCommand, CheckCommand, CompactCommand
from .variables import GetCommand, SetCommand

_COMMANDS: list[type[Command]] = [
    ListCommand,
    ShowCommand,
    GetCommand,
    SetCommand,
    DeleteCommand,
    HistoryCommand,
    DiffCommand,
    UndoCommand,
    RedoCommand,
    SnapshotCommand,
    RestoreCommand,
    StepsCommand,
    ExportCommand,
    ImportCommand,
    RunCommand,
    EjectCommand,
    CheckCommand,
    BackupCommand,
    CompactCommand,
]


class SessionApp(JupyterApp):
    """The stored sessions, and notebooks that use them, from a terminal."""

    name = "jupyter-session"
    version = __version__
    description = "The stored sessions, and notebooks that use them, from a terminal."
    subcommands = {  # noqa: RUF012
        command.name.rpartition("-")[2]: (command, command.title()) for command in _COMMANDS
    }

    def print_help(self, classes: bool = False) -> None:
        """What there is, a line each; ``--help-all`` also says what can be configured."""
        if classes:
            super().print_help(classes)
            return
        print(f"usage: jupyter session COMMAND ... [OPTIONS]\n\n{self.description}\n")
        print("A SESSION is a name, an id, or the path of a notebook, whose own session is meant.\n\ncommands:")
        for name, (_, said) in self.subcommands.items():
            print(f"  {name:<10}{said}")
        print("\njupyter session COMMAND --help says more, with examples.")

    def start(self) -> None:
        super().start()
        # With a subcommand that was all; without one, or with one that is not there:
        if self.extra_args:
            wrong = self.extra_args[0]
            close = get_close_matches(wrong, list(self.subcommands), n=1)
            meant = f" Did you mean {close[0]}?" if close else ""
            print(
                f"There is no jupyter session {wrong}.{meant} There are: {', '.join(self.subcommands)}.",
                file=sys.stderr,
            )
            self.exit(USAGE)
        self.print_help()
        self.exit(USAGE)


main = SessionApp.launch_instance
