"""What can follow ``%session`` on a line."""

from __future__ import annotations

from .link import Link
from .session import Session

_COMMANDS = ["set", "get", "del", "push", "pull", "use", "list"]
_OPTIONS = {"step": ["--in", "--out", "--keep", "--force", "--timeout"], "use": ["--new"], "pull": ["--force"]}


def complete(line: str, session: Session, link: Link) -> list[str]:
    """The words that may stand where the last word of ``line`` begins."""
    if not link.replica.known:
        return []
    head, *words = line.split()
    done = words if line[-1:].isspace() else words[:-1]
    if not done:
        return ["step"] if head.startswith("%%") else _COMMANDS
    command = done[0]
    if command == "step":
        if len(done) == 1:
            return list(link.steps())
        return [*_OPTIONS["step"], *session]
    if command == "push":
        return []
    return [*_OPTIONS.get(command, []), *(session if command in ("get", "del", "pull", "set") else [])]
