"""A page of Voila, which is no notebook: a kernel for each page, and widgets that are bound to the notebook's session."""

from __future__ import annotations

import re
from typing import Any

from tests.jupyter import Jupyter

from .notebook import PATIENCE, Kernel, Panel, until
from .test_widgets import drag

CELLS = [
    "%load_ext session_state_ext",
    "session.declare('lr', 0.1, minimum=0, maximum=1, description='learning rate', control='slider')",
    "session.declare('mode', 'fast', choices=['fast', 'exact'])",
    "session.form()",
]


def opened(jupyter: Jupyter, path: str) -> Kernel:
    """Load a page, as a browser does before its scripts begin; the kernel that it was made with."""
    answer = jupyter.request("GET", f"/voila/render/{path}")
    assert answer.ok, "voila is a server extension of this environment: pip install voila"
    page = answer.text
    found = re.search(r'"kernelId":\s*"([^"]+)"', page)
    assert found is not None, page[-2000:]
    assert "application/vnd.jupyter.widget-view+json" in page
    assert "Traceback" not in page
    return Kernel._of(jupyter, found[1])


def widgets(kernel: Kernel) -> dict[str, dict[str, Any]]:
    """The state of the page's widgets, as its scripts ask for it."""
    client = kernel._client
    comm = "control"
    content = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}, "target_module": None}
    client.shell_channel.send(client.session.msg("comm_open", content, metadata={"version": "1.0.0"}))
    asks = {"comm_id": comm, "data": {"method": "request_states"}}
    client.shell_channel.send(client.session.msg("comm_msg", asks))
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["msg_type"] == "comm_msg" and message["content"]["data"].get("method") == "update_states":
            states: dict[str, dict[str, Any]] = message["content"]["data"]["states"]
            return states


def of_kind(states: dict[str, dict[str, Any]], model: str) -> tuple[str, dict[str, Any]]:
    """The one widget of this model, by its comm."""
    (found,) = [(comm, one["state"]) for comm, one in states.items() if one["model_name"] == model]
    return found


def test_a_page_of_voila_has_the_session_of_its_notebook(jupyter: Jupyter) -> None:
    path = jupyter.notebook("page.ipynb", CELLS)
    page = opened(jupyter, path)
    slider, shows = of_kind(widgets(page), "FloatSliderModel")
    assert (shows["value"], shows["min"], shows["max"]) == (0.1, 0.0, 1.0)
    assert jupyter.variables(path) == {"lr": 0.1, "mode": "fast"}
    with Panel(jupyter, path) as panel:
        drag(page, slider, 0.25)
        panel.wait(lambda frame: panel.seen("lr")[-1:] == [0.25])
        panel.set(mode="exact")
        until(lambda: of_kind(widgets(page), "DropdownModel")[1]["index"] == 1)
    again = opened(jupyter, path)
    assert again.id != page.id
    assert of_kind(widgets(again), "FloatSliderModel")[1]["value"] == 0.25, "as after a reload"
    assert of_kind(widgets(again), "DropdownModel")[1]["index"] == 1
    assert jupyter.variables(path) == {"lr": 0.25, "mode": "exact"}
