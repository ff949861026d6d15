"""The reader without hardware."""

import pytest

from agent.readers.reader import ReaderMessage, ReaderState
from agent.readers.virtual import ReaderNotRunning, VirtualReader
from contract.cards import InvalidUid, Technology
from support.recording_sink import running


async def test_a_card_tapped_by_software_is_seen() -> None:
    reader = VirtualReader()
    async with running(reader) as sink:
        await sink.says("virtual", ReaderMessage.READY, ReaderState.READY)
        seen = reader.tap("04:a1:b2:c3", Technology.ISO14443A)
        assert sink.cards == [seen]
        assert seen.uid == "04A1B2C3"


async def test_what_is_no_uid_is_refused() -> None:
    reader = VirtualReader()
    async with running(reader) as sink:
        await sink.says("virtual")
        with pytest.raises(InvalidUid):
            reader.tap("hello")
        assert sink.cards == []


async def test_nobody_taps_on_a_reader_that_does_not_run() -> None:
    reader = VirtualReader()
    with pytest.raises(ReaderNotRunning):
        reader.tap("04A1B2C3")
    async with running(reader) as sink:
        await sink.says("virtual")
    with pytest.raises(ReaderNotRunning):
        reader.tap("04A1B2C3")
