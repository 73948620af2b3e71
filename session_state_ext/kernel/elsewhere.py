"""What people look for after ``%session``, and as ``session.NAME``, that is somewhere else or has another name."""

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


#: Of a session in Python: what is a command only, or a method of something else.
_IN_PYTHON = {
    "set": 'A variable is written as session["lr"] = 0.1; several as one change: session.update(lr=0.1, epochs=3)',
    "append": 'A list is changed inside: with session.edit("tags") as tags: tags.append("new")',
    "close": "There is nothing to close: what is written is on disk when the cell ends",
    "connect": "session_state_ext.connect() is for scripts; a notebook has its session",
    "delete": 'A variable is taken away by del session["lr"]; all of them by session.clear()',
    "del": 'A variable is taken away by del session["lr"]',
    "help": "All there is: %session help",
    "list": "All your sessions: %session list. The variables of this one: list(session)",
    "load": 'Nothing is to be loaded: session["lr"] is there. Into the notebook\'s names: %session pull lr',
    "lookup": 'A variable is read as session["lr"]',
    "parameters": "A cell of them begins with %%session parameters; in Python: session.declare_parameters(source)",
    "pull": 'Into the notebook\'s names: lr = session["lr"], or %session pull lr',
    "push": 'From the notebook\'s names: session["lr"] = lr, or %session push lr',
    "rename": "A variable is renamed in its menu in the Session panel",
    "save": "Nothing is to be saved: what is set is on disk when the cell ends. To name it: session.snapshot(NAME)",
    "show": 'All variables: session; one of them: session["lr"]',
    "use": "Another session: %session use NAME; in a script: session_state_ext.connect(NAME)",
}
_SAME_IN_PYTHON = {
    **_SAME,
    **dict.fromkeys(("add", "extend", "insert", "sort"), "append"),
    **dict.fromkeys(("put", "assign", "setitem", "set_value"), "set"),
    **dict.fromkeys(("read", "getitem", "value"), "lookup"),
    **dict.fromkeys(("to_dict", "as_dict", "asdict", "dict"), "copy"),
    **dict.fromkeys(("send", "upload"), "push"),
    **dict.fromkeys(("fetch", "download"), "pull"),
    **dict.fromkeys(("variables", "names", "sessions"), "list"),
    **dict.fromkeys(("sync", "persist", "dump"), "save"),
    **dict.fromkeys(("switch", "new", "open", "create"), "use"),
}


def elsewhere(word: str) -> str | None:
    """Where that is, a sentence; None for a word that nobody is known to look for."""
    found = _SAID.get(_SAME.get(word, word))
    return None if found is None else f"%session has no command {word}. {found}"


def attribute(name: str) -> str | None:
    """What stands for ``session.NAME``, a sentence; None as above."""
    meant = _SAME_IN_PYTHON.get(name, name)
    return _IN_PYTHON.get(meant) or _SAID.get(meant)
