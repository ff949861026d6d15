"""The agent's parts list: opened top to bottom, closed in reverse."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from agent.assets import read_assets
from agent.clock import BootClock, offset_from_reading, system_clock
from agent.counter import Counter, Surroundings
from agent.desk import Desk, Tap, Timing
from agent.health import health
from agent.identity import Identity
from agent.link import Link
from agent.link_status import LinkState, LinkStatus
from agent.local import Local
from agent.machine import disk_free_bytes, temperature_c
from agent.membership import Membership
from agent.notify import Notifier
from agent.outbox import Outbox, OutboxError
from agent.readers.drivers import open_drivers, run_drivers
from agent.readers.reader import CardSeen, ReaderStatus
from agent.readers.virtual import ReaderNotRunning, VirtualReader
from agent.replica import Replica
from agent.replica_file import ReplicaFile
from agent.screen import samples
from agent.settings import KioskSettings, Settings
from agent.sign_in import SignIns, Visitor
from contract import kiosk
from contract.cards import InvalidUid
from contract.kiosk import LinkView
from contract.link import Heartbeat, ReaderReport, ReaderState
from contract.moment import Clock
from contract.release import VERSION

log = logging.getLogger(__name__)

KIOSK_FOLDER = Path(__file__).parent.parent / "kiosk"
PAGE_OF_ROWS = 500
HOUSEKEEPING_SECONDS = 5.0


async def run_agent(settings: Settings, notifier: Notifier, ready: Callable[[int], None]) -> None:
    """Run until cancelled; `ready` gets the port of the kiosk's page once all is up."""
    async with AsyncExitStack() as stack:
        folder = Path(settings.data.dir)
        clock = system_clock()
        outbox = await stack.enter_async_context(Outbox.open(folder / "outbox.db"))
        clock.offset_us = outbox.offsets.get(clock.boot)
        replica = Replica()
        replica_file = await stack.enter_async_context(
            ReplicaFile.open(folder / "replica.db", replica)
        )
        await lay_waiting_facts(outbox, replica)
        agent = Agent(settings, folder, clock, outbox, replica, replica_file)
        port = await stack.enter_async_context(agent.local.open(settings.local.port))
        stack.callback(notifier.send, "STOPPING=1")
        async with asyncio.TaskGroup() as group:
            group.create_task(agent.counter.run(), name="counter")
            group.create_task(run_drivers(agent.drivers, agent), name="readers")
            group.create_task(agent.link.run(), name="link")
            group.create_task(agent.membership.run(), name="membership")
            group.create_task(agent.keep_house(notifier), name="housekeeping")
            notifier.send("READY=1")
            ready(port)


async def lay_waiting_facts(outbox: Outbox, replica: Replica) -> None:
    """After a restart, show again what was tapped and not yet answered."""
    after = 0
    while rows := await outbox.waiting(PAGE_OF_ROWS, after):
        for row in rows:
            fact = row.fact()
            if fact is not None:
                replica.note(fact)
        after = rows[-1].seq


class Agent:
    """The opened parts, and the wires between them. It is also the drivers' sink."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        clock: BootClock,
        outbox: Outbox,
        replica: Replica,
        replica_file: ReplicaFile,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._outbox = outbox
        self._replica = replica
        self._link_status = LinkStatus()
        self._progress = (0, time.monotonic())
        self._version = VERSION
        self.drivers = open_drivers(settings.readers)
        self._virtual = next((d for d in self.drivers if isinstance(d, VirtualReader)), None)
        self._around = Surroundings(
            virtual=self._virtual is not None, language=settings.kiosk.language
        )
        self.membership = Membership(
            folder,
            settings.server.url,
            outbox,
            changed=self._redraw,
            found=self._servers_changed,
            renewed=self._renewed,
        )
        self._around.pairing = self.membership.desk.view
        self.sign_ins = SignIns(self._visitor, self._entered)
        self.local = Local(
            assets=read_assets(KIOSK_FOLDER),
            tapped=self._virtual_tap if self._virtual is not None else None,
            touched=self._touched,
            samples=lambda search: samples(replica, search),
            health=self._health,
            pair=self.membership.desk.handle,
            enter_pin=self.sign_ins.enter,
        )
        self.counter = Counter(
            Desk(timing=timing(settings.kiosk)),
            replica,
            outbox,
            clock,
            self._around,
            self.local.show,
        )
        self.link = Link(
            self._version,
            self._identity,
            self.membership.where,
            outbox,
            replica,
            replica_file,
            clock,
            self._heartbeat,
            self._link_changed,
            self.sign_ins,
        )

    # --- readers

    def card(self, seen: CardSeen) -> None:
        """Take a card from a driver."""
        self.counter.tapped(Tap(seen.uid, seen.reader, seen.technology, seen.mono_us))

    def status(self, status: ReaderStatus) -> None:
        """Take a reader's status from a driver."""
        report = ReaderReport(
            status.reader, status.driver, ReaderState(status.state.value), status.message.value
        )
        if self._around.readers.get(status.reader) != report:
            self._around.readers[status.reader] = report
            self.counter.refresh()
            self.link.beat()

    def _virtual_tap(self, tap: kiosk.Tap) -> None:
        assert self._virtual is not None
        try:
            self._virtual.tap(tap.uid, tap.technology)
        except (InvalidUid, ReaderNotRunning) as exc:
            log.info("virtual tap ignored", extra={"reason": repr(exc)})

    def _touched(self, touch: kiosk.Undo | kiosk.Finish | kiosk.Extend) -> None:
        self.counter.touched(touch)

    # --- signing in

    def _visitor(self) -> Visitor | None:
        return self.counter.visitor()

    def _entered(self) -> None:
        self.counter.touched(kiosk.Finish())

    # --- link

    async def _identity(self) -> Identity | None:
        identity = await self.membership.identity()
        if identity is not None:
            self._around.agent = self._around.agent or identity.name
        return identity

    def _redraw(self) -> None:
        self.counter.refresh()

    def _servers_changed(self) -> None:
        if self._link_status.state in (LinkState.SEARCHING, LinkState.WAITING):
            self.link.wake()
        self.counter.refresh()

    def _renewed(self, identity: Identity) -> None:
        self._around.agent = identity.name
        self.link.renew()

    def _link_changed(self, status: LinkStatus) -> None:
        self._link_status = status
        self._around.agent = status.agent or self._around.agent
        self._around.site = status.site or self._around.site
        self._around.link = LinkView(status.online, self._outbox.count, status.problem)
        self.counter.refresh()

    def _heartbeat(self, oldest_us: int | None) -> Heartbeat:
        now = self._clock.now()
        return Heartbeat(
            boot=now.boot,
            mono_us=now.mono_us,
            wall_us=now.wall_us,
            clock=now.clock,
            waiting=self._outbox.count,
            oldest_us=oldest_us,
            readers=tuple(self._around.readers.values()),
            kiosk_drawing=self._page_draws(),
            set_aside=self._outbox.set_aside,
            disk_free_bytes=disk_free_bytes(self._folder),
            temperature_c=temperature_c(),
        )

    def _page_draws(self) -> bool:
        seconds = self.local.seconds_since_drawing()
        return seconds is not None and seconds < 15

    # --- health

    async def _health(self) -> bytes:
        answer = health(
            version=self._version,
            readers=list(self._around.readers.values()),
            seconds_since_drawing=self.local.seconds_since_drawing(),
            waiting=self._outbox.count,
            still_us=int((time.monotonic() - self._progress[1]) * 1_000_000),
            set_aside=self._outbox.set_aside,
            clock_known=self._clock.now().clock is Clock.KNOWN,
            link=self._link_status,
        )
        return msgspec.json.encode(answer)

    async def keep_house(self, notifier: Notifier) -> None:
        """Feed the watchdog, notice whether the queue moves, and keep what NTP has learnt."""
        pause = HOUSEKEEPING_SECONDS
        if notifier.watchdog_seconds is not None:
            pause = min(pause, notifier.watchdog_seconds / 3)
        while True:
            notifier.send("WATCHDOG=1")
            if not self._outbox.count or self._outbox.count < self._progress[0]:
                self._progress = (self._outbox.count, time.monotonic())
            else:
                self._progress = (self._outbox.count, self._progress[1])
            await self._keep_time()
            await asyncio.sleep(pause)

    async def _keep_time(self) -> None:
        """Keep what NTP tells of this boot: the server may stay away until the next one."""
        if self._clock.boot in self._outbox.offsets:
            return
        offset = offset_from_reading(self._clock.read())
        if offset is None:
            return
        try:
            await self._outbox.learn_offset(self._clock.boot, offset)
        except OutboxError as exc:
            log.warning("the clock's offset could not be kept", extra={"reason": str(exc)})


def timing(settings: KioskSettings) -> Timing:
    """Turn the settings' seconds into the desk's microseconds."""
    return Timing(
        session_us=int(settings.session_seconds * 1_000_000),
        ask_us=int(settings.ask_seconds * 1_000_000),
        done_us=int(settings.done_seconds * 1_000_000),
    )
