"""The order and the state of steps, from what is known of them, without a kernel."""

from __future__ import annotations

import pytest
from msgspec import Raw
from msgspec.structs import replace

from session_state_ext.freshness import alike, alike_hash, fingerprint
from session_state_ext.model import Input, Origin, Run, Step, Variable
from session_state_ext.stepgraph import Known, graph_of
from session_state_ext.verdicts import judge


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "1.0", True),
        ("1e2", "100", True),
        ("-0.0", "0", True),
        ("[1, {\"a\": 2.0}]", '[1.0,{"a":2}]', True),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', True),
        ("1", "true", False),
        ("0", "false", False),
        ("1", '"1"', False),
        ("null", "0", False),
        ("0.1", "0.10000000000000001", True),
        ("9007199254740993", "9007199254740992", False),
        ("[1,2]", "[2,1]", False),
    ],
)  # fmt: skip
def test_what_a_step_cannot_tell_apart(one: str, other: str, same: bool) -> None:
    assert alike(one.encode(), other.encode()) is same
    assert (alike_hash(one.encode()) == alike_hash(other.encode())) is same


def run(step: str, *, reads: dict[str, str] | None = None, writes: str = "", at: int = 5, **more: object) -> Run:
    inputs = {name: Input(revision=1, value=Raw(text.encode())) for name, text in (reads or {}).items()}
    written = writes.split()
    fields = {"status": "done", "source": "s", "written": written, **more}
    return Run(id=step, step=step, start=0, end=1, inputs=inputs, outputs=written, revision=at, **fields)  # type: ignore[arg-type]


def known(done: Run, *, needs: str = "", leaves: str = "", keeps: str = "", last: Run | None = None) -> Known:
    step = Step(name=done.step, inputs=list(done.inputs), outputs=done.outputs, run=last or done, done=done)
    return Known(
        name=done.step,
        inputs=list(done.inputs),
        outputs=done.outputs,
        needs=frozenset(needs.split()),
        leaves=frozenset([*leaves.split(), *done.outputs]),
        keeps=frozenset(keeps.split()),
        source="s",
        step=step,
    )


def rows(revision: int = 1, **values: str) -> dict[str, Variable]:
    return {
        name: Variable(name=name, value=Raw(text.encode()), revision=revision, updated_at=0, origin=Origin(kind="api"))
        for name, text in values.items()
    }


def test_order_is_by_what_is_read_and_else_as_they_came_up() -> None:
    last, first, side = run("last", reads={"m": "1"}), run("first", writes="m"), run("side", writes="x")
    graph = graph_of([known(last), known(first), known(side)])
    assert graph.order() == ["first", "side", "last"]
    assert graph.layers() == [["first", "side"], ["last"]]
    assert graph.upstream(["last"]) == {"first", "last"}


def test_a_circle_is_named_and_a_step_that_reads_its_own_output_is_none() -> None:
    own = run("own", reads={"n": "1"}, writes="n")
    assert graph_of([known(own)]).order() == ["own"]
    one, two = run("one", reads={"b": "1"}, writes="a"), run("two", reads={"a": "1"}, writes="b")
    graph = graph_of([known(one), known(two)])
    (circle,) = graph.circles()
    assert graph.in_words(circle) == (
        "one → two → one: each of these steps reads what the one before it writes, so that none can be the first. "
        "Take one of the names out of --in or --out; or, where one of them is a step no longer: "
        "%session steps forget one"
    )
    unseen = replace(known(two), source=None)
    graph = graph_of([known(one), unseen])
    (circle,) = graph.circles()
    assert graph.in_words(circle).endswith("forget two"), "one whose code is nowhere is the likeliest"
    spaced = run("make it", reads={"n": "1"}, writes="m"), run("n", reads={"m": "1"}, writes="n")
    graph = graph_of([known(one) for one in spaced])
    (circle,) = graph.circles()
    assert graph.in_words(circle).endswith('forget "make it"')


def test_circles_are_found_one_by_one_and_what_is_around_them_keeps_its_order() -> None:
    """last ← b ⇄ a ← first, c → d → e → c with a way across, and two that have nothing to do with any of it."""
    steps = [
        run("last", reads={"b": "1"}, writes="end"),
        run("b", reads={"a": "1", "e": "1"}, writes="b"),
        run("then", reads={"alone": "1"}),
        run("alone", writes="alone"),
        run("a", reads={"b": "1", "x": "1"}, writes="a"),
        run("first", writes="x"),
        run("c", reads={"e": "1"}, writes="c"),
        run("d", reads={"c": "1", "e": "1"}, writes="d"),
        run("e", reads={"d": "1"}, writes="e"),
    ]
    graph = graph_of([known(one) for one in steps])
    assert [str(circle) for circle in graph.circles()] == ["b → a → b", "c → d → e → c"]
    assert [circle.steps for circle in graph.circles()] == [{"a", "b"}, {"c", "d", "e"}]
    assert graph.circles(["then", "first"]) == []
    assert [str(circle) for circle in graph.circles(["c"])] == ["c → d → e → c"], (
        "nor what comes after what is asked for"
    )
    assert graph.order() == ["alone", "first", "then", "c", "d", "e", "b", "last", "a"]


def test_a_circle_takes_nothing_from_the_verdicts_beside_it() -> None:
    last, first = run("last", reads={"m": "1"}, writes="z"), run("first", reads={"x": "1"}, writes="m")
    one, two = run("one", reads={"b": "1"}, writes="a"), run("two", reads={"a": "1"}, writes="b")
    beside = known(last), known(first), known(one), known(two)
    assert words(*beside, m="1", z="1", a="1", b="1") == {
        "last": "stale: first before it is stale",
        "first": "stale: x is gone",
        "one": "fresh",
        "two": "fresh",
    }
    assert words(*beside, x="1", m="1", z="1", a="1") == {
        "last": "fresh",
        "first": "fresh",
        "one": "stale: b is gone",
        "two": "stale: b is not there",
    }
    spare = known(run("two", reads={"a": "1"}, writes="c b"))
    assert words(known(one), spare, a="1", b="1")["one"] == "stale: two before it is stale"


def test_a_name_in_the_kernel_never_closes_a_circle() -> None:
    one, two = run("one", writes="a"), run("two", reads={"a": "1"}, writes="b")
    graph = graph_of([known(one, needs="i", leaves="i"), known(two, leaves="i")])
    assert graph.order() == ["one", "two"]


def test_of_several_that_leave_a_name_the_one_that_keeps_it_counts_else_the_one_before() -> None:
    one, two, three = run("one"), run("two"), run("three")
    graph = graph_of([known(one, leaves="m", keeps="m"), known(two, leaves="m"), known(three, needs="m")])
    assert [edge.before for edge in graph.before("three")] == ["one"]
    graph = graph_of([known(one, leaves="m"), known(two, leaves="m"), known(three, needs="m")])
    assert [edge.before for edge in graph.before("three")] == ["two"]
    read = run("three", needs={"m": fingerprint(one)})
    graph = graph_of([known(one, leaves="m"), known(two, leaves="m"), known(read, needs="m")])
    assert [edge.before for edge in graph.before("three")] == ["one"]


def words(*steps: Known, absent: str = "", **values: str) -> dict[str, str]:
    graph = graph_of(steps)
    gone = absent.split()
    found = judge(
        graph, rows(**values), lambda _, names: next((f"{name} is not here" for name in names if name in gone), None)
    )
    return {name: verdict.words for name, verdict in found.items()}


def test_states() -> None:
    first, last = run("first", reads={"x": "1"}, writes="m"), run("last", reads={"m": "1"}, writes="z")
    both = known(first), known(last)
    assert words(*both, x="1", m="1", z="1") == {"first": "fresh", "last": "fresh"}
    assert words(*both, x="1", m="1") == {"first": "fresh", "last": "stale: z is not there"}
    assert words(*both, m="1", z="1") == {"first": "stale: x is gone", "last": "stale: first before it is stale"}
    tried = run("first", reads={"x": "1"}, status="interrupted")
    assert words(known(first, last=tried), x="1", m="1") == {"first": "interrupted"}
    refused = run("first", status="refused")
    assert words(known(first, last=refused), x="1", m="1") == {"first": "fresh"}


def test_names_that_are_not_here_matter_where_somebody_reads_them() -> None:
    first, last = run("first", writes="m"), run("last", writes="z")
    alone = known(first, leaves="data")
    assert words(alone, m="1", absent="data") == {"first": "fresh"}
    reader = known(last, needs="data")
    assert words(alone, reader, m="1", z="1", absent="data") == {
        "first": "needs this kernel: data is not here",
        "last": "fresh",
    }


def test_an_output_that_was_not_stored_has_to_be_here() -> None:
    made = replace(run("draw", writes="n"), outputs=["n", "figure"])
    step = known(made)
    assert words(step, n="1") == {"draw": "fresh: figure in this kernel only"}
    assert words(step, n="1", absent="figure") == {"draw": "needs this kernel: figure is not here"}
    more = Known(name="draw", inputs=[], outputs=["n", "figure", "table"], source="s", step=step.step)
    assert words(more, n="1") == {"draw": "stale: table is not there"}


def test_a_failed_try_with_other_values_counts_where_a_name_that_it_left_is_read() -> None:
    done, tried = run("first", reads={"x": "1"}, writes="m"), run("first", reads={"y": "2"}, status="failed")
    alone = known(done, leaves="data", last=tried)
    assert words(alone, x="1", m="1")["first"] == "fresh", "its outputs are as before"
    reader = known(run("last", writes="z"), needs="data")
    assert words(alone, reader, x="1", m="1", z="1")["first"] == "failed", "nobody knows what data is now"


def test_an_input_with_a_default_need_not_be_there_and_an_output_of_somebody_else_is_none() -> None:
    step = replace(known(run("first", writes="m")), inputs=["extra"])
    assert words(step, m="1")["first"] == "fresh"
    assert words(step, m="1", extra="1")["first"] == "stale: extra is a new input"
    more = replace(known(run("first", writes="m")), outputs=["m", "other"])
    assert words(more, m="1", other="1")["first"] == "stale: other is not there"
