"""The page goes while something is being typed: what was typed arrives, or waits for the next page."""

from __future__ import annotations

import pytest
from playwright.sync_api import WebSocketRoute

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .lab import wait_for


def without_mutates(socket: WebSocketRoute) -> None:
    """A channel whose numbered changes get lost on the way: it ends with its page."""
    server = socket.connect_to_server()
    socket.on_message(lambda text: None if '"mutate"' in str(text) else server.send(text))


@pytest.mark.parametrize("channel", ["good channel", "channel that ends first"])
def test_a_tab_closed_in_mid_debounce_has_sent_what_was_typed(
    jupyter: Jupyter, open_lab: OpenLab, channel: str
) -> None:
    path = jupyter.notebook(f"{channel.replace(' ', '-')}.ipynb", ["pass"])
    lab = open_lab(jupyter, path, fresh=True)
    lab.add("lr", "0.1")
    if channel != "good channel":
        lab.page.route_web_socket(lambda url: "/api/session/" in url, without_mutates)
        lab.reload()
        lab.wait_for_light("saved")
    # At once: what is sent on the way there may be all that a closing page has time for.
    lab.editor("lr").fill("0.25")
    lab.close()
    # Nobody opens that page again: another client looks.
    wait_for(lambda: jupyter.variables(path)["lr"], 0.25)
    session = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    changes = jupyter.request("GET", f"/api/session/{session}/changes").json()["changes"]
    # Sent on both ways, and taken once.
    assert [[op["value"] for op in change["ops"]] for change in changes] == [[0.25], [0.1]]


def test_what_was_typed_while_the_server_was_away_is_sent_once_by_the_next_page(
    own_jupyter: Jupyter, open_lab: OpenLab
) -> None:
    path = own_jupyter.notebook("away.ipynb", ["pass"])
    lab = open_lab(own_jupyter, path)
    lab.add("lr", "0.1")
    own_jupyter.stop()
    lab.wait_for_light("offline")
    lab.close_notice()
    lab.type("lr", "0.75")
    lab.close()
    own_jupyter.start()
    lab.open_again()
    lab.expect_value("lr", "0.75")
    lab.wait_for_light("saved")
    assert own_jupyter.variables(path) == {"lr": 0.75}
    assert len(lab.mutates("lr")) == 1
