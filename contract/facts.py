"""What happened at a kiosk. A fact is never refused: the person held the tool."""

import msgspec

from contract.cards import CardUid, Technology
from contract.ids import EventId, ItemId, LoanId, PersonId
from contract.moment import Moment


class Borrowed(msgspec.Struct, frozen=True, tag="borrowed"):
    """A person took an item. The loan's id is the id of this fact."""

    item: ItemId
    person: PersonId
    item_card: CardUid | None = None
    person_card: CardUid | None = None


class Returned(msgspec.Struct, frozen=True, tag="returned"):
    """An item came back. `loan` is the loan that the kiosk believed open."""

    item: ItemId
    loan: LoanId
    person: PersonId | None = None


class Undone(msgspec.Struct, frozen=True, tag="undone"):
    """The person took back an earlier fact of the same kiosk."""

    fact: EventId


class CardUnknown(msgspec.Struct, frozen=True, tag="card_unknown"):
    """A card that belongs to nobody and nothing was presented."""

    card: CardUid
    technology: Technology = Technology.UNKNOWN


FactBody = Borrowed | Returned | Undone | CardUnknown


class Fact(msgspec.Struct, frozen=True):
    """A row of an agent's queue: `id` for life, `seq` dense within the queue's epoch from 1."""

    id: EventId
    seq: int
    at: Moment
    body: FactBody
