"""``jupyter session history | diff | undo | redo | snapshot | restore``: what a session was before."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Raw, json

from session_state_ext.errors import Locked, NotFound, SessionError
from session_state_ext.model import Change, Delete, Op, Patch, Rename, RunOp, Set, Variable

from .command import USAGE, HubCommand
from .lookup import called, find
from .table import by, print_json, quoted, show, value, when

if TYPE_CHECKING:
    from session_state_ext.hub import Hub
    from session_state_ext.hub.batch import Written

#: In a table, a value that is one of several.
_SHORT = 40


class PastCommand(HubCommand):
    """What these have in common."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("session", metavar="SESSION", help="a name, an id, or a notebook's path")

    async def revision(self, hub: Hub, session_id: str, word: str) -> int:
        """A revision by its number, or by the name of a snapshot. Raises NotFound."""
        snapshots = {each.name: each.revision for each in await hub.history.snapshots(self.owner, session_id)}
        if word in snapshots:
            return snapshots[word]
        if word.isdecimal():
            return int(word)
        named = f" There are: {', '.join(snapshots)}." if snapshots else ""
        raise NotFound(f"{quoted(word)} is neither a revision's number nor a snapshot.{named}")

    async def say(self, hub: Hub, written: Written) -> None:
        """What a change did: the values before and after it; in the words of its ops where these look the same."""
        if written.change is None:
            print("Nothing was different.")
            return
        at = written.change.revision
        found = await hub.history.diff(self.owner, written.session.id, at - 1, at)
        shown = {one.name: (_shown(one.before), _shown(one.after)) for one in found}
        turned = {name: f"{name}: {before} → {after}" for name, (before, after) in shown.items() if before != after}
        both = {one.name for one in found if one.before is not None and one.after is not None}
        said = {name: text for name, text in turned.items() if name in both}
        others = [told(op) for op in written.change.ops if getattr(op, "name", None) not in said]
        print(f"Revision {at}: {', '.join([*said.values(), *others])}")


class HistoryCommand(PastCommand):
    """List the changes of a session, the newest first."""

    name = "jupyter-session-history"
    examples = """
jupyter session history sweep                      the newest 30
jupyter session history sweep lr --limit 5         of one variable
jupyter session history sweep --before 41          the page before
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        super().arguments(parser)
        parser.add_argument("variable", metavar="VARIABLE", nargs="?", help="only changes of this variable")
        parser.add_argument("--limit", type=_many, default=30, metavar="N", help="so many changes; default: 30")
        parser.add_argument("--before", type=_count, metavar="REVISION", help="only earlier ones")
        parser.add_argument("--json", action="store_true", help="for programs")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        session = await find(hub, self.owner, given.session)
        changes, following = await hub.history.changes(
            self.owner, session.session_id, before=given.before, limit=given.limit, name=given.variable
        )
        if given.json:
            print_json({"changes": changes, "next": following})
            return
        rows = [[str(one.revision), when(one.at), by(one.origin), _what(one)] for one in changes]
        foot = f"Earlier ones: --before {following}" if following else ("" if rows else "No changes.")
        show(["revision", "when", "by", "what"], rows, foot=foot)


class DiffCommand(PastCommand):
    """Show what became of each variable between two revisions or snapshots."""

    name = "jupyter-session-diff"
    examples = """
jupyter session diff sweep 12                      between revision 12 and now
jupyter session diff sweep 12 15
jupyter session diff sweep good                    between a snapshot and now
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        super().arguments(parser)
        parser.add_argument("earlier", metavar="FROM", help="a revision's number or a snapshot's name")
        parser.add_argument("later", metavar="TO", nargs="?", help="default: now")
        parser.add_argument("--json", action="store_true", help="for programs")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        session = await find(hub, self.owner, given.session)
        earlier = await self.revision(hub, session.session_id, given.earlier)
        later = session.revision
        if given.later is not None:
            later = await self.revision(hub, session.session_id, given.later)
        found = await hub.history.diff(self.owner, session.session_id, earlier, later)
        if given.json:
            print_json({"from": earlier, "to": later, "changed": found})
            return
        rows = [[one.name, _shown(one.before), _shown(one.after)] for one in found]
        foot = "" if rows else f"Revisions {earlier} and {later} are the same."
        show(["name", f"at {given.earlier}", "now" if given.later is None else f"at {given.later}"], rows, foot=foot)


class UndoCommand(PastCommand):
    """Take back the newest change, or one by its number. That is a change, too."""

    name = "jupyter-session-undo"
    examples = """
jupyter session undo sweep                         the newest change, whoever made it
jupyter session undo sweep 12                      change 12; what came after it stays
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        super().arguments(parser)
        parser.add_argument("revision", metavar="REVISION", nargs="?", type=_count, help="default: the newest")
        parser.add_argument("--force", action="store_true", help="also where the variable was changed again since")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        session = await find(hub, self.owner, given.session)
        try:
            written = await hub.history.undo(
                self.owner,
                session.session_id,
                origin=self.origin(),
                revision=given.revision,
                force=given.force,
            )
        except SessionError as error:
            raise _forced(error) from None
        await self.say(hub, written)


class RedoCommand(PastCommand):
    """Take back the newest undo."""

    name = "jupyter-session-redo"
    examples = """
jupyter session redo sweep
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        super().arguments(parser)
        parser.add_argument("--force", action="store_true", help="also where the variable was changed again since")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        session = await find(hub, self.owner, given.session)
        try:
            written = await hub.history.redo(self.owner, session.session_id, origin=self.origin(), force=given.force)
        except SessionError as error:
            raise _forced(error) from None
        await self.say(hub, written)


class SnapshotCommand(PastCommand):
    """Give the newest revision a name; without a name, list the snapshots."""

    name = "jupyter-session-snapshot"
    examples = """
jupyter session snapshot sweep good                what stands now is called good
jupyter session snapshot sweep before --at 12      revision 12
jupyter session snapshot sweep                     a list
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        super().arguments(parser)
        parser.add_argument("snapshot", metavar="NAME", nargs="?")
        parser.add_argument("--at", type=_count, metavar="REVISION", help="name this revision instead")
        parser.add_argument("--forget", action="store_true", help="take the name away; no value is lost")
        parser.add_argument("--json", action="store_true", help="list them for programs")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        session = await find(hub, self.owner, given.session)
        if given.snapshot is None:
            if given.forget or given.at is not None:
                self.fail("Which snapshot? Give its name.", USAGE)
            await self._list(hub, session.session_id, json=given.json)
        elif given.forget and given.at is not None:
            self.fail("--forget takes a name away, --at gives one. Say one of them.", USAGE)
        elif given.forget:
            await hub.history.forget_snapshot(self.owner, session.session_id, given.snapshot)
        elif given.snapshot.isdecimal():
            self.fail(f"{given.snapshot} would be mistaken for a revision. Give the snapshot a name of letters.", USAGE)
        else:
            taken, _ = await hub.history.take_snapshot(
                self.owner, session.session_id, given.snapshot, revision=given.at
            )
            print(f"{taken.name} is revision {taken.revision} of {called(session)}.")

    async def _list(self, hub: Hub, session_id: str, *, json: bool) -> None:
        found = await hub.history.snapshots(self.owner, session_id)
        if json:
            print_json({"snapshots": found})
            return
        rows = [[one.name, str(one.revision), when(one.at)] for one in found]
        show(["name", "revision", "when"], rows, foot="" if rows else "No snapshots.")


class RestoreCommand(PastCommand):
    """Go back to a revision or a snapshot. That is one change, and can be undone."""

    name = "jupyter-session-restore"
    examples = """
jupyter session restore sweep good
jupyter session restore sweep 12
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        super().arguments(parser)
        parser.add_argument("to", metavar="TO", help="a revision's number or a snapshot's name")
        parser.add_argument("--force", action="store_true", help="also where what is locked would change")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        session = await find(hub, self.owner, given.session)
        revision = await self.revision(hub, session.session_id, given.to)
        try:
            written = await hub.history.restore(
                self.owner, session.session_id, origin=self.origin(), revision=revision, force=given.force
            )
        except Locked as locked:
            raise SessionError(locked.message.replace("or say force.", "or: --force")) from None
        await self.say(hub, written)


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def _many(text: str) -> int:
    count = 0 if text[:1] == "-" else _count(text)
    if not 0 < count < 1000:
        raise argparse.ArgumentTypeError("a page has 1 to 999 changes")
    return count


def _forced(error: SessionError) -> SessionError:
    if error.code in ("conflict", "invalid-value"):
        error.message += " Take it back all the same: --force"
    return error


def _what(change: Change) -> str:
    told_all = ", ".join(map(told, change.ops[:4]))
    more = f" and {len(change.ops) - 4} more" if len(change.ops) > 4 else ""
    label = f"{change.label}: " if isinstance(change.label, str) else ""
    return label + told_all + more


def told(op: Op | Any) -> str:
    """An op in a few words."""
    if isinstance(op, Set):
        return f"{op.name} = {value(bytes(op.value), _SHORT)}"
    if isinstance(op, Delete):
        return f"deleted {op.name}"
    if isinstance(op, Rename):
        return f"{op.name} is now {op.to}"
    if isinstance(op, Patch):
        return ", ".join(_patched(op))
    if isinstance(op, RunOp):
        return f"run of {op.run.step}: {op.run.status}"
    # Whatever else there is has a name and is called by its tag.
    other: Any = op
    return f"{other.__struct_config__.tag} {getattr(other, 'name', '')}".rstrip()


def _patched(op: Patch) -> Iterator[str]:
    """What became of each place in the variable: ``config/lr = 0.1``."""
    for one in json.decode(op.patch, type=list[dict[str, Raw]]):
        verb, place = json.decode(one["op"]), op.name + json.decode(one["path"])
        if verb in ("add", "replace"):
            yield f"{place} = {value(bytes(one['value']), _SHORT)}"
        elif verb in ("move", "copy"):
            yield f"{op.name}{json.decode(one['from'])} is {'now' if verb == 'move' else 'also'} {place}"
        elif verb == "remove":
            yield f"deleted {place}"


def _shown(row: Variable | None) -> str:
    return "" if row is None else value(bytes(row.value), _SHORT)
