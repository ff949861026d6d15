"""A sink that remembers what reader drivers deliver, and lets a test wait for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from agent.readers.reader import CardSeen, ReaderDriver, ReaderMessage, ReaderState, ReaderStatus

DEADLINE_SECONDS = 20.0


class RecordingSink:
    """Keeps cards and statuses in the order of their coming."""

    def __init__(self) -> None:
        self.cards: list[CardSeen] = []
        self.statuses: list[ReaderStatus] = []
        self._news = asyncio.Event()

    def card(self, seen: CardSeen) -> None:
        """Remember a card."""
        self.cards.append(seen)
        self._news.set()

    def status(self, status: ReaderStatus) -> None:
        """Remember a status."""
        self.statuses.append(status)
        self._news.set()

    @property
    def uids(self) -> list[str]:
        """Return the UIDs that were tapped, in order."""
        return [str(seen.uid) for seen in self.cards]

    def now(self, reader: str) -> tuple[ReaderState, ReaderMessage] | None:
        """Return the last status of a reader."""
        said = [s for s in self.statuses if s.reader == reader]
        return (said[-1].state, said[-1].message) if said else None

    async def until(self, met: Callable[[], bool], what: str) -> None:
        """Wait until the condition holds; fails with what had come until the deadline."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while not met():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(
                f"waited in vain for {what}; cards {self.cards}, statuses {self.statuses}"
            ) from None

    async def taps(self, *uids: str) -> None:
        """Wait for as many taps as named; fails unless they are exactly these, in this order."""
        await self.until(lambda: len(self.cards) >= len(uids), f"taps of {uids}")
        assert self.uids == list(uids)

    async def says(
        self,
        reader: str,
        message: ReaderMessage = ReaderMessage.READY,
        state: ReaderState | None = None,
    ) -> None:
        """Wait until a reader's last status has this message, and this state if one is named."""

        def met() -> bool:
            now = self.now(reader)
            return now is not None and now[1] is message and state in (None, now[0])

        await self.until(met, f"{reader} saying {message}")


@asynccontextmanager
async def running(driver: ReaderDriver) -> AsyncIterator[RecordingSink]:
    """Run a driver around a block of a test; a driver that ends by itself fails the test."""
    sink = RecordingSink()
    task = asyncio.create_task(driver.run(sink))
    try:
        yield sink
        assert not task.done(), "the driver ended by itself"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
