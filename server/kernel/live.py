"""Live news over WebSockets: each sealed entry to every page that may and wants to know it."""

import asyncio
import logging
import struct
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec
from aiohttp import WSMsgType, web

from server.kernel.auth import Principal
from server.kernel.database import DatabaseUnavailable
from server.kernel.journal import Entry, Head, Journal, JournalRewound
from server.kernel.live_messages import (
    CLOSE_CODES,
    Event,
    Farewell,
    FromPage,
    Goodbye,
    Ping,
    Pong,
    Refusal,
    Refused,
    Resync,
    Subscribe,
    Subscribed,
    ToPage,
    Unsubscribe,
)

HEARTBEAT_SECONDS = 30.0
MAX_MESSAGE_BYTES = 4_096
MAX_WAITING_BYTES = 1 << 20
MAX_REPLAY = 20_000
REPLAY_SECONDS = 30.0
GRACE_SECONDS = 5.0
RECHECK_SECONDS = 60.0
# So many sockets are written to before the event loop may do something else.
STRETCH = 500

_log = logging.getLogger(__name__)
_decoder = msgspec.json.Decoder(FromPage)
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Feed:
    """A topic: entries of these kinds (or, a text: of kinds beginning so) for who may read them."""

    topic: str
    permission: str
    kinds: frozenset[str] | str

    def has(self, kind: str) -> bool:
        """Say whether entries of this kind belong to the topic."""
        return kind.startswith(self.kinds) if isinstance(self.kinds, str) else kind in self.kinds


class _Page:
    """One connected page. It has no task and no queue of its own: the transport's buffer is it."""

    __slots__ = ("leaving", "principal", "socket", "still_valid", "topics", "transport")

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        principal: Principal,
        still_valid: Callable[[], Awaitable[bool]],
    ) -> None:
        self.socket = socket
        self.transport = transport
        self.principal = principal
        self.still_valid = still_valid
        self.topics: set[str] = set()
        self.leaving = False


class Hub:
    """All live sockets of this process, fed by one follower of the journal."""

    def __init__(
        self,
        journal: Journal,
        feeds: Sequence[Feed],
        *,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
        recheck_seconds: float = RECHECK_SECONDS,
    ) -> None:
        self._journal = journal
        self._feeds = {feed.topic: feed for feed in feeds}
        self._max_waiting_bytes = max_waiting_bytes
        self._recheck_seconds = recheck_seconds
        self._pages: set[_Page] = set()
        self._listening: dict[str, set[_Page]] = {feed.topic: set() for feed in feeds}
        self._topics_of_kind: dict[str, tuple[str, ...]] = {}
        self._told: Head | None = None  # everything up to here was told to who listens
        self._telling = False
        self._moved = asyncio.Event()
        self._rewinds = 0
        self._dropped = 0

    @property
    def sockets(self) -> int:
        """How many pages are connected."""
        return len(self._pages)

    @property
    def dropped(self) -> int:
        """How many pages were dropped because they did not keep up."""
        return self._dropped

    async def run(self) -> None:
        """Tell the news until cancelled. The journal's tail must be running."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell_all())
            tasks.create_task(self._recheck())

    async def serve(
        self,
        request: web.Request,
        principal: Principal,
        still_valid: Callable[[], Awaitable[bool]],
    ) -> web.WebSocketResponse:
        """Serve one page until it goes. `still_valid` is asked again every minute."""
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_SECONDS, compress=False, max_msg_size=MAX_MESSAGE_BYTES
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is None:  # gone already
            return socket
        page = _Page(socket, transport, principal, still_valid)
        self._pages.add(page)
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT or not await self._hear(page, message.data):
                    self._dismiss(page, Farewell.MALFORMED)
                    break
        finally:
            page.leaving = True
            self._forget(page, list(page.topics))
            self._pages.discard(page)
        return socket

    async def close(self) -> None:
        """Say goodbye to all pages; they reconnect elsewhere, or when the server is back."""
        for page in list(self._pages):
            self._dismiss(page, Farewell.RESTART)

    async def _hear(self, page: _Page, text: str) -> bool:
        try:
            message = _decoder.decode(text)
        except msgspec.DecodeError:
            return False
        match message:
            case Subscribe():
                await self._subscribe(page, message)
            case Unsubscribe(topic=topic):
                self._forget(page, [topic])
            case Ping():
                told = await self._standing()
                self._send(page, Pong(told.epoch, told.position))
        return True

    async def _subscribe(self, page: _Page, wanted: Subscribe) -> None:
        feed = self._feeds.get(wanted.topic)
        if feed is None:
            self._send(page, Refused(wanted.topic, Refusal.UNKNOWN_TOPIC))
            return
        if not page.principal.may(feed.permission):
            self._send(page, Refused(wanted.topic, Refusal.FORBIDDEN))
            return
        told = await self._standing()
        after = told.position if wanted.after is None else wanted.after
        try:
            resumable = await self._can_resume(told, wanted.epoch, after)
        except DatabaseUnavailable:
            self._dismiss(page, Farewell.RESTART)
            return
        if not resumable:
            self._resync(page, told)
            return
        self._send(page, Subscribed(feed.topic, told.epoch, after))
        await self._join(page, feed.topic, after)

    async def _can_resume(self, told: Head, epoch: str | None, after: int) -> bool:
        if epoch in (None, told.epoch) and 0 <= after <= told.position:
            return told.position - after <= MAX_REPLAY
        # Another process of this server may have told more than this one knows yet.
        return told.position - after <= MAX_REPLAY and await self._journal.tail.continues(
            epoch or told.epoch, after
        )

    async def _join(self, page: _Page, topic: str, after: int) -> None:
        """Tell the page what it missed of the topic, and then go on with all its topics.

        Meanwhile the page is told nothing live, so that all its topics stand at one position
        when it joins again: between the last look at that position and joining nothing awaits.
        """
        others = page.topics - {topic}
        rewinds = self._rewinds
        self._forget(page, list(page.topics))
        paused = (await self._standing()).position
        position = min(after, paused)
        while True:
            told = await self._standing()
            if page.leaving or rewinds != self._rewinds:  # it was told to load anew
                return
            if position >= told.position and after <= told.position:
                break
            if position >= told.position:
                await self._moved.wait()
                continue
            try:
                async with asyncio.timeout(REPLAY_SECONDS):
                    missed = await self._journal.tail.beyond(position)
                    if not missed:  # somebody has deleted entries: there is nothing to tell
                        position = told.position
                    for entry in missed:
                        if entry.position > told.position:
                            break
                        position = entry.position
                        due = tuple(
                            name
                            for name in self._topics(entry.kind)
                            if (name == topic and position > after)
                            or (name in others and position > paused)
                        )
                        if due:
                            # Waits for a page that reads slowly; only this page's task does.
                            await page.socket.send_frame(_encode(entry, due), WSMsgType.TEXT)
            except TimeoutError:
                self._drop(page)
                return
            except ConnectionError:
                return
        for name in (*others, topic):
            page.topics.add(name)
            self._listening[name].add(page)

    async def _standing(self) -> Head:
        """Return how far was told, at a moment when nothing is half told."""
        while self._told is None or self._telling:
            await self._moved.wait()
        return self._told

    async def _tell_all(self) -> None:
        while True:
            self._told = await self._journal.tail.head()
            self._announce()
            try:
                async for batch in self._journal.follow(self._told.position):
                    for entry in batch:
                        await self._tell(entry)
            except JournalRewound:
                self._rewinds += 1
                head = await self._journal.tail.head()
                _log.warning("the journal was rewound to %s: pages load anew", head.position)
                for page in list(self._pages):
                    self._resync(page, head)

    async def _tell(self, entry: Entry) -> None:
        topics = self._topics(entry.kind)
        listeners: set[_Page] = set().union(*(self._listening[topic] for topic in topics))
        self._telling = True
        try:
            if listeners:
                # A server's frames are not masked: one frame serves all sockets.
                frame = text_frame(_encode(entry, topics))
                for number, page in enumerate(listeners, 1):
                    self._write(page, frame)
                    if number % STRETCH == 0:
                        await asyncio.sleep(0)
        finally:
            self._told = Head(entry.epoch, entry.position)
            self._telling = False
            self._announce()

    def _topics(self, kind: str) -> tuple[str, ...]:
        topics = self._topics_of_kind.get(kind)
        if topics is None:
            topics = tuple(feed.topic for feed in self._feeds.values() if feed.has(kind))
            self._topics_of_kind[kind] = topics
        return topics

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(self._recheck_seconds)
            for page in list(self._pages):
                try:
                    valid = await page.still_valid()
                except DatabaseUnavailable:
                    break
                if not valid:
                    self._dismiss(page, Farewell.SIGNED_OUT)

    def _send(self, page: _Page, message: ToPage) -> None:
        self._write(page, text_frame(_encoder.encode(message)))

    def _write(self, page: _Page, frame: bytes) -> None:
        transport = page.transport
        if page.leaving or transport.is_closing():
            return
        transport.write(frame)
        if transport.get_write_buffer_size() > self._max_waiting_bytes:
            self._drop(page)

    def _resync(self, page: _Page, head: Head) -> None:
        self._forget(page, list(page.topics))
        self._send(page, Resync(head.epoch, head.position))

    def _drop(self, page: _Page) -> None:
        self._dropped += 1
        self._dismiss(page, Farewell.SLOW)

    def _dismiss(self, page: _Page, why: Farewell) -> None:
        if page.leaving or page.transport.is_closing():
            return
        page.leaving = True
        self._forget(page, list(page.topics))
        page.transport.write(
            text_frame(_encoder.encode(Goodbye(why))) + close_frame(CLOSE_CODES[why], why.value)
        )
        # The page answers with a close frame of its own, unless it is the one that hangs.
        asyncio.get_running_loop().call_later(GRACE_SECONDS, page.transport.abort)

    def _forget(self, page: _Page, topics: Iterable[str]) -> None:
        for topic in topics:
            page.topics.discard(topic)
            if topic in self._listening:
                self._listening[topic].discard(page)

    def _announce(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


def text_frame(payload: bytes) -> bytes:
    """Return a whole WebSocket text message as a server sends it (RFC 6455, section 5.2)."""
    return _frame(0x81, payload)


def close_frame(code: int, reason: str) -> bytes:
    """Return a WebSocket close message (RFC 6455, section 5.5.1)."""
    return _frame(0x88, struct.pack("!H", code) + reason.encode())


def _frame(first: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return struct.pack("!BB", first, length) + payload
    if length < 65_536:
        return struct.pack("!BBH", first, 126, length) + payload
    return struct.pack("!BBQ", first, 127, length) + payload


def _encode(entry: Entry, topics: tuple[str, ...]) -> bytes:
    return _encoder.encode(
        Event(
            topics=topics,
            position=entry.position,
            at=entry.at,
            actor=entry.actor,
            device=entry.device,
            module=entry.module,
            kind=entry.kind,
            subject=entry.subject,
            body=entry.body,
        )
    )
