"""How a run did not succeed: what is raised, and what its record says in words for people."""

from __future__ import annotations

import traceback

from session_state_ext.errors import SessionError
from session_state_ext.model import RunError

from .sentences import Sentence
from .session import Missing

#: An error's text in a run's record.
_MESSAGE = 2000


class StepRefused(SessionError):
    """The step was not run."""

    code = "step-refused"


class OutputMissing(SessionError):
    """The step did not make what it promised."""

    code = "output-missing"


class Overtime(SessionError):
    """The step's time was over, and its body went on until it ended by itself."""

    code = "overtime"


class StepFailed(Sentence, SessionError):
    """A step that was run by ``session.run`` or ``%session run`` did not succeed; ``__cause__`` is its error."""

    code = "step-failed"


class StepStopped(Sentence, KeyboardInterrupt):
    """A step that was run by ``session.run`` or ``%session run`` was interrupted: what called it stops, too."""


# A run's error is shown as "type: message"; where it is none of the body's own, the type is a word for people.


def stopped(line: int | None) -> RunError:
    """The record of a run that was interrupted."""
    return RunError(type="Stopped", message="the run was interrupted", line=line)


def overtime(seconds: float) -> RunError:
    """The record of a run whose body went on when its time was over."""
    message = (
        f"ran longer than {seconds:g} s, and its body caught what was to stop it; nothing of --out was written. "
        "In the body write except Exception: in place of a bare except:"
    )
    return RunError(type="Timeout", message=message)


def unheard(step: str) -> str:
    """What to say of a body that goes on and on."""
    return (
        f"{step} goes on, though its time is over and it was interrupted twice: its body catches that (a bare "
        "except:). To end it, restart the kernel."
    )


def told(error: BaseException, line: int | None) -> RunError:
    """The record of an error that the body raised."""
    if isinstance(error, SessionError | Missing):
        return RunError(type="Session", message=str(error)[:_MESSAGE], line=line)
    message = str(error)
    if not message.strip():
        # What failed says more than nothing: assert loss < 1
        frames = traceback.extract_tb(error.__traceback__)
        message = next((one.line for one in frames if one.lineno == line and one.line), "without a message")
    return RunError(type=type(error).__name__, message=message[:_MESSAGE], line=line)
