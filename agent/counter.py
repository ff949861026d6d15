"""The counter: the one owner of the desk. Takes taps and touches in turn, writes facts, shows.

The order is fixed: decide, write down, adopt, show. The page hears "done" only once the fact is on
disk; nothing else is waited for on the way.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.clock import BootClock
from agent.desk import Attending, Decision, Desk, Tap, decide, expire, extend, failed, finish, undo
from agent.outbox import Draft, Outbox, OutboxError
from agent.replica import Replica
from agent.screen import draw
from agent.sign_in import Visitor
from contract.ids import EventId, new_id
from contract.kiosk import Extend, Feedback, Finish, LinkView, Pairing, State, Tone, Undo
from contract.link import ReaderReport, ReaderState

log = logging.getLogger(__name__)

MAX_PENDING_INPUTS = 64


def _new_event() -> EventId:
    return EventId(new_id())


@dataclass(slots=True)
class Surroundings:
    """What the kiosk shows besides the desk; each part has one writer."""

    virtual: bool = False
    language: str = "ja"
    link: LinkView = field(default_factory=lambda: LinkView(False, 0))
    readers: dict[str, ReaderReport] = field(default_factory=dict)
    agent: str = ""
    site: str = ""
    pairing: Callable[[], Pairing | None] = lambda: None


class Counter:
    """Feed it with `tapped` and `touched`; it calls `show` with each new State."""

    def __init__(
        self,
        desk: Desk,
        replica: Replica,
        outbox: Outbox,
        clock: BootClock,
        surroundings: Surroundings,
        show: Callable[[State], None],
    ) -> None:
        self._desk = desk
        self._replica = replica
        self._outbox = outbox
        self._clock = clock
        self._around = surroundings
        self._show = show
        self._inputs: asyncio.Queue[Tap | Undo | Finish | Extend] = asyncio.Queue(
            MAX_PENDING_INPUTS
        )
        self._revision = 0
        self._feedback: Feedback | None = None

    def visitor(self) -> Visitor | None:
        """Return who stands here now."""
        stage = expire(self._desk, self._clock.read().mono_us).stage
        return Visitor(stage.person, stage.card) if isinstance(stage, Attending) else None

    def tapped(self, tap: Tap) -> None:
        """Take a tap in its turn."""
        self._put(tap)

    def touched(self, touch: Undo | Finish | Extend) -> None:
        """Take a touch of the page in its turn."""
        self._put(touch)

    def _put(self, given: Tap | Undo | Finish | Extend) -> None:
        try:
            self._inputs.put_nowait(given)
        except asyncio.QueueFull:
            log.warning("input dropped: too many are waiting")

    async def run(self) -> None:
        """Serve inputs in order and end what has run out, until cancelled."""
        self.refresh()
        while True:
            try:
                async with asyncio.timeout(self._seconds_left()):
                    given = await self._inputs.get()
            except TimeoutError:
                self._desk = expire(self._desk, self._clock.read().mono_us)
                self.refresh()
            else:
                await self._serve(given)

    def refresh(self) -> None:
        """Show the present state once more, since something around the desk changed."""
        reading = self._clock.now()
        self._revision += 1
        around = self._around
        self._show(
            State(
                revision=self._revision,
                screen=draw(self._desk, self._replica, reading.mono_us),
                readers=_shown(around.readers),
                link=LinkView(around.link.online, self._outbox.count, around.link.problem),
                feedback=self._feedback,
                agent=around.agent,
                site=around.site,
                server_us=reading.wall_us,
                virtual=around.virtual,
                set_aside=self._outbox.set_aside,
                language=around.language,
                pairing=around.pairing(),
            )
        )

    def _seconds_left(self) -> float | None:
        deadline = self._desk.deadline_us()
        if deadline is None:
            return None
        return max(0, deadline - self._clock.read().mono_us) / 1_000_000

    async def _serve(self, given: Tap | Undo | Finish | Extend) -> None:
        now_us = self._clock.read().mono_us
        match given:
            case Tap():
                decision = decide(self._desk, given, self._replica, _new_event)
                await self._adopt(decision, given.mono_us)
            case Undo(fact=fact):
                decision = undo(self._desk, fact, now_us, self._replica, _new_event)
                await self._adopt(decision, now_us)
            case Finish():
                self._desk = finish(expire(self._desk, now_us))
            case Extend():
                self._desk = extend(self._desk, now_us)
        self.refresh()

    async def _adopt(self, decision: Decision, mono_us: int) -> None:
        tone = decision.tone
        if decision.facts:
            drafts = [Draft(fact.id, fact.body) for fact in decision.facts]
            try:
                facts = await self._outbox.append(drafts, self._clock.at(mono_us))
            except OutboxError as exc:
                log.error("a fact could not be written", extra={"reason": str(exc)})
                now_us = self._clock.read().mono_us
                self._desk = failed(expire(self._desk, now_us), exc.code, now_us)
                self._give(Tone.ERROR)
                return
            for fact in facts:
                self._replica.note(fact)
        self._desk = decision.desk
        if tone is not None:
            self._give(tone)

    def _give(self, tone: Tone) -> None:
        number = self._feedback.number + 1 if self._feedback is not None else 1
        self._feedback = Feedback(number, tone)


def _shown(readers: dict[str, ReaderReport]) -> tuple[ReaderReport, ...]:
    """Order readers by name, those that work first."""
    order = sorted(readers.values(), key=lambda r: (r.state is not ReaderState.READY, r.reader))
    return tuple(order)
