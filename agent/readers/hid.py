"""Readers that type like a keyboard: NFC and barcode readers, over evdev.

The device is grabbed: what it types reaches nobody else, least of all the kiosk page. evdev's
file descriptor is watched by the event loop, so this driver needs no thread.
"""

import asyncio
import errno
import importlib
import logging
from collections.abc import AsyncIterator
from typing import Protocol, cast

from agent.readers.key_text import Typing, typed
from agent.readers.reader import CardSeen, ReaderMessage, Sink, boot_micros
from agent.readers.settings import HidSettings
from agent.readers.teller import Teller
from agent.readers.typed_card import typed_card
from contract.cards import InvalidUid

log = logging.getLogger(__name__)

DRIVER = "hid"
RETRY_SECONDS = 1.0
EV_KEY = 1


class KeyEvent(Protocol):
    """What we use of evdev's InputEvent."""

    @property
    def type(self) -> int:
        """Kind of event; EV_KEY is 1."""
        ...

    @property
    def code(self) -> int:
        """Which key."""
        ...

    @property
    def value(self) -> int:
        """1 pressed, 0 released, 2 repeated."""
        ...

    @property
    def sec(self) -> int:
        """Seconds of the kernel's time."""
        ...

    @property
    def usec(self) -> int:
        """Microseconds beyond the seconds."""
        ...


class InputDevice(Protocol):
    """What we use of evdev's InputDevice."""

    def grab(self) -> None:
        """Keep the device to ourselves."""
        ...

    def async_read_loop(self) -> AsyncIterator[KeyEvent]:
        """Yield events as they come; raises OSError when the device is gone."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


class Evdev(Protocol):
    """What we use of the module evdev: the edge to the hardware."""

    def InputDevice(self, path: str) -> InputDevice:  # noqa: N802
        """Open a device; raises OSError."""
        ...


class HidDriver:
    """Watches one typing reader."""

    def __init__(self, settings: HidSettings, evdev: Evdev | None = None) -> None:
        self._settings = settings
        self._evdev = evdev

    @property
    def name(self) -> str:
        """Return the driver's name; the same for each of its readers."""
        return DRIVER

    @property
    def reader(self) -> str:
        """Return the reader's stable name."""
        return f"{DRIVER}:{self._settings.path}"

    async def run(self, sink: Sink) -> None:
        """Deliver cards and statuses until cancelled; see ReaderDriver."""
        teller = Teller(DRIVER, sink)
        try:
            evdev = self._evdev or cast("Evdev", importlib.import_module("evdev"))
        except ImportError as error:
            log.warning("evdev cannot be loaded: %s", error)
            teller.unavailable(self.reader, ReaderMessage.DRIVER_MISSING)
            await asyncio.Event().wait()
            return
        was_there = False
        while True:
            try:
                device = evdev.InputDevice(self._settings.path)
                try:
                    device.grab()
                    was_there = True
                    teller.ready(self.reader)
                    await self._read(device, teller, sink)
                finally:
                    device.close()
            except OSError as error:
                if self._tell_trouble(teller, error, was_there=was_there):
                    log.warning("%s: %s; trying again until it works", self.reader, error)
            await asyncio.sleep(RETRY_SECONDS)

    def _tell_trouble(self, teller: Teller, error: OSError, *, was_there: bool) -> bool:
        if error.errno in (errno.EACCES, errno.EPERM):
            return teller.unavailable(self.reader, ReaderMessage.PERMISSION_DENIED)
        if error.errno == errno.EBUSY:
            return teller.unavailable(self.reader, ReaderMessage.DEVICE_BUSY)
        gone = ReaderMessage.UNPLUGGED if was_there else ReaderMessage.NO_READER
        return teller.absent(self.reader, gone)

    async def _read(self, device: InputDevice, teller: Teller, sink: Sink) -> None:
        typing = Typing()
        async for event in device.async_read_loop():
            if event.type != EV_KEY:
                continue
            at_us = event.sec * 1_000_000 + event.usec
            typing, text = typed(typing, self._settings.layout, event.code, event.value, at_us)
            if text is None:
                continue
            mono_us = boot_micros()
            teller.ready(self.reader)
            try:
                uid, technology = typed_card(text, self._settings.typed, self._settings.uid_bytes)
            except InvalidUid:
                log.warning("%s typed what is no UID: %r", self.reader, text[:80])
                teller.card_trouble(self.reader, ReaderMessage.CARD_UNREADABLE)
                continue
            sink.card(CardSeen(self.reader, uid, technology, mono_us))
