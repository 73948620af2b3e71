"""Nobody is kept out: no violation that axe-core knows, in what states the panel has and in three themes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, WebSocketRoute, expect

from tests.jupyter import Jupyter

from . import axe
from .conftest import FAILED
from .lab import PATIENCE_MS, PLAIN, Lab, wait_for

LOAD = "%load_ext session_state_ext"
DIVIDE = "%%session step divide --in by --out share\nshare = 12 / by"
# As many as are in view of a long list.
LONG = {f"the_name_of_a_variable_that_somebody_has_chosen_who_likes_whole_sentences_{i}": i for i in range(500)}
VALUES: dict[str, Any] = {
    "frame": {
        "$dataframe": {
            "columns": [{"name": "lr", "dtype": "float64", "data": [0.5, None]}],
            "index": {"name": None, "dtype": "object", "data": ["a", "b"]},
        }
    },
    "nothing": {"$numberDouble": "NaN"},
    "people": [{"who": "ann", "age": 31}, {"who": "bob", "age": 45}],
    "matrix": [[1, 2], [3, 4]],
    "space": {"model": {"kind": "ridge", "deep": True}, "note": None},
    "text": {"as": "JSON"},
}
TYPED = "import numpy as np\nsession['curve'] = np.arange(50.0)\nsession['grid'] = np.ones((4, 6))\nsession['raw'] = b'x' * 99"


class Panel:
    """One page for all states, on a channel that can be cut."""

    def __init__(self, lab: Lab, jupyter: Jupyter) -> None:
        self.lab = lab
        self.jupyter = jupyter
        self.is_cut = False
        #: whether the server says that one may only read
        self.reads_only = False
        self.channels: list[WebSocketRoute] = []
        self.session = ""
        lab.page.route_web_socket(re.compile(r"/api/session/[^/]+/channel"), self._connect)

    def _connect(self, channel: WebSocketRoute) -> None:
        if self.is_cut:
            channel.close(code=1011)
        else:
            server = channel.connect_to_server()
            if self.reads_only:
                server.on_message(lambda text: channel.send(str(text).replace('"readOnly":false', '"readOnly":true')))
            self.channels.append(channel)

    def reload(self) -> None:
        self.is_cut = False
        self.lab.reload()
        axe.inject(self.lab)

    def cut(self) -> None:
        self.is_cut = True
        for channel in self.channels:
            channel.close(code=1011)
        self.channels.clear()
        self.lab.wait_for_light("offline")

    def mend(self) -> None:
        self.is_cut = False
        self.lab.evaluate("() => window.dispatchEvent(new Event('online'))")

    def put(self, values: dict[str, Any], **more: Any) -> None:
        answer = self.jupyter.request("POST", f"/api/session/{self.session}", json={"variables": values, **more})
        assert answer.ok, answer.text

    def empty(self) -> None:
        self.put({}, removed=list(self.jupyter.variables(self.lab.path)))
        expect(self.at("row")).to_have_count(0)

    def at(self, testid: str) -> Locator:
        return self.lab.panel.get_by_test_id(testid)


@pytest.fixture(scope="module")
def shared(browser: Browser, jupyter: Jupyter) -> Iterator[Panel]:
    page = browser.new_context(viewport={"width": 1280, "height": 1400}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    lab = Lab(page, jupyter, "accessible")
    panel = Panel(lab, jupyter)
    path = jupyter.notebook("accessible.ipynb", [LOAD, DIVIDE, TYPED])
    panel.session = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    lab.open(path)
    lab.run_cell(0)
    axe.inject(lab)
    yield panel
    lab.wear(PLAIN)
    page.context.close()


@pytest.fixture
def panel(shared: Panel, request: pytest.FixtureRequest) -> Iterator[Panel]:
    """Without a variable."""
    shared.empty()
    yield shared
    if request.node.stash.get(FAILED, False):
        shared.reload()


def test_an_empty_session(panel: Panel) -> None:
    expect(panel.at("empty")).to_be_visible()
    axe.check(panel.lab)


def test_three_variables_and_the_menus(panel: Panel) -> None:
    panel.put({"lr": 0.1, "on": True, "note": "x"})
    expect(panel.at("row")).to_have_count(3)
    axe.check(panel.lab)
    panel.at("panel-menu").click()
    axe.check(panel.lab, ".lm-Menu")
    panel.lab.page.keyboard.press("Escape")
    panel.lab.row("lr").get_by_test_id("row-menu").click()
    axe.check(panel.lab, ".lm-Menu")
    panel.lab.page.get_by_test_id("menu-declare").click()
    expect(panel.lab.page.get_by_test_id("declare-description")).to_be_focused()
    axe.check(panel.lab, ".jp-Dialog")
    panel.lab.page.keyboard.press("Escape")
    panel.lab.row("lr").get_by_test_id("row-menu").click()
    panel.lab.page.get_by_test_id("menu-rename").click()
    panel.at("add-button").click()
    panel.at("add-name").fill("1 ")
    panel.at("add-value").fill("[1, 2")
    panel.at("add-save").click()
    panel.lab.type("note", "not yet sent")
    axe.check(panel.lab, ".jp-SessionStatus")
    panel.at("add-cancel").click()


def test_values_of_all_kinds_in_brief_open_and_selected(panel: Panel) -> None:
    lab = panel.lab
    lab.run_cell(2)
    panel.put(VALUES)
    expect(panel.at("row")).to_have_count(len(VALUES) + 3)
    axe.check(lab)
    for name in ("frame", "people", "matrix", "space", "grid"):
        lab.editor(name).click()
    lab.row("space").locator('[data-pointer="/model"]').focus()
    lab.page.keyboard.press("ArrowRight")
    lab.row("text").get_by_test_id("row-menu").click()
    lab.page.get_by_test_id("menu-json").click()
    lab.page.keyboard.type("[")
    lab.row("matrix").get_by_role("gridcell").first.click()
    lab.page.keyboard.type("x")
    expect(panel.at("problem")).to_have_count(2)
    panel.at("rows").press("ControlOrMeta+a")
    expect(panel.at("selection-bar")).to_be_visible()
    axe.check(lab)
    panel.at("rows").press("Escape")
    lab.row("matrix").get_by_test_id("place").press("Escape")


def test_500_variables_with_long_names(panel: Panel) -> None:
    panel.put(LONG)
    expect(panel.at("row").nth(5)).to_be_visible()
    axe.check(panel.lab)


def test_offline_and_a_conflict(panel: Panel) -> None:
    lab = panel.lab
    panel.put({"lr": 0.1, "grid": {"a": 1}})
    lab.expect_value("lr", "0.1")
    panel.cut()
    lab.type("lr", "0.2")
    lab.page.keyboard.press("Enter")
    expect(lab.light).to_contain_text("1 edit kept")
    axe.check(lab, ".jp-SessionStatus")
    panel.put({"lr": 0.3})
    panel.mend()
    lab.wait_for_light("conflict")
    axe.check(lab, ".jp-SessionStatus")
    panel.at("conflict-keep").click()
    lab.wait_for_light("saved")


def test_steps_fresh_stale_and_failed(panel: Panel) -> None:
    lab = panel.lab
    panel.put({"by": 4})
    lab.run_cell(1)
    lab.expect_step("divide", "fresh")
    axe.check(lab)
    panel.put({"by": 0})
    lab.expect_step("divide", "stale")
    axe.check(lab)
    lab.run_step("divide")
    lab.expect_step("divide", "failed")
    axe.check(lab)


def test_the_graph(panel: Panel) -> None:
    lab = panel.lab
    panel.put({"by": 4})
    panel.at("steps-graph").click()
    expect(panel.at("node").first).to_be_visible()
    axe.check(lab)
    panel.at("steps-list").click()


def test_a_run_that_does_not_start(panel: Panel) -> None:
    lab = panel.lab
    panel.put({"by": 4})
    lab.type("by", "4,5x")
    panel.at("run-all").click()
    card = panel.at("stopped")
    expect(card).to_contain_text("Not started. by: “4,5x” cannot be saved.")
    axe.check(lab)
    # The light leads to what is in the way.
    lab.light.click()
    expect(lab.editor("by")).to_be_focused()
    lab.page.keyboard.press("Escape")
    lab.run_step("divide")
    lab.expect_step("divide", "fresh")
    lab.type("by", "6x")
    lab.run_step("divide")
    expect(lab.step("divide").get_by_test_id("step-trouble")).to_be_visible()
    axe.check(lab)
    panel.at("step-run-anyway").click()
    lab.expect_step("divide", "fresh")
    lab.expect_value("share", "3.0")
    lab.editor("by").press("Escape")


def test_a_run_whose_edits_do_not_reach_the_server(panel: Panel) -> None:
    lab = panel.lab
    panel.put({"by": 4})
    lab.expect_value("by", "4")
    panel.cut()
    lab.type("by", "6")
    lab.run_step("divide")
    trouble = lab.step("divide").get_by_test_id("step-trouble")
    expect(trouble).to_contain_text("Not started")
    expect(trouble.get_by_test_id("step-run-anyway")).to_have_text("Run with 4")
    axe.check(lab)
    # Still offline: once more the same, and nothing has run.
    trouble.get_by_test_id("step-retry").click()
    expect(trouble).to_have_count(0)
    expect(trouble).to_contain_text("Not started")
    expect(panel.at("row").filter(has_text="share")).to_have_count(0)
    # On what is saved, if one wants that; the record comes when the page is there again.
    trouble.get_by_test_id("step-run-anyway").click()
    wait_for(lambda: panel.jupyter.variables(lab.path).get("share"), 3.0)
    lab.expect_value("by", "6")
    expect(lab.light).to_have_text("Offline, 1 edit kept")
    panel.mend()
    lab.wait_for_light("saved")
    lab.expect_step("divide", "stale")
    # Offline again, and back before *Retry*, of one and of several.
    for run, value in ((lambda: lab.run_step("divide"), "8"), (lambda: panel.at("run-all").click(), "2")):
        panel.cut()
        lab.type("by", value)
        run()
        retry = panel.at("step-retry").last
        expect(retry).to_be_visible()
        panel.mend()
        lab.wait_for_light("saved")
        retry.click()
        lab.expect_step("divide", "fresh")
        lab.expect_value("share", f"{12 / float(value)}")
        expect(panel.at("step-trouble")).to_have_count(0)


def test_a_reader(panel: Panel) -> None:
    lab = panel.lab
    panel.put({"lr": 0.1})
    panel.reads_only = True
    panel.cut()
    panel.mend()
    lab.wait_for_light("readonly")
    expect(lab.editor("lr")).not_to_be_editable()
    expect(panel.at("add-button")).to_be_disabled()
    axe.check(lab)
    lab.row("lr").get_by_test_id("row-menu").click()
    for entry in ("lock", "rename", "delete"):
        expect(lab.page.get_by_test_id(f"menu-{entry}")).to_have_class(re.compile("lm-mod-disabled"))
    lab.page.keyboard.press("Escape")
    lab.light.click()
    expect(panel.at("notice")).to_contain_text("You may read this session, not change it.")
    panel.at("history-button").click()
    expect(panel.at("history-trouble")).to_contain_text("you can look and compare")
    panel.at("history-close").click()
    panel.empty()
    expect(panel.at("empty")).to_contain_text("You may read it")
    expect(panel.at("empty-add")).to_have_count(0)
    panel.reads_only = False
    panel.cut()
    panel.mend()
    lab.wait_for_light("saved")


FULL = """() => {
    const full = () => { throw new DOMException('', 'QuotaExceededError'); };
    window.roomy ??= [Storage.prototype.setItem, IDBObjectStore.prototype.put];
    Storage.prototype.setItem = IDBObjectStore.prototype.put = full;
}"""
ROOMY = "() => { [Storage.prototype.setItem, IDBObjectStore.prototype.put] = window.roomy; }"


def test_a_browser_without_room(panel: Panel) -> None:
    lab = panel.lab
    panel.put({"lr": 0.1})
    lab.expect_value("lr", "0.1")
    panel.cut()
    lab.evaluate(FULL)
    lab.type("lr", "0.2")
    lab.wait_for_light("notkept")
    expect(lab.light).to_have_text("Not kept")
    axe.check(lab, ".jp-SessionStatus")
    lab.light.click()
    expect(panel.at("notice")).to_contain_text("do not close this page before they are saved")
    panel.mend()
    lab.wait_for_light("saved")
    assert panel.jupyter.variables(lab.path)["lr"] == 0.2
    lab.evaluate(ROOMY)


def test_a_session_that_is_deleted_elsewhere(panel: Panel) -> None:
    lab = panel.lab
    panel.put({"lr": 0.1, "grid": {"a": 1}, "note": "x"})
    expect(panel.at("row")).to_have_count(3)
    assert panel.jupyter.request("DELETE", f"/api/session/{panel.session}").ok
    expect(panel.at("ended")).to_contain_text("was deleted")
    lab.expect_value("lr", "0.1")
    lab.type("note", "typed since")
    axe.check(lab, ".jp-SessionStatus")
    panel.at("start-with-values").click()
    lab.wait_for_light("saved")
    expect(panel.at("ended")).to_have_count(0)
    assert panel.jupyter.variables(lab.path) == {"lr": 0.1, "grid": {"a": 1}, "note": "typed since"}
    attached = panel.jupyter.request("POST", "/api/session/attach", json={"path": lab.path}).json()["sessionId"]
    assert attached != panel.session
    panel.session = attached


def test_what_came_while_one_was_away(panel: Panel) -> None:
    lab = panel.lab
    panel.put({"lr": 0.1})
    lab.set("lr", "0.2")
    lab.page.goto("about:blank")
    panel.put({"lr": 0.3})
    lab.open(lab.path)
    axe.inject(lab)
    expect(panel.at("news")).to_be_visible()
    axe.check(lab)
    panel.at("news-dismiss").click()


def test_the_history(panel: Panel) -> None:
    lab = panel.lab
    panel.put({"lr": 0.1, "grid": {"a": 1}, "text": "a long one " * 40})
    panel.put({"lr": 0.2, "grid": {"a": 2}, "text": "another long one " * 40})
    panel.jupyter.request("PUT", f"/api/session/{panel.session}/snapshots/good", json={})
    lab.expect_value("lr", "0.2")
    panel.at("history-button").click()
    expect(panel.at("history-line").first).to_be_visible()
    axe.check(lab)
    panel.at("history-look").nth(1).click()
    expect(panel.at("looked-rows")).to_be_visible()
    axe.check(lab)
    panel.at("looked").get_by_role("button").first.click()
    panel.at("history-line-menu").first.click()
    axe.check(lab, ".lm-Menu")
    lab.page.get_by_test_id("menu-compare-before").click()
    expect(panel.at("compared").first).to_be_visible()
    axe.check(lab)
    panel.at("history-back").click()
    panel.at("history-close").click()


def test_the_list_of_sessions(panel: Panel) -> None:
    for name in ("a", "a name that goes on and on for longer than anything is wide"):
        panel.jupyter.request("POST", "/api/session", json={"name": name, "variables": {"x": 1}})
    panel.at("choose-session").click()
    expect(panel.at("session-item").nth(1)).to_be_visible()
    axe.check(panel.lab)
    panel.at("session-menu").first.click()
    axe.check(panel.lab, ".lm-Menu")
    panel.lab.page.keyboard.press("Escape")
    panel.lab.page.keyboard.press("Escape")


def test_the_dialog_that_makes_a_cell_a_step(panel: Panel) -> None:
    panel.lab.cell(2).locator(".jp-InputArea-editor").click()
    panel.lab.command("session-state:make-step")
    expect(panel.lab.page.locator(".jp-SessionStepForm")).to_be_visible()
    axe.check(panel.lab, ".jp-SessionStepForm")
    panel.lab.page.keyboard.press("Escape")
    expect(panel.lab.page.locator(".jp-SessionStepForm")).to_have_count(0)


def test_what_is_wrong_would_be_found(panel: Panel) -> None:
    panel.lab.panel.evaluate("panel => panel.insertAdjacentHTML('afterbegin', '<button></button><input>')")
    found = "\n".join(axe.violations(panel.lab))
    panel.reload()
    for theme in axe.THEMES:
        assert f"{theme}: button-name" in found
        assert f"{theme}: label" in found
