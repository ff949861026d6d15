"""The rules that a kiosk applies alone and the server checks again."""

import enum

from contract.replica import ItemStatus, PersonStatus

UNDO_SECONDS = 30


class Refusal(enum.StrEnum):
    """Why an item is not handed out."""

    PERSON_SUSPENDED = "person_suspended"
    PERSON_LEFT = "person_left"
    CARD_BLOCKED = "card_blocked"
    ITEM_MAINTENANCE = "item_maintenance"
    ITEM_LOST = "item_lost"
    ITEM_RETIRED = "item_retired"
    STATUS_UNKNOWN = "status_unknown"


_PERSON = {
    PersonStatus.ACTIVE: None,
    PersonStatus.SUSPENDED: Refusal.PERSON_SUSPENDED,
    PersonStatus.LEFT: Refusal.PERSON_LEFT,
    PersonStatus.UNRECOGNISED: Refusal.STATUS_UNKNOWN,
}
_ITEM = {
    ItemStatus.AVAILABLE: None,
    ItemStatus.MAINTENANCE: Refusal.ITEM_MAINTENANCE,
    # A lost item on a reader has been found: lending it would hide that.
    ItemStatus.LOST: Refusal.ITEM_LOST,
    ItemStatus.RETIRED: Refusal.ITEM_RETIRED,
    ItemStatus.UNRECOGNISED: Refusal.STATUS_UNKNOWN,
}


def person_refusal(status: PersonStatus) -> Refusal | None:
    """Say why this person may borrow nothing, or None."""
    return _PERSON[status]


def item_refusal(status: ItemStatus) -> Refusal | None:
    """Say why this item may not be borrowed, or None."""
    return _ITEM[status]
