"""A WebSocket client without manners: it sends any bytes as a frame, and sees what comes of it."""

import asyncio
import os
import struct
from collections.abc import Mapping
from types import TracebackType

_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
_PING, _PONG, _CLOSE, TEXT = 0x9, 0xA, 0x8, 0x1
SECONDS = 20


class Wire:
    """One connection; opened anew by `send` whenever the other side has closed it."""

    def __init__(self, port: int, path: str, headers: Mapping[str, str]) -> None:
        self._port = port
        self._request = "".join(
            [
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n",
                f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {_KEY}\r\n",
                *(f"{name}: {value}\r\n" for name, value in headers.items()),
                "\r\n",
            ]
        ).encode()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.connections = 0

    async def __aenter__(self) -> "Wire":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._streams is not None:
            self._streams[1].close()

    async def send(self, payload: bytes, opcode: int = TEXT) -> bool:
        """Send one frame, and wait till it was dealt with; say whether the connection stands."""
        async with asyncio.timeout(SECONDS):
            reader, writer = self._streams or await self._open()
            try:
                writer.write(frame(opcode, payload) + frame(_PING, b"?"))
                while True:
                    opcode, _ = await read_frame(reader)
                    if opcode == _PONG:
                        return True
                    if opcode == _CLOSE:
                        break
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            writer.close()
            self._streams = None
            return False

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(self._request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        await self.greet(reader, writer)
        self._streams = (reader, writer)
        self.connections += 1
        return self._streams

    async def greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Do what comes before anything else on a fresh connection: nothing, here."""


def frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 65_536:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    mask = os.urandom(4)
    keys = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ keys).to_bytes(size, "big")


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read a frame as a server sends it, and return its opcode and payload."""
    first, length = await reader.readexactly(2)
    if length == 126:
        length = int.from_bytes(await reader.readexactly(2), "big")
    elif length == 127:
        length = int.from_bytes(await reader.readexactly(8), "big")
    return first & 0x0F, await reader.readexactly(length)
