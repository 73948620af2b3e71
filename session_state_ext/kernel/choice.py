"""Which session a name means."""

from __future__ import annotations

from session_state_ext.errors import NotFound, SessionError
from session_state_ext.spelling import nearest, pasted

from .backend import Known


class NameTaken(SessionError):
    """There is a session of this name already."""

    code = "name-taken"


def find(name: str, known: list[Known]) -> str:
    """The id of the session called ``name``, or with this id. Raises NotFound with the names there are."""
    found = _named(name, known)
    if found is not None:
        return found.session_id
    names = [one.name or one.session_id for one in known]
    more = " ..." if len(names) > 10 else ""
    listed = f" There are: {', '.join(names[:10])}{more}." if names else ""
    meant = nearest(name, names, 0.7)
    raise NotFound(f"There is no session called {name}.{meant}{listed} Make it: %session use {pasted(name)} --new")


def check_free(name: str, known: list[Known]) -> None:
    """Raise NameTaken where a session is called ``name`` already."""
    if _named(name, known) is not None:
        raise NameTaken(f"There is a session called {name} already. Use it: %session use {pasted(name)}")


def _named(name: str, known: list[Known]) -> Known | None:
    return next((one for one in known if name in (one.name, one.session_id)), None)
