"""The nfcpy driver: cards over nfcpy's own udp reader, trouble over a stand-in for the module."""

import asyncio
import errno
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.readers.nfcpy import Frontend, Nfc, NfcpyDriver, Target, load_nfcpy
from agent.readers.reader import ReaderMessage, ReaderState
from contract.cards import Technology
from support.recording_sink import running

TARGET = Path(__file__).parents[2] / "support" / "nfc_target.py"


@pytest.fixture
def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@asynccontextmanager
async def card(port: int, bit_rate: str, uid: str) -> AsyncIterator[asyncio.StreamReader]:
    """Hold a card in the field; yields what it says of being asked."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(TARGET), str(port), bit_rate, uid, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"in the field\n"
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def test_cards_of_all_technologies_are_seen_one_tap_each(port: int) -> None:
    name = f"nfcpy:udp:127.0.0.1:{port}"
    async with running(NfcpyDriver(f"udp:127.0.0.1:{port}")) as sink:
        await sink.says(name)
        async with card(port, "106A", "04A1B2C3D4E5F6") as asked:
            await sink.taps("04A1B2C3D4E5F6")
            for _ in range(5):
                await asked.readline()
        assert sink.uids == ["04A1B2C3D4E5F6"]
        async with card(port, "212F", "0114B34D5E6F7081"):
            await sink.taps("04A1B2C3D4E5F6", "0114B34D5E6F7081")
        async with card(port, "106A", "04A1B2C3D4E5F6"):
            await sink.taps("04A1B2C3D4E5F6", "0114B34D5E6F7081", "04A1B2C3D4E5F6")
        async with card(port, "106B", "A1B2C3D4"):
            await sink.until(lambda: len(sink.cards) == 4, "a fourth tap")
        assert [(seen.technology, seen.reader) for seen in sink.cards] == [
            (Technology.ISO14443A, name),
            (Technology.FELICA, name),
            (Technology.ISO14443A, name),
            (Technology.ISO14443B, name),
        ]
        assert sink.cards[3].uid == "A1B2C3D4"


@dataclass
class FakeTarget:
    """The answers of a card."""

    brty: str
    sdd_res: bytearray | None = None
    rid_res: bytearray | None = None
    sensb_res: bytearray | None = None
    sensf_res: bytearray | None = None


@dataclass
class FakeNfc:
    """The module nfc.clf with one reader, which is pulled and plugged in by the test."""

    trouble: int | None = None
    in_field: FakeTarget | None = None
    asked: list[str] = field(default_factory=list)
    UnsupportedTargetError: type[Exception] = ZeroDivisionError

    def _check(self) -> None:
        if self.trouble is not None:
            raise OSError(self.trouble, "trouble")

    def ContactlessFrontend(self, path: str) -> Frontend:
        self._check()
        return self

    def RemoteTarget(self, brty: str) -> Target:
        return FakeTarget(brty)

    def sense(self, *targets: Target) -> Target | None:
        self._check()
        bit_rate = targets[0].brty
        self.asked.append(bit_rate)
        if bit_rate == "106B":
            raise self.UnsupportedTargetError
        found = self.in_field
        return found if found is not None and found.brty == bit_rate else None

    def close(self) -> None:
        """Nothing to let go of."""


def felica(bit_rate: str) -> FakeTarget:
    answer = "01" + "0114B34D5E6F7081" + "00" * 8
    return FakeTarget(bit_rate, sensf_res=bytearray.fromhex(answer))


RED = FakeTarget("106A", sdd_res=bytearray.fromhex("04A1B2C3"))


def fake(nfc: FakeNfc) -> NfcpyDriver:
    def load() -> Nfc:
        return nfc

    return NfcpyDriver("usb:054c:06c3", load)


USB = "nfcpy:usb:054c:06c3"


async def test_a_pulled_reader_is_absent_and_back_when_it_is_plugged_in() -> None:
    nfc = FakeNfc()
    async with running(fake(nfc)) as sink:
        await sink.says(USB)
        nfc.in_field = RED
        await sink.taps("04A1B2C3")
        nfc.trouble = errno.ENODEV
        await sink.says(USB, ReaderMessage.UNPLUGGED, ReaderState.ABSENT)
        nfc.trouble = None
        await sink.says(USB, ReaderMessage.READY)
        nfc.in_field = FakeTarget(
            "212F", sensf_res=bytearray.fromhex("010114B34D5E6F7081" + "00" * 8)
        )
        await sink.taps("04A1B2C3", "0114B34D5E6F7081")


@pytest.mark.parametrize(
    ("number", "message", "state"),
    [
        (errno.ENODEV, ReaderMessage.NO_READER, ReaderState.ABSENT),
        (errno.EACCES, ReaderMessage.PERMISSION_DENIED, ReaderState.UNAVAILABLE),
        (errno.EBUSY, ReaderMessage.DEVICE_BUSY, ReaderState.UNAVAILABLE),
    ],
)
async def test_a_reader_that_cannot_be_opened_is_said_and_tried_again(
    number: int, message: ReaderMessage, state: ReaderState
) -> None:
    nfc = FakeNfc(trouble=number)
    async with running(fake(nfc)) as sink:
        await sink.says(USB, message, state)
        nfc.trouble = None
        await sink.says(USB, ReaderMessage.READY)


async def test_a_technology_the_reader_lacks_is_asked_for_once() -> None:
    nfc = FakeNfc()
    async with running(fake(nfc)) as sink:
        await sink.says(USB)
        nfc.in_field = FakeTarget(
            "424F", sensf_res=bytearray.fromhex("010114B34D5E6F7081" + "00" * 8)
        )
        await sink.taps("0114B34D5E6F7081")
    assert nfc.asked.count("106B") == 1


async def test_a_missing_library_is_said() -> None:
    def missing() -> Nfc:
        raise ImportError("no nfcpy")

    async with running(NfcpyDriver("usb", missing)) as sink:
        await sink.says("nfcpy:usb", ReaderMessage.DRIVER_MISSING, ReaderState.UNAVAILABLE)


async def test_no_such_usb_reader_is_absent_to_the_real_library() -> None:
    assert load_nfcpy() is not None
    async with running(NfcpyDriver("usb:ffff:ffff")) as sink:
        await sink.says("nfcpy:usb:ffff:ffff", ReaderMessage.NO_READER, ReaderState.ABSENT)
