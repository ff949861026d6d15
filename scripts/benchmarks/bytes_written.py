"""Bytes sent to disk for one fact: at the agent, online and offline, and at the server.

From /proc/PID/io. At the agent each page that it makes dirty counts, again after each sync; at the
server and its Postgres the bytes that they write, which come in whole pages there. The file
system's own journal is in nobody's count.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from contract.cards import CardUid
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, Target, ratio_by_round, spread
from scripts.benchmarks.kiosk_client import KioskClient, open_kiosk
from scripts.benchmarks.outbox import RawQueue
from scripts.benchmarks.procfs import family, passed_bytes, pid_of, postmaster_of, written_bytes
from scripts.benchmarks.workshop import Stock
from scripts.embedded_postgres import EmbeddedPostgres
from server.kernel.database import connect
from support.site import Agent, Site, until

# Far enough apart that each fact gets its own answer, as it does at a counter.
SECONDS_APART = 0.1
# What is written a little later: the kiosk's replica, seals, cursors.
QUIET_SECONDS = 1.5
KIB = 1024
TARGET = Target("median", at_most=16)
_ROW = bytes(300)


async def measure(
    bench: Bench, site: Site, postgres: EmbeddedPostgres, agent: Agent, stock: Stock
) -> AsyncIterator[Figure]:
    """Yield the KiB a fact; the server is stopped for a while and runs again at the end."""
    rounds, taps = bench.size(5, 2), bench.size(80, 20)
    cards = stock.alternating()
    raw = [_raw_insert(bench, number, taps) for number in range(rounds)]
    async with open_kiosk(agent.port) as kiosk:
        bench.say(f"bytes written online: {rounds} rounds of {taps} taps")
        behind = [pid_of(site.server), *family(postmaster_of(postgres))]
        online: list[float] = []
        there: list[float] = []
        for _ in range(rounds):
            facts = await _facts(postgres.dsn)
            mine, theirs = written_bytes(pid_of(agent.process)), _sum(behind)
            await _tap(kiosk, cards, taps)
            await kiosk.see(lambda state: state.link.waiting == 0)
            await asyncio.sleep(QUIET_SECONDS)
            new = await _facts(postgres.dsn) - facts
            online.append((written_bytes(pid_of(agent.process)) - mine) / new / KIB)
            there.append((_sum(behind) - theirs) / new / KIB)
        await site.server.end()
        await kiosk.see(lambda state: not state.link.online)
        bench.say(f"bytes written offline: {rounds} rounds of {taps} taps")
        offline: list[float] = []
        for _ in range(rounds):
            waiting = kiosk.state.link.waiting
            mine = written_bytes(pid_of(agent.process))
            await _tap(kiosk, cards, taps)
            new = kiosk.state.link.waiting - waiting
            offline.append((written_bytes(pid_of(agent.process)) - mine) / new / KIB)
        await site.start_server()
        await until(lambda: kiosk.state.link.waiting == 0, "the queue is empty", seconds=60)
    yield _figure("resources.agent.written.online", "fact, its ack and replica row", online, raw)
    yield _figure("resources.agent.written.offline", "fact while the server is away", offline, raw)
    yield Figure(
        "resources.server.written",
        "written for a fact by the server and its Postgres",
        "KiB",
        spread(there),
        note="after a checkpoint Postgres writes each page in full once",
    )


def _figure(name: str, what: str, ours: Sequence[float], raw: Sequence[float]) -> Figure:
    return Figure(
        name,
        f"written at the agent for a {what}",
        "KiB",
        spread(ours),
        "raw sqlite3 insert",
        spread(raw),
        ratio_by_round([[each] for each in ours], [[each] for each in raw]),
        TARGET,
    )


def _raw_insert(bench: Bench, number: int, rows: int) -> float:
    """Return the KiB that this process writes for one raw insert."""
    queue = RawQueue(bench.folder / f"raw-{number}.db")
    try:
        before = written_bytes(os.getpid())
        for _ in range(rows):
            queue.insert([_ROW])
        return (written_bytes(os.getpid()) - before) / rows / KIB
    finally:
        queue.close()


async def _tap(kiosk: KioskClient, cards: Iterator[CardUid], taps: int) -> None:
    for _ in range(taps):
        await kiosk.tap(next(cards))
        await asyncio.sleep(SECONDS_APART)


async def _facts(dsn: str) -> int:
    async with connect(dsn) as connection:
        count: int = await connection.fetchval("select count(*) from devices.receipt")
        return count


def _sum(processes: Sequence[int]) -> int:
    return sum(passed_bytes(pid) for pid in processes if Path(f"/proc/{pid}").exists())
