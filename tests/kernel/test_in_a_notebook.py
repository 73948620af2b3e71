"""What people see of values, steps, declarations and mistakes in a notebook: one real kernel for all of it.

Beside it somebody else at the same session, by the live channel and by REST.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.jupyter import Jupyter

from .notebook import Kernel, Panel, Ran

LOAD = "%load_ext session_state_ext"

#: What comes back equal and of its type, from every library that has a say.
VALUES = """
import datetime as dt, enum, fractions, io, pathlib, uuid, zoneinfo
from dataclasses import dataclass
from decimal import Decimal
import matplotlib; matplotlib.use("Agg")
import matplotlib.pyplot as plt, numpy as np, pandas as pd, polars as pl, polars.testing, pydantic
from IPython.display import Image
from PIL import Image as Pictures

berlin = zoneinfo.ZoneInfo("Europe/Berlin")
frame = pd.DataFrame({
    "n": pd.array([1, None, 3], dtype="Int64"), "x": [0.5, float("nan"), -0.0], "s": ["a", None, "\\u2603"],
    "c": pd.Categorical(["lo", "hi", "lo"], categories=["lo", "hi"], ordered=True),
    "t": pd.to_datetime(["2026-01-02", None, "2026-03-04"]).tz_localize(berlin),
    "d": pd.to_timedelta([1, 2, 3], unit="s"), "o": [[1], {"a": 1}, None], "b": [True, False, True],
}, index=pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["key", None]))
exact = {
    "nothing": None, "yes": True, "huge": 2**200, "zero": -0.0, "tiny": 5e-324, "not a number": float("nan"),
    "least": float("-inf"), "text": "\\u2603 \\\\ \\" $", "nested": [1, [2.0, {"a": None}], []],
    "dollar": {"$date": "no date"}, "dollars": {"$a": {"$b": [{"$numberDouble": "NaN"}]}, "b": 1},
    "bytes": b"\\0\\xff", "bytearray": bytearray(b"ab"), "decimal": Decimal("1.10"), "third": fractions.Fraction(1, 3),
    "complex": complex(1, -0.0), "naive": dt.datetime(2026, 1, 2, 3, 4, 5, 6),
    "utc": dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc), "zoned": dt.datetime(2026, 7, 1, tzinfo=berlin),
    "second": dt.datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=1), "day": dt.date(2026, 1, 2), "hour": dt.time(3, 4),
    "span": dt.timedelta(-1, 5, 7), "id": uuid.UUID(int=7), "path": pathlib.Path("data/x.csv"),
    "other path": pathlib.PureWindowsPath("C:/x"), "range": range(0, 10, 3), "na": pd.NA, "nat": pd.NaT,
    "floats": np.array([[0.1, np.nan], [np.inf, -0.0]]), "large": np.arange(5000, dtype="float32").reshape(50, 100),
    "small": np.array([1, -2], dtype="int8"), "unsigned": np.array([2**64 - 1], dtype="uint64"),
    "big endian": np.array([1, 2], dtype=">i4"), "columns first": np.asfortranarray([[1, 2], [3, 4]]),
    "empty": np.zeros((0, 3)), "scalar": np.array(3), "bools": np.array([True, False]), "half": np.array([1.5], "f2"),
    "complexes": np.array([1 + 2j]), "words": np.array(["a", "\\u2603"]), "raw": np.array([b"ab"]),
    "moments": np.array(["2026-01-02T03", "NaT"], dtype="datetime64[h]"), "spans": np.array([1, 2], dtype="timedelta64[ms]"),
    "frame": frame, "no rows": pd.DataFrame({"a": pd.Series([], dtype="int32")}), "series": frame["x"], "index": frame.index,
    "days": pd.date_range("2026-01-01", periods=3, tz="UTC"),
    "polars": pl.DataFrame({"n": [1, None], "s": ["a", None], "t": [dt.datetime(2026, 1, 2), None], "l": [[1], []]}),
    "polars series": pl.Series("x", [1.5, None], dtype=pl.Float32),
}
@dataclass
class Point:
    x: int
    y: float = 0.5
class Model(pydantic.BaseModel):
    lr: float = 0.1
    tags: list[str] = ["a"]
class Color(enum.Enum):
    RED = "red"
class Level(enum.IntEnum):
    HIGH = 3
figure, axes = plt.subplots(figsize=(1, 1)); axes.plot([1, 2])
picture = Pictures.new("RGB", (4, 3), "red")
#: what goes in as something else, with what comes back
taken = {
    "tuple": ((1, 2), [1, 2]), "set": ({1}, [1]), "frozen": (frozenset("a"), ["a"]), "enum": (Color.RED, "red"),
    "level": (Level.HIGH, 3), "point": (Point(1), {"x": 1, "y": 0.5}), "model": (Model(), {"lr": 0.1, "tags": ["a"]}),
    "np float": (np.float64(0.1), 0.1), "np int": (np.int8(3), 3), "np bool": (np.bool_(True), True),
    "stamp": (pd.Timestamp("2026-01-02", tz="UTC"), dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)),
}

def same(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        order = [each.flags[flag] for each in (one, other) for flag in ("C_CONTIGUOUS", "F_CONTIGUOUS")]
        return (one.dtype, one.shape, one.tobytes(), order[:2]) == (other.dtype, other.shape, other.tobytes(), order[2:])
    for kind, equal in (
        (pd.DataFrame, pd.testing.assert_frame_equal), (pd.Series, pd.testing.assert_series_equal),
        (pd.Index, pd.testing.assert_index_equal), (pl.DataFrame, pl.testing.assert_frame_equal),
        (pl.Series, pl.testing.assert_series_equal),
    ):
        if isinstance(one, kind):
            equal(one, other)
            return True
    return repr(one) == repr(other)
"""


@dataclass
class Desk:
    """A notebook with its kernel, and somebody else at its session."""

    jupyter: Jupyter
    kernel: Kernel
    panel: Panel

    def run(self, code: str, **more: Any) -> Ran:
        return self.kernel.run(code, **more)

    def put(self, name: str, **body: Any) -> Any:
        """What REST answers to a PUT of a variable."""
        path = f"/api/session/{self.panel.session_id}/variables/{name}"
        return self.jupyter.request("PUT", path, json=body).json()


@pytest.fixture(scope="module")
def desk(jupyter: Jupyter) -> Iterator[Desk]:
    kernel = Kernel.of_notebook(jupyter, "whole.ipynb")
    try:
        with Panel(jupyter, kernel.path) as panel:
            assert kernel.run(LOAD).ok
            yield Desk(jupyter, kernel, panel)
    finally:
        kernel.shutdown()


def shown(ran: Ran) -> list[tuple[str, str]]:
    """The parts, each with where it stands, but for tracebacks; times are another matter."""
    plain = [(kind, re.sub(r"\d+(\.\d+)? m?s\b", "a while", part.rstrip())) for kind, part in ran.shown]
    return [(kind, part) for kind, part in plain if kind != "error"]


# --- values ---


def test_every_value_is_the_same_in_the_next_kernel(desk: Desk) -> None:
    ran = desk.run(
        f"{VALUES}\nsession.update(exact)\nsession.update({{name: went for name, (went, _) in taken.items()}})"
    )
    assert ran.ok, ran.text
    ran = desk.run("session.update(figure=figure, picture=picture)\nsession.flush()")
    assert ran.value == "True", ran.text
    here = "[name for name, value in exact.items() if not same(session[name], value)]"
    assert desk.run(here).value == "[]", "from what this kernel has written"

    desk.kernel.restart()

    ran = desk.run(f"{LOAD}\n{VALUES}\nlen(exact), {here}")
    assert ran.value is not None, ran.text
    assert re.fullmatch(r"\(5\d, \[\]\)", ran.value), "from the store"
    ran = desk.run("[name for name, (_, comes) in taken.items() if not same(session[name], comes)]")
    assert ran.value == "[]", ran.text
    ran = desk.run(
        "found = [session[name] for name in ('figure', 'picture')]\n"
        "files = [Pictures.open(io.BytesIO(one.data)) for one in found if type(one) is Image]\n"
        "[one.format for one in files], files[1].size"
    )
    assert ran.value == "(['PNG', 'PNG'], (4, 3))"
    assert desk.run("session.clear(); del exact, taken, frame").ok


# --- steps ---

READ = "%%session step train --in lr --out loss\n"


def test_an_output_that_somebody_changed_meanwhile_is_told_with_both_values(desk: Desk) -> None:
    desk.run("%session set lr = 2 loss = 0")
    body = "import time\nprint('go', flush=True)\nwhile session['loss'] != 5: time.sleep(0.01)\nloss = lr * 2"
    ran = desk.run(READ + body, meanwhile=lambda: desk.panel.set(wait=False, loss=5))
    assert ran.ok, ran.text
    assert shown(ran) == [
        ("stdout", "go"),
        ("display_data", "train: done in a while, wrote loss"),
        ("stderr", "loss: this cell's value replaces 5, which panel wrote meanwhile."),
    ]
    desk.panel.wait(lambda frame: frame["type"] == "ack")
    assert desk.run("session['loss']").value == "4"


def test_a_step_that_fails_or_is_stopped_leaves_its_outputs(desk: Desk) -> None:
    desk.run("%session set lr = 2 loss = 4")
    failed = desk.run(READ + "loss = lr / 0")
    assert (failed.ok, failed.error) == (False, "division by zero")
    assert shown(failed) == [("display_data", "train: failed; loss as before")]
    assert "ZeroDivisionError" in failed.shown[0][1]
    # The kernel's own interrupt, while the body sleeps.
    sleeps = "import time\nprint('go', flush=True)\ntime.sleep(60)\nloss = 1"
    stopped = desk.run(READ + sleeps, meanwhile=desk.kernel.interrupt)
    assert "KeyboardInterrupt" in stopped.text
    assert shown(stopped) == [("stdout", "go"), ("display_data", "train: interrupted; loss as before")]
    assert desk.run("session['loss']").value == "4"
    assert desk.run("session.steps()['train'].status").value == "'interrupted'"


def test_a_step_within_steps_and_one_that_would_run_itself(desk: Desk) -> None:
    desk.run("%session set lr = 2")
    inner = "get_ipython().run_cell_magic('session', 'step inner --in lr --out z', 'z = lr + 1')"
    ran = desk.run(f"%%session step outer --out y\n{inner}\ny = session['z'] + 1")
    assert shown(ran) == [
        ("display_data", "inner: done in a while, wrote z"),
        ("display_data", "outer: done in a while, wrote y"),
    ]
    assert desk.run("session['z'], session['y']").value == "(3, 4)"
    ran = desk.run("%%session step outer --out y\nsession.run('outer')\ny = 1")
    refused = "outer runs already: a step cannot run itself, neither through another one (outer → outer)."
    assert (ran.ok, ran.error) == (False, refused)
    assert shown(ran) == [("display_data", "outer: failed; y as before")]
    assert desk.run("session['y']").value == "4"


def test_a_time_out_that_the_body_catches_has_failed_all_the_same(desk: Desk) -> None:
    caught = "import time\ntry:\n    time.sleep(60)\nexcept:\n    pass\nlate = 1"
    ran = desk.run(f"%%session step slow --out late --timeout 0.2\n{caught}")
    assert not ran.ok
    assert ran.shown == [
        (
            "error",
            "slow ran longer than 0.2 s, and its body caught what was to stop it; nothing of --out was written. In the "
            "body write except Exception: in place of a bare except:\n",
        )
    ]
    ran = desk.run("%%session step slow --out late --timeout 0.2\nimport time\ntime.sleep(60)")
    assert shown(ran) == [("stderr", "slow ran longer than a while and was stopped; nothing of --out was written.")]
    assert desk.run("'late' in session").value == "False"


def test_an_output_that_cannot_be_kept_is_a_warning(desk: Desk) -> None:
    ran = desk.run("%%session step make --out thing n\nthing = object()\nn = 1")
    assert shown(ran) == [
        (
            "stderr",
            "make: thing is in kernel only: object. An object has no JSON form. Store what it is made from, or its result.",
        ),
        ("display_data", "make: done with warnings in a while, wrote n"),
    ]
    assert desk.run("session['n'], 'thing' in session, type(thing).__name__").value == "(1, False, 'object')"


def test_the_steps_as_a_table_and_as_a_drawing(desk: Desk) -> None:
    desk.run("%session set lr = 2")
    desk.run(READ + "loss = lr + 1")
    desk.run("%%session step judge --in loss --out good\ngood = loss * 2")
    fresh = desk.run("%session steps")
    assert re.search(r"train +lr +loss +fresh", fresh.text), fresh.text
    assert "<svg" in fresh.html
    desk.panel.set(lr=5)
    stale = desk.run("%session steps").text
    assert re.search(r"train +lr +loss +stale: lr changed", stale), stale
    ran = desk.run("session.run('judge', stale=True)")
    assert shown(ran)[:2] == [
        ("display_data", "train: done in a while, wrote loss"),
        ("display_data", "judge: done in a while, wrote good"),
    ]
    why = desk.run("%session why good").text
    (lr,) = [line.strip(" └─├│") for line in why.splitlines() if "lr = " in line]
    assert lr.startswith("lr = 5 · set in the panel"), why


def test_what_a_step_has_taken_and_what_it_could_write_are_told(desk: Desk) -> None:
    desk.run("%session set lr = 2")
    ran = desk.run("%%session step guess\nguessed = lr + 1")
    assert ran.ok, ran.text
    assert "lr" in ran.text, ran.shown
    assert "--out guessed" in ran.text, ran.shown


def test_the_table_of_the_session_in_both_forms(desk: Desk) -> None:
    desk.run(
        "session.update(lr=2, losses=[3.0, 2.0, 1.0, 0.5] * 5)\nsession.declare('rate', 0.1, maximum=1, description='how fast')"
    )
    ran = desk.run("%session")
    assert ran.html.count("<table") == 1
    assert "how fast" in ran.html
    assert "<svg" in ran.html, "numbers as a line"
    plain = [line.split() for line in (ran.value or "").splitlines()]
    assert ["name", "value", "type", "by", "when"] in [line[:5] for line in plain]
    assert ["lr", "2", "int", "cell"] in [line[:4] for line in plain]
    assert "at most 1" in (ran.value or "")


# --- declarations ---


def test_what_is_declared_holds_for_cells_the_panel_and_rest(desk: Desk) -> None:
    ran = desk.run(
        "session.declare('share', 0.5, minimum=0, maximum=1)\nsession.declare('mode', 'fast', choices=['fast', 'exact'])\n"
        "session.declare('seed', 1, locked=True)"
    )
    assert ran.ok, ran.text
    locked = "seed is locked. To change it, unlock it first: in its menu in the Session panel, or with"
    for name, value, rule in [
        ("share", 2, "share: 2 is more than the maximum 1."),
        ("share", "much", 'share: "much" is not a number.'),
        ("mode", "slow", 'mode: "slow" is none of the choices "fast", "exact".'),
        ("seed", 2, locked),
    ]:
        in_a_cell = desk.run(f"session[{name!r}] = {value!r}").error or ""
        assert in_a_cell.startswith(rule)
        by_rest = desk.put(name, value=value)
        assert by_rest["message"].startswith(rule.partition(" unlock it first:")[0]), by_rest
        assert by_rest["code"] == ("locked" if name == "seed" else "invalid-value")
        desk.panel.set(**{name: value})
        assert desk.panel.frames[-1]["message"] == by_rest["message"]
    step = desk.run("%%session step cut --out share\nshare = 7")
    assert shown(step)[0] == (
        "stderr",
        "cut: share = 7 was not taken and is in kernel only: 7 is more than the maximum 1.",
    )
    bound = desk.run("%session bind mode\nmode = 'slow'")
    kept = (
        'mode: "slow" is in this kernel only. "slow" is none of the choices "fast", "exact". The session keeps "fast".'
    )
    assert shown(bound)[-1] == ("display_data", kept)
    desk.run("%session unbind mode\ndel mode, share")
    assert desk.run("session['share'], session['mode'], session['seed']").value == "(0.5, 'fast', 1)"
    assert desk.put("share", value=0.75)["value"] == 0.75
    assert desk.run("session['share']").value == "0.75"


# --- mistakes ---

MISTAKES = [
    ("%session get nope", "This session has no variable nope. Set it: %session set nope = ..."),
    ("%session set lr = adam", "lr: adam is not a value. Text needs quotes: lr = \"adam\". For the value of a Python expression: session['lr'] = adam"),
    ("%session set lr = 0,5", "lr: 0,5 is not a number; write it with a point: 0.5. A list needs brackets: [0,5]"),
    ("%session lr=1", "To set a variable, write: %session set lr=1"),
    ("%session rm lr", "%session has no command rm. To take a variable away: %session del lr"),
    ("%session run trian", "This session has no step trian. Did you mean train?"),
    ("%session undo x", "x is not a revision's number. Write: %session undo 12; see %session history"),
    ("%session restore nowhere", "There is no snapshot nowhere. There are none yet: %session snapshot NAME"),
    ("%session use nowhere", "There is no session called nowhere."),
    ("%session declare lr = 5 --max 1", "lr cannot be declared so: its default is not what it allows: 5 is more than the maximum 1."),
    ("%session push nothing", "nothing is not a name in this notebook. Assign it first, or: %session set nothing = ..."),
    ("%%session step s --in lr --out y --bogus\ny = 1", "A step has no option --bogus. Did you mean --out? It has --in, --out, --keep, --force, --timeout."),
    ("%%session step s --in nope --out y\ny = 1", "s was not run: it needs nope, which this session does not have. Set it in the Session panel, or with: %session set nope = ..."),
    ("%%session step s --in lr --out y\npass", "s failed: --out promises y, which the cell neither assigned nor changed. Assign it in the cell, or take y out of --out."),
    ("#| step: s(lr) ->\ny = 1", "After -> stands no name. Write: s(...) -> loss, or leave the arrow out."),
    ("session['nope']", "This session has no variable 'nope'. Set it: session['nope'] = ..., or in the Session panel."),
    ("session['x'] = len", "x: a builtin_function_or_method has no JSON form. Store what it is made from, or its result."),
    ("session['x'] = {'a': [1, {2: 3}]}", "x[\"a\"][1] has the key 2, an int. In JSON keys are text: use '2'."),
    ("session['x'] = 'a' * 2_000_000", "x: a value can have 1 MB"),
    ("session.lr", 'A session has no attribute lr. A variable is read as session["lr"].'),
    ("session.set('lr', 1)", 'A session has no attribute set. A variable is written as session["lr"] = 0.1; several as one change'),
    ("session.flush('a')", "A timeout is a number of seconds, not a str. Write: session.flush()"),
    ("session.env(5)", "An environment is a dict of text, such as os.environ, not an int."),
    ("session.widget('nope')", "This session has no variable 'nope'."),
]  # fmt: skip


def test_a_mistake_is_answered_in_a_sentence_where_errors_stand(desk: Desk) -> None:
    desk.run("%session set lr = 2")
    before = desk.run("session.revision").value
    desk.run("#| step: train(lr) -> loss\nloss = lr")
    before = desk.run("dict(session)").value
    for code, sentence in MISTAKES:
        ran = desk.run(code)
        assert not ran.ok, code
        assert (ran.error or "").startswith(sentence), (code, ran.error)
        (answer,) = [part for kind, part in ran.shown if kind == "error"]
        assert sentence in answer, code
        # A line's mistake is its sentence alone; Python's has the line that made it, and of what is inside the end only.
        assert answer.count("\n") <= 1 or (not code.startswith("%") and answer.count("session_state_ext/") <= 1), answer
        assert "stdout" not in dict(ran.shown)
    assert desk.run("dict(session)").value == before


def test_what_is_only_to_be_known_is_told_and_nothing_fails(desk: Desk) -> None:
    desk.run("session['config'] = {'lr': 1}\nsession['lr'] = 2")
    for code, told in [
        ("session['config']['lr'] = 5", 'session["config"] is a copy: with session.edit("config") as config: config[\'lr\'] = 5'),
        ("session['pair'] = (1, 2)", "pair: a tuple comes back as a list"),
        ("lr = 0.5\n%session pull lr", "lr: 2 from the session replaces your 0.5 (%session push lr sends yours)"),
    ]:  # fmt: skip
        ran = desk.run(code)
        assert ran.ok, ran.text
        assert [kind for kind, part in ran.shown if told in part] in (["display_data"], ["stderr"]), ran.shown
    hint = desk.run("del lr\nlr + 1")
    assert 'session["lr"], or %session pull lr' in hint.text, hint.text
