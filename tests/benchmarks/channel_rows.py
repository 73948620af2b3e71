"""Changes over live channels: how many, how soon, and how little it matters how much there is beside them."""

from __future__ import annotations

from .bench import BenchServer, Effort, by_turns
from .figures import Row, median, ms, percentile, rate, spread, times
from .load import Load

#: The text of one change of one small variable has about this size.
_CHANGE_BYTES = 200


def writers(server: BenchServer, effort: Effort) -> list[Row]:
    at = {"port": server.port, "token": server.token, "writers": 16}
    together, apart = [server.make()], [server.make() for _ in range(16)]
    with (
        Load("writers", sessions=together, **at) as one,
        Load("writers", sessions=apart, **at) as many,
        Load("commits", file=str(server.folder / "raw.db"), size=_CHANGE_BYTES) as raw,
    ):
        of_one, of_many, of_raw = by_turns(effort, one, many, raw)
    peer = median(of_raw[0])
    rows: list[Row] = []
    for key, where, (rates, latencies) in (
        ("writers", "each in its own session", of_many),
        ("writers-together", "all in one session, so that each change is told to all 16", of_one),
    ):
        ratio = median(rates) / peer
        rows.append(
            Row(
                key=key,
                what=f"changes over channels, durable, 16 writers, {where}",
                ours=f"{rate(median(rates))}, p99 {ms(percentile(latencies, 99))}",
                against="raw SQLite, one fsync each",
                peer=rate(peer),
                ratio=times(ratio),
                aim="more than 2 times",
                met=ratio > 2,
                measured={"rates": rates, "peerRates": of_raw[0], "latencies": spread(latencies)},
            )
        )
    return rows


def crowd(server: BenchServer, effort: Effort) -> Row:
    session = server.make()
    with Load(
        "crowd", port=server.port, token=server.token, session=session, listeners=effort.sockets, changes=20
    ) as load:
        load.go(0.2)
        latencies = load.go(effort.seconds * 5)["latencies"]
    p99 = percentile(latencies, 99)
    return Row(
        key="crowd",
        what=f"{effort.sockets} sockets at one session, 20 changes a second, until each has seen each",
        ours=f"{ms(median(latencies))}, p99 {ms(p99)}",
        aim="p99 under 100 ms",
        met=p99 < 0.1,
        measured={"latencies": spread(latencies)},
    )


def one_of_many(server: BenchServer, effort: Effort) -> Row:
    few, many = (server.make(**{f"v{number}": number for number in range(count)}) for count in (10, effort.variables))
    with Load("pairs", port=server.port, token=server.token, sessions=[few, many]) as load:
        load.go(3)
        turn = load.go(effort.samples)
    (of_few, of_many), (bytes_few, bytes_many) = turn["latencies"], turn["sizes"]
    ratio, more = median(of_many) / median(of_few), median(bytes_many) / median(bytes_few)
    return Row(
        key="many",
        what=f"change of one variable among {effort.variables:,}, until another client has it",
        ours=f"{ms(median(of_many))}, p99 {ms(percentile(of_many, 99))}; {median(bytes_many):.0f} bytes",
        against="the same among 10",
        peer=f"{ms(median(of_few))}, p99 {ms(percentile(of_few, 99))}; {median(bytes_few):.0f} bytes",
        ratio=f"{times(ratio)} the time, {times(more)} the bytes",
        aim="1.3 times at most",
        met=ratio <= 1.3 and more <= 1.3,
        measured={
            "latencies": spread(of_many),
            "peerLatencies": spread(of_few),
            "bytes": median(bytes_many),
            "peerBytes": median(bytes_few),
        },
    )
