"""One agent with all that can happen to it: machine, memory card, network and staff."""

import asyncio
import contextlib
import random
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from faults.harness.staff import Memory, Staff
from faults.harness.weather import Weather, Wire
from support.power import PowerDisk
from support.pretend import Machine
from support.site import Agent, Site, until

RESTART_SECONDS = 0.2
DRAIN_SECONDS = 8.0
PATIENT_SECONDS = 45.0


@dataclass
class Card:
    """A memory card that is out of its box: its content, and what its kiosk had confirmed."""

    folder: Path
    memory: Memory


class Box:
    """A Raspberry Pi at a bench. Its process is started again when it ends, as systemd would."""

    def __init__(
        self,
        site: Site,
        name: str,
        pretend: Path,
        arguments: list[str],
        seed: int,
        memories: list[Memory],
    ) -> None:
        self._memories = memories
        self.agent = Agent(site, name, {})
        self.name = name
        self.folder = self.agent.folder
        self.memory = self._new_memory()
        self.weather = Weather(random.Random(seed))
        self.wire = Wire(site.free_port(), site.port, self.weather)
        self.machine = Machine(pretend, site.folder / f"{name}.machine", self.folder)
        self.staff = Staff(lambda: self.agent.port, self.memory, random.Random(seed))
        self.old_card: Card | None = None
        self.parked: list[Card] = []
        self.restarts = 0
        self.cards = 1  # how many, copies counted, have worked under this identity
        self._site = site
        self._wanted = False
        self._copies = 0
        self.agent.process._arguments = arguments

    async def enrol(self) -> None:
        """Get a key, and from then on see the server through the wire alone."""
        await self.agent.enrol()
        self._use_wire()

    def adopt(self, other: "Box") -> None:
        """Become a copy of another box's card: the same identity, by mistake."""
        shutil.copytree(other.folder, self.folder, dirs_exist_ok=True)
        self._use_wire()

    def _use_wire(self) -> None:
        environment = self.agent.environment
        environment["GENBA_AGENT__SERVER__URL"] = self.wire.url
        self._record_anew()

    def _record_anew(self) -> None:
        """What lies on the card now counts as written; power loss is about what follows."""
        self._power = PowerDisk(self.folder, self._site.folder / f"{self.name}.trace")
        machine, power = self.machine.environment, self._power.environment
        preload = f"{machine['LD_PRELOAD']}:{power['LD_PRELOAD']}"
        self.agent.environment |= {**machine, **power, "LD_PRELOAD": preload}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Run for as long as this is open."""
        async with self.wire.open():
            tasks = [asyncio.create_task(self._supervise()), asyncio.create_task(self.staff.work())]
            try:
                await self.start()
                yield
            finally:
                self._wanted = False
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await self.agent.process.end(signal.SIGKILL)

    async def _supervise(self) -> None:
        while True:
            if self._wanted and not self.agent.process.running:
                self.restarts += 1
                await self.agent.process.start()
            await asyncio.sleep(RESTART_SECONDS)

    async def start(self) -> None:
        """Switch it on and wait for its kiosk."""
        if not self.agent.process.running:
            await self.agent.process.start()
        self._wanted = True
        await until(self.agent._answers, f"{self.name} answers", self.agent.process)

    async def kill(self) -> None:
        """kill -9. What it wrote stays: the computer runs on."""
        await self._end()
        self._record_anew()

    async def _end(self) -> None:
        self._wanted = False
        await self.agent.process.end(signal.SIGKILL)

    # --- what happens to the card

    async def lose_power(self, chance: random.Random) -> None:
        """Pull the plug: what was not yet synced is kept, lost or torn, as the disk likes."""
        await self._end()
        self._power.lose_power(chance)
        self.machine.boot_without_clock(time.time_ns() // 1_000 - chance.randrange(10**9, 10**11))
        await self.start()

    async def copy_card(self) -> None:
        """Make an image of the card, as one does before a trip."""
        await self.kill()
        self.old_card = Card(self._copy("image"), self.memory)
        await self.start()

    async def put_back_old_card(self) -> None:
        """Swap the card for its image of earlier; the newer one goes into a drawer."""
        if self.old_card is None:
            return
        self.cards += 1
        await self._swap(Card(self._copied(self.old_card.folder), self._new_memory()))

    def _new_memory(self) -> Memory:
        memory = Memory()
        self._memories.append(memory)
        return memory

    async def _swap(self, card: Card) -> None:
        await self.kill()
        self.parked.append(Card(self._copy("parked"), self.memory))
        shutil.rmtree(self.folder)
        card.folder.rename(self.folder)
        self.memory = self.staff.memory = card.memory
        self._record_anew()
        await self.start()

    def _copy(self, what: str) -> Path:
        return self._copied(self.folder, what)

    def _copied(self, folder: Path, what: str = "copy") -> Path:
        self._copies += 1
        copy = self._site.folder / f"{self.name}.{what}-{self._copies}"
        shutil.copytree(folder, copy)
        return copy

    # --- quiet

    async def calm(self) -> None:
        """Fair weather, space on the disk, the right time; switched on."""
        self.weather.clear()
        self.machine.fill_disk(False)
        self.machine.keep_time()
        self.staff.script.clear()
        await self.start()

    async def drained(self, *, patient: bool) -> None:
        """Wait until all is sent; unless patient, an agent that rests after failures is restarted.

        Cards in the drawer come back one after the other until each has sent what it held.
        """
        await self._drain(patient=patient)
        while self.parked:
            card = self.parked.pop(0)
            await self.kill()
            shutil.rmtree(self.folder)
            card.folder.rename(self.folder)
            self.memory = self.staff.memory = card.memory
            self._record_anew()
            await self.start()
            await self._drain(patient=False)

    async def has_waiting(self) -> None:
        """Wait until rows wait for the server, or its kiosk is out of order."""
        with contextlib.suppress(AssertionError):
            await until(self._is_behind, "rows wait", seconds=2)

    async def _drain(self, *, patient: bool) -> None:
        try:
            await until(
                self._is_drained,
                f"{self.name} has sent all",
                self.agent.process,
                self._site.server,
                seconds=PATIENT_SECONDS if patient else DRAIN_SECONDS,
            )
        except AssertionError:
            if patient:
                raise
            await self.kill()
            await self.start()
            await self._drain(patient=True)

    def told_position(self) -> int:
        """Return the journal position that this box's replica was last told."""
        changes = [c for told in self.wire.conversations[-1:] for c in told.changes if not c.more]
        return changes[-1].position if changes else -1

    def _is_behind(self) -> bool:
        state = self.staff.state
        return state is not None and state.link.waiting > 0

    def _is_drained(self) -> bool:
        state = self.staff.state
        return state is not None and state.link.online and state.link.waiting == 0
