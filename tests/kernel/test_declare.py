"""Declaring from a cell: by hand, from a dataclass, a model, a schema, a cell of parameters; and what is held to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal, NewType

import pytest
from annotated_types import Ge, Interval, Le, MinLen

from session_state_ext.errors import InvalidSpec, InvalidValue, Locked, SessionError

from .notebook import Kernel, Panel, Shell


def test_a_value_that_is_not_allowed_is_refused_at_the_line_that_wrote_it(shell: Shell) -> None:
    session = shell.session
    session.declare("lr", 0.1, minimum=0, maximum=1, description="learning rate", control="slider")
    assert session["lr"] == 0.1, "at once"
    writes: list[Callable[[], Any]] = [
        lambda: session.__setitem__("lr", 2),
        lambda: session.update(lr=2, other=1),
        lambda: session.__setitem__("lr", float("nan")),
    ]
    for write in writes:
        with pytest.raises(InvalidValue, match=r"lr: (2 is more than the maximum 1|NaN is not a number up to 1)"):
            write()
    ran = shell.run('session["lr"] = -1')
    assert not ran.ok
    assert ran.error == "lr: -1 is less than the minimum 0."
    assert session.flush()
    assert dict(session) == {"lr": 0.1}
    assert session.spec("lr") == {
        "schema": {"type": "number", "minimum": 0, "maximum": 1},
        "description": "learning rate",
        "default": 0.1,
        "control": "slider",
    }
    assert session.spec("other") is None


def test_declaring_again_never_changes_a_value(shell: Shell) -> None:
    session = shell.session
    session["lr"] = 5
    session.declare("lr", 0.1, maximum=1)
    assert (session["lr"], session.invalid("lr")) == (5, "lr: 5 is more than the maximum 1.")
    assert session.flush()
    assert (session["lr"], session.invalid("lr")) == (5, "lr: 5 is more than the maximum 1.")
    session["lr"] = 5  # what stands may be written again
    session.declare("lr", 0.2, maximum=10)
    assert (session["lr"], session.invalid("lr")) == (5, None)
    assert shell.run("session").ok


def test_what_was_written_before_its_declaration_in_the_same_cell_stays(shell: Shell) -> None:
    ran = shell.run('session["lr"] = 5\nsession.declare("lr", 0.1, maximum=1)\nsession["n"] = 1')
    assert ran.ok, ran.error
    assert shell.session.flush()
    assert dict(shell.session) == {"lr": 5, "n": 1}
    ran = shell.run('del session["lr"]\nsession.declare("lr", 0.1, maximum=1)\nassert session["lr"] == 0.1')
    assert ran.ok, ran.error
    assert shell.session.flush()
    assert (dict(shell.session), ran.text) == ({"lr": 0.1, "n": 1}, "")


def test_a_declaration_without_a_default_waits_for_a_value(shell: Shell) -> None:
    session = shell.session
    session.declare("epochs", type=int, minimum=1)
    assert (session["epochs"], session.invalid("epochs")) == (None, "epochs has no value yet.")
    session.declare("epochs", 10, minimum=1)
    assert session["epochs"] == 10
    assert session.flush()
    assert session["epochs"] == 10


def test_defaults_come_back_in_one_change_that_can_be_taken_back(stored: Callable[[], Shell]) -> None:
    session = stored().session
    session.declare("lr", 0.1)
    session.declare("epochs", 10)
    session.declare("seed", 42)
    session.declare("free", type=int)
    session.update(lr=0.5, epochs=20, seed=1, free=3)
    session.lock("seed")
    assert session.flush()
    assert session.reset("lr") == ["lr"]
    assert dict(session) == {"lr": 0.1, "epochs": 20, "seed": 1, "free": 3}
    session.undo()
    assert session["lr"] == 0.5
    assert sorted(session.reset()) == ["epochs", "lr"]
    assert dict(session) == {"lr": 0.1, "epochs": 10, "seed": 1, "free": 3}
    session.undo()
    assert dict(session) == {"lr": 0.5, "epochs": 20, "seed": 1, "free": 3}
    with pytest.raises(Locked):
        session.reset("seed")
    with pytest.raises(SessionError, match="free is declared without a default"):
        session.reset("free")


def test_what_is_locked_is_unlocked_first(shell: Shell) -> None:
    session = shell.session
    session.declare("seed", 42, locked=True)
    writes: list[Callable[[], Any]] = [lambda: session.update(seed=1), lambda: session.__delitem__("seed")]
    for write in writes:
        with pytest.raises(Locked, match=r"seed is locked.*session.unlock\('seed'\)"):
            write()
    session.unlock("seed")
    session["seed"] = 1
    assert session.flush()
    session.lock("seed")
    ran = shell.run("%session set seed = 2")
    assert "seed is locked" in str(ran.error)
    assert session["seed"] == 1
    session.undeclare("seed")
    del session["seed"]
    session["seed"] = "anything"
    assert session.flush()
    assert dict(session) == {"seed": "anything"}


def test_declaring_again_takes_no_lock_away(shell: Shell) -> None:
    session = shell.session
    schema = {"properties": {"seed": {"type": "integer", "default": 1}}}
    again: list[Callable[[], Any]] = [
        lambda: shell.run("%session declare seed = 1 --max 9"),
        lambda: session.declare("seed", 1),
        lambda: session.declare(schema),
        lambda: shell.run("%%session parameters\nseed = 1  # of the shuffling"),
    ]
    session.declare("seed", 42)
    session.lock("seed")
    for declare in again:
        declare()
        assert "seed is locked" in str(shell.run("%session set seed = 2").error)
    assert session.spec("seed")["description"] == "of the shuffling"
    session.declare("seed", 1, locked=False)
    session["seed"] = 2
    assert session.flush()


def test_a_batch_declares_and_sets_in_one_change(shell: Shell) -> None:
    session = shell.session
    session["before"] = 1
    assert session.flush()
    revision = session.revision
    with session.batch():
        session.declare("lr", 0.1, maximum=1)
        assert session["lr"] == 0.1
        session.declare("n", 3)
        session["n"] = 4
    assert session.flush()
    assert (dict(session), session.revision) == ({"before": 1, "lr": 0.1, "n": 4}, revision + 1)


class Optimizer(Enum):
    ADAM = "adam"
    SGD = "sgd"


@dataclass
class Params:
    lr: float = field(default=0.1, metadata={"minimum": 0, "maximum": 1, "control": "slider"})  # learning rate
    epochs: Annotated[int, "how often all data is seen"] = 10
    optimizer: Optimizer = Optimizer.ADAM
    mode: Literal["fast", "exact"] = "fast"
    layers: list[int] = field(default_factory=lambda: [64, 64])
    stop: date | None = None
    """when to stop"""
    name: str = field(kw_only=True)


def test_a_dataclass_declares_its_fields(shell: Shell) -> None:
    session = shell.session
    session.declare(Params)
    assert dict(session) == {
        "lr": 0.1,
        "epochs": 10,
        "optimizer": "adam",
        "mode": "fast",
        "layers": [64, 64],
        "stop": None,
        "name": None,
    }
    told = {name: session.spec(name).get("description") for name in ("lr", "epochs", "stop")}
    assert told == {"lr": "learning rate", "epochs": "how often all data is seen", "stop": "when to stop"}
    assert session.invalid("name") == "name has no value yet."
    refused: dict[str, Any] = {"lr": 2, "epochs": 1.5, "optimizer": "x", "mode": "slow", "layers": [1.5], "name": 3}
    for name, value in refused.items():
        with pytest.raises(InvalidValue):
            session[name] = value
    session["stop"] = date(2026, 11, 22)
    session["optimizer"] = "sgd"
    assert session.flush()
    assert (session["stop"], session["optimizer"]) == (date(2026, 11, 22), "sgd")


Steps = NewType("Steps", int)


@dataclass
class Bounded:
    lr: Annotated[float, Ge(0), Le(1), "rate"] = 0.1
    tags: Annotated[list[str], MinLen(1)] = field(default_factory=lambda: ["a"])
    steps: Annotated[Steps, Interval(gt=0, lt=10)] = Steps(3)


def test_bounds_of_annotations_hold(shell: Shell) -> None:
    shell.session.declare(Bounded)
    shell.session.declare("more", type=Steps)
    for name, values in {"lr": (-1, 2), "tags": ([],), "steps": (0, 10, 0.5), "more": (0.5,)}.items():
        for value in values:
            with pytest.raises(InvalidValue):
                shell.session[name] = value


def test_an_instance_brings_its_own_defaults(shell: Shell) -> None:
    session = shell.session
    session.declare(Params(lr=0.5, name="mine"))
    assert (session["lr"], session["name"]) == (0.5, "mine")


def test_a_class_of_a_cell_has_its_comments(shell: Shell) -> None:
    ran = shell.run(
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    lr: float = 0.1  # learning rate\nsession.declare(P)"
    )
    assert ran.ok, ran.error
    assert shell.session.spec("lr")["description"] == "learning rate"


def test_a_pydantic_model_declares_its_fields(shell: Shell) -> None:
    import pydantic

    inner = pydantic.create_model("Inner", momentum=(float, pydantic.Field(0.9, le=1)))
    model = pydantic.create_model(
        "Model",
        lr=(
            float,
            pydantic.Field(0.1, ge=0, le=1, description="learning rate", json_schema_extra={"control": "slider"}),
        ),
        epochs=(int, pydantic.Field(gt=0)),
        until=(date, date(2026, 1, 1)),
        tags=(list[str], pydantic.Field(default_factory=list)),
        inner=(inner, inner()),
    )
    session = shell.session
    session.declare(model)
    assert dict(session) == {
        "lr": 0.1,
        "epochs": None,
        "until": date(2026, 1, 1),
        "tags": [],
        "inner": {"momentum": 0.9},
    }
    assert (session.spec("lr")["description"], session.spec("lr")["control"]) == ("learning rate", "slider")
    for name, value in {"lr": 2, "epochs": 0, "tags": [1], "inner": {"momentum": 2}}.items():
        with pytest.raises(InvalidValue):
            session[name] = value


def test_a_model_that_refers_to_itself_is_told_where(shell: Shell) -> None:
    code = "import pydantic\nclass Node(pydantic.BaseModel):\n    name: str = 'root'\n    child: 'Node | None' = None\n"
    ran = shell.run(f"{code}session.declare(Node)")
    assert ran.error == "child cannot be declared so: a schema that refers to itself is not taken here."
    assert dict(shell.session) == {}


def test_pydantic_is_not_imported_for_anybody(lone: Callable[..., Kernel]) -> None:
    kernel = lone()
    ran = kernel.run(
        "%load_ext session_state_ext\nimport sys\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    a: int = 1\n"
        "before = 'jsonschema_rs' in sys.modules\nsession.declare(P)\nprint(before, 'pydantic' in sys.modules, session['a'])"
    )
    assert ran.text.splitlines()[0] == "False False 1", ran.text


def test_a_json_schema_declares_its_properties(shell: Shell) -> None:
    session = shell.session
    session.declare(
        {
            "properties": {
                "lr": {"type": "number", "default": 0.1, "description": "learning rate", "maximum": 1},
                "size": {"$ref": "#/$defs/size"},
            },
            "$defs": {"size": {"enum": ["s", "m"]}},
        }
    )
    assert dict(session) == {"lr": 0.1, "size": None}
    with pytest.raises(InvalidValue, match='size: "x" is none of the choices "s", "m"'):
        session["size"] = "x"
    for nothing in (3, {"type": "number"}, object):
        with pytest.raises(InvalidSpec):
            session.declare(nothing)


def test_the_magic_declares_and_says_what_is_wrong(shell: Shell) -> None:
    session = shell.session
    line = '%session declare lr = 0.1 --min 0 --max 1 --description "how fast, in all" --control slider'
    assert shell.run(line).ok
    assert session.spec("lr")["description"] == "how fast, in all"
    assert session.spec("lr")["schema"] == {"type": "number", "minimum": 0, "maximum": 1}
    assert shell.run('%session declare optimizer = "adam" --choices adam sgd "a b"').ok
    assert session.spec("optimizer")["schema"]["enum"] == ["adam", "sgd", "a b"]
    assert shell.run("%session declare layers = [64, 64] --description=sizes").ok
    assert shell.run("%session declare layers = [64, 64] --description ''").ok
    assert "description" not in session.spec("layers")
    assert shell.run("%session declare epochs --type int --min 1").ok
    assert session.invalid("epochs") == "epochs has no value yet."
    assert shell.run("%session declare seed = 42 --locked").ok
    mistakes = {
        "%session declare": "Say what to declare",
        "%session declare lr = 0.1 --mim 0": "no option --mim. Did you mean --min?",
        "%session declare lr = 0.1 --min": "--min needs a value",
        "%session declare lr = 0.1 --min low": "--min takes a number",
        "%session declare a = 1 b = 2": "one variable a line",
        "%session declare lr = 5 --max 1": "its default is not what it allows: 5 is more than the maximum 1",
        "%session declare lr = 1 --control knob": "there is no control 'knob'",
        "%session set lr = 7": "lr: 7 is more than the maximum 1.",
        "%session reset nothing": "no variable nothing",
        "%session reset seed": "",
        "%session set seed = 1": "seed is locked",
    }
    for wrong, says in mistakes.items():
        ran = shell.run(wrong)
        assert says in (ran.error or ""), (wrong, ran.error)
    session["lr"] = 0.5
    ran = shell.run("%session reset lr")
    assert ran.ok
    assert session["lr"] == 0.1
    assert shell.run("%session unlock seed").ok
    assert shell.run("%session set seed = 1").ok


def test_a_cell_of_parameters_declares_them_and_takes_what_the_session_has(shell: Shell) -> None:
    cell = "%%session parameters\nlr: float = 1  # learning rate\nepochs = 10\ntags = ['a']  # what it is for\n"
    ran = shell.run(cell)
    assert ran.ok, ran.error
    session = shell.session
    assert dict(session) == {"lr": 1, "epochs": 10, "tags": ["a"]}
    assert (shell.names["lr"], shell.names["epochs"], shell.names["tags"]) == (1, 10, ["a"])
    assert session.spec("lr") == {"description": "learning rate", "schema": {"type": "number"}, "default": 1}
    session["lr"] = 0.5
    ran = shell.run(cell)
    assert (ran.ok, shell.names["lr"]) == (True, 0.5)
    ran = shell.run("%%session parameters\nn = 2 * 3")
    assert "n: 2 * 3 is no plain value" in str(ran.error)
    ran = shell.run("%%session parameters\nimport os")
    assert "Line 1 assigns no parameter: import os" in str(ran.error)


def test_a_cell_of_parameters_that_runs_again_leaves_what_was_declared_besides(shell: Shell) -> None:
    session = shell.session
    cell = "%%session parameters\nlr: float = 1  # learning rate\nmode = 'fast'\nn = 3\n"
    assert shell.run(cell).ok
    session.declare("lr", 1, minimum=0, maximum=10, control="slider", description="how fast", locked=True)
    session.declare("mode", "fast", choices=["fast", "exact"])
    assert shell.run(cell).ok
    assert session.spec("lr") == {
        "description": "learning rate",
        "schema": {"type": "number", "minimum": 0, "maximum": 10},
        "default": 1,
        "control": "slider",
        "locked": True,
    }
    assert session.spec("mode") == {"schema": {"enum": ["fast", "exact"]}, "default": "fast"}
    ran = shell.run(cell.replace("float = 1", "float = 20"))
    assert ran.error == "lr cannot be declared so: its default is not what it allows: 20 is more than the maximum 10."
    # A type that is said counts, and so does one that only a value before had said.
    assert shell.run("%%session parameters\nlr: int = 2\nn = 0.5\n").ok
    assert session.spec("lr")["schema"] == {"type": "integer", "minimum": 0, "maximum": 10}
    assert (session.spec("lr")["description"], session.spec("n")["schema"]) == ("learning rate", {"type": "number"})
    assert shell.run("%%session parameters\nlr: str = 'auto'\n").ok
    assert session.spec("lr")["schema"] == {"type": "string"}


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        ("float | None = 1", {"anyOf": [{"type": "number"}, {"type": "null"}]}),
        ("'Optional[int]' = None", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ("typing.Union[int, str] = 1", {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        ("Literal['a', 'b'] = 'a'", {"enum": ["a", "b"]}),
        ("Literal['a'] | None = 'a'", {"enum": ["a", None]}),
        ("list[float] = [1]", {"type": "array", "items": {"type": "number"}}),
        ("Dict[str, int] = {}", {"type": "object", "additionalProperties": {"type": "integer"}}),
        ("tuple[int, ...] = (1,)", {"type": "array", "items": {"type": "integer"}}),
        ("Annotated[float, 'the rate'] = 1", {"type": "number"}),
        ("date = '2026-01-01'", {"type": "string", "format": "date"}),
        ("Temperature = 1", None),
        ("np.ndarray | int = 1", None),
        ("f(1) = 1", None),
    ],
)
def test_what_a_cell_of_parameters_says_of_types(shell: Shell, annotation: str, schema: dict[str, Any] | None) -> None:
    ran = shell.run(f"%%session parameters\nx: {annotation}")
    assert ran.ok, ran.text
    assert shell.session.spec("x").get("schema") == schema


def test_bounds_of_lists_hold_and_come_in_what_numbers_there_are(shell: Shell) -> None:
    import numpy as np

    session = shell.session
    session.declare("tags", ["a"], min_length=1, max_length=2)
    for value in ([], ["a", "b", "c"]):
        with pytest.raises(InvalidValue, match="tags: it has too"):
            session["tags"] = value
    session.declare("lr", np.float64(0.1), minimum=np.float64(0), maximum=np.int64(1), step=np.float64(0.1))
    session.declare("n", np.int64(2), choices=np.arange(3), maximum=float("inf"))
    session.declare("name", "b", choices=np.array(["a", "b"]))
    session.declare("k", schema={"minimum": np.int64(1), "enum": [np.int64(1), np.float64(2.5)]})
    assert session.spec("k")["schema"] == {"minimum": 1, "enum": [1, 2.5]}
    session.declare("when", date(2026, 1, 1), choices=[date(2026, 1, 1), date(2026, 1, 2)])
    assert session.spec("lr")["schema"]["maximum"] == 1
    assert session.spec("n")["schema"] == {"enum": [0, 1, 2]}
    assert session.spec("name")["schema"] == {"enum": ["a", "b"]}
    session["when"] = date(2026, 1, 2)
    assert session.flush()
    assert session["when"] == date(2026, 1, 2)


def test_a_step_does_not_take_what_is_not_valid(shell: Shell) -> None:
    session = shell.session
    session["lr"] = 5
    session.declare("lr", 0.1, maximum=1)
    session.declare("epochs", type=int)
    ran = shell.run("%%session step train --in lr --out loss\nloss = lr")
    assert not ran.ok
    assert "train was not run: lr: 5 is more than the maximum 1." in str(ran.error)
    ran = shell.run("%%session step train --in epochs --out loss\nloss = 1")
    assert "train was not run: epochs has no value yet" in str(ran.error)
    session.reset("lr")
    assert shell.run("%%session step train --in lr --out loss\nloss = lr").ok
    assert session["loss"] == 0.1


def test_a_panel_is_held_to_what_a_cell_declares(notebook: Kernel, panel: Panel) -> None:
    notebook.run("%load_ext session_state_ext")
    ran = notebook.run('session.declare("lr", 0.1, maximum=1, description="learning rate")')
    assert ran.ok, ran.text
    panel.set(lr=2)
    assert panel.frames[-1]["message"] == "lr: 2 is more than the maximum 1."
    panel.set(lr=0.5)
    ran = notebook.run('print(session["lr"], session.spec("lr")["description"])')
    assert ran.text.strip() == "0.5 learning rate", ran.text


def test_what_is_not_a_number_is_said_to_be_none_within_the_bounds(shell: Shell) -> None:
    shell.run("%session declare lr = 0.1 --min 0 --max 1")
    assert shell.run("session['lr'] = float('nan')").error == "lr: NaN is not a number up to 1."
