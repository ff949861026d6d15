"""Lists over HTTP: beside a bare handler, and at a million loans beside ten thousand.

Two sites with real servers, each on a cluster of its own, are the same workshop after eleven days
and after three years (loans_filler.py): the same items and people, as many things out. The client
sends what an admin's browser sends, cookie and language included; it opens no cache, so a repeat
is work done again.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, cast

from scripts.benchmarks.bare_list import Bare, open_bare
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, Spread, Target, flat, ratio_by_round, spread
from scripts.benchmarks.http_load import Job, Load, Took, open_load
from scripts.benchmarks.lists_asked import Asked, asked
from scripts.benchmarks.loans_filler import Size, fill
from server.kernel.database import Connection
from server.kernel.http import Paging
from server.modules.loans import store_loan_list
from server.settings import DatabaseSettings
from support.site import Site

# So many pages ask at once, each again as soon as it is answered.
AT_ONCE = 8
_END = 2**62  # before it is everything
BARE = "aiohttp handler with the same SQL, no auth"


@dataclass(frozen=True, slots=True)
class Place:
    """A filled site."""

    site: Site
    dsn: str
    kinds: Sequence[Asked]
    cookie: str

    def job(self, paths: Sequence[str], connections: int, requests: int) -> Job:
        """Return the job to ask for these paths as a browser does."""
        headers = {"Cookie": self.cookie, "Accept-Language": "ja,en;q=0.8"}
        return Job(self.site.port, list(paths), headers, connections, requests)


@dataclass(slots=True)
class Rounds:
    """Samples of ours and of what stands beside it, a list for each round."""

    ours: list[list[float]] = field(default_factory=list)
    beside: list[list[float]] = field(default_factory=list)


async def measure(bench: Bench) -> AsyncIterator[Figure]:
    """Yield the main list beside a bare handler, then each kind of list at both sizes."""
    items, people = bench.size(3_000, 600), bench.size(300, 60)
    few, many = bench.size(10_000, 2_000), bench.size(1_000_000, 50_000)
    async with AsyncExitStack() as stack:
        load = await stack.enter_async_context(open_load())
        small, large = [
            await _place(stack, bench, Size(loans, items, people)) for loans in (few, many)
        ]
        async for figure in _beside_bare(bench, load, large, many):
            yield figure
        async for figure in _beside_few(bench, load, small, large, f"{many:,}", f"{few:,}"):
            yield figure
        yield await _whole_journal(small, large)


async def _place(stack: AsyncExitStack, bench: Bench, size: Size) -> Place:
    site, postgres = await stack.enter_async_context(bench.site())
    bench.say(f"filling a site with {size.loans:,} loans and their journal")
    await site.server.end()
    await fill(postgres.dsn, size)
    await site.start_server()
    await _agree(site, postgres.dsn)
    return Place(site, postgres.dsn, await asked(postgres.dsn), await site.cookie())


async def _agree(site: Site, dsn: str) -> None:
    """Read what was filled in by the API. Raises AssertionError if it is not what was written."""
    out = await site.get("/api/v1/loans?state=open&limit=500")
    summary = await site.get("/api/v1/loans/summary")
    assert len(out["items"]) == min(summary["out"], 500) > 20, summary
    journal = await site.get("/api/v1/journal?limit=2&kind=loans.lent")
    newest = await site.get("/api/v1/loans?limit=1")
    assert journal["items"][0]["body"]["loan"] == newest["items"][0]["id"], journal


async def _beside_bare(bench: Bench, load: Load, place: Place, loans: int) -> AsyncIterator[Figure]:
    sql, arguments = await _statement()
    pool = DatabaseSettings().pool_max
    bare = Bare(place.dsn, pool, sql, arguments, Paging().limit)
    milliseconds, rates = Rounds(), Rounds()
    requests = bench.size(3_000, 600)
    async with open_bare(bare) as port:
        ours = place.job([place.kinds[0].paths[0]], AT_ONCE, requests)
        theirs = Job(port, ["/"], {}, AT_ONCE, requests)
        answers = [await _warm(load, job) for job in (ours, theirs)]
        assert abs(answers[0].body_bytes / answers[1].body_bytes - 1) < 0.02, answers
        for number in range(bench.size(7, 3)):
            mine, other = await load.run(ours), await load.run(theirs)
            milliseconds.ours.append(mine.milliseconds)
            milliseconds.beside.append(other.milliseconds)
            rates.ours.append([requests / mine.seconds])
            rates.beside.append([requests / other.seconds])
            bench.say(
                f"round {number + 1}: {requests / mine.seconds:,.0f} lists/s,"
                f" bare {requests / other.seconds:,.0f}"
            )
    what = f"50 open loans of {loans:,}, {AT_ONCE} pages asking all the time"
    yield Figure(
        "lists.get",
        f"GET {what}",
        "ms",
        spread(flat(milliseconds.ours)),
        BARE,
        spread(flat(milliseconds.beside)),
        ratio_by_round(milliseconds.ours, milliseconds.beside),
        Target("p95", at_most=20),
    )
    yield Figure(
        "lists.throughput",
        f"answers a second: {what}",
        "/s",
        spread(flat(rates.ours)),
        BARE,
        spread(flat(rates.beside)),
        ratio_by_round(rates.ours, rates.beside),
        Target("ratio", at_least=0.6),
        f"{answers[0].body_bytes:,} bytes of JSON; {pool} connections to Postgres each",
    )


async def _statement() -> tuple[str, list[Any]]:
    """Return the SQL, and its arguments, that the product runs for the main list."""

    class Recorder:
        async def fetch(self, sql: str, *arguments: object) -> list[object]:
            self.said = sql, list(arguments)
            return []

    recorder = Recorder()
    connection = cast("Connection", recorder)
    await store_loan_list.list_loans(connection, state="open", limit=Paging().limit + 1)
    return recorder.said


async def _beside_few(
    bench: Bench, load: Load, small: Place, large: Place, many: str, few: str
) -> AsyncIterator[Figure]:
    rounds, requests = bench.size(7, 2), bench.size(100, 20)
    for mine, theirs in zip(large.kinds, small.kinds, strict=True):
        ours, beside = large.job(mine.paths, 1, requests), small.job(theirs.paths, 1, requests)
        for job in (ours, beside):
            await _warm(load, job)
        took = Rounds()
        for _ in range(rounds):
            took.ours.append((await load.run(ours)).milliseconds)
            took.beside.append((await load.run(beside)).milliseconds)
        yield Figure(
            f"lists.{mine.name}.million",
            f"{mine.what}, at {many} loans",
            "ms",
            spread(flat(took.ours)),
            f"at {few}",
            spread(flat(took.beside)),
            _p95_by_round(took),
            Target("ratio", at_most=1.5),
            "ratio of p95, one page at a time",
        )


async def _whole_journal(small: Place, large: Place) -> Figure:
    """Search all of it for what is not there, step by step, as the page does by itself."""
    seconds, steps = [], []
    for place in (large, small):
        began = time.perf_counter()
        before, count = "", 0
        while count == 0 or before:
            page = await place.site.get(f"/api/v1/journal?search=ない物&before={before or _END}")
            assert page["items"] == [], page
            before, count = page["next"], count + 1
        seconds.append(time.perf_counter() - began)
        steps.append(count)
    return Figure(
        "lists.journal_whole",
        f"the whole journal searched for what is not there, in {steps[0]} steps",
        "s",
        spread(seconds[:1]),
        f"the shorter one, in {steps[1]}",
        spread(seconds[1:]),
        note="grows with the journal: the page shows what is found as it comes",
    )


async def _warm(load: Load, job: Job) -> Took:
    """Ask for everything some times: plans are made, caches are warm on both sides alike."""
    requests = max(2 * len(job.paths), 10 * job.connections)
    return await load.run(Job(job.port, job.paths, job.headers, job.connections, requests))


def _p95_by_round(took: Rounds) -> Spread:
    return spread(
        spread(mine).p95 / spread(theirs).p95
        for mine, theirs in zip(took.ours, took.beside, strict=True)
    )
