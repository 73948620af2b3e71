"""What can follow ``%session`` on a line."""

from __future__ import annotations

from session_state_ext.errors import SessionError

from .link import Link
from .magics import COMMANDS
from .session import Session

#: Whoever presses Tab does not wait longer.
_SECONDS = 0.5

_OPTIONS = {
    "step": ["--in", "--out", "--keep", "--force", "--timeout"],
    "use": ["--new", "--this", "--copy", "--empty"],
    "pull": ["--force"],
    "declare": [
        *("--min", "--max", "--step", "--choices", "--type", "--pattern"),
        *("--description", "--control", "--locked"),
    ],
    "history": ["--before", "--limit"],
    "undo": ["--force"],
    "redo": ["--force"],
    "snapshot": ["--delete"],
    "purge": ["--yes"],
    "run": ["--stale", "--force"],
    "bind": ["--force", "off"],
}
_VARIABLES = (
    *("get", "del", "pull", "push", "bind", "set", "history", "purge", "why"),
    *("declare", "reset", "lock", "unlock"),
)
_SNAPSHOTS = ("restore", "diff", "snapshot")


def complete(line: str, session: Session, link: Link) -> list[str]:
    """The words that may stand where the last word of ``line`` begins."""
    if not link.replica.known:
        return []
    head, *words = line.split()
    done = words if line[-1:].isspace() else words[:-1]
    if not done:
        return ["step"] if head.startswith("%%") else [one for one in COMMANDS if one != "step"]
    command = done[0]
    if command == "step":
        if len(done) == 1:
            return list(link.steps())
        return [*_OPTIONS["step"], *session]
    options = _OPTIONS.get(command, [])
    if command == "bind" and "off" in done:
        return session.bound
    if command == "run":
        return [*options, *session.steps()]
    if command == "steps":
        return ["forget"] if len(done) == 1 else list(session.steps())
    if command in _SNAPSHOTS:
        return [*options, *_snapshots(link, quoted=command == "diff")]
    return [*options, *(session if command in _VARIABLES else [])]


def _snapshots(link: Link, *, quoted: bool) -> list[str]:
    session_id = link.replica.session_id or ""
    try:
        known = link.ask(lambda backend: backend.archive(session_id).snapshots(), _SECONDS) if link.usable else []
    except SessionError:
        return []
    return [f'"{one.name}"' if quoted and " " in one.name else one.name for one in known]
