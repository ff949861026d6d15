"""A server of the link, at the wire: records what an agent sends, answers what a test says."""

import asyncio
import contextlib
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from agent.identity import Identity, new_private_key, public_key, sign
from contract.facts import Fact
from contract.ids import AgentId
from contract.link import (
    PROTOCOL,
    Ack,
    Challenge,
    Down,
    Events,
    Heartbeat,
    Hello,
    RowAnswer,
    RowStatus,
    SignIn,
    Up,
    Welcome,
)
from contract.proof import agent_claim, server_claim
from contract.replica import ItemRow

LONG_ENOUGH = 10.0
SITE_PRIVATE = new_private_key()
SITE_KEY = public_key(SITE_PRIVATE)


def identity_here(agent: str = "agent-1", name: str = "門番") -> Identity:
    """Return an identity that this server takes for one of its own."""
    return Identity(AgentId(agent), name, new_private_key(), SITE_KEY, fresh=False)


class LinkServer:
    """Greets and answers each row as applied, unless a test changes its settings."""

    def __init__(self) -> None:
        self.greets = True
        self.answers = True
        self.stands: Callable[[Fact], tuple[ItemRow, ...]] = lambda fact: ()  # what acks tell
        self.refuses: HTTPStatus | None = None
        self.server_us: int | None = None
        self.site_private = SITE_PRIVATE
        self.proves = True
        self.signed: list[tuple[bytes, bytes]] = []  # each hello's claim and signature
        self.hellos: list[Hello] = []
        self.heartbeats: list[Heartbeat] = []
        self.batches: list[Events] = []
        self.facts: list[Fact] = []
        self.sign_ins: list[SignIn] = []  # not answered: a test does
        self.sockets: list[ServerConnection] = []
        self.port = 0
        self._news = asyncio.Condition()

    @property
    def url(self) -> str:
        """The address that an agent's settings name."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def open(
        self, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator["LinkServer"]:
        """Listen until the block ends."""
        async with serve(
            self._serve, "127.0.0.1", port, process_request=self._gate, max_size=None, ssl=tls
        ) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            yield self

    async def seen(self, what: object) -> None:
        """Wait until `what`, a condition without arguments, holds."""
        assert callable(what)
        async with asyncio.timeout(LONG_ENOUGH), self._news:
            await self._news.wait_for(what)

    async def send(self, message: Down) -> None:
        """Send a message on the newest connection."""
        await self.sockets[-1].send(msgspec.json.encode(message).decode())

    def ids(self) -> list[str]:
        """Return the ids of all facts in the order of their arrival."""
        return [fact.id for fact in self.facts]

    def _gate(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.refuses is not None:
            return connection.respond(self.refuses, "refused\n")
        return None

    async def _serve(self, socket: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            challenge = Challenge(secrets.token_bytes(32), public_key(self.site_private), PROTOCOL)
            await socket.send(msgspec.json.encode(challenge).decode())
            async for data in socket:
                message = msgspec.json.decode(data, type=Up)
                await self._take(socket, message, challenge)
                async with self._news:
                    self._news.notify_all()

    async def _take(self, socket: ServerConnection, message: Up, challenge: Challenge) -> None:
        match message:
            case Hello():
                self.hellos.append(message)
                claimed = (challenge.nonce, message.nonce, message.agent, challenge.site_key)
                self.signed.append((agent_claim(*claimed), message.signature))
                self.sockets.append(socket)
                if self.greets:
                    now = time.time_ns() // 1_000 if self.server_us is None else self.server_us
                    proof = sign(self.site_private, server_claim(*claimed)) if self.proves else b""
                    welcome = Welcome(
                        PROTOCOL, message.agent, "門番", now, "本社工場", signature=proof
                    )
                    await socket.send(msgspec.json.encode(welcome).decode())
            case Heartbeat():
                self.heartbeats.append(message)
            case SignIn():
                self.sign_ins.append(message)
            case Events(rows=rows):
                self.batches.append(message)
                facts = [msgspec.json.decode(row, type=Fact) for row in rows]
                self.facts += facts
                if self.answers:
                    ack = Ack(
                        tuple(RowAnswer(fact.id, RowStatus.APPLIED) for fact in facts),
                        tuple(row for fact in facts for row in self.stands(fact)),
                    )
                    await socket.send(msgspec.json.encode(ack).decode())
