"""What a person at the panel waits for: with many variables against few, with a large value, and what their typing sends."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from .bench import BenchServer, Effort
from .figures import Row, median, ms, percentile, spread, times
from .screen import Screen, Watched, looking

#: How long a frame is on a screen of 60 Hz, in s.
_FRAME = 1 / 60

_MIB = 1024 * 1024


def _field(path: str) -> str:
    """The variable that is typed into: the first of all by its name, and in no other session."""
    return f"a_{path.removesuffix('.ipynb')}"


def _variables(path: str, count: int) -> dict[str, Any]:
    kinds: tuple[Any, ...] = (0.5, "text", True, [1, 2, 3, 5, 8])
    return {_field(path): "text"} | {f"v{number:05}": kinds[number % 4] for number in range(count - 1)}


def _open(screen: Screen, path: str) -> None:
    screen.show(path)
    expect(screen.lab.editor(_field(path))).to_be_visible()
    screen.lab.wait_for_light("saved")


def _type(screen: Screen, path: str, count: int) -> None:
    screen.lab.type(_field(path), "")
    for number in range(count):
        screen.lab.page.keyboard.press("abcdefghij"[number % 10])


def _scroll(screen: Screen, path: str, count: int) -> None:
    screen.lab.editor(_field(path)).hover()
    for _ in range(count):
        screen.lab.page.mouse.wheel(0, 400)
    for _ in range(count):
        screen.lab.page.mouse.wheel(0, -400)


#: A change a second, as of a training loop.
_LOAD = "%load_ext session_state_ext\nimport time\nturn = 0"
_LOOP = "turn += 1\nfor number in range({count}):\n    session['v00000'] = turn * 1000 + number\n    time.sleep(1)"


def _hear(screen: Screen) -> None:
    screen.lab.run_cell(1)


def panel(server: BenchServer, effort: Effort) -> list[Row]:
    """The two sessions take turns, in one page."""
    many, few = f"{effort.variables:,} variables", "10"
    steps = ("open", "type", "scroll", "hear")
    seen: dict[tuple[str, str], list[Watched]] = {
        (which, step): [] for which in (many, few) for step in ("first", *steps)
    }
    count = max(3, effort.samples // (4 * effort.rounds))
    with looking(Path(tempfile.mkdtemp(dir=server.folder))) as screen:
        # The page is loaded with another one.
        screen.session("page.ipynb", {_field("page.ipynb"): "text"})
        _open(screen, "page.ipynb")
        loop = _LOOP.format(count=max(2, count // 3))
        sizes = {few: 10, many: effort.variables}
        paths = {which: f"{size}.ipynb" for which, size in sizes.items()}
        for which, size in sizes.items():
            screen.session(paths[which], _variables(paths[which], size), [_LOAD, loop])
        for which in (many, few):
            with screen.watched() as first:
                _open(screen, paths[which])
            seen[which, "first"].append(first)
            screen.lab.run_cell(0)
        for _ in range(effort.rounds):
            for which in (many, few):
                with screen.watched() as opening:
                    _open(screen, paths[which])
                with screen.watched() as typing:
                    _type(screen, paths[which], count)
                screen.lab.page.keyboard.press("Enter")
                screen.lab.wait_for_light("saved")
                with screen.watched("wheel") as scrolling:
                    _scroll(screen, paths[which], count)
                with screen.watched("message") as hearing:
                    _hear(screen)
                for step, watched in zip(steps, (opening, typing, scrolling, hearing), strict=True):
                    seen[which, step].append(watched)
    return [
        replace(
            _opened(many, seen[many, "first"], seen[few, "first"]),
            key="panel-first",
            what=f"panel with {many}: opened for the first time, with all of it coming over the channel",
        ),
        _opened(many, seen[many, "open"], seen[few, "open"]),
        _painted("panel-type", f"panel with {many}: keystroke to paint", seen[many, "type"], seen[few, "type"]),
        _painted("panel-scroll", f"panel with {many}: turn of the wheel to paint", seen[many, "scroll"], seen[few, "scroll"]),
        _painted("panel-hear", f"panel with {many}: a change a second from a cell of the kernel, to paint", seen[many, "hear"], seen[few, "hear"]),
    ]  # fmt: skip


def _opened(many: str, ours: list[Watched], peer: list[Watched]) -> Row:
    tasks, of_peer = ([each.longest for each in side] for side in (ours, peer))
    return Row(
        key="panel-open",
        what=f"panel with {many}: opened again by bringing its notebook to the front",
        ours=f"longest task {ms(median(tasks))}",
        against="with 10",
        peer=f"longest task {ms(median(of_peer))}",
        ratio=f"{(median(tasks) - median(of_peer)) * 1000:+.3g} ms",
        aim="no stutter: no task of 50 ms more",
        met=median(tasks) - median(of_peer) < 0.05,
        measured={"longest": tasks, "peerLongest": of_peer},
    )


def _painted(key: str, what: str, ours: list[Watched], peer: list[Watched]) -> Row:
    """Met where the slowest of a hundred comes no frame later; tasks are the median of the rounds' longest."""
    figures = []
    for side in (ours, peer):
        samples = [sample for each in side for sample in each.painted]
        figures.append((median(samples), percentile(samples, 99), median([each.longest for each in side]), samples))
    (p50, p99, task, samples), (peer50, peer99, peer_task, peer_samples) = figures
    return Row(
        key=key,
        what=what,
        ours=f"{ms(p50)}, p99 {ms(p99)}; longest task {ms(task)}",
        against="with 10",
        peer=f"{ms(peer50)}, p99 {ms(peer99)}; longest task {ms(peer_task)}",
        ratio=f"{(p50 - peer50) * 1000:+.3g} ms, p99 {(p99 - peer99) * 1000:+.3g} ms",
        aim="same frame: 16.7 ms more at most",
        met=p50 - peer50 < _FRAME and p99 - peer99 < _FRAME,
        measured={
            "painted": spread(samples),
            "peerPainted": spread(peer_samples),
            "longest": [each.longest for each in ours],
            "peerLongest": [each.longest for each in peer],
        },
    )


def keystrokes(server: BenchServer, effort: Effort) -> Row:
    """As fast as a browser takes them, and as a person types: 10 a second."""
    count = 100 if effort.samples >= 100 else 10
    sent: dict[int, list[str]] = {}
    with looking(Path(tempfile.mkdtemp(dir=server.folder))) as screen:
        path, field = "keys.ipynb", _field("keys.ipynb")
        screen.session(path, _variables(path, 10))
        _open(screen, path)
        for delay in (0, 100):
            screen.lab.sent.clear()
            screen.lab.type(field, "")
            screen.lab.page.keyboard.type("x" * count, delay=delay)
            screen.lab.page.keyboard.press("Enter")
            screen.lab.wait_for_light("saved")
            sent[delay] = screen.lab.mutates(field)
            screen.lab.set(field, "text")
    at_once, typed = sent[0], sent[100]
    size = sum(map(len, at_once))
    return Row(
        key="keystrokes",
        what=f"{count} keystrokes in one field, without a pause",
        ours=f"{len(at_once)} {'request' if len(at_once) == 1 else 'requests'}, {size} bytes",
        against="the value they write; at 10 a second",
        peer=f"{count + 2} bytes; {len(typed)} requests, {sum(map(len, typed))} bytes",
        ratio=times(size / (count + 2)) + " its bytes",
        aim="1 request, bytes by the size of the value",
        met=len(at_once) == 1,
        measured={"atOnce": at_once, "typed": typed},
    )


def large(server: BenchServer, effort: Effort) -> list[Row]:
    """As large as values may be: a text and a list of nearly 1 MiB, against a line of each."""
    text = "A line of a long text, as of a log.\n" * (_MIB // 38)
    numbers = [number / 8 for number in range(80_000)]
    bodies = {"large": {"b": text, "c": numbers}, "small": {"b": text[:36], "c": [1.5]}}
    count = max(3, effort.samples // (4 * effort.rounds))
    seen: dict[tuple[str, str], list[Watched]] = {(which, step): [] for which in bodies for step in ("open", "beside")}
    with looking(Path(tempfile.mkdtemp(dir=server.folder))) as screen:
        for which, body in bodies.items():
            session = screen.session(f"{which}.ipynb", {_field(which): "text"})
            # One by one: together they are more than a request may have.
            for name, value in body.items():
                screen.change(session, {name: value})
            _open(screen, f"{which}.ipynb")
        for _ in range(effort.rounds):
            for which in bodies:
                with screen.watched() as opening:
                    _open(screen, f"{which}.ipynb")
                with screen.watched() as typing:
                    _type(screen, f"{which}.ipynb", count)
                screen.lab.page.keyboard.press("Enter")
                screen.lab.wait_for_light("saved")
                seen[which, "open"].append(opening)
                seen[which, "beside"].append(typing)
    opened = _opened("a text and a list of 1 MiB", seen["large", "open"], seen["small", "open"])
    beside = _painted(
        "large-beside",
        "keystroke to paint beside a text and a list of 1 MiB",
        seen["large", "beside"],
        seen["small", "beside"],
    )
    return [
        replace(opened, key="large-open", against="with a line each"),
        replace(beside, against="beside a line each"),
    ]


def within(server: BenchServer, effort: Effort) -> list[Row]:
    """A text, a tree and JSON of nearly 1 MiB, each opened and typed into where it stands, against small ones."""
    count = max(3, effort.samples // (8 * effort.rounds))
    text = "A line of a long text, as of a log.\n" * (_MIB // 40)
    tree = {f"key_{number:05}": {"rate": number / 7} for number in range(20_000)}
    bodies = {"large": {"b": text, "c": tree}, "small": {"b": text[:36], "c": {"key": tree["key_00001"]}}}
    steps = ("text-open", "text", "tree-open", "json-open", "json")
    seen: dict[tuple[str, str], list[Watched]] = {(which, step): [] for which in bodies for step in steps}
    with looking(Path(tempfile.mkdtemp(dir=server.folder))) as screen:
        for turn in range(effort.rounds):
            for which, body in bodies.items():
                path = f"{which}{turn}.ipynb"
                session = screen.session(path, {_field(path): "text"})
                for name, value in body.items():
                    screen.change(session, {name: value})
                _open(screen, path)
                for step in steps:
                    with screen.watched() as watched:
                        _step_within(screen, step, count)
                    seen[which, step].append(watched)
                    # What was typed is saved before the next step.
                    screen.lab.editor(_field(path)).click()
                    screen.lab.wait_for_light("saved")
    opened = {
        "text-open": "a text of 1 MiB: its field opened",
        "tree-open": "an object of 20,000 keys: its tree opened",
        "json-open": "the same as JSON: its editor opened",
    }
    typed = {"text": "typing within a text of 1 MiB: keystroke to paint", "json": "typing within JSON of 1 MiB: keystroke to paint"}  # fmt: skip
    return [
        *(
            replace(
                _opened("", seen["large", step], seen["small", step]), key=f"within-{step}", what=what, against="a line"
            )
            for step, what in opened.items()
        ),
        *(
            replace(_painted(f"within-{step}", what, seen["large", step], seen["small", step]), against="within a line")
            for step, what in typed.items()
        ),
    ]


def _step_within(screen: Screen, step: str, count: int) -> None:
    lab = screen.lab
    name = "b" if step.startswith("text") else "c"
    match step:
        case "text-open":
            lab.editor(name).click()
            expect(lab.row(name).locator(".jp-SessionField")).to_be_visible()
        case "tree-open":
            lab.editor(name).click()
            expect(lab.row(name).get_by_role("tree")).to_be_visible()
        case "json-open":
            lab.row(name).get_by_test_id("editor-json").click()
            expect(lab.row(name).locator(".cm-content")).to_be_visible()
        case _:
            lab.editor(name).click()
            lab.page.keyboard.press("ControlOrMeta+Home")
            if step == "json":
                # Within the first key: what is typed there is valid.
                for key in ("ArrowDown", "Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
                    lab.page.keyboard.press(key)
            for number in range(count):
                lab.page.keyboard.press("abcdefghij"[number % 10])
