"""What is said of a value that its declaration does not allow; the same cases are read by vitest."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from session_state_ext.wire import check_spec, encode, problem


class Case(msgspec.Struct):
    schema: Raw
    value: Raw
    problem: str | None


class Golden(msgspec.Struct):
    cases: list[Case]


CASES = msgspec.json.decode((Path(__file__).parent / "frames" / "specs.json").read_bytes(), type=Golden).cases


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{bytes(case.schema).decode()} {bytes(case.value).decode()}")
def test_a_sentence(case: Case) -> None:
    spec = Raw(encode({"schema": case.schema}))
    check_spec("x", spec)
    found = problem("x", spec, case.value)
    assert (None if found is None else found.fields["why"]) == case.problem


@pytest.mark.parametrize(
    ("schema", "value", "allowed"),
    [
        ('{"type": "number"}', '{"$numberDouble": "NaN"}', True),
        ('{"maximum": 1}', '{"$numberDouble": "-Infinity"}', True),
        ('{"maximum": 1}', '{"$numberDouble": "Infinity"}', False),
        ('{"maximum": 1}', '{"$numberDecimal": "1.10"}', False),
        ('{"type": "string", "format": "date-time"}', '{"$date": "2026-11-22T19:00:00"}', True),
        ('{"type": "string", "format": "date-time"}', '{"$date": {"$numberLong": "1760000000000"}}', True),
        ('{"type": "string", "format": "date"}', '{"$localDate": "2026-11-22"}', True),
        ('{"type": "string", "format": "time"}', '{"$localTime": "19:00:00"}', True),
        ('{"type": "string", "format": "duration"}', '{"$duration": "P1DT2S"}', True),
        ('{"type": "string", "format": "uuid"}', '{"$uuid": "c8b3c9a4-7a52-4a0e-9b0a-3a3f8c1f6d10"}', True),
        ('{"type": "array", "items": {"type": "number"}}', '[{"$numberDouble": "Infinity"}, 1]', True),
        ('{"required": ["$date"]}', '{"$dict": {"$date": 1}}', True),
        ('{"type": "number"}', '{"$date": "2026-11-22T19:00:00Z"}', False),
        ('{"type": "object"}', '{"$numberDouble": "no number"}', True),
    ],
)
def test_typed_values_are_what_they_stand_for(schema: str, value: str, allowed: bool) -> None:
    spec = Raw(encode({"schema": Raw(schema.encode())}))
    check_spec("x", spec)
    assert (problem("x", spec, Raw(value.encode())) is None) == allowed
