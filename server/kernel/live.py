"""Live news over WebSockets: each sealed entry to every page that may and wants to know it."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Container, Sequence

import msgspec
from aiohttp import web

from contract.decoding import UNDECODABLE
from server.kernel.auth import Credential, Principal
from server.kernel.database import DatabaseUnavailable
from server.kernel.journal import Entry, Head, Journal, JournalRewound
from server.kernel.live_feed import Feed, Feeds, frame_of
from server.kernel.live_joining import Joining, Standing
from server.kernel.live_limits import LiveLimits
from server.kernel.live_messages import (
    Farewell,
    FromPage,
    Ping,
    Pong,
    Subscribe,
    Unsubscribe,
)
from server.kernel.live_page import Audience, Page
from server.kernel.websocket import send_to_all, take_over

HEARTBEAT_SECONDS = 30.0
MAX_WAITING_BYTES = 1 << 20
CLOSE_SECONDS = 1.0
MAX_INBOX = 64
RECHECK_SECONDS = 60.0
# So many sockets are written to before the event loop may do something else.
STRETCH = 500

_log = logging.getLogger(__name__)
_decoder = msgspec.json.Decoder(FromPage)


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
        self._feeds = Feeds(feeds)
        self._audience = Audience(feed.topic for feed in feeds)
        self._standing = Standing()
        self._joining = Joining(journal, self._feeds, self._audience, self._standing)
        self._still_valid = still_valid
        self._max_waiting_bytes = max_waiting_bytes
        self._recheck_seconds = recheck_seconds
        self._recheck_on = recheck_on  # the kinds of entries that may take rights away
        self._limits = limits or LiveLimits()
        self._doubtful = asyncio.Event()
        self._pages: set[Page] = set()
        self._left = asyncio.Event()
        self._attending: set[asyncio.Task[None]] = set()
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
        page = Page(self, principal, credential, network)
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
            self._audience.dismiss(page, Farewell.RESTART)
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                while self._pages:
                    self._left.clear()
                    await self._left.wait()
        except TimeoutError:
            for page in self._pages:
                page.transport.abort()

    def lose(self, page: Page) -> None:
        """Forget a page whose connection has ended."""
        page.leaving = True
        self._audience.forget(page, page.topics)
        if page in self._pages:
            self._pages.discard(page)
            self._limits.leave(page.network)
        self._left.set()

    def put(self, page: Page, message: bytes) -> None:
        """Do what a page says in turn, but not while it says it."""
        page.full_at, too_fast = self._limits.hear(page.full_at)
        if too_fast:
            self._audience.dismiss(page, Farewell.TOO_FAST)
            return
        if page.inbox is not None:
            page.inbox.append(message)
            if len(page.inbox) > MAX_INBOX:
                self._audience.dismiss(page, Farewell.MALFORMED)
            return
        page.inbox = deque([message])
        task = asyncio.get_running_loop().create_task(self._attend(page))
        self._attending.add(task)
        task.add_done_callback(self._attending.discard)

    def drop(self, page: Page) -> None:
        """End a page that does not keep up."""
        self._dropped += 1
        self._audience.dismiss(page, Farewell.SLOW)

    async def _attend(self, page: Page) -> None:
        try:
            while page.inbox and not page.leaving:
                if not await self._hear(page, page.inbox.popleft()):
                    self._audience.dismiss(page, Farewell.MALFORMED)
        finally:
            page.inbox = None

    async def _hear(self, page: Page, text: bytes) -> bool:
        try:
            message = _decoder.decode(text)
        except UNDECODABLE:
            return False
        match message:
            case Subscribe():
                await self._joining.subscribe(page, message)
            case Unsubscribe(topic=topic):
                self._audience.forget(page, [topic])
            case Ping():
                told = await self._standing.now()
                page.say(Pong(told.epoch, told.position))
        return True

    async def _tell_all(self) -> None:
        while True:
            head = await self._journal.tail.head()
            self._standing.reach(head)
            try:
                async for batch in self._journal.follow(head.position):
                    for entry in batch:
                        await self._tell(entry)
            except JournalRewound:
                self._standing.rewinds += 1
                head = await self._journal.tail.head()
                _log.warning("the journal was rewound to %s: pages load anew", head.position)
                for page in list(self._pages):
                    self._audience.resync(page, head)

    async def _tell(self, entry: Entry) -> None:
        if entry.kind in self._recheck_on:
            self._doubtful.set()
        topics = self._feeds.topics(entry.kind)
        listeners = self._audience.of(topics)
        self._standing.begin()
        try:
            if listeners:
                # A server's frames are not masked: one frame serves all sockets.
                frame = frame_of(entry, topics)
                for first in range(0, len(listeners), STRETCH):
                    send_to_all(listeners[first : first + STRETCH], frame)
                    await asyncio.sleep(0)
        finally:
            self._standing.reach(Head(entry.epoch, entry.position))

    async def _recheck(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._recheck_seconds):
                    await self._doubtful.wait()
            except TimeoutError:
                pass
            self._doubtful.clear()
            holders: dict[tuple[Principal, Credential], list[Page]] = {}
            for page in self._pages:
                holders.setdefault((page.principal, page.credential), []).append(page)
            for (principal, credential), pages in holders.items():
                try:
                    valid = await self._still_valid(principal, credential)
                except DatabaseUnavailable:
                    break
                if not valid:
                    for page in pages:
                        self._audience.dismiss(page, Farewell.SIGNED_OUT)

    async def _ping_all(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for number, page in enumerate(list(self._pages), 1):
                if not page.transport.is_closing():
                    page.ping()
                if number % STRETCH == 0:
                    await asyncio.sleep(0)
