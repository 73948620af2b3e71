"""Where the keys go, and whether one sees it there."""

from __future__ import annotations

import re

from .lab import Lab

# What has the focus is looked at as an arrow, Home, End or Tab is about to take it away, and again when it has: what is not
# drawn otherwise then, by an outline, a frame or a shadow of its own or of what it stands in, does not show that the keys
# go there. Nor does one whose colour is next to that of the ground: 3 : 1 is what WCAG asks (1.4.11).
WATCH = """() => {
    const LEAVING = ['Tab', 'Home', 'End', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'];
    const PARTS = '.jp-SessionPanel, .jp-SessionStatus, .jp-SessionStepForm, .jp-SessionLarge-body';
    const END = ':is(.jp-SessionPanel, .jp-SessionStepForm, [data-testid="row"], [role="tree"], [role="grid"])';
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const mixed = colours => {
        canvas.clearRect(0, 0, 1, 1);
        for (const colour of colours) {
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
        }
        return canvas.getImageData(0, 0, 1, 1).data;
    };
    const groundOf = element => {
        const colours = [];
        for (let each = element; each !== null; each = each.parentElement) {
            const colour = getComputedStyle(each).backgroundColor;
            colours.unshift(colour);
            if (mixed([colour])[3] === 255) break;
        }
        return colours;
    };
    const light = ([r, g, b]) => {
        const part = x => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const contrast = (ground, colour) => {
        const both = [light(mixed(ground)), light(mixed([...ground, colour]))].sort((a, b) => a - b);
        return (both[1] + 0.05) / (both[0] + 0.05);
    };
    /** By how much (px) what is drawn so far around it is cut off, where nothing can be scrolled. */
    const cutOff = (element, reach) => {
        const box = element.getBoundingClientRect();
        let most = 0;
        for (let each = element.parentElement; each.matches('.jp-SessionPanel *, .jp-SessionPanel'); each = each.parentElement) {
            const { overflowX, overflowY } = getComputedStyle(each);
            if ([overflowX, overflowY].some(way => way === 'auto' || way === 'scroll')) break;
            const frame = each.getBoundingClientRect();
            const across = [frame.left - box.left + reach, box.right + reach - frame.right];
            const down = [frame.top - box.top + reach, box.bottom + reach - frame.bottom];
            most = Math.max(most, ...(overflowX === 'visible' ? [] : across), ...(overflowY === 'visible' ? [] : down));
        }
        return most;
    };
    const look = element => {
        const looks = [];
        for (let each = element; each !== null && looks.length < 5; each = each.parentElement) {
            const style = getComputedStyle(each);
            const isOutlined = style.outlineStyle !== 'none' && style.outlineWidth !== '0px';
            const edges = ['Top', 'Right', 'Bottom', 'Left'].map(edge =>
                [style[`border${edge}Style`], style[`border${edge}Width`], style[`border${edge}Color`]].join(' '));
            looks.push({
                element: each,
                outline: isOutlined ? `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}` : 'none',
                shadow: style.boxShadow,
                border: edges.join(),
                // The browser's own ring has two colours, one of which is seen on any ground.
                isRing: isOutlined && style.outlineStyle === 'auto',
                outlineColour: style.outlineColor,
                shadowColour: /(?:rgb|color)a?\\([^)]*\\)/.exec(style.boxShadow)?.[0],
                borderColour: style.borderTopColor,
                cutOff: cutOff(each, parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth)),
                isApart: parseFloat(style.outlineOffset) >= 1,
                inside: groundOf(each),
                outside: groundOf(each.parentElement ?? each),
            });
            if (each.matches(END)) break;
        }
        return looks;
    };
    const nameOf = element => [
        document.body.dataset.jpThemeName,
        element.dataset.testid ?? element.getAttribute('role') ?? element.tagName,
        element.className,
        element.getAttribute('aria-label') ?? element.textContent.slice(0, 40),
    ].join(' | ');
    /** Why nobody sees that it has the focus; null where one does. */
    const whyNot = (focused, left) => {
        let why = 'looks the same without the focus';
        for (const [i, on] of focused.entries()) {
            const off = left[i];
            if (on.element !== off?.element) break;
            const ways = ['outline', 'shadow', 'border'].filter(way => on[way] !== off[way] && on[way] !== 'none');
            for (const way of ways) {
                if (on.isRing && way === 'outline') return null;
                if (way === 'outline' && on.cutOff > 1.5) {
                    why = `${on.cutOff} px of the outline are cut off`;
                    continue;
                }
                const colour = on[`${way}Colour`];
                // What touches what it goes around has to differ from that, too.
                const grounds = way === 'outline' && on.isApart ? [on.outside] : [on.outside, on.inside];
                const least = Math.min(...grounds.map(ground => contrast(ground, colour)));
                if (least >= 3) return null;
                why = `${way} ${colour}: a contrast of ${least.toFixed(2)}`;
            }
        }
        return why;
    };
    window.focusWatch?.end();
    const ending = new AbortController();
    const watch = (window.focusWatch = { stops: [], unseen: [], end: () => ending.abort() });
    let before = null;
    addEventListener('keydown', event => {
        const element = document.activeElement;
        const isOurs = LEAVING.includes(event.key) && element.closest(PARTS) !== null && element.matches(':not(:disabled)');
        before = isOurs ? { element, look: look(element) } : null;
    }, { capture: true, signal: ending.signal });
    addEventListener('keyup', () => {
        const { element, look: focused } = before ?? {};
        before = null;
        if (element === undefined || element === document.activeElement || !element.isConnected) return;
        const name = nameOf(element);
        watch.stops.push(name);
        const why = whyNot(focused, look(element));
        if (why !== null) watch.unseen.push(`${name}: ${why}`);
    }, { capture: true, signal: ending.signal });
}"""
RESULT = "() => { const { stops, unseen, end } = window.focusWatch; end(); return [stops, [...new Set(unseen)]]; }"
STOP = """() => {
    const at = document.activeElement;
    window.focusStops ??= [];
    const isNew = at.closest('.jp-SessionPanel') !== null && !window.focusStops.includes(at);
    window.focusStops.push(at);
    return isNew;
}"""


def watch(lab: Lab) -> None:
    """From here on: each place that the keys leave is looked at."""
    # A frame on its way to another colour has neither.
    lab.page.emulate_media(reduced_motion="reduce")
    lab.evaluate(WATCH)


def check(lab: Lab, at_least: int) -> None:
    """Each place that the keys have left showed that they were there; there were so many of them, or more."""
    stops, unseen = lab.evaluate(RESULT)
    lab.page.emulate_media(reduced_motion="no-preference")
    assert unseen == [], "\n".join(unseen)
    assert len(stops) >= at_least, "\n".join(stops)


def walk(lab: Lab) -> list[str]:
    """Tab by Tab through all of the panel, from the session's name on; the names of the places."""
    lab.panel.get_by_test_id("choose-session").focus()
    lab.evaluate("() => { window.focusStops = []; }")
    seen: list[str] = []
    while lab.evaluate(STOP):
        seen.append(re.sub(r"\s+", " ", lab.evaluate("() => document.activeElement.dataset.testid ?? ''")))
        lab.page.keyboard.press("Tab")
        assert len(seen) < 200, seen
    return seen
