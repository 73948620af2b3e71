"""Outputs of a run that were not taken: what is said of them, and the run's record without them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from session_state_ext.model import Run


def not_taken(name: str, text: bytes, why: str) -> str:
    """What is said of an output that must not be written: its value, JSON text, and the rule, a sentence."""
    from . import preview

    reason = why.removeprefix(f"{name}: ")
    return f"{name} = {preview.value(text, 40)} was not taken and is in kernel only: {reason}"


def without(run: Run, outputs: Mapping[str, bytes], why: str) -> Run:
    """The record of a run that does not claim these ``outputs``, JSON text by name, any more."""
    return replace(
        run,
        written=[name for name in run.written if name not in outputs],
        status="warned" if run.status == "done" else run.status,
        warnings=[*run.warnings, *(not_taken(name, text, why) for name, text in outputs.items())],
        left=[*outputs, *run.left],
    )
