"""The whole site under test: Postgres, server, boxes and watchers, all real processes."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from contract.replica import ItemRow, PersonRow
from faults.harness import plants
from faults.harness.books import Books, count_unsealed
from faults.harness.box import Box, Card
from faults.harness.staff import Memory
from faults.harness.watcher import Watcher
from scripts.embedded_postgres import EmbeddedPostgres
from server.kernel.database import connect
from server.kernel.journal_reading import read_head
from support import pretend
from support.raw_link import enrolled, linked
from support.site import Site, until

BOXES = ("bench", "door", "dock")
PEOPLE = [f"04AA00000000{n:02X}" for n in range(5)]
SHARED = [f"04BB00000000{n:02X}" for n in range(6)]
OWN = {name: [f"04C{k}00000000{n:02X}" for n in range(4)] for k, name in enumerate(BOXES)}


class Field:
    """Use `Field.open`. One field lives through many rounds: what they leave behind adds up."""

    def __init__(self, folder: Path, postgres: EmbeddedPostgres, seed: int, plant: str) -> None:
        self.postgres = postgres
        self.site = Site(folder, postgres.start())
        self.boxes: dict[str, Box] = {}
        self.watcher = Watcher(self.site)
        self.books = Books([], self.watcher)
        self._plant = plant
        self._seed = seed
        self._twins: list[tuple[Box, Box, AsyncExitStack]] = []
        self._items: dict[str, str] = {}  # by tag
        self._observer = ""
        self._scratch = folder

    @staticmethod
    @asynccontextmanager
    async def open(
        folder: Path, postgres: EmbeddedPostgres, seed: int = 0, plant: str = ""
    ) -> "AsyncIterator[Field]":
        """Set the site up and start everything."""
        field = Field(folder, postgres, seed, plant)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(field.site.close)
            await field._set_up(stack)
            yield field

    async def _set_up(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        site = self.site
        site.environment["PYTHONPATH"] = os.pathsep.join(sys.path[:2])
        site.server._arguments = self._command("server", "serve")
        await site.cli("migrate")
        await plants.change_database(self._plant, site.dsn)
        await site.open()
        for number, card in enumerate(PEOPLE):
            await site.person(f"P{number}", f"社員 {number}", card)
        for tag in (*SHARED, *(tag for tags in OWN.values() for tag in tags)):
            self._items[tag] = await site.item(f"T{tag[2:4]}{tag[-2:]}", f"工具 {tag[-2:]}", tag)
        self._observer = await enrolled(site, "observer")
        for number, name in enumerate(BOXES):
            box = self._new_box(name, self._seed + number)
            await box.enrol()
            await stack.enter_async_context(box.open())
            self.boxes[name] = box
        follower = asyncio.create_task(self.watcher.follow())
        stack.callback(follower.cancel)
        await until(lambda: self.watcher.position is not None, "the live page is there")
        for box in self.boxes.values():
            await until(box._is_drained, f"{box.name} is online", box.agent.process)

    def _new_box(self, name: str, seed: int) -> Box:
        command = self._command("agent", "run")
        box = Box(
            self.site,
            name,
            pretend.build(self.site.folder),
            command,
            seed,
            self.books.memories,
        )
        box.agent.environment["PYTHONPATH"] = self.site.environment["PYTHONPATH"]
        return box

    def _command(self, *module: str) -> list[str]:
        if self._plant in plants.PLANTS:
            return ["-m", "faults.harness.plants", self._plant, *module]
        return ["-m", *module]

    # --- what a round does to it

    async def kill_server(self) -> None:
        """kill -9 the server, and start it again."""
        await self.site.server.end(signal.SIGKILL)
        await self.site.start_server()

    async def stop_server(self) -> None:
        """kill -9 the server; quiet brings it back."""
        await self.site.server.end(signal.SIGKILL)

    async def kill_postgres(self) -> None:
        """kill -9 all of Postgres, and start it again."""
        await asyncio.to_thread(self.postgres.kill)
        await asyncio.to_thread(self.postgres.start)

    async def twin(self, box: Box, cards: list[str]) -> None:
        """Somebody clones a box's card into a second Pi: both work under one identity."""
        number = len(self._twins) + 1
        await box.kill()
        box.cards += 1
        twin = self._new_box(f"{box.name}-twin-{box.cards}", number)
        twin.adopt(box)
        await box.start()
        stack = await self._stack.enter_async_context(AsyncExitStack())
        await stack.enter_async_context(twin.open())
        self._twins.append((box, twin, stack))
        twin.staff.give(cards)

    # --- quiet

    async def worked_off(self) -> None:
        """Let people finish what they began, however long the faults last."""
        try:
            await until(lambda: not any(b.staff.script for b in self.boxes.values()), "", seconds=3)
        except AssertionError:
            return  # a kiosk that is out of order is left alone

    async def calm(self) -> None:
        """Everything works again."""
        await asyncio.to_thread(self.postgres.start)
        if not self.site.server.running:
            await self.site.start_server()
        for box, twin, stack in self._twins:
            await stack.aclose()  # the mistake is noticed, and its card kept for what it holds
            box.parked.append(Card(twin.folder, twin.memory))
        self._twins.clear()
        for box in self.boxes.values():
            await box.calm()

    async def drained(self, *, patient: bool) -> None:
        """Wait until all queues are empty and everybody who watches has seen everything."""
        for box in self.boxes.values():
            await box.drained(patient=patient)
        async with connect(self.site.dsn) as connection:

            async def sealed() -> bool:
                return not await count_unsealed(connection)

            async def told() -> bool:
                end = (await read_head(connection)).position
                return self.watcher.position == end and all(
                    box.told_position() == end for box in self.boxes.values()
                )

            for what, condition in (("the journal is sealed", sealed), ("all is told", told)):
                try:
                    await until(condition, what, seconds=10)
                except AssertionError:
                    return  # the audit says what is missing

    async def audit(self) -> list[str]:
        """Return everything that is wrong after quiet."""
        alone = (tags for name, tags in OWN.items() if self.boxes[name].cards == 1)
        self.books.undisputed = {self._items[tag] for tags in alone for tag in tags}
        async with connect(self.site.dsn) as connection:
            faults = await self.books.audit(connection)
        truth = await self._truth()
        for box in self.boxes.values():
            faults += self.faults_of(box)
            faults += self.books.check_replica(box.name, box.folder, truth)
        return faults

    def faults_of(self, box: Box) -> list[str]:
        """Check what went over a box's wire since the last time."""
        faults: list[str] = []
        for told in box.wire.conversations[:-1]:
            faults += self.books.check_conversation(box.name, told)
        del box.wire.conversations[:-1]
        return faults

    async def _truth(self) -> "dict[str, PersonRow | ItemRow]":
        """Return what the server tells a kiosk that knows nothing."""
        rows: dict[str, PersonRow | ItemRow] = {}
        async with linked(self.site, self._observer) as link:
            for changes in await link.snapshot():
                rows.update((row.id, row) for row in (*changes.people, *changes.items))
        return rows

    def confirmed(self) -> int:
        """How many lines kiosks have confirmed so far."""
        return self.books.confirmed


def script(chance: random.Random, own: list[str], length: int) -> list[str]:
    """Return taps as people make them: staff and tools in every order, an undo, a finish."""
    steps: list[str] = []
    while len(steps) < length:
        person = chance.choice(PEOPLE)
        tools = chance.sample([*own, *SHARED], chance.randint(1, 3))
        steps += [person, *tools] if chance.random() < 0.6 else [*tools, person]
        if chance.random() < 0.15:
            steps.append("undo")
        if chance.random() < 0.5:
            steps.append("finish")
    return steps


__all__ = ["BOXES", "OWN", "Field", "Memory", "script"]
