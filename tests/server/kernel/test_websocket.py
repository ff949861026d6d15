"""The WebSocket protocol as a server speaks it: any cut of the stream, and what is no WebSocket."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.websocket import (
    MAX_MESSAGE_BYTES,
    WebSocket,
    close_frame,
    take_over,
    text_frame,
)

UPGRADE = (
    "GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: {key}\r\n\r\n"
)
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the example of RFC 6455, section 1.3
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


class Pipe(asyncio.Transport):
    """Where the bytes would go."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closing = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing


class Ear(WebSocket):
    """Keeps what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[bytes] = []
        self.pipe = Pipe()
        self.connection_made(self.pipe)

    def heard(self, message: bytes) -> None:
        self.messages.append(message)


def frame(opcode: int, payload: bytes, *, final: bool = True, mask: bytes = b"\1\2\3\4") -> bytes:
    """Return a client's frame."""
    first = opcode | (0x80 if final else 0)
    size = len(payload)
    head = struct.pack("!BB", first, 0x80 | size) if size < 126 else b""
    head = head or struct.pack("!BBH", first, 0x80 | 126, size)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


payloads = st.binary(max_size=300)
messages = st.lists(st.tuples(st.lists(payloads, min_size=1, max_size=3), st.booleans()))


@given(messages=messages, mask=st.binary(min_size=4, max_size=4), cuts=st.data())
def test_every_cut_of_the_stream_gives_the_same_messages(
    messages: list[tuple[list[bytes], bool]], mask: bytes, cuts: st.DataObject
) -> None:
    stream, pings = b"", 0
    for parts, with_ping in messages:
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            stream += frame(0 if number else 1, part, final=last, mask=mask)
            if with_ping:  # control frames may come between fragments
                stream += frame(9, b"?", mask=mask)
                pings += 1
    ear = Ear()
    while stream:
        size = cuts.draw(st.integers(1, len(stream)))
        ear.data_received(stream[:size])
        stream = stream[size:]
    assert ear.messages == [b"".join(parts) for parts, _ in messages]
    assert ear.pipe.written == b"\x8a\x01?" * pings


@given(st.binary(max_size=200))
def test_any_bytes_are_heard_or_refused_and_never_raise(noise: bytes) -> None:
    Ear().data_received(noise)


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (bytes([0x81, 0x01]) + b"x", 1002),  # not masked
        (bytes([0xC1, 0x80]) + bytes(4), 1002),  # a reserved bit
        (frame(0, b"x"), 1002),  # continues nothing
        (frame(1, b"a", final=False) + frame(1, b"b"), 1002),  # begins within another
        (frame(9, b"x", final=False), 1002),  # a control frame in parts
        (frame(2, b"x"), 1003),  # binary
        (frame(1, b"x" * (MAX_MESSAGE_BYTES + 1)), 1009),
        (bytes([0x81, 0xFF]) + bytes(12), 1009),
        (frame(1, b"x" * 4000, final=False) + frame(0, b"x" * 4000), 1009),
    ],
)
def test_what_is_no_websocket_is_closed_with_its_code(stream: bytes, code: int) -> None:
    ear = Ear()
    ear.data_received(stream)
    assert (ear.messages, ear.pipe.closing) == ([], True)
    assert ear.pipe.written == close_frame(code, "")


def test_the_answer_to_our_close_is_not_answered_again() -> None:
    # A browser takes a second close frame for a broken connection (1006), and forgets why it ended.
    ear = Ear()
    ear.end(4001, "signed_out")
    ear.data_received(frame(8, struct.pack("!H", 4001)))
    assert (ear.pipe.written, ear.pipe.closing) == (close_frame(4001, "signed_out"), True)


def test_a_close_is_answered() -> None:
    ear = Ear()
    ear.data_received(frame(8, struct.pack("!H", 1000) + b"bye") + frame(1, b"late"))
    assert (ear.pipe.written, ear.pipe.closing) == (close_frame(1000, ""), True)
    assert ear.messages == []


class Echo(WebSocket):
    def heard(self, message: bytes) -> None:
        self.send(text_frame(message))


@asynccontextmanager
async def connected(
    version: int = 13, key: str = KEY
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]]:
    """Shake hands with a real server; yields the streams and the answer's head."""

    async def serve(request: web.Request) -> web.StreamResponse:
        return take_over(request, Echo())

    application = web.Application()
    application.router.add_get("/", serve)
    async with TestServer(application) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        try:
            writer.write(UPGRADE.format(version=version, key=key).encode())
            async with asyncio.timeout(10):
                yield reader, writer, await reader.readuntil(b"\r\n\r\n")
        finally:
            writer.close()


async def test_a_handshake_hands_the_connection_over() -> None:
    async with connected() as (reader, writer, head):
        assert head.startswith(b"HTTP/1.1 101 ")
        assert f"Sec-WebSocket-Accept: {ACCEPT}".encode() in head
        for text in ("一", "二"):
            writer.write(frame(1, text.encode()))
            expected = text_frame(text.encode())
            assert await reader.readexactly(len(expected)) == expected


@pytest.mark.parametrize(
    ("version", "key", "status"), [(8, KEY, 426), (13, "short", 400), (13, "AAAA", 400)]
)
async def test_a_false_handshake_is_refused(version: int, key: str, status: int) -> None:
    async with connected(version, key) as (_, _, head):
        assert head.startswith(f"HTTP/1.1 {status} ".encode())
