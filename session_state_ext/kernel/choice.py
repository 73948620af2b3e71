"""Which session a name means."""

from __future__ import annotations

from session_state_ext.errors import NotFound, SessionError
from session_state_ext.spelling import nearest, pasted

from .backend import Known


class NameTaken(SessionError):
    """There is a session of this name already."""

    code = "name-taken"


class Call:
    """``connect(NAME)`` and ``connect(NAME, new=True)``, which say at once what is wrong with the name."""

    def __init__(self, *, new: bool) -> None:
        self._new = new
        #: why there is no such session, or another one already
        self.refusal: SessionError | None = None

    def found(self, name: str, known: list[Known]) -> str | None:
        """The id of the session; None where it is to be made. Raises SessionError, which is kept as the refusal."""
        try:
            if not self._new:
                return find(name, known, make=f"connect({name!r}, new=True)")
            check_free(name, known, use=f"connect({name!r})")
        except SessionError as error:
            self.refusal = error
            # The link would take NotFound for a session that was deleted.
            raise SessionError(error.message) from None
        return None


def find(name: str, known: list[Known], *, make: str | None = None) -> str:
    """The id of the session called ``name``, or with this id. Raises NotFound with the names there are and with what
    makes it."""
    found = _named(name, known)
    if found is not None:
        return found.session_id
    names = [one.name or one.session_id for one in known]
    more = " ..." if len(names) > 10 else ""
    listed = f" There are: {', '.join(names[:10])}{more}." if names else ""
    meant = nearest(name, names, 0.7)
    how = make or f"%session use {pasted(name)} --new"
    raise NotFound(f"There is no session called {name}.{meant}{listed} Make it: {how}")


def check_free(name: str, known: list[Known], *, use: str | None = None) -> None:
    """Raise NameTaken where a session is called ``name`` already."""
    if _named(name, known) is not None:
        raise NameTaken(f"There is a session called {name} already. Use it: {use or f'%session use {pasted(name)}'}")


def _named(name: str, known: list[Known]) -> Known | None:
    return next((one for one in known if name in (one.name, one.session_id)), None)
