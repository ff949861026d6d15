"""From settings to running drivers."""

import asyncio

import msgspec
import pytest

from agent.readers.drivers import open_drivers, run_drivers
from agent.readers.hid import HidDriver
from agent.readers.nfcpy import NfcpyDriver
from agent.readers.pcsc import PcscDriver
from agent.readers.settings import HidSettings, Layout, ReadersSettings, Typed
from agent.readers.virtual import VirtualReader
from support.recording_sink import RecordingSink


def test_each_setting_opens_its_driver() -> None:
    settings = ReadersSettings(
        pcsc=True,
        nfcpy=("usb:054c:06c3", "usb:054c:02e1"),
        hid=(HidSettings("/dev/input/by-id/barcode"),),
        virtual=True,
    )
    kinds = [type(driver) for driver in open_drivers(settings)]
    assert kinds == [PcscDriver, NfcpyDriver, NfcpyDriver, HidDriver, VirtualReader]


def test_nothing_set_opens_nothing() -> None:
    assert open_drivers(ReadersSettings(pcsc=False)) == []


def test_settings_are_read_from_toml() -> None:
    toml = b"""
    pcsc = "auto"
    nfcpy = ["usb:054c:06c3"]
    [[hid]]
    path = "/dev/input/by-id/usb-Barcode-event-kbd"
    typed = "barcode"
    layout = "jp"
    """
    assert msgspec.toml.decode(toml, type=ReadersSettings) == ReadersSettings(
        nfcpy=("usb:054c:06c3",),
        hid=(HidSettings("/dev/input/by-id/usb-Barcode-event-kbd", Typed.BARCODE, Layout.JP),),
    )


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"pcsd": True}, type=ReadersSettings)


async def test_drivers_run_side_by_side_until_cancelled() -> None:
    reader, sink = VirtualReader(), RecordingSink()
    task = asyncio.create_task(run_drivers([reader, HidDriver(HidSettings("/nowhere"))], sink))
    await sink.says("virtual")
    reader.tap("04A1B2C3")
    await sink.taps("04A1B2C3")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
