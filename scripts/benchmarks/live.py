"""A change on another open screen while 100 taps a second arrive.

A real server on a real Postgres and five agents. Four are tapped, open loop (see tapping.py), each
an item's card beside a person's session, so each tap writes a fact: lent, and later returned.
Meanwhile items are created over HTTP, also open loop. Who looks on:

- a client of the admin's live WebSocket, `/api/v1/live`, as each admin page has one;
- the kiosk of the fifth agent, where the person who borrows at the first has their list open;
- in a second run, an admin's page of one item in a headless Chromium, while it is renamed.

Nothing measured begins at the commit, which nobody outside sees: each time begins earlier (when the
request or the tap was due) and so holds the commit too. All ends are taken in this process, which
also makes the load, on the same cores.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

from contract.kiosk import Extend, Session, State
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, Target, spread
from scripts.benchmarks.kiosk_client import KioskClient, open_kiosk
from scripts.benchmarks.painting import open_canvas
from scripts.benchmarks.tapping import LENT, RETURNED, Log, Tapping, attend, hearing
from scripts.benchmarks.workshop import fill, item_code
from support.site import Site, until

SCREEN = Target("p99", at_most=50)
AGENTS = 4
TAPS_A_SECOND = 100
CHANGES_A_SECOND = 10
RENAMINGS_A_SECOND = 4
CREATED = "loans.item_created"
EXTEND_SECONDS = 5
SOON_NS = 50_000_000
# The first statements on each of the server's connections are prepared: as after each start, once.
WARM_UP_NS = 2_000_000_000


async def measure(bench: Bench) -> AsyncIterator[Figure]:
    """Yield the figures of both runs."""
    seconds = bench.size(60, 8)
    each = TAPS_A_SECOND // AGENTS * seconds // 2
    async with bench.site() as (site, _), AsyncExitStack() as stack:
        bench.say(f"{AGENTS * each} items, {AGENTS + 1} agents")
        stock = await fill(site.dsn, people=bench.size(300, 30), items=AGENTS * each)
        kiosks = []
        for number in range(AGENTS + 1):
            agent = await site.add_agent(f"bench {number}")
            kiosk = await stack.enter_async_context(open_kiosk(agent.port))
            await kiosk.see(lambda state: state.link.online)
            await kiosk.knows(stock.last_item())
            kiosks.append(kiosk)
        *tapped, onlooker = kiosks
        tapping = Tapping(tapped, stock, each, TAPS_A_SECOND)
        bench.say(f"{TAPS_A_SECOND} taps/s and {CHANGES_A_SECOND} changes/s for {seconds} s")
        await attend(onlooker, stock.people[0])
        for figure in await _messages(site, tapping, onlooker, seconds):
            yield figure
        bench.say(f"{TAPS_A_SECOND} taps/s and an admin's page in Chromium for {seconds} s")
        yield await _painted(site, tapping, seconds)


async def _messages(
    site: Site, tapping: Tapping, onlooker: KioskClient, seconds: int
) -> list[Figure]:
    log = Log()
    onlooker.watch(_listing(log))
    begin = time.perf_counter_ns() + SOON_NS
    own = {item_code(number) for number in tapping.items_of(0)}
    async with hearing(site, log):
        watching = asyncio.create_task(_stay(onlooker))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_create(site, begin, CHANGES_A_SECOND * seconds, log))
                tap = group.create_task(tapping.run(log, begin))
            seen = {change for change in log.due if change[1] in own}
            await until(lambda: log.due.keys() <= log.heard.keys(), "all is live", site.server)
            await until(lambda: seen <= log.listed.keys(), "all was on the list", site.server)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
    return list(_figures(log, seen, await _account(site, log, tap.result())))


async def _create(site: Site, start: int, count: int, log: Log) -> None:
    """Create items over HTTP; a slow answer delays no other request."""

    async def create(code: str) -> None:
        await site.post("/api/v1/items", {"code": code, "name": "トルクレンチ"})
        log.answered[CREATED, code] = time.perf_counter_ns()

    # Off the taps' beat, and drifting over it.
    pause = 1_000_000_000 // CHANGES_A_SECOND + 700_000
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            due, code = start + number * pause, f"N{number:05}"
            await log.wait(due)
            log.due[CREATED, code] = due
            group.create_task(create(code))


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


async def _painted(site: Site, tapping: Tapping, seconds: int) -> Figure:
    log = Log()
    item = await site.post("/api/v1/items", {"code": "RENAMED", "name": "トルクレンチ"})
    sent: list[tuple[str, float]] = []

    async def rename(start: int) -> None:
        version = item["version"]
        for number in range(RENAMINGS_A_SECOND * seconds):
            await log.wait(start + number * 1_000_000_000 // RENAMINGS_A_SECOND)
            name = f"トルクレンチ {number}"
            sent.append((name, time.monotonic_ns() / 1e6))
            async with site.client.patch(
                f"/api/v1/items/{item['id']}",
                json={"name": name},
                headers={"If-Match": f'"{version}"'},
            ) as answer:
                assert answer.status == 200, await answer.text()
                version = (await answer.json())["version"]

    url = await site.sign_in_url()
    async with open_canvas(url, "desktop", "h1") as canvas, hearing(site, log):
        await canvas.page.wait_for_selector("nav")
        await canvas.page.goto(f"{site.url}/#/items/{item['id']}")
        await canvas.page.locator("h1", has_text="トルクレンチ").wait_for()
        begin = time.perf_counter_ns() + SOON_NS
        async with asyncio.TaskGroup() as group:
            group.create_task(tapping.run(log, begin))
            group.create_task(rename(begin))
        await canvas.page.locator("h1", has_text=sent[-1][0]).wait_for()
        shown = await canvas.presented()
        await until(lambda: log.due.keys() <= log.heard.keys(), "all is live", site.server)
    samples, overtaken = [], 0
    for name, at in sent:
        # The heading is the name, a blank and the item's state; a later name is newer still.
        number = int(name.split()[1])
        frame = next(one for one in shown if _renaming(one.value) >= number)
        overtaken += _renaming(frame.value) > number
        samples.append(frame.at_ms - at)
    return Figure(
        "live.painted",
        "HTTP request sent to the frame of an admin's page that shows the change",
        "ms",
        spread(samples),
        note=(
            "the page gathers news for 100 ms, begun by whichever comes first, and then reads"
            f" anew; {overtaken} of {len(sent)} changes were shown only with a later one"
        ),
    )


def _renaming(heading: str) -> int:
    """Return which renaming a heading shows, -1 for none."""
    word = heading.split()[1:2]
    return int(word[0]) if word and word[0].isdigit() else -1


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


def _figures(log: Log, seen: set[tuple[str, str]], note: str) -> Iterator[Figure]:
    warm = min(log.due.values()) + WARM_UP_NS
    measured = [change for change, due in log.due.items() if due >= warm]
    created = [change for change in measured if change[0] == CREATED]
    tapped = [change for change in measured if change[0] != CREATED]
    yield Figure(
        "live.screen",
        "HTTP request sent to the change's event at another screen's live client",
        "ms",
        spread((log.heard[change] - log.due[change]) / 1e6 for change in created),
        target=SCREEN,
        note=note,
    )
    yield Figure(
        "live.screen.answered",
        "the same from the requester's own answer, which follows the commit",
        "ms",
        spread((log.heard[change] - log.answered[change]) / 1e6 for change in created),
        note="negative: the other screen heard of it first",
    )
    yield Figure(
        "live.tap",
        "card at the reader to the event at the live client",
        "ms",
        spread((log.heard[change] - log.due[change]) / 1e6 for change in tapped),
        note=note,
    )
    yield Figure(
        "live.kiosk",
        "card at one kiosk's reader to the list on another kiosk's screen",
        "ms",
        spread((log.listed[change] - log.due[change]) / 1e6 for change in tapped if change in seen),
        note="the first agent's taps: by its queue, the server, the journal and the replica's feed",
    )
