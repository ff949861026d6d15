"""How a page joins the live news: told first what it missed, without hole or repeat."""

import asyncio

from contract.ids import is_id
from server.kernel.database import DatabaseUnavailable
from server.kernel.journal import Head, Journal
from server.kernel.live_feed import Feeds, frame_of
from server.kernel.live_messages import Farewell, Refusal, Refused, Subscribe, Subscribed
from server.kernel.live_page import Audience, Page

MAX_REPLAY = 20_000
REPLAY_SECONDS = 30.0


class Standing:
    """How far the journal was told to who listens."""

    def __init__(self) -> None:
        self._told: Head | None = None
        self._telling = False
        self._moved = asyncio.Event()
        self.rewinds = 0

    def begin(self) -> None:
        """Note that an entry is being told: some pages know it, some do not yet."""
        self._telling = True

    def reach(self, head: Head) -> None:
        """Note that everything up to here was told."""
        self._told = head
        self._telling = False
        self._moved.set()
        self._moved = asyncio.Event()

    async def now(self) -> Head:
        """Return how far was told, at a moment when nothing is half told."""
        while self._told is None or self._telling:
            await self.moved()
        return self._told

    async def moved(self) -> None:
        """Wait until more was told."""
        await self._moved.wait()


class Joining:
    """Takes pages into the audience of a topic."""

    def __init__(
        self, journal: Journal, feeds: Feeds, audience: Audience, standing: Standing
    ) -> None:
        self._journal = journal
        self._feeds = feeds
        self._audience = audience
        self._standing = standing

    async def subscribe(self, page: Page, wanted: Subscribe) -> None:
        """Let the page listen to a topic, or say why it may not."""
        feed = self._feeds.get(wanted.topic)
        if feed is None:
            page.say(Refused(wanted.topic, Refusal.UNKNOWN_TOPIC))
            return
        if not page.principal.may(feed.permission):
            page.say(Refused(wanted.topic, Refusal.FORBIDDEN))
            return
        told = await self._standing.now()
        after = told.position if wanted.after is None else wanted.after
        try:
            resumable = await self._can_resume(told, wanted.epoch, after)
        except DatabaseUnavailable:
            self._audience.dismiss(page, Farewell.RESTART)
            return
        if not resumable:
            self._audience.resync(page, told)
            return
        page.say(Subscribed(feed.topic, told.epoch, after))
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

    async def _join(self, page: Page, topic: str, after: int) -> None:
        """Tell the page what it missed of the topic, and then go on with all its topics.

        Meanwhile the page is told nothing live, so that all its topics stand at one position
        when it joins again: between the last look at that position and joining nothing awaits.
        """
        page.joining = True
        try:
            await self._catch_up(page, topic, after)
        finally:
            page.joining = False

    async def _catch_up(self, page: Page, topic: str, after: int) -> None:
        others = page.topics - {topic}
        rewinds = self._standing.rewinds
        self._audience.forget(page, page.topics)
        paused = (await self._standing.now()).position
        position = min(after, paused)
        while True:
            told = await self._standing.now()
            if page.leaving or rewinds != self._standing.rewinds:  # it was told to load anew
                return
            if position >= told.position and after <= told.position:
                break
            if position >= told.position:
                await self._standing.moved()
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
                            for name in self._feeds.topics(entry.kind)
                            if (name == topic and position > after)
                            or (name in others and position > paused)
                        )
                        if due:
                            page.send(frame_of(entry, due))
                            # Waits for a page that reads slowly; only this page's task does.
                            await page.drained()
            except TimeoutError:
                page.keeper.drop(page)
                return
            except ConnectionError:
                return
        self._audience.join(page, others | {topic})
