"""The server's end of the link: one WebSocket an agent, from hello to goodbye.

Four things share a link: the agent's rows and their acks, the replica's changes, the agent's
heartbeats, and who signs in at its kiosk. Nothing is acknowledged before it is committed, and
nothing here deletes anything.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import WSCloseCode, web

from contract.ids import AgentId, is_id
from contract.link import (
    CLOSE_MALFORMED,
    CLOSE_PROTOCOL,
    CLOSE_REPLACED,
    CLOSE_UNAUTHORIZED,
    HEARTBEAT_SECONDS,
    MAX_BATCH_ROWS,
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    Ack,
    Events,
    Heartbeat,
    Hello,
    NewEpoch,
    SignIn,
    SignInAnswer,
    Welcome,
)
from server.kernel.caller import caller_of
from server.kernel.database import Connection, Database, DatabaseUnavailable
from server.modules.devices.clock import BootClock, measure
from server.modules.devices.feed import ReplicaFeed, Subscription
from server.modules.devices.greeting import Greeted, Greeter, Refused, WrongVersion
from server.modules.devices.intake import Intake, OldDisk
from server.modules.devices.pacing import Pacing
from server.modules.devices.service import Devices
from server.modules.devices.wire import Malformed, Wire

_log = logging.getLogger(__name__)
HELLO_SECONDS = 10
# An agent that has been silent for this long has lost its network without a word.
SILENT_SECONDS = 3 * HEARTBEAT_SECONDS
# Links that have not proved yet whose they are; a whole site that comes back fits.
MAX_STRANGERS = 256
MAX_STRANGERS_FROM_ONE_ADDRESS = 64


class Link:
    """Serves agents' links; at most one each."""

    def __init__(
        self,
        database: Database,
        devices: Devices,
        intake: Intake,
        feed: ReplicaFeed,
        greeter: Greeter,
        pacing: Pacing,
        site: Callable[[], str],
        sign_in: Callable[[AgentId, SignIn], Awaitable[SignInAnswer]],
    ) -> None:
        """`sign_in` answers for somebody who typed their PIN at this agent's kiosk."""
        self._database = database
        self._devices = devices
        self._intake = intake
        self._feed = feed
        self._greeter = greeter
        self._pacing = pacing
        self._site = site
        self._sign_in = sign_in
        self._strangers: Counter[str] = Counter()
        self._links: dict[AgentId, _Session] = {}

    @property
    def online(self) -> int:
        """How many agents are linked to this process."""
        return len(self._links)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one agent for as long as its WebSocket is open."""
        address = caller_of(request).address
        if (
            self._strangers.total() >= MAX_STRANGERS
            or self._strangers[address] >= MAX_STRANGERS_FROM_ONE_ADDRESS
        ):
            return web.Response(status=503, headers={"Retry-After": "2"})
        socket = web.WebSocketResponse(
            heartbeat=None, max_msg_size=MAX_MESSAGE_BYTES, compress=False
        )
        await socket.prepare(request)
        wire = Wire(socket)
        try:
            greeted = await self._greet(wire, address)
            if greeted is not None:
                await _Session(self, greeted, wire).run()
        except* Malformed as errors:
            reason = str(errors.exceptions[0])[:100]
            _log.warning("malformed message: %s", reason, extra={"address": address})
            await wire.close(CLOSE_MALFORMED, "malformed", reason)
        except* WrongVersion:
            await wire.close(CLOSE_PROTOCOL, "version", f"this server speaks {PROTOCOL}")
        except* Refused as errors:
            refused = errors.exceptions[0]
            assert isinstance(refused, Refused)
            told = "revoked" if refused.reason == "revoked" else "unauthorized"
            await wire.close(CLOSE_UNAUTHORIZED, told, "")
        except* DatabaseUnavailable:
            await wire.close(WSCloseCode.TRY_AGAIN_LATER, "unavailable", "")
        except* (ConnectionError, TimeoutError):
            await wire.close(WSCloseCode.GOING_AWAY, "silent", "")
        return socket

    async def _greet(self, wire: Wire, address: str) -> Greeted | None:
        self._strangers[address] += 1
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                return await self._greeter.greet(wire, address)
        finally:
            self._strangers[address] -= 1
            self._strangers += Counter()  # forgets addresses with none left

    async def close(self) -> None:
        """Tell every agent that this server goes away; they come back by themselves."""
        for session in list(self._links.values()):
            await session.wire.close(WSCloseCode.GOING_AWAY, "shutdown", "")

    async def recheck(self, agent: AgentId) -> None:
        """End an agent's link if its key is worth nothing any more: revoked, or replaced."""
        session = self._links.get(agent)
        if session is None:
            return
        async with self._database.connection() as connection:
            now = await self._devices.agent(connection, agent)
        if now.revoked:
            await session.wire.close(CLOSE_UNAUTHORIZED, "revoked", "")
        elif now.public_key != session.agent.public_key:
            await session.wire.close(CLOSE_UNAUTHORIZED, "unauthorized", "another key took over")

    async def enter(self, session: "_Session") -> None:
        """Make this the agent's one link; an older one is told and closed."""
        old = self._links.get(session.agent.id)
        self._links[session.agent.id] = session
        if old is not None:
            await old.wire.close(CLOSE_REPLACED, "replaced", "another link of this agent came")

    def leave(self, session: "_Session") -> bool:
        """Forget the link; say whether it was still the agent's."""
        if self._links.get(session.agent.id) is not session:
            return False
        del self._links[session.agent.id]
        return True


class _Session:
    """One agent's link."""

    def __init__(self, link: Link, greeted: Greeted, wire: Wire) -> None:
        self.agent = greeted.agent
        self.wire = wire
        self._link = link
        self._greeted = greeted

    async def run(self) -> None:
        """Speak with the agent until either side ends it."""
        hello = self._greeted.hello
        clock = measure(hello.boot, hello.mono_us, datetime.now(UTC))
        await self._link.enter(self)
        try:
            # Revoked since it was greeted, and before anybody could find this link?
            await self._link.recheck(self.agent.id)
            await self.wire.send(
                Welcome(
                    protocol=PROTOCOL,
                    agent=self.agent.id,
                    name=self.agent.name,
                    server_us=int(datetime.now(UTC).timestamp() * 1_000_000),
                    site=self._link._site(),
                    signature=self._greeted.signature,
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

    async def _listen(self, clock: BootClock) -> None:
        while True:
            async with asyncio.timeout(SILENT_SECONDS):
                message = await self.wire.receive()
            match message:
                case None:
                    return
                case Events():
                    await self._take(message, clock)
                case Heartbeat():
                    clock = measure(message.boot, message.mono_us, datetime.now(UTC))
                    await self._note(message, None)
                case SignIn():
                    await self.wire.send(await self._link._sign_in(self.agent.id, message))
                case Hello():
                    raise Malformed("hello twice")
            await asyncio.sleep(self._link._pacing.pause(self.agent.id, message))

    async def _take(self, events: Events, clock: BootClock) -> None:
        if len(events.rows) > MAX_BATCH_ROWS:
            raise Malformed("too many rows in one batch")
        if not is_id(events.queue_epoch):
            raise Malformed("queue_epoch")
        try:
            batch = await self._link._intake.take(
                self.agent.id, events.queue_epoch, events.rows, clock
            )
        except OldDisk:
            _log.warning("an older queue came back", extra={"agent": self.agent.id})
            await self.wire.send(NewEpoch("old_disk"))
            return
        await self.wire.send(Ack(tuple(batch.answers), tuple(batch.items)))

    async def _feed(self, hello: Hello, subscription: Subscription) -> None:
        caught_up = max(subscription.position, hello.position)
        async for changes in self._link._feed.catch_up(
            hello.journal_epoch, hello.position, subscription.position
        ):
            await self.wire.send(changes)
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
                            await self.wire.send_bytes(text)
                finally:
                    message.cancel()
        finally:
            overrun.cancel()
        # It reconnects, and says how far it has come.
        await self.wire.close(WSCloseCode.TRY_AGAIN_LATER, "behind", "")

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
