"""Two at once: people who type into one variable, tabs of one browser, one of which dies."""

from __future__ import annotations

import re
from contextlib import suppress

from playwright.sync_api import Error, WebSocketRoute, expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .keys import focus_stays, press, tab_to
from .lab import PATIENCE_MS, Lab, wait_for

CHANNEL = re.compile(r"/api/session/[^/]+/channel")


class SlowChannel:
    """What a page types stays on the way for as long as somebody wants; all else comes through."""

    def __init__(self, lab: Lab) -> None:
        self.is_held = False
        self._held: list[str | bytes] = []
        lab.page.route_web_socket(CHANNEL, self._connect)

    def _connect(self, channel: WebSocketRoute) -> None:
        self._server = channel.connect_to_server()

        def send(text: str | bytes) -> None:
            if self.is_held and '"mutate"' in str(text):
                self._held.append(text)
            else:
                self._server.send(text)

        channel.on_message(send)

    def let_go(self) -> None:
        self.is_held = False
        for text in self._held:
            self._server.send(text)
        self._held.clear()


def stored(lab: Lab, name: str) -> object:
    """What the server has. The page is asked something, too: what goes by a slow channel goes while somebody does."""
    lab.evaluate("() => undefined")
    return lab.jupyter.variables(lab.path)[name]


def test_two_people_type_into_one_variable_and_each_decides_by_keys(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("at-once.ipynb", ["pass"])
    channels: list[SlowChannel] = []
    one = open_lab(jupyter, path, before=lambda lab: channels.append(SlowChannel(lab)))
    other = open_lab(jupyter, path)
    one.add("lr", "0.1")
    other.expect_value("lr", "0.1")
    [channel] = channels
    channel.is_held = True
    one.type("lr", "0.35")
    other.type("lr", "0.28")
    wait_for(lambda: stored(one, "lr"), 0.28)
    one.expect_value("lr", "0.35")
    channel.let_go()
    # The later one counts, and both are told.
    for lab in (one, other):
        lab.wait_for_light("conflict")
        card = lab.row("lr").get_by_test_id("conflict")
        expect(card.get_by_test_id("conflict-keep-side")).to_contain_text("Yours, ")
        expect(card.get_by_test_id("conflict-before-side")).to_contain_text("0.1")
    expect(one.row("lr").get_by_test_id("conflict-take-side")).to_contain_text("0.28")
    expect(other.row("lr").get_by_test_id("conflict-take-side")).to_contain_text("0.35")
    assert stored(one, "lr") == 0.35

    # The light goes there, also for whoever has no mouse.
    other.light.focus()
    press(other, "Enter")
    expect(other.panel.get_by_test_id("conflict-keep")).to_be_focused()
    tab_to(other, other.panel.get_by_test_id("conflict-take"))
    press(other, "Enter")
    other.wait_for_light("saved")
    other.expect_value("lr", "0.35")
    focus_stays(other)
    # What was not taken comes back, as a new edit.
    tab_to(other, other.panel.get_by_test_id("notice-action"))
    press(other, "Enter")
    wait_for(lambda: stored(one, "lr"), 0.28)
    focus_stays(other)
    tab_to(one, one.panel.get_by_test_id("conflict-keep"))
    press(one, "Enter")
    wait_for(lambda: stored(one, "lr"), 0.35)
    focus_stays(one)
    for lab in (one, other):
        lab.wait_for_light("saved")
        lab.expect_value("lr", "0.35")


def test_two_tabs_type_at_once_and_what_one_leaves_as_it_crashes_the_other_sends(
    jupyter: Jupyter, open_lab: OpenLab
) -> None:
    path = jupyter.notebook("tabs.ipynb", ["pass"])
    one = open_lab(jupyter, path, fresh=True)
    for name in ("mine", "yours", "both"):
        one.add(name, "0")
    page = one.page.context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    tab = Lab(page, jupyter, f"{one.workspace}-tab")
    channel = SlowChannel(tab)
    tab.open(path)
    one.type("mine", "12345")
    tab.type("yours", "67890")
    tab.type("both", "1")
    for name, value in (("mine", 12345), ("yours", 67890), ("both", 1)):
        wait_for(lambda: stored(tab, name), value)  # noqa: B023
    for lab in (one, tab):
        lab.wait_for_light("saved")
        lab.expect_value("mine", "12345")
        lab.expect_value("yours", "67890")
        lab.expect_value("both", "1")
    channel.is_held = True
    tab.type("yours", "777")
    with suppress(Error):
        page.goto("chrome://crash")
    page.close()
    assert jupyter.variables(path)["yours"] == 67890
    # It looks for what others left when it comes, and now and then.
    one.reload()
    wait_for(lambda: jupyter.variables(path)["yours"], 777)
    one.expect_value("yours", "777")
    one.wait_for_light("saved")
