"""What is looked at in a picture: the panel at several widths and in several themes, and what it must never show."""

from __future__ import annotations

import os
from collections.abc import Iterator

from .lab import PLAIN, Lab

DARK = "JupyterLab Dark"
CONTRAST = "JupyterLab Dark High Contrast"
THEMES = (PLAIN, DARK, CONTRAST)
WIDTHS = {"narrow": 250, "wide": 480}
#: `LOOKS=all` takes the pictures in every theme, to be looked at. What is cut in one is cut in all of them.
ALL = os.environ.get("LOOKS") == "all"
# What is cut without a sign of it, or reaches beyond the panel's edge.
CUT = """panel => {
    const edge = panel.getBoundingClientRect().right + 1;
    return [...panel.querySelectorAll('*')].filter(e => {
        if (e.closest('.cm-editor, svg, input, textarea, select') || e.clientWidth === 0) return false;
        const style = getComputedStyle(e);
        const hides = ['hidden', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis';
        return e.getBoundingClientRect().right > edge || (hides && e.scrollWidth > e.clientWidth + 1);
    }).map(e => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`);
}"""


def shades(lab: Lab, *themes: str) -> Iterator[str]:
    """Wears these themes, by default the light one, and gives what each is called in a picture's name.

    By `LOOKS=all` it is every theme by default. The one that is worn comes first: a theme takes most of a second to
    put on.
    """
    for theme in sorted(themes or (THEMES if ALL else (PLAIN,)), key=lambda theme: theme != lab.theme):
        if theme != lab.theme:
            lab.wear(theme)
        yield theme.removeprefix("JupyterLab ").lower().replace(" ", "-")


def widths(lab: Lab, **named: int) -> Iterator[str]:
    """Makes the panel each of these wide (px), by default 250 and 480, and gives their names."""
    for name, width in (named or WIDTHS).items():
        lab.make_wide(width)
        yield name
