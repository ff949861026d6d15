"""Open-loop tapping at several kiosks, each tap a fact, and who hears of it.

Each tap has a moment at which it is due and is timed from then, however late it could be made.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice

import aiohttp
import msgspec

from contract.cards import CardUid
from contract.kiosk import Finish, Session, Waiting
from scripts.benchmarks.kiosk_client import KioskClient
from scripts.benchmarks.workshop import Stock, item_code
from server.kernel.live_messages import Event, Subscribe, ToPage
from support.site import Site

# So many are borrowed in a row, and then returned: never more are on a person's list.
AT_ONCE = 10
LENT, RETURNED = "loans.lent", "loans.returned"

# (kind of the journal's entry, code of the item): each occurs once in a run.
Change = tuple[str, str]

_decode: Callable[[str], ToPage] = msgspec.json.Decoder(ToPage).decode
_encode = msgspec.json.Encoder().encode


class _News(msgspec.Struct):
    """What is read of an event's body."""

    code: str = ""
    item_code: str = ""
    fact: str = ""


@dataclass(slots=True)
class Log:
    """When each change was due, and when it was heard of; `time.perf_counter_ns`."""

    due: dict[Change, int] = field(default_factory=dict)
    answered: dict[Change, int] = field(default_factory=dict)
    heard: dict[Change, int] = field(default_factory=dict)
    listed: dict[Change, int] = field(default_factory=dict)
    facts: list[str] = field(default_factory=list)
    behind_ms: list[float] = field(default_factory=list)

    async def wait(self, due: int) -> None:
        """Sleep until then; note how late this process was."""
        await asyncio.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
        self.behind_ms.append((time.perf_counter_ns() - due) / 1e6)


@dataclass(frozen=True, slots=True)
class Tapping:
    """Kiosks with a person at each, who taps `each` items of their own: borrows, then returns."""

    kiosks: Sequence[KioskClient]
    stock: Stock
    each: int
    taps_a_second: int

    def items_of(self, kiosk: int) -> range:
        """Return the numbers of the items that are tapped at this kiosk."""
        return range(kiosk * self.each, (kiosk + 1) * self.each)

    async def run(self, log: Log, begin: int) -> float:
        """Tap all; return the seconds from `begin` to the last tap's leaving."""
        for number, kiosk in enumerate(self.kiosks):
            # A session left from before might end at any moment.
            await kiosk.send(Finish())
            await kiosk.see(lambda state: isinstance(state.screen, Waiting))
            await attend(kiosk, self.stock.people[number])
        begin = max(begin, time.perf_counter_ns())
        async with asyncio.TaskGroup() as group:
            for number in range(len(self.kiosks)):
                # The kiosks take turns, evenly.
                start = begin + number * 1_000_000_000 // self.taps_a_second
                group.create_task(self._tap(number, start, log))
        return (time.perf_counter_ns() - begin) / 1e9

    async def _tap(self, number: int, start: int, log: Log) -> None:
        pause = len(self.kiosks) * 1_000_000_000 // self.taps_a_second
        for count, (kind, item) in enumerate(_borrowed_and_returned(self.items_of(number))):
            due = start + count * pause
            await log.wait(due)
            log.due[kind, item_code(item)] = due
            await self.kiosks[number].hold(self.stock.items[item])


def _borrowed_and_returned(items: range) -> Iterator[tuple[str, int]]:
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        for kind in (LENT, RETURNED):
            for number in some:
                yield kind, number


async def attend(kiosk: KioskClient, card: CardUid) -> None:
    """Show a person's card, and wait for their screen."""
    await kiosk.tap(card)
    await kiosk.see(lambda state: isinstance(state.screen, Session))


@asynccontextmanager
async def hearing(site: Site, log: Log) -> AsyncIterator[None]:
    """Listen to all loans' news on the live WebSocket, as an admin page does."""
    async with site.client.ws_connect("/api/v1/live") as socket:
        await socket.send_str(_encode(Subscribe("loans")).decode())
        await socket.receive()  # subscribed
        reading = asyncio.create_task(_hear(socket, log))
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.wait([reading])


async def _hear(socket: aiohttp.ClientWebSocketResponse, log: Log) -> None:
    async for message in socket:
        event = _decode(message.data)
        if not isinstance(event, Event):
            continue
        news = msgspec.json.decode(event.body, type=_News)
        log.heard[event.kind, news.code or news.item_code] = time.perf_counter_ns()
        if news.fact:
            log.facts.append(news.fact)
