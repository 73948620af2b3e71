"""Raw sockets that speak just enough HTTP and WebSocket to put load on a server and cost next to nothing themselves."""

from __future__ import annotations

import base64
import os
import re
import socket
import time
from collections import deque
from collections.abc import Iterator

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Socket:
    """A connection to this machine that never holds back a small packet."""

    #: acknowledge each packet at once, so that a server which leaves Nagle's algorithm on is not held up by us
    quick = True

    def __init__(self, port: int) -> None:
        self.raw = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fileno(self) -> int:
        return self.raw.fileno()

    def send(self, data: bytes) -> None:
        self.raw.sendall(data)

    def receive(self) -> bytes:
        if self.quick and hasattr(socket, "TCP_QUICKACK"):
            # Linux takes it back by itself, so it is said before each reading.
            self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        data = self.raw.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data


class Http(Socket):
    """One connection that is kept, one request at a time."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._buffer = b""

    def answered(self) -> bool:
        """Read what has come; whether that completes the answer. Raises where the status is no 2xx."""
        self._buffer += self.receive()
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 2"):
            raise ConnectionError(self._buffer.decode(errors="replace"))
        length = _LENGTH.search(head)
        if len(body) < int(length[1] if length else 0):
            return False
        self._buffer = b""
        return True


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


class WebSocket(Socket):
    """A client of a WebSocket; pings are answered while it is read."""

    def __init__(self, port: int, path: str, token: str) -> None:
        super().__init__(port)
        key = base64.b64encode(os.urandom(16)).decode()
        self.send(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {token}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._unheard: deque[bytes] = deque()
        self._buffer = b""
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self.receive()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(head.decode(errors="replace"))

    def say(self, text: bytes) -> None:
        self.send(framed(text))

    def frames(self) -> Iterator[bytes]:
        """The whole frames that one reading completes."""
        self._buffer += self.receive()
        yield from self._whole()

    def _whole(self) -> Iterator[bytes]:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            kind, size, start = buffer[at] & 15, buffer[at + 1], at + 2
            if size >= 126:
                start += 2 if size == 126 else 8
                size = int.from_bytes(buffer[at + 2 : start], "big") if len(buffer) >= start else 1 << 62
            if len(buffer) < start + size:
                break
            at = start + size
            if kind == 9:
                self.send(framed(buffer[start:at], kind=10))
            elif kind == 8:
                raise ConnectionError(f"the server closed: {buffer[start:at]!r}")
            else:
                yield buffer[start:at]
        self._buffer = buffer[at:]

    def hear(self, part: bytes) -> tuple[bytes, int]:
        """Wait for a frame that has ``part`` in it; with the bytes of all frames up to it."""
        size, end = 0, time.monotonic() + 30
        while time.monotonic() < end:
            while self._unheard:
                frame = self._unheard.popleft()
                size += len(frame)
                if part in frame:
                    return frame, size
            self._unheard.extend(self.frames())
        raise TimeoutError(f"no frame with {part!r} came")


def framed(text: bytes, kind: int = 1) -> bytes:
    """A client's frame. A mask of zeros is as good as any, and leaves the text as it is."""
    size = len(text)
    if size < 126:
        return bytes((128 | kind, 128 | size)) + b"\0\0\0\0" + text
    if size < 65536:
        return bytes((128 | kind, 254)) + size.to_bytes(2, "big") + b"\0\0\0\0" + text
    return bytes((128 | kind, 255)) + size.to_bytes(8, "big") + b"\0\0\0\0" + text


class Member(WebSocket):
    """A client of a session's live channel, welcomed."""

    def __init__(self, port: int, session: str, token: str, client: str) -> None:
        super().__init__(port, f"/api/session/{session}/channel", token)
        self.seq = 0
        self.revision = 0
        self.say(b'{"type":"hello","client":"%s"}' % client.encode())
        self.hear(b'"type":"welcome"')

    def set(self, name: str, value: int) -> None:
        self.seq += 1
        self.say(
            b'{"type":"mutate","seq":%d,"base":%d,"ops":[{"op":"set","name":"%s","value":%d}],"origin":{"kind":"api"}}'
            % (self.seq, self.revision, name.encode(), value)
        )

    def acknowledged(self, frame: bytes) -> bool:
        """Whether this is the ack, whose revision is remembered. Raises where it is a refusal."""
        if frame.startswith(b'{"type":"ack"'):
            self.revision = int(frame.split(b'"revision":', 1)[1].split(b",", 1)[0])
            return True
        if frame.startswith((b'{"type":"reject"', b'{"type":"error"')):
            raise ConnectionError(frame.decode())
        return False
