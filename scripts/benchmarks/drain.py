"""Waiting taps applied when the server comes back, beside a bare COPY of the rows they become.

The queues are filled by the product's outbox while the agents do not run. The server is then
frozen until the agents wait at its door, so that neither a process's start nor an agent's pause
between attempts is timed: only greeting, sending, applying, acknowledging. A drain begins when the
first agent's kiosk shows it online (the server has answered its greeting), and ends when each
kiosk shows an empty queue: an agent deletes a row only for an answer that the server committed.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from agent.identity import store_identity
from contract.kiosk import State
from scripts.benchmarks import workshop
from scripts.benchmarks.backlog import (
    Past,
    Things,
    Waited,
    WrongLedger,
    audit,
    queue,
    read_things,
)
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, Target, flat, ratio_by_round, spread
from scripts.benchmarks.kiosk_client import open_kiosk
from scripts.benchmarks.procfs import pid_of, signal_to
from server.kernel.database import Connection, connect
from server.kernel.sealing import read_lag
from support.raw_link import enrolled
from support.site import Agent, Site, until

ITEMS, PEOPLE = 3_000, 200
AGENTS = 10
DRAIN_SECONDS = 120
COPY = "asyncpg COPY of the same receipts, loans and journal entries into tables alike"

_COPIES = {
    "receipt": ("devices.receipt", "id, agent, epoch, seq, status, reason, received_at"),
    "loan": (
        "loans.loan",
        "id, item, person, state, borrowed_at, borrowed_certain, lent_by, due_at, returned_at,"
        " returned_certain, return_fact, returned_by, cancel_reason",
    ),
    "entry": (
        "journal.entry",
        "at, seq, origin, id, actor, device, module, kind, subject, body",
    ),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A site with its agents, stopped, and the things that they lend."""

    site: Site
    dsn: str
    agents: Sequence[Agent]
    things: Things
    past: Past


async def measure(bench: Bench) -> AsyncIterator[Figure]:
    """Yield the seconds of one agent's drain, and the milliseconds a tap of one and of ten."""
    rounds, taps = bench.size(5, 2), bench.size(10_000, 2_000)
    async with bench.site() as (site, postgres):
        bench.say(f"filling a workshop: {PEOPLE} people, {ITEMS} items, {AGENTS} agents")
        scene = await set_scene(site, postgres.dsn)
        async with connect(postgres.dsn) as connection:
            await _make_copies(connection)
        alone: list[float] = []
        together: list[float] = []
        copies: list[float] = []
        for number in range(rounds):
            seconds, facts = await drain_once(scene, scene.agents[:1], taps)
            alone.append(seconds)
            copies.append(await _copy(postgres.dsn, facts))
            seconds, _ = await drain_once(scene, scene.agents, taps)
            together.append(seconds)
            bench.say(
                f"round {number + 1}: {taps:,} taps of one agent {alone[-1]:.2f} s,"
                f" of {AGENTS} {together[-1]:.2f} s; copied in {copies[-1]:.2f} s"
            )
        ours, beside = [[each] for each in alone], [[each] for each in copies]
        yield Figure(
            "drain.one",
            f"{taps:,} waiting taps of one agent, from the server's return till all is committed",
            "s",
            spread(alone),
            COPY,
            spread(flat(beside)),
            ratio_by_round(ours, beside),
            Target("median", at_most=3.0),
        )
        each_alone = [[seconds / taps * 1e3] for seconds in alone]
        each_together = [[seconds / taps * 1e3] for seconds in together]
        yield Figure(
            "drain.ten",
            f"a tap of {AGENTS} agents with {taps // AGENTS:,} waiting each, all at once",
            "ms",
            spread(flat(each_together)),
            f"one agent with {taps:,}",
            spread(flat(each_alone)),
            ratio_by_round(each_together, each_alone),
            Target("ratio", at_most=1.3),
            "all agents on this machine, with their kiosks' connections",
        )


async def set_scene(site: Site, dsn: str) -> Scene:
    """Fill a workshop and hang up its agents; each has its replica, and is switched off."""
    await workshop.fill(dsn, people=PEOPLE, items=ITEMS)
    agents = [Agent(site, f"counter-{number}", {}) for number in range(AGENTS)]
    for agent in agents:
        site.agents[agent.name] = agent
        await enrol(site, agent)
    # Each fetches its replica once, as it would have done on the day that it was hung up.
    for agent in agents:
        await agent.start()
        async with open_kiosk(agent.port) as kiosk:
            await kiosk.knows(workshop.item_code(ITEMS - 1))
        await agent.process.end()
    return Scene(site, dsn, agents, await read_things(dsn), Past())


async def enrol(site: Site, agent: Agent) -> None:
    """Have an agent's key taken in over HTTP."""
    store_identity(agent.folder, await enrolled(site, agent.name))


async def drain_once(
    scene: Scene, agents: Sequence[Agent], taps: int
) -> tuple[float, Sequence[Waited]]:
    """Return the seconds it took to drain so many taps, shared out evenly. Raises WrongLedger."""
    began_us = scene.past.now_us
    facts: list[Waited] = []
    for number, agent in enumerate(agents):
        part = scene.things.part(number, len(agents))
        waited = scene.past.backlog(part, taps // len(agents), from_us=began_us)
        await queue(agent.folder, waited)
        facts += waited
    seconds = await _reunite(scene.site, agents)
    await audit(scene.dsn, facts)
    await _settled(scene.dsn)
    for agent in agents:
        await agent.process.end()
    return seconds, facts


async def _reunite(site: Site, agents: Sequence[Agent]) -> float:
    """Let agents with waiting taps meet the server; return the seconds till all is applied."""
    server = pid_of(site.server)
    empty: list[float] = []
    async with AsyncExitStack() as stack:
        signal_to(server, signal.SIGSTOP)
        stack.callback(signal_to, server, signal.SIGCONT)
        await asyncio.gather(*(agent.start() for agent in agents))
        for agent in agents:
            kiosk = await stack.enter_async_context(open_kiosk(agent.port))
            assert kiosk.state.link.waiting > 0, "the queue was not filled"
            kiosk.watch(_when_empty(empty))
        await asyncio.sleep(1)  # they wait for the server's answer
        began = time.perf_counter()
        signal_to(server, signal.SIGCONT)
        await until(
            lambda: len(empty) == len(agents),
            "the queues are empty",
            site.server,
            *(agent.process for agent in agents),
            seconds=DRAIN_SECONDS,
        )
    return max(empty) - began


def _when_empty(moments: list[float]) -> Callable[[State, int], None]:
    """Return a watcher that notes once, in seconds, when a kiosk shows that nothing waits."""
    seen = False

    def watch(state: State, now_ns: int) -> None:
        nonlocal seen
        if not seen and state.link.waiting == 0:
            seen = True
            moments.append(now_ns / 1e9)

    return watch


async def _settled(dsn: str) -> None:
    """Wait until every entry is sealed, so that the next drain has the machine for itself."""

    async def sealed() -> bool:
        async with connect(dsn) as connection:
            return (await read_lag(connection)).entries == 0

    await until(sealed, "the journal is sealed")


# -- the yardstick


async def _make_copies(connection: Connection) -> None:
    for copy, (table, _) in _COPIES.items():
        # With defaults, checks and indexes; without triggers and foreign keys.
        await connection.execute(f"create table {copy} (like {table} including all)")


async def _copy(dsn: str, waited: Sequence[Waited]) -> float:
    """Return the seconds of one transaction that copies what these facts became."""
    facts = [UUID(each.draft.id) for each in waited]
    conditions = {
        "receipt": "id = any($1)",
        "loan": "id = any($1)",
        "entry": "module = 'loans' and (body->>'fact')::uuid = any($1)",
    }
    connection = await asyncpg.connect(dsn)
    try:
        rows = {
            copy: [
                tuple(row)
                for row in await connection.fetch(
                    f"select {columns} from {table} where {conditions[copy]}", facts
                )
            ]
            for copy, (table, columns) in _COPIES.items()
        }
        if [len(found) for found in rows.values()] != [len(facts), len(facts) // 2, len(facts)]:
            raise WrongLedger("the rows to copy are not those of the drain")
        began = time.perf_counter()
        async with connection.transaction():
            for copy, (_, columns) in _COPIES.items():
                await connection.copy_records_to_table(
                    copy, records=rows[copy], columns=columns.split(", ")
                )
        return time.perf_counter() - began
    finally:
        await connection.close()
