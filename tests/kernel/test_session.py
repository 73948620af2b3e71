"""The dictionary that people hold."""

from __future__ import annotations

import contextlib
import threading

import pytest
from msgspec import Raw

from session_state_ext.model import Origin
from session_state_ext.wire import Overwritten

from .notebook import Shell


def test_it_is_a_dictionary(shell: Shell) -> None:
    session = shell.session
    session["a"] = 1
    session.update({"b": [1]}, c=None)
    session.setdefault("a", 5)
    session.setdefault("d", 5)
    assert list(session) == ["a", "b", "c", "d"]
    assert dict(session) == {"a": 1, "b": [1], "c": None, "d": 5}
    assert session == {"a": 1, "b": [1], "c": None, "d": 5}
    assert len(session) == 4
    assert "c" in session
    assert "x" not in session
    assert session.get("c", 7) is None
    assert session.get("x", 7) == 7
    assert session.pop("d") == 5
    del session["c"]
    assert session.flush()
    assert dict(session.items()) == {"a": 1, "b": [1]}
    session.clear()
    assert len(session) == 0


def test_a_value_read_is_a_copy(shell: Shell) -> None:
    session = shell.session
    tags = ["a"]
    session["tags"] = tags
    tags.append("b")
    read = session["tags"]
    read.append("c")
    assert session["tags"] == ["a"]


def test_a_loop_that_writes_is_a_change_each_50_ms_and_ends_right(shell: Shell) -> None:
    before = shell.session.revision
    shell.run("for i in range(10_000):\n    session['loss'] = i * 0.5")
    assert shell.session["loss"] == 4999.5
    assert shell.session.saved
    assert shell.session.revision - before < 100


def test_an_update_with_a_bad_value_sets_nothing(shell: Shell) -> None:
    with pytest.raises(Exception, match="b: an object has no JSON form"):
        shell.session.update(a=1, b=object())
    assert dict(shell.session) == {}


def test_a_batch_is_one_change_or_none(shell: Shell) -> None:
    session = shell.session
    session["old"] = 1
    session.flush()
    before = session.revision
    with session.batch("tune"):
        session["a"] = 1
        session["b"] = 2
        del session["old"]
        assert dict(session) == {"a": 1, "b": 2}
    assert session.flush()
    assert session.revision == before + 1
    with contextlib.suppress(ZeroDivisionError), session.batch():
        session["a"] = 5
        raise ZeroDivisionError
    assert session.flush()
    assert dict(session) == {"a": 1, "b": 2}


def test_other_threads_are_not_in_the_batch(shell: Shell) -> None:
    session = shell.session
    with contextlib.suppress(ZeroDivisionError), session.batch():
        thread = threading.Thread(target=lambda: session.update(other=1))
        thread.start()
        thread.join()
        raise ZeroDivisionError
    assert dict(session) == {"other": 1}


def test_writes_from_threads_all_arrive(shell: Shell) -> None:
    def write(number: int) -> None:
        for value in range(100):
            shell.session[f"t{number}"] = value

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shell.session.flush(30)
    assert dict(shell.session) == {f"t{number}": 99 for number in range(4)}


def test_a_session_that_is_full_refuses_by_name_and_goes_on(shell: Shell) -> None:
    shell.run("for i in range(16):\n    session[f'v{i}'] = 'x' * 1_000_000")
    ran = shell.run("session['last'] = 'x' * 1_000_000\nsession['small'] = 1")
    assert ran.ok
    assert "last: " in ran.text
    assert "was not taken: a session can have 16 MiB in all" in ran.text
    assert shell.session["small"] == 1
    assert "last" not in shell.session


def test_what_of_somebody_else_was_overwritten_is_shown_under_the_cell(shell: Shell) -> None:
    with shell.ip._session_state_extension.link.moment() as replica:
        panel = Origin(kind="panel", user="ada")
        replica.conflicts.append(Overwritten(name="lr", theirs=Raw(b"9"), base=Raw(b"1"), origin=panel))
        replica.conflicts.append(Overwritten(name="n", origin=panel))
    assert shell.run("1").text.splitlines()[-2:] == [
        "lr: this cell's value replaces 9, which panel, ada wrote meanwhile.",
        "n: panel, ada deleted it in the meantime; this cell's value stands.",
    ]


def test_a_name_that_was_given_to_something_else_is_told_of(shell: Shell) -> None:
    shell.run("session = 5")
    said = "session is an int in this notebook. The session is session_state, too; to have the name back: del session"
    for code in ("session['a']", "session['a'] = 1", "session.observe(print)"):
        assert said in shell.run(code).text, code
    assert said not in shell.run("x = 3\nx.nothing").text
    shell.run("del session")
    assert shell.run("session['a'] = 1").ok
