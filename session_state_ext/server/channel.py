"""The live channel over a WebSocket: frames to a connection and back, and no patience for one that does not read."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web, websocket
from tornado.iostream import StreamClosedError

from session_state_ext.connection import NOT_ALLOWED, Connection
from session_state_ext.errors import SessionError
from session_state_ext.live import RESYNC

from .base import Caller, status_of

#: What may wait for a client that reads slowly.
_QUEUE_BYTES = 8 * 1024 * 1024

#: A client that takes nothing for this long is closed.
_STALLED_SECONDS = 8.0

#: How often it is asked whether the caller may still listen.
_RECHECK_SECONDS = 30.0


class ChannelHandler(WebSocketMixin, websocket.WebSocketHandler, Caller):
    """/api/session/{id}/channel"""

    @property
    def max_message_size(self) -> int:
        return self.service.limits.message_bytes

    def get_compression_options(self) -> None:
        # Small frames at once are what this is for.
        return None

    def set_default_headers(self) -> None:
        """Nothing that an upgrade cannot carry."""

    @ws_authenticated
    async def get(self, session_id: str) -> None:
        """Refuse before the upgrade what can be refused by then; a browser asks by GET why."""
        if not await self.may("read"):
            raise web.HTTPError(403)
        try:
            hub = await self.service.ready()
            async with hub.use(self.owner, session_id):
                self._read_only = not await self.may("write")
                await super().get(session_id)
        except SessionError as error:
            raise web.HTTPError(status_of(error)) from error

    async def open(self, session_id: str) -> None:
        super().open(session_id)
        self.set_nodelay(True)
        self._outgoing = Outgoing(self)
        self._connection = Connection(
            self.service.hub,
            self.owner,
            session_id,
            role="editor" if self.credential is None else "kernel",
            user=self.shown,
            kernel=self.kernel,
            read_only=self._read_only,
            send=self._outgoing.put,
            close=self._outgoing.close,
            hello_timeout=self.service.hello_timeout,
            flush_timeout=self.service.flush_timeout,
        )
        self._guard = asyncio.create_task(self._recheck())

    async def on_message(self, message: str | bytes) -> None:
        if not self.still_known():
            self._connection.end(NOT_ALLOWED, "The kernel of this credential is gone.")
            return
        await self._connection.receive(message)

    def on_close(self) -> None:
        # It closes before it was open where the upgrade fails.
        if hasattr(self, "_guard"):
            self._guard.cancel()
            self._outgoing.stop()
            self._connection.leave()
        super().on_close()

    async def _recheck(self) -> None:
        """Close the channel when access ends, also of one who only listens."""
        while True:
            await asyncio.sleep(_RECHECK_SECONDS)
            if not self.still_known() or not await self.may("read"):
                self._connection.end(NOT_ALLOWED, "You are not allowed to read this session any more.")
                return
            if not self._read_only and not await self.may("write"):
                self._connection.end(RESYNC, "You may read this session but not change it any more.")
                return

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        self.refuse(status_code, error.__cause__ if isinstance(error, web.HTTPError) and error.__cause__ else error)


class Outgoing:
    """Frames on their way to one client, in order and bounded."""

    def __init__(self, handler: ChannelHandler) -> None:
        self._handler = handler
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._closing: tuple[int, str] | None = None
        self._wake = asyncio.Event()
        self._pump = asyncio.create_task(self._run())

    def put(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._bytes += len(frame)
        # One frame alone may be larger than the queue: a welcome with everything.
        if self._bytes > _QUEUE_BYTES and len(self._frames) > 1:
            self._give_up()
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """After what waits."""
        self._closing = (code, reason)
        self._wake.set()

    def stop(self) -> None:
        self._pump.cancel()
        self._frames.clear()

    def _give_up(self) -> None:
        self._frames.clear()
        self._bytes = 0
        # Ends the connection, which calls close.
        self._handler._connection.end(RESYNC, "Too much waited for this client; it reads too slowly.")

    async def _run(self) -> None:
        handler = self._handler
        try:
            while self._frames or self._closing is None:
                if not self._frames:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                frame = self._frames.popleft()
                self._bytes -= len(frame)
                await asyncio.wait_for(handler.write_message(frame, binary=False), _STALLED_SECONDS)
        except TimeoutError:
            self._give_up()
        except (websocket.WebSocketClosedError, StreamClosedError):
            return
        code, reason = self._closing or (RESYNC, "")
        handler.close(code, reason)
        # One that does not read does not read the close frame either.
        await asyncio.sleep(1)
        if handler.ws_connection is not None:
            handler.ws_connection._abort()
