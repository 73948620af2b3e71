"""What can go wrong, in words.

One root, :class:`SessionError`. Every subclass has a stable ``code`` that programs may test for, a
sentence that a data scientist understands, and fields that say what it was about. Nothing here knows
HTTP or the live channel: ``server/base.py`` turns a class into a status, ``connection.py`` into a frame.
"""

from __future__ import annotations

from typing import Any, ClassVar


class SessionError(Exception):
    """Something about a session did not work."""

    code: ClassVar[str] = "session-error"

    def __init__(self, message: str | None = None, **fields: Any) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.fields = {key: value for key, value in fields.items() if value is not None}
        super().__init__(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword fields do not survive Exception's own pickling.
        return (_rebuild, (type(self), self.message, self.fields))


def _rebuild(cls: type[SessionError], message: str, fields: dict[str, Any]) -> SessionError:
    return cls(message, **fields)


class InvalidJson(SessionError):
    """This is not JSON text in UTF-8."""

    code = "invalid-json"


class InvalidBody(SessionError):
    """This is JSON, but not what is expected here."""

    code = "invalid-body"


class InvalidName(SessionError):
    """This string cannot name a variable."""

    code = "invalid-name"


class InvalidValue(SessionError):
    """This value cannot be stored."""

    code = "invalid-value"


class InvalidSpec(SessionError):
    """This cannot declare a variable."""

    code = "invalid-spec"


class Locked(SessionError):
    """This variable is locked."""

    code = "locked"


class TooLarge(SessionError):
    """This is larger than what can be stored."""

    code = "too-large"


class LimitExceeded(SessionError):
    """A limit of the session state was reached."""

    code = "limit-exceeded"


class NotFound(SessionError):
    """There is no such session, or it is not yours."""

    code = "not-found"


class Forbidden(SessionError):
    """You are not allowed to do this."""

    code = "forbidden"


class ReadOnly(SessionError):
    """You may read this session but not change it."""

    code = "read-only"


class Conflict(SessionError):
    """Somebody else changed this variable in the meantime."""

    code = "conflict"


class Gone(SessionError):
    """Somebody else deleted this variable in the meantime."""

    code = "gone"


class Renamed(SessionError):
    """Somebody else renamed this variable in the meantime."""

    code = "renamed"


class UnknownNotebook(SessionError):
    """Nobody has said yet which session this notebook is to have."""

    code = "unknown-notebook"


class PreconditionFailed(SessionError):
    """This has changed since you read it."""

    code = "precondition-failed"


class IdempotencyMismatch(SessionError):
    """This Idempotency-Key was used before, with another request."""

    code = "idempotency-mismatch"


class SeqMismatch(SessionError):
    """This number was used before, with another change."""

    code = "seq-mismatch"


class Gap(SessionError):
    """This change does not follow the last one of this client."""

    code = "gap"


class InvalidFrame(SessionError):
    """This frame was not understood."""

    code = "invalid-frame"


class NothingToUndo(SessionError):
    """There is nothing to take back."""

    code = "nothing-to-undo"


class Expired(SessionError):
    """The history does not reach back that far any more."""

    code = "expired"


class PatchFailed(SessionError):
    """This patch does not fit what stands there."""

    code = "patch-failed"


class Unavailable(SessionError):
    """The session state cannot answer just now."""

    code = "unavailable"


class NoNotebook(Unavailable):
    """No notebook runs this kernel yet."""

    code = "no-notebook"


class StorageReadOnly(Unavailable):
    """What is stored cannot be written just now; it can be read, and nothing was changed."""


class StorageFull(SessionError):
    """There is no room left where sessions are stored."""

    code = "storage-full"


class StoreError(SessionError):
    """The place where sessions are stored cannot be used."""

    code = "store-error"


class StoreTooNew(StoreError):
    """These sessions were written by a newer version; they are left as they are."""

    code = "store-too-new"


class StoreOutdated(StoreError):
    """These sessions were written by an older version, and have not been brought up to date."""

    code = "store-outdated"


class Damaged(StoreError):
    """What is stored here is damaged; nothing of it is shown."""

    code = "damaged"
