"""The only writer of sessions: it decides, commits, and only then tells everybody.

Opening one, in a server or in a kernel that has no server::

    store = SqlStore(default_url())              # store/sql.py; does no I/O yet
    hub = Hub(store, limits=Limits())
    await hub.start()                            # opens the store and its writer thread; raises StoreError
    session_id, _ = await hub.attach(LOCAL, "/home/ada/sweep.ipynb")
    connection = Connection(hub, LOCAL, session_id, role="kernel", user=None, send=frames.put_nowait, close=closed)
    await connection.receive(b'{"type": "hello", "client": "A"}')
    ...
    await connection.closed()
    await hub.stop()                             # what was received is committed, the file is closed

All coroutines of a hub run on the event loop it was started on.
"""

from __future__ import annotations

from typing import NamedTuple

from .store.base import Store, Summary
from .wire import Limits

#: The owner of everything where one person owns the machine's sessions: Jupyter Server with its own token
#: or password, and kernels without a server.
LOCAL = "local"


class Attached(NamedTuple):
    session_id: str
    #: whether this call made the attachment to a session that was asked for by id
    made: bool


class Hub:
    """Every session of one store, live.

    Errors: NotFound where a session does not exist or belongs to another owner (the same sentence for both),
    and whatever of errors.py the ops deserve.
    """

    def __init__(self, store: Store, *, limits: Limits | None = None) -> None: ...

    async def start(self) -> None:
        """Open the store and start its writer. Raises StoreError (StoreTooNew) and leaves the file as it is."""

    async def stop(self) -> None:
        """Commit what was received, close every connection (1001) and the store."""

    async def attach(self, owner: str, path: str, *, session_id: str | None = None) -> Attached:
        """The session of the notebook at ``path`` (absolute, or ``drive:path``); stores nothing by itself.

        The same path gives the same session, however many ask at once. With ``session_id`` the path is
        attached to that session from now on.
        """
        raise NotImplementedError

    async def create(self, owner: str, *, name: str | None = None) -> str:
        """Make a session, stored at once. Gives its id."""
        raise NotImplementedError

    async def list(self, owner: str, *, name: str | None = None, path: str | None = None) -> list[Summary]:
        """The owner's stored sessions, latest change first."""
        raise NotImplementedError

    async def kernel_died(self, kernel_id: str) -> None:
        """Mark the runs of this kernel that have not ended as interrupted, in every session it wrote to."""
