"""Sessions on a Jupyter server: HTTP to find the session, a WebSocket for the live channel.

``websockets`` is imported on the link's thread, at the first connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from session_state_ext import errors
from session_state_ext.errors import Forbidden, NoNotebook, NotFound, SessionError, Unavailable, UnknownNotebook
from session_state_ext.wire import Bindings, Limits

from .alone import IN_MEMORY, Alone
from .archive import Archive
from .backend import Busy, Channel, Choice, Known, Lost
from .choice import check_free, find
from .memory import MemoryBackend

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_HTTP_SECONDS = 10.0


class RemoteBackend:
    """The sessions of the server at ``url``, with the credential it gave this kernel.

    The kernel's own is that of its notebook. Where no notebook runs it, it is the one called ``name``, or with this id,
    or which :meth:`use` names; where none is named, a throw-away one in memory.
    """

    def __init__(self, url: str, token: str, *, name: str | None = None) -> None:
        self._url = urlsplit(url.rstrip("/") + "/api/session")
        self._headers = {"Authorization": f"session-state {token}"}
        #: those of the server, once it has told them
        self._limits = Limits()
        self._name = name
        self.remembered: Bindings | None = None
        #: where no notebook runs this kernel: since when that is known, and which session it has instead
        self._alone_since: float | None = None
        self.chosen: str | None = None
        self._memory: MemoryBackend | None = None

    @property
    def fleeting(self) -> str | None:
        """Why what is acknowledged does not outlive this kernel."""
        return None if self._memory is None else IN_MEMORY

    async def attach(self) -> str:
        try:
            attached = await self._attach({})
        except NoNotebook as error:
            return await self._attach_alone(error)
        self._alone_since = self._memory = self.chosen = None
        if "bound" in attached:
            self.remembered = msgspec.convert(attached["bound"], Bindings)
        return str(attached["sessionId"])

    async def _attach_alone(self, error: NoNotebook) -> str:
        """No notebook runs this kernel: it was started past them, or is quicker than the server that starts it."""
        if self.chosen is None and self._name is not None:
            self.chosen = await self._found_or_made(self._name)
        if self.chosen is not None:
            try:
                await self._attach({"sessionId": self.chosen})
            except NotFound:
                self.chosen = None
                raise
            self._memory = None
            return self.chosen
        if self._memory is None:
            now = time.monotonic()
            self._alone_since = self._alone_since or now
            if now - self._alone_since < error.fields.get("after", 0.0):
                raise Busy(error.message)
            self._memory = MemoryBackend()
        return await self._memory.attach()

    async def _attach(self, body: dict[str, Any]) -> Any:
        attached = await self._ask("POST", "/attach", body)
        self._limits = msgspec.convert(attached["limits"], Limits)
        return attached

    async def _found_or_made(self, name: str) -> str:
        self._name = None
        try:
            return find(name, await self.sessions())
        except NotFound:
            return str((await self._ask("POST", "", {"name": name}))["sessionId"])

    async def _has_notebook(self) -> bool:
        try:
            await self._ask("POST", "/attach", {})
        except UnknownNotebook:
            return True
        except (OSError, SessionError):
            return False
        return True

    async def remember(self, bindings: Bindings) -> None:
        if self._memory is None and self.chosen is None:
            await self._ask("POST", "/attach", {"bound": msgspec.to_builtins(bindings)})

    async def open(self, session_id: str) -> Channel:
        if self._memory is not None:
            return Alone(await self._memory.open(session_id), self._has_notebook)
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus

        scheme = "wss" if self._url.scheme == "https" else "ws"
        address = f"{scheme}://{self._url.netloc}{self._url.path}/{quote(session_id)}/channel"
        try:
            socket_ = await connect(
                address,
                additional_headers=self._headers,
                max_size=self._limits.state_bytes,
                proxy=None,
                compression=None,
                ssl=self._tls(),
            )
        except InvalidStatus as error:
            raise _in_words(error.response.status_code) from None
        except InvalidHandshake as error:
            raise ConnectionError(str(error)) from None
        except (TimeoutError, asyncio.TimeoutError):
            raise ConnectionError("the server does not answer") from None
        _no_delay(socket_)
        return RemoteChannel(socket_)

    async def sessions(self) -> list[Known]:
        listed = (await self._ask("GET", ""))["sessions"]
        return [
            Known(
                session_id=one["sessionId"],
                name=one.get("name"),
                paths=one.get("paths", []),
                revision=one["revision"],
                updated_at=one.get("updatedAt"),
                variable_count=one["variableCount"],
            )
            for one in listed
        ]

    async def use(self, name: str, *, new: bool) -> str:
        known = await self.sessions()
        if new:
            check_free(name, known)
            session_id = str((await self._ask("POST", "", {"name": name}))["sessionId"])
        else:
            session_id = find(name, known)
        await self._ask("POST", "/attach", {"sessionId": session_id})
        if self._alone_since is not None:
            self.chosen, self._memory = session_id, None
        return session_id

    async def choose(self, choice: Choice) -> None:
        if self._memory is not None:
            await self._memory.choose(choice)
        await self._ask("POST", "/attach", {"choose": choice})

    def archive(self, session_id: str) -> Archive:
        if self._memory is not None:
            return self._memory.archive(session_id)
        from .remotearchive import RemoteArchive

        return RemoteArchive(self._exchange, session_id)

    async def close(self) -> None:
        pass

    def _tls(self) -> ssl.SSLContext | None:
        if self._url.scheme != "https":
            return None
        context = ssl.create_default_context()
        if self._url.hostname in ("localhost", "127.0.0.1", "::1"):
            # This very machine: its certificate is often self-signed and for another name.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        said = await self._exchange(method, path, body)
        return json.loads(said) if said else {}

    async def _exchange(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        """The text of the answer. Raises OSError, and the SessionError that the server answered with."""
        said: bytes = await _on_a_thread(lambda: self._exchange_now(method, path, body))
        return said

    def _exchange_now(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        host, port = self._url.hostname or "localhost", self._url.port
        # Never through a proxy: http.client does not look for one.
        connection: http.client.HTTPConnection
        if self._url.scheme == "https":
            connection = http.client.HTTPSConnection(host, port, timeout=_HTTP_SECONDS, context=self._tls())
        else:
            connection = http.client.HTTPConnection(host, port, timeout=_HTTP_SECONDS)
        try:
            # Whoever writes wants to know what became of it, not the whole session.
            headers = {**self._headers, "Content-Type": "application/json", "Prefer": "return=minimal"}
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, self._url.path + path, content, headers)
            response = connection.getresponse()
            said = response.read()
        except http.client.HTTPException as error:
            raise ConnectionError(f"no answer that is HTTP: {error!r}") from None
        finally:
            connection.close()
        if response.status >= 300:
            refusal = _in_words(response.status, said)
            with contextlib.suppress(ValueError):  # there is none, or it is a date
                refusal.fields["after"] = float(response.getheader("Retry-After") or "")
            raise refusal
        return said


async def _on_a_thread(call: Callable[[], Any]) -> Any:
    """``call`` on a daemon thread: asyncio's own threads would hold up the end of the kernel."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Any] = loop.create_future()

    def run() -> None:
        try:
            result, error = call(), None
        except BaseException as raised:
            result, error = None, raised
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result, error)

    def settle(result: Any, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True, name="session-state-http").start()
    return await answer


class _Refused(Struct):
    """The body of an error."""

    message: str | None = None
    code: str | None = None
    name: str | None = None
    #: of a restore: what is locked
    names: list[str] | None = None
    #: of a conflict: what stands there; absent where the variable was deleted
    theirs: Raw | UnsetType = UNSET
    revision: int | None = None
    #: of a notebook that its session does not know
    choices: list[str] | None = None


#: What a question about a session's past can be answered with.
_BY_CODE = {
    kind.code: kind
    for kind in (
        errors.Conflict,
        errors.Expired,
        errors.InvalidName,
        errors.InvalidValue,
        errors.LimitExceeded,
        errors.Locked,
        errors.NoNotebook,
        errors.NothingToUndo,
        errors.ReadOnly,
        errors.StorageFull,
        errors.TooLarge,
    )
}


def _in_words(status: int, said: bytes = b"") -> SessionError:
    try:
        body = msgspec.json.decode(said or b"{}", type=_Refused)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        body = _Refused()
    message, kind = body.message, _BY_CODE.get(body.code or "")
    if kind is not None:
        theirs = None if body.theirs is UNSET else body.theirs
        return kind(message, name=body.name, names=body.names, theirs=theirs, revision=body.revision)
    if body.code == UnknownNotebook.code:
        return UnknownNotebook(message, choices=body.choices)
    if status == 503:
        return Busy(message)
    if status == 404:
        return NotFound(message)
    if status in (401, 403):
        return Forbidden(message or "The server does not know this kernel any more. Restart the kernel.")
    return Unavailable(message or f"The server answered with HTTP status {status}.")


def _no_delay(connection: ClientConnection) -> None:
    """Small frames leave at once; with Nagle's algorithm each would wait some 40 ms."""
    raw = connection.transport.get_extra_info("socket")
    if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class RemoteChannel:
    """The live channel over a WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, frame: bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            await self._connection.send(frame, text=True)
        except ConnectionClosed as error:
            raise _lost(error) from None

    async def receive(self) -> bytes | str:
        from websockets.exceptions import ConnectionClosed

        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as error:
            raise _lost(error) from None

    async def close(self) -> None:
        await self._connection.close()


def _lost(error: Any) -> Lost:
    received = error.rcvd
    return Lost(None, "the connection broke") if received is None else Lost(received.code, received.reason)
