"""Five clients of one session to which everything happens: equal in the end, outboxes empty, nothing typed lost.

The panel's client is the real one, under Node (labextension/simulation); the server is the real hub on a real store,
the fifth client a kernel's replica and outbox (tests/torture/authority.py). A seed decides every step, what each frame's
fate is and when it comes. What goes wrong is told with the seed and the fewest steps that were found to do it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .peers import LONG, seed

ROOT = Path(__file__).parent.parent.parent
SEEDS, STEPS = (1000, 200) if LONG else (12, 200)


def simulate(spec: str = "simulation", **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run one spec of labextension/simulation; ``settings`` go to it as SIMULATION_..."""
    node, vitest = ROOT / ".venv" / "bin" / "node", ROOT / "node_modules" / "vitest" / "vitest.mjs"
    command = [
        str(node) if node.exists() else str(shutil.which("node")),
        str(vitest),
        "run",
        f"{spec}.spec",
        "--root",
        str(ROOT),
    ]
    command += ["--config", "labextension/simulation/vitest.config.mts"]
    told = {f"SIMULATION_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.run(
        command,
        env={**os.environ, "NO_COLOR": "1", **told},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=7000 if LONG else 280,
    )


def test_clients_are_equal_in_the_end_and_nothing_typed_is_lost() -> None:
    first = seed("simulation").randrange(1, 2**31) if LONG else 1
    done = simulate(seed=first, seeds=SEEDS, steps=STEPS)
    assert done.returncode == 0, done.stdout + done.stderr
    line = next(line for line in done.stderr.splitlines() + done.stdout.splitlines() if "SIMULATION {" in line)
    print(f"seeds from {first} on: {json.loads(line.split('SIMULATION ', 1)[1])}")


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        # An outbox that is not written down dies with its page.
        ("forgets", r"typed by .+ into .+, is lost"),
        # What was sent and not answered is sent again as if it were new.
        ("renumbers", "was committed 2 times"),
        # An answer that was lost on its way is made up.
        ("assumes", r"typed by .+ into .+, is lost"),
        # Of an edit of members the whole value is written, with what others wrote in it.
        ("widens", "was committed"),
        # A change of others is left out.
        ("skips", "and the server at"),
    ],
)
def test_a_client_that_breaks_a_rule_is_caught(fault: str, found: str) -> None:
    done = simulate(seed=1, seeds=20, steps=STEPS, fault=fault, tries=0)
    assert done.returncode != 0
    # Its own words, and not those of the test's name.
    assert re.search(found, done.stdout + done.stderr)
