"""Merges full of ``__proto__``, ``constructor`` and ``prototype``: the server and the panel's client make the same of them.

The merges are made by a plain reading of RFC 7396, done by the real hub, and read by the client's own code under Node
(labextension/simulation/prototypes.spec.ts), as changes and as whole states: byte for byte, with no object touched.
"""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest

from session_state_ext.errors import InvalidName
from session_state_ext.hub import LOCAL
from session_state_ext.hub.draft import Draft
from session_state_ext.hub.plans import Plan
from session_state_ext.jsontext import canonical
from session_state_ext.patches import merge_value, merge_variables
from session_state_ext.wire import Limits, check_ops, decode_members
from tests.inprocess import API, Client, opened

from .peers import LONG, seed
from .plainmodel import merged, same
from .test_simulation import simulate

MERGES = 10_000 if LONG else 400
KEYS = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__", "polluted", "a", "ü"]
NAMES = ["constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "a", "__proto", "__defineGetter__"]
SCALARS: list[Any] = [None, True, 0, 1, 1.0, -0.0, 1e2, 2**70, "", "__proto__", "ü", {}, []]


def value(chance: random.Random, depth: int = 3) -> Any:
    """Any JSON, with keys that objects of JavaScript have by birth."""
    kind = chance.random()
    if depth and kind < 0.55:
        return {chance.choice(KEYS): value(chance, depth - 1) for _ in range(chance.randrange(1, 4))}
    if depth and kind < 0.65:
        return [value(chance, depth - 1) for _ in range(chance.randrange(3))]
    return chance.choice(SCALARS)


def test_merges_are_those_of_the_rfc() -> None:
    chance = seed("prototypes")
    cases = json.loads((Path(__file__).parent.parent / "frames" / "patches.json").read_text())["merge"]
    pairs = [(case["value"], case["patch"]) for case in cases]
    assert all(same(merged(case["value"], case["patch"]), case["result"]) for case in cases)
    pairs += [(value(chance), value(chance)) for _ in range(MERGES)]
    for target, patch in pairs:
        found = merge_value(json.dumps(target).encode(), json.dumps(patch).encode())
        assert same(json.loads(found), merged(target, patch)), (target, patch)
    print(f"{len(pairs)} merges, {len(cases)} of them the RFC's")


def test_server_and_client_are_byte_equal_and_nothing_is_polluted(tmp_path: Path) -> None:
    chance = seed("prototypes in a session")
    lines = tmp_path / "lines"
    made = asyncio.run(told(tmp_path / "sessions.db", chance, lines))
    done = simulate(spec="prototypes", prototypes=lines)
    assert done.returncode == 0, done.stdout + done.stderr
    print(f"{made} merges of a session")


async def told(file: Path, chance: random.Random, lines: Path) -> int:
    """Merge into a session, and write down each change as a client hears it, with the state after it."""
    plain: dict[str, Any] = {}
    made = 0
    async with opened(file) as hub:
        session = (await hub.create(LOCAL)).session.id
        frames: list[str] = []
        await heard(Client(hub, session, "listener"), frames)
        with lines.open("w", encoding="utf-8") as out:
            while made < MERGES:
                patch = {chance.choice(NAMES): value(chance) for _ in range(chance.randrange(1, 5))}
                text = json.dumps(patch, ensure_ascii=False, separators=(",", ":"))
                members = decode_members(text.encode())

                def plan(draft: Draft, members: dict[str, bytes] = members) -> Plan:
                    return Plan(merge_variables({row.name: bytes(row.value) for row in draft.rows()}, members))

                frames.clear()
                written = await hub.write(LOCAL, session, plan, origin=API)
                plain = merged(plain, patch)
                made += len(patch)
                async with hub.use(LOCAL, session) as live:
                    texts = {row.name: bytes(row.value) for row in live.rows.values()}
                assert same({name: json.loads(text) for name, text in texts.items()}, plain)
                if written.change is None:
                    continue
                welcome: list[str] = []
                if chance.random() < 0.1:
                    again = await heard(Client(hub, session, "again"), welcome)
                    await again.connection.closed()
                (change,) = [frame for frame in frames if '"type":"change"' in frame]
                rows = {name: [text.decode(), canonical(text).decode()] for name, text in texts.items()}
                line = {"frame": change, "welcome": welcome[0] if welcome else None, "rows": rows}
                out.write(json.dumps(line) + "\n")
    return made


async def heard(client: Client, frames: list[str]) -> Client:
    """Says hello, and from then on its frames go to ``frames`` as the text they are."""
    client.connection._send = lambda frame: frames.append(frame.decode())
    await client.say("hello", client=client.name)
    return client


def test_a_variable_cannot_be_called_proto() -> None:
    with pytest.raises(InvalidName):
        check_ops(merge_variables({}, {"__proto__": b"{}"}), Limits())
