"""What every subcommand has: its own arguments, where sessions are stored, and codes to end with.

A command's arguments are read by argparse, which says what is missing; what is not its own goes on to traitlets,
so that configuration files and ``--SessionStateExtension.store_url=...`` work as in every Jupyter program.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from difflib import get_close_matches
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from jupyter_core.application import JupyterApp
from traitlets import Unicode

from session_state_ext import __version__
from session_state_ext.errors import NotFound, SessionError, StoreError
from session_state_ext.wire import Limits

from .table import plain

if TYPE_CHECKING:
    from session_state_ext.hub import Hub
    from session_state_ext.model import Origin

FAILED = 1
USAGE = 2
INTERRUPTED = 130

#: What traitlets understands, beside a command's own arguments.
_TRAITLETS = re.compile(r"--(debug$|show-config(-json)?$|log-level=|[A-Z]\w*\.\w+(\.\w+)*=)")


#: One session in 64 has an id that begins with a dash; argparse is to take it for no option.
_DASHED_ID = re.compile(r"-[A-Za-z0-9_-]{21}")
_MARK = "\x1f"


def _is_sqlite(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(16) == b"SQLite format 3\0"
    except OSError:
        return True  # What is wrong with it is said by who opens it.


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmarked(member) for member in value]
    return value.removeprefix(_MARK) if isinstance(value, str) else value


def _examples(text: str) -> str | None:
    """The end of a command's help: lines to copy, then what else there is to say."""
    lines, _, more = text.strip().partition("\n\n")
    return f"examples:\n{indent(lines, '  ')}\n\n{more}".strip() if lines else None


class NothingStored(NotFound):
    """There are no sessions yet."""


class Usage(SessionError):
    """The line was not understood, beyond what argparse sees of it."""

    code = "usage"


class _Parser(argparse.ArgumentParser):
    """Says in one sentence what is wrong."""

    #: how the line is written
    shape = ""

    def error(self, message: str) -> NoReturn:
        said = message[:1].upper() + message[1:]
        stop = "" if said.endswith(("?", ".")) else "."
        print(f"{said}{stop} Write: {self.shape} (--help says more)", file=sys.stderr)
        raise SystemExit(USAGE)


class Command(JupyterApp):
    """One subcommand. Its docstring is its help; ``act`` does it."""

    version = __version__
    #: the server's own configuration says where sessions are stored
    config_file_name = Unicode("jupyter_server_config")
    store_url = Unicode(help="Where sessions are stored; default: where the server's configuration says.").tag(
        config=True
    )
    owner = Unicode("local", help="Whose sessions; on a server with its own token or password: local.").tag(config=True)
    aliases: dict[str, Any] = {}  # noqa: RUF012
    given: argparse.Namespace

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what comes after the command."""

    def act(self, given: argparse.Namespace) -> None:
        """Do it. A SessionError ends the command with its sentence."""
        raise NotImplementedError

    # --- reading the line ---

    @classmethod
    def title(cls) -> str:
        return (cls.__doc__ or "").strip().splitlines()[0]

    def parser(self) -> argparse.ArgumentParser:
        """The command's own arguments."""
        parser = _Parser(
            prog=self.name.replace("-", " "),
            description=re.sub(r"\n {4}", "\n", (type(self).__doc__ or "").strip()),
            epilog=_examples(str(self.examples)),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            add_help=False,
            allow_abbrev=False,
        )
        self.arguments(parser)
        # Now, for argparse changes them while it reads.
        shapes = {None: "{}", "?": "[{}]", "*": "[{} ...]", "+": "{} ..."}
        words = [shapes[one.nargs].format(one.metavar) for one in parser._actions if not one.option_strings]  # type: ignore[index]
        parser.shape = " ".join([parser.prog, *words])
        parser.usage = f"{parser.shape} [OPTIONS]"
        stored = parser.add_argument_group("where sessions are stored")
        stored.add_argument("--store-url", metavar="URL", help="default: where the server's configuration says")
        stored.add_argument("--owner", help="whose sessions, where several people share a store; default: local")
        stored.add_argument("--config", metavar="FILE", help="read this configuration file")
        parser.add_argument("-h", "--help", action="store_true", help="show this")
        return parser

    def parse_command_line(self, argv: Sequence[str] | None = None) -> None:
        words = sys.argv[1:] if argv is None else list(argv)
        parser = self.parser()
        if "-h" in words or "--help" in words:
            print(parser.format_help(), end="")
            self.exit(0)
        marked = [_MARK + word if _DASHED_ID.fullmatch(word) else word for word in self.prepared(words)]
        self.given, rest = parser.parse_known_intermixed_args(marked)
        for name, value in vars(self.given).items():
            setattr(self.given, name, _unmarked(value))
        wrong = next((word for word in rest if not _TRAITLETS.match(word)), None)
        if wrong is not None:
            # Without their dashes, which are alike in all of them.
            options = {option.lstrip("-"): option for action in parser._actions for option in action.option_strings}
            close = get_close_matches(wrong.partition("=")[0].lstrip("-"), options, n=1)
            meant = f", did you mean {options[close[0]]}?" if close else self.instead(wrong, words)
            parser.error(
                f"there is no option {wrong}{meant}" if wrong.startswith("-") else f"{wrong!r} is one too many"
            )
        super().parse_command_line(rest)
        if self.given.config:
            self.config_file = self.given.config
        for name in ("store_url", "owner"):
            if getattr(self.given, name):
                self.config[type(self).__name__][name] = getattr(self.given, name)

    def instead(self, option: str, words: list[str]) -> str:
        """What to write in the place of an option that is like none there is, to go on with in a sentence."""
        return ""

    def prepared(self, words: list[str]) -> list[str]:
        """The words of the line as argparse can read them."""
        return words

    # --- doing it ---

    def start(self) -> None:
        super().start()
        try:
            self.act(self.given)
            sys.stdout.flush()
        except Usage as error:
            self.fail(error.message, USAGE)
        except SessionError as error:
            self.fail(error.message)
        except KeyboardInterrupt:
            self.fail("Interrupted.", INTERRUPTED)
        except BrokenPipeError:
            # Whoever read us has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def fail(self, sentence: str, code: int = FAILED) -> NoReturn:
        """Say it, and end with a code that scripts understand."""
        # Names in it may be anybody's.
        print(plain(sentence), file=sys.stderr)
        raise SystemExit(code)

    def url(self) -> str:
        """Where sessions are stored."""
        from session_state_ext.store.sql import default_url

        configured = self.config.SessionStateExtension.get("store_url", "")
        url = str(self.store_url or configured or default_url())
        file = self._file(url) if self.given.store_url else None
        if file is not None and file.is_file() and file.stat().st_size and not _is_sqlite(file):
            raise StoreError(f"{file} holds something else than sessions; it is left as it is.")
        return url

    @staticmethod
    def _file(url: str) -> Path | None:
        """The file that holds the sessions. Raises StoreError."""
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            parts = make_url(url)
        except ArgumentError:
            raise StoreError(f"{url} says no place where sessions could be stored.") from None
        return Path(parts.database) if parts.get_backend_name() == "sqlite" and parts.database else None

    def limits(self) -> Limits:
        """As the server has them."""
        said = self.config.SessionStateExtension
        # From the command line they come as text.
        return Limits(**{name: int(said[name]) for name in Limits.__struct_fields__ if name in said})

    def origin(self) -> Origin:
        """Who makes the changes of this command."""
        from session_state_ext.model import Origin

        return Origin(kind="cli", user=None if self.owner == "local" else self.owner)


class HubCommand(Command):
    """A command that reads or writes sessions: what it does is seen live by whoever is connected to a server."""

    #: whether it may make the file with the sessions
    makes: ClassVar[bool] = False

    def act(self, given: argparse.Namespace) -> None:
        async def run() -> None:
            async with self.opened(make=self.makes) as hub:
                await self.work(hub, given)

        asyncio.run(run())

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        """Do it."""
        raise NotImplementedError

    @asynccontextmanager
    async def opened(self, *, make: bool, url: str | None = None) -> AsyncIterator[Hub]:
        """The sessions, in this process, on the file that servers use too; or those of another store.

        Raises StoreError, NothingStored.
        """
        from session_state_ext.hub import Hub
        from session_state_ext.store.sql import SqlStore

        where = url or self.url()
        file = self._file(where)
        if not make and file is not None and not file.exists():
            if not self.given.store_url:
                raise NothingStored(f"Nothing is stored at {file} yet.")
            # Who says where means something that is there.
            missing = f"file {file}" if file.parent.is_dir() else f"folder {file.parent}"
            raise StoreError(f"There is no {missing}. Where are the sessions? --store-url sqlite:////path/sessions.db")
        hub = Hub(SqlStore(where), limits=self.limits())
        await hub.start()
        try:
            yield hub
        finally:
            await hub.stop()
