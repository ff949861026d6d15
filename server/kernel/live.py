"""Live news over WebSockets: each sealed entry to every page that may and wants to know it."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import msgspec
from aiohttp import web

from contract.decoding import UNDECODABLE
from contract.ids import is_id
from server.kernel.auth import Credential, Principal
from server.kernel.database import DatabaseUnavailable
from server.kernel.journal import Entry, Head, Journal, JournalRewound
from server.kernel.live_limits import LiveLimits
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
from server.kernel.websocket import WebSocket, send_to_all, take_over, text_frame

HEARTBEAT_SECONDS = 30.0
MAX_WAITING_BYTES = 1 << 20
MAX_REPLAY = 20_000
REPLAY_SECONDS = 30.0
GRACE_SECONDS = 5.0
CLOSE_SECONDS = 1.0
MAX_INBOX = 64
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


class _Page(WebSocket):
    """One connected page. It has a task only while it has said something that is not yet done."""

    __slots__ = (
        "credential",
        "full_at",
        "hub",
        "inbox",
        "joining",
        "leaving",
        "network",
        "principal",
        "topics",
    )

    def __init__(
        self, hub: "Hub", principal: Principal, credential: Credential, network: str
    ) -> None:
        super().__init__()
        self.network = network
        self.full_at = 0.0
        self.hub = hub
        self.principal = principal
        self.credential = credential
        self.topics: frozenset[str] = frozenset()
        self.inbox: deque[bytes] | None = None
        self.leaving = False
        self.joining = False

    def heard(self, message: bytes) -> None:
        """Leave it to the hub."""
        self.hub._put(self, message)

    def gone(self) -> None:
        """Leave it to the hub."""
        self.hub._lose(self)

    def choked(self) -> None:
        """Drop the page: it does not keep up."""
        if not self.joining:  # a page that joins is waited for
            self.hub._drop(self)


class Hub:
    """All live sockets of this process, fed by one follower of the journal."""

    def __init__(
        self,
        journal: Journal,
        feeds: Sequence[Feed],
        still_valid: Callable[[Principal, Credential], Awaitable[bool]],
        *,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
        recheck_seconds: float = RECHECK_SECONDS,
        recheck_on: Container[str] = frozenset(),
        limits: LiveLimits | None = None,
    ) -> None:
        self._journal = journal
        self._feeds = {feed.topic: feed for feed in feeds}
        self._still_valid = still_valid
        self._max_waiting_bytes = max_waiting_bytes
        self._recheck_seconds = recheck_seconds
        self._recheck_on = recheck_on  # the kinds of entries that may take rights away
        self._limits = limits or LiveLimits()
        self._doubtful = asyncio.Event()
        self._pages: set[_Page] = set()
        self._left = asyncio.Event()
        self._attending: set[asyncio.Task[None]] = set()
        # In the order in which the pages came: neighbours in memory are told one after another.
        self._listening: dict[str, dict[_Page, None]] = {feed.topic: {} for feed in feeds}
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
            tasks.create_task(self._ping_all())

    def serve(
        self, request: web.Request, principal: Principal, credential: Credential
    ) -> web.StreamResponse:
        """Take a page's connection over; its credential is looked at again every minute.

        Raises HTTPException when the request is no WebSocket handshake, TooManyRequests when its
        address has enough sockets.
        """
        network = self._limits.enter(request)
        page = _Page(self, principal, credential, network)
        try:
            answer = take_over(request, page)
        except ConnectionError:
            self._limits.leave(network)
            return web.Response(status=400)
        except BaseException:
            self._limits.leave(network)
            raise
        page.limit(self._max_waiting_bytes)
        self._pages.add(page)
        return answer

    async def close(self) -> None:
        """Say goodbye to all pages; they reconnect elsewhere, or when the server is back."""
        for page in list(self._pages):
            self._dismiss(page, Farewell.RESTART)
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                while self._pages:
                    self._left.clear()
                    await self._left.wait()
        except TimeoutError:
            for page in self._pages:
                page.transport.abort()

    def _lose(self, page: _Page) -> None:
        page.leaving = True
        self._forget(page, page.topics)
        if page in self._pages:
            self._pages.discard(page)
            self._limits.leave(page.network)
        self._left.set()

    def _put(self, page: _Page, message: bytes) -> None:
        """Do what a page says in turn, but not while it says it."""
        page.full_at, too_fast = self._limits.hear(page.full_at)
        if too_fast:
            self._dismiss(page, Farewell.TOO_FAST)
            return
        if page.inbox is not None:
            page.inbox.append(message)
            if len(page.inbox) > MAX_INBOX:
                self._dismiss(page, Farewell.MALFORMED)
            return
        page.inbox = deque([message])
        task = asyncio.get_running_loop().create_task(self._attend(page))
        self._attending.add(task)
        task.add_done_callback(self._attending.discard)

    async def _attend(self, page: _Page) -> None:
        try:
            while page.inbox and not page.leaving:
                if not await self._hear(page, page.inbox.popleft()):
                    self._dismiss(page, Farewell.MALFORMED)
        finally:
            page.inbox = None

    async def _hear(self, page: _Page, text: bytes) -> bool:
        try:
            message = _decoder.decode(text)
        except UNDECODABLE:
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
        if epoch is not None and not is_id(epoch):
            return False
        # Another process of this server may have told more than this one knows yet.
        return told.position - after <= MAX_REPLAY and await self._journal.tail.continues(
            epoch or told.epoch, after
        )

    async def _join(self, page: _Page, topic: str, after: int) -> None:
        """Tell the page what it missed of the topic, and then go on with all its topics.

        Meanwhile the page is told nothing live, so that all its topics stand at one position
        when it joins again: between the last look at that position and joining nothing awaits.
        """
        page.joining = True
        try:
            await self._catch_up(page, topic, after)
        finally:
            page.joining = False

    async def _catch_up(self, page: _Page, topic: str, after: int) -> None:
        others = page.topics - {topic}
        rewinds = self._rewinds
        self._forget(page, page.topics)
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
                            page.send(text_frame(_encode(entry, due)))
                            # Waits for a page that reads slowly; only this page's task does.
                            await page.drained()
            except TimeoutError:
                self._drop(page)
                return
            except ConnectionError:
                return
        page.topics = others | {topic}
        for name in page.topics:
            self._listening[name][page] = None

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
        if entry.kind in self._recheck_on:
            self._doubtful.set()
        topics = self._topics(entry.kind)
        listeners = list(dict.fromkeys(chain(*(self._listening[topic] for topic in topics))))
        self._telling = True
        try:
            if listeners:
                # A server's frames are not masked: one frame serves all sockets.
                frame = text_frame(_encode(entry, topics))
                for first in range(0, len(listeners), STRETCH):
                    send_to_all(listeners[first : first + STRETCH], frame)
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
            try:
                async with asyncio.timeout(self._recheck_seconds):
                    await self._doubtful.wait()
            except TimeoutError:
                pass
            self._doubtful.clear()
            holders: dict[tuple[Principal, Credential], list[_Page]] = {}
            for page in self._pages:
                holders.setdefault((page.principal, page.credential), []).append(page)
            for (principal, credential), pages in holders.items():
                try:
                    valid = await self._still_valid(principal, credential)
                except DatabaseUnavailable:
                    break
                if not valid:
                    for page in pages:
                        self._dismiss(page, Farewell.SIGNED_OUT)

    async def _ping_all(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for number, page in enumerate(list(self._pages), 1):
                if not page.transport.is_closing():
                    page.ping()
                if number % STRETCH == 0:
                    await asyncio.sleep(0)

    def _send(self, page: _Page, message: ToPage) -> None:
        if not page.leaving:
            page.send(text_frame(_encoder.encode(message)))

    def _resync(self, page: _Page, head: Head) -> None:
        self._forget(page, page.topics)
        self._send(page, Resync(head.epoch, head.position))

    def _drop(self, page: _Page) -> None:
        self._dropped += 1
        self._dismiss(page, Farewell.SLOW)

    def _dismiss(self, page: _Page, why: Farewell) -> None:
        if page.leaving or page.transport.is_closing():
            return
        page.leaving = True
        self._forget(page, page.topics)
        page.send(text_frame(_encoder.encode(Goodbye(why))))
        page.end(CLOSE_CODES[why], why.value)
        # The page answers with a close frame of its own, unless it is the one that hangs.
        asyncio.get_running_loop().call_later(GRACE_SECONDS, page.transport.abort)

    def _forget(self, page: _Page, topics: Iterable[str]) -> None:
        gone = frozenset(topics)
        page.topics -= gone
        for topic in gone:
            if topic in self._listening:
                self._listening[topic].pop(page, None)

    def _announce(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


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
