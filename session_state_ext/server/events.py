"""What happened, for administrators: names and revisions, never values (jupyter_events)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from session_state_ext.model import Change, Origin, Run, RunOp, Session, touched

SESSION_CHANGED = "https://events.jupyter.org/session_state_ext/session_changed/v1"
STEP_RAN = "https://events.jupyter.org/session_state_ext/step_ran/v1"

_SCHEMAS = Path(__file__).parent / "schemas"

#: Names told of one change at most.
_NAMES = 100


class Events:
    """Emits an event for each change that this server commits, where anybody has asked for it."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        for path in sorted(_SCHEMAS.glob("*.yaml")):
            logger.register_event_schema(path)

    def committed(self, session: Session, change: Change) -> None:
        """Called by the hub after the commit."""
        names = touched(change.ops)
        if names:
            self._emit(SESSION_CHANGED, _changed(session, change, names))
        for op in change.ops:
            if isinstance(op, RunOp) and op.run.status != "forgotten":
                self._emit(STEP_RAN, _ran(session, change, op.run))

    def _emit(self, schema: str, data: dict[str, Any]) -> None:
        self._logger.emit(schema_id=schema, data=data)


def _changed(session: Session, change: Change, names: list[str]) -> dict[str, Any]:
    return {
        "session": session.id,
        "owner": session.owner,
        "revision": change.revision,
        "kind": change.origin.kind,
        **_who(change.origin),
        "variables": names[:_NAMES],
        "count": len(names),
    }


def _who(origin: Origin) -> dict[str, Any]:
    known = {"user": origin.user, "kernel": origin.kernel}
    return {name: value for name, value in known.items() if value is not None}


def _ran(session: Session, change: Change, run: Run) -> dict[str, Any]:
    told: dict[str, Any] = {
        "session": session.id,
        "owner": session.owner,
        "revision": change.revision,
        "step": run.step,
        "run": run.id,
        "status": run.status,
    }
    if run.kernel is not None:
        told["kernel"] = run.kernel
    if run.end is not None:
        told["milliseconds"] = run.end - run.start
    if run.error is not None:
        told["error"] = run.error.type
    return told
