"""The words of this domain: items, categories, loans, unknown cards, conflicts."""

import enum
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from contract.cards import CardProblem, CardUid, Technology
from contract.ids import EventId, ItemId, LoanId, PersonId
from contract.replica import ItemStatus

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^\S(.*\S)?$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
Label = Annotated[str, msgspec.Meta(max_length=100)]
Notes = Annotated[str, msgspec.Meta(max_length=2000)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]


class ItemStatusChoice(enum.StrEnum):
    """What an admin can set an item to."""

    AVAILABLE = "available"
    MAINTENANCE = "maintenance"
    LOST = "lost"
    RETIRED = "retired"


class LoanState(enum.StrEnum):
    """`superseded`: a later fact says that somebody else has the item."""

    OPEN = "open"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class ConflictKind(enum.StrEnum):
    """How two facts, or a fact and a rule, disagree."""

    LENT_TWICE = "lent_twice"
    RETURN_WITHOUT_LOAN = "return_without_loan"
    PERSON_NOT_ALLOWED = "person_not_allowed"
    ITEM_NOT_LENDABLE = "item_not_lendable"
    CARD_BLOCKED = "card_blocked"
    UNDO_TOO_LATE = "undo_too_late"


class Resolution(enum.StrEnum):
    """How a conflict is settled. `later_fact` is the ledger's own: a late fact explained it."""

    KEEP = "keep"
    SWAP = "swap"
    RETURNED = "returned"
    NOTED = "noted"
    LATER_FACT = "later_fact"


class ItemTag(msgspec.Struct, frozen=True):
    uid: CardUid
    technology: Technology
    blocked: bool


class ItemLoan(msgspec.Struct, frozen=True):
    """Who has the item now."""

    id: LoanId
    person: PersonId
    person_code: str
    person_name: str
    since: datetime
    due: datetime | None
    overdue: bool


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that is lent."""

    id: ItemId
    code: str
    name: str
    category: str | None
    category_name: str
    loan_days: int | None
    place: str
    status: ItemStatus
    notes: str
    version: int
    created_at: datetime
    updated_at: datetime
    tags: tuple[ItemTag, ...] = ()
    loan: ItemLoan | None = None


class ItemDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item to be made; `category` is the id of one."""

    code: Code
    name: Name
    category: str | None = None
    place: Label = ""
    status: ItemStatusChoice = ItemStatusChoice.AVAILABLE
    notes: Notes = ""


class ItemChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of an item; a field left out stays as it is."""

    code: Code | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    category: str | UnsetType | None = UNSET
    place: Label | UnsetType = UNSET
    status: ItemStatusChoice | UnsetType = UNSET
    notes: Notes | UnsetType = UNSET


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of item; `loan_days` makes the due date, None: no due date."""

    id: str
    name: str
    name_en: str
    loan_days: int | None
    version: int
    items: int = 0


class CategoryDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    name_en: Label = ""
    loan_days: Days | None = None


class CategoryChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name | UnsetType = UNSET
    name_en: Label | UnsetType = UNSET
    loan_days: Days | UnsetType | None = UNSET


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """One loan as people read it. A time that is not `certain` came from a kiosk without clock."""

    id: LoanId
    item: ItemId
    item_code: str
    item_name: str
    person: PersonId
    person_code: str
    person_name: str
    state: LoanState
    borrowed_at: datetime
    borrowed_certain: bool
    due_at: datetime | None
    returned_at: datetime | None
    returned_certain: bool
    lent_by: str | None
    returned_by: str | None
    cancel_reason: str
    overdue: bool


class LendRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An admin hands out an item."""

    item: ItemId
    person: PersonId


class CancelRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why this loan should never have been."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]


class TagDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card to stick on an item."""

    uid: Annotated[str, msgspec.Meta(min_length=8, max_length=100)]
    technology: Technology = Technology.UNKNOWN


class UnknownState(enum.StrEnum):
    OPEN = "open"
    REGISTERED = "registered"
    DISMISSED = "dismissed"


class UnknownCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card that was presented and belongs to nobody. `problem`: why it never can."""

    uid: CardUid
    technology: Technology
    problem: CardProblem | None
    first_seen: datetime
    last_seen: datetime
    times: int
    agent_name: str | None
    state: UnknownState


class RegisterRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose the unknown card is to be."""

    person: PersonId | None = None
    item: ItemId | None = None


class ConflictState(enum.StrEnum):
    OPEN = "open"
    SETTLED = "settled"


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that disagree; `loans` are those concerned, oldest first."""

    id: str
    kind: ConflictKind
    item: ItemId
    item_code: str
    item_name: str
    person: PersonId | None
    person_name: str | None
    fact: EventId
    detail: str
    at: datetime
    opened_at: datetime
    state: ConflictState
    resolution: str
    note: str
    settled_by: str
    settled_at: datetime | None
    loans: tuple[Loan, ...] = ()


class SettleRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to settle: `keep` as it stands, `swap` to the other loan, item `returned`, or `noted`."""

    resolution: Resolution
    note: Notes = ""


class NamedCount(msgspec.Struct, frozen=True):
    name: str
    count: int


class DayCount(msgspec.Struct, frozen=True):
    """Loans begun on a day (`YYYY-MM-DD`, the site's zone)."""

    day: str
    count: int


class Summary(msgspec.Struct, frozen=True):
    """The dashboard's figures."""

    out: int
    overdue: int
    items: int
    people: int
    unknown_cards: int
    conflicts: int
    borrowed_today: int
    returned_today: int
    out_by_category: list[NamedCount]
    busiest_days: list[DayCount]
