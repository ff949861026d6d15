"""When a card counts as presented anew: pure bookkeeping, one presentation is one tap."""

import enum
from dataclasses import dataclass, replace

from contract.cards import CardUid, Technology, card_problem

GONE_AFTER_US = 300_000
SETTLE_US = 1_000_000


class Sight(enum.Enum):
    """What a look at a card slot showed."""

    NOTHING_NEW = enum.auto()
    PRESENTED = enum.auto()
    LYING_THERE = enum.auto()
    MAYBE_THE_SAME = enum.auto()


@dataclass(frozen=True, slots=True)
class Slot:
    """One PC/SC reader's card slot as last seen.

    `count` counts insertions and removals modulo 65536. `uid` is the card that is there, None if
    it could not be read; `missed` is the card that was there when the reader or pcscd went away,
    remembered until it is seen again or SETTLE_US have passed since `watched_us`.
    """

    present: bool
    count: int
    uid: CardUid | None
    missed: CardUid | None = None
    watched_us: int = 0
    watched: bool = True

    def lost(self) -> "Slot":
        """Return the slot as it is known while nobody watches it."""
        return replace(self, watched=False, missed=self.uid if self.present else self.missed)


def look(before: Slot | None, *, present: bool, count: int, now_us: int) -> tuple[Slot, Sight]:
    """Take a look at a slot: how it is now (its `uid` still unread), and what that means.

    The count shows a quick swap between two looks. A card that lay there when the reader was
    first seen was presented to nobody. A reader that comes back may first say it is empty, then
    find the card that lay there all the while.
    """
    if before is None:
        sight = Sight.LYING_THERE if present else Sight.NOTHING_NEW
        return Slot(present, count, None, watched_us=now_us), sight
    watched_us = before.watched_us if before.watched else now_us
    settling = now_us - watched_us <= SETTLE_US
    missed = before.missed if settling else None
    now = Slot(present, count, None, None if present else missed, watched_us)
    if not present:
        return now, Sight.NOTHING_NEW
    if before.watched and before.present and (count - before.count) & 0xFFFF < 2:
        return replace(now, uid=before.uid), Sight.NOTHING_NEW
    return now, Sight.PRESENTED if missed is None else Sight.MAYBE_THE_SAME


@dataclass(frozen=True, slots=True)
class InField:
    """The card in the field of a reader that is asked again and again; `last_us` when last seen."""

    uid: CardUid
    technology: Technology
    last_us: int


def sensed(
    before: InField | None, uid: CardUid, technology: Technology, now_us: int
) -> tuple[InField, bool]:
    """Take a card that answered; the second value says whether it was presented anew.

    A card whose UID changes at each activation (a phone, a My Number card) shows another UID at
    each look: another such UID without a gap is still the same presentation.
    """
    if before is None:
        return InField(uid, technology, now_us), True
    same = before.technology is technology and (
        before.uid == uid
        or None not in (card_problem(before.uid, technology), card_problem(uid, technology))
    )
    return InField(uid, technology, now_us), not same


def nothing_sensed(before: InField | None, now_us: int) -> InField | None:
    """Take a look that no card answered: one miss at the edge of the field is no removal."""
    if before is not None and now_us - before.last_us >= GONE_AFTER_US:
        return None
    return before
