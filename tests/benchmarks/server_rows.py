"""Requests: what a durable write costs over one that stores nothing, and a reading over Jupyter's own smallest answer."""

from __future__ import annotations

from .bench import BenchServer, Effort, by_turns
from .figures import Row, median, ms, percentile, rate, spread, times
from .load import Load


def post_durable(server: BenchServer, effort: Effort) -> Row:
    session = server.make()
    body = '{"variables":{"xCLIENT":NUMBER}}'
    common = {"port": server.port, "token": server.token, "method": "POST", "clients": 16, "body": body}
    with (
        Load("visitors", path=f"/api/session/{session}", **common) as ours,
        Load("visitors", path=f"/bench/nothing/{session}", **common) as nothing,
    ):
        (rates, latencies), (peer_rates, peer_latencies) = by_turns(effort, ours, nothing)
    ratio = median(rates) / median(peer_rates)
    return Row(
        key="post",
        what="POST of one variable, durable, 16 clients",
        ours=f"{rate(median(rates))}, p99 {ms(percentile(latencies, 99))}",
        against="the same handler that stores nothing",
        peer=f"{rate(median(peer_rates))}, p99 {ms(percentile(peer_latencies, 99))}",
        ratio=f"{times(ratio)} its requests",
        aim="0.5 times or more",
        met=ratio >= 0.5,
        measured={
            "rates": rates,
            "peerRates": peer_rates,
            "latencies": spread(latencies),
            "peerLatencies": spread(peer_latencies),
        },
    )


def get_state(server: BenchServer, effort: Effort) -> Row:
    session = server.make(**{f"v{number}": number / 10 for number in range(10)})
    common = {"port": server.port, "token": server.token, "method": "GET", "clients": 8}
    with (
        Load("visitors", path=f"/api/session/{session}", **common) as ours,
        Load("visitors", path="/api/status", **common) as status,
    ):
        (rates, latencies), (peer_rates, peer_latencies) = by_turns(effort, ours, status)
    ratio = median(rates) / median(peer_rates)
    return Row(
        key="get",
        what="GET of a session with 10 variables, 8 clients",
        ours=f"{rate(median(rates))}, p99 {ms(percentile(latencies, 99))}",
        against="jupyter_server's /api/status",
        peer=f"{rate(median(peer_rates))}, p99 {ms(percentile(peer_latencies, 99))}",
        ratio=f"{times(ratio)} its requests",
        aim="2 times or more",
        met=ratio >= 2,
        measured={
            "rates": rates,
            "peerRates": peer_rates,
            "latencies": spread(latencies),
            "peerLatencies": spread(peer_latencies),
        },
    )
