"""A reader without hardware: cards are tapped by software, as in the demo."""

import asyncio

from agent.readers.reader import CardSeen, ReaderMessage, Sink, boot_micros
from agent.readers.teller import Teller
from contract.cards import Technology, normalise_uid

DRIVER = "virtual"


class ReaderNotRunning(Exception):
    """The virtual reader's driver is not running: nobody would see the card."""


class VirtualReader:
    """Delivers the cards that `tap` is called with."""

    def __init__(self) -> None:
        self._sink: Sink | None = None

    @property
    def name(self) -> str:
        """Return the driver's name, which is its one reader's name too."""
        return DRIVER

    async def run(self, sink: Sink) -> None:
        """Let taps through until cancelled; see ReaderDriver."""
        teller = Teller(DRIVER, sink)
        self._sink = sink
        teller.ready(DRIVER)
        try:
            await asyncio.Event().wait()
        finally:
            self._sink = None
            teller.unavailable(DRIVER, ReaderMessage.STOPPED)

    def tap(self, uid: str, technology: Technology = Technology.UNKNOWN) -> CardSeen:
        """Present a card; on the event loop's thread.

        Raises InvalidUid for what is no UID, ReaderNotRunning outside `run`.
        """
        if self._sink is None:
            raise ReaderNotRunning
        seen = CardSeen(DRIVER, normalise_uid(uid), technology, boot_micros())
        self._sink.card(seen)
        return seen
