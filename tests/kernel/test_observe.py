"""Being told of changes: which, in what order, when, and on which thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from session_state_ext.kernel import handlers

from .notebook import Kernel, Panel, Shell, until

FOLLOW = """
%load_ext session_state_ext
import threading
told = []
def follow(change):
    told.append((change["name"], change["old"], change["new"], change["origin"]["kind"]))
    where = threading.current_thread() is threading.main_thread()
    print(f"{change['name']}: {change['old']} -> {change['new']}, on the main thread: {where}", flush=True)
session.observe(follow, "lr")
"""


def pairs(told: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
    return [(one["old"], one["new"]) for one in told]


def test_a_handler_is_told_of_each_change_when_the_cell_has_ended(shell: Shell) -> None:
    told: list[dict[str, Any]] = []
    shell.session["lr"] = 1
    shell.session.observe(told.append, names="lr")
    shell.names["told"] = told
    ran = shell.run("session['other'] = 1\nsession['lr'] = [2]\ndel session['lr']\nlen(told)")
    assert ran.value == 0
    assert [(one["name"], one["old"], one["new"], one["type"]) for one in told] == [
        ("lr", 1, [2], "change"),
        ("lr", [2], None, "delete"),
    ]
    assert told[0]["origin"]["kind"] == "cell"
    shell.session.unobserve(told.append)
    shell.run("session['lr'] = 3")
    assert len(told) == 2


def test_every_change_is_told_in_order_and_each_begins_where_the_last_one_ended(shell: Shell) -> None:
    told: list[dict[str, Any]] = []
    shell.session.observe(told.append)
    shell.run("for i in range(2000):\n    session['a' if i % 2 else 'b'] = i")
    assert [one["new"] for one in told] == list(range(2000))
    for name in "ab":
        chain = pairs([one for one in told if one["name"] == name])
        assert [new for _, new in chain[:-1]] == [old for old, _ in chain[1:]]


def test_what_waits_too_long_is_joined_and_ends_where_the_variable_ends(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "WAITING", 50)
    told: list[dict[str, Any]] = []
    shell.session["lr"] = -1
    shell.session.observe(told.append, "lr")
    shell.run("for i in range(1001):\n    session['lr'] = i")
    assert len(told) < 100
    assert (told[0]["old"], told[-1]["new"]) == (-1, 1000)
    chain = pairs(told)
    assert [new for _, new in chain[:-1]] == [old for old, _ in chain[1:]]


def test_a_batch_is_told_when_it_is_made_and_not_at_all_where_it_fails(shell: Shell) -> None:
    told: list[dict[str, Any]] = []
    shell.session.observe(told.append)
    shell.run("with session.batch():\n    session['lr'] = 1\n    session['lr'] = 2\n    session['n'] = 3")
    assert [(one["name"], one["old"], one["new"]) for one in told] == [("lr", None, 2), ("n", None, 3)]
    told.clear()
    shell.run("with session.batch():\n    session['lr'] = 9\n    1 / 0")
    assert told == []


def test_a_declaration_that_makes_a_variable_and_a_reset_are_told(shell: Shell) -> None:
    told: list[dict[str, Any]] = []
    shell.session.observe(told.append)
    shell.run("session.declare('lr', 0.1, minimum=0)\nsession['lr'] = 0.5\nsession.reset()")
    assert pairs(told) == [(None, 0.1), (0.1, 0.5), (0.5, 0.1)]


def test_a_member_that_is_edited_is_told_with_the_whole_value(shell: Shell) -> None:
    told: list[dict[str, Any]] = []
    shell.session["config"] = {"a": 1, "b": 2}
    shell.session.observe(told.append)
    shell.run("with session.edit('config') as config:\n    config['a'] = 5")
    assert pairs(told) == [({"a": 1, "b": 2}, {"a": 5, "b": 2})]


def test_what_was_refused_is_told_as_it_falls_back(shell: Shell) -> None:
    shell.run("for i in range(16):\n    session[f'v{i}'] = 'x' * 1_000_000")
    told: list[dict[str, Any]] = []
    shell.session.observe(lambda change: told.append({**change, "new": str(change["new"])[:3]}), "v0")
    shell.run("session['v0'] = 'y' * 1_048_000\nsession['last'] = 'x' * 700_000\nsession.flush()")
    shell.run("1")
    assert [one["new"] for one in told] in (["yyy"], ["yyy", "xxx"])
    assert told[-1]["new"] == str(shell.session["v0"])[:3]


def test_a_handler_that_fails_stops_no_other_and_is_reported_once_with_its_traceback(shell: Shell) -> None:
    told: list[Any] = []
    shell.session.observe(lambda change: told.append(change["new"]))
    shell.run("def broken(change):\n    raise ValueError('no')\nsession.observe(broken)\nseen = []")
    shell.run("session.observe(lambda change: seen.append(change['new']))")
    ran = shell.run("session['lr'] = 1\nsession['lr'] = 2")
    assert ran.ok
    assert ran.text.count("session.observe: broken failed, told of lr:\nTraceback") == 1
    assert "ValueError: no" in ran.text
    assert "raise ValueError('no')" in ran.text
    assert "handlers.py" not in ran.text
    assert shell.names["seen"] == told == [1, 2]
    assert "broken" not in shell.run("session['lr'] = 3").text


def test_what_a_handler_writes_is_told_and_saved_and_is_its_cells(shell: Shell) -> None:
    shell.run("session.observe(lambda change: session.update(twice=2 * change['new']), 'lr')", cell="maker")
    told: list[dict[str, Any]] = []
    shell.session.observe(told.append, "twice")
    shell.run("session['lr'] = 4", cell="other")
    assert shell.session["twice"] == 8
    assert [(one["new"], one["origin"]["cell"]) for one in told] == [(8, "maker")]
    assert shell.session.saved


def test_observe_with_names_stands_above_a_function(shell: Shell) -> None:
    assert shell.run("seen = []\n@session.observe(names='lr')\ndef follow(change): seen.append(change.new)").ok
    shell.run("session.update(lr=1, n=2)")
    assert shell.names["seen"] == [1]
    assert "needs a function" in str(shell.run("session.observe()").error)


def test_a_handler_that_sets_itself_off_comes_to_an_end_and_is_told_of(shell: Shell) -> None:
    shell.run("def up(change): session['n'] = change.new + 1\nsession.observe(up, 'n');")
    ran = shell.run("session['n'] = 0")
    assert shell.session["n"] == handlers.OWN
    assert ran.text.count("session.observe: up was told of n 10 times because of what it had set off itself") == 1
    shell.run("1")
    assert shell.session["n"] == handlers.OWN
    assert "up was told of n 10 times" in shell.run("session['n'] = 100").text, "another change sets it off again"
    shell.run("session.unobserve(up)\ndef most(change): session['n'] = min(change.new, 3)")
    ran = shell.run("session.observe(most, 'n')\nsession['n'] = 30")
    assert (shell.session["n"], "was told" in ran.text) == (3, False), "what puts a value right has an end"


def test_handlers_that_set_each_other_off_in_the_background_come_to_an_end(shell: Shell) -> None:
    shell.run("def ping(change): session['b'] = change.new + 1\ndef pong(change): session['a'] = change.new + 1")
    shell.run("session.observe(ping, 'a', background=True)\nsession.observe(pong, 'b', background=True);")
    shell.run("session['a'] = 0")
    until(lambda: shell.session["a"] == 2 * handlers.OWN)
    shell.run("session['c'] = 1")
    assert (shell.session["a"], shell.session["b"]) == (2 * handlers.OWN, 2 * handlers.OWN - 1)


def test_only_functions_are_told(shell: Shell) -> None:
    said = shell.run("session.observe('lr')").error
    assert said is not None
    assert said.startswith("What is told of changes is a function, not a str. Write: session.observe(")


def test_a_change_is_what_traitlets_call_one_and_observe_stands_above_a_function(shell: Shell) -> None:
    shell.session["lr"] = 0
    assert shell.session.flush()
    shell.run("seen = []\n@session.observe\ndef follow(change):\n    seen.append((change.new, change['revision']))")
    assert callable(shell.names["follow"])
    for value in (1, 2):
        shell.run(f"session['lr'] = {value}")
        assert shell.session.flush()
        assert shell.names["seen"][-1] == (value, shell.session.revision), "the revision that it has"


def test_a_cell_that_runs_again_is_told_once(shell: Shell) -> None:
    shell.run("seen = []")
    cell = (
        "def follow(change): seen.append((change.name, change.new))\n"
        "session.observe(follow, 'lr')\nsession.observe(follow, 'epochs')\n"
        "session.observe(lambda change: seen.append('any'))"
    )
    for _ in range(3):
        shell.run(cell, cell="one")
    shell.run("session.observe(follow, 'lr')", cell="two")
    shell.run("session['lr'] = 1\nsession['epochs'] = 2", cell="three")
    assert sorted(map(str, shell.names["seen"])) == sorted(
        map(str, [("lr", 1), ("epochs", 2), "any", "any", ("lr", 1)])
    )


def test_in_the_background_a_handler_is_called_while_the_cell_runs(shell: Shell) -> None:
    ran = shell.run(
        "import threading\nheard = threading.Event()\nthreads = []\n"
        "def hear(change):\n    threads.append(threading.current_thread().name)\n    heard.set()\n"
        "session.observe(hear, 'lr', background=True)\nsession['lr'] = 1\nheard.wait(60)"
    )
    assert ran.value is True
    assert shell.names["threads"] == ["session-state-background"]


def test_a_script_has_no_cells_and_is_told_on_a_thread(stored: Callable[[], Shell]) -> None:
    from session_state_ext import connect

    shell = stored()
    shell.run("session['lr'] = 1")
    told: list[Any] = []
    session = connect("sweep")
    session.observe(lambda change: told.append((change["new"], threading.current_thread().name)))
    shell.run("session['lr'] = 2")
    until(lambda: bool(told))
    assert told == [(2, "session-state-background")]


def test_in_a_kernel_a_handler_is_called_when_it_idles_and_between_cells(notebook: Kernel, panel: Panel) -> None:
    notebook.run(FOLLOW)
    panel.set(lr=1)
    # Nobody runs a cell: the panel sees what the handler writes.
    notebook.run("session.observe(lambda change: session.update(echo=change['new']), 'lr')")
    panel.set(lr=2)
    panel.wait(lambda frame: panel.seen("echo") == [2])
    ran = notebook.run("print(told)")
    assert "[('lr', None, 1, 'panel'), ('lr', 1, 2, 'panel')]" in ran.text


def test_a_handler_waits_for_a_cell_that_awaits(notebook: Kernel, panel: Panel) -> None:
    notebook.run(FOLLOW)
    code = (
        "import asyncio\nprint('go', flush=True)\n"
        "while session.get('lr') != 7: await asyncio.sleep(0.01)\nawait asyncio.sleep(0.2)\nprint('told', len(told))"
    )
    ran = notebook.run(code, meanwhile=lambda: panel.set(lr=7))
    assert ran.ok, ran.text
    assert "told 0\n" in ran.text
    assert ran.text.index("told 0") < ran.text.index("lr: None -> 7, on the main thread: True")


def test_a_handler_sees_what_the_barrier_brought_before_the_cell_runs(notebook: Kernel, panel: Panel) -> None:
    notebook.run(FOLLOW)
    for value in range(10):
        panel.set(lr=value, wait=False)
        assert notebook.run("told[-1][2]").value == str(value)
    told = notebook.run("[new for _, old, new, _ in told]").value
    assert told == str(list(range(10)))
