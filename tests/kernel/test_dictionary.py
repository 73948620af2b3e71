"""What people do with a dictionary: a session does it too, or says in a sentence what to do instead."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from session_state_ext.errors import Locked, SessionError

from .notebook import Shell

VALUES = {"lr": 0.1, "tags": ["a", {"b": None}], "note": "x"}

#: Whatever is asked of a dict and of a session that hold the same answers the same.
ASKED: list[Callable[[Any], Any]] = [
    dict,
    list,
    len,
    bool,
    sorted,
    lambda one: list(reversed(one)),
    lambda one: [*one.keys()],
    lambda one: [*one.values()],
    lambda one: [*one.items()],
    lambda one: one.keys() & {"lr", "other"},
    lambda one: ("lr", 0.1) in one.items(),
    lambda one: 0.1 in one.values(),
    lambda one: "lr" in one,
    lambda one: 5 in one,
    lambda one: one.get("nope", 7),
    lambda one: one == VALUES,
    lambda one: one != {"lr": 1},
    lambda one: {**one},
    lambda one: one | {"lr": 1, "n": 2},
    lambda one: {"lr": 1, "n": 2} | one,
    lambda one: type(one | {}),
    lambda one: one.copy(),
    lambda one: json.dumps(dict(one)),
    lambda one: json.loads(json.dumps(one, default=dict)),
    lambda one: copy.deepcopy(dict(one)),
    lambda one: pickle.loads(pickle.dumps(one.copy())),
    lambda one: "{lr} {note}".format_map(one),
    lambda one: one.pop("lr"),
    lambda one: one.pop("nope", 7),
    lambda one: one.popitem(),
    lambda one: one.setdefault("lr", 7),
    lambda one: one.setdefault("n", 7),
    lambda one: one.update(n=1),
    lambda one: one.update([("n", 1)], lr=2),
    lambda one: one.__ior__({"n": 1}) is one,
    lambda one: one.clear(),
]


@pytest.mark.parametrize("asked", ASKED, ids=range(len(ASKED)))
def test_it_does_what_a_dict_does(shell: Shell, asked: Callable[[Any], Any]) -> None:
    session, plain = shell.session, copy.deepcopy(VALUES)
    session.update(VALUES)
    answer = asked(session)
    assert answer == asked(plain)
    assert type(answer) is not type(session)
    assert dict(session) == plain, "and the same is left"
    assert session.flush(60)
    assert dict(session) == plain


def test_a_dict_has_nothing_that_a_session_has_not(shell: Shell) -> None:
    lacking = {name for name in dir(dict) if not hasattr(shell.session, name)}
    assert lacking == {"fromkeys"}, "which makes another one"


def test_a_copy_is_nobodys_but_ones_own(shell: Shell) -> None:
    shell.session.update(VALUES)
    mine = shell.session.copy()
    mine["lr"] = 5
    mine["tags"].append("mine")
    assert dict(shell.session) == VALUES


def test_the_line_that_adds_a_dict_writes(shell: Shell) -> None:
    assert shell.run("session |= {'lr': 0.1, 'n': 1}").ok
    assert shell.run("session | {'n': 2}").value == {"lr": 0.1, "n": 2}
    assert dict(shell.session) == {"lr": 0.1, "n": 1}
    assert shell.names["session"] is shell.session


def test_variables_may_go_while_one_goes_through_them(shell: Shell) -> None:
    shell.session.update(VALUES)
    for name in shell.session:
        del shell.session[name]
    assert dict(shell.session) == {}
    assert shell.run("session.popitem()").error == "This session has no variables."


def test_clear_is_one_change_or_none(stored: Callable[[], Shell]) -> None:
    session = stored().session
    session.update(VALUES)
    session.declare("lr", 0.2)
    session.declare("seed", 1, locked=True)
    assert session.flush(60)
    before = session.revision
    with pytest.raises(Locked, match="seed is locked"):
        session.clear()
    assert dict(session) == {**VALUES, "seed": 1}
    session.unlock("seed")
    assert session.flush(60)
    session.clear()
    assert session.flush(60)
    assert (dict(session), session.spec("lr"), session.revision) == ({}, None, before + 2)
    session["lr"] = "anything"
    del session["lr"]
    assert session.flush(60)
    session.undo(before + 2)
    assert dict(session) == {**VALUES, "seed": 1}
    assert session.spec("lr")["default"] == 0.2


def test_what_stands_in_something_else_is_short(stored: Callable[[], Shell]) -> None:
    """A method, a view, a list: none of them prints a table, and none of them waits."""
    shell = stored()
    shell.session.update(VALUES)
    assert shell.session.flush(60)
    short = "<Session sweep: 3 variables, revision 1>"
    assert repr(shell.session) == short
    assert repr(shell.session.get).endswith(f"of {short}>")
    assert shell.run("session.get").text.strip().endswith(f"of {short}>")
    assert shell.run("[session]").text.partition(": ")[2].strip() == f"[{short}]"
    assert shell.run("session.keys()").text.partition(": ")[2].strip() == "KeysView(['lr', 'tags', 'note'])"
    assert repr(shell.session.values()) == "ValuesView([0.1, ['a', {'b': None}], 'x'])"
    assert repr(shell.session.items()).startswith("ItemsView([('lr', 0.1), ")
    for line in ("session", "print(session)"):
        assert "Session sweep · revision 1 · all saved" in shell.run(line).text


def test_a_name_that_is_not_there_is_a_key_error(shell: Shell) -> None:
    shell.session["lr"] = 1
    with pytest.raises(KeyError) as caught:
        shell.session["lrr"]
    assert caught.value.args == ("lrr",)
    assert "Did you mean 'lr'?" in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), again.args) == (type(caught.value), ("lrr",))
    with pytest.raises(SessionError, match=r"session\.copy\(\)"):
        copy.copy(shell.session)
