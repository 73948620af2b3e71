"""Ports for the servers and kernels of tests, none of which is given out twice before its taker has bound it.

The system gives whoever asks for any port one that is free at that moment. A kernel binds its five a second later, a
server that is stopped and started again much later: by then another process may have been given the same.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from pathlib import Path

from jupyter_client.connect import LocalPortCache

#: Below those that the system gives out by itself.
FIRST, LAST = 12_000, 31_999
ROOT = Path(__file__).parents[1]

#: For a Jupyter configuration folder: the kernels that its servers and commands start get their ports here, too.
CONFIG = f"""import sys

sys.path.append({str(ROOT)!r})
from tests.ports import KernelPorts

KernelPorts.instance()
"""


def free_port(ip: str = "127.0.0.1") -> int:
    """The next one, for all processes of this user together; it comes round again after twenty thousand."""
    with (Path(tempfile.gettempdir()) / f"session-state-ports-{os.getuid()}").open("a+") as shared:
        fcntl.flock(shared, fcntl.LOCK_EX)
        shared.seek(0)
        port = int(shared.read() or FIRST)
        while True:
            port = port + 1 if port < LAST else FIRST
            with socket.socket() as probe:
                try:
                    probe.bind((ip, port))
                    break
                except OSError:
                    continue
        shared.truncate(0)
        shared.write(str(port))
    return port


class KernelPorts(LocalPortCache):
    """Where jupyter_client asks for a kernel's ports, once this is its instance."""

    def find_available_port(self, ip: str) -> int:
        return free_port(ip)
