"""What people look for after ``%session`` that is somewhere else, or has another name."""

from __future__ import annotations

_SAID = {
    "clear": "To take variables away: %session del lr; all of them, as one change: session.clear()",
    "copy": "The values as a plain dict: session.copy(). Another session: %session use NAME --new",
    "delete": "To take a variable away: %session del lr",
    "edit": 'To change a dict or list inside: with session.edit("config") as config: ...',
    "env": "What another process needs to act in this session: session.env()",
    "export": "In a terminal: jupyter session export SESSION FILE; or the panel's list of sessions",
    "forget": "A step: %session steps forget train. The name of a snapshot: %session snapshot NAME --delete",
    "import": "In a terminal: jupyter session import FILE SESSION; or the panel's list of sessions",
    "interact": "In Python: @session.interact above a function whose parameters are variables",
    "keep": "Values travel with the notebook by Keep Values with the Notebook in the panel's menu. "
    "A step keeps names in the kernel: %%session step train --keep model",
    "load": "Nothing is to be loaded: what the session has is there. To put it into your names: %session pull",
    "new": "To make a session: %session use NAME --new",
    "observe": 'In Python: session.observe(print, "lr")',
    "rename": "A variable is renamed in its menu in the Session panel",
    "save": "Nothing is to be saved: what is set is on disk when the cell ends. To name it: %session snapshot NAME",
    "show": "All variables: %session; one of them: %session get lr",
    "stop": "To stop a step, interrupt the kernel",
    "track": 'In Python: for x in session.track(xs, "training"): ...',
    "undeclare": 'In Python: session.undeclare("lr")',
}
_SAME = {
    **dict.fromkeys(("rm", "remove", "unset", "drop"), "delete"),
    **dict.fromkeys(("print", "view", "info", "status", "ls", "vars"), "show"),
    **dict.fromkeys(("store", "commit", "write"), "save"),
    "create": "new",
    "open": "new",
    "interrupt": "stop",
}


def elsewhere(word: str) -> str | None:
    """Where that is, a sentence; None for a word that nobody is known to look for."""
    found = _SAID.get(_SAME.get(word, word))
    return None if found is None else f"%session has no command {word}. {found}"
