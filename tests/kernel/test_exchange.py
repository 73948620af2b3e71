"""Bound names in plain IPython: what goes which way, what is never touched, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from session_state_ext.kernel.completion import complete

from .notebook import Shell

MakeShell = Callable[[], Shell]


@pytest.fixture
def bound(shell: Shell) -> Shell:
    """A shell in which lr (0.1) and tags (["a"]) are bound."""
    shell.run("%session set lr = 0.1 tags = ['a']")
    assert shell.run("%session bind lr tags").text == "Bound: lr, tags.\n"
    return shell


def stored_in(shell: Shell) -> dict[str, object]:
    return dict(shell.session)


def test_a_name_that_is_no_variable_becomes_one(shell: Shell) -> None:
    shell.run("lr = 0.5\n%session bind lr")
    assert stored_in(shell) == {"lr": 0.5}


def test_a_name_that_is_neither_is_bound_when_it_comes(shell: Shell) -> None:
    shell.run("%session set loss = 1")
    said = shell.run("%session bind losss").text
    assert said == (
        "Bound: losss.\nlosss is neither a variable nor a name of this notebook yet; it is bound when it comes. "
        "Did you mean loss?\n"
    )
    shell.run("losss = 3")
    assert stored_in(shell) == {"loss": 1, "losss": 3}


def test_what_is_replaced_is_said_and_can_be_sent_after_all(shell: Shell) -> None:
    shell.run("%session set lr = 0.1")
    shell.run("lr = 0.5")
    said = shell.run("%session bind lr").text
    assert said.splitlines()[0] == "lr: 0.1 from the session replaces your 0.5 (%session push lr sends yours)"
    assert shell.names["lr"] == 0.1
    shell.run("%session push lr")
    assert shell.names["lr"] == 0.5
    assert stored_in(shell) == {"lr": 0.5}


def test_what_a_pull_put_there_is_nobodys_own(shell: Shell) -> None:
    shell.run("%session set n = 3\n%session pull n")
    shell.run("session['n'] = 4")
    assert shell.run("%session bind n\nn").text.splitlines()[0] == "Bound: n."
    assert shell.names["n"] == 4


def test_a_name_that_was_bound_anew_since_then_is_what_push_sends(shell: Shell) -> None:
    shell.run("%session set n = 1")
    shell.run("n = 2")
    shell.run("%session bind n")
    shell.run("n = 1")  # the very object that was put there
    shell.run("%session push n")
    assert stored_in(shell) == {"n": 1}


def test_all_variables_and_those_to_come_but_no_new_names(shell: Shell) -> None:
    shell.run("%session set lr = 0.1 'learning rate' = 3")
    said = shell.run("%session bind").text
    assert said == (
        "Not bound, because Python has no such names: learning rate\nBound: all variables (lr), and those to come.\n"
    )
    shell.session["epochs"] = 3
    shell.run("epochs += 1; mine = 5")
    assert stored_in(shell) == {"lr": 0.1, "learning rate": 3, "epochs": 4}
    assert shell.run("%session bind off lr").text == "Bound: all variables (epochs), and those to come, but for lr.\n"
    shell.run("lr = 9; epochs = 9")
    assert (shell.session["lr"], shell.session["epochs"]) == (0.1, 9)


def test_off(bound: Shell) -> None:
    assert bound.run("%session bind off lr").text == "Bound: tags.\n"
    bound.run("lr = 9; tags.append('b')")
    assert stored_in(bound) == {"lr": 0.1, "tags": ["a", "b"]}
    assert bound.run("%session bind off lr").text.strip() == "lr is not bound. Bound: tags."
    assert bound.run("%session bind off").text == "No name is bound.\n"
    bound.session["tags"] = []
    bound.run("tags.append('c')")
    assert (bound.names["tags"], bound.session["tags"]) == (["a", "b", "c"], [])


def test_from_python(shell: Shell) -> None:
    shell.run("%session set lr = 0.1")
    shell.run("session.bind('lr')\nlr = 0.2\nsession.bind('n')\nn = 1")
    assert stored_in(shell) == {"lr": 0.2, "n": 1}
    assert shell.run("session.bound").value == ["lr", "n"]
    shell.run("session.unbind('lr')\nlr = 0.3")
    assert stored_in(shell) == {"lr": 0.2, "n": 1}


def test_only_what_has_another_value_is_written(bound: Shell) -> None:
    revision = bound.session.revision
    bound.run("lr = 0.1; tags = ['a']; tags.append('b'); tags.pop()")
    assert bound.session.revision == revision
    bound.run("lr = 1.0")
    bound.run("lr = 1")
    assert bound.session.revision == revision + 2, "an int is another value than a float"


def test_changes_in_place_at_any_depth(bound: Shell) -> None:
    bound.session["config"] = {"a": [{"b": 1}], "t": [1, 2]}
    bound.run("%session bind config")
    for code, expected in (
        ("config['a'][0]['b'] = 2", {"a": [{"b": 2}], "t": [1, 2]}),
        ("config['t'][0] = True", {"a": [{"b": 2}], "t": [True, 2]}),
        ("config['t'] = (True, 2.0)", {"a": [{"b": 2}], "t": [True, 2.0]}),
        ("config['t'] = 1.5; del config['a']", {"t": 1.5}),
        ("config['é'] = None", {"t": 1.5, "é": None}),
    ):
        bound.run(code)
        assert repr(bound.session["config"]) == repr(expected), code


def test_two_names_of_one_list_stay_two_variables(bound: Shell) -> None:
    bound.run("%session bind twin\ntwin = tags")
    bound.run("tags.append('b')")
    assert (bound.session["tags"], bound.session["twin"]) == (["a", "b"], ["a", "b"])
    bound.session["twin"] = ["z"]
    bound.run("tags.append('c')")
    assert (bound.session["tags"], bound.session["twin"]) == (["a", "b", "c"], ["z"])
    assert bound.names["twin"] == ["z"]


def test_a_cell_that_fails_is_written_as_far_as_it_came(bound: Shell) -> None:
    assert not bound.run("lr = 7; tags.append('b'); raise ValueError; lr = 8").ok
    assert stored_in(bound) == {"lr": 7, "tags": ["a", "b"]}


def test_del_takes_the_variable_away_and_undo_brings_it_back(stored: MakeShell) -> None:
    shell = stored()
    shell.run("%session set lr = 0.1 tags = ['a']")
    shell.run("%session bind")
    shell.run("del lr; tags.append('b')")
    assert stored_in(shell) == {"tags": ["a", "b"]}
    shell.run("%session undo")
    assert shell.run("lr, tags").value == (0.1, ["a"]), "it was one change"


def test_a_variable_that_is_deleted_leaves_the_names(bound: Shell) -> None:
    del bound.session["lr"]
    assert "NameError" in bound.run("lr").text
    bound.run("lr = 3")
    assert bound.session["lr"] == 3


def test_emptying_the_names_deletes_nothing(bound: Shell) -> None:
    for reset in ("%reset -f", "%reset -sf", "%reset_selective -f lr|tags"):
        said = bound.run(reset).text
        assert "lr, tags: taken out of the names only, and put back before the next cell." in said, reset
        assert bound.run("lr, tags").value == (0.1, ["a"])
    assert stored_in(bound) == {"lr": 0.1, "tags": ["a"]}


def test_emptying_the_names_says_what_does_not_come_back(bound: Shell) -> None:
    bound.run("%session bind model")
    bound.run("model = lambda: 1\ntags = {1, object()}")
    said = bound.run("%reset -f").text
    assert "lr: taken out of the names only, and put back before the next cell." in said
    assert "tags: what this kernel had is gone, because it was not in the session; what that has comes back" in said
    assert "model: gone, because it was in this kernel only and could not be stored." in said
    assert bound.run("lr, tags, 'model' in globals()").value == (0.1, ["a"], False)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def lr(): pass", "lr: a function has no JSON form. Store its parameters; it stays in the kernel."),
        ("class lr: pass", "lr: a type has no JSON form. Store its name, or what it is made from."),
        ("import json as lr", "lr: a module has no JSON form. Store its name."),
        ("lr = (n for n in range(3))", "lr: a generator has no JSON form. Store list(value)."),
        ("lr = [{1}, object()]", "lr[1]: an object has no JSON form. Store what it is made from, or its result."),
    ],
)
def test_what_has_no_json_form_is_skipped_and_said_once(bound: Shell, code: str, said: str) -> None:
    assert bound.run(code).text == f"{said} The session keeps 0.1.\n"
    assert bound.run("pass").text == ""
    assert bound.session["lr"] == 0.1
    held = bound.names["lr"]
    bound.session["lr"] = 0.2
    assert bound.run("pass").text.startswith("lr"), "it is said that it was not replaced"
    assert bound.run("pass").text == ""
    assert bound.names["lr"] is held
    bound.run("del lr")
    assert bound.run("lr").value == 0.2, "what goes is not the session's"


def test_a_generator_is_not_used_up(bound: Shell) -> None:
    bound.run("lr = (n for n in range(3))")
    bound.run("pass")
    assert bound.run("list(lr)").value == [0, 1, 2]


def test_a_function_is_replaced_only_by_force(shell: Shell) -> None:
    shell.run("%session set load = 5")
    shell.run("def load(): pass")
    said = shell.run("%session bind load").text.strip()
    assert said == (
        "load is a function of this notebook; the session's variable would replace it. "
        "Use session['load'], rename one of them, or say --force."
    )
    assert callable(shell.names["load"])
    assert shell.run("%session bind load --force").text.startswith("load: 5 from the session replaces your function")
    assert shell.run("load").value == 5


def test_a_declaration_is_obeyed_and_the_value_stays_in_the_kernel(bound: Shell) -> None:
    bound.run("%session declare lr = 0.1 --min 0 --max 1")
    said = bound.run("lr = 5; tags.append('b')").text
    assert said == "lr: 5 is in this kernel only. 5 is more than the maximum 1. The session keeps 0.1.\n"
    assert bound.session["tags"] == ["a", "b"], "the others are written"
    assert bound.run("lr").value == 5
    bound.session["lr"] = 0.3
    assert bound.run("pass").text == "lr: 0.3 from the session replaces your 5 (%session push lr sends yours)\n"
    bound.run("lr = 0.4")
    assert bound.session["lr"] == 0.4


def test_a_locked_variable_is_not_deleted(bound: Shell) -> None:
    bound.run("%session lock lr")
    assert "lr: it is deleted in this kernel only. " in bound.run("del lr").text
    assert bound.session["lr"] == 0.1


def test_a_value_that_is_too_large_stays_in_the_kernel(bound: Shell) -> None:
    said = bound.run("tags = ['x' * 1000] * 2000").text
    assert said.startswith("tags: a value can have 1 MB, this list of 2,000 has 2 MB as JSON.")
    assert said.endswith('The session keeps ["a"].\n')
    assert bound.run("pass").text == ""
    bound.run("del tags[5:]")
    assert len(bound.session["tags"]) == 5


def test_what_the_cell_itself_writes_to_the_session(bound: Shell) -> None:
    assert bound.run("session['lr'] = 0.7").text == ""
    assert bound.run("lr").value == 0.7
    assert bound.run("lr = session['lr'] = 0.8").text == ""
    said = bound.run("session['lr'] = 1; lr = 2").text
    assert said == "lr: this cell wrote 1 to the session and left 2 here, which stands.\n"
    assert bound.run("lr, session['lr']").value == (2, 2)


def test_pull_push_and_steps_agree_with_bound_names(bound: Shell) -> None:
    bound.session["lr"] = 0.5
    assert bound.run("%session pull lr\nlr += 1").text == ""
    assert bound.session["lr"] == 1.5
    bound.run("lr = 3\n%session push lr\nlr = 4")
    assert bound.session["lr"] == 4
    revision = bound.session.revision
    bound.run("%%session step s --in lr --out tags\ntags = [lr]")
    assert bound.session["tags"] == [4]
    assert bound.session.revision == revision + 2, "the run's beginning, and its end with the output"


def test_a_batch(bound: Shell) -> None:
    bound.run("with session.batch():\n    session['lr'] = 5\n    tags.append('b')")
    assert bound.run("lr").value == 5
    assert bound.session["tags"] == ["a", "b"]
    assert not bound.run("with session.batch():\n    session['lr'] = 6\n    lr = 7\n    1/0").ok
    assert stored_in(bound) == {"lr": 7, "tags": ["a", "b"]}


def test_a_cell_inside_a_cell(bound: Shell) -> None:
    bound.run("get_ipython().run_cell('lr = 2; tags.append(1)'); lr += 1")
    assert stored_in(bound) == {"lr": 3, "tags": ["a", 1]}


def test_a_cell_that_times_itself(bound: Shell) -> None:
    bound.run("%%time\nlr = 2")
    bound.run("%time tags.append('b')")
    assert stored_in(bound) == {"lr": 2, "tags": ["a", "b"]}


def test_a_conflict_is_shown_with_both_values(stored: MakeShell) -> None:
    first, second = stored(), stored()
    first.run("%session set lr = 0.1 n = 1")
    second.run("%session bind lr n")
    second.names["other"] = first.session
    wait = "import time\nwhile session['lr'] == 0.1: time.sleep(0.01)\n"
    said = second.run(f"other['lr'] = 0.2; other.flush()\n{wait}lr = 0.3").text
    assert said == "lr: this cell's 0.3 replaces 0.2, which a cell of another kernel wrote meanwhile.\n"
    assert first.run("session['lr']").value == 0.3
    said = second.run("del other['n']; other.flush()\nwhile 'n' in session: time.sleep(0.01)\nn = 5").text
    assert said == "n was deleted in the session meanwhile; this cell's 5 stands.\n"
    assert first.run("session['n']").value == 5


def test_a_session_that_one_may_only_read(bound: Shell) -> None:
    with bound.session._link.moment() as replica:
        replica.read_only = True
    said = "lr is changed in this kernel only: you may read this session but not change it.\n"
    assert bound.run("lr = 5").text == said
    assert bound.run("pass").text == ""
    assert bound.session["lr"] == 0.1


def test_names_are_looked_at_on_the_main_thread_only(bound: Shell) -> None:
    bound.names["binding"] = bound.session._binding()
    bound.session["lr"] = 0.9
    beside = "import threading\nthread = threading.Thread(target=binding.take_in)\nthread.start(); thread.join()"
    bound.run("%session bind off tags")
    bound.run(f"session['lr'] = 0.7\n{beside}\nseen = lr")
    assert bound.names["seen"] == 0.9
    assert bound.run("lr").value == 0.7


def test_completion(bound: Shell) -> None:
    link = bound.session._link
    assert complete("%session b", bound.session, link, {}) == ("b", ["bind"], [])
    assert complete("%session bind ", bound.session, link, {}) == ("", ["--force", "off"], ["lr", "tags"])
    assert complete("%session bind off ", bound.session, link, {}) == ("", [], ["lr", "tags"])


def test_the_hint_of_a_name_error(shell: Shell) -> None:
    shell.run("%session set lr = 0.1")
    said = shell.run("lr + 1").text.strip()
    assert said.endswith('lr is a variable of the session: session["lr"], or %session pull lr')


def test_the_same_notebook_in_vs_code_has_them_again(home: Path) -> None:
    for _ in range(2):
        shell = Shell()
        shell.names["__vsc_ipynb_file__"] = str(home / "a.ipynb")
        shell.run("%load_ext session_state_ext")
        shell.run("n = globals().get('n', 0) + 1")
        bound = shell.run("session.bound").value
        shell.run("%session bind n")
        kept = stored_in(shell)
        shell.close()
    assert (bound, kept) == (["n"], {"n": 2})


def test_mistakes(shell: Shell) -> None:
    for line, said in (
        ("bind learning-rate", "'learning-rate' is not a Python name. Use session['learning-rate'] instead."),
        ("bind lr --forc", "%session bind has no option --forc. Did you mean --force?"),
        ("bind off lr", "lr is not bound. No name is bound."),
        ("bind off --force", "bind off has no --force: %session bind off lr"),
        ("bind len", "'len' is the name of a Python builtin. Use session['len'] instead."),
    ):
        assert shell.run(f"%session {line}").text.strip() == said
