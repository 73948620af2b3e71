"""Who asks, whether they may, how much they may send, and which status an error has."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Collection
from typing import Any, Protocol, TypeVar

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider
from jupyter_server.base.call_context import CallContext
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from session_state_ext import errors
from session_state_ext.errors import InvalidBody, SessionError, TooLarge
from session_state_ext.hub import LOCAL, Hub
from session_state_ext.hub.batch import Retry
from session_state_ext.notebookfile import Kept
from session_state_ext.wire import Limits, SaidOrigin, check_text, decode_body, encode, size

from .credentials import SCHEME, Credential, Credentials

T = TypeVar("T")

#: For the Authorizer; the actions are read and write.
RESOURCE = "session-state"

#: A body from this size on is checked beside the event loop.
_LARGE = 64 * 1024

#: The status of each error; of a subclass that is not here, its parent's.
STATUS: dict[type[SessionError], int] = {
    errors.SessionError: 500,
    errors.InvalidJson: 400,
    errors.InvalidBody: 422,
    errors.InvalidName: 422,
    errors.InvalidValue: 422,
    errors.InvalidSpec: 422,
    errors.Locked: 409,
    errors.LimitExceeded: 422,
    errors.TooLarge: 413,
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.ReadOnly: 403,
    errors.Conflict: 409,
    errors.Gap: 409,
    errors.Gone: 409,
    errors.Renamed: 409,
    errors.NothingToUndo: 409,
    errors.PatchFailed: 409,
    errors.UnknownNotebook: 409,
    errors.Expired: 410,
    errors.PreconditionFailed: 412,
    errors.IdempotencyMismatch: 422,
    errors.SeqMismatch: 422,
    errors.InvalidFrame: 400,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
    errors.StoreError: 500,
}

#: The code that goes with a status which the framework chose.
_CODES = {
    400: "invalid-request",
    401: "unauthorized",
    403: "unauthorized",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
}

_SENTENCES = {
    403: "You are not allowed to do this: log in, or give a token; a form needs its _xsrf token too.",
    404: "There is nothing here.",
    405: "This address does not know that method; the header Allow says which it knows.",
    415: "Send JSON, with the header Content-Type: application/json.",
}

#: What of an address is a name, to the end of the path; queries have names too.
_NAMED = re.compile(r"(/(?:variables|snapshots)/).*", re.DOTALL)

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Paths(Protocol):
    """Where notebooks are, as kernels.py knows it."""

    def place(self, path: str) -> str:
        """The attachment's path for a contents path. Raises InvalidBody."""

    async def of_kernel(self, kernel_id: str | None, otherwise: str | None = None) -> str:
        """The contents path of the notebook that this kernel runs; ``otherwise`` where no session of Jupyter's says so.

        Raises NotFound, and NoNotebook while nothing is known yet; None is a kernel whose own id is not.
        """

    async def kernels_at(self, paths: Collection[str]) -> list[str]:
        """The ids of the kernels that run the notebooks at these attachment's paths."""

    async def cells(self, path: str) -> tuple[str, ...] | None:
        """The ids of the cells of the notebook at a contents path; None where they cannot be told."""

    async def kept(self, path: str) -> Kept:
        """The values that the notebook at a contents path carries; none where that cannot be told."""


class Service(Protocol):
    """What the handlers share; the extension app makes it."""

    @property
    def hub(self) -> Hub: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def credentials(self) -> Credentials: ...
    @property
    def paths(self) -> Paths: ...
    @property
    def hello_timeout(self) -> float: ...
    @property
    def flush_timeout(self) -> float: ...

    async def ready(self) -> Hub:
        """The hub, started. Raises StoreError where the store cannot be used."""


def status_of(error: SessionError) -> int:
    """From the table above."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def status_of_code(code: str) -> int:
    """The same for an error that was stored: of it, only its code is left."""
    return next((status for kind, status in STATUS.items() if kind.code == code), 500)


class Caller(JupyterHandler):
    """Who asks: a kernel by its own credential, everybody else as the rest of Jupyter Server has it."""

    auth_resource = RESOURCE
    credential: Credential | None = None

    @property
    def service(self) -> Service:
        service: Service = self.settings["session_state"]
        return service

    async def prepare(self, *args: Any, **kwargs: Any) -> None:
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == SCHEME:
            self._admit_kernel(token.strip())
            return
        waiting: Any = super().prepare(*args, **kwargs)
        await ensure_async(waiting)

    def _admit_kernel(self, token: str) -> None:
        CallContext.set(CallContext.JUPYTER_HANDLER, self)
        self.current_user = self._jupyter_current_user = None
        if not self.check_host():
            raise web.HTTPError(403)
        credential = self.service.credentials.find(token)
        if credential is None or not self.check_origin():
            raise web.HTTPError(403)
        self.credential = credential
        self.current_user = self._jupyter_current_user = credential.user

    @property
    def person(self) -> str:
        """The owner whose own sessions are this caller's."""
        if self.credential is not None:
            return self.credential.owner
        return owner_of(self.identity_provider, self.current_user)

    #: another owner, whose session is open to this caller
    _host: str | None = None

    @property
    def owner(self) -> str:
        """Whose session this request is about."""
        return self._host or self.person

    async def host_of(self, session_id: str) -> str | None:
        """The owner of a session which is open to this caller because of its notebook; None where it is not.

        It is open to whoever may execute on that notebook's kernel, as long as there is one.
        """
        if self.current_user is None or self.person == LOCAL:
            return None
        try:
            session = await (await self.service.ready()).whose(session_id)
        except SessionError:
            return None
        if session is None or session.owner == self.person or not session.paths:
            return None
        at_it = await self.service.paths.kernels_at(session.paths)
        return session.owner if at_it and await self.may_execute() else None

    async def may_execute(self) -> bool:
        """Whether the Authorizer lets this caller run code in kernels, as Jupyter Server asks it."""
        return bool(await ensure_async(self.authorizer.is_authorized(self, self.current_user, "execute", "kernels")))

    @property
    def shown(self) -> str | None:
        """The user in an origin. A server with one token knows only random names, which would tell nothing."""
        if self.credential is not None:
            return self.credential.shown
        return None if self.owner == LOCAL else str(self.current_user.username)

    @property
    def kernel(self) -> str | None:
        return None if self.credential is None else self.credential.kernel

    async def may(self, action: str) -> bool:
        """Whether the Authorizer lets this caller ``read`` or ``write`` sessions."""
        return bool(
            await ensure_async(self.authorizer.is_authorized(self, self.current_user, action, self.auth_resource))
        )

    def still_known(self) -> bool:
        """Whether what this caller showed is still good."""
        return self.credential is None or self.service.credentials.valid(self.credential)

    def refuse(self, status: int, error: BaseException | None) -> None:
        """One form for every error: a sentence, a code, and what it was about."""
        if isinstance(error, SessionError):
            reply = {"message": error.message, "code": error.code, **error.fields}
        else:
            said = error.log_message if isinstance(error, web.HTTPError) and status == 400 else None
            sentence = said or _SENTENCES.get(status) or "Something went wrong in the server; its log says more."
            reply = {"message": sentence, "code": _CODES.get(status, "internal")}
        if status == 503:
            self.set_header("Retry-After", "1")
        self.set_header("Content-Type", "application/json")
        self.finish(encode(reply))


def owner_of(provider: Any, user: Any) -> str:
    """Jupyter's own token or password is one person, however many browsers; any other provider says who it is."""
    return LOCAL if is_one_person(provider) else f"user:{user.username}"


def is_one_person(provider: Any) -> bool:
    """Whether all callers of this server are the same person."""
    return type(provider) in (IdentityProvider, PasswordIdentityProvider)


@web.stream_request_body
class SessionHandler(Caller, APIHandler):
    """A REST resource. Verbs take the caller's Hub and raise SessionError; what becomes of it is decided here."""

    #: the content types that PATCH takes
    patches: tuple[str, ...] = ()

    async def prepare(self, *args: Any, **kwargs: Any) -> None:
        self._chunks: list[bytes] = []
        self._received = 0
        self._limit = self.service.limits.message_bytes
        await super().prepare(*args, **kwargs)
        if self.path_args and not self._finished:
            self._host = await self.host_of(self.path_args[0])
        announced = self.request.headers.get("Content-Length", "")
        if announced.isdigit():
            self._received = int(announced)
            self._check_length()
            self._received = 0

    def data_received(self, chunk: bytes) -> None:
        self._received += len(chunk)
        if self._received <= self._limit:
            self._chunks.append(chunk)
        else:
            # What comes in chunks is read to its end and dropped; the verb answers 413.
            self._chunks.clear()

    def _check_length(self) -> None:
        if self._received > self._limit:
            raise TooLarge(f"A request can have {size(self._limit)}, this one has more.")

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        # Tornado's sentence would carry the value into the log.
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise web.HTTPError(400, "The address is not UTF-8.") from None

    @allow_unauthenticated
    def options(self, *args: Any, **kwargs: Any) -> None:
        super().options(*args, **kwargs)
        self.set_header("Allow", ", ".join(self._allowed()))

    # --- what was asked ---

    def content_type(self) -> str:
        return self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def raw_body(self, *kinds: str) -> bytes:
        """The JSON text of the body; an empty one is ``{}``. Answers 415 for other content types (default: JSON)."""
        self._check_length()
        data = b"".join(self._chunks)
        # Held once, not twice.
        self._chunks = [data]
        kind = self.content_type()
        if not data and not kind:
            return b"{}"
        if kind not in (kinds or ("application/json",)):
            raise web.HTTPError(415)
        return data or b"{}"

    async def body(self, kind: type[T]) -> T:
        """The body as ``kind``, checked in full."""
        return await self.beside(decode_body, self.raw_body(), kind, self.service.limits)

    async def text(self, *kinds: str) -> bytes:
        """The body of one of these content types, checked as JSON text."""
        data = self.raw_body(*kinds)
        await self.beside(check_text, data, self.service.limits)
        return data

    async def beside(self, work: Callable[..., T], *args: Any) -> T:
        """What ``work`` gives, which takes time by the size of the body: for a large one beside the event loop."""
        if self._received < _LARGE:
            return work(*args)
        return await asyncio.get_running_loop().run_in_executor(None, work, *args)

    def origin_from(self, said: SaidOrigin | None) -> Any:
        """Who makes this change: what they say of it, and what the server knows."""
        return (said or SaidOrigin(kind="api")).complete(user=self.shown, kernel=self.kernel)

    def retry(self) -> Retry | None:
        """The Idempotency-Key, with what it was used for."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return None
        if not 1 <= len(key) <= 255 or not key.isprintable():
            raise InvalidBody("An Idempotency-Key has 1 to 255 printable characters.")
        asked = hashlib.sha256(f"{self.request.method} {self.request.path}\n".encode())
        if self._host is not None:
            # Keys are the session's owner's; a guest's are kept apart from them.
            key = hashlib.sha256(f"{self.person}\n{key}".encode()).hexdigest()
        for chunk in self._chunks:
            asked.update(chunk)
        return Retry(key, asked.digest())

    def prefers_minimal(self) -> bool:
        preferences = ",".join(self.request.headers.get_list("Prefer")).lower()
        return any(part.strip() == "return=minimal" for part in preferences.replace(";", ",").split(","))

    # --- answers ---

    def answer(self, value: Any, status: int = 200) -> None:
        self.set_status(status)
        self.finish(encode(value))

    def compute_etag(self) -> None:
        # Ours say the revision; tornado's would hash the body.
        return None

    def log_exception(self, *args: Any) -> None:
        self._hush()
        error = args[1]
        if isinstance(error, errors.StoreError | errors.StorageFull):
            self.log.error("session state: %s", error.message)
        elif not isinstance(error, SessionError):
            super().log_exception(*args)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        super().send_error(status_of(error) if isinstance(error, SessionError) else status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        if status_code == 405:
            self.set_header("Allow", ", ".join(self._allowed()))
        elif status_code == 415 and self.request.method == "PATCH":
            self.set_header("Accept-Patch", ", ".join(self.patches))
        self.refuse(status_code, kwargs.get("exc_info", (None, None))[1])

    def _log(self) -> None:
        self._hush()
        super()._log()

    def _hush(self) -> None:
        """Before the request is told of in the log: nobody's names are in its address from here on."""
        self.request.uri = _NAMED.sub(r"\1", self.request.path)

    def _allowed(self) -> list[str]:
        plain = web.RequestHandler
        mine = [verb for verb in _METHODS if getattr(type(self), verb.lower()) is not getattr(plain, verb.lower())]
        return [*mine, "OPTIONS"]
