"""The connection to the server: stays up by itself, sends waiting facts, takes rows and answers.

Nothing but an Ack ever deletes a fact. One batch is in flight at a time.
"""

import asyncio
import enum
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

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
from agent.outbox import Outbox, OutboxError, QueuedRow
from agent.replica import Replica
from agent.replica_file import ReplicaFile
from contract.ids import EventId
from contract.link import (
    CLOSE_PROTOCOL,
    HEARTBEAT_SECONDS,
    MAX_BATCH_ROWS,
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    Ack,
    Changes,
    Down,
    Events,
    Goodbye,
    Heartbeat,
    Hello,
    NewEpoch,
    Up,
    Welcome,
)

log = logging.getLogger(__name__)

SPEAKS = frozenset({PROTOCOL, PROTOCOL - 1})  # a skew of one release works
ANSWER_SECONDS = 30
# A link that ends sooner was not a success: a server that greets and then fails is not hurried.
STEADY_SECONDS = 10
CONNECT_SECONDS = 10
PING_SECONDS = 20
# Learning an offset again costs a write; a smaller difference is the network's jitter.
OFFSET_TOLERANCE_US = 100_000
_ENVELOPE_BYTES = 512
_GOING_AWAY = 1001

_encode = msgspec.json.Encoder().encode
_decode_down: Callable[[bytes | str], Down] = msgspec.json.Decoder(Down).decode


class LinkState(enum.Enum):
    """Where the link is in its life."""

    NOT_ENROLLED = "not_enrolled"
    CONNECTING = "connecting"
    GREETING = "greeting"
    ONLINE = "online"
    WAITING = "waiting"


class Problem(enum.StrEnum):
    """Why the link is not online; the codes of contract.kiosk.LinkView."""

    NONE = ""
    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    NOT_ENROLLED = "not_enrolled"
    VERSION = "version"


_GOODBYES = {
    "unauthorized": Problem.UNAUTHORIZED,
    "revoked": Problem.UNAUTHORIZED,
    "forbidden": Problem.UNAUTHORIZED,
    "version": Problem.VERSION,
    "protocol": Problem.VERSION,
}


class LinkEnded(Exception):
    """The connection is over; `problem` says how to show it."""

    def __init__(self, reason: str, problem: Problem = Problem.UNREACHABLE) -> None:
        super().__init__(reason)
        self.problem = problem


@dataclass(slots=True)
class LinkStatus:
    """How the link is, for the kiosk and health; `agent` and `site` as the server names them."""

    state: LinkState = LinkState.CONNECTING
    problem: Problem = Problem.NONE
    agent: str = ""
    site: str = ""

    @property
    def online(self) -> bool:
        """Whether the server answered the greeting on this connection."""
        return self.state is LinkState.ONLINE


class Link:
    """Runs until cancelled. `key` is asked at each attempt: an enrolment needs no restart."""

    def __init__(
        self,
        url: str,
        version: str,
        key: Callable[[], str | None],
        outbox: Outbox,
        replica: Replica,
        replica_file: ReplicaFile,
        clock: BootClock,
        heartbeat: Callable[[int | None], Heartbeat],
        changed: Callable[[LinkStatus], None],
        backoff: Backoff | None = None,
        steady_seconds: float = STEADY_SECONDS,
    ) -> None:
        self._url = _link_url(url)
        self._version = version
        self._key = key
        self._outbox = outbox
        self._replica = replica
        self._replica_file = replica_file
        self._clock = clock
        self._heartbeat = heartbeat
        self._changed = changed
        self._backoff = backoff or Backoff()
        self._steady_seconds = steady_seconds
        self._status = LinkStatus()
        self._pulse = asyncio.Event()
        self._in_flight: dict[EventId, QueuedRow] = {}
        self._answered = asyncio.Event()

    def beat(self) -> None:
        """Send a heartbeat soon: something that it tells has changed."""
        self._pulse.set()

    async def run(self) -> None:
        """Connect, serve, and connect again."""
        while True:
            key = self._key()
            if key is None:
                self._enter(LinkState.NOT_ENROLLED, Problem.NOT_ENROLLED)
            else:
                try:
                    await self._session(key)
                except LinkEnded as exc:
                    log.info("link ended", extra={"reason": str(exc), "problem": exc.problem})
                    self._enter(LinkState.WAITING, exc.problem)
            _stop_if_cancelled()
            await asyncio.sleep(self._backoff.next_seconds())

    def _enter(self, state: LinkState, problem: Problem | None = None) -> None:
        if problem is not None:
            self._status.problem = problem
        self._status.state = state
        self._changed(self._status)

    async def _session(self, key: str) -> None:
        """One connection's life; always ends with LinkEnded (or cancellation)."""
        self._enter(LinkState.CONNECTING)
        try:
            async with connect(
                self._url,
                additional_headers={"Authorization": f"Bearer {key}"},
                open_timeout=CONNECT_SECONDS,
                ping_interval=PING_SECONDS,
                ping_timeout=PING_SECONDS,
                close_timeout=2,
                max_size=MAX_MESSAGE_BYTES * 4,
                compression=None,
                proxy=None,
            ) as socket:
                try:
                    await self._converse(socket)
                except asyncio.CancelledError:
                    await socket.close(_GOING_AWAY, "agent stops")
                    raise
        except InvalidStatus as exc:
            status = exc.response.status_code
            problem = Problem.UNAUTHORIZED if status in (401, 403) else Problem.UNREACHABLE
            raise LinkEnded(f"the server answered {status}", problem) from exc
        except ConnectionClosed as exc:
            code = exc.rcvd.code if exc.rcvd is not None else None
            problem = Problem.VERSION if code == CLOSE_PROTOCOL else Problem.UNREACHABLE
            raise LinkEnded(f"closed: {exc}", problem) from exc
        except (OSError, InvalidHandshake, WebSocketException, TimeoutError) as exc:
            raise LinkEnded(f"{type(exc).__name__}: {exc}") from exc
        except OutboxError as exc:
            raise LinkEnded(f"outbox: {exc}") from exc
        finally:
            self._replica.abandon_snapshot()
            self._in_flight.clear()

    async def _converse(self, socket: ClientConnection) -> None:
        self._enter(LinkState.GREETING)
        await self._greet(socket)
        self._enter(LinkState.ONLINE, Problem.NONE)
        began = time.monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._send_facts(socket))
                group.create_task(self._send_heartbeats(socket))
                # In the group's body, so that Python 3.11 takes back the cancellation with which
                # a failing task ends it; `_stop_if_cancelled` relies on that count.
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

    async def _greet(self, socket: ClientConnection) -> None:
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
        await _send(socket, hello)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._receive(socket)
        except TimeoutError:
            raise LinkEnded("no welcome") from None
        match answer:
            case Welcome(protocol=protocol) if protocol not in SPEAKS:
                raise LinkEnded(f"the server speaks protocol {protocol}", Problem.VERSION)
            case Welcome(name=name, site=site, server_us=server_us):
                self._status.agent, self._status.site = name, site
                await self._learn_time(now.mono_us, server_us)
            case Goodbye(code=code, detail=detail):
                raise _farewell(code, detail)
            case _:
                raise LinkEnded("the server did not begin with a welcome")

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
                case NewEpoch(reason=reason):
                    log.warning("new queue epoch", extra={"reason": reason})
                    await self._outbox.begin_epoch()
                    self._in_flight.clear()
                    self._answered.set()
                    self._outbox.grown.set()
                case Goodbye(code=code, detail=detail):
                    raise _farewell(code, detail)
                case Welcome():
                    raise LinkEnded("a second welcome")

    async def _receive(self, socket: ClientConnection) -> Down:
        data = await socket.recv()
        try:
            return _decode_down(data)
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
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


def _farewell(code: str, detail: str) -> LinkEnded:
    return LinkEnded(f"goodbye: {code} {detail}", _GOODBYES.get(code, Problem.UNREACHABLE))


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


def _link_url(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest.rstrip('/')}/link"
