"""The network between one agent and the server, with whatever weather a round brings.

A WebSocket proxy on loopback: it sees whole messages, so it can repeat, truncate, hold back and
reorder them, and it can tear the TCP connection in the middle of a frame.
"""

import asyncio
import contextlib
import http
import random
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.http11 import Request, Response

from contract.link import Ack, Changes, Down, Events, Hello, Up

KEPT_BATCHES = 12
REFUSED_SECONDS = 4.0
_decode_up = msgspec.json.Decoder(Up).decode
_decode_down = msgspec.json.Decoder(Down).decode


@dataclass
class Conversation:
    """What went over one connection, as far as the books check it."""

    hello: Hello | None = None
    changes: list[Changes] = field(default_factory=list)
    broken: bool = False  # what follows a truncated message is not listened to


@dataclass
class Weather:
    """How the network is now. One-shot mischief is done to the next batch or answer that comes."""

    random: random.Random
    delay_seconds: float = 0.0
    down: bool = False
    refuse: int | None = None  # an HTTP status: a portal, a proxy, a key refused by mistake
    to_batches: deque[str] = field(default_factory=deque)
    to_answers: deque[str] = field(default_factory=deque)

    def clear(self) -> None:
        """Fair weather."""
        self.delay_seconds, self.down, self.refuse = 0.0, False, None
        self.to_batches.clear()
        self.to_answers.clear()


class Cut(Exception):
    """The weather ends this connection."""


class Wire:
    """One agent's way to the server."""

    def __init__(self, port: int, server_port: int, weather: Weather) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.weather = weather
        self.conversations: list[Conversation] = []
        self._port = port
        self._upstream = f"ws://127.0.0.1:{server_port}/link"
        self._pairs: set[_Pair] = set()
        self._batches: deque[str] = deque(maxlen=KEPT_BATCHES)
        self._held: list[str] = []
        self._refused = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Carry connections for as long as this is open."""
        async with serve(
            self._carry,
            "127.0.0.1",
            self._port,
            process_request=self._reach,
            compression=None,
            ping_interval=None,
            close_timeout=0.2,
            max_size=None,
        ):
            yield
            self.cut()

    def cut(self) -> None:
        """Tear all connections, without a word to either side."""
        for pair in list(self._pairs):
            pair.cut()

    async def refuse(self, status: int) -> None:
        """Answer with this status, and return when the agent has heard it or rests too long."""
        self.weather.down, self.weather.refuse = False, status
        self.cut()
        self._refused.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._refused.wait(), REFUSED_SECONDS)

    async def _reach(self, agent: ServerConnection, request: Request) -> Response | None:
        weather = self.weather
        if weather.down:
            agent.transport.abort()
            return None
        if weather.refuse is not None:
            self._refused.set()
            return _answer(weather.refuse)
        try:
            agent.upstream = await connect(  # type: ignore[attr-defined]
                self._upstream,
                compression=None,
                ping_interval=None,
                close_timeout=0.2,
                max_size=None,
                proxy=None,
            )
        except InvalidStatus as exc:
            return _answer(exc.response.status_code)
        except (OSError, InvalidHandshake, TimeoutError):
            return _answer(502)
        return None

    async def _carry(self, agent: ServerConnection) -> None:
        upstream: ClientConnection = agent.upstream  # type: ignore[attr-defined]
        conversation = Conversation()
        self.conversations.append(conversation)
        pair = _Pair(agent, upstream)
        self._pairs.add(pair)
        tasks = [
            asyncio.create_task(self._up(pair, conversation)),
            asyncio.create_task(self._down(pair, conversation)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
            for task in done:
                task.exception()
            await pair.close(cut=any(isinstance(t.exception(), Cut) for t in done))
        finally:
            for task in tasks:
                task.cancel()
            self._pairs.discard(pair)

    async def _up(self, pair: "_Pair", conversation: Conversation) -> None:
        async for text in pair.agent:
            assert isinstance(text, str)
            message = _decode_up(text)
            await self._wait()
            if isinstance(message, Hello):
                conversation.hello = message
            if not isinstance(message, Events):
                await pair.server.send(text)
                continue
            weather = self.weather
            mischief = weather.to_batches.popleft() if weather.to_batches else ""
            await self._deliver(pair, text, mischief)
            self._batches.append(text)

    async def _deliver(self, pair: "_Pair", text: str, mischief: str) -> None:
        """Pass a batch on, after what the weather does to it."""
        send = pair.server.send
        match mischief:
            case "lose":
                raise Cut
            case "late":  # it arrives after later ones, on another connection
                self._held.append(text)
                raise Cut
            case "truncate":
                await send(text[: self.weather.random.randrange(1, len(text))])
                return
            case "tear":
                _tear(pair.server, text, self.weather.random)
                raise Cut
            case "repeat":
                await send(text)
            case "replay":  # old batches once more, newest first
                for old in reversed(self._batches):
                    await send(old)
        await send(text)
        held, self._held = self._held, []
        for late in held:
            await send(late)

    async def _down(self, pair: "_Pair", conversation: Conversation) -> None:
        async for text in pair.server:
            assert isinstance(text, str)
            message = _decode_down(text)
            await self._wait()
            weather = self.weather
            mischief = ""
            if weather.to_answers and isinstance(message, Changes | Ack):
                mischief = weather.to_answers.popleft()
            match mischief:
                case "lose":
                    raise Cut
                case "truncate":
                    conversation.broken = True
                    await pair.agent.send(text[: weather.random.randrange(1, len(text))])
                    continue
                case "tear":
                    _tear(pair.agent, text, weather.random)
                    raise Cut
                case "repeat":
                    await pair.agent.send(text)
            if isinstance(message, Changes) and not conversation.broken:
                conversation.changes.append(message)
            await pair.agent.send(text)

    async def _wait(self) -> None:
        if (longest := self.weather.delay_seconds) > 0:
            await asyncio.sleep(self.weather.random.uniform(0, longest))


class _Pair:
    """The two halves of one connection."""

    def __init__(self, agent: ServerConnection, server: ClientConnection) -> None:
        self.agent = agent
        self.server = server

    def cut(self) -> None:
        self.agent.transport.abort()
        self.server.transport.abort()

    async def close(self, *, cut: bool) -> None:
        """End both halves; a close frame of one side is told to the other."""
        if cut:
            self.cut()
            return
        for one, other in ((self.agent, self.server), (self.server, self.agent)):
            code = one.close_code
            if code is not None and code not in (1005, 1006):
                with contextlib.suppress(ConnectionClosed):
                    await other.close(code, one.close_reason or "")
        self.cut()


def _tear(socket: ServerConnection | ClientConnection, text: str, chance: random.Random) -> None:
    """Send the beginning of a frame that never ends."""
    data = text.encode()
    masked = 0x80 if isinstance(socket, ClientConnection) else 0
    frame = struct.pack("!BBQ", 0x81, masked | 127, len(data)) + (bytes(4) if masked else b"")
    socket.transport.write(frame + data[: chance.randrange(len(data))])


def _answer(status: int) -> Response:
    body = b"\n"
    headers = Headers({"Content-Length": str(len(body)), "Connection": "close"})
    return Response(status, http.HTTPStatus(status).phrase, headers, body)


TO_BATCHES = ("lose", "late", "truncate", "tear", "repeat", "replay")
TO_ANSWERS = ("lose", "truncate", "tear", "repeat")
