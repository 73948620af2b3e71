"""Executing the cells of a notebook in a kernel that has no server."""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import IO, Any

from msgspec import Struct
from msgspec.structs import replace

from session_state_ext.errors import SessionError
from session_state_ext.kernel import credential

from .notebook import source_of, step_of
from .parameters import WrongParameter
from .progress import Progress

#: Of what a kernel wrote that died, so much is shown.
_LAST_BYTES = 16_000
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class RunNeedsMore(SessionError):
    """jupyter session run needs nbclient: pip install 'session-state-ext[run]'"""

    code = "needs-nbclient"


class CellError(Struct, frozen=True):
    """What ended the run before its last cell."""

    #: "failed", "timeout", "died", "interrupted"; "unknown" or "invalid" where the cell shows that a parameter is
    kind: str
    #: the cell's number among the code cells, from 1
    cell: int
    step: str | None
    type: str
    message: str
    #: as the cell shows it, without colours
    traceback: str = ""

    @property
    def sentence(self) -> str:
        """For people."""
        inside = _where(self.cell, self.step)
        where = inside[:1].upper() + inside[1:]
        if self.kind == "timeout":
            return f"{where} ran longer than {self.message} s and was stopped."
        if self.kind == "died":
            return f"The kernel died in {inside}."
        if self.kind in ("unknown", "invalid"):
            return f"{self.message} {where} says so."
        if self.kind == "interrupted":
            return f"{where} was interrupted."
        return f"{where} failed: {self.type}: {self.message}" if self.type else f"{where} failed: {self.message}"


def _where(number: int, step: str | None) -> str:
    """What people call a cell."""
    return f"cell {number} (step {step})" if step else f"cell {number}"


def environment(session_id: str, url: str, used: Path, stored: str) -> dict[str, str]:
    """That of a kernel that finds this session in this store, and no server.

    ``stored``: the store with the sessions that a cell can name. The kernel writes into ``used`` which it goes over to.
    """
    ours = (credential.URL, credential.TOKEN, credential.STORED)
    left = {name: value for name, value in os.environ.items() if name not in ours}
    found = {**left, credential.SESSION: session_id, credential.STORE: url, credential.USED: str(used)}
    return found if url == stored else {**found, credential.STORED: stored}


def check_kernel(name: str | None) -> None:
    """Raise SessionError where no kernel of this name is installed."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        if name is not None:
            KernelSpecManager().get_kernel_spec(name)
    except NoSuchKernel:
        raise SessionError(f"There is no kernel {name}. Those there are: jupyter kernelspec list") from None


def execute(
    notebook: Any,
    folder: Path,
    *,
    numbers: Mapping[int, int],
    skip: Mapping[int, str],
    environment: Mapping[str, str],
    kernel: str | None = None,
    timeout: float | None = None,
    check: Callable[[int, str], Awaitable[None]],
) -> CellError | None:
    """Run the code cells, from top to bottom, in a fresh kernel; what they show goes into ``notebook``.

    ``numbers`` has what people call the cells, by index, as :func:`numbered` counts them.

    A cell in ``skip`` keeps its outputs; what ``skip`` has for it runs in its place. After each cell ``check`` is asked
    with its index and what people call it, and ends the run by raising WrongParameter. What the kernel itself has to
    say goes to stderr only where it died. Raises RunNeedsMore.
    """
    try:
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

        from .client import Client
    except ImportError:
        raise RunNeedsMore() from None
    now = next(iter(numbers), 0)

    def called() -> tuple[int, str | None]:
        step = step_of(source_of(notebook.cells[now])) if notebook.cells else None
        return numbers.get(now, 0), step.line.name if step else None

    def failed(kind: str, type_: str = "", message: str = "") -> CellError:
        return CellError(kind, *called(), type_, message)

    with tempfile.TemporaryFile() as heard, Progress(len(numbers)) as progress:

        def started(cell: Any, cell_index: int) -> None:
            nonlocal now
            if cell_index in numbers:
                now = cell_index
                progress.at(_title(cell, numbers[cell_index], skipped=cell_index in skip))

        async def ended(cell_index: int) -> None:
            if cell_index in numbers:
                progress.done()
                await check(cell_index, _where(*called()))

        client = Client(
            notebook,
            # Its trait takes whole seconds only; what its function answers may be a fraction.
            timeout_func=lambda _: timeout,
            resources={"metadata": {"path": str(folder)}},
            on_cell_start=started,
        )
        # Else it is this command's own, which says on stderr what nobody asked, or what is said below.
        client.log = logging.getLogger("session_state_ext.run")
        client.log.setLevel(logging.CRITICAL)
        if kernel:
            client.kernel_name = kernel
        client.skip, client.ended = skip, ended
        try:
            client.execute(env=dict(environment), stderr=heard)
        except CellTimeoutError:
            return failed("timeout", "Timeout", f"{timeout:g}")
        except DeadKernelError:
            sys.stderr.write(_last(heard))
            return failed("died", "DeadKernel", "the kernel died")
        except CellExecutionError as error:
            return replace(failed("failed", error.ename, error.evalue), traceback=_traceback(notebook.cells[now]))
        except WrongParameter as error:
            return failed(error.kind, type(error).__name__, error.message)
        except KeyboardInterrupt:
            return failed("interrupted", "KeyboardInterrupt", "interrupted")
    return None


def _last(heard: IO[bytes]) -> str:
    """The end of what a kernel wrote before it died."""
    heard.seek(max(0, heard.seek(0, os.SEEK_END) - _LAST_BYTES))
    return heard.read().decode("utf-8", "replace")


def numbered(notebook: Any) -> dict[int, int]:
    """The cells with code, by index, each with its number."""
    cells = [at for at, cell in enumerate(notebook.cells) if source_of(cell).strip()]
    return {at: number for number, at in enumerate(cells, 1)}


def _traceback(cell: Any) -> str:
    shown = [output for output in cell.get("outputs", []) if output["output_type"] == "error"]
    return _COLOURS.sub("", "\n".join(line for output in shown for line in output["traceback"]))


def _title(cell: Any, number: int, *, skipped: bool) -> str:
    step = step_of(source_of(cell))
    what = f"step {step.line.name}" if step else source_of(cell).strip().splitlines()[0][:60]
    return f"{what} (fresh, skipped)" if skipped else what
