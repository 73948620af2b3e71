"""Names and keys that every JavaScript object has without having them: only names and keys, in the page too."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.jupyter import Jupyter

from .conftest import OpenLab
from .lab import Lab, wait_for

NAMES = ["constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "__defineGetter__"]
NESTED = '{"__proto__":{"polluted":1,"__proto__":{"toString":"x"}},"constructor":{"prototype":{"polluted":1.0}}}'
EDITED = '{"__proto__":{"polluted":2.0,"hasOwnProperty":false},"constructor":null,"a":{"__proto__":[1E2]}}'

# What an empty object has, with what is behind it; and whether the marks that the values carry came to be anywhere.
SHAPE = """() => JSON.stringify([
    ...[Object, Array, Function, Map, String, Number].map(kind =>
        Reflect.ownKeys(kind.prototype).map(key => {
            const { value } = Object.getOwnPropertyDescriptor(kind.prototype, key);
            return `${String(key)} ${typeof value} ${typeof value === 'function' ? value : ''}`;
        })),
    ({}).polluted === undefined, [].polluted === undefined, (() => 0).polluted === undefined,
])"""


def stored(jupyter: Jupyter, path: str, name: str) -> str:
    """The text of a value as the server has it."""
    session = jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"]
    answer = jupyter.request("GET", f"/api/session/{session}/variables/{name}").text
    start = answer.index('"value":') + len('"value":')
    _, length = json.JSONDecoder().raw_decode(answer[start:])
    return answer[start : start + length]


def copied(lab: Lab, name: str) -> str:
    """The text that the row's menu puts on the clipboard: what the panel holds, digit for digit."""
    lab.row(name).get_by_test_id("row-menu").click()
    lab.page.locator('[data-testid="menu-copy"]').click()
    expect(lab.panel).to_contain_text(f"Copied the value of {name}.")
    return str(lab.evaluate("() => navigator.clipboard.readText()"))


def edit_as_json(lab: Lab, name: str, text: str) -> None:
    lab.row(name).get_by_test_id("row-menu").click()
    lab.page.locator('[data-testid="menu-json"]').click()
    lab.editor(name).click()
    lab.page.keyboard.press("ControlOrMeta+a")
    lab.page.keyboard.insert_text(text)
    lab.page.keyboard.press("ControlOrMeta+Enter")
    lab.wait_for_light("saved")


def test_names_and_keys_that_every_object_has_are_only_names_and_keys(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("prototypes.ipynb", ["pass"])
    lab = open_lab(jupyter, path, permissions=["clipboard-read", "clipboard-write"])
    before = lab.evaluate(SHAPE)
    for number, name in enumerate(NAMES):
        lab.add(name, str(number))
        lab.expect_value(name, str(number))
        lab.set(name, f"{number}.5")
    lab.add("nested", NESTED)
    assert stored(jupyter, path, "nested") == NESTED
    assert copied(lab, "nested") == NESTED
    lab.add("valueOf2", NESTED)
    edit_as_json(lab, "nested", EDITED)
    wait_for(lambda: stored(jupyter, path, "nested"), EDITED)
    assert copied(lab, "nested") == EDITED
    edit_as_json(lab, "constructor", NESTED)
    wait_for(lambda: stored(jupyter, path, "constructor"), NESTED)
    # As another page reads it, from the server and from what this browser remembers.
    lab.reload()
    for name, text in {"nested": EDITED, "constructor": NESTED, "valueOf2": NESTED}.items():
        assert copied(lab, name) == stored(jupyter, path, name) == text
    for number, name in enumerate(NAMES[1:], 1):
        lab.expect_value(name, f"{number}.5")
        assert stored(jupyter, path, name) == f"{number}.5"
    lab.screenshot("prototypes")
    assert lab.evaluate(SHAPE) == before


def test_a_name_that_cannot_be_one_is_refused_with_a_sentence(jupyter: Jupyter, open_lab: OpenLab) -> None:
    path = jupyter.notebook("proto.ipynb", ["pass"])
    lab = open_lab(jupyter, path)
    before = lab.evaluate(SHAPE)
    lab.panel.get_by_test_id("add-button").click()
    lab.panel.get_by_test_id("add-name").fill("__proto__")
    lab.panel.get_by_test_id("add-value").fill('{"polluted": 1}')
    lab.panel.get_by_test_id("add-save").click()
    expect(lab.panel).to_contain_text("This name is reserved: take another one.")
    expect(lab.row("__proto__")).to_have_count(0)
    assert jupyter.variables(path) == {}
    lab.panel.get_by_test_id("add-name").fill("__proto")
    lab.panel.get_by_test_id("add-save").click()
    wait_for(lambda: jupyter.variables(path), {"__proto": {"polluted": 1}})
    assert lab.evaluate(SHAPE) == before
