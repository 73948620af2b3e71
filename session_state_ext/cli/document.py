"""``jupyter session export`` and ``import``: a session as one JSON document."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Raw

from session_state_ext import __version__
from session_state_ext.errors import NotFound, SessionError
from session_state_ext.model import Declare, Delete, Op, Set
from session_state_ext.notebookfile import kept_in
from session_state_ext.wire import Limits, check_ops, check_text, decode_members, encode

from .command import HubCommand, Usage
from .lookup import called, find, match, write
from .table import print_text

if TYPE_CHECKING:
    from session_state_ext.hub import Hub

#: What such a document says that it is.
FORMAT = "session-state/1"


class NotADocument(SessionError):
    """This is no exported session."""

    code = "not-a-document"


class ExportCommand(HubCommand):
    """Write a session as one JSON document, values digit for digit."""

    name = "jupyter-session-export"
    examples = """
jupyter session export sweep sweep.json
jupyter session export sweep --full | gzip > sweep.json.gz      with who wrote each value, and when
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("session", metavar="SESSION", help="a name, an id, or a notebook's path")
        parser.add_argument("file", metavar="FILE", nargs="?", help="default, and -: the standard output")
        parser.add_argument("--full", action="store_true", help="with who wrote each value, and when")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        session = await find(hub, self.owner, given.session)
        async with hub.use(self.owner, session.session_id) as live:
            stands, rows = live.session, list(live.rows.values())
        document: dict[str, Any] = {
            "format": FORMAT,
            "writtenBy": f"session-state-ext {__version__}",
            "exportedAt": time.time_ns() // 1_000_000,
            "sessionId": stands.id,
            "name": stands.name,
            "paths": stands.paths,
            "revision": stands.revision,
            "variables": {row.name: row.value for row in rows},
            "specs": {row.name: row.spec for row in rows if row.spec is not UNSET},
        }
        if given.full:
            document["rows"] = rows
        if given.file in (None, "-"):
            print_text(encode(document))
            return
        try:
            Path(given.file).write_bytes(encode(document) + b"\n")
        except OSError as error:
            raise SessionError(f"{given.file} cannot be written: {error.strerror}.") from None


class ImportCommand(HubCommand):
    """Take the variables of an exported document, or of any JSON object, into a session, as one change.

    Of a notebook, the values that it carries (Keep values with notebook), by default into its own session.
    """

    name = "jupyter-session-import"
    makes = True
    examples = """
jupyter session import sweep.json                  into the session of its name
jupyter session import sweep.json copy --new       into a new one
jupyter session import params.json sweep           {"lr": 0.1, "epochs": 60} will do as well
jupyter session import theirs.ipynb --new          what a colleague's notebook carries
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="-: the standard input")
        parser.add_argument("session", metavar="SESSION", nargs="?", help="default: as the document has it")
        parser.add_argument("--new", action="store_true", help="make the session where there is none")
        parser.add_argument("--replace", action="store_true", help="variables that the document lacks are deleted")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        variables, specs, named = read(given.file, hub.limits)
        word = given.session or named
        if word is None:
            raise Usage(f"{given.file} does not say which session it was. Give one: SESSION, and --new to make it.")
        ops: list[Op] = [Set(name=name, value=Raw(text)) for name, text in variables.items()]
        # What is valid no more stays as it was: the declarations come behind the values.
        ops += (Declare(name=name, spec=Raw(text)) for name, text in specs.items())
        check_ops(tuple(ops), hub.limits)
        session = match(word, await hub.list(self.owner))
        if session is None and not given.new:
            raise NotFound(f"There is no session called {word}. To make it: --new")
        if session is not None and given.replace:
            async with hub.use(self.owner, session.session_id) as live:
                ops += [Delete(name=name) for name in live.rows if name not in variables]
        await write(hub, self.owner, word, ops, origin=self.origin(), new=True)
        into = called(session) if session else word
        print(f"{len(variables)} variable{'' if len(variables) == 1 else 's'} into {into}.")


def read(file: str, limits: Limits) -> tuple[dict[str, bytes], dict[str, bytes], str | None]:
    """The texts of variables and declarations, and the name of the session they come from. Raises NotADocument."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise NotADocument(f"{file} cannot be read: {error.strerror}.") from None
    try:
        check_text(data, limits)
        members = decode_members(data)
        if "nbformat" in members:
            return _carried(file, data, limits), {}, file
        kind = _text(members.get("format"))
        if kind is None or not kind.startswith("session-state/"):
            return members, {}, None
        if kind != FORMAT:
            raise NotADocument(f"{file} is a document of another version, {kind}; this one reads {FORMAT}.")
        variables, specs = (decode_members(members.get(key, b"{}")) for key in ("variables", "specs"))
        return variables, specs, _text(members.get("name"))
    except NotADocument:
        raise
    except SessionError as error:
        raise NotADocument(f"{file}: {error.message}") from None


def _carried(file: str, data: bytes, limits: Limits) -> dict[str, bytes]:
    """What a notebook carries. Raises NotADocument where that is nothing."""
    values = {name: bytes(text) for name, text in kept_in(data).values.items()}
    if not values:
        raise NotADocument(f"{file} carries no values. To keep some with it: Keep values with notebook, in the panel.")
    return values


def _text(member: bytes | None) -> str | None:
    import json

    value = None if member is None else json.loads(member)
    return value if isinstance(value, str) else None
