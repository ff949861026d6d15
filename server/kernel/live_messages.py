"""Between a page and the server's live socket: JSON text messages, told apart by `type`."""

import enum
from datetime import datetime

import msgspec

from contract.ids import JournalEpoch


class Refusal(enum.StrEnum):
    """Why a topic is not told."""

    FORBIDDEN = "forbidden"
    UNKNOWN_TOPIC = "unknown_topic"


class Farewell(enum.StrEnum):
    """Why the server ends the connection; CLOSE_CODES has the WebSocket code of each."""

    SIGNED_OUT = "signed_out"
    MALFORMED = "malformed"
    SLOW = "slow"
    TOO_FAST = "too_fast"
    RESTART = "restart"


CLOSE_CODES = {
    Farewell.SIGNED_OUT: 4001,
    Farewell.MALFORMED: 4002,
    Farewell.SLOW: 4008,
    Farewell.TOO_FAST: 4029,
    Farewell.RESTART: 1001,
}


class Subscribe(msgspec.Struct, frozen=True, tag="subscribe"):
    """Tell me this topic: all beyond position `after` of `epoch`, or (None) from now on."""

    topic: str
    after: int | None = None
    epoch: str | None = None


class Unsubscribe(msgspec.Struct, frozen=True, tag="unsubscribe"):
    """Tell me this topic no more."""

    topic: str


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """Say something, so that I know that you are there."""


class Pong(msgspec.Struct, frozen=True, tag="pong"):
    """I am here, and have told everything up to this position."""

    epoch: JournalEpoch
    position: int


class Subscribed(msgspec.Struct, frozen=True, tag="subscribed"):
    """What follows of this topic is everything beyond this position."""

    topic: str
    epoch: JournalEpoch
    position: int


class Event(msgspec.Struct, frozen=True, tag="event"):
    """A journal entry, with all topics that it belongs to."""

    topics: tuple[str, ...]
    position: int
    at: datetime
    actor: str
    device: str | None
    module: str
    kind: str
    subject: str
    body: msgspec.Raw


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """This topic is not told to you."""

    topic: str
    reason: Refusal


class Resync(msgspec.Struct, frozen=True, tag="resync"):
    """Your position belongs to another history, or is long past: load everything, then subscribe
    again. No topic is subscribed now.
    """

    epoch: JournalEpoch
    position: int


class Goodbye(msgspec.Struct, frozen=True, tag="goodbye"):
    """The server ends the connection."""

    code: Farewell


FromPage = Subscribe | Unsubscribe | Ping
ToPage = Subscribed | Event | Refused | Resync | Goodbye | Pong
