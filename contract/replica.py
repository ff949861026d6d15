"""What a kiosk must know to decide alone: the rows of an agent's replica."""

import enum

import msgspec

from contract.cards import CardUid
from contract.ids import ItemId, LoanId, PersonId


class PersonStatus(enum.StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"
    UNRECOGNISED = "unrecognised"

    @classmethod
    def _missing_(cls, value: object) -> "PersonStatus":
        return cls.UNRECOGNISED  # said by a newer release


class ItemStatus(enum.StrEnum):
    """Where an item stands besides being on loan, which an open loan says."""

    AVAILABLE = "available"
    MAINTENANCE = "maintenance"
    LOST = "lost"
    RETIRED = "retired"
    UNRECOGNISED = "unrecognised"

    @classmethod
    def _missing_(cls, value: object) -> "ItemStatus":
        return cls.UNRECOGNISED  # said by a newer release


class CardRow(msgspec.Struct, frozen=True):
    """A card and whether it was blocked (lost, stolen)."""

    uid: CardUid
    blocked: bool = False


class PersonRow(msgspec.Struct, frozen=True):
    """A person as a kiosk knows them. `reading` is the name in kana."""

    id: PersonId
    code: str
    name: str
    reading: str = ""
    status: PersonStatus = PersonStatus.ACTIVE
    cards: tuple[CardRow, ...] = ()
    version: int = 0


class OpenLoan(msgspec.Struct, frozen=True):
    """Who has an item now. Times are Unix microseconds."""

    id: LoanId
    person: PersonId
    since_us: int
    due_us: int | None = None


class ItemRow(msgspec.Struct, frozen=True):
    """An item as a kiosk knows it. A row with a lower `version` than the stored one is stale."""

    id: ItemId
    code: str
    name: str
    category: str = ""
    place: str = ""
    status: ItemStatus = ItemStatus.AVAILABLE
    cards: tuple[CardRow, ...] = ()
    loan: OpenLoan | None = None
    loan_days: int | None = None
    version: int = 0
