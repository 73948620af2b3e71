"""session.edit: two people in one object, from a cell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec import Raw

from session_state_ext.kernel.leftovers import Leftovers, read
from session_state_ext.kernel.outbox import Outbox, Patched
from session_state_ext.model import Origin, Variable
from session_state_ext.wire import SaidOrigin

from .notebook import Shell

CELL = SaidOrigin(kind="cell")
CONFIG = {"optimizer": {"lr": 0.1, "momentum": 0.9}, "layers": [64, 64]}


def test_what_is_altered_inside_is_written_when_the_block_ends(shell: Shell) -> None:
    session = shell.session
    session["config"] = CONFIG
    with session.edit("config") as config:
        config["optimizer"]["lr"] = 0.2
        del config["layers"]
        assert session["config"] == CONFIG, "nothing before the end"
    assert session["config"] == {"optimizer": {"lr": 0.2, "momentum": 0.9}}
    assert session.flush()
    assert session["config"] == {"optimizer": {"lr": 0.2, "momentum": 0.9}}
    with session.edit("config"):
        pass
    revision = session.revision
    assert session.flush()
    assert session.revision == revision


def test_a_list_is_written_whole_and_what_fails_writes_nothing(shell: Shell) -> None:
    session = shell.session
    session["tags"] = ["a"]
    with session.edit("tags") as tags:
        tags.append("b")
    with pytest.raises(ZeroDivisionError), session.edit("tags") as tags:
        tags.append(1 / 0)
    with pytest.raises(Exception, match="has no JSON form"), session.edit("tags") as tags:
        tags.append(object())
    assert session["tags"] == ["a", "b"]
    assert session.flush()
    assert session["tags"] == ["a", "b"]


def test_only_a_dict_or_a_list_has_an_inside(shell: Shell) -> None:
    session = shell.session
    session["lr"] = 0.1
    with pytest.raises(TypeError, match=r"lr is a float; only a dict or list .* session\['lr'\] = "):
        session.edit("lr").__enter__()
    with pytest.raises(KeyError, match="no variable 'never'"):
        session.edit("never").__enter__()


def test_in_a_batch_it_is_part_of_the_one_change(shell: Shell) -> None:
    session = shell.session
    session["config"] = CONFIG
    assert session.flush()
    before = session.revision
    with session.batch():
        session["n"] = {"a": 1}
        with session.edit("n") as n:
            n["b"] = 2
        with session.edit("config") as config:
            config["optimizer"]["lr"] = 0.3
        with session.edit("config") as config:
            assert config["optimizer"]["lr"] == 0.3
            config["optimizer"]["momentum"] = 0.5
        assert session["n"] == {"a": 1, "b": 2}
    assert session.flush()
    assert session.revision == before + 1
    assert session["config"]["optimizer"] == {"lr": 0.3, "momentum": 0.5}


def test_members_that_could_not_be_sent_outlive_their_kernel(tmp_path: Path) -> None:
    outbox = Outbox("A")
    outbox.patch("o", Patched(b'[{"op":"replace","path":"/a","value":1E2}]', b'{"a":1E2}', b'{"a":1}'), CELL)
    origin = Origin(kind="api")
    row = Variable(name="o", value=Raw(b'{"a":1}'), revision=4, updated_at=1, origin=origin)
    Leftovers("s", "A", tmp_path).write(outbox, {"o": row})
    (path,) = tmp_path.glob("*.json")
    kept = read(path)
    assert kept is not None
    opened = kept.freeze(4)
    assert opened is not None
    # What somebody wrote in the meantime is not overwritten unasked.
    assert json.loads(opened.body)["ops"] == [
        {"op": "patch", "name": "o", "patch": [{"op": "replace", "path": "/a", "value": 100.0}], "ifRevision": 4}
    ]
    assert b"1E2" in opened.body
    (refused,) = kept.refuse("conflict", "o was changed.", b'{"a":7}')
    assert (refused.value, refused.theirs, refused.base) == (b'{"a":1E2}', b'{"a":7}', b'{"a":1}')
