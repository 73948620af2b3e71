"""What somebody does who has no mouse, in their words: press, go there by Tab, choose in a menu or in the palette."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from .lab import Lab, wait_for

IN_PANEL = "() => document.querySelector('.jp-SessionPanel').contains(document.activeElement)"

AT = "() => document.activeElement.dataset.testid ?? document.activeElement.outerHTML.slice(0, 80)"


def press(lab: Lab, *keys: str) -> None:
    for key in keys:
        lab.page.keyboard.press(key)


def tab_to(lab: Lab, target: Locator, key: str = "Tab") -> None:
    """Tab by Tab, as somebody would who has nothing else; `focus.watch` looks at each stop."""
    passed = []
    for _ in range(80):
        if target.evaluate("element => element === document.activeElement"):
            return
        passed.append(lab.evaluate(AT))
        press(lab, key)
    raise AssertionError(f"{target} is not reached by {key}, which went by {passed}")


def focus_stays(lab: Lab) -> None:
    wait_for(lambda: lab.evaluate(IN_PANEL), True)


def choose(lab: Lab, entry: str) -> None:
    """Down to an entry of the open menu, and Enter."""
    item = lab.page.get_by_test_id(f"menu-{entry}")
    expect(item).to_be_visible()
    for _ in range(30):
        if "lm-mod-active" in (item.get_attribute("class") or ""):
            break
        press(lab, "ArrowDown")
    press(lab, "Enter")


def by_palette(lab: Lab, words: str) -> None:
    field = lab.page.locator(".lm-CommandPalette-input")
    active = lab.page.locator(".lm-CommandPalette-item.lm-mod-active")

    def has_focus() -> bool:
        return bool(field.evaluate("field => field === document.activeElement"))

    def found() -> bool:
        # It closes when something else takes the focus, as a notebook that has just been opened does.
        if not has_focus():
            press(lab, "ControlOrMeta+Shift+c")
        if has_focus() and field.input_value() != words:
            press(lab, "ControlOrMeta+a")
            # Not letter by letter: they would be commands to a notebook that takes the focus meanwhile.
            lab.page.keyboard.insert_text(words)
        return has_focus() and any(words in text for text in active.all_inner_texts())

    wait_for(found, True)
    press(lab, "Enter")
