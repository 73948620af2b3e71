"""Frames and bodies: what is read is written back the same, what is wrong is refused with a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import UNSET, Raw

from session_state_ext import errors, model, wire


class Refused(msgspec.Struct):
    text: str
    code: str
    seq: int | None = None


class Golden(msgspec.Struct):
    client: list[Raw]
    server: list[Raw]
    refused: list[Refused]


GOLDEN = msgspec.json.decode((Path(__file__).parent / "frames" / "frames.json").read_bytes(), type=Golden)
LIMITS = wire.Limits()


def text(frame: Raw) -> str:
    return bytes(frame).decode()


def members(frame: bytes) -> Any:
    """What the frame says, numbers as they were spelt, so that 1, 1.0 and true differ."""
    return json.loads(frame, parse_float=lambda spelt: f"number {spelt}", parse_int=lambda spelt: f"number {spelt}")


@pytest.mark.parametrize("frame", GOLDEN.client, ids=text)
def test_a_client_frame_is_read_in_full(frame: Raw) -> None:
    read = wire.decode_client_frame(bytes(frame), LIMITS)
    assert members(wire.encode(read)) == members(bytes(frame))


@pytest.mark.parametrize("frame", GOLDEN.server, ids=text)
def test_a_server_frame_is_read_in_full(frame: Raw) -> None:
    read = wire.decode_server_frame(bytes(frame))
    assert members(wire.encode(read)) == members(bytes(frame))


@pytest.mark.parametrize("case", GOLDEN.refused, ids=lambda case: case.text)
def test_a_frame_that_is_wrong_is_refused_by_its_number(case: Refused) -> None:
    with pytest.raises(errors.SessionError) as refused:
        wire.decode_client_frame(case.text.encode(), LIMITS)
    assert refused.value.code == case.code
    assert refused.value.fields.get("seq") == case.seq
    assert refused.value.message.endswith(".")


def test_what_no_server_of_ours_would_send_is_an_error_with_a_sentence() -> None:
    for frame in (b"", b"{}", b'{"type":"fly"}', b'{"type":"ack"}', b"\xff"):
        with pytest.raises(errors.InvalidFrame, match="was not understood"):
            wire.decode_server_frame(frame)


def test_a_value_travels_as_it_was_spelt() -> None:
    body = wire.decode_body(b'{"value": {"b": 1E2, "a": [-0.0, 1.0]}}', wire.PutBody, LIMITS)
    assert bytes(body.value) == b'{"b": 1E2, "a": [-0.0, 1.0]}'


def test_a_body_of_another_shape_says_where() -> None:
    with pytest.raises(errors.InvalidBody, match=r"\$\.removed"):
        wire.decode_body(b'{"removed": "lr"}', wire.MergeBody, LIMITS)
    with pytest.raises(errors.InvalidBody, match="varables"):
        wire.decode_body(b'{"varables": {}}', wire.MergeBody, LIMITS)
    with pytest.raises(errors.InvalidBody, match="value"):
        wire.put_ops("lr", wire.decode_body(b"{}", wire.PutBody, LIMITS), LIMITS)


def test_the_body_of_a_merge_becomes_one_change() -> None:
    body = wire.decode_body(b'{"variables":{"lr":0.2,"note":null},"removed":["old"]}', wire.MergeBody, LIMITS)
    sets_and_deletes = wire.merge_ops(body, LIMITS)
    assert [type(op).__name__ for op in sets_and_deletes] == ["Set", "Set", "Delete"]
    assert model.touched(sets_and_deletes) == ["lr", "note", "old"]


def test_setting_and_removing_one_name_is_refused() -> None:
    body = wire.decode_body(b'{"variables":{"lr":1},"removed":["lr"]}', wire.MergeBody, LIMITS)
    with pytest.raises(errors.InvalidBody, match="'lr' is both set and removed"):
        wire.merge_ops(body, LIMITS)


@pytest.mark.parametrize(
    ("name", "value", "wrong", "says"),
    [
        ("", b"1", errors.InvalidName, "at least one character"),
        ("__proto__", b"1", errors.InvalidName, "__proto__"),
        ("a\x00", b"1", errors.InvalidName, r"control character U\+0000"),
        (
            "big",
            b'"' + b"x" * 1_048_576 + b'"',
            errors.TooLarge,
            r"big: .* 1,048,576 bytes .* has 1,048,578",
        ),
        ("deep", b"[" * 65 + b"]" * 65, errors.LimitExceeded, "deep: .* 64 deep, this one is deeper"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(name: str, value: bytes, wrong: type[Exception], says: str) -> None:
    with pytest.raises(wrong, match=says):
        wire.check_ops((model.Set(name=name, value=Raw(value)),), LIMITS)


def test_a_value_of_exactly_the_limit_fits() -> None:
    wire.check_ops((model.Set(name="big", value=Raw(b'"' + b"x" * (1_048_576 - 2) + b'"')),), LIMITS)


def test_a_run_does_not_carry_large_inputs() -> None:
    large = model.Input(revision=1, value=Raw(b'"' + b"x" * 1024 + b'"'))
    run = model.Run(id="r", step="s", status="running", start=1, inputs={"data": large})
    with pytest.raises(errors.InvalidBody, match="data: a run keeps inputs of up to 1 KiB"):
        wire.check_ops((model.RunOp(run=run),), LIMITS)


@pytest.mark.parametrize(
    ("much", "says"),
    [
        ({"error": model.RunError(type="E", message="x" * 10_001)}, "up to 10,000 characters"),
        ({"warnings": ["x" * 10_001]}, "up to 10,000 characters"),
        ({"warnings": ["x"] * 1001}, "up to 1,000 warnings"),
        ({"left": ["x"] * 10_001}, "up to 10,000 variables"),
        ({"outputs": ["x" * 4097]}, "up to 4,096 characters"),
        ({"needs": {"x": "y" * 4097}}, "up to 4,096 characters"),
        ({"error": model.RunError(type="E" * 4097, message="")}, "up to 4,096 characters"),
        ({"source": "x" * 4097}, "up to 4,096 characters"),
    ],
)
def test_a_run_is_a_record_and_no_store(much: dict[str, Any], says: str) -> None:
    run = model.Run(id="r", step="s", status="failed", start=1, **much)
    with pytest.raises(errors.InvalidBody, match=says):
        wire.check_ops((model.RunOp(run=run),), LIMITS)


def test_the_hash_of_an_input_is_that_of_its_meaning() -> None:
    assert wire.content_hash(b'{"a": 1E2, "b": 2}') == wire.content_hash(b'{"b":2,"a":100.0}')
    assert wire.content_hash(b"1") != wire.content_hash(b"1.0")


def test_an_origin_is_completed_by_the_server_alone() -> None:
    said = msgspec.json.decode(b'{"kind":"cell","cell":"c-1"}', type=wire.SaidOrigin)
    origin = said.complete(user="ada", client="A", kernel="k")
    assert msgspec.json.decode(wire.encode(origin)) == {
        "kind": "cell", "user": "ada", "client": "A", "kernel": "k", "cell": "c-1",
    }  # fmt: skip
    with pytest.raises(msgspec.ValidationError, match="user"):
        msgspec.json.decode(b'{"kind":"cell","user":"eve"}', type=wire.SaidOrigin)


def test_a_state_without_rows_has_none() -> None:
    meta = model.Meta(last_synced_at=None, is_dirty=False, revision=0, epoch="e", name=None, paths=[])
    state = wire.State(session_id="s", variables={"lr": Raw(b"1.0")}, meta=meta)
    assert state.rows is UNSET
    assert wire.encode(state) == (
        b'{"sessionId":"s","variables":{"lr":1.0},"meta":{"lastSyncedAt":null,"isDirty":false,'
        b'"revision":0,"epoch":"e","name":null,"paths":[]}}'
    )


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (4_000_000, "3.815 MiB")]
)
def test_sizes_for_people(count: int, text: str) -> None:
    assert wire.size(count) == text
