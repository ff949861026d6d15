"""A small workshop to test with: people, items, cards, moments."""

import itertools
from collections.abc import Callable

from agent.replica import Replica
from contract.cards import CardUid
from contract.ids import BootId, EventId, ItemId, JournalEpoch, LoanId, PersonId, new_id
from contract.link import Changes
from contract.moment import Clock, Moment
from contract.replica import CardRow, ItemRow, ItemStatus, OpenLoan, PersonRow, PersonStatus

YAMADA_CARD = CardUid("0123456789ABCDEF")
SATO_CARD = CardUid("01AAAAAAAAAAAAAA")
WRENCH_CARD = CardUid("04A1B2C3D4E5F6")
CALIPER_CARD = CardUid("04B1B2C3D4E5F6")
UNKNOWN_CARD = CardUid("04FFFFFFFFFFFF")
BOOT = BootId("7fc76897-96a6-4ac8-aac9-51b3c3055351")
NOON_US = 1_795_000_000_000_000


def person(
    name: str = "山田 太郎",
    card: CardUid = YAMADA_CARD,
    *,
    status: PersonStatus = PersonStatus.ACTIVE,
    blocked: bool = False,
    version: int = 1,
) -> PersonRow:
    """Return a person whose id is their card's."""
    return PersonRow(
        PersonId(f"person-{card}"),
        f"E{card[-4:]}",
        name,
        "やまだ たろう",
        status,
        (CardRow(card, blocked),),
        version,
    )


def item(
    name: str = "トルクレンチ",
    card: CardUid = WRENCH_CARD,
    *,
    status: ItemStatus = ItemStatus.AVAILABLE,
    blocked: bool = False,
    lent_to: PersonRow | None = None,
    loan_days: int | None = None,
    version: int = 1,
) -> ItemRow:
    """Return an item whose id is its card's."""
    loan = OpenLoan(LoanId(f"loan-{card}"), lent_to.id, NOON_US) if lent_to is not None else None
    return ItemRow(
        id=ItemId(f"item-{card}"),
        code=f"T{card[:4]}",
        name=name,
        status=status,
        cards=(CardRow(card, blocked),),
        loan=loan,
        loan_days=loan_days,
        version=version,
    )


def replica(*rows: PersonRow | ItemRow, position: int = 1) -> Replica:
    """Return a replica that holds these rows."""
    made = Replica()
    made.apply(snapshot(*rows, position=position))
    return made


def snapshot(*rows: PersonRow | ItemRow, position: int = 1, more: bool = False) -> Changes:
    """Return a snapshot of these rows, or its first part."""
    return Changes(
        JournalEpoch("journal-1"),
        position,
        tuple(row for row in rows if isinstance(row, PersonRow)),
        tuple(row for row in rows if isinstance(row, ItemRow)),
        reset=True,
        more=more,
    )


def moment(mono_us: int = 1_000_000, clock: Clock = Clock.KNOWN, boot: BootId = BOOT) -> Moment:
    """Return a moment of the test's boot."""
    return Moment(boot, mono_us, NOON_US + mono_us, clock)


def event_id() -> EventId:
    """Return a fresh id as an agent makes them."""
    return EventId(new_id())


def numbered_ids() -> Callable[[], EventId]:
    """Return a source of readable ids: fact-1, fact-2 and so on."""
    numbers = itertools.count(1)
    return lambda: EventId(f"fact-{next(numbers)}")
