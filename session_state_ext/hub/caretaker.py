"""What is done without being asked: looking at what other processes wrote, letting go, keeping a past to its limits."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from session_state_ext.errors import SessionError

from .retention import LOOK_EVERY, Retention

if TYPE_CHECKING:
    from .batch import Batch
    from .hub import Hub
    from .live import Live

#: How often the store is asked whether another process has written.
_LOOK_SECONDS = 0.1

#: How long a replica that nobody uses is kept at hand.
_IDLE_SECONDS = 30.0

#: How often processes that have no server are looked for that have ended.
_BURY_SECONDS = 5.0

_HOUR_SECONDS = 3600.0
_DAY = 24 * 3600 * 1000

#: A client that has not been here for so long is forgotten. One that comes back all the same finds that its numbers
#: begin anew; it sends what was open under the condition that nothing has changed since, so that nothing counts twice.
_CLIENT_MILLISECONDS = 30 * _DAY
_KEY_MILLISECONDS = _DAY

_log = logging.getLogger("session_state_ext")


class Caretaker:
    """Looks after the sessions of one hub, from :meth:`start` to :meth:`stop`."""

    def __init__(self, hub: Hub, retention: Retention) -> None:
        self._hub = hub
        self._retention = retention
        self._task: asyncio.Task[None] | None = None
        self._forgotten = float("-inf")
        self._buried = 0.0
        #: what the log was told last, so that it is told once an hour
        self._trouble: str | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._rounds(), name="session-state-look")

    async def stop(self) -> None:
        """Idempotent; never raises."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def bury(self) -> None:
        """See :meth:`~session_state_ext.hub.runs.Runs.bury`; what stands in the way is for the next time."""
        self._buried = time.monotonic()
        try:
            await self._hub.runs.bury()
        except SessionError as error:
            self._tell(error)

    async def _rounds(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self._look()
            except Exception as error:
                self._tell(error)

    async def _look(self) -> None:
        now = time.monotonic()
        self._hub.drop_idle(now - _IDLE_SECONDS)
        lives = self._hub.lives()
        if lives:
            await self._hub.work(partial(_catch_up, lives=lives), _nothing, writes=False)
        for live in lives:
            if self._is_due(live, now):
                live.looked_after, live.looked_after_at = live.session.revision, now
                try:
                    await self._hub.work(partial(self._retention.look_after, live=live), _nothing)
                except SessionError as error:
                    # One that is damaged is no reason to leave the others.
                    self._tell(error)
        if now - self._buried > _BURY_SECONDS:
            await self.bury()
        if now - self._forgotten > _HOUR_SECONDS:
            self._forgotten = now
            self._trouble = None
            await forget(self._hub, time.time_ns() // 1_000_000)

    def _is_due(self, live: Live, now: float) -> bool:
        """Whether this session's past may hold too much: changes came, or time has passed since it was read."""
        if not live.born:
            return False
        aged = self._retention.days > 0 and now - live.looked_after_at > _HOUR_SECONDS
        return aged or live.session.revision >= live.looked_after + LOOK_EVERY

    def _tell(self, error: Exception) -> None:
        """No sentence: it may hold values."""
        trouble = error.code if isinstance(error, SessionError) else type(error).__name__
        if trouble != self._trouble:
            self._trouble = trouble
            _log.warning("session state: could not look after the stored sessions: %s", trouble)


def _catch_up(batch: Batch, lives: list[Live]) -> None:
    for live in lives:
        if live.version != batch.version:
            batch.draft(live)


async def forget(hub: Hub, now: int) -> None:
    """Remove the answers to requests and the numbers of clients that will not come again; ``now`` in ms."""
    lives = [live for live in hub.lives() if live.born]
    for live in lives:
        live.forget_strangers()

    def decide(batch: Batch) -> None:
        batch.transaction.forget_keys(now - _KEY_MILLISECONDS)
        for live in lives:
            # Whoever is connected is in use, here and for the other processes.
            for listener in list(live.listeners):
                known = batch.transaction.client(live.session.id, listener.client)
                if known is not None and known.at < now - _DAY:
                    batch.transaction.put_client(live.session.id, replace(known, at=now))
        batch.transaction.forget_clients(now - _CLIENT_MILLISECONDS)

    await hub.work(decide, _nothing)


def _nothing(_: None) -> None:
    return None
