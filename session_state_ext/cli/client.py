"""nbclient's client, with what our kernels want to know. Imported only where nbclient is installed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from queue import Empty
from typing import Any

import zmq
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError

#: So long a cell whose time is over has to end after each interrupt.
_GRACE_SECONDS = 5.0


class Client(NotebookClient):
    """Tells the kernel which cell it runs, and can leave cells out."""

    #: cells that keep their outputs, by index, and the code that runs in their place
    skip: Mapping[int, str] = {}
    #: told of each cell that has ended without an error
    ended: Callable[[int], Awaitable[None]]

    def create_kernel_manager(self) -> Any:
        """As nbclient does it; what is said to the kernel is encrypted where both can, else ipykernel complains."""
        manager: Any = super().create_kernel_manager()
        if manager.has_trait("transport_encryption") and zmq.has("curve"):
            manager.transport_encryption = "auto"
        return manager

    async def _async_handle_timeout(self, timeout: int, cell: Any = None) -> Any:
        """Interrupt the cell, again where it swallows that, and end its kernel where it still goes on."""
        assert self.km is not None
        for _ in range(2):
            await ensure_async(self.km.interrupt_kernel())
            if await self._answers():
                break
        else:
            await ensure_async(self.km.shutdown_kernel(now=True))
        raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", timeout, cell)

    async def _answers(self) -> bool:
        """Whether the kernel has done with the cell, within the grace that it has."""
        assert self.kc is not None
        try:
            await ensure_async(self.kc.shell_channel.get_msg(timeout=_GRACE_SECONDS))
        except Empty:
            return False
        return True

    async def async_execute_cell(
        self, cell: Any, cell_index: int, execution_count: int | None = None, store_history: bool = True
    ) -> Any:
        """As nbclient does it."""
        assert self.kc is not None
        # As JupyterLab sends it, so that who wrote a value is known by the cell.
        self.kc.session.metadata = {"cellId": cell.get("id"), "tags": cell.metadata.get("tags", [])}
        if cell_index in self.skip:
            from nbformat.v4 import new_code_cell

            instead = new_code_cell(self.skip[cell_index], metadata=cell.metadata)  # type: ignore[no-untyped-call]
            try:
                await super().async_execute_cell(instead, cell_index, store_history=False)
            finally:
                self.nb["cells"][cell_index] = cell
        else:
            cell = await super().async_execute_cell(cell, cell_index, execution_count, store_history)
        await self.ended(cell_index)
        return cell
