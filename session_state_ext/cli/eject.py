"""``jupyter session eject``: a plain notebook, which needs no extension."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from session_state_ext.errors import NotFound, SessionError
from session_state_ext.model import Variable

from .command import HubCommand, NothingStored
from .lookup import find
from .notebook import read
from .plain import eject

if TYPE_CHECKING:
    from session_state_ext.hub import Hub


class EjectCommand(HubCommand):
    """Write a plain notebook: comments in place of magics, and a cell with the values that stand now.

    What ran with the extension runs without it; the steps are ordinary cells.
    """

    name = "jupyter-session-eject"
    examples = """
jupyter session eject study.ipynb                   writes study.plain.ipynb
jupyter session eject study.ipynb out.ipynb --session sweep
"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("notebook", metavar="NB")
        parser.add_argument("output", metavar="OUT", nargs="?", help="default: NB.plain.ipynb; never overwritten")
        parser.add_argument("--session", metavar="NAME", help="whose values; default: the notebook's own session")

    def act(self, given: argparse.Namespace) -> None:
        try:
            super().act(given)
        except NothingStored:
            if given.session:
                raise
            self._write(given, {})

    async def work(self, hub: Hub, given: argparse.Namespace) -> None:
        try:
            session = await find(hub, self.owner, given.session or given.notebook)
        except NotFound:
            if given.session:
                raise
            self._write(given, {})
            return
        async with hub.use(self.owner, session.session_id) as live:
            self._write(given, dict(live.rows))

    def _write(self, given: argparse.Namespace, rows: dict[str, Variable]) -> None:
        path = Path(given.notebook)
        target = Path(given.output) if given.output else path.with_name(f"{path.stem}.plain.ipynb")
        if target.exists():
            raise SessionError(f"{target} exists already and is not overwritten. Name another file after {path}.")
        notebook = read(path)
        said = eject(notebook, rows)
        _save(notebook, target)
        if not rows:
            said.insert(0, f"{path} has no session with values, so its parameters have none but those its cells set.")
        for sentence in said:
            print(sentence, file=sys.stderr)
        print(target)


def _save(notebook: Any, target: Path) -> None:
    import nbformat

    try:
        nbformat.write(notebook, target)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise SessionError(f"{target} cannot be written: {error.strerror}.") from None
