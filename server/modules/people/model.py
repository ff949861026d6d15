"""The words of this domain: persons and cards."""

import enum
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from contract.cards import CardUid, Technology
from contract.ids import ItemId, PersonId
from contract.replica import PersonStatus

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^\S(.*\S)?$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
Label = Annotated[str, msgspec.Meta(max_length=100)]
Notes = Annotated[str, msgspec.Meta(max_length=2000)]
UidText = Annotated[str, msgspec.Meta(min_length=8, max_length=100)]


class StatusChoice(enum.StrEnum):
    """What an admin can set a person to."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class PersonCard(msgspec.Struct, frozen=True):
    uid: CardUid
    technology: Technology
    blocked: bool


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the site; `reading` is the name in kana, `code` the employee code."""

    id: PersonId
    code: str
    name: str
    reading: str
    department: str
    section: str
    status: PersonStatus
    notes: str
    version: int
    created_at: datetime
    updated_at: datetime
    cards: tuple[PersonCard, ...] = ()
    erased: bool = False


class PersonDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person to be made."""

    code: Code
    name: Name
    reading: Label = ""
    department: Label = ""
    section: Label = ""
    status: StatusChoice = StatusChoice.ACTIVE
    notes: Notes = ""


class PersonChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a person; a field left out stays as it is."""

    code: Code | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    reading: Label | UnsetType = UNSET
    department: Label | UnsetType = UNSET
    section: Label | UnsetType = UNSET
    status: StatusChoice | UnsetType = UNSET
    notes: Notes | UnsetType = UNSET


class CardKind(enum.StrEnum):
    """Whose a card is."""

    PERSON = "person"
    ITEM = "item"


class Holder(msgspec.Struct, frozen=True):
    """Who or what a card stands for."""

    id: str
    code: str
    name: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A registered card."""

    uid: CardUid
    technology: Technology
    kind: CardKind
    blocked: bool
    blocked_at: datetime | None
    block_reason: str
    registered_at: datetime
    holder_id: str
    holder_code: str
    holder_name: str


class CardDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card to register, for a person or for an item."""

    uid: UidText
    technology: Technology = Technology.UNKNOWN
    person: PersonId | None = None
    item: ItemId | None = None


class BlockRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a card is blocked."""

    reason: Label = ""
