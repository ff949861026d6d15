"""The link: one WebSocket an agent, JSON text messages, opened by the agent at `/link`.

The server speaks first: Challenge. Up: Hello first, then Events, Heartbeat and SignIn. Down:
Welcome next, then Ack, Changes, SignInAnswer, NewEpoch, Goodbye. Hello and Welcome carry each
side's proof of its key (contract.proof). Every field added later has a default, so that a skew of
one release works; protocol 1, before the keys, is refused.
"""

import enum
from typing import Annotated

import msgspec

from contract.cards import CardUid
from contract.ids import AgentId, BootId, EventId, JournalEpoch, PersonId, QueueEpoch
from contract.moment import Clock
from contract.replica import ItemRow, PersonRow
from contract.sign_in import Pin, SignInResult

PROTOCOL = 2
SPEAKS = frozenset({2})
MAX_BATCH_ROWS = 1_000
MAX_MESSAGE_BYTES = 1 << 20
HEARTBEAT_SECONDS = 10
MAX_PENDING_FUTURE_US = 5 * 60 * 1_000_000


class ReaderState(enum.StrEnum):
    """What a reader can do now."""

    READY = "ready"
    ABSENT = "absent"
    UNAVAILABLE = "unavailable"

    @classmethod
    def _missing_(cls, value: object) -> "ReaderState":
        return cls.UNAVAILABLE  # said by a newer release


# What a database holds, and what can be reckoned with; JSON's numbers have no end.
Int64 = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]


class ReaderReport(msgspec.Struct, frozen=True):
    """One reader: `message` is a stable code such as `pcscd_unreachable`."""

    reader: str
    driver: str
    state: ReaderState
    message: str = ""


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The agent introduces itself, its queue, its clock and how far its replica is.

    `signature` is by the agent's key over `contract.proof.agent_claim`.
    """

    protocol: Int64
    version: str
    queue_epoch: QueueEpoch
    boot: BootId
    mono_us: Int64
    wall_us: Int64
    clock: Clock = Clock.UNKNOWN
    waiting: Int64 = 0
    journal_epoch: JournalEpoch | None = None
    position: Int64 = 0
    agent: AgentId = AgentId("")
    nonce: bytes = b""
    signature: bytes = b""


class Events(msgspec.Struct, frozen=True, tag="events"):
    """A batch of Facts in order. Rows stay raw: one bad row must not take the good ones down."""

    queue_epoch: QueueEpoch
    rows: list[msgspec.Raw]


class Heartbeat(msgspec.Struct, frozen=True, tag="heartbeat"):
    """How the agent is. `oldest_us` is the age of the oldest waiting row."""

    boot: BootId
    mono_us: Int64
    wall_us: Int64
    clock: Clock = Clock.UNKNOWN
    waiting: Int64 = 0
    oldest_us: Int64 | None = None
    readers: tuple[ReaderReport, ...] = ()
    kiosk_drawing: bool = False
    set_aside: Int64 = 0
    disk_free_bytes: Int64 | None = None
    temperature_c: float | None = None


class SignIn(msgspec.Struct, frozen=True, tag="sign_in"):
    """Somebody at the kiosk has shown this card and typed this PIN.

    `request` comes back with the answer. Never written down, never sent twice.
    """

    request: Annotated[str, msgspec.Meta(max_length=64)]
    person: PersonId
    card: CardUid
    pin: Pin

    def __repr__(self) -> str:
        """Leave the PIN out: what is printed ends in logs."""
        return f"SignIn(request={self.request!r})"


class Challenge(msgspec.Struct, frozen=True, tag="challenge"):
    """The server's first word: a fresh nonce for the agent to sign, and the site's public key."""

    nonce: bytes
    site_key: bytes
    protocol: int


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """The server accepts. `server_us` is its wall time in Unix microseconds.

    `signature` is by the site's key over `contract.proof.server_claim`.
    """

    protocol: int
    agent: AgentId
    name: str
    server_us: int
    site: str = ""
    languages: tuple[str, ...] = ("ja", "en")
    signature: bytes = b""


class RowStatus(enum.StrEnum):
    """What became of a row. All three are final: the server has it for good."""

    APPLIED = "applied"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"

    @classmethod
    def _missing_(cls, value: object) -> "RowStatus":
        return cls.APPLIED  # a newer release's word; an answer is always final


class RowAnswer(msgspec.Struct, frozen=True):
    """The server's first and only answer to a row, repeated when the row is."""

    id: EventId
    status: RowStatus
    reason: str = ""


class Ack(msgspec.Struct, frozen=True, tag="ack"):
    """These rows are committed. `items` is how the touched items now stand."""

    rows: tuple[RowAnswer, ...]
    items: tuple[ItemRow, ...] = ()


class Changes(msgspec.Struct, frozen=True, tag="changes"):
    """Replica rows as they now stand, complete up to `position`.

    `reset` begins a snapshot: the rows of this message and those that follow, up to the first one
    without `more`, replace the replica.
    """

    journal_epoch: JournalEpoch
    position: int
    people: tuple[PersonRow, ...] = ()
    items: tuple[ItemRow, ...] = ()
    gone: tuple[str, ...] = ()
    reset: bool = False
    more: bool = False


class SignInAnswer(msgspec.Struct, frozen=True, tag="sign_in_answer"):
    """The server's answer to a SignIn.

    `ticket` opens one session within the next minute; `minutes` is how long a lock still lasts.
    """

    request: str
    result: SignInResult
    ticket: str = ""
    minutes: int = 0

    def __repr__(self) -> str:
        """Leave the ticket out: what is printed ends in logs."""
        return f"SignInAnswer(request={self.request!r}, result={self.result!r})"


class NewEpoch(msgspec.Struct, frozen=True, tag="new_epoch"):
    """An old disk came back: begin a new queue epoch, keep every row and its id, send again."""

    reason: str = ""


class Goodbye(msgspec.Struct, frozen=True, tag="goodbye"):
    """Why the server ends the link: a stable code and a sentence."""

    code: str
    detail: str = ""


Up = Hello | Events | Heartbeat | SignIn
Down = Challenge | Welcome | Ack | Changes | SignInAnswer | NewEpoch | Goodbye

CLOSE_UNAUTHORIZED = 4001
CLOSE_MALFORMED = 4002
CLOSE_PROTOCOL = 4003
CLOSE_REPLACED = 4009
