"""What the product takes of a machine: memory, CPU, bytes written, time to start, installed size.

One agent with a kiosk's page, 3,000 items and 200 people in its replica; a server; its Postgres.
Memory is PSS: pages that processes share are divided among them, so the note tells RSS as well.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from contract.cards import CardUid
from scripts.benchmarks import bytes_written, cold_start, installed_size, workshop
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.drain import enrol
from scripts.benchmarks.figures import Figure, Target, ratio_by_round, spread
from scripts.benchmarks.kiosk_client import KioskClient, open_kiosk
from scripts.benchmarks.procfs import (
    cpu_seconds,
    family,
    pid_of,
    postmaster_of,
    pss_bytes,
    rss_bytes,
)
from support.site import Agent

ITEMS, PEOPLE = 3_000, 200
TAPS_A_SECOND = 20
SAMPLE_SECONDS = 1.0
MEGABYTE = 1e6
# What Python and the libraries take before any code of ours runs.
_BARE = {
    "agent": "asyncio, sqlite3, msgspec, websockets.asyncio.client, websockets.asyncio.server",
    "server": "asyncio, aiohttp.web, asyncpg, msgspec, fluent.runtime, pgqueuer",
}
_MEMORY = {"agent": Target("median", at_most=45), "server": Target("median", at_most=110)}
_IDLE_CPU = {"agent": Target("median", at_most=1)}


@dataclass(frozen=True, slots=True)
class Party:
    """One part of the product: how to list its processes (they may come and go)."""

    name: str
    processes: Callable[[], Sequence[int]]

    def memory(self) -> float:
        """Return the PSS of all its processes in MB."""
        return sum(_tolerant(pss_bytes, pid) for pid in self.processes()) / MEGABYTE

    def resident(self) -> float:
        """Return the RSS of all its processes in MB, shared pages counted for each."""
        return sum(_tolerant(rss_bytes, pid) for pid in self.processes()) / MEGABYTE

    def cpu(self) -> dict[int, float]:
        """Return the CPU seconds that each process has used."""
        return {pid: _tolerant(cpu_seconds, pid) for pid in self.processes()}


async def measure(bench: Bench) -> AsyncIterator[Figure]:
    """Yield memory and CPU at rest and at work, bytes written, starts, and the size on disk."""
    seconds = bench.size(30, 4)
    async with bench.site() as (site, postgres):
        bench.say(f"filling a workshop: {PEOPLE} people, {ITEMS} items")
        stock = await workshop.fill(postgres.dsn, people=PEOPLE, items=ITEMS)
        agent = Agent(site, "counter", {})
        site.agents[agent.name] = agent
        await enrol(site, agent)
        await agent.start()
        async with open_kiosk(agent.port) as kiosk:
            await kiosk.knows(stock.last_item())
        async for figure in cold_start.measure(bench, site, postgres.dsn, agent):
            yield figure
        await agent.start()
        parties = [
            Party("agent", lambda: family(pid_of(agent.process))),
            Party("server", lambda: family(pid_of(site.server))),
            Party("postgres", lambda: family(postmaster_of(postgres))),
        ]
        async with open_kiosk(agent.port) as kiosk, _bare_processes() as bare:
            await kiosk.see(lambda state: state.link.online)
            await asyncio.sleep(bench.size(5, 1))
            bench.say(f"at rest for {seconds} s")
            for figure in await _watched("idle", parties, bare, seconds):
                yield figure
            bench.say(f"{TAPS_A_SECOND} taps a second for {seconds} s")
            tapping = asyncio.create_task(_tap(kiosk, stock.alternating()))
            try:
                for figure in await _watched("busy", parties, bare, seconds):
                    yield figure
            finally:
                tapping.cancel()
                await asyncio.wait([tapping])
        async for figure in bytes_written.measure(bench, site, postgres, agent, stock):
            yield figure
    yield installed_size.figure()


async def _watched(
    when: str, parties: Sequence[Party], bare: dict[str, Party], seconds: int
) -> list[Figure]:
    """Return memory and CPU of each party over so many seconds."""
    work = "at rest" if when == "idle" else f"at {TAPS_A_SECOND} taps a second"
    names = [*parties, *bare.values()]
    memory: dict[Party, list[float]] = {party: [] for party in names}
    loop = asyncio.get_running_loop()
    before, began = [party.cpu() for party in parties], loop.time()
    while loop.time() - began < seconds:
        await asyncio.sleep(SAMPLE_SECONDS)
        for party in names:
            memory[party].append(party.memory())
    after, took = [party.cpu() for party in parties], loop.time() - began
    figures: list[Figure] = []
    for party, first, last in zip(parties, before, after, strict=True):
        # A process that came or went meanwhile counts from its start, or to what it was seen at.
        used = sum(spent - first.get(pid, 0.0) for pid, spent in last.items())
        beside = bare.get(party.name)
        figures.append(
            Figure(
                f"resources.{party.name}.memory.{when}",
                f"memory (PSS) {work}",
                "MB",
                spread(memory[party]),
                f"Python that has imported {_BARE[party.name]}" if beside else "",
                spread(memory[beside]) if beside else None,
                ratio_by_round([memory[party]], [memory[beside]]) if beside else None,
                _MEMORY.get(party.name),
                f"RSS {party.resident():.0f} MB",
            )
        )
        figures.append(
            Figure(
                f"resources.{party.name}.cpu.{when}",
                f"CPU {work}, of one core",
                "%",
                spread([used / took * 100]),
                target=_IDLE_CPU.get(party.name) if when == "idle" else None,
            )
        )
    return figures


@asynccontextmanager
async def _bare_processes() -> AsyncIterator[dict[str, Party]]:
    """Lend Pythons that have imported the libraries and sleep: the floor of our memory."""
    running = {
        name: await asyncio.create_subprocess_exec(
            sys.executable, "-c", f"import {modules}; input()", stdin=asyncio.subprocess.PIPE
        )
        for name, modules in _BARE.items()
    }
    try:
        yield {name: Party(name, lambda pid=p.pid: [pid]) for name, p in running.items()}  # type: ignore[misc]
    finally:
        for process in running.values():
            process.kill()
            await process.wait()


async def _tap(kiosk: KioskClient, cards: Iterator[CardUid]) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    for card in cards:
        await kiosk.hold(card)
        due += 1 / TAPS_A_SECOND
        await asyncio.sleep(max(0, due - loop.time()))


def _tolerant(read: Callable[[int], float], pid: int) -> float:
    """Return what is read of a process, nothing of one that has just ended."""
    try:
        return read(pid)
    except (ProcessLookupError, FileNotFoundError, LookupError):
        return 0
