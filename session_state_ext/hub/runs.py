"""The runs of steps, and what becomes of those whose kernel died."""

from __future__ import annotations

import time
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from session_state_ext.errors import NotFound
from session_state_ext.model import Origin, Run, RunOp

from .plans import Plan
from .processes import is_process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .draft import Draft
    from .hub import Hub


class Runs:
    """What one hub's store knows of runs."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def of(self, owner: str, session_id: str, *, limit: int = 100) -> Sequence[Run]:
        """The session's runs, newest first. Raises NotFound."""
        return await self._hub.read(owner, session_id, lambda draft: draft.runs(limit))

    async def kernels(self) -> list[str]:
        """The ids of servers' kernels whose runs have not ended, by what is stored."""

        def settle(kernels: list[str]) -> list[str]:
            return [each for each in kernels if not is_process(each)]

        return await self._hub.work(lambda batch: batch.transaction.running_kernels(), settle, writes=False)

    async def bury(self) -> None:
        """Mark the runs of processes without a server that have ended without a word."""
        with closing(self._hub.processes.ended()) as ended:
            for process in ended:
                await self.interrupt(process)

    async def interrupt(self, kernel_id: str, *, before: int | None = None) -> None:
        """Mark the runs of a kernel that died as interrupted, in every session it wrote to.

        ``before`` (ms): only those that had started by then; the same kernel id may live again already. A run whose
        end is on its way keeps that end.
        """
        running = await self._hub.work(lambda batch: batch.transaction.running(kernel_id), tuple, writes=False)
        for session_id, run in running:
            session = await self._hub.whose(session_id)
            if session is None or (before is not None and run.start > before):
                continue
            origin = Origin(kind="step", kernel=kernel_id, step=run.step, run=run.id)
            with suppress(NotFound):
                await self._hub.write(session.owner, session_id, partial(_interrupted, run), origin=origin)


def _interrupted(run: Run, draft: Draft) -> Plan:
    """It was asked for in a transaction before this one: it may have ended in between."""
    if run.kernel is None or run.id not in {each.id for each in draft.running(run.kernel)}:
        return Plan(())
    return Plan((RunOp(run=replace(run, status="interrupted", end=time.time_ns() // 1_000_000)),))
