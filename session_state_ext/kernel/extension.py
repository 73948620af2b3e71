"""Loading the extension into a shell, and taking it out again."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from session_state_ext.errors import SessionError, Unavailable

from . import credential
from .backend import Backend
from .calls import check_text
from .cells import Cells
from .completion import Found, complete, complete_call
from .injected import Injected
from .lazy import ATTRIBUTE, add_matcher, add_transformer, remove_matcher, remove_transformer
from .link import Link
from .magics import SessionMagics
from .namespace import Namespace
from .session import Session

if TYPE_CHECKING:
    from .runner import Runner

#: VS Code opens a notebook for a kernel under a name with a tag of its own.
_VSCODE_TAG = re.compile(r"-jvsc-[0-9a-fA-F-]+(?=\.ipynb$|$)")


class Extension:
    """What is loaded into one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        environment = credential.take()
        path = _path_of(shell.user_ns)
        self.link = Link(lambda: find(environment, path), local=not environment)
        self.session = Session(self.link, environment)
        self._names = names = Namespace(shell.user_ns, self.session)
        self.cells = Cells(shell, self.link, self.session, names)
        self.session.running(self._runner)
        self._injected = None if environment else Injected(shell, self.link, self.session, names)
        self._magics = SessionMagics(shell, self.link, self.session, names, self.cells)

    def _runner(self) -> Runner:
        from .runner import Runner

        return Runner(self._shell, self.link, self.session, self._names, self.cells.steps)

    def load(self) -> None:
        """Register everything."""
        self._shell.register_magics(self._magics)
        add_transformer(self._shell)
        add_matcher(self._shell)
        if self._injected is not None:
            # Before the cells' own hook, which waits until all is saved.
            self._injected.attach()
            self.cells.refusing(self._injected.refusal)
        self.cells.attach()
        # Last, for its thread imports what takes long.
        self.link.start()
        if self._injected is not None:
            self._injected.look_back()

    def unload(self) -> None:
        """Take everything out again; names that are still ours go, others stay."""
        if self._injected is not None:
            self._injected.detach()
        self.cells.detach()
        remove_transformer(self._shell)
        remove_matcher(self._shell)
        for kind in ("line", "cell"):
            self._shell.magics_manager.magics[kind].pop("session", None)
        self._shell.drop_by_id(dict.fromkeys(("session_state", "session"), self.session))
        self.link.close()

    def complete(self, line: str) -> Found:
        """What may follow on this line, which is one of ours."""
        return complete(line, self.session, self.link, self._shell.user_ns)

    def complete_call(self, name: str, method: str, word: str, *, is_first: bool) -> Found | None:
        """What may stand in the quotes of ``name.method("word``; None where nothing of ours does."""
        names = self._shell.user_ns
        if names.get(name) is not self.session:
            return None
        found = complete_call(method, word, self.session, self.link, names, is_first=is_first)
        return found if found.names else None


def load(shell: Any) -> None:
    """Load into ``shell``; does nothing where that has been done."""
    if getattr(shell, ATTRIBUTE, None) is None:
        extension = Extension(shell)
        setattr(shell, ATTRIBUTE, extension)
        extension.load()


def unload(shell: Any) -> None:
    """Take out of ``shell``."""
    extension = getattr(shell, ATTRIBUTE, None)
    if extension is not None:
        setattr(shell, ATTRIBUTE, None)
        extension.unload()


def find(environment: Mapping[str, str], path: str | None) -> Backend:
    """Where this kernel's session is kept. Called on the link's thread."""
    name, url = os.environ.get(credential.SESSION), os.environ.get(credential.STORE)
    if environment:
        from .remote import RemoteBackend

        return RemoteBackend(environment[credential.URL], environment[credential.TOKEN], name=name or None)
    from .embedded import EmbeddedBackend

    return EmbeddedBackend(name=name or None, path=path, url=url or None)


def _path_of(names: Mapping[str, Any]) -> str | None:
    """The notebook's path, where the front end puts it into the names (VS Code)."""
    path = names.get("__vsc_ipynb_file__")
    return _VSCODE_TAG.sub("", path) if isinstance(path, str) and path else None


def connect(session: str | None = None, *, new: bool = False) -> Session:
    """The session of this process: for scripts and workers.

    ``session`` is the name or id of a session kept on this machine; ``new`` makes it. Without it, the one that
    ``session.env()`` handed on. Raises SessionError where there is neither, NotFound where no session is called so,
    NameTaken where ``new`` would make a second one.
    """
    __tracebackhide__ = True
    if session is not None:
        check_text(session, "session")
    if new and not session:
        raise SessionError("connect(new=True) makes a session, which needs a name: connect('NAME', new=True)")
    environment = {} if session else credential.take()
    name = session or os.environ.get(credential.SESSION)
    if not environment and not name:
        raise SessionError(
            "connect() needs to know which session: connect('NAME'), or start this process with env=session.env()."
        )
    from session_state_ext.wire import SaidOrigin

    from .choice import Call
    from .embedded import EmbeddedBackend

    call = Call(new=new) if session else None

    def found() -> Backend:
        if environment:
            return find(environment, None)
        # One that a cell names is where those with names are.
        stored = os.environ.get(credential.STORED) if session else None
        return EmbeddedBackend(name=name, url=stored or os.environ.get(credential.STORE) or None, call=call)

    link = Link(found, local=not environment)
    link.origin = SaidOrigin(kind="api")
    link.start()
    try:
        link.known()
    except Unavailable:
        if call is None or call.refusal is None:
            raise
        link.close()
        raise call.refusal from None
    found_session = Session(link, environment)
    names = Namespace({}, found_session)

    def runner() -> Runner:
        from .runner import Runner
        from .steps import Steps

        return Runner(None, link, found_session, names, Steps(link, found_session, names))

    found_session.running(runner)
    return found_session
