"""From a card at the reader to the kiosk's answer: as a message, and painted in a Chromium.

A real server on a real Postgres, one agent, its virtual reader and its kiosk page. Taps alternate
between an item's card and a person's, drawn at random, each a random pause after the last answer:
so they fall into any phase of what the agent does besides (acks, refreshes, checkpoints). Offline
is after `kill -9` of the server.
"""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from contract.kiosk import Tone
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, Target, spread
from scripts.benchmarks.kiosk_client import KioskClient, open_kiosk
from scripts.benchmarks.workshop import Stock, fill

MESSAGE = Target("p99", at_most=20)
PAUSE_SECONDS = 0.04
WARM_UP = 50
WRITTEN = (Tone.BORROWED, Tone.RETURNED)


@dataclass(slots=True)
class Answers:
    """Milliseconds until each tap's answer; `written` are those that wait for the disk."""

    every: list[float] = field(default_factory=list)
    written: list[float] = field(default_factory=list)


async def measure(bench: Bench) -> AsyncIterator[Figure]:
    """Yield message and painting, online and then offline."""
    people, items = bench.size(300, 30), bench.size(3_000, 300)
    async with bench.site() as (site, _):
        bench.say(f"{items} items and {people} people")
        stock = await fill(site.dsn, people=people, items=items)
        agent = await site.add_agent("bench")
        async with open_kiosk(agent.port) as kiosk:
            await kiosk.see(lambda state: state.link.online)
            await kiosk.knows(stock.last_item())
            yield _message(bench, await _tap(bench, kiosk, stock), "", "online")
            await site.server.end(signal.SIGKILL)
            await kiosk.see(lambda state: not state.link.online)
            yield _message(bench, await _tap(bench, kiosk, stock), ".offline", "server killed")


async def _tap(bench: Bench, kiosk: KioskClient, stock: Stock) -> Answers:
    count, chance = bench.size(2_500, 300), random.Random(1)
    bench.say(f"{count} taps")
    answers, cards = Answers(), stock.alternating()
    for number in range(-WARM_UP, count):
        await asyncio.sleep(chance.uniform(0, PAUSE_SECONDS))
        took = await kiosk.tap(next(cards)) / 1e6
        if number < 0:
            continue
        answers.every.append(took)
        feedback = kiosk.state.feedback
        if feedback is not None and feedback.tone in WRITTEN:
            answers.written.append(took)
    return answers


def _message(bench: Bench, answers: Answers, suffix: str, how: str) -> Figure:
    written = spread(answers.written)
    return Figure(
        f"taps.message{suffix}",
        f"card at the reader to the kiosk's confirmation, {how}",
        "ms",
        spread(answers.every),
        target=MESSAGE,
        note=(
            f"{written.count} of these wrote a fact durably first: median {written.median:.2f},"
            f" p99 {written.p99:.2f} ms. Includes the message that hands the card to the"
            " virtual reader"
        ),
    )
