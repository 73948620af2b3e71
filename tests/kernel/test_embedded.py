"""Kernels without a server: on the store that a server would use, shared with whoever else is there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from session_state_ext import connect
from session_state_ext.errors import NotFound, SessionError
from session_state_ext.kernel import leftovers, retries
from session_state_ext.kernel.leftovers import Leftovers
from session_state_ext.kernel.outbox import Outbox
from session_state_ext.store import place, sqlite
from session_state_ext.wire import SaidOrigin

from .notebook import Kernel, Shell, until

MakeShell = Callable[[], Shell]


def test_what_one_kernel_wrote_another_has(stored: MakeShell) -> None:
    first = stored()
    first.run("%session set lr = 0.1 n = 10000000000000000000000000000001")
    first.close()
    second = stored()
    assert second.run("dict(session)").value == {"lr": 0.1, "n": 10**31 + 1}
    assert second.session.name == "sweep"


def test_two_kernels_at_once_see_each_other_before_each_cell(stored: MakeShell) -> None:
    first, second = stored(), stored()
    for value in range(5):
        first.run(f"session['lr'] = {value}")
        assert second.run("session['lr']").value == value
        second.run(f"session['back'] = {value}")
        assert first.run("session['back']").value == value


def test_sessions_are_listed_made_and_used_by_name(stored: MakeShell) -> None:
    shell = stored()
    shell.run("%session set lr = 0.1")
    assert shell.run("%session use other --new").ok
    assert dict(shell.session) == {}
    shell.run("%session set lr = 5")
    listed = repr(shell.run("%session list").value)
    assert "2 sessions · * is this notebook's" in listed
    assert [line.split()[:2] for line in listed.splitlines()[4:]] == [["*", "other"], ["sweep", "1"]]
    assert shell.run("%session use sweep").ok
    assert shell.session["lr"] == 0.1
    assert shell.run("%session use nope").text.strip() == (
        "There is no session called nope. There are: other, sweep. Make it: %session use nope --new"
    )
    assert shell.run("%session use other --new").text.strip() == (
        "There is a session called other already. Use it: %session use other"
    )


def test_a_session_in_memory_is_said_once_and_comes_along_when_it_is_named(home: Path) -> None:
    shell = Shell()
    said = shell.run("%load_ext session_state_ext").text + shell.run("session['lr'] = 0.1").text
    assert said.count("kept in this kernel's memory only. To keep it: %session use NAME --new") == 1
    assert not (home / "jupyter_data_dir").exists(), "nothing is left behind"
    assert shell.run("%session use kept --new").ok
    shell.run("session['n'] = 1")
    shell.close()
    again = connect("kept")
    assert dict(again) == {"lr": 0.1, "n": 1}


def test_what_was_in_memory_only_stays_behind_until_it_is_brought(home: Path) -> None:
    night = connect("night", new=True)
    night["lr"] = 5
    assert night.flush()
    shell = Shell()
    shell.run("%load_ext session_state_ext")
    shell.run("session.update(zonly=1, lr=2)")
    said = shell.run("%session use night").text
    assert (
        "zonly and lr stayed behind, in this kernel's memory only. To take along what is not here: "
        "%session use night --bring" in said
    )
    assert "zonly" not in shell.session
    assert "This session had values of its own, which stay: lr" in shell.run("%session use night --bring").text
    assert dict(shell.session) == {"lr": 5, "zonly": 1}
    assert "stayed" not in shell.run("%session use night").text
    shell.close()


def test_a_notebook_in_vs_code_has_the_session_of_its_path(home: Path) -> None:
    for name in ("a.ipynb", "a-jvsc-0123-abcd.ipynb"):
        shell = Shell()
        shell.names["__vsc_ipynb_file__"] = str(home / name)
        shell.run("%load_ext session_state_ext")
        shell.run("session['count'] = session.get('count', 0) + 1")
        count = shell.session["count"]
        shell.close()
    assert count == 2


def test_a_script_connects_by_name(home: Path) -> None:
    session = connect("sweep", new=True)
    session["lr"] = 0.1
    assert session.flush()
    assert connect("sweep")["lr"] == 0.1


def test_a_name_that_no_session_has_makes_none(home: Path) -> None:
    with pytest.raises(NotFound, match=r"^There is no session called sweep. Make it: connect\(.sweep., new=True\)$"):
        connect("sweep")
    connect("sweep", new=True)
    with pytest.raises(NotFound, match=r"no session called sweeep. Did you mean sweep\? There are: sweep. Make it: "):
        connect("sweeep")
    with pytest.raises(SessionError, match=r"called sweep already. Use it: connect\('sweep'\)$"):
        connect("sweep", new=True)
    with pytest.raises(SessionError, match="needs a name"):
        connect(new=True)


def test_a_session_is_handed_on_by_its_id(stored: MakeShell) -> None:
    shell = stored()
    assert shell.run("session.env()").error == "This session is empty and not stored yet. Set a variable first."
    shell.run("%session set lr = 0.1")
    handed = shell.run("session.env({})").value
    assert handed == {"SESSION_STATE_SESSION": shell.session.id}
    assert connect(handed["SESSION_STATE_SESSION"])["lr"] == 0.1


def test_an_environment_is_not_printed_with_its_secrets(stored: MakeShell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "s3cr3t")
    shell = stored()
    shell.run("%session set lr = 0.1")
    ran = shell.run("session.env()")
    assert "SESSION_STATE_SESSION, and " in ran.text
    assert "s3cr3t" not in ran.text
    assert ran.value["API_KEY"] == "s3cr3t"


def test_a_kernel_that_is_killed_has_saved_what_its_cells_wrote(lone: Callable[..., Kernel]) -> None:
    kernel = lone(SESSION_STATE_SESSION="sweep")
    kernel.run("%load_ext session_state_ext")
    kernel.run("for i in range(1000):\n    session['i'] = i")
    kernel.kill()
    assert connect("sweep")["i"] == 999


def test_what_is_written_last_is_saved_at_the_end_of_a_script(home: Path) -> None:
    import subprocess
    import sys

    code = "from session_state_ext import connect\ns = connect('sweep', new=True)\ns['lr'] = 0.1"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    session = connect("sweep")
    assert session["lr"] == 0.1
    assert repr(session.why("lr")) == "lr = 0.1 · set by a program, just now"


def test_the_runs_of_a_process_are_running_as_long_as_it_lives(home: Path) -> None:
    import subprocess
    import sys

    code = (
        "from session_state_ext import connect\nsession = connect('sweep')\n"
        "@session.step(outputs='x')\ndef slow():\n    session.flush()\n    print('go', flush=True)\n    return input()\n"
        "session.run('slow')"
    )

    connect("sweep", new=True)

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        return process

    first = start()
    assert connect("sweep").steps()["slow"].status == "running"
    first.kill()
    first.communicate()
    assert connect("sweep").steps()["slow"].status == "interrupted"
    second = start()
    second.communicate("1\n")
    assert connect("sweep").steps()["slow"].status == "fresh"
    assert len([*(home / "jupyter_data_dir").glob("session_state/*/process-*")]) == 4, "the four of this process"


def test_a_store_that_is_broken_is_said_in_words(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / "jupyter_data_dir" / "session_state"
    folder.mkdir(parents=True)
    (folder / "sessions.db").write_bytes(b"this is no database, it is a text file" * 100)
    monkeypatch.setenv("SESSION_STATE_SESSION", "sweep")
    shell = Shell()
    shell.run("%load_ext session_state_ext")
    assert "what you write is in this kernel only until that is put right" in shell.run("session['lr'] = 1").text
    ran = shell.run("%session")
    assert not ran.ok
    assert "Nothing of this session is known yet" in ran.text
    assert "Traceback" not in ran.text
    shell.close()


def test_what_cannot_be_stored_just_now_waits_and_says_why(
    home: Path, stored: MakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.01)
    monkeypatch.setattr(retries, "PATIENCE_SECONDS", (0.01, 0.05))
    shell = stored()
    shell.run("session['lr'] = 1")
    somebody = sqlite3.connect(home / "jupyter_data_dir" / "session_state" / "sessions.db", isolation_level=None)
    somebody.execute("BEGIN IMMEDIATE")
    said = "not saved yet: lr, n (Another process is writing the stored sessions; try again)"
    assert said in shell.run("session.update(lr=2, n=1)").text
    assert "2 not saved yet: Another process is writing" in repr(shell.run("%session").value)
    shell.run("session['n'] = 2")
    unsent = home / "jupyter_data_dir" / "session_state" / "unsent"
    until(lambda: any('"n":"2"' in file.read_text() for file in unsent.glob("*.json")))
    somebody.execute("ROLLBACK")
    assert shell.session.flush(60)
    assert "not taken" not in shell.run("1").text
    assert connect("sweep")["lr"] == 2
    assert connect("sweep")["n"] == 2
    assert list(unsent.glob("*.json")) == []


def test_a_file_that_cannot_be_written_is_read_and_says_so(stored: MakeShell, monkeypatch: pytest.MonkeyPatch) -> None:
    first = stored()
    first.run("%session set lr = 0.1")
    # An earlier kernel could not send this.
    outbox = Outbox("earlier")
    outbox.put("y", 1, SaidOrigin(kind="cell"))
    left = Leftovers(first.session.id, "earlier", leftovers.folder())
    left.write(outbox, {})
    left._lock.release()
    real = place.unwritable
    why: list[str] = ["Read-only file system"]
    monkeypatch.setattr(place, "unwritable", lambda path: why[0] if why else real(path))
    second = stored()
    assert second.run("session['lr']").value == 0.1
    refused = second.run("session['lr'] = 0.2")
    assert refused.error == "The session can be read, but not changed just now: its disk cannot be written."
    assert second.run("session['lr']").value == 0.1
    why.clear()
    until(lambda: second.session._link.closed is None)
    second.run("session['lr'] = 0.3")
    assert first.run("session['lr']").value == 0.3
    assert "y" not in first.session
    assert stored().run("session['y']").value == 1
