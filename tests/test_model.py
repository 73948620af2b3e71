"""What a change does to the rows; the same cases are read by vitest."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec import UNSET, Raw

from session_state_ext import changes, model


class Row(msgspec.Struct):
    name: str
    value: Raw
    revision: int
    spec: Raw | msgspec.UnsetType = UNSET


class Case(msgspec.Struct):
    case: str
    rows: list[Row]
    ops: list[model.Op]
    effective: list[Raw]
    after: list[Row]


class Stamp(msgspec.Struct):
    revision: int
    at: int
    origin: model.Origin


class Golden(msgspec.Struct):
    change: Stamp
    cases: list[Case]


GOLDEN = msgspec.json.decode((Path(__file__).parent / "frames" / "apply.json").read_bytes(), type=Golden)
BEFORE = model.Origin(kind="api")


def variables(rows: list[Row]) -> dict[str, model.Variable]:
    return {
        row.name: model.Variable(
            name=row.name, value=row.value, revision=row.revision, updated_at=1000, origin=BEFORE, spec=row.spec
        )
        for row in rows
    }


@pytest.mark.parametrize("case", GOLDEN.cases, ids=lambda case: case.case)
def test_a_change(case: Case) -> None:
    rows = variables(case.rows)
    ops = changes.effective(case.ops, rows)
    spaceless = [bytes(op).replace(b" ", b"") for op in case.effective]
    assert [msgspec.json.encode(op).replace(b" ", b"") for op in ops] == spaceless

    stamp = GOLDEN.change
    change = model.Change(revision=stamp.revision, tip="t", at=stamp.at, origin=stamp.origin, ops=ops)
    for name, row in changes.apply(change, rows).items():
        if row is None:
            del rows[name]
        else:
            rows[name] = row

    assert {name: _told(row) for name, row in rows.items()} == {row.name: _told(row) for row in case.after}
    for name, row in rows.items():
        fresh = row.revision == stamp.revision
        assert (row.origin, row.updated_at) == ((stamp.origin, stamp.at) if fresh else (BEFORE, 1000)), name


def _told(row: Row | model.Variable) -> tuple[bytes, int, bytes | None]:
    return bytes(row.value), row.revision, None if row.spec is UNSET else bytes(row.spec)


def test_the_answer_is_as_large_as_the_change_and_leaves_the_rows_alone() -> None:
    rows = variables([Row(name=f"v{n}", value=Raw(b"1"), revision=1) for n in range(100)])
    untouched = dict(rows)
    change = model.Change(
        revision=2, tip="t", at=1, origin=BEFORE, ops=(model.Set(name="v3", value=Raw(b"2")), model.Delete(name="v4"))
    )
    assert set(changes.apply(change, rows)) == {"v3", "v4"}
    assert rows == untouched


def test_a_declaration_survives_a_new_value_and_a_new_name() -> None:
    spec = Raw(b'{"minimum":0}')
    rows = {"a": model.Variable(name="a", value=Raw(b"1"), revision=1, updated_at=1, origin=BEFORE, spec=spec)}
    ops = (model.Set(name="a", value=Raw(b"2")), model.Rename(name="a", to="b"), model.Set(name="c", value=Raw(b"3")))
    after = changes.apply(model.Change(revision=2, tip="t", at=1, origin=BEFORE, ops=ops), rows)
    assert after["a"] is None
    assert after["b"] is not None
    assert bytes(after["b"].value) == b"2"
    assert after["b"].spec is spec
    assert after["c"] is not None
    assert after["c"].spec is UNSET


def test_touched_names_each_once_in_order() -> None:
    ops: tuple[model.Op, ...] = (
        model.Set(name="b", value=Raw(b"1")),
        model.Rename(name="a", to="c"),
        model.Delete(name="b"),
        model.RunOp(run=model.Run(id="r", step="s", status="running", start=1)),
    )
    assert model.touched(ops) == ["b", "a", "c"]


def test_a_step_keeps_its_last_success_through_failures() -> None:
    lr = {"lr": model.Input(revision=1)}
    done = model.Run(id="1", step="train", status="done", start=1, inputs=lr, outputs=["loss"])
    failed = model.Run(id="2", step="train", status="failed", start=2)
    warned = model.Run(id="3", step="train", status="warned", start=3)
    step = model.advance(None, done)
    assert (step.run, step.done, step.inputs, step.outputs) == (done, done, ["lr"], ["loss"])
    step = model.advance(step, failed)
    assert (step.run, step.done, step.inputs, step.outputs) == (failed, done, ["lr"], ["loss"])
    step = model.advance(step, warned)
    assert (step.run, step.done) == (warned, warned)
