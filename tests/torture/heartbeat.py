"""A server extension that says how long its event loop stood still."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

BEAT_SECONDS = 0.002

_tasks: list[asyncio.Task[None]] = []


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    app.io_loop.add_callback(lambda: _tasks.append(asyncio.create_task(_beat())))


async def _beat() -> None:
    with open(os.environ["HEARTBEATS"], "a", buffering=1) as gaps:
        last, busy = time.monotonic(), time.process_time()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            now, computed = time.monotonic(), time.process_time()
            # Others of this machine's processes make small gaps all the time.
            if now - last > 0.01:
                gaps.write(f"{now:.6f} {now - last:.6f} {computed - busy:.6f}\n")
            last, busy = now, computed
