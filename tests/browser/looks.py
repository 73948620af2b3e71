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
# What is cut without a sign of it, or reaches beyond the panel's edge; and of what a row is known by, its name, type, author
# and description, also what ends in dots. A word that is not there at all is not cut.
CUT = """panel => {
    const edge = panel.getBoundingClientRect().right + 1;
    const isCut = e => {
        const [box, around] = [e, e.parentElement].map(each => each.getBoundingClientRect());
        const isSeen = box.width > 0 && box.top < around.bottom - 1;
        const isBeyond = box.right > around.right + 1 || box.left < around.left - 1;
        return isSeen && (isBeyond || e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 3);
    };
    const words = [...panel.querySelectorAll(
        '.jp-SessionRow :is(.jp-SessionRow-name, [data-testid="type"], .jp-SessionRow-author, .jp-SessionRow-ago)')];
    const abouts = [...panel.querySelectorAll('[data-testid="about"]')].filter(e =>
        e.scrollWidth > e.clientWidth + 1 || (e.closest('button') === null && e.scrollHeight > e.clientHeight + 1));
    const dotted = [...words.filter(isCut), ...abouts].map(e => `in dots: ${e.className}: ${e.textContent.slice(0, 80)}`);
    return [...panel.querySelectorAll('*')].filter(e => {
        if (e.closest('.cm-editor, svg, input, textarea, select') || e.clientWidth === 0) return false;
        if (e.matches('.jp-SessionRow-kinds, .jp-SessionRow-who')) return false;
        const style = getComputedStyle(e);
        const hides = ['hidden', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis';
        return e.getBoundingClientRect().right > edge || (hides && e.scrollWidth > e.clientWidth + 1);
    }).map(e => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`).concat(dotted);
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
