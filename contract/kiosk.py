"""Between an agent and its kiosk page: one WebSocket on loopback, JSON text messages.

The agent owns all state. It sends the whole State after each change; the page draws it and sends
what was touched. Any number of pages may look on; none of them decides anything.
"""

import enum

import msgspec

from contract.cards import CardProblem, CardUid, Technology
from contract.ids import EventId, ItemId, LoanId, PersonId
from contract.lending import Refusal
from contract.link import ReaderReport
from contract.sign_in import EnterPin, PinAnswer


class Tone(enum.StrEnum):
    """The sound that goes with a tap."""

    ASK = "ask"
    BORROWED = "borrowed"
    RETURNED = "returned"
    UNDONE = "undone"
    ERROR = "error"


class ItemView(msgspec.Struct, frozen=True):
    id: ItemId
    code: str
    name: str
    category: str = ""
    place: str = ""


class PersonView(msgspec.Struct, frozen=True):
    id: PersonId
    code: str
    name: str
    reading: str = ""


class LoanView(msgspec.Struct, frozen=True):
    """A loan as shown to its borrower. Times are Unix microseconds."""

    id: LoanId
    item: ItemView
    since_us: int
    due_us: int | None = None


class Line(msgspec.Struct, frozen=True):
    """One thing done in this session. `undo_ms` is what was left for undo when State was sent."""

    fact: EventId
    what: Tone
    item: ItemView
    borrower: PersonView | None = None
    undo_ms: int = 0
    due_us: int | None = None


class Waiting(msgspec.Struct, frozen=True, tag="waiting"):
    """Nothing is going on: tap an item or a staff card."""


class AskPerson(msgspec.Struct, frozen=True, tag="ask_person"):
    """Items lie ready; whose are they to be?"""

    items: tuple[ItemView, ...]
    ends_ms: int


class Session(msgspec.Struct, frozen=True, tag="session"):
    """A person is here: each item tapped is lent to them, or returned. Newest line first."""

    person: PersonView
    lines: tuple[Line, ...]
    loans: tuple[LoanView, ...]
    ends_ms: int


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Items came back (or an action was undone) with nobody's card shown. Newest line first."""

    lines: tuple[Line, ...]
    ends_ms: int


class UnknownCard(msgspec.Struct, frozen=True, tag="unknown_card"):
    """The card is nobody's. `problem` says why it never can be; None: an admin can register it."""

    card: CardUid
    technology: Technology
    ends_ms: int
    problem: CardProblem | None = None


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """A rule says no, before anything happened."""

    reason: Refusal
    ends_ms: int
    item: ItemView | None = None
    person: PersonView | None = None


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The agent could not write the fact down, so nothing happened: `disk_full`, `disk_error`."""

    code: str
    ends_ms: int


Screen = Waiting | AskPerson | Session | Done | UnknownCard | Refused | Failed


class Feedback(msgspec.Struct, frozen=True):
    """Sound and motion for one tap; a page plays each `number` once."""

    number: int
    tone: Tone


class LinkView(msgspec.Struct, frozen=True):
    """`problem` is a stable code or empty: `unreachable`, `unauthorized`, `revoked`, `other_site`,
    `not_enrolled`, `version`.
    """

    online: bool
    waiting: int
    problem: str = ""


class SiteView(msgspec.Struct, frozen=True):
    """A site that was found in the network. `id` is what PairWith names it by."""

    id: str
    name: str
    address: str = ""


class ChooseSite(msgspec.Struct, frozen=True, tag="choose_site"):
    """Which site shall this kiosk belong to? One of those found, or an address typed by hand.

    `problem` says why the last try gave no code: `bad_address`, `unreachable`, `certificate`,
    `busy`, `refused`, `disk`.
    """

    sites: tuple[SiteView, ...] = ()
    problem: str = ""
    address: str = ""


class AskingSite(msgspec.Struct, frozen=True, tag="asking_site"):
    """The site is asked for a code."""

    address: str


class ShowCode(msgspec.Struct, frozen=True, tag="show_code"):
    """The code for an admin to type. `problem` is `unreachable` while nobody answers."""

    code: str
    address: str
    ends_ms: int
    problem: str = ""


class ConfirmSite(msgspec.Struct, frozen=True, tag="confirm_site"):
    """It was approved, but by another site than before: shall `waiting` records go there?

    Somebody in the middle could approve as well; a person at the kiosk has to know of the change.
    """

    site: str
    address: str
    waiting: int


Pairing = ChooseSite | AskingSite | ShowCode | ConfirmSite


class State(msgspec.Struct, frozen=True, tag="state"):
    """Everything a kiosk page draws. `revision` grows by one with each message.

    `language` is the one that this kiosk begins with and comes home to. `pairing` is drawn in place
    of the waiting screen; cards work meanwhile.
    """

    revision: int
    screen: Screen
    readers: tuple[ReaderReport, ...]
    link: LinkView
    feedback: Feedback | None = None
    agent: str = ""
    site: str = ""
    server_us: int | None = None
    virtual: bool = False
    set_aside: int = 0
    language: str = "ja"
    pairing: Pairing | None = None


class SampleCard(msgspec.Struct, frozen=True):
    uid: CardUid
    title: str
    detail: str = ""
    on_loan: bool = False


class Samples(msgspec.Struct, frozen=True, tag="samples"):
    """Cards for the demo's drawer; only where the virtual reader is on."""

    people: tuple[SampleCard, ...]
    items: tuple[SampleCard, ...]


class Tap(msgspec.Struct, frozen=True, tag="tap"):
    """The drawer's card is held to the virtual reader; ignored where that is off."""

    uid: str
    technology: Technology = Technology.ISO14443A


class Undo(msgspec.Struct, frozen=True, tag="undo"):
    fact: EventId


class Finish(msgspec.Struct, frozen=True, tag="finish"):
    """End the session, or leave whatever is shown."""


class Extend(msgspec.Struct, frozen=True, tag="extend"):
    """The page was touched: the person is still here."""


class Drawing(msgspec.Struct, frozen=True, tag="drawing"):
    """Sent every 5 s from an animation frame: the page is connected and drawing."""


class AskSamples(msgspec.Struct, frozen=True, tag="ask_samples"):
    search: str = ""


class StartPairing(msgspec.Struct, frozen=True, tag="start_pairing"):
    """Somebody wants this kiosk paired (anew)."""


class PairWith(msgspec.Struct, frozen=True, tag="pair_with"):
    """The site was chosen: one that was found, or an address."""

    site: str = ""
    address: str = ""


class StopPairing(msgspec.Struct, frozen=True, tag="stop_pairing"):
    """Not now: back to the choice, or from there to the counter."""


class ConfirmPairing(msgspec.Struct, frozen=True, tag="confirm_pairing"):
    """Yes: what waits here goes to the other site."""


Pair = StartPairing | PairWith | StopPairing | ConfirmPairing
FromKiosk = (
    Tap
    | Undo
    | Finish
    | Extend
    | EnterPin
    | Drawing
    | AskSamples
    | StartPairing
    | PairWith
    | StopPairing
    | ConfirmPairing
)
ToKiosk = State | Samples | PinAnswer
