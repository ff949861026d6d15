"""From exec to the first answer: the agent's kiosk with a queue and a replica, the server's health.

Files are in the page cache, as after a restart of the service; a boot reads them from disk too.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator

import aiohttp

from scripts.benchmarks.backlog import Past, audit, queue, read_things
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, Target, spread
from scripts.benchmarks.kiosk_client import open_kiosk
from scripts.benchmarks.procfs import pid_of, signal_to
from support.process import Process
from support.site import START_SECONDS, Agent, Site

WAITING = 300
POLL_SECONDS = 0.005
TARGET = Target("p95", at_most=2.0)


async def measure(bench: Bench, site: Site, dsn: str, agent: Agent) -> AsyncIterator[Figure]:
    """Yield the seconds of a start of the agent and of the server.

    The agent's replica is full already. At the end the server runs, and the agent does not.
    Raises WrongLedger if a tap that waited over the starts was lost.
    """
    rounds = bench.size(20, 3)
    await agent.process.end()
    waited = Past().backlog(await read_things(dsn), WAITING)
    await queue(agent.folder, waited)
    bench.say(f"{rounds} starts of the agent with {WAITING} waiting taps")
    server = pid_of(site.server)
    signal_to(server, signal.SIGSTOP)  # so that the queue stays full from start to start
    try:
        page = f"http://127.0.0.1:{agent.port}/"
        starts = [await _start(agent.process, page) for _ in range(rounds)]
    finally:
        signal_to(server, signal.SIGCONT)
    yield Figure(
        "resources.agent.start",
        f"exec till the kiosk's page is served, 3,000 items known, {WAITING} taps waiting",
        "s",
        spread(starts),
        target=TARGET,
    )
    await agent.start()
    async with open_kiosk(agent.port) as kiosk:
        await kiosk.see(lambda state: state.link.waiting == 0)
    await agent.process.end()
    await audit(dsn, waited)
    bench.say(f"{rounds} starts of the server")
    await site.server.end()
    starts = [await _start(site.server, f"{site.url}/api/system/health") for _ in range(rounds)]
    yield Figure(
        "resources.server.start",
        "exec till its health page says that all is well, database running",
        "s",
        spread(starts),
        target=TARGET,
    )
    await site.start_server()


async def _start(process: Process, url: str) -> float:
    """Start a process, wait till the page answers 200, end it; return the seconds till then."""
    async with aiohttp.ClientSession() as client, asyncio.timeout(START_SECONDS):
        began = time.perf_counter()
        await process.start()
        while not await _answers(client, url):  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(POLL_SECONDS)
        took = time.perf_counter() - began
    await process.end()
    return took


async def _answers(client: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with client.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
