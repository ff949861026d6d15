"""From a card at the reader to the kiosk's answer: as a message, and painted in a Chromium.

A real server on a real Postgres, one agent, its virtual reader and its kiosk page. Taps alternate
between an item's card and a person's, drawn at random, each a random pause after the last answer:
so they fall into any phase of what the agent does besides (acks, refreshes, checkpoints). Offline
is after `kill -9` of the server.

Painted is the first frame of the confirmation's screen, by the compositor's own time stamp (see
painting.py), in a headless Chromium that renders in software on this machine's cores, beside the
agent, the server and Postgres.
"""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from contract.kiosk import Tone
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, Target, spread
from scripts.benchmarks.kiosk_client import KioskClient, open_kiosk
from scripts.benchmarks.painting import first_revision, open_canvas
from scripts.benchmarks.workshop import Stock, fill

MESSAGE = Target("p99", at_most=20)
PAINTED = Target("p99", at_most=100)
PAUSE_SECONDS = 0.03
# Longer: the page is idle again, as before a person's tap, and its next frame not yet scheduled.
PAINTED_PAUSE_SECONDS = 0.2
WARM_UP = 50
PAINTED_WARM_UP = 20
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
            yield _message(await _tap(bench, kiosk, stock), "", "online")
            yield await _paint(bench, kiosk, stock, agent.port, "", "online")
            await site.server.end(signal.SIGKILL)
            await kiosk.see(lambda state: not state.link.online)
            yield _message(await _tap(bench, kiosk, stock), ".offline", "server killed")
            yield await _paint(bench, kiosk, stock, agent.port, ".offline", "server killed")


async def _tap(bench: Bench, kiosk: KioskClient, stock: Stock) -> Answers:
    count, chance = bench.size(2_200, 200), random.Random(1)
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


async def _paint(
    bench: Bench, kiosk: KioskClient, stock: Stock, port: int, suffix: str, how: str
) -> Figure:
    count, chance = bench.size(400, 30), random.Random(2)
    bench.say(f"{count} taps at a page in Chromium, {how}")
    cards = stock.alternating()
    taps: list[tuple[float, int]] = []
    url = f"http://127.0.0.1:{port}/"
    async with open_canvas(url, "kiosk", ".k-frame", "data-revision") as canvas:
        await canvas.page.wait_for_selector("main[data-screen]")
        for number in range(-PAINTED_WARM_UP, count):
            await asyncio.sleep(chance.uniform(0.05, PAINTED_PAUSE_SECONDS))
            began = time.monotonic_ns() / 1e6
            await kiosk.tap(next(cards))
            if number >= 0:
                taps.append((began, kiosk.state.revision))
        shown = await canvas.presented()
    samples = []
    for began, revision in taps:
        frame = first_revision(shown, revision)
        assert frame is not None, f"revision {revision} was never painted"
        samples.append(frame.at_ms - began)
    return Figure(
        f"taps.painted{suffix}",
        f"card at the reader to the frame that shows its confirmation, {how}",
        "ms",
        spread(samples),
        target=PAINTED,
        note=(
            "headless Chromium, software rendering on this machine's cores; its own time of the"
            " frame's presentation, rounded up. What of the screen moves is at its start then"
        ),
    )


def _message(answers: Answers, suffix: str, how: str) -> Figure:
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
