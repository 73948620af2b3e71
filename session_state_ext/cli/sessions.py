"""``jupyter session list``, ``show`` and ``delete``: sessions as a whole."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from typing import TYPE_CHECKING, Any

from msgspec import Raw, Struct

from session_state_ext.errors import NotFound
from session_state_ext.model import Delete, Variable
from session_state_ext.notebookfile import kept_at
from session_state_ext.spelling import nearest
from session_state_ext.store.base import Summary

from .command import USAGE, HubCommand, NothingStored
from .lookup import called, find, match
from .table import VARIABLE, print_json, print_text, quoted, show, value, variable, when

if TYPE_CHECKING:
    from session_state_ext.hub import Hub

#: A table of several sessions has this many columns of values at most.
_COLUMNS = 12

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ListCommand(HubCommand):
    """List your sessions, the latest changed first."""

    name = "jupyter-session-list"
    examples = """
jupyter session list
jupyter session list --json | jq '.sessions[].name'
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def act(self, given: argparse.Namespace) -> None:
        try:
            super().act(given)
        except NothingStored:
            self._show([], given)

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        self._show(await hub.list(self.owner), given)

    @staticmethod
    def _show(known: list[Summary], given: argparse.Namespace) -> None:
        if given.json:
            print_json({"sessions": known})
            return
        rows = [
            [
                one.name or one.session_id,
                ", ".join(path.rpartition("/")[2] for path in one.paths),
                str(one.variable_count),
                str(one.revision),
                when(one.updated_at),
            ]
            for one in known
        ]
        foot = "" if rows else "No sessions are stored yet. Make one: jupyter session set NAME lr=0.1 --new"
        show(["name", "notebooks", "variables", "revision", "changed"], rows, foot=foot)


class Shown(Struct, frozen=True):
    """What is told of one word of the line."""

    asked: str
    session: Summary | None
    rows: dict[str, Variable]
    #: where there is no session: what the notebook carries of somebody's, JSON texts
    carried: dict[str, Raw]

    @property
    def values(self) -> dict[str, Raw]:
        return {name: row.value for name, row in self.rows.items()} if self.session else self.carried

    @property
    def changed(self) -> str:
        if self.session:
            return when(self.session.updated_at)
        return "carried by the notebook" if self.carried else "no session yet"


class ShowCommand(HubCommand):
    """Show the variables of a session; of several, one line for each.

    A notebook that has no session here, but carries values (Keep values with notebook), is shown with these.
    """

    name = "jupyter-session-show"
    examples = """
jupyter session show sweep
jupyter session show handed-in/*.ipynb             what a class has set, a line each
jupyter session show handed-in/*.ipynb --csv > class.csv
jupyter session show handed-in/*.ipynb --json      with who wrote each value, and when
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("sessions", metavar="SESSION", nargs="+", help="names, ids, or notebooks' paths")
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="for programs: a list, one object a session")
        form.add_argument("--csv", action="store_true", help="for spreadsheets: a line a session, a column a variable")

    def act(self, given: argparse.Namespace) -> None:
        try:
            super().act(given)
        except NothingStored:
            shown = [Shown(word, None, {}, _carried(word)) for word in given.sessions]
            if not any(one.carried for one in shown):
                raise
            self._show(shown, given)

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        known = await hub.list(self.owner)
        shown: list[Shown] = []
        for word in given.sessions:
            session = match(word, known)
            carried = {} if session else _carried(word)
            if session is None and not carried and len(given.sessions) == 1:
                # Of a class, some have set nothing yet; that is no reason not to show the others.
                session = await find(hub, self.owner, word)
            shown.append(Shown(word, session, await self._rows(hub, session), carried))
        self._show(shown, given)

    async def _rows(self, hub: Hub, session: Summary | None) -> dict[str, Variable]:
        if session is None:
            return {}
        async with hub.use(self.owner, session.session_id) as live:
            return dict(live.rows)

    @staticmethod
    def _show(shown: list[Shown], given: argparse.Namespace) -> None:
        if given.json:
            print_json([_described(one) for one in shown])
        elif given.csv:
            _print_csv(shown)
        elif len(shown) > 1:
            _compare(shown)
        elif (session := shown[0].session) is not None:
            rows = shown[0].rows
            where = ", ".join(session.paths) or session.session_id
            title = f"Session {called(session)} · revision {session.revision} · {where}"
            show(VARIABLE, [variable(row) for row in rows.values()], title=title, foot="" if rows else "No variables.")
        else:
            values = [[name, value(bytes(text))] for name, text in shown[0].carried.items()]
            show(VARIABLE[:2], values, title=f"{shown[0].asked} · has no session here, and carries these values")


def _carried(word: str) -> dict[str, Raw]:
    return kept_at(word).values if word.endswith(".ipynb") and "\x00" not in word else {}


def _described(one: Shown) -> dict[str, Any]:
    session = one.session
    return {
        "asked": one.asked,
        "sessionId": session.session_id if session else None,
        "name": session.name if session else None,
        "paths": session.paths if session else [],
        "revision": session.revision if session else 0,
        "carried": bool(one.carried),
        "variables": one.values,
        "rows": list(one.rows.values()),
    }


def _compare(shown: list[Shown]) -> None:
    """A line a session, a column a variable."""
    names = _names(shown)
    columns = names[:_COLUMNS]
    table = [
        [
            one.asked,
            *(value(bytes(one.values[name]), 20) if name in one.values else "" for name in columns),
            one.changed,
        ]
        for one in shown
    ]
    more = len(names) - len(columns)
    foot = f"and {more} more variable{'s' if more > 1 else ''}: --json and --csv have all of them" if more else ""
    show(["session", *columns, "changed"], table, foot=foot)


def _names(shown: list[Shown]) -> list[str]:
    return list(dict.fromkeys(name for one in shown for name in one.values))


def _print_csv(shown: list[Shown]) -> None:
    """The same for spreadsheets, with all columns and whole values."""
    names = _names(shown)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    # A spreadsheet would compute what begins like a formula.
    writer.writerow(["session", *(json.dumps(name) if name[:1] in _FORMULA else name for name in names)])
    for one in shown:
        asked = one.asked if one.asked[:1] not in _FORMULA else f"./{one.asked}"
        writer.writerow([asked, *(_cell(one.values[name]) if name in one.values else "" for name in names)])
    print_text(text.getvalue().encode("utf-8", "surrogatepass"), end=b"")


def _cell(text: Raw) -> str:
    """A value in a spreadsheet: text as it is where nobody takes it for anything else, else JSON."""
    read = json.loads(bytes(text)) if bytes(text).startswith(b'"') else None
    if isinstance(read, str) and read[:1].isalpha() and read not in ("true", "false", "null", "nan", "inf"):
        return read
    return bytes(text).decode()


class DeleteCommand(HubCommand):
    """Delete a session for good, or some of its variables (which undo brings back)."""

    name = "jupyter-session-delete"
    examples = """
jupyter session delete sweep              asks first
jupyter session delete sweep --yes
jupyter session delete sweep old note     two variables
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("session", metavar="SESSION", help="a name, an id, or a notebook's path")
        parser.add_argument("variables", metavar="VARIABLE", nargs="*")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        session = await find(hub, self.owner, given.session)
        if given.variables:
            await self._variables(hub, session, given.variables)
            return
        if not given.yes:
            self._ask(session)
        await hub.delete(self.owner, session.session_id)

    async def _variables(self, hub: Hub, session: Summary, names: list[str]) -> None:
        async with hub.use(self.owner, session.session_id) as live:
            known = list(live.rows)
        for name in names:
            if name not in known:
                meant = nearest(name, known)
                raise NotFound(f"The session {called(session)} has no variable {quoted(name)}.{meant}")
        ops = [Delete(name=name) for name in dict.fromkeys(names)]
        await hub.write(self.owner, session.session_id, ops, origin=self.origin())

    def _ask(self, session: Summary) -> None:
        what = f"{called(session)}, {session.variable_count} variables and their history"
        if not sys.stdin.isatty():
            self.fail(f"This would delete {what}. Say so: --yes", USAGE)
        print(f"Delete {what}? It cannot be undone. [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            self.fail("Nothing was deleted.")
