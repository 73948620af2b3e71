"""A server that is looked into: its memory, how long its event loop stood still, and extensions that break it on purpose."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from .peers import Server

ROOT = Path(__file__).parents[2]
MB = 1024 * 1024


class Watched(Server):
    """Loads these modules as server extensions too; ``traits`` are the product's settings."""

    def __init__(self, folder: Path, *modules: str, log_level: str = "INFO", **traits: Any) -> None:
        super().__init__(folder)
        file = folder / "config" / "jupyter_server_config.json"
        settings = json.loads(file.read_text())
        settings["ServerApp"]["jpserver_extensions"] |= {f"tests.torture.{module}": True for module in modules}
        settings["ServerApp"]["log_level"] = log_level
        settings["SessionStateExtension"] = traits
        file.write_text(json.dumps(settings))

    def leave_out(self, module: str) -> None:
        """An extension that it loads otherwise; before it starts."""
        file = self.folder / "config" / "jupyter_server_config.json"
        settings = json.loads(file.read_text())
        settings["ServerApp"]["jpserver_extensions"][module] = False
        file.write_text(json.dumps(settings))

    def environment(self) -> dict[str, str]:
        return super().environment() | {"PYTHONPATH": str(ROOT), "HEARTBEATS": str(self.folder / "heartbeats")}

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def heartbeats(self) -> list[Gap]:
        """Every gap so far between two heartbeats of the event loop, where tests.torture.heartbeat is loaded."""
        # One more beat, so that the gap under way is written too.
        time.sleep(0.1)
        lines = (self.folder / "heartbeats").read_text().splitlines()
        return [Gap(*map(float, line.split())) for line in lines]


class Gap(NamedTuple):
    """Seconds; ``at`` is the monotonic time of its end."""

    at: float
    seconds: float
    #: what the server's own threads computed meanwhile: a gap without it is another process's doing
    busy: float


class Memory:
    """How much a process has grown since this was made."""

    def __init__(self, pid: int) -> None:
        self.process = psutil.Process(pid)
        self.before = self.process.memory_info().rss
        if sys.platform == "linux":
            # From here on its highest mark is of what happens now.
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def grown(self) -> int:
        """In bytes, at the highest mark since; where the system keeps no mark, as it stands."""
        now = self.process.memory_info().rss
        if sys.platform == "linux":
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            now = max(now, *(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")))
        return max(now - self.before, 0)
