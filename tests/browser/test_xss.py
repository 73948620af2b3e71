"""Published cross-site scripting payloads wherever a stranger's words are shown: they are shown, and that is all."""

from __future__ import annotations

import json
import re
import struct
import unicodedata
import zlib
from base64 import b64encode
from itertools import cycle, islice
from typing import Any
from urllib.parse import quote

import brs_kb
from playwright.sync_api import Browser, Dialog, Locator, Page, Request, WebSocketRoute, expect

from tests.jupyter import Jupyter

from .lab import PATIENCE_MS, Lab, wait_for

USER = "a user"
LOAD = "%load_ext session_state_ext"
SHOW = """ip = get_ipython()
for line in ["", "list", "history", "snapshot"]:
    shown = ip.run_line_magic("session", line)
    if shown is not None:
        display(shown)
display(session, session.history(), session.snapshots(), session.diff(0))"""

# Of every element that comes into the page, from its first moment on: its kind and the names of its attributes.
WATCH = """
window.made = { panel: new Set(), output: new Set(), handlers: new Set() };
const look = element => {
    const names = element.getAttributeNames();
    const kind = `${element.tagName.toLowerCase()} ${names.sort().join(' ')}`;
    if (names.some(name => /^on/i.test(name))) window.made.handlers.add(kind);
    if (element.closest('[data-testid="session-panel"]')) window.made.panel.add(kind);
    else if (element.closest('.jp-OutputArea-output')) window.made.output.add(kind);
};
new MutationObserver(records => {
    for (const { addedNodes, target, type } of records) {
        if (type === 'attributes') look(target);
        for (const node of addedNodes) {
            if (node.nodeType === Node.ELEMENT_NODE) [node, ...node.querySelectorAll('*')].forEach(look);
        }
    }
}).observe(document, { subtree: true, childList: true, attributes: true });
"""

# Where JupyterLab itself looks things up on its own server.
OWN_PATHS = re.compile(
    r"/(api|static|lsp|custom|kernelspecs/python3|favicon\.ico|lab/(api|extensions|static|workspaces/[^/]+/tree/[^/]+\.ipynb))\b"
)


def published() -> list[str]:
    """Every tenth payload of each context of the list, so that each kind is there; some of our own come first."""
    ours = [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "</textarea><svg/onload=alert(1)>",
        '"><iframe srcdoc="<script>parent.alert(1)</script>">',
        "' autofocus onfocus=alert(1) x='",
        "javascript:alert(1)",
        "[click](javascript:alert(1)) ![x](x){onerror=alert(1)}",
        "$\\href{javascript:alert(1)}{x}$",
        "{{constructor.constructor('alert(1)')()}} ${alert(1)} <%= alert(1) %>",
        "\u202e<b>bidi</b>\u2066",
        "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "&lt;img src=x onerror=alert(1)&gt;",
        "\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07\x1b[31m<u>red</u>",
    ]
    listed = [one["payload"] for one in brs_kb.get_all_payloads().values()]
    short = sorted({text for text in listed if 8 <= len(text) <= 600 and is_whole(text) and "<" in text})
    rest = sorted({text for text in listed if 8 <= len(text) <= 600 and is_whole(text) and "<" not in text})
    return [*ours, *short[::12], *rest[::24]]


def is_whole(text: str) -> bool:
    return all(unicodedata.category(char) != "Cs" for char in text)


def harmless(text: str) -> str:
    """The same shape without any meaning: its letters, signs and breaks, as far as a browser could read them."""
    return "".join(char if char in " \n" else "x" for char in text)


def as_name(text: str, number: int) -> str:
    """A variable's name: no control characters, not too long, and none twice."""
    return "".join(char for char in text if unicodedata.category(char) != "Cc")[:120] + f" {number}"


def is_printable(text: str) -> bool:
    return all(unicodedata.category(char) != "Cc" for char in text)


def with_text(text: str) -> str:
    """A picture of one pixel that has this text in it, as base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    body = chunk(b"tEXt", b"Comment\0" + text.encode()) + chunk(b"IDAT", zlib.compress(b"\0\0\0\0"))
    return b64encode(b"\x89PNG\r\n\x1a\n" + header + body + chunk(b"IEND", b"")).decode()


def as_title(text: str, number: int) -> str:
    """The name of a session or snapshot."""
    return "".join(char for char in as_name(text, number) if char.isprintable())


def fill(jupyter: Jupyter, path: str, texts: list[str]) -> str:
    """A session in which every string that a stranger could choose is one of these; gives its id."""
    session = str(jupyter.request("POST", "/api/session/attach", json={"path": path}).json()["sessionId"])
    names = [as_name(text, number) for number, text in enumerate(texts)]
    values: dict[str, Any] = dict(zip(names, reversed(texts), strict=True))
    few = texts[:40]
    column = {"dtype": "object", "data": few[:8]}
    values |= {
        "a list": few,
        "an object": {text: {text: [text]} for text in few},
        "records": [{first: second, second: first} for first, second in zip(few[:8], few[8:16], strict=True)],
        "a table": {
            "$dataframe": {"columns": [{"name": text, **column} for text in few[:6]], "index": {"range": [0, 8, 1]}}
        },
        "a series": {"$series": {"name": few[0], **column, "index": {"range": [0, 8, 1]}}},
        "an array": {"$ndarray": {"dtype": few[1], "shape": [few[2]], "data": few[:4]}},
        "a picture": {"$image": {"png": few[0], "width": few[1], "height": few[3]}},
        "a picture that is one": {"$image": {"png": with_text(few[0]), "width": few[1], "height": few[3]}},
        "an array of text": {"$ndarray": {"dtype": "<U600", "shape": [2, 2], "data": few[:4]}},
        "an index": {"$index": {"name": few[0], **column}},
        "levels": {
            "$dataframe": {
                "columns": [{"name": few[0], **column}],
                "index": {"names": few[:1], "levels": [column], "codes": [[*range(8)]]},
            }
        },
        "a path": {"$path": {"type": "PosixPath", "path": few[0]}},
        "some bytes": {"$binary": {"base64": b64encode(few[0].encode()).decode(), "subType": "00"}},
        "a tree": {"of": [{text: [text, {"$path": {"type": "PosixPath", "path": text}}]} for text in few[:8]]},
        **{f"{text[:60]}.{number}": text for text in few[:4] for number in range(2) if is_printable(text[:60])},
        # Edited by a person: what becomes of it is told on cards.
        **dict.fromkeys(("contested", "strict", "described"), few[0]),
        **{f"typed {kind}": {kind: text} for kind, text in zip(KINDS, islice(cycle(few), len(KINDS)), strict=True)},
    }
    client = {
        "client": "stranger",
        "base": 0,
        "origin": {"kind": "step", "step": few[0], "cell": few[1], "run": few[2]},
    }
    specs = {
        "strict": {"description": few[0], "schema": {"type": "string", "pattern": "^not this$"}},
        "described": {"description": few[1], "schema": {"enum": few[:8]}, "default": few[2]},
        names[0]: {"description": few[2], "locked": True},
    }
    sets = [{"op": "set", "name": name, "value": value} for name, value in values.items()]
    declares = [{"op": "declare", "name": name, "spec": spec} for name, spec in specs.items()]
    ask(jupyter, f"{session}/mutate", {**client, "seq": 1, "ops": [*sets, *declares]})
    runs = [run(text, number, names) for number, text in enumerate(few)]
    ask(jupyter, f"{session}/mutate", {**client, "seq": 2, "ops": [{"op": "run", "run": one} for one in runs]})
    for number, text in enumerate(few):
        ask(jupyter, "", {"name": as_title(text, number), "variables": {"v": text}})
    for number, text in enumerate(few[:10]):
        snapshot = quote(as_title(text, number), safe="")
        jupyter.request("PUT", f"/api/session/{session}/snapshots/{snapshot}", json={})
    named = jupyter.request("PUT", f"/api/session/{session}/meta", json={"name": as_title(few[0], 0)})
    assert named.ok, named.text
    return session


KINDS = ("$date", "$localDate", "$localTime", "$duration", "$numberDecimal", "$numberDouble", "$uuid", "$binary", "$x")


def run(text: str, number: int, names: list[str]) -> dict[str, Any]:
    failed = {"type": text, "message": text}
    return {
        "id": f"r{number}",
        "step": as_name(text, number),
        "status": ("failed", "done", "warned")[number % 3],
        "start": 1,
        "end": 2,
        "inputs": {names[number]: {"revision": 1}},
        "outputs": [names[number + 1]],
        "written": [names[number + 1]],
        "error": failed if number % 3 == 0 else None,
        "warnings": [text],
        # Some are of a cell that is there: the others are put away as removed.
        "cell": "cell-1" if number % 4 == 0 else text,
        "source": text,
    }


def ask(jupyter: Jupyter, where: str, body: Any) -> None:
    answer = jupyter.request("POST", f"/api/session/{where}".rstrip("/"), json=body)
    assert answer.ok, answer.text


class Watch:
    """What a page does that no word of a stranger may make it do."""

    def __init__(self, page: Page, jupyter: Jupyter) -> None:
        self.jupyter = jupyter
        self.page = page
        self.done: list[str] = []
        page.on("dialog", self._on_dialog)
        page.on("popup", lambda popup: self.done.append(f"popup {popup.url}"))
        page.on("request", self._on_request)
        page.add_init_script(WATCH)

    def kinds(self) -> set[str]:
        """What it has done by now, by kind."""
        # What the page tells is heard while it is asked something.
        self.page.evaluate("() => null")
        return {told.partition(" ")[0] for told in self.done}

    def _on_dialog(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":
            self.done.append(f"dialog {dialog.message}")
        dialog.accept()

    def _on_request(self, request: Request) -> None:
        url = request.url
        own = url.startswith(self.jupyter.url) and OWN_PATHS.match(url.removeprefix(self.jupyter.url))
        if not own and not url.startswith(("data:image/", "data:font/", "blob:")):
            self.done.append(f"request {url}")

    def made(self, where: str) -> set[str]:
        return set(self.page.evaluate(f"() => [...window.made.{where}]"))


def carry(jupyter: Jupyter, path: str, texts: list[str]) -> None:
    """Puts values into a notebook's file, as if somebody else had kept them there."""
    file = jupyter.files / path
    notebook = json.loads(file.read_text())
    values = {as_name(f"kept {text}", number): text for number, text in enumerate(texts[:8])}
    notebook["metadata"]["session_state"] = {"keep": "another session", "values": values}
    file.write_text(json.dumps(notebook))


class Visit:
    """A page in which the whole of a session was looked at, row by row, its tables in the notebook, and all that the
    panel says of it elsewhere."""

    def __init__(self, browser: Browser, jupyter: Jupyter, name: str, texts: list[str]) -> None:
        self.jupyter = jupyter
        self.texts = texts
        self.path = jupyter.notebook(f"{name}.ipynb", [LOAD, SHOW, "raise ValueError(session['a list'][0])"])
        carry(jupyter, self.path, texts)
        self.session = fill(jupyter, self.path, texts)
        self.is_held = False
        self.held: list[str | bytes] = []
        self.server: WebSocketRoute | None = None
        self.said: dict[str, str] = {}
        self.page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.route_web_socket(lambda url: f"/{self.session}/channel" in url, self._with_users)
        self.watch = Watch(self.page, jupyter)
        self.lab = Lab(self.page, jupyter, name)
        # Somebody was there before: what came since then is news.
        self.lab.open(self.path)
        self.lab.wait_for_light("saved")
        self.page.goto("about:blank")
        ask(jupyter, self.session, {"variables": {"contested": texts[3], "described": texts[1]}})
        self.lab.open(self.path)
        self.shown: dict[str, str] = {}
        self.words = ""
        self.words_opened = ""
        self._look()
        self._look_around()

    def _with_users(self, socket: WebSocketRoute) -> None:
        """This server has no users with names of their own: they get some on the way."""
        self.server = server = socket.connect_to_server()

        def tell(text: str | bytes) -> None:
            frame = json.loads(text)
            changes = [frame, *frame.get("changes", []), *frame.get("conflicts", [])]
            for told, user in zip([*frame.get("variables", []), *changes], cycle(self.texts)):
                if isinstance(told.get("origin"), dict):
                    told["origin"]["user"] = user
            socket.send(json.dumps(frame))

        def send(text: str | bytes) -> None:
            if self.is_held and '"mutate"' in str(text):
                self.held.append(text)
            else:
                server.send(text)

        server.on_message(tell)
        socket.on_message(send)

    def _look(self) -> None:

        lab = self.lab
        lab.wait_for_light("saved")
        for number in range(3):
            lab.run_cell(number)
        rows = lab.panel.locator('[data-testid="row"]')
        expect(rows.first).to_be_visible()
        self.page.wait_for_function(LOOK_THROUGH)
        self._open_values()
        seen = self.page.evaluate("() => window.seen")
        self.shown = seen["values"]
        self.words = lab.panel.inner_text()
        self.words += "".join(lab.output(1).locator(".jp-OutputArea-output").all_inner_texts())

    def _open_values(self) -> None:
        """What is shown in brief is opened: trees to their last branch, tables, cells and keys as fields, selected rows."""
        filter_field = self.lab.panel.get_by_test_id("filter")
        for name in ("a list", "an object", "records", "a table", "a series", "levels", "an array of text", "a tree"):
            filter_field.fill(name)
            row = self.lab.row(name)
            row.get_by_test_id("editor").click()
            expect(row.locator('[role="tree"], [role="grid"]')).to_be_visible()
            closed = row.locator('[role="treeitem"][aria-expanded="false"]')
            while closed.count() > 0:
                closed.first.focus()
                self.page.keyboard.press("ArrowRight")
            if name == "records":
                row.get_by_role("gridcell").first.dblclick()
            if name == "a tree":
                row.get_by_test_id("tree-value").last.click()
            self.words_opened += row.inner_text()
        filter_field.fill("")
        self.lab.panel.get_by_test_id("rows").press("ControlOrMeta+a")
        expect(self.lab.panel.get_by_test_id("selection-bar")).to_be_visible()
        self.page.keyboard.press("Escape")

    def _look_around(self) -> None:
        """Cards, menus, notices and dialogs, the history, the list of sessions, the graph."""
        lab, page, at = self.lab, self.page, self.lab.panel.get_by_test_id

        def say(where: str, seen: Locator) -> None:
            expect(seen.first).to_be_visible()
            self.said[where] = "".join(seen.all_inner_texts())

        def menu(button: Locator, entry: str) -> None:
            button.click()
            page.get_by_test_id(f"menu-{entry}").click()

        say("kept", at("kept"))
        at("kept-decline").click()
        say("news", at("row-news"))
        at("filter").fill("contested")
        self.is_held = True
        lab.editor("contested").fill(self.texts[1])
        revision = at("foot").locator("span").first
        before = revision.inner_text()
        ask(self.jupyter, self.session, {"variables": {"contested": self.texts[0]}})
        expect(revision).not_to_have_text(before)
        self.is_held = False
        assert self.server is not None
        for text in self.held:
            self.server.send(text)
        say("conflict", at("conflict"))
        at("conflict-take").click()
        say("notice of a conflict", at("notice"))
        at("filter").fill("a list")
        menu(lab.row("a list").get_by_test_id("row-menu"), "trace")
        say("trace", at("trace"))
        at("filter").fill("strict")
        say("description", at("about"))
        lab.editor("strict").fill(self.texts[2])
        page.keyboard.press("Enter")
        say("refused", at("refused"))
        at("refused-edit").click()
        at("refused-dismiss").click()
        at("filter").fill("described")
        say("choices", lab.row("described"))
        # Something whose name is one of them.
        at("filter").fill(as_name(self.texts[1], 1))
        row = at("row").first
        row.get_by_test_id("row-menu").click()
        say("menu of a row", page.locator(".lm-Menu"))
        page.get_by_test_id("menu-purge").click()
        say("dialog", page.locator(".jp-Dialog"))
        page.keyboard.press("Escape")
        menu(row.get_by_test_id("row-menu"), "delete")
        say("notice of a deletion", at("notice"))
        at("notice-action").click()
        expect(at("row").first).to_be_visible()
        at("filter").fill("")

        at("show-steps").click()
        at("steps-removed").click()
        say("steps", at("step"))
        at("steps-graph").click()
        say("graph", at("graph"))
        at("node").first.click()
        at("steps-list").click()

        at("history-button").click()
        lines = at("history-line")
        expect(lines.first).to_be_visible()
        say("history", at("history"))
        lines.first.get_by_test_id("history-line-menu").click()
        say("menu of a change", page.locator(".lm-Menu"))
        page.keyboard.press("Escape")
        for opener in at("history-open").all()[:3]:
            opener.click()
        menu(at("history-menu"), "snapshots")
        say("snapshots", at("snapshots"))
        at("snapshot-look").first.click()
        say("looked", at("looked-rows"))
        at("look-before").click()
        at("history-back").click()
        menu(lines.last.get_by_test_id("history-line-menu"), "compare-now")
        expect(at("comparison")).not_to_contain_text("Looking …")
        say("comparison", at("comparison"))
        at("history-back").click()
        at("history-close").click()

        at("choose-session").click()
        say("sessions", at("session-item"))
        menu(at("session-menu").nth(1), "duplicate")
        say("notice of a copy", at("notice"))
        at("picker-close").click()

    def close(self) -> None:
        self.page.context.close()
        assert self.lab.complaints == []


# Turns the pages of the list, which holds only what is in view; each call is one screen, true at the end.
LOOK_THROUGH = """() => {
    const rows = document.querySelector('[data-testid="row"]');
    let list = rows?.parentElement;
    while (list && list.scrollHeight <= list.clientHeight + 1) list = list.parentElement;
    window.seen ??= { values: {} };
    for (const row of document.querySelectorAll('[data-testid="row"]')) {
        const editor = row.querySelector('[data-testid="editor"]');
        window.seen.values[row.dataset.name] = editor?.value ?? row.textContent;
    }
    if (!list || list.scrollTop + list.clientHeight >= list.scrollHeight - 2) return true;
    list.scrollTop += list.clientHeight * 0.8;
    return false;
}"""


def test_payloads_are_shown_as_the_text_they_are(browser: Browser, jupyter: Jupyter) -> None:
    texts = published()
    assert len(texts) > 300
    plain = Visit(browser, jupyter, "harmless", [harmless(text) for text in texts])
    usual = {where: plain.watch.made(where) for where in ("panel", "output", "handlers")}
    assert plain.watch.done == []
    plain.close()

    visit = Visit(browser, jupyter, "payloads", texts)
    # Everything came to be seen: each name, and each value in its field, letter by letter.
    values = dict(zip([as_name(text, number) for number, text in enumerate(texts)], reversed(texts), strict=True))
    assert values.keys() <= visit.shown.keys()
    one_line = {name: value for name, value in values.items() if "\n" not in value}
    wrong = {name: visit.shown[name] for name, value in one_line.items() if visit.shown[name] != value}
    assert wrong == {}
    for text in texts[:4]:
        assert visit.words.count(text) > 1, text
    # Elsewhere they are shortened, or stand in what only a pointer or a screen reader is told.
    beginnings = {text[:9] for text in texts}
    silent = [where for where, words in visit.said.items() if not any(text in words for text in beginnings)]
    assert silent == []
    # Opened, trees and tables say them too, on one line and as long as fits.
    assert visit.words_opened.count(texts[1][:60]) > 3

    # And nothing else came of them: no script, no request, no element or attribute that plain words do not make.
    assert visit.watch.done == []
    assert visit.watch.made("handlers") == usual["handlers"] == set()
    assert visit.watch.made("panel") - usual["panel"] == set()
    assert visit.watch.made("output") - usual["output"] == set()

    # The opposite: had one place put a value into the page as HTML, this would have been seen three times over.
    for where in ('[data-testid="session-panel"]', ".jp-OutputArea-output"):
        visit.page.evaluate(
            "([where, html]) => { document.querySelector(where).appendChild(document.createElement('div')).innerHTML = html; }",
            [where, texts[0]],
        )
    visit.page.wait_for_function("() => window.made.handlers.size > 0")
    assert visit.watch.made("handlers") == {"img onerror src"}
    assert "img onerror src" in visit.watch.made("panel") - usual["panel"]
    assert "img onerror src" in visit.watch.made("output") - usual["output"]
    wait_for(visit.watch.kinds, {"dialog", "request"})
    visit.close()
