"""Which kernel this is."""

from __future__ import annotations

import re
import sys


def kernel_id() -> str | None:
    """The kernel's id, from the name of its connection file."""
    app = sys.modules.get("ipykernel.kernelapp")
    if app is None or not app.IPKernelApp.initialized():
        return None
    found = re.search(r"kernel-([^/\\]+)\.json$", app.IPKernelApp.instance().connection_file or "")
    return found.group(1)[:128] if found else None
