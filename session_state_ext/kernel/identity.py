"""Which kernel this is."""

from __future__ import annotations

import re
import sys
from typing import Any


def kernel_id() -> str | None:
    """The kernel's id, from the name of its connection file."""
    app = _application()
    found = re.search(r"kernel-([^/\\]+)\.json$", app.connection_file or "") if app is not None else None
    return found.group(1)[:128] if found else None


def kernel_life() -> str | None:
    """Which process of the kernel this is: the session id in the headers of its messages.

    A kernel that was restarted has another one; whoever sees its messages, as a front end does, knows it, too.
    """
    app = _application()
    return None if app is None else str(app.session.session)[:128]


def _application() -> Any:
    app = sys.modules.get("ipykernel.kernelapp")
    return app.IPKernelApp.instance() if app is not None and app.IPKernelApp.initialized() else None
