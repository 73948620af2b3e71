"""What a kernel pays for the extension, and how soon it hears: against the same kernel without, and against comms."""

from __future__ import annotations

import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.kernel.notebook import Kernel, Panel

from .bench import BenchServer, Effort
from .figures import Row, median, ms, percentile, spread, times
from .load import ROOT, Load

_LOAD = "%load_ext session_state_ext\nsession_state['ready'] = True\nsession_state.flush()"

#: A comm that says when it heard, in ns of the clock that all processes of a machine share.
_COMM = """
import time
heard = []
def opened(comm, message):
    comm.on_msg(lambda message: heard.append((time.monotonic_ns() - message["content"]["data"]["sent"]) / 1e9))
get_ipython().kernel.comm_manager.register_target("bench", opened)
session_state.observe(lambda change: noticed.append((time.monotonic_ns() - change["new"]) / 1e9), "sent", background=True)
noticed = []
"""

#: How a cell keeps its kernel from everything else.
_BUSY = {
    "sleeping": "import time\nprint('go', flush=True)\ntime.sleep({seconds})",
    "in a Python loop": (
        "import time\nprint('go', flush=True)\nend = time.monotonic() + {seconds}\nwhile time.monotonic() < end: pass"
    ),
}


@contextmanager
def notebook(server: BenchServer, name: str, *cells: str) -> Iterator[Kernel]:
    """A kernel of a notebook that has run these cells."""
    kernel = Kernel.of_notebook(server, name)
    try:
        for cell in cells:
            ran = kernel.run(cell)
            assert ran.ok, ran.text
        yield kernel
    finally:
        kernel.shutdown()


def cell(server: BenchServer, effort: Effort) -> Row:
    """The two kernels take turns, cell by cell."""
    without = ("%load_ext session_state_ext", "%unload_ext session_state_ext")
    with notebook(server, "with.ipynb", _LOAD) as ours, notebook(server, "without.ipynb", *without) as bare:
        seconds: tuple[list[float], list[float]] = ([], [])
        for number in range(effort.samples + 5):
            for kernel, taken in zip((ours, bare), seconds, strict=True):
                ran = kernel.run("pass")
                if number >= 5:
                    taken.append(ran.seconds)
    more = median(seconds[0]) - median(seconds[1])
    more_p99 = percentile(seconds[0], 99) - percentile(seconds[1], 99)
    return Row(
        key="cell",
        what="`pass` in a kernel with the extension: a barrier before it, from request to idle",
        ours=f"{ms(median(seconds[0]))}, p99 {ms(percentile(seconds[0], 99))}",
        against="the same kernel without",
        peer=f"{ms(median(seconds[1]))}, p99 {ms(percentile(seconds[1], 99))}",
        ratio=f"{more * 1000:+.2f} ms, p99 {more_p99 * 1000:+.2f} ms",
        aim="+0.6 ms at most, p99 +2 ms",
        met=more <= 0.0006 and more_p99 <= 0.002,
        measured={"latencies": spread(seconds[0]), "peerLatencies": spread(seconds[1])},
    )


def bound(server: BenchServer, effort: Effort) -> Row:
    """The two kernels take turns, cell by cell; both have a barrier. Half of the names mean numbers, half small dicts."""
    count = min(1_000, effort.variables)
    made = (
        f"session_state.update({{f'v{{n}}': n / 3 if n % 2 else {{'rate': n, 'tags': ['a', 'b']}} for n in range({count})}})\n"
        "session_state.flush()"
    )
    with (
        notebook(server, "bound.ipynb", _LOAD, made, "session_state.bind()") as ours,
        notebook(server, "unbound.ipynb", _LOAD, made) as free,
    ):
        seconds: tuple[list[float], list[float]] = ([], [])
        for number in range(effort.samples + 5):
            for kernel, taken in zip((ours, free), seconds, strict=True):
                ran = kernel.run("pass")
                if number >= 5:
                    taken.append(ran.seconds)
    more = median(seconds[0]) - median(seconds[1])
    return Row(
        key="bound",
        what=f"`pass` in a kernel with {count:,} bound names, half of them dicts that could have been changed in place",
        ours=f"{ms(median(seconds[0]))}, p99 {ms(percentile(seconds[0], 99))}",
        against="the same with no name bound",
        peer=f"{ms(median(seconds[1]))}, p99 {ms(percentile(seconds[1], 99))}",
        ratio=f"{more * 1000:+.2f} ms, {more / count * 1e6:.1f} µs a name",
        aim="-",
        met=None,
        measured={"latencies": spread(seconds[0]), "peerLatencies": spread(seconds[1])},
    )


def echo(server: BenchServer, effort: Effort) -> list[Row]:
    """Two clients each; the slider with and without Nagle's algorithm in its way."""
    session = server.make(v1=0)
    made = "import ipywidgets\nslider = ipywidgets.IntSlider(max=10**9)\nprint(slider.comm.comm_id)"
    with notebook(server, "slider.ipynb") as kernel:
        comm = kernel.run(made).text.split()[-1]
        at = {"port": server.port, "token": server.token}
        slider = {**at, "kernel": kernel.id, "comm": comm}
        with (
            Load("pairs", sessions=[session], **at) as ours,
            Load("sliders", quick=True, **slider) as quick,
            Load("sliders", quick=False, **slider) as plain,
        ):
            ours.go(3)
            seen: list[list[float]] = [[], [], []]
            for _ in range(effort.rounds):
                count = max(1, effort.samples // effort.rounds)
                seen[0] += ours.go(count)["latencies"][0]
                seen[1] += quick.go(count)["latencies"]
                seen[2] += plain.go(max(1, count // 4))["latencies"]
    rows: list[Row] = []
    for key, against, peer, counts in (
        ("echo", "the echo of an ipywidgets slider, its clients acknowledging each packet at once", seen[1], True),
        ("echo-nagle", "the same with clients as they are: Nagle's algorithm holds frames back", seen[2], False),
    ):
        ratio = median(seen[0]) / median(peer)
        rows.append(
            Row(
                key=key,
                what="edit in one client until another has it, durable",
                ours=f"{ms(median(seen[0]))}, p99 {ms(percentile(seen[0], 99))}",
                against=against,
                peer=f"{ms(median(peer))}, p99 {ms(percentile(peer, 99))}",
                ratio=f"{times(ratio)} its time",
                aim="0.1 times or less",
                met=ratio <= 0.1 if counts else None,
                measured={"latencies": spread(seen[0]), "peerLatencies": spread(peer)},
            )
        )
    return rows


def busy(server: BenchServer, effort: Effort) -> list[Row]:
    """Both are sent right after the cell has begun; the comm's way is the shortest there is, the kernel's own socket."""
    rows: list[Row] = []
    with notebook(server, "busy.ipynb", _LOAD, _COMM) as kernel, Panel(server, kernel.path) as panel:
        client = kernel._client

        def comm(kind: str, **data: int) -> None:
            content = {"comm_id": "bench", "target_name": "bench", "data": data}
            client.shell_channel.send(client.session.msg(kind, content))

        comm("comm_open")

        def meanwhile() -> None:
            comm("comm_msg", sent=time.monotonic_ns())
            for _ in range(10):
                panel.set(sent=time.monotonic_ns())

        for how, code in _BUSY.items():
            kernel.run("heard.clear(), noticed.clear()")
            for _ in range(effort.rounds):
                kernel.run(code.format(seconds=effort.busy), meanwhile=meanwhile)
            said = kernel.run("import json; print(json.dumps([noticed, heard]))").text
            noticed, heard = json.loads(said.splitlines()[-1])
            ratio = median(heard) / median(noticed)
            rows.append(
                Row(
                    key=f"busy-{how.split()[-1]}",
                    what=f"edit until a callback in a kernel that is busy for {effort.busy:g} s has it ({how})",
                    ours=f"{ms(median(noticed))}, p99 {ms(percentile(noticed, 99))}",
                    against="a comm message to the same kernel, which waits for the cell",
                    peer=ms(median(heard)),
                    ratio=f"{times(ratio)} sooner",
                    aim="100 times sooner",
                    met=ratio >= 100,
                    measured={"latencies": spread(noticed), "peerLatencies": spread(heard)},
                )
            )
    return rows


def assignments(server: BenchServer, effort: Effort) -> Row:
    count = effort.assignments
    loop = f"""
import time
begun = time.perf_counter()
for number in range({count}): NAME["x"] = number / 7 + ROUND
print(time.perf_counter() - begun)
"""
    with notebook(server, "loop.ipynb", _LOAD, "plain = {}") as kernel:
        seconds: dict[str, list[float]] = {"session_state": [], "plain": []}
        paces: list[float] = []
        changes: list[int] = []
        for turn in range(effort.rounds + 1):
            # The last value is another one each time, or nothing has changed.
            this = loop.replace("ROUND", str(turn))
            for name, taken in seconds.items():
                before = int(kernel.run("print(session_state.revision)").text)
                taken.append(float(kernel.run(this.replace("NAME", name)).text))
                kernel.run("session_state.flush()")
                if name == "session_state":
                    changes.append(int(kernel.run("print(session_state.revision)").text) - before)
        # Longer, to see how often a change is sent.
        before = int(kernel.run("print(session_state.revision)").text)
        spun = f"""
import time
end = time.monotonic() + {effort.busy * 2}
number = 0
while time.monotonic() < end: number += 1; session_state["x"] = number / 7
session_state.flush()
print(session_state.revision)
"""
        sent = int(kernel.run(spun).text) - before
        paces.append(effort.busy * 2 / max(1, sent))
    ratio = statistics.median(seconds["session_state"][1:]) / statistics.median(seconds["plain"][1:])
    ours = median(seconds["session_state"][1:])
    return Row(
        key="loop",
        what=f"{count:,} assignments in a loop of one cell",
        ours=f"{ms(ours)}, {ours / count * 1e6:.2f} µs each; {median(changes[1:]):.0f} changes; in a long loop one each {ms(paces[0])}",
        against="a dict",
        peer=ms(median(seconds["plain"][1:])),
        ratio=times(ratio),
        aim="under 20 times, 1 change each 50 ms",
        met=ratio < 20 and 0.045 <= paces[0] <= 0.1,
        measured={"seconds": seconds, "changes": changes, "secondsPerChange": paces},
    )


_IMPORT = """
import json, time
t0 = time.perf_counter()
import ipykernel.ipkernel, ipykernel.zmqshell, ipykernel.kernelapp
t1 = time.perf_counter()
import session_state_ext.kernel.lazy
t2 = time.perf_counter()
import session_state_ext, session_state_ext.kernel.extension
t3 = time.perf_counter()
print(json.dumps([t1 - t0, t2 - t1, t3 - t2]))
"""


def imports(_: BenchServer, effort: Effort) -> Row:
    """Of compiled modules, as pip leaves them; whoever forbids Python to write them would measure the compiler."""
    found: list[list[float]] = []
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-c", _IMPORT]
        for _turn in range(effort.rounds * 2 + 1):
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
            found.append(json.loads(done.stdout))
    ipykernel, lazy, extension = (median(column) for column in zip(*found[1:], strict=True))
    return Row(
        key="import",
        what="import in a fresh kernel, of compiled modules: at its start, and by %load_ext",
        ours=f"{ms(lazy)}, {ms(extension)}",
        against="import of ipykernel itself",
        peer=ms(ipykernel),
        ratio=times((lazy + extension) / ipykernel),
        aim="50 ms",
        met=lazy + extension <= 0.05,
        measured={"ipykernel": ipykernel, "start": lazy, "loadExt": extension},
    )


def bundle(_: BenchServer, __: Effort) -> Row:
    static = ROOT / "session_state_ext" / "labextension" / "static"
    sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in sorted(static.glob("*.js"))}
    total = sum(sizes.values())
    return Row(
        key="bundle",
        what="the panel's bundle, all its files, compressed by gzip",
        ours=f"{total / 1000:.0f} kB in {len(sizes)} files",
        aim="under 150 kB",
        met=0 < total < 150_000,
        measured={"bytes": sizes},
    )
