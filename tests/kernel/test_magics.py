"""%session in a real IPython: what it shows, and the one sentence that answers each mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from session_state_ext.kernel.magics import COMMANDS

from .notebook import Shell


def test_the_table_shows_name_value_type_who_and_when(shell: Shell) -> None:
    shell.run('%session set lr = 0.1 tags = ["a", "b"] note = "two\\nlines"')
    shell.run("%%session step train --in lr --out loss\nloss = lr / 3")
    shell.run("import datetime\nsession['due'] = datetime.date(2026, 1, 2)\nsession['half'] = float('nan')")
    shown = shell.run("%session").value
    lines = [re.split(r"  +", line) for line in repr(shown).splitlines()]
    assert lines[0] == ["Session · revision 4 · in this kernel's memory only"]
    assert lines[2:] == [
        ["name", "value", "type", "by", "when"],
        ["----", "-------------------", "---------", "----------", "--------"],
        ["lr", "0.1", "float", "cell", "just now"],
        ["tags", '["a","b"]', "list of 2", "cell", "just now"],
        ["note", '"two\\nlines"', "text", "cell", "just now"],
        ["loss", "0.03333333333333333", "float", "step train", "just now"],
        ["due", "2026-01-02", "date", "cell", "just now"],
        ["half", "NaN", "float", "cell", "just now"],
    ]


def test_the_html_form_shows_names_and_values_as_text(shell: Shell) -> None:
    shell.session["<b>x</b>"] = "<script>alert(1)</script>"
    html = shell.run("%session").value._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html


def test_a_large_session_is_shown_in_part(shell: Shell) -> None:
    shell.session.update({f"v{number}": number for number in range(300)})
    shown = repr(shell.run("%session").value)
    assert "v199" in shown
    assert "v200" not in shown
    assert "and 100 more" in shown


def test_set_get_del(shell: Shell) -> None:
    shell.run('%session set lr = 0.1 "learning rate" = [1, {"a": null}]')
    assert shell.run("%session get lr").value == 0.1
    assert shell.run('%session get "learning rate" lr').value == {"learning rate": [1, {"a": None}], "lr": 0.1}
    shell.run("%session del lr")
    assert dict(shell.session) == {"learning rate": [1, {"a": None}]}


def test_set_takes_braces_and_dollars_as_they_are(shell: Shell) -> None:
    shell.run("x = 5")
    shell.run('%session set text = "{x} $x" config = {"x": "{x}"}')
    assert dict(shell.session) == {"text": "{x} $x", "config": {"x": "{x}"}}


def test_set_over_several_lines(shell: Shell) -> None:
    shell.run("%%session set\nlr = 0.1\nlayers = [\n  1,\n  2,\n]")
    assert dict(shell.session) == {"lr": 0.1, "layers": [1, 2]} or "layers" not in shell.session


def test_set_of_a_line_takes_no_cell_below_it(shell: Shell) -> None:
    ran = shell.run("%%session set lr=3\nloss = 1")
    assert ran.error == (
        "%%session set sets whatever stands below it, too, and runs none of it. "
        "For this line alone: %session set lr=3 (one %)"
    )
    assert dict(shell.session) == {}
    assert shell.run("%%session set lr = [\n  1,\n]").ok
    assert dict(shell.session) == {"lr": [1]}


def test_one_command_is_explained_alone(shell: Shell) -> None:
    for line in ("%session help undo", "%session undo --help", "%session undo -h"):
        ran = shell.run(line)
        assert ran.text.strip().startswith("%session undo [12] [--force]"), line
        assert len(ran.text.strip().splitlines()) == 1
    assert "Did you mean undo?" in str(shell.run("%session help undoo").error)


def test_push_and_pull(shell: Shell) -> None:
    shell.run("lr, epochs = 0.1, 3\n%session push lr epochs")
    assert dict(shell.session) == {"lr": 0.1, "epochs": 3}
    shell.session["lr"] = 0.2
    assert "replaces" not in shell.run("%session pull lr").text, "what was pushed came from there"
    assert shell.names["lr"] == 0.2
    shell.run("epochs = 5")
    assert (
        "epochs: 3 from the session replaces your 5 (%session push epochs sends yours)"
        in shell.run("%session pull").text
    )
    assert shell.names["epochs"] == 3


def test_pull_of_everything_leaves_out_what_is_no_plain_name(shell: Shell) -> None:
    shell.session.update({"learning-rate": 1, "list": 2, "fit": 3, "ok": 4})
    shell.run("def fit(): pass")
    ran = shell.run("%session pull")
    assert ran.ok
    assert shell.names["ok"] == 4
    assert callable(shell.names["fit"])
    assert "list" not in shell.names
    for name in ("learning-rate", "list", "fit"):
        assert f"session[{name!r}]" in ran.text


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("%session sett lr = 1", "%session has no command sett. Did you mean set? It has set, get, del, push, pull, bind, unbind, use, list, widget, form, declare, parameters, reset, lock, unlock, history, undo, redo, diff, snapshot, restore, purge, step, steps, run, why, help; alone it shows the session."),
        ("%session lr=1", "To set a variable, write: %session set lr=1"),
        ("%session known", "known is a variable. Its value: %session get known"),
        ("%session get", "Name a variable: %session get lr"),
        ("%session get knwon", "This session has no variable knwon. Did you mean known? Set it: %session set knwon = ..."),
        ("%session undoo", "%session has no command undoo. Did you mean undo? It has set, get, del, push, pull, bind, unbind, use, list, widget, form, declare, parameters, reset, lock, unlock, history, undo, redo, diff, snapshot, restore, purge, step, steps, run, why, help; alone it shows the session."),
        ("%session get nothing_like_it", "This session has no variable nothing_like_it. Set it: %session set nothing_like_it = ..."),
        ("%session del nothing_like_it", "This session has no variable nothing_like_it. All of them: %session"),
        ("%session del knwon", "This session has no variable knwon. Did you mean known?"),
        ("%session del --all", "%session del has no option --all. It has none."),
        ("%session push nope", "nope is not a name in this notebook. Assign it first, or: %session set nope = ..."),
        ("%session push", "Name a variable: %session push lr"),
        ("%session pull nope", "This session has no variable nope. Set it: %session set nope = ..."),
        ("%session pull --forse known", "%session pull has no option --forse. Did you mean --force?"),
        ("%session pull not-a-name", "'not-a-name' is not a Python name. Use session['not-a-name'] instead."),
        ("%session set lr", "There is no = after lr. Write: %session set lr = 0.1"),
        ("%session use", "Name one session: %session use NAME. All of them: %session list"),
        ("%session use a b", "Name one session: %session use NAME. All of them: %session list"),
        ("%session use a --now", "%session use has no option --now. Did you mean --new?"),
        ("%session use nowhere", "There is no session called nowhere. Make it: %session use nowhere --new"),
        ("%session list all", "%session list stands alone."),
        ("%session step train", "A step is a whole cell: begin the cell with %%session step train (two %), the body below it."),
        ("%session history", "This session is in this kernel's memory only and has no history. To keep one: %session use NAME --new"),
        ("%session undo", "This session is in this kernel's memory only and has no history. To keep one: %session use NAME --new"),
        ("%session snapshot good", "This session is in this kernel's memory only and has no history. To keep one: %session use NAME --new"),
        ("%session purge known --yes", "This session is in this kernel's memory only and has no history. To keep one: %session use NAME --new"),
        ("%%session step train --out y\n\n", "The step train has no body. Write it below the first line, in the same cell."),
        ("%%session step train --out no-name\npass", "--out no-name: 'no-name' is not a Python name. Write session['no-name'] = ... in the body instead."),
        ("%%session step train --out list\npass", "--out list: 'list' is the name of a Python builtin. Write session['list'] = ... in the body instead."),
        ("%%session step --in x\npass", "A step needs a name: %%session step train --in lr --out loss"),
        ("%%session get lr\npass", "%%session begins a step: %%session step NAME --in a --out b. For one line, write %session."),
        ("%%session step a\n%session step b\n", "This cell is the step a already; a cell is one step."),
    ],
)  # fmt: skip
def test_each_mistake_is_answered_with_one_sentence(shell: Shell, line: str, sentence: str) -> None:
    shell.session.update({"known": 1, "not-a-name": 2})
    ran = shell.run(line)
    assert not ran.ok
    assert ran.text.partition("\na: failed")[0].strip() == sentence
    assert "Traceback" not in ran.text


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("session['x'] = object()", "x: an object has no JSON form. Store what it is made from, or its result."),
        ("session[''] = 1", "A variable needs a name of at least one character."),
        ("session['__proto__'] = 1", "__proto__ cannot be used as a name: programs in JavaScript would mistake it for something else."),
        ("session[1] = 1", "A variable's name is text, not an int."),
        ("session['nope']", "This session has no variable 'nope'. Set it: session['nope'] = ..., or in the Session panel."),
        ("del session['nope']", "This session has no variable 'nope'. Set it: session['nope'] = ..., or in the Session panel."),
        ("session.update(a=1, b=object())", "b: an object has no JSON form. Store what it is made from, or its result."),
        ("import pickle\npickle.dumps(session)", "A session belongs to its process. Give the other one env=session.env(), and call session_state_ext.connect() there."),
        ("session.env()", "This session is kept in this kernel's memory only. Name one first: %session use NAME --new, or SESSION_STATE_SESSION in the environment."),
        ("import session_state_ext\nsession_state_ext.connect()", "connect() needs to know which session: connect('NAME'), or start this process with env=session.env()."),
        ("session.lr", 'A session has no attribute lr. A variable is read as session["lr"].'),
        ("session.lr = 1", 'A variable is written as session["lr"] = ...'),
        ("with session.batch():\n    with session.batch(): pass", "A batch is open already; it cannot hold another."),
    ],
)  # fmt: skip
def test_each_error_in_python_says_what_would_be_right(shell: Shell, code: str, sentence: str) -> None:
    ran = shell.run(code)
    assert not ran.ok
    assert ran.error == sentence
    assert f"----> {len(code.splitlines())} " in ran.text, "the traceback points at the line that asked"
    assert "a" not in shell.session


def test_a_name_that_is_a_variable_is_hinted_at(shell: Shell) -> None:
    shell.session["lr"] = 0.1
    ran = shell.run("lr * 2")
    assert ran.text.strip().endswith('lr is a variable of the session: session["lr"], or %session pull lr')
    assert "session" not in shell.run("lrr * 2").text


def test_a_change_of_type_is_said_once(shell: Shell) -> None:
    ran = shell.run("session['t'] = (1, 2)\nsession['u'] = (3,)")
    assert ran.text.strip() == "t: a tuple comes back as a list"
    assert shell.run("session['v'] = (3,)").text == ""


def test_names_that_the_user_has_are_left_alone(home: object) -> None:
    shell = Shell()
    shell.run("session = 'mine'")
    shell.run("%load_ext session_state_ext")
    assert shell.names["session"] == "mine"
    shell.run("session_state['lr'] = 1\n%session set n = 2")
    assert dict(shell.session) == {"lr": 1, "n": 2}
    # As in a script of IPython's, where no cell has ended yet.
    shell.ip.last_execution_result = None
    assert shell.run("%unload_ext session_state_ext").ok
    assert shell.names["session"] == "mine"
    assert "session_state" not in shell.names
    assert not shell.run("%session").ok
    shell.close()


#: What there is to name, in the session that is completed.
EVERY = {"lr", "tags", "loss", '"my rate"', "mine", "mind", "math", "train", "sweep", "good", '"before sweep"'}
LINES_TO_COMPLETE = [
    ("%session pu", {"push", "purge"}),
    ("%session un", {"undo", "unlock", "unbind"}),
    ("%session w", {"widget", "why"}),
    ("%session f", {"form"}),
    ("%session k", set()),
    ("%%session s", {"step"}),
    ("%%session pa", {"parameters"}),
    *((f"%session {command} ta", {"tags"}) for command in (
        "set", "get", "del", "pull", "bind", "history", "purge", "why", "declare", "reset", "lock", "unlock", "widget",
        "form",
    )),
    ("%session push mi", {"mine"}),
    ("%session push ta", set()),
    ("%session unbind ", {"lr"}),
    ("%session bind off ", {"lr"}),
    ("%session bind o", {"off"}),
    ("%session get ", {"lr", "tags", '"my rate"', "loss"}),
    ('%session get "m', {'"my rate"'}),
    ('%session get "l', {'"lr"', '"loss"'}),
    ("x = %session get l", {"lr", "loss"}),
    ("    %session run tr", {"train"}),
    ("#| step: tr", {"train"}),
    ("# | step: tr", {"train"}),
    ("#|step:tr", {"train"}),
    ("#| step: train(l", {"lr", "loss"}),
    ("#| step: train(lr, ta", {"tags"}),
    ("#| step: train(lr) -> lo", {"loss"}),
    ("#| step: train(lr) -> loss --time", {"--timeout"}),
    ("#| step: train(lr) -> loss --keep mi", {"mine"}),
    ("%session undo --f", {"--force"}),
    ("%session history --l", {"--limit"}),
    ("%session declare lr = 0.1 --d", {"--description"}),
    ("%session declare lr = 0.1 --control sl", {"slider"}),
    ("%session declare lr --type f", {"float"}),
    ("%session steps f", {"forget"}),
    ("%session steps forget ", {"train"}),
    ("%session run tr", {"train"}),
    ("%session run --stale tr", {"train"}),
    ("%session use sw", {"sweep"}),
    ("%session use --n", {"--new"}),
    ("%session restore ", {"good", '"before sweep"'}),
    ("%session diff go", {"good"}),
    ("%session snapshot go", {"good"}),
    ("%%session step tr", {"train"}),
    ("%%session step train --o", {"--out"}),
    ("%%session step train --in ta", {"tags"}),
    ("%%session step train --keep mi", {"mine"}),
    ("%%session step train --keep ta", set()),
    ('session.get("', {"lr", "tags", "my rate", "loss"}),
    ("rate = session.get('l", {"lr", "loss"}),
    ('print(session_state.pop("ta', {"tags"}),
    ('session.bind("lr", "ta', {"tags"}),
    ('session.lock(["lr", "ta', {"tags"}),
    ('session.get("tags", "l', set()),
    ('session.declare("lr", control="l', set()),
    ('# session.get("l', set()),
    ('session.run("tr', {"train"}),
    ('session.restore("', {"good", "before sweep"}),
    ('session.track([1], "tr', set()),
    ('other.session.get("l', set()),
    ('mine.get("l', set()),
    ('session.get("lr") + "l', set()),
]  # fmt: skip


@pytest.fixture(scope="module")
def completing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(home / name.lower()))
        patch.setenv("SESSION_STATE_SESSION", "sweep")
        shell = Shell()
        for line in (
            "%load_ext session_state_ext",
            '%session set lr = 1 tags = [] "my rate" = 0.1',
            '%session snapshot good\n%session snapshot "before sweep"',
            "%%session step train --in lr --out loss\nloss = lr",
            "mine = [1]\nimport math\ndef mind(): pass",
            "%session bind lr",
        ):
            assert shell.run(line).ok
        yield shell
        shell.close()


@pytest.mark.parametrize(("line", "offered"), LINES_TO_COMPLETE, ids=[line for line, _ in LINES_TO_COMPLETE])
def test_completion(completing: Shell, line: str, offered: set[str]) -> None:
    found = set(completing.ip.complete(None, line)[1])
    assert offered <= found
    assert found & EVERY <= offered


def test_the_help_is_worth_reading(shell: Shell) -> None:
    doc = shell.ip.find_line_magic("session").__doc__
    for command in COMMANDS:
        assert f"session {command} " in doc
    for option in ("--in", "--out", "--keep", "--force", "--timeout", "--before", "--limit", "--delete", "--yes"):
        assert option in doc


@pytest.mark.parametrize("line", ["%session help", "%session --help", "%session -h"])
def test_the_help_is_shown(shell: Shell, line: str) -> None:
    ran = shell.run(line)
    assert ran.ok
    assert "%session undo [12] [--force]" in ran.text
    assert "::" not in ran.text


def test_what_the_cell_has_just_set_is_saved_when_it_is_shown(stored: Callable[[], Shell]) -> None:
    shell = stored()
    shown = repr(shell.run("%session set lr = 0.1\n%session").value)
    assert "revision 1 · all saved" in shown
    assert "not saved yet" not in shown
    assert "revision 2 · all saved" in shell.run("session['lr'] = 0.2\nsession").text


def test_the_names_are_there_again_after_a_reset(shell: Shell) -> None:
    shell.run("%session set lr = 1\n%reset -f")
    assert shell.run("session['lr'] + 1").value == 2, "which IPython takes for the magic"
    assert shell.run("session['lr'], session_state['lr']").value == (1, 1)
    assert "session" not in shell.run("%who_ls").value
