"""Whatever is sent to the routes of openapi.yaml is answered as openapi.yaml says, and the server goes on."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import session_state_ext.server

from .peers import LONG, Server, seed

CONTRACT = Path(session_state_ext.server.__file__).parent / "openapi.yaml"
#: TORTURE_EXAMPLES tries the long form with fewer, and asks for fewer cases then.
EXAMPLES = int(os.environ.get("TORTURE_EXAMPLES", "150")) if LONG else 3
CASES = 5_000 * EXAMPLES // 150 if LONG else 300


def run(server: Server, contract: Path, chance: random.Random, *more: str) -> subprocess.CompletedProcess[str]:
    command = [
        *(
            str(Path(sys.executable).parent / "schemathesis"),
            "--config-file",
            str(Path(__file__).parent / "schemathesis.toml"),
        ),
        *("run", str(contract), "--url", server.url, "--header", f"Authorization: token {server.token}"),
        *("--checks", "all", "--max-examples", str(EXAMPLES), "--seed", str(chance.randrange(2**32))),
        # The channel is no request and answer; tests/server/test_channel.py has it.
        *("--exclude-path", "/api/session/{id}/channel"),
        *("--continue-on-failure", "--no-color", "--suppress-health-check", "all"),
        *more,
    ]
    # What it writes down for the next run is of no use here.
    return subprocess.run(command, cwd=server.folder, capture_output=True, text=True, timeout=3600, check=False)


def test_the_server_keeps_its_contract(tmp_path: Path) -> None:
    chance = seed("contract")
    server = Server(tmp_path / "server")
    server.start()
    try:
        ran = run(server, CONTRACT, chance)
        assert server.request("GET", "/api/session").ok
    finally:
        server.stop()
    assert ran.returncode == 0, ran.stdout[-8000:]
    cases = re.search(r"(\d+) generated", ran.stdout)
    assert cases is not None
    print(f"{cases[1]} cases, no failure")
    assert int(cases[1]) >= CASES


def test_a_contract_that_is_not_kept_is_found_out(tmp_path: Path) -> None:
    """The opposite: the same run on a contract that promises something else."""
    chance = seed("contract that is not kept")
    promised = CONTRACT.read_text("utf-8").replace("revision: {type: integer, minimum: 0}", "revision: {type: string}")
    assert promised != CONTRACT.read_text("utf-8")
    (tmp_path / "openapi.yaml").write_text(promised)
    server = Server(tmp_path / "server")
    server.start()
    try:
        ran = run(server, tmp_path / "openapi.yaml", chance, "--phases", "examples")
    finally:
        server.stop()
    assert ran.returncode == 1
    assert "Response violates schema" in ran.stdout
