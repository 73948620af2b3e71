"""The writer: one thread, one connection to the store, everything that has gathered in one transaction."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from session_state_ext.errors import SessionError, Unavailable
from session_state_ext.store.base import Store, Transaction

T = TypeVar("T")
R = TypeVar("R")
B = TypeVar("B")

#: Jobs in one transaction at most, so that the first need not wait for ever longer ones.
_TOGETHER = 512

_log = logging.getLogger("session_state_ext")


class _Job(Generic[B]):
    __slots__ = ("done", "settle", "work", "writes")

    def __init__(
        self, work: Callable[[B], Any], settle: Callable[[Any], Any], writes: bool, done: asyncio.Future[Any]
    ) -> None:
        self.work = work
        self.settle = settle
        self.writes = writes
        self.done = done


class _Outcome:
    """What a job gave, or the error it raised."""

    __slots__ = ("error", "value")

    def __init__(self, value: Any = None, error: BaseException | None = None) -> None:
        self.value = value
        self.error = error


class HalfDone(Exception):
    """A job had written something before it failed: its transaction must not be committed."""

    def __init__(self, reason: SessionError) -> None:
        super().__init__(reason.message)
        self.reason = reason


class Writer(Generic[B]):
    """Runs jobs in the order they were given, on a thread of its own; settles them in that order on the loop.

    ``begin`` makes what the jobs of one transaction share. While jobs run, nothing is settled: what the loop
    only changes when settling, a job may read.
    """

    def __init__(self, store: Store, begin: Callable[[Transaction], B]) -> None:
        self._store = store
        self._begin = begin
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="session-state-writer")
        self._waiting: deque[_Job[B]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the store. Raises StoreError."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._store.open)
        self._task = asyncio.create_task(self._run(), name="session-state-writer")

    async def stop(self) -> None:
        """Run what was submitted, then close the store. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            self._wake.set()
            await task
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.close)
        self._thread.shutdown(wait=False)

    async def aside(self, work: Callable[[Store], T]) -> T:
        """Run ``work`` on the writer's thread between two transactions. Raises Unavailable after :meth:`stop`."""
        if self._task is None:
            raise Unavailable("The session state is shutting down.")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._store)

    def submit(self, work: Callable[[B], T], settle: Callable[[T], R], *, writes: bool = True) -> asyncio.Future[R]:
        """Run ``work`` in the next transaction; after the commit ``settle`` its answer on the loop.

        ``work`` raises a SessionError only before its first write, and HalfDone after it; then nothing of it is
        settled. It may be run twice: where a transaction fails as a whole, its jobs are tried again one by one, so that
        each failure is its own. Raises Unavailable after :meth:`stop`.
        """
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        if self._task is None:
            raise Unavailable("The session state is shutting down.")
        self._waiting.append(_Job(work, settle, writes, done))
        self._wake.set()
        return done

    async def _run(self) -> None:
        while self._task is not None or self._waiting:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), _TOGETHER))]
            await self._run_together(jobs)

    async def _run_together(self, jobs: list[_Job[B]]) -> None:
        outcomes = await self._commit(jobs)
        if isinstance(outcomes, Unavailable) and any(job.writes for job in jobs):
            # None of them can be written now, and to try each would take as long again. Who only reads need not wait.
            self._refuse([job for job in jobs if job.writes], outcomes)
            jobs = [job for job in jobs if not job.writes]
            outcomes = await self._commit(jobs)
        if isinstance(outcomes, Unavailable):
            self._refuse(jobs, outcomes)
            return
        for number, job in enumerate(jobs):
            if isinstance(outcomes, Exception):
                # One by one, each settled before the next: it has to see what the one before it did.
                alone = await self._commit([job])
                self._settle(job, _Outcome(error=_reason(alone)) if isinstance(alone, Exception) else alone[0])
            else:
                self._settle(job, outcomes[number])

    async def _commit(self, jobs: list[_Job[B]]) -> list[_Outcome] | Exception:
        """What each gave; or why they failed as a whole, and nothing happened."""
        if not jobs:
            return []
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, jobs)

    def _transact(self, jobs: list[_Job[B]]) -> list[_Outcome] | Exception:
        try:
            with self._store.transaction(write=any(job.writes for job in jobs)) as transaction:
                shared = self._begin(transaction)
                return [_outcome(job, shared) for job in jobs]
        except Exception as error:
            return error

    def _refuse(self, jobs: list[_Job[B]], error: Unavailable) -> None:
        for job in jobs:
            self._settle(job, _Outcome(error=copy.copy(error)))

    def _settle(self, job: _Job[B], outcome: _Outcome) -> None:
        error, value = outcome.error, None
        if error is None:
            try:
                value = job.settle(outcome.value)
            except SessionError as refusal:
                error = refusal
            except Exception as failure:
                _log.exception("session state: a committed change could not be shown")
                error = failure
        if job.done.done():
            return
        if error is None:
            job.done.set_result(value)
        else:
            job.done.set_exception(error)
            # Who asked may have gone; that is no error of ours.
            job.done.exception()


def _reason(error: Exception) -> Exception:
    return error.reason if isinstance(error, HalfDone) else error


def _outcome(job: _Job[B], shared: B) -> _Outcome:
    try:
        return _Outcome(job.work(shared))
    except SessionError as error:
        return _Outcome(error=error)
