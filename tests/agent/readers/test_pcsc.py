"""The PC/SC driver against a real pcscd with virtual readers."""

import threading

from agent.readers.pcsc import PcscDriver
from agent.readers.reader import ReaderMessage, ReaderState
from contract.cards import Technology
from support.pcscd import FELICA_ATR, Pcscd, VirtualCard, VirtualReader
from support.recording_sink import running

FIRST = "pcsc:Virtual PCD 00 00"
SECOND = "pcsc:Virtual PCD 00 01"
RED = VirtualCard("04A1B2C3D4E5F6")
BLUE = VirtualCard("04112233445566")


async def test_a_tap_gives_uid_technology_and_reader(pcscd: Pcscd, reader: VirtualReader) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        reader.present(RED)
        await sink.taps("04A1B2C3D4E5F6")
        assert sink.cards[0].reader == FIRST
        assert sink.cards[0].technology is Technology.ISO14443A


async def test_a_felica_card_gives_its_idm(pcscd: Pcscd, reader: VirtualReader) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        reader.present(VirtualCard("0114B34D5E6F7081", FELICA_ATR))
        await sink.taps("0114B34D5E6F7081")
        assert sink.cards[0].technology is Technology.FELICA


async def test_a_card_that_is_held_is_one_tap(pcscd: Pcscd, reader: VirtualReader) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        reader.present(RED)
        await sink.taps(RED.uid)
        reader.present(BLUE, slot=1)
        await sink.taps(RED.uid, BLUE.uid)
        reader.present(BLUE, slot=1)
        await sink.taps(RED.uid, BLUE.uid, BLUE.uid)


async def test_two_cards_in_turn_are_two_taps(pcscd: Pcscd, reader: VirtualReader) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        reader.present(RED)
        await sink.taps(RED.uid)
        reader.present(BLUE)
        await sink.taps(RED.uid, BLUE.uid)


async def test_a_card_taken_away_and_shown_again_is_two_taps(
    pcscd: Pcscd, reader: VirtualReader
) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        reader.present(RED)
        await sink.taps(RED.uid)
        reader.present(RED)
        await sink.taps(RED.uid, RED.uid)


async def test_a_card_on_each_reader_is_seen_where_it_is(
    pcscd: Pcscd, reader: VirtualReader
) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(SECOND)
        reader.present(RED, slot=1)
        reader.present(BLUE, slot=0)
        await sink.until(lambda: len(sink.cards) == 2, "two taps")
        assert {(seen.reader, seen.uid) for seen in sink.cards} == {
            (SECOND, RED.uid),
            (FIRST, BLUE.uid),
        }


async def test_a_card_that_lay_there_at_the_start_is_no_tap(
    pcscd: Pcscd, reader: VirtualReader
) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        reader.present(RED)
        await sink.taps(RED.uid)
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        reader.present(BLUE)
        await sink.taps(BLUE.uid)


async def test_a_killed_pcscd_is_found_again_without_a_restart_of_the_driver(
    pcscd: Pcscd, reader: VirtualReader
) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        reader.present(RED)
        await sink.taps(RED.uid)
        pcscd.kill()
        unreachable = (ReaderMessage.PCSCD_UNREACHABLE, ReaderState.UNAVAILABLE)
        await sink.says("pcsc", *unreachable)
        await sink.says(FIRST, *unreachable)
        pcscd.start()
        await sink.says("pcsc", ReaderMessage.READY)
        await sink.says(FIRST, ReaderMessage.READY)
        reader.present(BLUE)
        await sink.taps(RED.uid, BLUE.uid)
        reader.present(RED)
        await sink.taps(RED.uid, BLUE.uid, RED.uid)


async def test_pcscd_may_be_killed_twice_and_the_card_that_stays_is_still_one_tap(
    pcscd: Pcscd, reader: VirtualReader
) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        reader.present(RED)
        await sink.taps(RED.uid)
        for _ in range(2):
            pcscd.kill()
            await sink.says(FIRST, ReaderMessage.PCSCD_UNREACHABLE)
            pcscd.start()
            await sink.says(FIRST, ReaderMessage.READY)
        reader.present(BLUE, slot=1)
        await sink.taps(RED.uid, BLUE.uid)
        reader.present(BLUE)
        await sink.taps(RED.uid, BLUE.uid, BLUE.uid)


async def test_pcscd_may_come_after_the_driver(stopped_pcscd: Pcscd, reader: VirtualReader) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says("pcsc", ReaderMessage.PCSCD_UNREACHABLE, ReaderState.UNAVAILABLE)
        stopped_pcscd.start()
        await sink.says(FIRST)
        reader.present(RED)
        await sink.taps(RED.uid)


async def test_a_reader_may_be_absent_come_and_go(pcscd: Pcscd, reader: VirtualReader) -> None:
    pcscd.kill()
    pcscd.forget(reader)
    pcscd.start()
    async with running(PcscDriver()) as sink:
        await sink.says("pcsc", ReaderMessage.NO_READER, ReaderState.ABSENT)
        pcscd.kill()
        pcscd.configure(reader)
        pcscd.start()
        await sink.says(FIRST, ReaderMessage.READY)
        pcscd.kill()
        pcscd.forget(reader)
        pcscd.start()
        await sink.says(FIRST, ReaderMessage.UNPLUGGED, ReaderState.ABSENT)
        await sink.says("pcsc", ReaderMessage.NO_READER, ReaderState.ABSENT)


async def test_a_card_that_leaves_too_early_is_said_and_is_no_tap(
    pcscd: Pcscd, reader: VirtualReader
) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        reader.present(VirtualCard(RED.uid, leaves_when_asked=True))
        await sink.says(FIRST, ReaderMessage.CARD_READ_TOO_EARLY, ReaderState.READY)
        reader.present(BLUE)
        await sink.taps(BLUE.uid)
        await sink.says(FIRST, ReaderMessage.READY)


async def test_a_card_that_gives_no_uid_is_said_and_is_no_tap(
    pcscd: Pcscd, reader: VirtualReader
) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        reader.present(VirtualCard(RED.uid, refuses=True))
        await sink.says(FIRST, ReaderMessage.CARD_UNREADABLE, ReaderState.READY)
        reader.present(BLUE)
        await sink.taps(BLUE.uid)


async def test_a_stopped_driver_leaves_no_thread_behind(
    pcscd: Pcscd, reader: VirtualReader
) -> None:
    async with running(PcscDriver()) as sink:
        await sink.says(FIRST)
        assert any(thread.name == "reader-pcsc" for thread in threading.enumerate())
    watchers = [thread for thread in threading.enumerate() if thread.name == "reader-pcsc"]
    for thread in watchers:
        thread.join(timeout=5)
    assert not any(thread.is_alive() for thread in watchers)
