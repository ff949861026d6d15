"""The PC/SC driver where pcscd's virtual reader cannot go: hot plug, sharing, flags."""

from agent.readers.pcsc import PcscDriver
from agent.readers.reader import ReaderMessage, ReaderState
from agent.readers.winscard import Winscard
from support.recording_sink import running
from support.scripted_scard import INUSE, SHARING, UNPOWERED, ScriptedScard

RED, BLUE, GREEN = "04A1B2C3D4E5F6", "04112233445566", "04665544332211"
UNRESPONSIVE = 0x80100066


def driver(scard: ScriptedScard) -> PcscDriver:
    return PcscDriver(lambda: Winscard(scard))


async def test_an_unplugged_reader_is_absent_and_back_when_it_is_plugged_in() -> None:
    scard = ScriptedScard("Door")
    async with running(driver(scard)) as sink:
        await sink.says("pcsc:Door")
        scard.unplug("Door")
        await sink.says("pcsc:Door", ReaderMessage.UNPLUGGED, ReaderState.ABSENT)
        await sink.says("pcsc", ReaderMessage.NO_READER, ReaderState.ABSENT)
        scard.plug("Door")
        await sink.says("pcsc:Door", ReaderMessage.READY, ReaderState.READY)
        scard.insert("Door", RED)
        await sink.taps(RED)


async def test_a_second_reader_is_noticed_without_losing_the_first() -> None:
    scard = ScriptedScard("Door")
    async with running(driver(scard)) as sink:
        await sink.says("pcsc:Door")
        scard.plug("Bench")
        await sink.says("pcsc:Bench")
        scard.insert("Bench", RED)
        await sink.taps(RED)
        scard.insert("Door", BLUE)
        await sink.taps(RED, BLUE)


async def test_a_card_swapped_between_two_looks_is_a_tap() -> None:
    scard = ScriptedScard("Door")
    async with running(driver(scard)) as sink:
        await sink.says("pcsc:Door")
        scard.insert("Door", RED)
        await sink.taps(RED)
        scard.insert("Door", BLUE)
        await sink.taps(RED, BLUE)


async def test_a_held_card_that_loses_power_or_is_used_elsewhere_is_one_tap() -> None:
    scard = ScriptedScard("Door")
    async with running(driver(scard)) as sink:
        await sink.says("pcsc:Door")
        scard.insert("Door", RED)
        await sink.taps(RED)
        for flags in (UNPOWERED, INUSE, 0):
            scard.flag("Door", flags)
        scard.insert("Door", BLUE)
        await sink.taps(RED, BLUE)


async def test_a_card_at_the_edge_of_the_field_is_read_when_it_comes_nearer() -> None:
    scard = ScriptedScard("Door")
    async with running(driver(scard)) as sink:
        await sink.says("pcsc:Door")
        scard.insert("Door", RED, UNRESPONSIVE, UNRESPONSIVE)
        await sink.taps(RED)
        assert scard.reads == 3


async def test_a_card_used_by_another_program_is_read_when_it_is_free() -> None:
    scard = ScriptedScard("Door")
    async with running(driver(scard)) as sink:
        await sink.says("pcsc:Door")
        scard.insert("Door", RED, SHARING, SHARING)
        await sink.taps(RED)


async def test_a_card_that_another_program_keeps_is_said_to_be_in_use() -> None:
    scard = ScriptedScard("Door")
    async with running(driver(scard)) as sink:
        await sink.says("pcsc:Door")
        scard.insert("Door", RED, *[SHARING] * 1000)
        await sink.says("pcsc:Door", ReaderMessage.CARD_IN_USE, ReaderState.READY)
        assert sink.cards == []


async def test_the_same_trouble_with_the_next_card_is_said_again() -> None:
    scard = ScriptedScard("Door")
    async with running(driver(scard)) as sink:
        await sink.says("pcsc:Door")
        scard.insert("Door", RED, *[UNRESPONSIVE] * 1000)
        await sink.says("pcsc:Door", ReaderMessage.CARD_UNREADABLE)
        scard.insert("Door", RED, *[UNRESPONSIVE] * 1000)
        await sink.says("pcsc:Door", ReaderMessage.READY)
        await sink.says("pcsc:Door", ReaderMessage.CARD_UNREADABLE)


async def test_a_card_on_an_unplugged_reader_is_no_second_tap_when_it_returns() -> None:
    scard = ScriptedScard("Door", "Bench")
    async with running(driver(scard)) as sink:
        await sink.says("pcsc:Door")
        scard.insert("Door", RED)
        await sink.taps(RED)
        scard.unplug("Door")
        await sink.says("pcsc:Door", ReaderMessage.UNPLUGGED)
        scard.plug("Door")
        scard.insert("Door", RED)
        await sink.says("pcsc:Door", ReaderMessage.READY)
        scard.insert("Bench", BLUE)
        await sink.taps(RED, BLUE)


async def test_a_user_without_the_right_to_pcscd_is_told_so() -> None:
    scard = ScriptedScard("Door")
    scard.establish_answer = 0x8010006A
    async with running(driver(scard)) as sink:
        await sink.says("pcsc", ReaderMessage.PERMISSION_DENIED, ReaderState.UNAVAILABLE)
        scard.establish_answer = 0
        await sink.says("pcsc:Door")


async def test_a_missing_library_is_said_and_does_not_end_the_driver() -> None:
    def missing() -> Winscard:
        raise ImportError("no pyscard")

    async with running(PcscDriver(missing)) as sink:
        await sink.says("pcsc", ReaderMessage.DRIVER_MISSING, ReaderState.UNAVAILABLE)


async def test_a_failure_inside_the_driver_is_said_and_survived() -> None:
    scard = ScriptedScard("Door")
    attempts = iter([RuntimeError("a fault"), None])

    def load() -> Winscard:
        if (fault := next(attempts)) is not None:
            raise fault
        return Winscard(scard)

    async with running(PcscDriver(load)) as sink:
        await sink.says("pcsc", ReaderMessage.DRIVER_FAILED, ReaderState.UNAVAILABLE)
        await sink.says("pcsc:Door", ReaderMessage.READY)
