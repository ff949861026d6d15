"""The connection to the server: stays up by itself, sends waiting facts, takes rows and answers.

Nothing but an Ack ever deletes a fact. One batch is in flight at a time.
"""

import asyncio
import contextlib
import functools
import logging
import ssl
import time
from collections.abc import Awaitable, Callable

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    WebSocketException,
)

from agent.backoff import Backoff
from agent.clock import BootClock, offset_from_greeting
from agent.greeting import Greeting
from agent.identity import Identity
from agent.link_status import (
    LinkEnded,
    LinkState,
    LinkStatus,
    Problem,
    farewell,
    problem_of_close,
)
from agent.outbox import Outbox, OutboxError, QueuedRow
from agent.replica import Replica
from agent.replica_file import ReplicaFile
from agent.server_address import ServerAddress, pinned_context
from agent.sign_in import SignIns
from contract.decoding import UNDECODABLE
from contract.ids import EventId
from contract.link import (
    HEARTBEAT_SECONDS,
    MAX_BATCH_ROWS,
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    Ack,
    Challenge,
    Changes,
    Down,
    Events,
    Goodbye,
    Heartbeat,
    Hello,
    NewEpoch,
    SignInAnswer,
    Up,
    Welcome,
)

log = logging.getLogger(__name__)

ANSWER_SECONDS = 30
# A link that ends sooner was not a success: a server that greets and then fails is not hurried.
STEADY_SECONDS = 10
CONNECT_SECONDS = 10
PING_SECONDS = 20
# Learning an offset again costs a write; a smaller difference is the network's jitter.
OFFSET_TOLERANCE_US = 100_000
# OpenSSL's verify codes of a certificate that is not valid yet or no longer: the site's own fault.
_DATES = (9, 10)
_ENVELOPE_BYTES = 512
_GOING_AWAY = 1001

_encode = msgspec.json.Encoder().encode
_decode_down: Callable[[bytes | str], Down] = msgspec.json.Decoder(Down).decode


class Link:
    """Runs until cancelled.

    `identity` and `where` are asked at each attempt: a pairing or a server that moved needs no
    restart. `where` is None while the site's server is not found.
    """

    def __init__(
        self,
        version: str,
        identity: Callable[[], Awaitable[Identity | None]],
        where: Callable[[Identity], ServerAddress | None],
        outbox: Outbox,
        replica: Replica,
        replica_file: ReplicaFile,
        clock: BootClock,
        heartbeat: Callable[[int | None], Heartbeat],
        changed: Callable[[LinkStatus], None],
        sign_ins: SignIns,
        backoff: Backoff | None = None,
        steady_seconds: float = STEADY_SECONDS,
    ) -> None:
        self._version = version
        self._identity = identity
        self._where = where
        self._outbox = outbox
        self._replica = replica
        self._replica_file = replica_file
        self._clock = clock
        self._heartbeat = heartbeat
        self._changed = changed
        self._sign_ins = sign_ins
        self._backoff = backoff or Backoff()
        self._steady_seconds = steady_seconds
        self._status = LinkStatus()
        self._pulse = asyncio.Event()
        self._awake = asyncio.Event()
        self._renewed = asyncio.Event()
        self._in_flight: dict[EventId, QueuedRow] = {}
        self._answered = asyncio.Event()

    def beat(self) -> None:
        """Send a heartbeat soon: something that it tells has changed."""
        self._pulse.set()

    def renew(self) -> None:
        """Begin anew as whoever the agent is now: it was paired (again)."""
        self._renewed.set()
        self.wake()

    def wake(self) -> None:
        """Try now: the agent was paired, or its server was found."""
        self._backoff.reset()
        self._awake.set()

    async def run(self) -> None:
        """Connect, serve, and connect again."""
        while True:
            self._awake.clear()
            self._renewed.clear()
            try:
                await self._attempt()
            except LinkEnded as exc:
                log.info("link ended", extra={"reason": str(exc), "problem": exc.problem})
                self._enter(LinkState.WAITING, exc.problem)
            _stop_if_cancelled()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._backoff.next_seconds()):
                    await self._awake.wait()

    async def _attempt(self) -> None:
        identity = await self._identity()
        if identity is None:
            self._enter(LinkState.NOT_ENROLLED, Problem.NOT_ENROLLED)
            return
        where = self._where(identity)
        if where is None:
            self._enter(LinkState.SEARCHING, Problem.UNREACHABLE)
            return
        await self._session(identity, where)

    def _enter(self, state: LinkState, problem: Problem | None = None) -> None:
        if problem is not None:
            self._status.problem = problem
        self._status.state = state
        self._changed(self._status)

    async def _session(self, identity: Identity, where: ServerAddress) -> None:
        """One connection's life; always ends with LinkEnded (or cancellation)."""
        log.debug("connecting", extra={"server": where.link_url, "host": where.host})
        self._enter(LinkState.CONNECTING)
        try:
            async with connect(
                where.link_url,
                host=where.host,
                port=where.port,
                ssl=self._trust(identity) if where.tls else None,
                open_timeout=CONNECT_SECONDS,
                ping_interval=PING_SECONDS,
                ping_timeout=PING_SECONDS,
                close_timeout=2,
                max_size=MAX_MESSAGE_BYTES * 4,
                compression=None,
                proxy=None,
            ) as socket:
                try:
                    await self._converse(socket, identity, where)
                except asyncio.CancelledError:
                    await socket.close(_GOING_AWAY, "agent stops")
                    raise
        except InvalidStatus as exc:
            status = exc.response.status_code
            problem = Problem.UNAUTHORIZED if status in (401, 403) else Problem.UNREACHABLE
            raise LinkEnded(f"the server answered {status}", problem) from exc
        except ConnectionClosed as exc:
            code = exc.rcvd.code if exc.rcvd is not None else None
            raise LinkEnded(f"closed: {exc}", problem_of_close(code)) from exc
        except ssl.SSLCertVerificationError as exc:
            problem = Problem.UNREACHABLE if exc.verify_code in _DATES else Problem.OTHER_SITE
            raise LinkEnded(f"certificate: {exc}", problem) from exc
        except (OSError, InvalidHandshake, WebSocketException, TimeoutError) as exc:
            raise LinkEnded(f"{type(exc).__name__}: {exc}") from exc
        except OutboxError as exc:
            raise LinkEnded(f"outbox: {exc}") from exc
        finally:
            self._replica.abandon_snapshot()
            self._in_flight.clear()

    def _trust(self, identity: Identity) -> ssl.SSLContext:
        known = self._clock.read().synchronised
        return pinned_context(identity.ca, clock_known=known)

    async def _converse(
        self, socket: ClientConnection, identity: Identity, where: ServerAddress
    ) -> None:
        self._enter(LinkState.GREETING)
        await self._greet(socket, identity)
        self._enter(LinkState.ONLINE, Problem.NONE)
        began = time.monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._send_facts(socket))
                group.create_task(self._send_heartbeats(socket))
                group.create_task(self._end_when_renewed())
                # In the group's body, so that Python 3.11 takes back the cancellation with which
                # a failing task ends it; `_stop_if_cancelled` relies on that count.
                with self._signing_in(socket, where):
                    await self._listen(socket)
        except BaseExceptionGroup as several:
            # One connection, one reason: the first task to fail ended the others. Not `except*`:
            # before Python 3.11.4 it wraps what is raised from it in a group again.
            _, unexpected = several.split((LinkEnded, ConnectionClosed, OutboxError, OSError))
            if unexpected is not None:
                raise
            raise _first(several) from None
        finally:
            if time.monotonic() - began >= self._steady_seconds:
                self._backoff.reset()

    def _signing_in(
        self, socket: ClientConnection, where: ServerAddress
    ) -> contextlib.AbstractContextManager[None]:
        """People may sign in over this link, unless their PIN would travel in the clear."""
        if not where.private:
            return contextlib.nullcontext()
        return self._sign_ins.over(functools.partial(_send, socket), where.url)

    async def _greet(self, socket: ClientConnection, identity: Identity) -> None:
        """Prove the agent's key and have the server prove the pinned one, before any row goes."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                greeting = Greeting(identity, await self._receive(socket))
                now = self._clock.now()
                hello = Hello(
                    protocol=PROTOCOL,
                    version=self._version,
                    queue_epoch=self._outbox.epoch,
                    boot=now.boot,
                    mono_us=now.mono_us,
                    wall_us=now.wall_us,
                    clock=now.clock,
                    waiting=self._outbox.count,
                    journal_epoch=self._replica.journal_epoch,
                    position=self._replica.position,
                )
                await _send(socket, greeting.signed(hello))
                welcome = greeting.checked(await self._receive(socket))
        except TimeoutError:
            raise LinkEnded("no welcome") from None
        self._status.agent, self._status.site = welcome.name, welcome.site
        await self._learn_time(now.mono_us, welcome.server_us)

    async def _learn_time(self, sent_us: int, server_us: int) -> None:
        reading = self._clock.read()
        if reading.synchronised:
            offset = reading.wall_us - reading.mono_us
        else:
            learnt = offset_from_greeting(sent_us, reading.mono_us, server_us)
            if learnt is None:
                return
            offset = learnt
        known = self._outbox.offsets.get(self._clock.boot)
        if known is not None and abs(known - offset) < OFFSET_TOLERANCE_US:
            return
        await self._outbox.learn_offset(self._clock.boot, offset)
        self._clock.offset_us = offset

    # --- down

    async def _listen(self, socket: ClientConnection) -> None:
        while True:
            match await self._receive(socket):
                case Ack() as ack:
                    await self._take_answer(ack)
                case Changes() as changes:
                    written = self._replica.apply(changes)
                    if written is not None:
                        await self._replica_file.write(written, self._replica)
                        self._changed(self._status)
                case SignInAnswer() as answer:
                    self._sign_ins.take(answer)
                case NewEpoch(reason=reason):
                    log.warning("new queue epoch", extra={"reason": reason})
                    await self._outbox.begin_epoch()
                    self._in_flight.clear()
                    self._answered.set()
                    self._outbox.grown.set()
                case Goodbye(code=code, detail=detail):
                    raise farewell(code, detail)
                case Welcome() | Challenge():
                    raise LinkEnded("a second welcome")

    async def _receive(self, socket: ClientConnection) -> Down:
        data = await socket.recv()
        try:
            return _decode_down(data)
        except UNDECODABLE as exc:
            log.error("the server sent what is no message", extra={"reason": str(exc)})
            raise LinkEnded(f"malformed message: {exc}", Problem.VERSION) from exc

    async def _take_answer(self, ack: Ack) -> None:
        rows = [self._in_flight[row.id] for row in ack.rows if row.id in self._in_flight]
        written = self._replica.answered((row.id for row in ack.rows), ack.items)
        await self._replica_file.write(written, self._replica)
        await self._replica_file.sync()
        await self._outbox.acknowledge(rows)
        for row in rows:
            self._in_flight.pop(row.id, None)
        if not self._in_flight:
            self._answered.set()
        self._changed(self._status)

    # --- up

    async def _send_facts(self, socket: ClientConnection) -> None:
        while True:
            self._outbox.grown.clear()
            rows, message = await self._next_batch()
            if not rows:
                await self._outbox.grown.wait()
                continue
            self._answered.clear()
            self._in_flight = {row.id: row for row in rows}
            await socket.send(message.decode())
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._answered.wait()
            except TimeoutError:
                raise LinkEnded("no answer to a batch") from None

    async def _next_batch(self) -> tuple[list[QueuedRow], bytes]:
        rows = await self._outbox.waiting(MAX_BATCH_ROWS)
        raw: list[msgspec.Raw] = []
        room = MAX_MESSAGE_BYTES - _ENVELOPE_BYTES
        for row in rows:
            encoded = _encode(row)
            room -= len(encoded) + 1
            if room < 0 and raw:
                break
            raw.append(msgspec.Raw(encoded))
        return rows[: len(raw)], _encode(Events(self._outbox.epoch, raw))

    async def _send_heartbeats(self, socket: ClientConnection) -> None:
        while True:
            self._pulse.clear()
            await _send(socket, self._heartbeat(await self._oldest_us()))
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._pulse.wait()
            except TimeoutError:
                continue

    async def _end_when_renewed(self) -> None:
        await self._renewed.wait()
        raise LinkEnded("paired anew")

    async def _oldest_us(self) -> int | None:
        """Return how long the oldest row has waited; None for one of a boot without time."""
        oldest = await self._outbox.oldest() if self._outbox.count else None
        if oldest is None:
            return None
        if oldest.at.boot == self._clock.boot:
            return self._clock.read().mono_us - oldest.at.mono_us
        return max(0, time.time_ns() // 1_000 - oldest.at.wall_us)


async def _send(socket: ClientConnection, message: Up) -> None:
    await socket.send(_encode(message).decode())


def _stop_if_cancelled() -> None:
    """Raise the cancellation that a task group swallowed: its children's errors go before it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return a single reason; one of our own explains more than a closed socket."""
    flat: list[BaseException] = []
    for exc in several.exceptions:
        flat.append(_first(exc) if isinstance(exc, BaseExceptionGroup) else exc)
    return next((exc for exc in flat if isinstance(exc, LinkEnded)), flat[0])
