"""Where the time goes on the two hottest paths: a tap at the agent, waiting facts at the server.

py-spy samples the running processes from outside. A share tells where to look, not how long
anything takes: it counts only while a thread runs, so waiting for a disk or a peer is not in it.
"""

import asyncio
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarks import drain, workshop
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, spread
from scripts.benchmarks.kiosk_client import open_kiosk
from scripts.benchmarks.procfs import pid_of
from support.process import REPO
from support.site import Agent

ARTIFACTS = REPO / ".artifacts"
SAMPLES_A_SECOND = 400
TOP = 12
# One agent sends more here than any queue holds, and would be slowed.
UNLIMITED = {"GENBA_SERVER__LIMITS__ENABLED": "false"}
OURS = ("agent", "server", "contract")
_FRAME = re.compile(r"(?P<function>.+) \((?P<file>[^:()]+)(:\d+)?\)$")


async def measure(bench: Bench) -> AsyncIterator[Figure]:
    """Yield the share of our own code in each profile; the tables go to .artifacts."""
    seconds = bench.size(20, 5)
    async with bench.site() as (site, postgres):
        stock = await workshop.fill(postgres.dsn, people=200, items=1_000)
        agent = Agent(site, "counter", {})
        site.agents[agent.name] = agent
        await drain.enrol(site, agent)
        await agent.start()
        profile = await _record("agent", pid_of(agent.process), seconds, _tap(agent, stock, bench))
        if profile is None:
            bench.say("py-spy may not look into other processes here: run as root")
            return
        yield _figure(profile, "taps as fast as one kiosk answers them")
    async with bench.site(**UNLIMITED) as (site, postgres):
        scene = await drain.set_scene(site, postgres.dsn)
        work = _drain(scene, seconds)
        profile = await _record("server", pid_of(site.server), seconds, work)
        if profile is not None:
            yield _figure(profile, "waiting taps of one agent applied again and again")


async def _tap(agent: Agent, stock: workshop.Stock, bench: Bench) -> None:
    async with open_kiosk(agent.port) as kiosk:
        await kiosk.knows(stock.last_item())
        bench.say("tapping under py-spy")
        for card in stock.alternating():
            await kiosk.tap(card)


async def _drain(scene: drain.Scene, seconds: int) -> None:
    while True:
        await drain.drain_once(scene, scene.agents[:1], 2_000)


@dataclass(frozen=True, slots=True)
class Profile:
    """Stacks of frames, outermost first, and how often each was seen."""

    name: str
    stacks: Counter[tuple[str, ...]]

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return self.stacks.total()

    def by_self(self) -> Counter[str]:
        """Count where the thread was."""
        counted: Counter[str] = Counter()
        for stack, count in self.stacks.items():
            counted[stack[-1]] += count
        return counted

    def by_total(self) -> Counter[str]:
        """Count which functions of ours were under way, once a stack."""
        counted: Counter[str] = Counter()
        for stack, count in self.stacks.items():
            for frame in set(stack):
                if _is_ours(frame) and "__main__" not in frame:
                    counted[frame] += count
        return counted

    def ours(self) -> float:
        """Return the share of samples within our own code itself, in percent."""
        own = sum(n for frame, n in self.by_self().items() if _is_ours(frame))
        return 100 * own / self.samples

    def table(self) -> str:
        """Return both rankings as Markdown."""
        lines = [
            f"# Profile of the {self.name}: {self.samples:,} samples",
            "",
            "| self | where | | total | of ours, with what it calls |",
            "|---|---|---|---|---|",
        ]
        ranks = zip(self.by_self().most_common(TOP), self.by_total().most_common(TOP), strict=False)
        for (here, own), (what, total) in ranks:
            share, whole = 100 * own / self.samples, 100 * total / self.samples
            lines.append(f"| {share:.1f} % | `{here}` | | {whole:.1f} % | `{what}` |")
        return "\n".join(lines) + "\n"


async def _record(name: str, pid: int, seconds: int, work: Awaitable[None]) -> Profile | None:
    """Sample a process while `work` goes on; None where that is not allowed."""
    ARTIFACTS.mkdir(exist_ok=True)
    raw = ARTIFACTS / f"profile-{name}.raw"
    busy = asyncio.ensure_future(work)
    try:
        await asyncio.sleep(2)
        py_spy = await asyncio.create_subprocess_exec(
            *(str(Path(sys.executable).with_name("py-spy")), "record", "--format", "raw"),
            *("--rate", str(SAMPLES_A_SECOND), "--duration", str(seconds), "--nonblocking"),
            *("--output", str(raw), "--pid", str(pid)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        if await py_spy.wait() != 0:
            return None
    finally:
        busy.cancel()
        await asyncio.wait([busy])
    profile = Profile(name, _read(raw))
    (ARTIFACTS / f"profile-{name}.md").write_text(profile.table())
    return profile


def _read(raw: Path) -> Counter[tuple[str, ...]]:
    stacks: Counter[tuple[str, ...]] = Counter()
    for line in raw.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        stacks[tuple(_frame(frame) for frame in stack.split(";"))] += int(count)
    return stacks


def _frame(text: str) -> str:
    """Return a frame as `function (file)`: lines of one function belong together."""
    found = _FRAME.match(text)
    return f"{found['function']} ({found['file']})" if found else text


def _is_ours(frame: str) -> bool:
    found = _FRAME.match(frame)
    return found is not None and Path(found["file"]).parts[0] in OURS


def _figure(profile: Profile, what: str) -> Figure:
    (frame, count), *_ = profile.by_self().most_common(1)
    return Figure(
        f"profile.{profile.name}",
        f"samples within Genba's own code: {what}",
        "%",
        spread([profile.ours()]),
        note=f"most in `{frame}`: {100 * count / profile.samples:.0f} %",
    )
