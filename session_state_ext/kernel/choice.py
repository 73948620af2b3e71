"""Which session a name means."""

from __future__ import annotations

from session_state_ext.errors import NotFound, SessionError

from .backend import Known


class NameTaken(SessionError):
    """There is a session of this name already."""

    code = "name-taken"


def choose(name: str, known: list[Known], *, new: bool) -> str | None:
    """The id of the session called ``name`` or with this id; None where it has to be made.

    Raises NotFound with the names there are, or NameTaken where ``new`` asks for another of the same name.
    """
    found = next((one for one in known if name in (one.name, one.session_id)), None)
    if found is not None:
        if new:
            raise NameTaken(f"There is a session called {name} already. Use it: %session use {name}")
        return found.session_id
    if new:
        return None
    names = sorted({one.name for one in known if one.name})
    listed = f" There are: {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}." if names else ""
    raise NotFound(f"There is no session called {name}.{listed} Make it: %session use {name} --new")
