"""People at one kiosk: they tap what the round's script says, and remember what was confirmed."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from contract.ids import EventId
from contract.kiosk import (
    Done,
    Failed,
    Finish,
    FromKiosk,
    Session,
    State,
    Tap,
    ToKiosk,
    Tone,
    Undo,
)

BOUNCE_SECONDS = 1.05
ANSWER_SECONDS = 2.0
# People in a hurry; slow enough that faults strike between their taps.
PAUSE_SECONDS = 0.06
UNDO = "undo"
FINISH = "finish"
_decode = msgspec.json.Decoder(ToKiosk).decode


@dataclass(frozen=True)
class Confirmed:
    """A line that the kiosk showed: this person may go, and rely on it."""

    fact: EventId
    what: Tone
    item: str
    person: str | None


@dataclass
class Memory:
    """What one disk's kiosk has confirmed, in its order; it outlives the disk's processes."""

    confirmed: list[Confirmed] = field(default_factory=list)
    refused_for_disk: int = 0
    _known: set[tuple[EventId, Tone]] = field(default_factory=set)

    def note(self, state: State) -> None:
        """Take in what a screen says, oldest line first."""
        if isinstance(state.screen, Failed):
            self.refused_for_disk += 1
        if not isinstance(state.screen, Session | Done):
            return
        for line in reversed(state.screen.lines):
            if (line.fact, line.what) not in self._known:
                self._known.add((line.fact, line.what))
                person = line.borrower.id if line.borrower is not None else None
                self.confirmed.append(Confirmed(line.fact, line.what, line.item.id, person))


class Staff:
    """Taps at the kiosk on `port` until cancelled; a dead kiosk is waited for."""

    def __init__(self, port: Callable[[], int], memory: Memory, pace: random.Random) -> None:
        self._pace = pace
        self._port = port
        self.memory = memory
        self.script: deque[str] = deque()
        self.state: State | None = None
        self._last: tuple[str, float] = ("", 0.0)
        self._more = asyncio.Event()

    def give(self, cards: list[str]) -> None:
        """Hand over more of the script: card UIDs, UNDO or FINISH."""
        self.script.extend(cards)
        self._more.set()

    async def work(self) -> None:
        """Work off the script as it comes."""
        while True:
            port = self._port()
            url, origin = f"ws://127.0.0.1:{port}/ws", f"http://127.0.0.1:{port}"
            try:
                async with connect(url, origin=origin, proxy=None) as socket:
                    await self._look_and_tap(socket)
            except (OSError, WebSocketException, InvalidHandshake, TimeoutError):
                self.state = None
                await asyncio.sleep(0.05)

    async def _look_and_tap(self, socket: ClientConnection) -> None:
        """Tap beside a reader that takes in every screen."""
        changed = asyncio.Event()
        hands = asyncio.create_task(self._tap_on(socket, changed))
        try:
            async for text in socket:
                message = _decode(text)
                if isinstance(message, State):
                    self.state = message
                    self.memory.note(message)
                    changed.set()
        finally:
            hands.cancel()
            self.state = None

    async def _tap_on(self, socket: ClientConnection, changed: asyncio.Event) -> None:
        await changed.wait()
        while True:
            while not self.script:
                self._more.clear()
                await self._more.wait()
            await asyncio.sleep(self._pace.uniform(0, PAUSE_SECONDS))
            step = self.script.popleft()
            message = self._message(step)
            if message is None:
                continue
            number = _number(self.state)
            await socket.send(msgspec.json.encode(message).decode())
            if step == FINISH:
                continue
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    while _number(self.state) == number:
                        changed.clear()
                        await changed.wait()
            except TimeoutError:
                continue  # nothing was confirmed: the person shrugs

    def _message(self, step: str) -> FromKiosk | None:
        if step == FINISH:
            return Finish()
        if step == UNDO:
            screen = self.state.screen if self.state is not None else None
            lines = screen.lines if isinstance(screen, Session | Done) else ()
            open_lines = [line for line in lines if line.undo_ms > 0]
            return Undo(open_lines[0].fact) if open_lines else None
        card, last = self._last
        now = asyncio.get_running_loop().time()
        if step == card and now - last < BOUNCE_SECONDS:
            return None  # it lies there still: one presentation
        self._last = (step, now)
        return Tap(step)


def _number(state: State | None) -> int:
    return state.feedback.number if state is not None and state.feedback is not None else 0
