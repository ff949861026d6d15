"""This domain's public news: the kinds of its journal entries and their bodies."""

from typing import Final

import msgspec

PERSON_CREATED: Final = "people.person_created"
PERSON_CHANGED: Final = "people.person_changed"
CARD_REGISTERED: Final = "people.card_registered"
CARD_BLOCKED: Final = "people.card_blocked"
CARD_UNBLOCKED: Final = "people.card_unblocked"
CARD_REMOVED: Final = "people.card_removed"
PERSON_EXPORTED: Final = "people.person_exported"
PERSON_ERASED: Final = "people.person_erased"

CARD_KINDS: Final = (CARD_REGISTERED, CARD_BLOCKED, CARD_UNBLOCKED, CARD_REMOVED)

KINDS: Final = (
    PERSON_CREATED,
    PERSON_CHANGED,
    *CARD_KINDS,
    PERSON_EXPORTED,
    PERSON_ERASED,
)


class PersonNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the person kinds: values by field. Subject: the person's id.

    Of person_erased: code and name are those that stand for the person from now on.
    """

    code: str
    name: str
    before: dict[str, str] = {}
    after: dict[str, str] = {}


class CardNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the card kinds. Subject: the card's UID."""

    kind: str
    holder: str
    name: str
    reason: str = ""
