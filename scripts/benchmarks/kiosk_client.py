"""A kiosk page without a screen that reads all the time, and says when it had what.

A message is decoded at once while somebody waits for it, and else only when it is asked for: many
such pages in one process must not slow each other down.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from contract.cards import CardUid, Technology
from contract.kiosk import AskSamples, FromKiosk, Samples, State, Tap, ToKiosk

WAIT_SECONDS = 30

_decode: Callable[[bytes | str], State | Samples] = msgspec.json.Decoder(ToKiosk).decode
_encode = msgspec.json.Encoder().encode


class KioskClient:
    """One connection; use `open_kiosk`. Times are `time.perf_counter_ns` of this process."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._state: State | None = None
        self._unread: bytes | str | None = None
        self._samples: Samples | None = None
        self._lookers = 0
        self._came = asyncio.Event()
        self._watchers: list[Callable[[State, int], None]] = []

    @property
    def state(self) -> State:
        """The newest State."""
        state = self._newest()
        assert state is not None, "open_kiosk waits for the first"
        return state

    def watch(self, watcher: Callable[[State, int], None]) -> None:
        """Call this with each State, decoded, and the moment it was there."""
        self._watchers.append(watcher)

    async def send(self, message: FromKiosk) -> None:
        """Say something to the agent."""
        await self._socket.send(_encode(message).decode())

    async def hold(self, card: CardUid) -> None:
        """Hold a card to the agent's virtual reader; returns when it is on its way."""
        await self.send(Tap(card, Technology.ISO14443A))

    def taps(self) -> int:
        """Return how many taps the agent has answered."""
        return self.state.feedback.number if self.state.feedback is not None else 0

    async def tap(self, card: CardUid) -> int:
        """Hold a card to the reader; return the nanoseconds until its confirmation was here.

        Counted from before the message to the virtual reader: a real reader has no such message,
        so this is one loopback hop too long.
        """
        number = self.taps() + 1
        began = time.perf_counter_ns()
        await self.hold(card)
        await self.see(lambda state: self.taps() >= number)
        return time.perf_counter_ns() - began

    async def see(self, condition: Callable[[State], bool]) -> State:
        """Wait for a State that fulfils the condition. Raises TimeoutError."""
        async with asyncio.timeout(WAIT_SECONDS):
            with self._looking():
                while (state := self._newest()) is None or not condition(state):
                    await self._came.wait()
        return state

    async def knows(self, code: str) -> None:
        """Wait until the agent's replica has this item. Raises TimeoutError."""
        async with asyncio.timeout(WAIT_SECONDS):
            with self._looking():
                while self._samples is None or not self._samples.items:
                    self._samples = None
                    await self.send(AskSamples(code))
                    while self._samples is None:
                        await self._came.wait()
                    await asyncio.sleep(0.02)

    async def read(self) -> None:
        """Read until the connection ends."""
        with suppress(ConnectionClosed):
            async for data in self._socket:
                if self._lookers or self._watchers:
                    self._unread = None
                    self._take(data)
                else:
                    self._unread = data

    def _newest(self) -> State | None:
        if self._unread is not None:
            data, self._unread = self._unread, None
            self._take(data)
        return self._state

    def _take(self, data: bytes | str) -> None:
        message = _decode(data)
        now = time.perf_counter_ns()
        if isinstance(message, State):
            self._state = message
            for watcher in self._watchers:
                watcher(message, now)
        else:
            self._samples = message
        came, self._came = self._came, asyncio.Event()
        came.set()

    @contextmanager
    def _looking(self) -> Iterator[None]:
        self._lookers += 1
        try:
            yield
        finally:
            self._lookers -= 1


@asynccontextmanager
async def open_kiosk(port: int) -> AsyncIterator[KioskClient]:
    """Open a page of the agent at this port; leaves it at the end."""
    origin = f"http://127.0.0.1:{port}"
    async with connect(f"ws://127.0.0.1:{port}/ws", origin=origin, proxy=None) as socket:  # type: ignore[arg-type]
        kiosk = KioskClient(socket)
        reading = asyncio.create_task(kiosk.read())
        try:
            await kiosk.see(lambda _: True)
            yield kiosk
        finally:
            reading.cancel()
            await asyncio.wait([reading])
