"""What this module holds on a person: their data, their cards, and entries that name them."""

from collections.abc import Sequence

import msgspec

from server.kernel.database import Connection
from server.kernel.journal import Entry
from server.kernel.personal import (
    MASK,
    Dataset,
    Erasure,
    Kept,
    PersonalData,
    Redacted,
    masked,
    redacted,
)
from server.modules.people import events, store, store_privacy

_PERSON = (events.PERSON_CREATED, events.PERSON_CHANGED)
_person = msgspec.json.Decoder(events.PersonNews)
_card = msgspec.json.Decoder(events.CardNews)


def personal_data() -> PersonalData:
    """Return what this module does about persons."""
    return PersonalData(handles, export, keeps, erase, redact)


async def handles(connection: Connection, person: str) -> Sequence[str]:
    """Return the person's id and all cards they have or ever had."""
    return [person, *await store_privacy.cards_ever(connection, person)]


async def export(connection: Connection, person: str) -> Sequence[Dataset]:
    """Return the person's data and cards."""
    found = await store.persons_by_id(connection, [person])
    profile = [msgspec.to_builtins(each) | {"cards": None} for each in found]
    for row in profile:
        del row["cards"]
    return [
        Dataset("people.profile", profile),
        Dataset("people.cards", await store_privacy.cards_of(connection, person)),
    ]


async def keeps(_: Connection, __: str) -> Sequence[Kept]:
    """Return that a row stays, under a pseudonym, for what refers to it; and what is not here."""
    return [Kept("pseudonym", 1), Kept("journal", 1), Kept("backups", 1)]


async def erase(connection: Connection, erasure: Erasure) -> None:
    """Forget the cards, and who the person was."""
    await store_privacy.delete_cards(connection, erasure.person)
    await store_privacy.pseudonymise(connection, erasure.person, erasure.code, erasure.name)


def redact(entry: Entry, erasure: Erasure) -> Redacted | None:
    """Return an entry on a person or a card of theirs without what it says of them."""
    if entry.kind in _PERSON and entry.subject == erasure.person:
        person = _person.decode(entry.body)
        return redacted(
            entry,
            entry.subject,
            events.PersonNews(
                erasure.code, erasure.name, masked(person.before), masked(person.after)
            ),
        )
    if entry.kind in events.CARD_KINDS:
        card = _card.decode(entry.body)
        if card.holder == erasure.person:
            news = msgspec.structs.replace(card, name=erasure.name, reason="")
            return redacted(entry, MASK, news)
    return None
