"""The server's end of the link: one WebSocket an agent, from hello to goodbye.

Three things share a link: the agent's rows and their acks, the replica's changes, and the agent's
heartbeats. Nothing is acknowledged before it is committed, and nothing here deletes anything.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from contract.ids import AgentId
from contract.link import (
    CLOSE_MALFORMED,
    CLOSE_PROTOCOL,
    CLOSE_REPLACED,
    HEARTBEAT_SECONDS,
    MAX_BATCH_ROWS,
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    Ack,
    Down,
    Events,
    Goodbye,
    Heartbeat,
    Hello,
    NewEpoch,
    Up,
    Welcome,
)
from server.kernel.database import Connection, Database, DatabaseUnavailable
from server.modules.devices.clock import BootClock, measure
from server.modules.devices.feed import ReplicaFeed, Subscription
from server.modules.devices.intake import Intake, OldDisk
from server.modules.devices.model import Agent
from server.modules.devices.service import Devices

_log = logging.getLogger(__name__)
HELLO_SECONDS = 10
# An agent that has been silent for this long has lost its network without a word.
SILENT_SECONDS = 3 * HEARTBEAT_SECONDS
SPEAKS = frozenset({PROTOCOL, PROTOCOL - 1})


class Malformed(Exception):
    """The agent said something that is no message, or not at this point."""


class Link:
    """Serves agents' links; at most one each."""

    def __init__(
        self,
        database: Database,
        devices: Devices,
        intake: Intake,
        feed: ReplicaFeed,
        site: Callable[[], str],
    ) -> None:
        self._database = database
        self._devices = devices
        self._intake = intake
        self._feed = feed
        self._site = site
        self._links: dict[AgentId, _Session] = {}

    @property
    def online(self) -> int:
        """How many agents are linked to this process."""
        return len(self._links)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one agent for as long as its WebSocket is open."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        try:
            async with self._database.connection() as connection:
                agent = (
                    await self._devices.agent_of_key(connection, key.strip())
                    if scheme.lower() == "bearer"
                    else None
                )
        except DatabaseUnavailable:
            return web.Response(status=503, headers={"Retry-After": "2"})
        if agent is None:
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        if agent.revoked:
            return web.Response(status=403)
        socket = web.WebSocketResponse(
            heartbeat=None, max_msg_size=MAX_MESSAGE_BYTES, compress=False
        )
        await socket.prepare(request)
        session = _Session(self, agent, socket)
        try:
            await session.run()
        except* Malformed as errors:
            reason = str(errors.exceptions[0])[:100]
            _log.warning("malformed message: %s", reason, extra={"agent": agent.id})
            await session.close(CLOSE_MALFORMED, "malformed", reason)
        except* DatabaseUnavailable:
            await session.close(WSCloseCode.TRY_AGAIN_LATER, "unavailable", "")
        except* (ConnectionError, TimeoutError):
            await session.close(WSCloseCode.GOING_AWAY, "silent", "")
        return socket

    async def close(self) -> None:
        """Tell every agent that this server goes away; they come back by themselves."""
        for session in list(self._links.values()):
            await session.close(WSCloseCode.GOING_AWAY, "shutdown", "")

    async def end(self, agent: AgentId) -> None:
        """End an agent's link: it was revoked."""
        if (session := self._links.get(agent)) is not None:
            await session.close(WSCloseCode.POLICY_VIOLATION, "revoked", "")

    async def enter(self, session: "_Session") -> None:
        """Make this the agent's one link; an older one is told and closed."""
        old = self._links.get(session.agent.id)
        self._links[session.agent.id] = session
        if old is not None:
            await old.close(CLOSE_REPLACED, "replaced", "another link of this agent came")

    def leave(self, session: "_Session") -> bool:
        """Forget the link; say whether it was still the agent's."""
        if self._links.get(session.agent.id) is not session:
            return False
        del self._links[session.agent.id]
        return True


class _Session:
    """One agent's link."""

    def __init__(self, link: Link, agent: Agent, socket: web.WebSocketResponse) -> None:
        self.agent = agent
        self._link = link
        self._socket = socket
        self._decode = msgspec.json.Decoder(Up).decode
        self._encode = msgspec.json.Encoder().encode
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Speak with the agent until either side ends it."""
        async with asyncio.timeout(HELLO_SECONDS):
            hello = await self._receive()
        if not isinstance(hello, Hello):
            raise Malformed("hello expected")
        if hello.protocol not in SPEAKS:
            await self.close(CLOSE_PROTOCOL, "version", f"this server speaks {PROTOCOL}")
            return
        clock = measure(hello.boot, hello.mono_us, datetime.now(UTC))
        await self._link.enter(self)
        try:
            await self._send(
                Welcome(
                    protocol=min(PROTOCOL, hello.protocol),
                    agent=self.agent.id,
                    name=self.agent.name,
                    server_us=int(datetime.now(UTC).timestamp() * 1_000_000),
                    site=self._link._site(),
                )
            )
            await self._note(_first_status(hello), hello.version)
            async with self._link._feed.subscribe() as subscription, asyncio.TaskGroup() as group:
                feeding = group.create_task(self._feed(hello, subscription))
                try:
                    await self._listen(clock)
                finally:
                    feeding.cancel()
        finally:
            if self._link.leave(self):
                await self._gone()

    async def close(self, code: int, reason: str, detail: str) -> None:
        """Say why, and close. Does nothing if the socket is closed already."""
        if self._socket.closed:
            return
        try:
            async with asyncio.timeout(2):
                await self._send(Goodbye(reason, detail))
                await self._socket.close(code=code, message=reason.encode())
        except (ConnectionError, TimeoutError):
            pass

    async def _listen(self, clock: BootClock) -> None:
        while True:
            async with asyncio.timeout(SILENT_SECONDS):
                message = await self._receive()
            match message:
                case None:
                    return
                case Events():
                    await self._take(message, clock)
                case Heartbeat():
                    clock = measure(message.boot, message.mono_us, datetime.now(UTC))
                    await self._note(message, None)
                case Hello():
                    raise Malformed("hello twice")

    async def _take(self, events: Events, clock: BootClock) -> None:
        if len(events.rows) > MAX_BATCH_ROWS:
            raise Malformed("too many rows in one batch")
        try:
            UUID(events.queue_epoch)
        except ValueError as error:
            raise Malformed("queue_epoch") from error
        try:
            batch = await self._link._intake.take(
                self.agent.id, events.queue_epoch, events.rows, clock
            )
        except OldDisk:
            _log.warning("an older queue came back", extra={"agent": self.agent.id})
            await self._send(NewEpoch("old_disk"))
            return
        await self._send(Ack(tuple(batch.answers), tuple(batch.items)))

    async def _feed(self, hello: Hello, subscription: Subscription) -> None:
        caught_up = max(subscription.position, hello.position)
        async for changes in self._link._feed.catch_up(
            hello.journal_epoch, hello.position, subscription.position
        ):
            await self._send(changes)
            caught_up = changes.position
        overrun = asyncio.create_task(subscription.overrun.wait())
        try:
            while not subscription.overrun.is_set():
                message = asyncio.create_task(subscription.waiting.get())
                try:
                    await asyncio.wait({message, overrun}, return_when="FIRST_COMPLETED")
                    if message.done():
                        reached, text = message.result()
                        if reached > caught_up:  # a snapshot may be ahead of the feed
                            await self._send_bytes(text)
                finally:
                    message.cancel()
        finally:
            overrun.cancel()
        # It reconnects, and says how far it has come.
        await self.close(WSCloseCode.TRY_AGAIN_LATER, "behind", "")

    async def _receive(self) -> Hello | Events | Heartbeat | None:
        message = await self._socket.receive()
        if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED):
            return None
        if message.type is WSMsgType.ERROR:
            raise Malformed(str(self._socket.exception()))
        if message.type is not WSMsgType.TEXT:
            raise Malformed("text expected")
        try:
            decoded: Hello | Events | Heartbeat = self._decode(message.data)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise Malformed(str(error)) from error
        return decoded

    async def _send(self, message: Down) -> None:
        await self._send_bytes(self._encode(message))

    async def _send_bytes(self, message: bytes) -> None:
        async with self._sending:
            await self._socket.send_str(message.decode())

    async def _note(self, heartbeat: Heartbeat, version: str | None) -> None:
        async def work(connection: Connection) -> None:
            await self._link._devices.note_heartbeat(connection, self.agent.id, heartbeat, version)

        await self._link._database.run(work)

    async def _gone(self) -> None:
        async def work(connection: Connection) -> None:
            await self._link._devices.note_gone(connection, self.agent.id)

        try:
            await self._link._database.run(work)
        except DatabaseUnavailable:
            _log.warning("agent left while the database was away", extra={"agent": self.agent.id})


def _first_status(hello: Hello) -> Heartbeat:
    return Heartbeat(
        boot=hello.boot,
        mono_us=hello.mono_us,
        wall_us=hello.wall_us,
        clock=hello.clock,
        waiting=hello.waiting,
    )
