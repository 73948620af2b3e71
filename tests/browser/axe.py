"""axe-core in the page: what a person could not read, reach or be told of by a screen reader."""

from __future__ import annotations

from pathlib import Path

from .lab import Lab
from .looks import THEMES

SCRIPT = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async ([theme, parts]) => {
    if (document.body.dataset.jpThemeName !== theme) {
        void window.jupyterapp.commands.execute('apputils:change-theme', { theme });
        while (document.body.dataset.jpThemeName !== theme) await new Promise(resolve => setTimeout(resolve, 10));
    }
    // A colour on its way to another is neither.
    await Promise.all(document.getAnimations().filter(each => each.effect.getTiming().iterations !== Infinity)
        .map(each => each.finished.catch(() => undefined)));
    const include = parts.filter(each => document.querySelector(each) !== null).map(each => [each]);
    const { violations } = await axe.run({ include }, { resultTypes: ['violations'] });
    return violations.flatMap(rule => rule.nodes.map(node =>
        `${theme}: ${rule.id}: ${node.target}: ${node.failureSummary.split('\\n').slice(1).join(' ')}`));
}"""


def inject(lab: Lab) -> None:
    lab.evaluate(SCRIPT.read_text())


def violations(lab: Lab, *parts: str) -> list[str]:
    """What is wrong within these parts of the page, and within the panel, in any of the themes."""
    found: list[str] = []
    for theme in THEMES:
        found += lab.evaluate(RUN, [theme, [".jp-SessionPanel", *parts]])
        # Whoever opened the page takes it off again.
        lab.theme = theme
    return found


def check(lab: Lab, *parts: str) -> None:
    found = violations(lab, *parts)
    assert not found, "\n".join(found)
