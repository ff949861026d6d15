"""From settings to running drivers."""

import asyncio
import importlib.util
from collections.abc import Sequence

from agent.readers.hid import HidDriver
from agent.readers.nfcpy import NfcpyDriver
from agent.readers.pcsc import PcscDriver
from agent.readers.reader import ReaderDriver, Sink
from agent.readers.settings import ReadersSettings
from agent.readers.virtual import VirtualReader


def open_drivers(settings: ReadersSettings) -> list[ReaderDriver]:
    """Build the drivers that the settings name; touches no hardware yet."""
    drivers: list[ReaderDriver] = []
    if settings.pcsc is True or (settings.pcsc == "auto" and _installed("smartcard")):
        drivers.append(PcscDriver())
    drivers += [NfcpyDriver(path) for path in settings.nfcpy]
    drivers += [HidDriver(reader) for reader in settings.hid]
    if settings.virtual:
        drivers.append(VirtualReader())
    return drivers


async def run_drivers(drivers: Sequence[ReaderDriver], sink: Sink) -> None:
    """Run all drivers side by side until cancelled."""
    async with asyncio.TaskGroup() as group:
        for driver in drivers:
            group.create_task(driver.run(sink), name=f"reader-{driver.name}")


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
