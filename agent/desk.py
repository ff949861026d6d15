"""What a tap means. Pure: the same desk, tap and replica give the same answer, online or not.

A desk is in one of three stages (idle, holding items, attending a person), and may show a notice
over it for some seconds. Items and people are told apart by what the replica says of their cards.
Facts are decided here and written elsewhere: the caller adopts the new desk only once they are on
disk, and otherwise keeps the old one with `failed`.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace

from agent.replica import Replica
from contract.cards import CardProblem, CardUid, Technology, card_problem
from contract.facts import Borrowed, CardUnknown, FactBody, Returned, Undone
from contract.ids import EventId, ItemId, LoanId, PersonId
from contract.kiosk import Tone
from contract.lending import UNDO_SECONDS, Refusal, item_refusal, person_refusal
from contract.replica import ItemRow, PersonRow

BOUNCE_US = 1_000_000
UNDO_US = UNDO_SECONDS * 1_000_000
MAX_LINES = 40

NewId = Callable[[], EventId]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things stay, in microseconds."""

    session_us: int = 20_000_000
    ask_us: int = 20_000_000
    done_us: int = 6_000_000


@dataclass(frozen=True, slots=True)
class Tap:
    """One presentation of a card; `mono_us` is microseconds since boot."""

    card: CardUid
    reader: str
    technology: Technology
    mono_us: int


class Deed(enum.Enum):
    """What a line of the desk says was done."""

    BORROWED = Tone.BORROWED
    RETURNED = Tone.RETURNED
    UNDONE = Tone.UNDONE


@dataclass(frozen=True, slots=True)
class DoneLine:
    """One thing done at this desk; `until_us` is when its undo ends."""

    fact: EventId
    deed: Deed
    item: ItemId
    borrower: PersonId | None
    until_us: int


# --- stages


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody is here."""


@dataclass(frozen=True, slots=True)
class Held:
    """An item that lies ready, with the card it was told by."""

    item: ItemId
    card: CardUid


@dataclass(frozen=True, slots=True)
class Holding:
    """Items wait for a person."""

    items: tuple[Held, ...]
    ends_us: int


@dataclass(frozen=True, slots=True)
class Attending:
    """A person is here."""

    person: PersonId
    card: CardUid
    lines: tuple[DoneLine, ...]
    ends_us: int


Stage = Idle | Holding | Attending


# --- notices


@dataclass(frozen=True, slots=True)
class DoneNotice:
    """Something was done with nobody's card shown."""

    lines: tuple[DoneLine, ...]
    ends_us: int


@dataclass(frozen=True, slots=True)
class UnknownNotice:
    card: CardUid
    technology: Technology
    problem: CardProblem | None
    ends_us: int


@dataclass(frozen=True, slots=True)
class RefusedNotice:
    reason: Refusal
    item: ItemId | None
    person: PersonId | None
    ends_us: int


@dataclass(frozen=True, slots=True)
class FailedNotice:
    code: str
    ends_us: int


Notice = DoneNotice | UnknownNotice | RefusedNotice | FailedNotice


@dataclass(frozen=True, slots=True)
class Desk:
    """One kiosk's state. `recent` are the lines that may still be undone, newest first."""

    timing: Timing = Timing()
    stage: Stage = Idle()
    notice: Notice | None = None
    recent: tuple[DoneLine, ...] = ()
    last_tap: tuple[tuple[str, CardUid, int], ...] = ()

    def deadline_us(self) -> int | None:
        """Return when something ends by itself next."""
        ends = [self.notice.ends_us] if self.notice is not None else []
        if not isinstance(self.stage, Idle):
            ends.append(self.stage.ends_us)
        return min(ends, default=None)


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact to be written down, under the id that its loan will carry."""

    id: EventId
    body: FactBody


@dataclass(frozen=True, slots=True)
class Decision:
    """The desk as it is once `facts` are on disk, and the sound that says so."""

    desk: Desk
    facts: tuple[NewFact, ...] = ()
    tone: Tone | None = None


def decide(desk: Desk, tap: Tap, replica: Replica, new_id: NewId) -> Decision:
    """Say what a tap means, what is to be written down, and what the desk then waits for."""
    now_us = tap.mono_us
    if _bounces(desk, tap):
        return Decision(_tapped(desk, tap))
    desk = _tapped(extend(desk, now_us), tap)
    holder = replica.holder(tap.card)
    problem = card_problem(tap.card, tap.technology)
    if problem is not None or holder is None:
        notice = UnknownNotice(tap.card, tap.technology, problem, now_us + desk.timing.done_us)
        # A card that is another one each time tells an admin nothing.
        body = CardUnknown(tap.card, tap.technology)
        facts = (NewFact(new_id(), body),) if problem is None else ()
        return Decision(replace(desk, notice=notice), facts, Tone.ERROR)
    if isinstance(holder.row, ItemRow):
        return _item_tapped(desk, tap, holder.row, holder.blocked, new_id, replica)
    return _person_tapped(desk, tap, holder.row, holder.blocked, new_id, replica)


def undo(desk: Desk, fact: EventId, now_us: int, replica: Replica, new_id: NewId) -> Decision:
    """Take back an own fact within its time, unless something happened to the item since."""
    desk = expire(desk, now_us)
    line = next((line for line in desk.recent if line.fact == fact), None)
    if line is None or not undoable(line, desk.recent, now_us, replica):
        return Decision(desk, tone=Tone.ERROR)
    undone = replace(line, deed=Deed.UNDONE, until_us=now_us)

    def swap(lines: tuple[DoneLine, ...]) -> tuple[DoneLine, ...]:
        return tuple(undone if each.fact == fact else each for each in lines)

    stage, notice = desk.stage, desk.notice
    if isinstance(stage, Attending):
        lines = swap(stage.lines)
        if undone not in lines:
            lines = (undone, *lines)[:MAX_LINES]
        stage = replace(stage, lines=lines, ends_us=now_us + desk.timing.session_us)
        notice = None
    else:
        shown = swap(notice.lines) if isinstance(notice, DoneNotice) else ()
        if undone not in shown:
            shown = (undone, *shown)
        notice = DoneNotice(shown, now_us + desk.timing.done_us)
    recent = tuple(each for each in desk.recent if each.fact != fact)
    changed = replace(desk, stage=stage, notice=notice, recent=recent)
    return Decision(changed, (NewFact(new_id(), Undone(fact)),), Tone.UNDONE)


def undoable(line: DoneLine, recent: tuple[DoneLine, ...], now_us: int, replica: Replica) -> bool:
    """Say whether a line may be undone now: in time, the item's latest, and still so."""
    if line.deed is Deed.UNDONE or now_us >= line.until_us:
        return False
    latest = next((each for each in recent if each.item == line.item), None)
    row = replica.item(line.item)
    if latest is None or latest.fact != line.fact or row is None:
        return False
    if line.deed is Deed.BORROWED:
        return row.loan is not None and row.loan.id == LoanId(line.fact)
    return row.loan is None


def finish(desk: Desk) -> Desk:
    """End what is shown: a notice first, else the session or the items that lie ready."""
    if desk.notice is not None and not isinstance(desk.notice, DoneNotice):
        return replace(desk, notice=None)
    return replace(desk, notice=None, stage=Idle())


def extend(desk: Desk, now_us: int) -> Desk:
    """The screen was touched: begin the waiting time anew."""
    desk = expire(desk, now_us)
    stage = desk.stage
    if isinstance(stage, Attending):
        stage = replace(stage, ends_us=now_us + desk.timing.session_us)
    elif isinstance(stage, Holding):
        stage = replace(stage, ends_us=now_us + desk.timing.ask_us)
    return replace(desk, stage=stage)


def expire(desk: Desk, now_us: int) -> Desk:
    """Drop what has ended by now; the same desk if nothing has."""
    stage, notice = desk.stage, desk.notice
    if not isinstance(stage, Idle) and stage.ends_us <= now_us:
        stage = Idle()
    if notice is not None and notice.ends_us <= now_us:
        notice = None
    recent = tuple(line for line in desk.recent if now_us < line.until_us)
    if stage is desk.stage and notice is desk.notice and len(recent) == len(desk.recent):
        return desk
    return replace(desk, stage=stage, notice=notice, recent=recent)


def failed(desk: Desk, code: str, now_us: int) -> Desk:
    """Say that the facts of a decision could not be written; all else stays as it was."""
    return replace(desk, notice=FailedNotice(code, now_us + desk.timing.done_us))


# --- items


def _item_tapped(
    desk: Desk, tap: Tap, item: ItemRow, blocked: bool, new_id: NewId, replica: Replica
) -> Decision:
    if item.loan is not None:
        return _give_back(desk, tap.mono_us, item, new_id)
    refusal = Refusal.CARD_BLOCKED if blocked else item_refusal(item.status)
    if refusal is not None:
        return _refuse(desk, refusal, tap.mono_us, item=item.id)
    stage = desk.stage
    if isinstance(stage, Attending):
        person = replica.person(stage.person)
        gone = Refusal.PERSON_LEFT if person is None else person_refusal(person.status)
        if gone is not None:
            return _refuse(desk, gone, tap.mono_us, person=stage.person)
        held = (Held(item.id, tap.card),)
        return _lend(desk, held, stage.person, stage.card, tap.mono_us, new_id, replica)
    ends_us = tap.mono_us + desk.timing.ask_us
    lying = stage.items if isinstance(stage, Holding) else ()
    if all(held.item != item.id for held in lying):
        lying = (*lying, Held(item.id, tap.card))
    return Decision(replace(desk, stage=Holding(lying, ends_us), notice=None), tone=Tone.ASK)


def _give_back(desk: Desk, now_us: int, item: ItemRow, new_id: NewId) -> Decision:
    assert item.loan is not None
    fact = NewFact(new_id(), Returned(item.id, item.loan.id, item.loan.person))
    line = DoneLine(fact.id, Deed.RETURNED, item.id, item.loan.person, now_us + UNDO_US)
    return Decision(_with_lines(desk, (line,), now_us), (fact,), Tone.RETURNED)


def _lend(
    desk: Desk,
    items: tuple[Held, ...],
    person: PersonId,
    card: CardUid,
    now_us: int,
    new_id: NewId,
    replica: Replica,
) -> Decision:
    """Lend items to the person attended; one that may not go is named, the others go."""
    facts: list[NewFact] = []
    lines: list[DoneLine] = []
    refused: RefusedNotice | None = None
    for held in items:
        row = replica.item(held.item)
        refusal = Refusal.STATUS_UNKNOWN if row is None else item_refusal(row.status)
        if row is None or refusal is not None:
            reason = refusal or Refusal.STATUS_UNKNOWN
            refused = RefusedNotice(reason, held.item, None, now_us + desk.timing.done_us)
            continue
        if row.loan is not None:
            # Lent elsewhere while it lay here: it is here, so it has come back.
            facts.append(NewFact(new_id(), Returned(row.id, row.loan.id, row.loan.person)))
        fact = NewFact(new_id(), Borrowed(held.item, person, held.card, card))
        facts.append(fact)
        lines.append(DoneLine(fact.id, Deed.BORROWED, held.item, person, now_us + UNDO_US))
    desk = _with_lines(desk, tuple(reversed(lines)), now_us)
    if refused is not None:
        desk = replace(desk, notice=refused)
    tone = Tone.ERROR if refused is not None else Tone.BORROWED
    return Decision(desk, tuple(facts), tone)


def _with_lines(desk: Desk, lines: tuple[DoneLine, ...], now_us: int) -> Desk:
    """Show lines in the session, or in a notice where nobody is attended."""
    recent = (*lines, *desk.recent)[:MAX_LINES]
    stage, notice = desk.stage, desk.notice
    if isinstance(stage, Attending):
        stage = replace(
            stage,
            lines=(*lines, *stage.lines)[:MAX_LINES],
            ends_us=now_us + desk.timing.session_us,
        )
        return replace(desk, stage=stage, notice=None, recent=recent)
    if isinstance(stage, Holding):
        stage = replace(stage, ends_us=now_us + desk.timing.ask_us + desk.timing.done_us)
    shown = notice.lines if isinstance(notice, DoneNotice) else ()
    done = DoneNotice((*lines, *shown)[:MAX_LINES], now_us + desk.timing.done_us)
    return replace(desk, stage=stage, notice=done, recent=recent)


# --- people


def _person_tapped(
    desk: Desk, tap: Tap, person: PersonRow, blocked: bool, new_id: NewId, replica: Replica
) -> Decision:
    refusal = Refusal.CARD_BLOCKED if blocked else person_refusal(person.status)
    if refusal is not None:
        return _refuse(desk, refusal, tap.mono_us, person=person.id)
    stage = desk.stage
    if isinstance(stage, Attending) and stage.person == person.id:
        if desk.notice is not None:
            # The person answers a refusal or an unknown card by showing theirs: they stay.
            return Decision(replace(extend(desk, tap.mono_us), notice=None), tone=Tone.ASK)
        return Decision(replace(desk, stage=Idle()), tone=Tone.ASK)
    waiting = stage.items if isinstance(stage, Holding) else ()
    attending = Attending(person.id, tap.card, (), tap.mono_us + desk.timing.session_us)
    desk = replace(desk, stage=attending, notice=None)
    if not waiting:
        return Decision(desk, tone=Tone.ASK)
    return _lend(desk, waiting, person.id, tap.card, tap.mono_us, new_id, replica)


def _refuse(
    desk: Desk,
    reason: Refusal,
    now_us: int,
    *,
    item: ItemId | None = None,
    person: PersonId | None = None,
) -> Decision:
    notice = RefusedNotice(reason, item, person, now_us + desk.timing.done_us)
    return Decision(replace(desk, notice=notice), tone=Tone.ERROR)


# --- bounce


def _bounces(desk: Desk, tap: Tap) -> bool:
    """A card that trembles on the reader's edge is one tap."""
    return any(
        reader == tap.reader and card == tap.card and tap.mono_us - last < BOUNCE_US
        for reader, card, last in desk.last_tap
    )


def _tapped(desk: Desk, tap: Tap) -> Desk:
    others = tuple(entry for entry in desk.last_tap if entry[0] != tap.reader)
    return replace(desk, last_tap=(*others, (tap.reader, tap.card, tap.mono_us))[-8:])
