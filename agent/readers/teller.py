"""Tells a sink how readers are doing, each change once."""

from agent.readers.reader import ReaderMessage, ReaderState, ReaderStatus, Sink


class Teller:
    """Remembers what was last said of each reader of one driver."""

    def __init__(self, driver: str, sink: Sink) -> None:
        self._driver = driver
        self._sink = sink
        self._told: dict[str, ReaderStatus] = {}

    def tell(self, reader: str, state: ReaderState, message: ReaderMessage) -> bool:
        """Pass a status on unless it was the last one said; say whether it was news."""
        status = ReaderStatus(reader, self._driver, state, message)
        if self._told.get(reader) == status:
            return False
        self._told[reader] = status
        self._sink.status(status)
        return True

    def ready(self, reader: str) -> bool:
        """Tell that a card presented now would be noticed."""
        return self.tell(reader, ReaderState.READY, ReaderMessage.READY)

    def absent(self, reader: str, message: ReaderMessage) -> bool:
        """Tell that the reader is not there."""
        return self.tell(reader, ReaderState.ABSENT, message)

    def unavailable(self, reader: str, message: ReaderMessage) -> bool:
        """Tell that the reader may be there but cannot be used."""
        return self.tell(reader, ReaderState.UNAVAILABLE, message)

    def card_trouble(self, reader: str, message: ReaderMessage) -> None:
        """Tell that a card was there but gave no UID; said each time, it is about that card."""
        status = ReaderStatus(reader, self._driver, ReaderState.READY, message)
        self._told[reader] = status
        self._sink.status(status)

    def state(self, reader: str) -> ReaderState | None:
        """Return what was last said of the reader."""
        told = self._told.get(reader)
        return told.state if told else None
