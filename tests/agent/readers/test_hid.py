"""The driver of typing readers, with a stand-in for evdev: the edge to the hardware."""

import asyncio
import errno
from collections.abc import AsyncIterator
from dataclasses import dataclass

import evdev

from agent.readers.hid import Evdev, HidDriver, InputDevice
from agent.readers.reader import ReaderMessage, ReaderState
from agent.readers.settings import HidSettings, Typed
from contract.cards import Technology
from support.recording_sink import running

PATH = "/dev/input/by-id/usb-Reader-event-kbd"
NAME = f"hid:{PATH}"
KEYS = {"0": 11, **{str(digit): digit + 1 for digit in range(1, 10)}, "A": 30, "\n": 28}


@dataclass(frozen=True)
class Key:
    """A key event as the kernel gives it, `at_us` after the beginning."""

    code: int
    value: int
    at_us: int
    type: int = 1

    @property
    def sec(self) -> int:
        return self.at_us // 1_000_000

    @property
    def usec(self) -> int:
        return self.at_us % 1_000_000


class Keyboard:
    """A device that is plugged in, typed on and pulled out by the test."""

    def __init__(self) -> None:
        self.trouble: int | None = None
        self.grabbed = 0
        self.closed = 0
        self._now = 0
        self._events: asyncio.Queue[Key | OSError] = asyncio.Queue()

    def type(self, text: str) -> None:
        for sign in text:
            for value in (1, 0):
                self._now += 2_000
                self._events.put_nowait(Key(KEYS[sign], value, self._now))

    def pause(self) -> None:
        self._now += 1_000_000

    def pull(self) -> None:
        self.trouble = errno.ENOENT
        self._events.put_nowait(OSError(errno.ENODEV, "No such device"))

    def grab(self) -> None:
        self.grabbed += 1

    def close(self) -> None:
        self.closed += 1

    async def async_read_loop(self) -> AsyncIterator[Key]:
        while True:
            event = await self._events.get()
            if isinstance(event, OSError):
                raise event
            yield event


class Keyboards:
    """The module evdev, with one keyboard."""

    def __init__(self, keyboard: Keyboard) -> None:
        self._keyboard = keyboard

    def InputDevice(self, path: str) -> InputDevice:
        assert path == PATH
        if self._keyboard.trouble is not None:
            raise OSError(self._keyboard.trouble, "cannot open")
        return self._keyboard


def driver(keyboard: Keyboard, typed: Typed = Typed.HEX) -> HidDriver:
    module: Evdev = Keyboards(keyboard)
    return HidDriver(HidSettings(PATH, typed), module)


async def test_a_typed_uid_is_a_tap_and_the_device_is_grabbed() -> None:
    keyboard = Keyboard()
    async with running(driver(keyboard)) as sink:
        await sink.says(NAME)
        keyboard.type("04A10203\n")
        await sink.taps("04A10203")
        assert keyboard.grabbed == 1
    assert keyboard.closed == 1


async def test_a_barcode_is_its_text() -> None:
    keyboard = Keyboard()
    async with running(driver(keyboard, Typed.BARCODE)) as sink:
        await sink.says(NAME)
        keyboard.type("4901234\n")
        await sink.taps(b"4901234".hex().upper())
        assert sink.cards[0].technology is Technology.BARCODE


async def test_half_a_uid_is_discarded_and_the_next_one_read() -> None:
    keyboard = Keyboard()
    async with running(driver(keyboard)) as sink:
        await sink.says(NAME)
        keyboard.type("04A1")
        keyboard.pause()
        keyboard.type("04A10203\n")
        await sink.taps("04A10203")


async def test_what_is_no_uid_is_said() -> None:
    keyboard = Keyboard()
    async with running(driver(keyboard)) as sink:
        await sink.says(NAME)
        keyboard.type("12\n")
        await sink.says(NAME, ReaderMessage.CARD_UNREADABLE, ReaderState.READY)
        assert sink.cards == []


async def test_a_pulled_reader_is_absent_and_back_when_it_is_plugged_in() -> None:
    keyboard = Keyboard()
    async with running(driver(keyboard)) as sink:
        await sink.says(NAME)
        keyboard.pull()
        await sink.says(NAME, ReaderMessage.UNPLUGGED, ReaderState.ABSENT)
        keyboard.trouble = None
        await sink.says(NAME, ReaderMessage.READY)
        keyboard.type("04A10203\n")
        await sink.taps("04A10203")


async def test_a_device_that_may_not_be_opened_is_said() -> None:
    keyboard = Keyboard()
    keyboard.trouble = errno.EACCES
    async with running(driver(keyboard)) as sink:
        await sink.says(NAME, ReaderMessage.PERMISSION_DENIED, ReaderState.UNAVAILABLE)


async def test_a_path_that_is_not_there_is_absent_to_the_real_library() -> None:
    path = "/dev/input/by-id/nowhere"
    async with running(HidDriver(HidSettings(path))) as sink:
        await sink.says(f"hid:{path}", ReaderMessage.NO_READER, ReaderState.ABSENT)


def test_the_real_library_has_what_the_driver_uses() -> None:
    for name in ("grab", "async_read_loop", "close"):
        assert callable(getattr(evdev.InputDevice, name))
