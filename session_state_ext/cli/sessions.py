"""``jupyter session list``, ``show`` and ``delete``: sessions as a whole."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from session_state_ext.errors import NotFound
from session_state_ext.kernel.grammar import nearest
from session_state_ext.model import Delete, Variable

from .command import USAGE, HubCommand, NothingStored
from .lookup import called, find, match
from .table import VARIABLE, print_json, quoted, show, value, variable, when

if TYPE_CHECKING:
    from session_state_ext.hub import Hub
    from session_state_ext.store.base import Summary

#: A table of several sessions has this many columns of values at most.
_COLUMNS = 12


class ListCommand(HubCommand):
    """List your sessions, the latest changed first."""

    name = "jupyter-session-list"

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


class ShowCommand(HubCommand):
    """Show the variables of a session; of several, one line for each."""

    name = "jupyter-session-show"
    examples = """
jupyter session show sweep
jupyter session show *.ipynb --json       what a class has set
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("sessions", metavar="SESSION", nargs="+", help="names, ids, or notebooks' paths")
        parser.add_argument("--json", action="store_true", help="for programs: a list, one object a session")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        if len(given.sessions) == 1:
            found: list[Summary | None] = [await find(hub, self.owner, given.sessions[0])]
        else:
            known = await hub.list(self.owner)
            # Of a class, some have set nothing yet; that is no reason not to show the others.
            found = [match(word, known) for word in given.sessions]
        states = [(word, one, await self._rows(hub, one)) for word, one in zip(given.sessions, found, strict=True)]
        if given.json:
            print_json([_described(word, one, rows) for word, one, rows in states])
        elif len(states) == 1 and found[0] is not None:
            one, rows = found[0], states[0][2]
            title = f"Session {called(one)} · revision {one.revision} · {', '.join(one.paths) or one.session_id}"
            show(VARIABLE, [variable(row) for row in rows.values()], title=title, foot="" if rows else "No variables.")
        else:
            _compare(states)

    async def _rows(self, hub: Hub, session: Summary | None) -> dict[str, Variable]:
        if session is None:
            return {}
        async with hub.use(self.owner, session.session_id) as live:
            return dict(live.rows)


def _described(word: str, session: Summary | None, rows: dict[str, Variable]) -> dict[str, Any]:
    return {
        "asked": word,
        "sessionId": session.session_id if session else None,
        "name": session.name if session else None,
        "paths": session.paths if session else [],
        "revision": session.revision if session else 0,
        "variables": {name: row.value for name, row in rows.items()},
        "rows": list(rows.values()),
    }


def _compare(states: list[tuple[str, Summary | None, dict[str, Variable]]]) -> None:
    """A line a session, a column a variable."""
    names = list(dict.fromkeys(name for _, _, rows in states for name in rows))
    columns = names[:_COLUMNS]
    table = [
        [word, *(value(bytes(rows[name].value), 20) if name in rows else "" for name in columns), when_of(one)]
        for word, one, rows in states
    ]
    more = len(names) - len(columns)
    foot = f"and {more} more variable{'s' if more > 1 else ''}: --json has all of them" if more else ""
    show(["session", *columns, "changed"], table, foot=foot)


def when_of(session: Summary | None) -> str:
    """When it was changed last."""
    return when(session.updated_at) if session else "no session yet"


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
