"""What knowing who asks adds to a request.

The same open operation is asked with a session's cookie, with an API token, and with nothing, in
turns, one request at a time. Each credential is looked up anew at each request, so that a right
taken away is gone at once; that query is what is measured.
"""

from collections.abc import AsyncIterator, Mapping

from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, Target, spread
from scripts.benchmarks.http_load import Job, Load, open_load
from support.site import Site

PATH = "/api/v1/welcome"
ADDED = Target("median", at_most=1)


async def measure(bench: Bench) -> AsyncIterator[Figure]:
    """Yield what a session and what a token add, in ms."""
    rounds, requests = bench.size(20, 4), bench.size(500, 100)
    async with bench.site() as (site, _), open_load() as load:
        ways: dict[str, Mapping[str, str]] = {
            "session": {"Cookie": await site.cookie()},
            "token": {"Authorization": f"Bearer {site.token}"},
        }
        bench.say(f"{rounds} rounds of {requests} requests with, and without")
        asked: dict[str, list[float]] = {name: [] for name in ways}
        added: dict[str, list[float]] = {name: [] for name in ways}
        bare: list[float] = []
        for number in range(rounds + 1):
            without = await _ask(load, site, {}, requests)
            for name, headers in ways.items():
                took = await _ask(load, site, headers, requests)
                if number:  # the first round prepares the statements
                    asked[name] += took
                    added[name].append(spread(took).p95 - spread(without).p95)
            if number:
                bare += without
    for name, what in (("session", "a session's cookie"), ("token", "an API token")):
        ours, beside = spread(asked[name]), spread(bare)
        yield Figure(
            f"sessions.{name}",
            f"what {what} adds to the p95 of a request, a sample a round",
            "ms",
            spread(added[name]),
            target=ADDED,
            note=(
                f"the request took {ours.median:.2f} ms at the median and {ours.p95:.2f} at p95,"
                f" without it {beside.median:.2f} and {beside.p95:.2f}"
            ),
        )


async def _ask(load: Load, site: Site, headers: Mapping[str, str], requests: int) -> list[float]:
    job = Job(site.port, [PATH], dict(headers), connections=1, requests=requests)
    return (await load.run(job)).milliseconds
