"""This domain's public news: the kinds of its journal entries and their bodies."""

from datetime import datetime
from typing import Final

import msgspec

ITEM_CREATED: Final = "loans.item_created"
ITEM_CHANGED: Final = "loans.item_changed"
CATEGORY_CREATED: Final = "loans.category_created"
CATEGORY_CHANGED: Final = "loans.category_changed"
LENT: Final = "loans.lent"
RETURNED: Final = "loans.returned"
UNDONE: Final = "loans.undone"
CANCELLED: Final = "loans.cancelled"
CARD_UNKNOWN: Final = "loans.card_unknown"
UNKNOWN_SETTLED: Final = "loans.unknown_card_settled"
CONFLICT_OPENED: Final = "loans.conflict_opened"
CONFLICT_SETTLED: Final = "loans.conflict_settled"

KINDS: Final = (
    ITEM_CREATED,
    ITEM_CHANGED,
    CATEGORY_CREATED,
    CATEGORY_CHANGED,
    LENT,
    RETURNED,
    UNDONE,
    CANCELLED,
    CARD_UNKNOWN,
    UNKNOWN_SETTLED,
    CONFLICT_OPENED,
    CONFLICT_SETTLED,
)
# Entries whose subject is an item: what a replica must look at again.
ITEM_KINDS: Final = frozenset({ITEM_CREATED, ITEM_CHANGED, LENT, RETURNED, UNDONE, CANCELLED})


class ItemNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of item_* and category_*: values by field. Subject: the item's or category's id."""

    code: str
    name: str
    before: dict[str, str] = {}
    after: dict[str, str] = {}


class LoanNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of lent, returned, undone, cancelled. Subject: the item's id.

    `fact` is what happened, `at` when (`certain`: whether the kiosk's clock is to be believed).
    """

    fact: str
    loan: str
    item_code: str
    item_name: str
    person: str
    person_name: str
    state: str
    at: datetime
    certain: bool = True
    reason: str = ""


class UnknownNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of card_unknown and unknown_card_settled. Subject: the card's UID."""

    technology: str
    state: str
    holder: str = ""


class ConflictNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of conflict_opened and conflict_settled. Subject: the conflict's id."""

    kind: str
    item: str
    item_code: str
    item_name: str
    fact: str
    detail: str = ""
    resolution: str = ""
