"""What store/base.py promises, on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace

from session_state_ext.model import (
    PURGED,
    Change,
    Op,
    Origin,
    Run,
    RunOp,
    Session,
    Set,
    Snapshot,
    Step,
    Variable,
)
from session_state_ext.store.base import BoundNotebook, Client, Commit, Key, Store, Touch, Transaction
from session_state_ext.wire import Bindings, encode
from tests.store.conftest import Open

ORIGIN = Origin(kind="api")


def session(**fields: Any) -> Session:
    told: dict[str, Any] = {"name": None, "paths": (), "epoch": "e", "revision": 0, "tip": "", "updated_at": None}
    return Session(**{"id": "s", "owner": "me", "created_at": 5, **told, **fields})


def row(name: str, text: str, revision: int) -> Variable:
    return Variable(name=name, value=Raw(text.encode()), revision=revision, updated_at=revision, origin=ORIGIN)


def commit(
    of: Session,
    rows: dict[str, str | None],
    *,
    before: Sequence[Variable] = (),
    size: tuple[int, int] = (0, 0),
    runs: Sequence[Run] = (),
    steps: Sequence[Step] = (),
) -> Commit:
    """The change after ``of`` that sets these values."""
    revision = of.revision + 1
    ops: tuple[Op, ...] = (
        *(Set(name=name, value=Raw((text or "null").encode())) for name, text in rows.items()),
        *(RunOp(run=run) for run in runs),
    )
    change = Change(revision=revision, tip=f"t{revision}", at=revision, origin=ORIGIN, ops=ops)
    stood = {variable.name: variable for variable in before}
    return Commit(
        session=replace(of, revision=revision, tip=change.tip, updated_at=revision),
        change=change,
        rows={name: None if text is None else row(name, text, revision) for name, text in rows.items()},
        touches=[
            Touch(
                name=name,
                revision=revision,
                fate="deleted" if text is None else "set",
                moved_to=None,
                client="c",
                before=stood.get(name),
            )
            for name, text in rows.items()
        ],
        steps=list(steps),
        variable_count=size[0],
        value_bytes=size[1],
    )


def put(store: Store, *commits: Commit, made: Session | None = None) -> None:
    with store.transaction(write=True) as transaction:
        if made is not None:
            transaction.create(made)
        for one in commits:
            transaction.append(one)


def values(transaction: Transaction, name: str = "s") -> dict[str, bytes]:
    return {variable.name: bytes(variable.value) for variable in transaction.variables(name).values()}


def test_a_session_comes_back(store: Store) -> None:
    made = session(name="sweep", paths=("/a", "/b"))
    put(store, made=made)
    with store.transaction(write=False) as transaction:
        assert transaction.session("s") == made
        assert transaction.session("t") is None
        assert transaction.attached("me", "/a") == "s"
        assert transaction.attached("you", "/a") is None


def test_values_keep_their_bytes(store: Store) -> None:
    texts = {"a": "1E2", "b": "-0.0", "c": '{"z": 1,  "a": "\\u00e9"}', "ü": "1" * 400}
    total = sum(map(len, texts.values()))
    put(store, commit(session(), dict(texts), size=(4, total)), made=session())
    with store.transaction(write=False) as transaction:
        assert values(transaction) == {name: text.encode() for name, text in texts.items()}
        stored = transaction.session("s")
        assert stored is not None
        assert (stored.revision, stored.tip, stored.updated_at) == (1, "t1", 1)
        (summary,) = transaction.find("me")
        assert (summary.variable_count, summary.bytes, summary.updated_at) == (4, total, 1)


def test_all_or_nothing(store: Store) -> None:
    put(store, commit(session(), {"a": "1"}, size=(1, 1)), made=session())
    first = replace(session(), revision=1, tip="t1")

    def fails() -> None:
        with store.transaction(write=True) as transaction:
            transaction.append(commit(first, {"a": "2"}, size=(1, 1)))
            assert values(transaction) == {"a": b"2"}, "it reads what it wrote"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with store.transaction(write=False) as transaction:
        assert values(transaction) == {"a": b"1"}
        stored = transaction.session("s")
        assert stored is not None
        assert stored.revision == 1


def test_it_is_still_there_when_opened_again(opened: Open) -> None:
    store = opened()
    put(store, commit(session(), {"a": "1"}, size=(1, 1)), made=session())
    store.close()
    with opened().transaction(write=False) as transaction:
        assert values(transaction) == {"a": b"1"}


def test_deleted_variables_are_gone(store: Store) -> None:
    put(store, commit(session(), {"a": "1", "b": "2"}, size=(2, 2)), made=session())
    first = replace(session(), revision=1, tip="t1")
    put(store, commit(first, {"a": None}, before=[row("a", "1", 1)], size=(1, 1)))
    with store.transaction(write=False) as transaction:
        assert values(transaction) == {"b": b"2"}


def test_the_log(store: Store) -> None:
    put(
        store,
        commit(session(), {"a": "1"}, size=(1, 1)),
        commit(replace(session(), revision=1), {"a": "2"}, before=[row("a", "1", 1)], size=(1, 1)),
        commit(replace(session(), revision=2), {"a": None}, before=[row("a", "2", 2)], size=(0, 0)),
        made=session(),
    )
    with store.transaction(write=False) as transaction:
        changes = transaction.changes("s", 1)
        assert changes is not None
        assert [(change.revision, change.tip) for change in changes] == [(2, "t2"), (3, "t3")]
        assert transaction.changes("s", 3) == []
        assert transaction.weight("s", 1) == sum(len(encode(change)) for change in changes)
        assert transaction.weight("s", 3) == 0
        assert transaction.tip("s", 2) == "t2"
        assert transaction.tip("s", 9) is None
        newest, oldest = transaction.last_touch("s", "a"), transaction.first_touch("s", "a", 1)
        assert newest is not None
        assert oldest is not None
        assert (newest.revision, newest.fate, newest.client, newest.before) == (3, "deleted", "c", row("a", "2", 2))
        assert (oldest.revision, oldest.before) == (2, row("a", "1", 1))
        assert transaction.last_touch("s", "b") is None
        assert transaction.first_touch("s", "a", 3) is None


def test_a_session_may_be_given_paths_of_another(store: Store) -> None:
    put(store, made=session(paths=("/a", "/b")))
    put(store, made=session(id="t", paths=("/c",)))
    with store.transaction(write=True) as transaction:
        transaction.put(session(paths=("/b", "/c")))
    with store.transaction(write=False) as transaction:
        assert transaction.attached("me", "/a") is None
        assert transaction.attached("me", "/c") == "s"
        other = transaction.session("t")
        assert other is not None
        assert other.paths == ()


def test_attachments_below_a_folder(store: Store) -> None:
    put(store, made=session(paths=("/x/a", "/x/y/b", "/xy/c", "/x%/d", "/X/e")))
    with store.transaction(write=False) as transaction:
        assert {found.path for found in transaction.attachments("/x")} == {"/x/a", "/x/y/b"}
        assert {found.path for found in transaction.attachments("/x/a")} == {"/x/a"}
        assert {found.path for found in transaction.attachments("/x%")} == {"/x%/d"}


def test_find(store: Store) -> None:
    for number, name in enumerate(("one", "two", "two")):
        put(store, made=session(id=f"s{number}", name=name, paths=(f"/{number}",), updated_at=number))
    put(store, made=session(name="one", id="other", owner="you"))
    with store.transaction(write=False) as transaction:
        assert [found.session_id for found in transaction.find("me")] == ["s2", "s1", "s0"]
        assert [found.session_id for found in transaction.find("me", name="two")] == ["s2", "s1"]
        assert [found.paths for found in transaction.find("me", path="/1")] == [["/1"]]
        assert transaction.find("nobody") == []


def test_clients_and_keys(store: Store) -> None:
    put(store, made=session())
    client = Client(client="c", owner="me", last_seq=4, body=b"\x00\xff", answer=b"{}", at=7)
    key = Key(owner="me", session_id="s", key="k", body=b"h", status=201, revision=3, made="m", at=10)
    with store.transaction(write=True) as transaction:
        transaction.put_client("s", client)
        transaction.put_client("s", replace(client, last_seq=5))
        transaction.put_key(key)
        transaction.put_key(replace(key, key="later", at=20))
        transaction.forget_keys(20)
    with store.transaction(write=False) as transaction:
        assert transaction.client("s", "c") == replace(client, last_seq=5)
        assert transaction.client("t", "c") is None
        assert transaction.key("me", "s", "k") is None
        assert transaction.key("me", "s", "later") == replace(key, key="later", at=20)
        assert transaction.key("you", "s", "later") is None


def test_runs_and_steps(store: Store) -> None:
    run = Run(id="r", step="train", status="running", start=1, kernel="k", revision=1)
    step = Step(name="train", inputs=["lr"], outputs=["loss"], run=run)
    put(store, commit(session(), {}, runs=[run], steps=[step]), made=session())
    with store.transaction(write=False) as transaction:
        assert transaction.running("k") == [("s", run)]
        assert transaction.running("other") == []
        assert transaction.steps("s") == {"train": step}
    done = replace(run, status="done", end=9, revision=2)
    first = replace(session(), revision=1)
    put(store, commit(first, {}, runs=[done], steps=[replace(step, run=done, done=done)]))
    with store.transaction(write=False) as transaction:
        assert transaction.running("k") == []
        assert transaction.runs("s", limit=5) == [done]
        assert transaction.steps("s")["train"].done == done


def test_delete_leaves_nothing_but_keys(store: Store) -> None:
    run = Run(id="r", step="train", status="running", start=1, kernel="k")
    step = Step(name="train", inputs=[], outputs=[], run=run)
    first = commit(session(paths=("/a",)), {"a": "1"}, size=(1, 1), runs=[run], steps=[step])
    put(store, first, made=session(paths=("/a",)))
    key = Key(owner="me", session_id="s", key="k", body=b"h", status=204, revision=1, at=1)
    with store.transaction(write=True) as transaction:
        transaction.put_client("s", Client(client="c", owner="me", last_seq=1, body=b"", answer=b"{}", at=7))
        transaction.put_key(key)
        transaction.delete("s")
    with store.transaction(write=False) as transaction:
        assert transaction.session("s") is None
        assert transaction.variables("s") == {}
        assert transaction.changes("s", 0) == []
        assert transaction.steps("s") == {}
        assert transaction.running("k") == []
        assert transaction.client("s", "c") is None
        assert transaction.attached("me", "/a") is None
        assert transaction.key("me", "s", "k") == key


def test_what_others_write_is_seen_and_told(opened: Open) -> None:
    mine, theirs = opened(), opened()
    before = mine.version()
    put(mine, made=session())
    assert mine.version() == before, "own commits do not count"
    put(theirs, commit(session(), {"a": "1"}, size=(1, 1)))
    assert mine.version() != before
    with mine.transaction(write=False) as transaction:
        assert values(transaction) == {"a": b"1"}


def test_a_reader_holds_up_no_writer(opened: Open) -> None:
    mine, theirs = opened(), opened()
    put(mine, made=session())
    with theirs.transaction(write=False) as reading:
        assert reading.session("s") is not None
        put(mine, commit(session(), {"a": "1"}, size=(1, 1)))
        assert values(reading) == {}, "it sees what was there when it began"


def written(store: Store, *values: str | None, by: Sequence[Origin] = ()) -> None:
    """A session with these values of ``a``, one after the other; None deletes it. ``by`` says who wrote each."""
    commits = []
    stood: list[Variable] = []
    for revision, text in enumerate(values, 1):
        one = commit(session(revision=revision - 1), {"a": text}, before=stood, size=size(text))
        origin = by[revision - 1] if by else ORIGIN
        commits.append(replace(one, change=replace(one.change, origin=origin)))
        stood = [] if text is None else [row("a", text, revision)]
    put(store, *commits, made=session())


def size(text: str | None) -> tuple[int, int]:
    return (0, 0) if text is None else (1, len(text))


def stood(transaction: Transaction, since: int) -> dict[str, bytes | None]:
    rows = transaction.before("s", since)
    return {name: None if variable is None else bytes(variable.value) for name, variable in rows.items()}


def revisions(transaction: Transaction, **asked: Any) -> list[int]:
    told: dict[str, Any] = {"before": None, "limit": 100, "name": None, **asked}
    return [change.revision for change in transaction.history("s", **told)]


def test_the_past_by_pages_and_by_name(store: Store) -> None:
    written(store, "1", "2", "3")
    put(store, commit(session(revision=3), {"b": "1"}, size=(2, 2)))
    with store.transaction(write=False) as transaction:
        assert revisions(transaction) == [4, 3, 2, 1]
        assert revisions(transaction, before=4, limit=2) == [3, 2]
        assert revisions(transaction, name="b") == [4]
        assert revisions(transaction, name="never") == []
        (touch,) = transaction.touches("s", 3)
        assert (touch.name, touch.fate, touch.before) == ("a", "set", row("a", "2", 2))
        assert transaction.touches("s", 9) == []
        assert (transaction.count_changes("s"), transaction.count_changes("other")) == (4, 0)
        assert [transaction.nth_newest("s", count) for count in (0, 1, 3, 4, 9)] == [4, 3, 1, 0, 0]
        # They were made at the times 1 to 4.
        assert [transaction.revision_before("s", at) for at in (0, 1, 2, 4, 99)] == [0, 0, 1, 3, 4]


def test_what_stood_at_a_revision(store: Store) -> None:
    written(store, "1", "2", None, "4")
    put(store, commit(session(revision=4), {"b": "1"}, size=(2, 2)))
    with store.transaction(write=False) as transaction:
        assert stood(transaction, 5) == {}
        assert stood(transaction, 4) == {"b": None}
        assert stood(transaction, 3) == {"a": None, "b": None}
        assert stood(transaction, 2) == {"a": b"2", "b": None}
        assert stood(transaction, 0) == {"a": None, "b": None}
        assert transaction.oldest_revision("s") == 0
        assert [transaction.has_revision("s", revision) for revision in (0, 5, 6)] == [True, True, False]


def test_snapshots_are_revisions_with_a_name(store: Store) -> None:
    written(store, "1", "2")
    good = Snapshot(name="good", revision=1, at=7)
    with store.transaction(write=True) as transaction:
        transaction.put_snapshot("s", good)
        transaction.put_snapshot("s", replace(good, name="later", revision=2))
        transaction.put_snapshot("s", replace(good, name="later", revision=1))
        transaction.forget_snapshot("s", "never")
    with store.transaction(write=False) as transaction:
        assert transaction.snapshots("s") == {"good": good, "later": replace(good, name="later")}
        assert transaction.snapshots("other") == {}
    with store.transaction(write=True) as transaction:
        transaction.forget_snapshot("s", "later")
        assert list(transaction.snapshots("s")) == ["good"]


def test_cutting_leaves_what_snapshots_need(store: Store) -> None:
    written(store, "1", "2", "3", "4", "5")
    with store.transaction(write=True) as transaction:
        transaction.put_snapshot("s", Snapshot(name="good", revision=2, at=7))
        assert transaction.cut("s", 4) == 4
    with store.transaction(write=False) as transaction:
        assert (revisions(transaction), transaction.oldest_revision("s")) == ([5], 4)
        assert [transaction.has_revision("s", revision) for revision in (1, 2, 3, 4, 5)] == [
            False, True, False, True, True,
        ]  # fmt: skip
        assert (stood(transaction, 2), stood(transaction, 4)) == ({"a": b"2"}, {"a": b"4"})
        assert transaction.changes("s", 3) is None
        assert values(transaction) == {"a": b"5"}


def test_thinning_takes_what_a_run_wrote_over_itself(store: Store) -> None:
    written(store, "0", "1", "2", "3", "4", by=[ORIGIN, *[Origin(kind="step", run="r")] * 4])
    put(store, commit(session(revision=5), {"b": "1"}, size=(2, 2)))
    with store.transaction(write=True) as transaction:
        transaction.put_snapshot("s", Snapshot(name="three", revision=3, at=7))
        assert transaction.thin("s", 6) == 2
    with store.transaction(write=False) as transaction:
        assert revisions(transaction) == [6, 5, 3, 1]
        assert [stood(transaction, at) for at in (1, 3, 5)] == [
            {"a": b"0", "b": None}, {"a": b"2", "b": None}, {"b": None},
        ]  # fmt: skip
        assert not transaction.has_revision("s", 4)
        assert values(transaction)["a"] == b"4"
    with store.transaction(write=True) as transaction:
        assert transaction.thin("s", 6) == 0


def test_a_purged_value_is_gone_from_the_past_and_what_stands_is_not(store: Store) -> None:
    written(store, '"first"', '"second"', '"third"')
    put(store, commit(session(revision=3), {"b": '"first"'}, size=(2, 14)))
    with store.transaction(write=True) as transaction:
        assert transaction.purge("s", "a") == 2
        assert transaction.purge("s", "never") == 0
    store.scrub()
    with store.transaction(write=False) as transaction:
        assert values(transaction) == {"a": b'"third"', "b": b'"first"'}
        assert stood(transaction, 1)["a"] == stood(transaction, 2)["a"] == bytes(PURGED)
        assert revisions(transaction) == [4, 3, 2, 1]
        told = {change.revision: change.ops for change in transaction.history("s", before=None, limit=9, name="a")}
        assert {bytes(op.value) for at in (1, 2) for op in told[at] if isinstance(op, Set)} == {bytes(PURGED)}


def test_bindings_and_cells_of_notebooks(store: Store) -> None:
    put(store, made=session(paths=("/x/a", "/y")))
    bound = BoundNotebook(owner="me", path="/x/a", bound=Bindings(names=["lr"]))
    with store.transaction(write=True) as transaction:
        transaction.put_cells("me", "/x/a", ("c1", "c2"))
        transaction.put_cells("me", "/nothing/is/attached/here", ("c1",))
        transaction.put_bound(bound)
        transaction.put_bound(replace(bound, path="/x/b"))
        transaction.put_bound(replace(bound, path="/x/b", bound=Bindings()))
    with store.transaction(write=False) as transaction:
        found = transaction.attachment("me", "/x/a")
        assert found is not None
        assert (found.session_id, found.cells) == ("s", ("c1", "c2"))
        assert [one.path for one in transaction.attachments_of("me")] == ["/x/a", "/y"]
        assert transaction.attachment("me", "/nothing/is/attached/here") is None
        assert transaction.bounds("/x") == [bound]
        assert transaction.bounds("/y") == []


def test_clients_are_forgotten_by_their_age(store: Store) -> None:
    put(store, made=session())
    client = Client(client="c", owner="me", last_seq=4, body=b"", answer=b"{}", at=7)
    with store.transaction(write=True) as transaction:
        transaction.put_client("s", client)
        transaction.put_client("s", replace(client, client="later", at=8))
        transaction.forget_clients(8)
        assert transaction.client("s", "c") is None
        assert transaction.client("s", "later") is not None


def test_the_kernels_of_runs_that_have_not_ended(store: Store) -> None:
    runs = [
        Run(id=f"r{number}", step="train", status=status, start=1, kernel=kernel)
        for number, (status, kernel) in enumerate([("running", "k"), ("running", "k"), ("done", "other")])
    ]
    put(store, commit(session(), {}, runs=[replace(run, revision=1) for run in runs]), made=session())
    with store.transaction(write=False) as transaction:
        assert transaction.running_kernels() == ["k"]


def test_a_transaction_says_whether_it_has_written(store: Store) -> None:
    put(store, made=session())
    with store.transaction(write=True) as transaction:
        before = transaction.writes
        transaction.session("s")
        transaction.variables("s")
        assert transaction.writes == before
        transaction.append(commit(session(), {"a": "1"}, size=(1, 1)))
        assert transaction.writes != before
    assert store.storage == "durable"
