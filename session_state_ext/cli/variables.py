"""``jupyter session get`` and ``set``: variables by name."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from msgspec import Raw

from session_state_ext.errors import NotFound
from session_state_ext.model import Set
from session_state_ext.spelling import nearest
from session_state_ext.wire import check_ops

from .assignments import assignments
from .command import HubCommand
from .lookup import called, find, write
from .table import print_json, print_text, quoted

if TYPE_CHECKING:
    from session_state_ext.hub import Hub


class GetCommand(HubCommand):
    """Print values as JSON, exactly as they are stored."""

    name = "jupyter-session-get"
    examples = """
jupyter session get sweep lr              0.1
jupyter session get sweep lr epochs       {"lr":0.1,"epochs":60}
jupyter session get sweep                 all of them
jupyter session get sweep note --raw      text without its quotes
jupyter session get study.ipynb lr        of a notebook's session
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("session", metavar="SESSION", help="a name, an id, or a notebook's path")
        parser.add_argument("variables", metavar="VARIABLE", nargs="*")
        parser.add_argument("--raw", action="store_true", help="print text without its quotes; one VARIABLE")
        parser.add_argument("--json", action="store_true", help="that is what it does")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        session = await find(hub, self.owner, given.session)
        async with hub.use(self.owner, session.session_id) as live:
            rows = dict(live.rows)
        for name in given.variables:
            if name not in rows:
                meant = nearest(name, list(rows))
                raise NotFound(f"The session {called(session)} has no variable {quoted(name)}.{meant}")
        if len(given.variables) != 1:
            if given.raw:
                self.fail("--raw prints one variable: name one.", 2)
            print_json({name: rows[name].value for name in given.variables or rows})
            return
        text = bytes(rows[given.variables[0]].value)
        if given.raw and text.lstrip().startswith(b'"'):
            import json

            text = json.loads(text).encode("utf-8", "surrogatepass")
        print_text(text)


class SetCommand(HubCommand):
    """Set variables, in one change. Panels and kernels of the session see it at once."""

    name = "jupyter-session-set"
    makes = True
    examples = """
jupyter session set sweep lr=0.1 epochs=60 note=baseline
jupyter session set sweep tags='["a", "b"]' text='"0.5"'
jupyter session set fresh lr=0.1 --new

A value is JSON, stored digit for digit, or a Python literal; what can be neither is text.
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("session", metavar="SESSION", help="a name, an id, or a notebook's path")
        parser.add_argument("values", metavar="NAME=VALUE", nargs="+")
        parser.add_argument("--new", action="store_true", help="make the session of this name, or of this notebook")

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        found = assignments(given.values, hub.limits)
        ops = tuple(Set(name=name, value=Raw(text)) for name, text in found.items())
        check_ops(ops, hub.limits)
        await write(hub, self.owner, given.session, ops, origin=self.origin(), new=given.new)
