"""A session's past from a cell: what is shown, what is taken back, and the sentence that answers each mistake."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import pytest

from session_state_ext.errors import Conflict, NothingToUndo
from session_state_ext.kernel.refusals import insisting
from session_state_ext.wire.specs import locked
from tests.jupyter import Jupyter

from .notebook import Kernel, Panel, Ran, Shell


@pytest.fixture
def shell(stored: Callable[[], Shell]) -> Shell:
    """An IPython without a server, on a stored session."""
    return stored()


@pytest.fixture(params=["server", "embedded"])
def two(
    request: pytest.FixtureRequest, jupyter: Jupyter, lone: Callable[..., Kernel]
) -> Iterator[tuple[Kernel, Kernel]]:
    """Two kernels of one session, with and without a server."""
    if request.param == "embedded":
        yield lone(SESSION_STATE_SESSION="both"), lone(SESSION_STATE_SESSION="both")
        return
    names = [f"{re.sub(r'[^a-z]+', '-', request.node.name)}{each}.ipynb" for each in "ab"]
    one, other = (Kernel.of_notebook(jupyter, name) for name in names)
    assert one.run(f"%session use {request.node.originalname} --new").ok
    assert other.run(f"%session use {request.node.originalname}").ok
    yield one, other
    one.shutdown()
    other.shutdown()


def rows(text: str) -> list[list[str]]:
    """The rows of a printed table, apart by its headings' places."""
    lines = text.strip().splitlines()
    rule = next(at for at, line in enumerate(lines) if line and set(line) <= {"-", " "})
    starts = [match.start() for match in re.finditer(r"-+", lines[rule])] + [None]
    body = lines[rule + 1 :]
    if "" in body:
        body = body[: body.index("")]
    return [[line[start:end].strip() for start, end in itertools.pairwise(starts)] for line in body]


def shown(ran: Ran) -> list[list[str]]:
    assert ran.ok, ran.text
    return rows(repr(ran.value) if ran.value is not None else ran.text)


# --- from end to end, with a server and without ---


def test_an_undo_takes_back_only_what_this_kernel_wrote(two: tuple[Kernel, Kernel]) -> None:
    one, other = two
    one.run("%session set lr = 0.1")
    one.run("%session set lr = 0.5")
    other.run("%load_ext session_state_ext")
    other.run("session['note'] = 'mine'")
    ran = one.run("%session undo\ndict(session)")
    assert ran.ok, ran.text
    assert "Took back revision 2 · now at revision 4" in ran.text
    assert "lr    0.5 → 0.1" in ran.text
    assert ran.value == "{'lr': 0.1, 'note': 'mine'}", "it is here before the next line runs"
    assert other.run("dict(session)").value == "{'lr': 0.1, 'note': 'mine'}"
    ran = other.run("%session undo\ndict(session)")
    assert 'note  "mine" → deleted' in ran.text
    assert ran.value == "{'lr': 0.1}"
    again = other.run("%session undo")
    assert again.error == (
        "This kernel has made no change that could be taken back. "
        "One of anybody else, by its number: %session undo 12; %session history shows them."
    )
    ran = one.run("%session redo\nsession['lr']")
    assert ran.value == "0.5"
    table = rows(one.run("%session history").text)
    assert [row[0] for row in table] == ["6", "5", "4", "3", "2", "1"]
    assert [row[2:] for row in table] == [
        ["cell, here", "lr", "0.1 → 0.5", "redo, takes back 4"],
        ["cell", "note", '"mine" → deleted', "undo of 3"],
        ["cell, here", "lr", "0.5 → 0.1", "undo of 2 · redone"],
        ["cell", "note", 'new: "mine"', "undone"],
        ["cell, here", "lr", "0.1 → 0.5", ""],
        ["cell, here", "lr", "new: 0.1", ""],
    ]


def test_what_was_changed_again_since_stands_unless_forced(two: tuple[Kernel, Kernel]) -> None:
    one, other = two
    one.run("%session set lr = 0.1")
    one.run("%session set lr = 0.5")
    other.run("%session set lr = null")
    refused = one.run("%session undo")
    assert not refused.ok
    assert refused.text.strip() == (
        "Nothing was done: lr was changed again since, to null (cell). "
        "To do it all the same: %session undo --force, or session.undo(force=True)"
    )
    assert one.run("print(session['lr'])").text == "None\n"
    assert one.run("%session undo --force\nsession['lr']").value == "0.1"
    other.run("%session del lr")
    assert one.run("%session undo 2").error == (
        "Nothing was done: lr was deleted since. "
        "To do it all the same: %session undo 2 --force, or session.undo(2, force=True)"
    )
    ran = one.run("session.undo(2)")
    assert "Conflict" in ran.text
    assert "lr was deleted since" in ran.text
    assert "_prepare" not in ran.text, "the traceback is about the line that asked"


def test_snapshots_restore_diff_and_purge(two: tuple[Kernel, Kernel]) -> None:
    one, other = two
    one.run('%session set lr = 0.1 token = "s3cret"')
    assert "before sweep is revision 1. Go back to it" in one.run("%session snapshot before sweep").text
    one.run('%session set lr = 0.5 epochs = 3 token = "s3cret2"')
    assert rows(other.run("%session snapshot").text)[0][:2] == ["before sweep", "1"]
    table = one.run('%session diff "before sweep"').text
    assert "3 variables differ · between before sweep (revision 1) and now" in table
    assert rows(table) == [["epochs", "–", "3"], ["lr", "0.1", "0.5"], ["token", '"s3cret"', '"s3cret2"']]
    ran = one.run("%session restore before sweep\nprint(dict(session))")
    assert "Back at before sweep (revision 1) · now at revision 3" in ran.text
    assert "{'lr': 0.1, 'token': 's3cret'}" in ran.text
    ran = one.run("%session undo\nprint(dict(session))")
    assert "{'lr': 0.5, 'token': 's3cret2', 'epochs': 3}" in ran.text, "a restore is taken back like any change"
    assert "Back at revision 1" in one.run("%session restore 1").text
    assert one.run("%session snapshot before sweep --delete").ok
    assert "No snapshots yet" in one.run("%session snapshot").text
    one.run("%session del token")
    ran = one.run("%session purge token")
    assert "Nothing was removed yet. %session purge token --yes removes every earlier value" in ran.text
    assert "s3cret" in one.run("%session history token").text
    ran = one.run("%session purge token --yes")
    assert "removed from history, snapshots and runs, for good" in ran.text
    assert "s3cret" not in ran.text
    for kernel in two:
        text = kernel.run("%session history token").text
        assert "s3cret" not in text
        assert "new: purged" in text


def test_a_panel_sees_the_undo_of_a_kernel_and_its_edits_are_left_alone(notebook: Kernel, panel: Panel) -> None:
    notebook.run("%session set lr = 0.1")
    panel.set(epochs=3)
    ran = notebook.run("%session undo\ndict(session)")
    assert ran.value == "{'epochs': 3}"
    undone = panel.wait(lambda frame: frame["type"] == "change" and "undoes" in frame)
    assert (undone["label"], undone["undoes"], undone["ops"]) == ("undo", 1, [{"op": "delete", "name": "lr"}])
    table = notebook.run("%session history --limit 2")
    assert [row[2] for row in rows(table.text)] == ["cell, here", "panel"]
    assert "<table" in table.html


def test_a_server_that_does_not_answer_is_said_at_once(jupyter: Jupyter, notebook: Kernel) -> None:
    notebook.run("%session set lr = 0.1")
    with jupyter.frozen():
        ran = notebook.run("%session undo")
        assert ran.error == (
            "Nothing was done: the session server does not answer. "
            "Try undo again when it is back; what you wrote is kept."
        )
        ran = notebook.run("%session history")
        assert ran.error == "A session's past is asked of its server: the session server does not answer."


# --- what is shown ---


def test_the_history_shows_from_and_to_in_few_words(shell: Shell) -> None:
    shell.run('%session set config = {"opt": {"name": "adam", "lr": 0.1}, "layers": [1, 2]} lr = 0.1')
    shell.run("session['config'] = {'opt': {'name': 'sgd', 'lr': 0.1}, 'layers': [1]}")
    shell.run("%session snapshot good one")
    shell.run("%%session step train --in lr --out loss\nloss = lr * 2")
    shell.run("import datetime\nsession['blob'] = b'x' * 5000\nsession['due'] = datetime.date(2026, 1, 2)")
    shell.run("import numpy\nsession['blob'] = numpy.zeros((3, 4))")
    table = shown(shell.run("%session history"))
    assert [[row[0], *row[2:]] for row in table] == [
        ["6", "cell, here", "blob", "bytes, 5 kB → ndarray 3x4 float64", ""],
        ["5", "cell, here", "blob", "new: bytes, 5 kB", ""],
        ["", "", "due", "new: 2026-01-02", ""],
        ["4", "step train, here", "loss", "new: 0.2", "train done"],
        ["3", "step train, here", "", "", "train began"],
        ["2", "cell, here", "config['opt']['name']", '"adam" → "sgd"', 'snapshot "good one"'],
        ["", "", "config['layers']", "[1,2] → [1]", ""],
        ["1", "cell, here", "config", 'new: {"opt":{"name":"adam","lr":0.1},"...', ""],
        ["", "", "lr", "new: 0.1", ""],
    ]


def test_the_html_form_shows_values_as_text(shell: Shell) -> None:
    shell.run("session['<i>n</i>'] = '<script>alert(1)</script>'")
    for line in ("%session history", "%session diff 0"):
        html = shell.run(line).value._repr_html_()
        assert "<script>" not in html
        assert "<i>" not in html
        assert "&lt;script&gt;" in html


def test_pages_of_the_history_follow_one_another(shell: Shell) -> None:
    shell.run("for n in range(45):\n    session['n'] = n\n    session.flush()")
    first = shell.run("%session history").value
    assert len(first) == 20
    assert first.text().endswith("older ones: %session history --before 26")
    second = shell.run("%session history --before 26").value
    assert [one.revision for one in second][:1] == [25]
    assert (second[-1].edits[0].old, second[-1].edits[0].new) == (4, 5), "also what the oldest one found is known"
    last = shell.run("%session history n --before 6 --limit 10").value
    assert [one.edits[0].words for one in last] == ["3 → 4", "2 → 3", "1 → 2", "0 → 1", "new: 0"]
    assert "older" not in last.text()


def test_where_the_log_no_longer_reaches_the_value_before_is_not_made_up(shell: Shell) -> None:
    shell.run("%session set a = 1")
    shell.run("%session set b = 1 a = 2")
    changes = shell.session.history("a", limit=1)
    assert [one.words for one in changes[0].edits] == ["1 → 2"]
    # The page's oldest change, with nothing known of what was before it.
    from session_state_ext.kernel import history

    page = shell.session._ask(lambda archive: archive.changes(before=None, limit=1, name=None))
    entries = history.entries(page.changes, {}, complete=False, client="", marks={})
    assert [one.words for one in entries[0].edits] == ["… → 1", "… → 2"]
    assert entries[0].edits[0].old is None


def test_a_rename_and_a_patch_are_followed(shell: Shell, home: object) -> None:
    import asyncio

    from msgspec import Raw

    from session_state_ext.hub import LOCAL, Hub
    from session_state_ext.model import Origin, Patch, Rename, Set
    from session_state_ext.store.sql import SqlStore, default_url

    shell.run("%session set lr = 0.1")

    async def elsewhere() -> None:
        hub = Hub(SqlStore(default_url()))
        await hub.start()
        session = (await hub.list(LOCAL))[0].session_id
        api = Origin(kind="api")
        await hub.write(LOCAL, session, [Rename(name="lr", to="rate")], origin=api)
        await hub.write(LOCAL, session, [Set(name="rate", value=Raw(b'{"a": 1, "b": [1]}'))], origin=api)
        for text in (b'[{"op": "replace", "path": "/a", "value": 2}]', b'[{"op": "remove", "path": "/b"}]'):
            await hub.write(LOCAL, session, [Patch(name="rate", patch=Raw(text))], origin=api)
        await hub.stop()

    asyncio.run(elsewhere())
    table = shown(shell.run("%session history"))
    assert [[row[0], *row[2:]] for row in table] == [
        ["5", "api", "rate['b']", "[1] → deleted", ""],
        ["4", "api", "rate['a']", "1 → 2", ""],
        ["3", "api", "rate", '0.1 → {"a": 1, "b": [1]}', ""],
        ["2", "api", "rate", "new: 0.1", "lr renamed to rate"],
        ["", "", "lr", "0.1 → deleted", ""],
        ["1", "cell, here", "lr", "new: 0.1", ""],
    ]
    assert "lr renamed to rate" in shell.run("%session history rate").text
    for line in ("%session history rate --limit 1", "%session history --limit 1"):
        assert [row[3:5] for row in shown(shell.run(line))] == [["rate['b']", "[1] → deleted"]]


def test_without_a_server_a_kernel_that_is_restarted_has_nothing_of_its_own_to_take_back(
    stored: Callable[[], Shell],
) -> None:
    stored().run("%session set lr = 0.1")
    later = stored()
    assert "This kernel has made no change" in later.run("%session undo").text
    assert shown(later.run("%session undo 1")) == [["lr", "0.1 → deleted"]]


# --- from Python ---


def test_everything_is_there_in_python_too(shell: Shell) -> None:
    session = shell.session
    session["lr"] = 0.1
    session.flush()
    session["lr"] = [1, 2]
    newest = session.history("lr")[0]
    assert (newest.revision, newest.by, newest.label, newest.undoes) == (2, "cell, here", None, None)
    assert (newest.edits[0].old, newest.edits[0].new) == (0.1, [1, 2])
    assert newest.origin["kind"] == "cell"
    assert newest.at.tzinfo is not None
    taken = session.snapshot("good")
    session.update(lr=5, n=1)
    differences = session.diff("good")
    assert [(one.name, one.old, one.new) for one in differences] == [("lr", [1, 2], 5), ("n", None, 1)]
    moved = session.undo()
    assert moved.revision == session.revision
    assert [(one.name, one.old, one.new) for one in moved.edits] == [("lr", 5, [1, 2]), ("n", 1, None)]
    session.redo()
    assert dict(session) == {"lr": 5, "n": 1}
    session.restore(taken.revision)
    assert dict(session) == {"lr": [1, 2]}
    session.undo()
    assert dict(session) == {"lr": 5, "n": 1}
    assert [(one.name, one.revision) for one in session.snapshots()] == [("good", taken.revision)]
    moved_there = session.snapshot("good", revision=0)
    assert f"good is revision 0; before, it was revision {taken.revision}" in repr(moved_there)
    session.forget("good")
    assert list(session.snapshots()) == []
    assert session.purge("lr").count > 0
    assert session.history("lr")[-1].edits[0].new is None, "what was purged is not made up"
    assert session["lr"] == 5


def test_an_undo_can_be_tried_in_a_program(shell: Shell) -> None:
    with pytest.raises(NothingToUndo, match="This kernel has made no change"):
        shell.session.undo()
    shell.session["lr"] = 1
    shell.session.flush()
    shell.session["lr"] = 2
    with pytest.raises(Conflict, match="lr was changed again since, to 2"):
        shell.session.undo(1)
    assert shell.session["lr"] == 2


def test_observers_are_told_of_an_undo(shell: Shell) -> None:
    shell.session["lr"] = 1
    shell.session.flush()
    told: list[tuple[object, object]] = []
    shell.session.observe(lambda change: told.append((change["old"], change["new"])), names="lr")
    shell.session["lr"] = 2
    shell.session.undo()
    shell.run("1")
    assert told == [(1, 2), (2, 1)]


# --- mistakes ---

NO_SNAPSHOT = "There is no snapshot godo. Did you mean good? There are: good."


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("%session history a b", "Name one variable, or none: %session history lr"),
        ("%session history nope", "This session has never had a variable nope."),
        ("%session history lrr", "This session has never had a variable lrr. Did you mean lr?"),
        ("%session history --befor 3", "%session history has no option --befor. Did you mean --before?"),
        ("%session history --before", "--before needs a value: %session history --before 10"),
        ("%session history --before x", "--before takes a whole number: --before 10"),
        ("%session history --limit=0", "A page of the history has 1 to 999 changes."),
        ("%session undo 1 2", "Give one revision, or none for the newest change made here: %session undo 12"),
        ("%session undo lr", "undo takes a revision's number. The changes of lr: %session history lr"),
        ("%session undo x", "x is not a revision's number. Write: %session undo 12; see %session history"),
        ("%session undo -1", "-1 is not a revision's number. Write: %session undo 12; see %session history"),
        ("%session undo 99", "There is no change 99; the newest is 2."),
        ("%session undo --yes", "%session undo has no option --yes. It has --force."),
        ("%session redo", "There is nothing to redo: this kernel has undone nothing, or has written something since."),
        ("%session redo 2", "redo takes back the newest undo and takes no number; to take back a change: %session undo 12"),
        ("%session diff", "Give one revision or snapshot to compare with what stands now, or two: %session diff 12, %session diff 12 15, %session diff good. A snapshot's name with a space needs quotes."),
        ("%session diff 1 2 3", "Give one revision or snapshot to compare with what stands now, or two: %session diff 12, %session diff 12 15, %session diff good. A snapshot's name with a space needs quotes."),
        ("%session diff 99", "There is no revision 99; the newest is 2."),
        ("%session diff godo", NO_SNAPSHOT),
        ("%session restore", "Say where to: %session restore NAME, or a revision. The snapshots: %session snapshot"),
        ("%session restore godo", NO_SNAPSHOT),
        ("%session restore 99", "There is no revision 99; the newest is 2."),
        ("%session snapshot 12", "12 would be mistaken for a revision. Give the snapshot a name of letters."),
        ("%session snapshot --delete", "Name the snapshot: %session snapshot NAME --delete"),
        ("%session snapshot godo --delete", NO_SNAPSHOT),
        ("%session purge", "Name one variable: %session purge token"),
        ("%session purge lr n --yes", "Name one variable: %session purge token"),
        ("%session purge nope", "This session has never had a variable nope."),
        ("%session purge lr --force", "%session purge has no option --force. It has --yes."),
        ("with session.batch():\n    session['q'] = 1\n    %session undo", "A batch is open; undo works when it has ended."),
    ],
)  # fmt: skip
def test_each_mistake_is_answered_with_one_sentence(shell: Shell, line: str, sentence: str) -> None:
    shell.run("%session set lr = 1")
    shell.run("%session set n = 2")
    shell.run("%session snapshot good")
    ran = shell.run(line)
    assert not ran.ok
    assert ran.text.strip() == sentence
    assert shell.session.revision == 2
    assert dict(shell.session) == {"lr": 1, "n": 2}


def test_what_makes_no_difference_is_said(shell: Shell) -> None:
    assert "no changes" in repr(shell.run("%session history").value)
    shell.run("%session set lr = 1")
    assert "Nothing is different from revision 1" in shell.run("%session restore 1").text
    assert "Nothing differs · between revision 1 and now" in repr(shell.run("%session diff 1").value)
    assert "Nothing was removed: this session holds no earlier value of lrr. Did you mean lr?" in (
        shell.run("%session purge lrr --yes").text
    )
    assert "The value that lr has now stays" in shell.run("%session purge lr").text
    assert shell.session["lr"] == 1
    assert shell.session.revision == 1


def test_what_is_locked_stops_a_restore_and_what_is_not_allowed_an_undo_with_how_to_do_it(shell: Shell) -> None:
    shell.run("%session set seed = 1 lr = 5\n%session snapshot before sweep")
    shell.run("%session set seed = 2 lr = 0.5\n%session declare lr = 0.1 --max 1\n%session lock seed")
    shell.run("1")
    sentence = (
        "Nothing was done: seed is locked, and would change. Unlock it first: %session unlock seed; or to do it all the "
        "same: %session restore \"before sweep\" --force, or session.restore('before sweep', force=True)"
    )
    assert shell.run("%session restore before sweep").text.strip() == sentence
    assert shell.run("session.restore('before sweep')").error == sentence
    sentence = (
        "Nothing was done: lr: 5 is more than the maximum 1. To do it all the same: %session undo 2 --force, "
        "or session.undo(2, force=True)"
    )
    assert shell.run("%session unlock seed\n%session undo 2").text.strip() == sentence
    assert shell.run("%session lock seed").ok
    assert shell.run("%session restore before sweep --force").ok
    assert dict(shell.session) == {"seed": 1, "lr": 5}
    assert "seed is locked" in str(shell.run("%session set seed = 3").error)
    refusal = insisting(shell.session._link, locked("q"), "undo", "")
    assert refusal.message == (
        "Nothing was done: q is locked. Unlock it first: %session unlock q; or to do it all the same: "
        "%session undo --force, or session.undo(force=True)"
    )


def test_snapshots_are_completed(shell: Shell) -> None:
    shell.run("%session set lr = 1\n%session snapshot before sweep")

    def completed(line: str) -> list[str]:
        return list(shell.ip.complete(None, line)[1])

    assert '"before sweep"' in completed('%session restore "be'), "a name with a space is written in quotes"
    assert "--yes" in completed("%session purge --y")


def test_a_restarted_kernel_takes_back_what_it_did_before(jupyter: Jupyter) -> None:
    kernel = Kernel.of_notebook(jupyter, "restarted-undo.ipynb")
    try:
        kernel.run("%session set lr = 1\n%session set n = 1")
        kernel.run("session_state['lr'] = 2")
        with Panel(jupyter, kernel.path) as panel:
            panel.set(n=7)
        kernel.restart()
        assert "Took back revision" in kernel.run("%session undo").text
        assert kernel.run("print(session_state['lr'], session_state['n'])").text.split() == ["1", "7"]
        assert kernel.run("%session redo").ok
        assert kernel.run("print(session_state['lr'], session_state['n'])").text.split() == ["2", "7"]
    finally:
        kernel.shutdown()


def test_a_batch_is_labelled(two: tuple[Kernel, Kernel]) -> None:
    one, other = two
    one.run("%session")
    one.run("with session_state.batch('tune for speed'):\n    session_state['a'] = 1\n    session_state['b'] = 2")
    assert "tune for speed" in other.run("%session history").text
    assert other.run("print(session_state.history()[0].label)").text.strip() == "tune for speed"
    ran = one.run("with session_state.batch('x' * 129): session_state['a'] = 3")
    assert "A label is a word or a few: 1 to 128 characters, not 129." in ran.text
    assert one.run("print(session_state['a'])").text.strip() == "1"


def test_declarations_are_in_the_history(shell: Shell) -> None:
    shell.run("%session set lr = 1")
    shell.run("%session declare lr --min 0")
    shell.run("%session declare momentum = 0.9 --max 1")
    changes = shell.session.history()
    told = {
        name: next((one for one in changes if f"declared {name}" in one.notes), None) for name in ("lr", "momentum")
    }
    assert told["lr"] is not None
    assert told["lr"].edits == []
    assert told["momentum"] is not None
    assert [(edit.name, edit.words) for edit in told["momentum"].edits] == [("momentum", "new: 0.9")]
    assert "declared momentum" in repr(changes)


def test_locks_and_numbers_are_in_the_history_and_an_undo_says_what_became_of_declarations(shell: Shell) -> None:
    shell.run("session['a'] = 1")
    shell.run("%session lock a")
    shell.run("%session unlock a")
    shell.run("session.declare('a', minimum=0)\nsession['b'] = 2")
    said = shell.run("%session history").value
    assert [one.notes for one in said] == [["declared a"], ["unlocked a"], ["locked a"], []]
    undone = shell.run("%session undo").text
    assert "Took back revision 4 · not declared any more: a · now at revision 5" in undone
    assert "2 → deleted" in undone
    shell.run("%session lock a")
    shell.run("session['b'] = 3")
    assert "Took back revision 6 · unlocked a" in repr(shell.run("session.undo(6)").value)
    shell.run("import numpy as np\nsession['x'] = np.array([1.0, 2, 3])")
    shell.run("session['x'] = np.array([1.0, 2, 4])")
    assert "[1.0, 2.0, 3.0] → [1.0, 2.0, 4.0]" in repr(shell.run("%session history x").value)
    shell.run("session['x'] = np.arange(100.0)")
    shell.run("session['x'] = np.arange(100.0) + (np.arange(100) == 99)")
    assert "ndarray 100 float64 → another one" in repr(shell.run("%session history x").value)
