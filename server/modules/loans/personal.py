"""What this module holds on a person: loans, conflicts, and entries that name them."""

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
    no_handles,
    redacted,
)
from server.modules.loans import events, store_privacy

_LOANS = (events.LENT, events.RETURNED, events.UNDONE, events.CANCELLED)
_UNKNOWN = (events.CARD_UNKNOWN, events.UNKNOWN_SETTLED)
_loan = msgspec.json.Decoder(events.LoanNews)


def personal_data() -> PersonalData:
    """Return what this module does about persons."""
    return PersonalData(no_handles, export, keeps, erase, redact)


async def export(connection: Connection, person: str) -> Sequence[Dataset]:
    """Return the person's loans, and conflicts about them."""
    return [
        Dataset("loans.loans", await store_privacy.loans_of(connection, person)),
        Dataset("loans.conflicts", await store_privacy.conflicts_of(connection, person)),
    ]


async def keeps(connection: Connection, person: str) -> Sequence[Kept]:
    """Return what must be settled first, and that loans stay for statistics."""
    counts = await store_privacy.count(connection, person)
    kept = [
        Kept("open_loans", counts.open_loans, blocks=True),
        Kept("open_conflicts", counts.open_conflicts, blocks=True),
        Kept("loans", counts.loans - counts.open_loans),
    ]
    return [each for each in kept if each.count]


async def erase(connection: Connection, erasure: Erasure) -> None:
    """Forget what people wrote about the person's loans, and cards that were never registered."""
    await store_privacy.forget_words(connection, erasure.person)
    await store_privacy.forget_unknown_cards(connection, sorted(erasure.handles))


def redact(entry: Entry, erasure: Erasure) -> Redacted | None:
    """Return an entry on a loan or a card of the person without what it says of them."""
    if entry.kind in _LOANS:
        loan = _loan.decode(entry.body)
        if loan.person == erasure.person:
            news = msgspec.structs.replace(loan, person_name=erasure.name, reason="")
            return redacted(entry, entry.subject, news)
    if entry.kind in _UNKNOWN and entry.subject in erasure.handles:
        return Redacted(MASK, bytes(entry.body))
    return None
