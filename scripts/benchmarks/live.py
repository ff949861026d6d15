"""A change on another open screen while 100 taps a second arrive.

A real server on a real Postgres and five agents. Four are tapped, open loop: each tap has a moment
at which it is due, and is timed from then, however late it could be made. Each is an item's card
beside a person's session, so each writes a fact: lent, and later returned. Meanwhile items are
created over HTTP, also open loop. Who looks on:

- a client of the admin's live WebSocket, `/api/v1/live`, as each admin page has one;
- the kiosk of the fifth agent, where the person who borrows at the first has their list open.

Nothing measured begins at the commit, which nobody outside sees: each time begins earlier (when the
request or the tap was due) and so holds the commit too. All ends are taken in this process, which
also makes the load, on the same cores.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice

import aiohttp
import msgspec

from contract.cards import CardUid
from contract.kiosk import Extend, Session, State
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, Target, spread
from scripts.benchmarks.kiosk_client import KioskClient, open_kiosk
from scripts.benchmarks.workshop import Stock, fill, item_code
from server.kernel.live_messages import Event, Subscribe, ToPage
from support.site import Site, until

SCREEN = Target("p99", at_most=50)
AGENTS = 4
TAPS_A_SECOND = 100
CHANGES_A_SECOND = 10
# So many are borrowed in a row, and then returned: 0.4 s later, and never more on a person's list.
AT_ONCE = 10
EXTEND_SECONDS = 5
LENT, RETURNED, CREATED = "loans.lent", "loans.returned", "loans.item_created"

_decode: Callable[[str], ToPage] = msgspec.json.Decoder(ToPage).decode
_encode = msgspec.json.Encoder().encode


class _News(msgspec.Struct):
    """What is read of an event's body."""

    code: str = ""
    item_code: str = ""
    fact: str = ""


@dataclass(slots=True)
class Log:
    """Moments of `time.perf_counter_ns`, by (kind, code of the item); each occurs once in a run."""

    due: dict[tuple[str, str], int] = field(default_factory=dict)
    answered: dict[tuple[str, str], int] = field(default_factory=dict)
    heard: dict[tuple[str, str], int] = field(default_factory=dict)
    listed: dict[tuple[str, str], int] = field(default_factory=dict)
    facts: list[str] = field(default_factory=list)
    behind_ms: list[float] = field(default_factory=list)

    def between(
        self, begun: dict[tuple[str, str], int], ended: dict[tuple[str, str], int], *kinds: str
    ) -> list[float]:
        """Return the milliseconds from one to the other, of these kinds."""
        return [(ended[key] - at) / 1e6 for key, at in begun.items() if key[0] in kinds]


async def measure(bench: Bench) -> AsyncIterator[Figure]:
    """Yield the figures of one run."""
    seconds = bench.size(60, 8)
    each = TAPS_A_SECOND // AGENTS * seconds // 2
    async with bench.site() as (site, _):
        bench.say(f"{AGENTS * each} items, {AGENTS + 1} agents")
        stock = await fill(site.dsn, people=bench.size(300, 30), items=AGENTS * each)
        async with AsyncExitStack() as stack:
            kiosks = []
            for number in range(AGENTS + 1):
                agent = await site.add_agent(f"bench {number}")
                kiosk = await stack.enter_async_context(open_kiosk(agent.port))
                await kiosk.see(lambda state: state.link.online)
                await kiosk.knows(stock.last_item())
                kiosks.append(kiosk)
            log = Log()
            await stack.enter_async_context(_live_client(site, log))
            bench.say(f"{TAPS_A_SECOND} taps/s and {CHANGES_A_SECOND} changes/s for {seconds} s")
            took = await _run(site, kiosks, stock, log, each, seconds)
        note = await _account(site, log, took)
    for figure in _figures(log, note):
        yield figure


async def _run(
    site: Site, kiosks: Sequence[KioskClient], stock: Stock, log: Log, each: int, seconds: int
) -> float:
    """Make the load, and wait until everybody has heard of all; return its seconds."""
    *tapped, onlooker = kiosks
    for number, kiosk in enumerate(tapped):
        await _attend(kiosk, stock.people[number])
    await _attend(onlooker, stock.people[0])
    onlooker.watch(_listing(log))
    begin = time.perf_counter_ns() + 50_000_000
    watching = asyncio.create_task(_stay(onlooker))
    try:
        async with asyncio.TaskGroup() as group:
            for number, kiosk in enumerate(tapped):
                taps = _taps(stock, range(number * each, (number + 1) * each))
                start = begin + number * 1_000_000_000 // TAPS_A_SECOND
                group.create_task(_tap(kiosk, taps, start, log))
            group.create_task(_change(site, begin, CHANGES_A_SECOND * seconds, log))
        took = (time.perf_counter_ns() - begin) / 1e9
        own = {item_code(number) for number in range(each)}
        seen = {key for key in log.due if key[1] in own}
        await until(lambda: log.due.keys() <= log.heard.keys(), "all is live", site.server)
        await until(lambda: seen <= log.listed.keys(), "all was on the list", site.server)
    finally:
        watching.cancel()
        await asyncio.wait([watching])
    return took


def _taps(stock: Stock, numbers: range) -> Iterator[tuple[str, str, CardUid]]:
    """Yield what each tap will do, the item's code, and its card."""
    rest = iter(numbers)
    while some := list(islice(rest, AT_ONCE)):
        for kind in (LENT, RETURNED):
            for number in some:
                yield kind, item_code(number), stock.items[number]


async def _tap(
    kiosk: KioskClient, taps: Iterator[tuple[str, str, CardUid]], start: int, log: Log
) -> None:
    async def tap(kind: str, code: str, card: CardUid, due: int) -> None:
        log.due[kind, code] = due
        await kiosk.hold(card)

    pause = AGENTS * 1_000_000_000 // TAPS_A_SECOND
    for number, (kind, code, card) in enumerate(taps):
        due = start + number * pause
        await _at(due, log)
        await tap(kind, code, card, due)


async def _change(site: Site, start: int, count: int, log: Log) -> None:
    """Create items over HTTP; a slow answer delays no other request."""

    async def create(code: str, due: int) -> None:
        log.due[CREATED, code] = due
        await site.post("/api/v1/items", {"code": code, "name": "トルクレンチ"})
        log.answered[CREATED, code] = time.perf_counter_ns()

    # Off the taps' beat, and drifting over it.
    pause = 1_000_000_000 // CHANGES_A_SECOND + 700_000
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            due = start + number * pause
            await _at(due, log)
            group.create_task(create(f"N{number:05}", due))


async def _at(due: int, log: Log) -> None:
    """Sleep until then; note how late this process was."""
    await asyncio.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
    log.behind_ms.append((time.perf_counter_ns() - due) / 1e6)


async def _attend(kiosk: KioskClient, card: CardUid) -> None:
    await kiosk.tap(card)
    await kiosk.see(lambda state: isinstance(state.screen, Session))


async def _stay(kiosk: KioskClient) -> None:
    """Touch the page now and then, so that its session stays open."""
    while True:
        await kiosk.send(Extend())
        await asyncio.sleep(EXTEND_SECONDS)


def _listing(log: Log) -> Callable[[State, int], None]:
    """Note when an item came to the person's list on that kiosk, and when it went."""
    before: set[str] = set()

    def watch(state: State, now: int) -> None:
        nonlocal before
        if not isinstance(state.screen, Session):
            return
        listed = {loan.item.code for loan in state.screen.loans}
        for kind, codes in ((LENT, listed - before), (RETURNED, before - listed)):
            for code in codes:
                log.listed[kind, code] = now
        before = listed

    return watch


@asynccontextmanager
async def _live_client(site: Site, log: Log) -> AsyncIterator[None]:
    """Listen to all loans' news as an admin page does."""
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


async def _account(site: Site, log: Log, seconds: float) -> str:
    """Count that nothing was lost and nothing told twice; return the sentence that says so."""
    taps = sum(kind in (LENT, RETURNED) for kind, _ in log.due)
    sealed: list[str] = []
    for kind in (LENT, RETURNED):
        where = ""
        while entries := (await site.get(f"/api/v1/journal?kind={kind}&limit=200{where}"))["items"]:
            sealed += [entry["body"]["fact"] for entry in entries]
            where = f"&before={entries[-1]['position']}"
    assert len(sealed) == len(set(sealed)) == taps, f"{taps} taps, {len(sealed)} in the journal"
    assert sorted(sealed) == sorted(log.facts), "the live client heard something else"
    late = spread(log.behind_ms)
    return (
        f"{taps} taps in {seconds:.1f} s ({taps / seconds:.1f}/s), each in the journal once, none"
        f" lost; the load itself was {late.p99:.1f} ms late at p99, which counts"
    )


def _figures(log: Log, note: str) -> Iterator[Figure]:
    yield Figure(
        "live.screen",
        "HTTP request sent to the change's event at another screen's live client",
        "ms",
        spread(log.between(log.due, log.heard, CREATED)),
        target=SCREEN,
        note=note,
    )
    yield Figure(
        "live.screen.answered",
        "the same from the requester's own answer, which follows the commit",
        "ms",
        spread(log.between(log.answered, log.heard, CREATED)),
        note="negative: the other screen heard of it first",
    )
    yield Figure(
        "live.tap",
        "card at the reader to the event at the live client",
        "ms",
        spread(log.between(log.due, log.heard, LENT, RETURNED)),
        note=note,
    )
    own = {key: at for key, at in log.due.items() if key in log.listed}
    yield Figure(
        "live.kiosk",
        "card at one kiosk's reader to the list on another kiosk's screen",
        "ms",
        spread(log.between(own, log.listed, LENT, RETURNED)),
        note="the first agent's taps: by its queue, the server, the journal and the replica's feed",
    )
