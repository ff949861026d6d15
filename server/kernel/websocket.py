"""The server's half of a WebSocket (RFC 6455) for very many pages that mostly listen.

aiohttp's own keeps a task, a request and a parser for each, some 16 KB. After the handshake this
takes the connection over: what is left is a transport and one small object.
"""

import asyncio
import base64
import binascii
import hashlib
import socket
import struct
from collections.abc import Callable, Iterable
from typing import cast

from aiohttp import web

MAX_MESSAGE_BYTES = 4_096
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_CONTINUATION, _TEXT, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x8, 0x9, 0xA
_FINAL, _RESERVED, _MASKED = 0x80, 0x70, 0x80
CLOSE_PROTOCOL_ERROR, CLOSE_UNSUPPORTED, CLOSE_TOO_BIG = 1002, 1003, 1009
PING = bytes([_FINAL | _PING, 0])


class WebSocket(asyncio.Protocol):
    """One connection. Subclass it, and override `heard`, `gone` and `choked`.

    It has no task: `heard` is called from the event loop with each whole text message.
    """

    __slots__ = (
        "_at_once",
        "_message",
        "_resumed",
        "_said_close",
        "_socket",
        "_tail",
        "alive",
        "transport",
    )
    transport: asyncio.Transport
    # Sends as much as goes out now: `socket.send` while nothing waits in the transport.
    _at_once: Callable[[bytes], int]

    def __init__(self) -> None:
        self.alive = True  # something was heard since the last `ping`
        self._tail = b""
        self._message: bytes | None = None  # the parts so far of a message in fragments
        self._resumed: asyncio.Future[None] | None = None
        self._socket: socket.socket | None = None
        self._at_once = _nothing_yet
        self._said_close = False

    # --- for the subclass

    def heard(self, message: bytes) -> None:
        """Take a text message (its UTF-8 is not checked yet)."""

    def gone(self) -> None:
        """Learn that the connection is over."""

    def choked(self) -> None:
        """Learn that more waits to be sent than `limit` allowed."""

    # --- out

    def limit(self, high: int) -> None:
        """Let at most so many bytes wait to be sent."""
        self.transport.set_write_buffer_limits(high=high)

    def send(self, frame: bytes) -> None:
        """Send a frame made by `text_frame`; never waits. After `end` nothing is sent."""
        send_to_all((self,), frame)

    def _write(self, data: bytes) -> None:
        """Let the transport have it, behind what waits there."""
        self.transport.write(data)
        if self._socket is None or self.transport.get_write_buffer_size():
            self._at_once = _nothing_yet
        else:
            self._at_once = self._socket.send

    async def drained(self) -> None:
        """Wait while more waits to be sent than the limit. Raises ConnectionError at the end."""
        if self._resumed is not None:
            await self._resumed
        if self.transport.is_closing():
            raise ConnectionResetError("the page is gone")

    def ping(self) -> None:
        """Ask for a sign of life; drop the connection if none came since the last time."""
        if not self.alive:
            self.transport.abort()
        else:
            self.alive = False
            self._write(PING)

    def end(self, code: int, reason: str) -> None:
        """Say that this is the end; the other side answers, and then the connection closes."""
        self._write(close_frame(code, reason))
        self._said_close = True
        self._at_once = _nothing_yet

    def fail(self, code: int) -> None:
        """Close with this code, without waiting for the other side."""
        if not self.transport.is_closing():
            self._write(close_frame(code, ""))
            self._close()

    def _close(self) -> None:
        self._let_go()
        self.transport.close()

    def _let_go(self) -> None:
        """Give up the second view of the socket, which is the transport's to close."""
        if self._socket is not None:
            self._at_once = _nothing_yet
            self._socket.detach()
            self._socket = None

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)
        own = transport.get_extra_info("socket")
        if own is not None:
            self._socket = socket.socket(own.family, own.type, own.proto, fileno=own.fileno())
            if not self.transport.get_write_buffer_size():
                self._at_once = self._socket.send

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._let_go()
        self.resume_writing()
        self.gone()

    def pause_writing(self) -> None:
        """Note that too much waits."""
        self._resumed = asyncio.get_running_loop().create_future()
        self.choked()

    def resume_writing(self) -> None:
        """Note that there is room again."""
        if self._resumed is not None and not self._resumed.done():
            self._resumed.set_result(None)
        self._resumed = None

    def data_received(self, data: bytes) -> None:
        """Take whole frames from the stream, and keep the rest."""
        self.alive = True
        data = self._tail + data if self._tail else data
        while len(data) >= 2 and not self.transport.is_closing():
            size, head = data[1] & 0x7F, 6
            if data[0] & _RESERVED or not data[1] & _MASKED:
                self.fail(CLOSE_PROTOCOL_ERROR)
                return
            if size == 126:
                size, head = int.from_bytes(data[2:4], "big"), 8
            if data[1] & 0x7F == 127 or size > MAX_MESSAGE_BYTES:
                self.fail(CLOSE_TOO_BIG)
                return
            if len(data) < head + size:
                break
            payload = _unmasked(data[head : head + size], data[head - 4 : head])
            self._take(data[0], payload)
            data = data[head + size :]
        self._tail = data

    def _take(self, first: int, payload: bytes) -> None:
        opcode = first & 0x0F
        if opcode >= _CLOSE and (not first & _FINAL or len(payload) > 125):
            self.fail(CLOSE_PROTOCOL_ERROR)
        elif opcode == _CLOSE:
            # One close frame each: a browser takes a second one for a broken connection.
            if not self._said_close:
                self._write(_frame(_CLOSE, payload[:2]))
            self._close()
        elif opcode == _PING:
            self._write(_frame(_PONG, payload))
        elif opcode == _PONG:
            pass
        elif opcode not in (_TEXT, _CONTINUATION):
            self.fail(CLOSE_UNSUPPORTED)
        elif (opcode == _CONTINUATION) != (self._message is not None):
            self.fail(CLOSE_PROTOCOL_ERROR)
        else:
            message = (self._message or b"") + payload
            if len(message) > MAX_MESSAGE_BYTES:
                self.fail(CLOSE_TOO_BIG)
            elif first & _FINAL:
                self._message = None
                self.heard(message)
            else:
                self._message = message


def send_to_all(sockets: Iterable[WebSocket], frame: bytes) -> None:
    """Send one frame to each; never waits.

    What goes out at once costs little more than the system call: the transport's checks would be
    a fifth of the time that an event takes to ten thousand pages.
    """
    size = len(frame)
    for each in sockets:
        try:
            sent = each._at_once(frame)
        except OSError:  # full, or lost: the transport knows what to do
            sent = 0
        if sent != size and not each._said_close:
            each._write(frame[sent:])


def _nothing_yet(data: bytes) -> int:
    """Send nothing: other bytes wait, or the end has been said."""
    return 0


class TakenOver(web.StreamResponse):
    """What aiohttp gets instead of an answer: the connection is no longer its own."""

    @property
    def prepared(self) -> bool:
        """Everything has been sent."""
        return True

    @property
    def keep_alive(self) -> bool:
        """No other request will come."""
        return False

    async def prepare(self, request: web.BaseRequest) -> None:
        """Send nothing."""

    async def write_eof(self, data: bytes | bytearray | memoryview = b"") -> None:
        """Send nothing."""


def take_over(request: web.Request, socket: WebSocket) -> TakenOver:
    """Answer the handshake, and let `socket` have the connection.

    Raises HTTPUpgradeRequired or HTTPBadRequest when it is no handshake, ConnectionError when the
    connection is lost already.
    """
    accept = _accept_of(request)
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("gone before the handshake")
    http = request.protocol
    transport.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    # For aiohttp this connection ends here. Without its transport it does not close it; what a
    # client sent before our answer (it may not) is dropped.
    http.transport = None
    transport.set_protocol(socket)
    transport.resume_reading()  # aiohttp may have paused it
    http.connection_lost(None)
    socket.connection_made(transport)
    return TakenOver()


def _accept_of(request: web.Request) -> bytes:
    headers = request.headers
    if headers.get("Upgrade", "").lower() != "websocket":
        raise web.HTTPUpgradeRequired(headers={"Upgrade": "websocket"})
    if headers.get("Sec-WebSocket-Version") != "13":
        raise web.HTTPUpgradeRequired(headers={"Sec-WebSocket-Version": "13"})
    key = headers.get("Sec-WebSocket-Key", "").encode()
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            raise web.HTTPBadRequest
    except binascii.Error:
        raise web.HTTPBadRequest from None
    return base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())


def text_frame(payload: bytes) -> bytes:
    """Return a whole text message as a server sends it: not masked, one for all sockets."""
    return _frame(_TEXT, payload)


def close_frame(code: int, reason: str) -> bytes:
    """Return a close message (RFC 6455, section 5.5.1)."""
    return _frame(_CLOSE, struct.pack("!H", code) + reason.encode())


def _frame(opcode: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return struct.pack("!BB", _FINAL | opcode, length) + payload
    if length < 65_536:
        return struct.pack("!BBH", _FINAL | opcode, 126, length) + payload
    return struct.pack("!BBQ", _FINAL | opcode, 127, length) + payload


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    keys = (mask * (size // 4 + 1))[:size]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")
    return number.to_bytes(size, "big")
