"""Many sessions stored and live: what the others pay for them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
from msgspec import Raw

from session_state_ext.hub import LOCAL, Hub
from session_state_ext.model import Set
from session_state_ext.store.sql import SqlStore

from .bench import BenchServer, Effort, by_turns, serving
from .figures import Row, median, ms, percentile, spread, times
from .load import Load

_MIB = 1024 * 1024


def stored(server: BenchServer, effort: Effort) -> Row:
    """Two servers more, one with many sessions and one with 10, take turns."""
    crowded, sparse = server.folder / "crowded", server.folder / "sparse"
    ids = fill(crowded, effort.stored)
    fill(sparse, 10)
    with serving(crowded) as one, serving(sparse) as other:
        memory = {"stored": _memory(one), "sparse": _memory(other)}
        for session in ids[: effort.live]:
            one.state(session)
        memory["live"] = _memory(one)
        body = '{"variables":{"xCLIENT":NUMBER}}'

        def load(of: BenchServer) -> Load:
            path = f"/api/session/{of.make()}"
            return Load("visitors", port=of.port, token=of.token, method="POST", path=path, clients=1, body=body)

        with load(one) as ours, load(other) as peer:
            (_, latencies), (_, peer_latencies) = by_turns(effort, ours, peer)
    ratio = median(latencies) / median(peer_latencies)
    by_stored = memory["stored"] - memory["sparse"]
    each = (memory["live"] - memory["stored"]) / effort.live
    return Row(
        key="stored",
        what=f"POST with {effort.stored:,} sessions stored, {effort.live:,} of them live",
        ours=f"{ms(median(latencies))}, p99 {ms(percentile(latencies, 99))}; memory {by_stored / _MIB:+.1f} MiB by the "
        f"stored ones, {each / 1024:.1f} KiB for each live one (10 variables)",
        against="10 stored",
        peer=f"{ms(median(peer_latencies))}, p99 {ms(percentile(peer_latencies, 99))}",
        ratio=f"{times(ratio)} its time",
        aim="the same p50; memory by live sessions only",
        # The same, as far as two servers that take turns on a shared machine can tell.
        met=ratio <= 1.15 and by_stored < 8 * _MIB,
        measured={"latencies": spread(latencies), "peerLatencies": spread(peer_latencies), "memory": memory},
    )


def fill(folder: Path, count: int) -> list[str]:
    """Store so many sessions of 10 variables where a server with this folder will look for them; their ids."""
    ops = tuple(Set(name=f"v{number}", value=Raw(b"%d.5" % number)) for number in range(10))

    async def run() -> list[str]:
        hub = Hub(SqlStore(f"sqlite:///{folder / 'data' / 'session_state' / 'sessions.db'}"))
        await hub.start()
        try:
            made = await asyncio.gather(*(hub.create(LOCAL, name=f"s{number}", ops=ops) for number in range(count)))
        finally:
            await hub.stop()
        return [written.session.id for written in made]

    return asyncio.run(run())


def _memory(server: BenchServer) -> int:
    # The store is opened by the first request that needs it.
    server.request("GET", "/api/session", params={"name": "s1"}).raise_for_status()
    assert server.process is not None
    return int(psutil.Process(server.process.pid).memory_info().rss)
