"""Which session a name means."""

from __future__ import annotations

from session_state_ext.errors import NotFound, SessionError
from session_state_ext.spelling import nearest, pasted

from .backend import Known

#: So many sessions are named where none is called as was asked.
_SHOWN = 6


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
    """The id of the session called ``name``, with this id, or of the notebook at this path.

    Raises NotFound with the names there are and with what makes it, SessionError where several notebooks are meant.
    """
    found = _named(name, known)
    if found is not None:
        return found.session_id
    ends = {path: one.session_id for one in known for path in one.paths if path == name or path.endswith(f"/{name}")}
    if name in ends or len(set(ends.values())) == 1:
        return ends.get(name) or next(iter(ends.values()))
    if ends:
        raise SessionError(f"{name} may be {' or '.join(map(pasted, sorted(ends)))}. Write more of its path.")
    names = [called for one in known if (called := one.name or next(iter(one.paths), None))]
    meant = nearest(name, [*names, *(path for one in known for path in one.paths)], 0.7)
    how = make or f"%session use {pasted(name)} --new"
    raise NotFound(f"There is no session called {name}.{meant}{_there(names, len(known))} Make it: {how}")


def _there(names: list[str], count: int) -> str:
    """Which sessions there are, by what can be typed."""
    shown = names[:_SHOWN]
    if not shown:
        return ""
    more = f" and {count - len(shown)} more" if count > len(shown) else ""
    return f" There are: {', '.join(map(pasted, shown))}{more}."


def check_free(name: str, known: list[Known], *, use: str | None = None) -> None:
    """Raise NameTaken where a session is called ``name`` already."""
    if _named(name, known) is not None:
        raise NameTaken(f"There is a session called {name} already. Use it: {use or f'%session use {pasted(name)}'}")


def _named(name: str, known: list[Known]) -> Known | None:
    return next((one for one in known if name in (one.name, one.session_id)), None)
