"""The only writer of sessions: it decides, commits, and only then tells everybody.

Opening one, in a server or in a kernel that has no server::

    store = SqlStore(default_url())              # store/sql.py; does no I/O yet
    hub = Hub(store, limits=Limits())
    await hub.start()                            # opens the store and its writer thread; raises StoreError
    session_id, _ = await hub.notebooks.attach(LOCAL, "/home/ada/sweep.ipynb")
    connection = Connection(hub, LOCAL, session_id, role="kernel", user=None, send=frames.put_nowait, close=closed)
    await connection.receive(b'{"type": "hello", "client": "A"}')
    ...
    await connection.closed()
    await hub.stop()                             # what was received is committed, the file is closed

All coroutines of a hub run on the event loop it was started on.
"""

from __future__ import annotations

import asyncio
import builtins
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar, cast

from msgspec.structs import replace

from session_state_ext.errors import NotFound, SessionError, StorageFull, Unavailable
from session_state_ext.model import Change, Op, Origin, Session, touched
from session_state_ext.names import check_session_id, new_session_id, new_tag
from session_state_ext.store.base import Store, Summary
from session_state_ext.wire import Limits

from .batch import Batch, Retry, Written
from .caretaker import Caretaker
from .draft import Draft
from .history import History
from .live import GOING_AWAY, Advanced, Connected, Event, Live
from .notebooks import Notebooks
from .plans import Plan
from .processes import Processes
from .retention import Retention
from .runs import Runs
from .writer import HalfDone, Writer

T = TypeVar("T")
R = TypeVar("R")

_log = logging.getLogger("session_state_ext")

#: The owner of everything where one person owns the machine's sessions: Jupyter Server with its own token
#: or password, and kernels without a server.
LOCAL = "local"

#: Looks at a session as it stands when it is to be written, raises what forbids it, gives the status to answer.
Check = Callable[[Draft], int]


def _no_check(_: Draft) -> int:
    return 200


class Hub:
    """Every session of one store, live.

    Errors: NotFound where a session does not exist or belongs to another owner (the same sentence for both),
    and whatever of errors.py the ops deserve.
    """

    def __init__(self, store: Store, *, limits: Limits | None = None, retention: Retention | None = None) -> None:
        self.limits = limits or Limits()
        self.retention = retention or Retention()
        #: told of each change of this process, after it is on disk
        self.committed: Callable[[Session, Change], None] | None = None
        self._live: dict[str, Live] = {}
        self._loading: dict[str, asyncio.Future[Live]] = {}
        self._idle: dict[Live, float] = {}
        self._writer: Writer[Batch] = Writer(
            store, lambda transaction: Batch(transaction, store.version(), store.storage, self.limits, self._live)
        )
        self._caretaker = Caretaker(self, self.retention)
        self.notebooks = Notebooks(self)
        self.history = History(self)
        self.runs = Runs(self)
        self.processes = Processes(store)

    async def start(self) -> None:
        """Open the store and start its writer. Raises StoreError (StoreTooNew) and leaves the file as it is."""
        await self._writer.start()
        # Whoever opens it first after a process died knows at once what its runs came to.
        await self._caretaker.bury()
        self._caretaker.start()

    async def stop(self) -> None:
        """Commit what was received, close every connection (1001) and the store. Idempotent."""
        try:
            await self._caretaker.stop()
            for live in list(self._live.values()):
                live.end_all(GOING_AWAY, "The server is going away.")
        finally:
            await self._writer.stop()

    # --- which session ---

    async def list(self, owner: str, *, name: str | None = None, path: str | None = None) -> builtins.list[Summary]:
        """The owner's stored sessions, latest change first."""
        return await self.work(lambda batch: batch.transaction.find(owner, name=name, path=path), _same, writes=False)

    def connected(self, session_id: str) -> Connected:
        """Who is connected to this session, at this server."""
        live = self._live.get(session_id)
        return Connected(editors=0, kernels=0) if live is None else live.connected()

    async def create(
        self,
        owner: str,
        *,
        name: str | None = None,
        ops: Iterable[Op] = (),
        origin: Origin | None = None,
        check: Check = _no_check,
        retry: Retry | None = None,
        whole: bool = False,
    ) -> Written:
        """Make a session, stored at once, with its first change. A repeated request gives what it made before."""
        live = self.unborn(owner, name=name)

        def decide(batch: Batch) -> Written:
            earlier = batch.earlier(owner, "", retry)
            if earlier is not None:
                return Written(live.session, None, {}, earlier.status, earlier)
            draft = batch.draft(live)
            check(draft)
            kept = draft.prepare(ops)
            change = draft.commit(kept, origin=origin or Origin(kind="api")) if kept else None
            if change is None:
                draft.describe(live.session)
            written = Written(draft.session, change, {}, 201)
            batch.remember(owner, "", retry, written, made=live.session.id)
            return written

        def settle(written: Written) -> Written:
            if written.earlier is None:
                self.adopt(live)
            return written.seen(live, whole=whole)

        return await self.work(decide, settle)

    def use(self, owner: str, session_id: str) -> Use:
        """The owner's session, kept live while this context lasts. Raises NotFound, Damaged."""
        return Use(self, owner, session_id)

    async def hold(self, owner: str, session_id: str) -> Live:
        """As :meth:`use`, until :meth:`release`."""
        check_session_id(session_id)
        live = self._live.get(session_id) or await self._load(session_id)
        if live.session.owner != owner or live.gone:
            raise NotFound()
        live.users += 1
        self._idle.pop(live, None)
        return live

    async def whose(self, session_id: str) -> Session | None:
        """The session of this id, whoever asks; None where there is none."""
        try:
            check_session_id(session_id)
            live = self._live.get(session_id) or await self._load(session_id)
        except SessionError:
            return None
        return None if live.gone else live.session

    def release(self, live: Live) -> None:
        live.users -= 1
        if not live.users and not live.gone and live.born:
            self._idle[live] = time.monotonic()

    # --- changing one ---

    async def scrub(self) -> None:
        """See :meth:`~session_state_ext.store.base.Store.scrub`."""
        await self._writer.aside(lambda store: store.scrub())

    async def read(self, owner: str, session_id: str, look: Callable[[Draft], T]) -> T:
        """What ``look`` finds in the session and its past, as they stand in one transaction."""

        def decide(batch: Batch) -> T:
            draft = batch.draft(live)
            draft.require()
            return look(draft)

        async with self.use(owner, session_id) as live:
            return await self.work(decide, _same, writes=False)

    async def alter(self, owner: str, session_id: str, decide: Callable[[Batch, Draft], T]) -> T:
        """As :meth:`read`, for what stores something that is no change of the variables."""

        def job(batch: Batch) -> T:
            draft = batch.draft(live)
            draft.require()
            return decide(batch, draft)

        async with self.use(owner, session_id) as live:
            return await self.work(job, _same)

    async def write(
        self,
        owner: str,
        session_id: str,
        ops: Iterable[Op] | Callable[[Draft], Plan],
        *,
        origin: Origin,
        check: Check | None = None,
        retry: Retry | None = None,
        whole: bool = False,
    ) -> Written:
        """Commit ``ops`` as one change; where they depend on what stands there, a function that plans them.

        ``whole`` asks for the variables right after it, too.

        ``check`` looks at the session as it stands then, raises what forbids the write, and gives the status to
        answer with. With ``retry`` a repeated request changes nothing and is answered as before; raises
        IdempotencyMismatch where it is not the same request.
        """

        plan_of = ops if callable(ops) else _as_planned(tuple(ops))

        def decide(batch: Batch) -> Written:
            earlier = batch.earlier(owner, session_id, retry)
            draft = batch.draft(live)
            if earlier is not None:
                return Written(draft.session, None, {}, earlier.status, earlier)
            draft.require()
            status = (check or _no_check)(draft)
            plan = plan_of(draft)
            kept = draft.prepare(plan.ops, granted=plan.granted)
            change = draft.commit(kept, origin=origin, label=plan.label, undoes=plan.undoes) if kept else None
            written = Written(draft.session, change, {name: draft.row(name) for name in touched(plan.ops)}, status)
            batch.remember(owner, session_id, retry, written)
            return written

        async with self.use(owner, session_id) as live:
            return await self.work(decide, lambda written: written.seen(live, whole=whole))

    async def describe(
        self,
        owner: str,
        session_id: str,
        *,
        name: str | None,
        check: Check = _no_check,
        retry: Retry | None = None,
        whole: bool = False,
    ) -> Written:
        """Give a session another name."""

        def decide(batch: Batch) -> Written:
            earlier = batch.earlier(owner, session_id, retry)
            draft = batch.draft(live)
            if earlier is None:
                draft.require()
                status = check(draft)
                if draft.session.name != name or not draft.born:
                    draft.describe(replace(draft.session, name=name))
                written = Written(draft.session, None, {}, status)
                batch.remember(owner, session_id, retry, written)
                return written
            return Written(draft.session, None, {}, earlier.status, earlier)

        async with self.use(owner, session_id) as live:
            return await self.work(decide, lambda written: written.seen(live, whole=whole))

    async def notice(
        self, owner: str, session_id: str, *, epoch: str | None, since: int | None, tip: str | None
    ) -> None:
        """Somebody who may write knows this revision by this tag, or of this number: where the log has it otherwise,
        the stored file was replaced, and the session gets another epoch. Where that cannot be written, it stays."""

        def decide(_: Batch, draft: Draft) -> None:
            if draft.is_another(epoch, since, tip):
                draft.renew()

        with suppress(Unavailable, StorageFull):
            await self.alter(owner, session_id, decide)

    async def delete(
        self, owner: str, session_id: str, *, check: Check = _no_check, retry: Retry | None = None
    ) -> None:
        """Remove a session for good; whoever is connected is told."""

        def decide(batch: Batch) -> None:
            draft = batch.draft(live)
            draft.require()
            check(draft)
            draft.erase()
            batch.remember(owner, session_id, retry, Written(draft.session, None, {}, 204))

        try:
            async with self.use(owner, session_id) as live:
                await self.work(decide, _same)
        except NotFound:
            # The answer to the first request may have been lost.
            if await self.work(lambda batch: batch.earlier(owner, session_id, retry), _same, writes=False) is None:
                raise

    # --- for connections and notebooks ---

    def work(self, decide: Callable[[Batch], T], settle: Callable[[T], R], *, writes: bool = True) -> asyncio.Future[R]:
        """Decide in the writer's next transaction, on its thread; once committed, tell everybody, then ``settle``.

        Where ``decide`` raises after it has written something, nothing of it is kept.
        """

        def job(batch: Batch) -> tuple[list[tuple[Live, list[Event]]], T | None, SessionError | None]:
            before = batch.transaction.writes
            try:
                answer = decide(batch)
            except SessionError as error:
                if batch.transaction.writes != before:
                    raise HalfDone(error) from error
                return batch.take(), None, error
            return batch.take(), answer, None

        def settled(outcome: tuple[list[tuple[Live, list[Event]]], T | None, SessionError | None]) -> R:
            events, answer, error = outcome
            for live, happened in events:
                live.follow(happened)
                for event in happened:
                    if isinstance(event, Advanced) and event.ours:
                        self._tell_committed(event)
                if live.gone:
                    self._forget(live)
                elif live.born:
                    self.notebooks.born(live)
            if error is not None:
                raise error
            return settle(cast(T, answer))

        return self._writer.submit(job, settled, writes=writes)

    def _tell_committed(self, event: Advanced) -> None:
        try:
            if self.committed is not None:
                self.committed(event.session, event.change)
        except Exception as error:
            # It is committed whatever becomes of those who are told. No sentence: it may hold values.
            _log.warning("session state: a change could not be told as an event: %s", type(error).__name__)

    def unborn(self, owner: str, *, name: str | None = None, paths: tuple[str, ...] = ()) -> Live:
        """A session that is not stored; nobody knows of it until :meth:`adopt`."""
        now = time.time_ns() // 1_000_000
        session = Session(
            id=new_session_id(),
            owner=owner,
            name=name,
            paths=paths,
            epoch=new_tag(),
            revision=0,
            tip="",
            created_at=now,
            updated_at=None,
        )
        return Live(session=session, born=False)

    def adopt(self, live: Live) -> None:
        """From now on this session is found by its id."""
        self._live[live.session.id] = live
        if live.born and not live.users:
            self._idle[live] = time.monotonic()

    def drop(self, live: Live) -> None:
        """Let go of a replica that nobody uses."""
        self._live.pop(live.session.id, None)
        self._idle.pop(live, None)

    def lives(self) -> builtins.list[Live]:
        """The replicas at hand."""
        return [*self._live.values()]

    def drop_idle(self, since: float) -> None:
        """Let go of the replicas that nobody has used from ``since`` (monotonic seconds) on.

        Not while a cell is to hear of an editor that was lost with its edits: the replica alone knows of it.
        """
        for live in [live for live, left in self._idle.items() if left < since and not live.lost_lately()]:
            self.drop(live)

    def _forget(self, live: Live) -> None:
        self.drop(live)
        self.notebooks.gone(live)

    async def _load(self, session_id: str) -> Live:
        loading = self._loading.get(session_id)
        if loading is None:

            def settle(live: Live) -> Live:
                self.adopt(live)
                return live

            loading = self._writer.submit(lambda batch: batch.load(session_id), settle, writes=False)
            self._loading[session_id] = loading
            loading.add_done_callback(lambda _: self._loading.pop(session_id, None))
        # One who stops waiting does not stop the others.
        return await asyncio.shield(loading)


class Use:
    """See :meth:`Hub.use`. A class, for a generator here would be a tenth of the time that a GET takes."""

    __slots__ = ("_hub", "_live", "_owner", "_session_id")

    def __init__(self, hub: Hub, owner: str, session_id: str) -> None:
        self._hub = hub
        self._owner = owner
        self._session_id = session_id

    async def __aenter__(self) -> Live:
        self._live = await self._hub.hold(self._owner, self._session_id)
        return self._live

    async def __aexit__(self, *_: object) -> None:
        self._hub.release(self._live)


def _as_planned(ops: tuple[Op, ...]) -> Callable[[Draft], Plan]:
    return lambda _: Plan(ops)


def _same(value: T) -> T:
    return value
