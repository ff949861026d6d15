"""What facts do to the ledger. Pure: no I/O, no clock.

A `Ledger` holds the rows that a batch of facts touches; applying a fact changes them and says what
came of it. Facts are never refused for what they say: where two disagree, both are kept and a
conflict is opened. Only a fact about things that do not exist is meaningless.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from contract.facts import Borrowed, Returned, Undone
from contract.ids import EventId, ItemId, LoanId, PersonId
from contract.lending import Refusal, item_refusal, person_refusal
from contract.replica import ItemStatus, PersonStatus
from server.modules.loans.model import ConflictKind, LoanState, Resolution

UNDO_REASON = "undo"
# Two kiosks' clocks may differ by this much; within it the order of arrival decides.
CLOCK_TOLERANCE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who reports a fact and when it happened. `agent` None: an admin did it in a browser."""

    fact: EventId
    at: datetime
    certain: bool
    agent: str | None


@dataclass(slots=True)
class LoanRow:
    """A loan as the ledger changes it."""

    id: LoanId
    item: ItemId
    person: PersonId
    state: LoanState
    borrowed_at: datetime
    borrowed_certain: bool
    lent_by: str | None
    due_at: datetime | None
    returned_at: datetime | None = None
    returned_certain: bool = True
    return_fact: EventId | None = None
    returned_by: str | None = None
    cancel_reason: str = ""


@dataclass(slots=True)
class ItemLine:
    """An item as the ledger changes it."""

    id: ItemId
    code: str
    name: str
    status: ItemStatus
    loan_days: int | None
    moved_at: datetime | None
    last_loan: LoanId | None
    version: int


@dataclass(frozen=True, slots=True)
class PersonLine:
    id: PersonId
    name: str
    status: PersonStatus


@dataclass(slots=True)
class ConflictRow:
    """Two facts that disagree; `loan` stands, `other` had to give way."""

    id: str
    kind: ConflictKind
    item: ItemId
    person: PersonId | None
    fact: EventId
    loan: LoanId | None
    other: LoanId | None
    at: datetime
    detail: str = ""
    resolution: Resolution | None = None


@dataclass(frozen=True, slots=True)
class Meaningless:
    """The fact is about something that does not exist here; `reason` is a stable code."""

    reason: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a fact did. `conflicts` were opened by it."""

    what: str
    loan: LoanRow
    at: datetime
    certain: bool
    conflicts: tuple[ConflictRow, ...] = ()


@dataclass(slots=True)
class Ledger:
    """The rows that a batch of facts touches, by id.

    `conflicts` are the open ones, and those opened by a fact that is taken back.
    """

    items: dict[ItemId, ItemLine] = field(default_factory=dict)
    persons: dict[PersonId, PersonLine] = field(default_factory=dict)
    loans: dict[LoanId, LoanRow] = field(default_factory=dict)
    conflicts: dict[str, ConflictRow] = field(default_factory=dict)
    blocked_cards: frozenset[str] = frozenset()
    touched_items: dict[ItemId, None] = field(default_factory=dict)
    touched_loans: dict[LoanId, None] = field(default_factory=dict)
    new_loans: dict[LoanId, None] = field(default_factory=dict)
    new_conflicts: dict[str, None] = field(default_factory=dict)
    settled: dict[str, None] = field(default_factory=dict)
    _open: dict[ItemId, LoanId] = field(default_factory=dict)
    _by_return: dict[EventId, list[LoanId]] = field(default_factory=dict)

    def load(self, loan: LoanRow) -> None:
        """Take in a loan as the database has it."""
        self.loans[loan.id] = loan
        if loan.state is LoanState.OPEN:
            self._open[loan.item] = loan.id
        if loan.return_fact is not None:
            self._by_return.setdefault(loan.return_fact, []).append(loan.id)

    def open_loan(self, item: ItemId) -> LoanRow | None:
        """Return who has the item."""
        loan = self._open.get(item)
        return self.loans[loan] if loan is not None else None

    def borrow(self, fact: Borrowed, on: Occasion) -> Effect | Meaningless:
        """A person took an item: a loan begins, and whatever contradicts it is noted."""
        item = self.items.get(fact.item)
        if item is None:
            return Meaningless("unknown_item")
        person = self.persons.get(fact.person)
        if person is None:
            return Meaningless("unknown_person")
        loan = LoanRow(
            id=LoanId(on.fact),
            item=item.id,
            person=person.id,
            state=LoanState.OPEN,
            borrowed_at=on.at,
            borrowed_certain=on.certain,
            lent_by=on.agent,
            due_at=on.at + timedelta(days=item.loan_days) if item.loan_days else None,
        )
        conflicts = list(self._broken_rules(fact, item, person, on))
        standing = self.open_loan(item.id)
        rival = standing or self.loans.get(item.last_loan or LoanId(""))
        if self._is_late(item, on) and rival is not None:
            # Its time is before what is known already: history, not where the item is now.
            loan.state = LoanState.SUPERSEDED
            conflicts.append(self._lent_twice(rival, loan, on))
        else:
            if standing is not None:
                self._move(standing, LoanState.SUPERSEDED)
                conflicts.append(self._lent_twice(loan, standing, on))
            self._open[item.id] = loan.id
            self._moved(item, on, loan.id)
        self.loans[loan.id] = loan
        self.new_loans[loan.id] = None
        self._touch(loan)
        return Effect("lent", loan, on.at, on.certain, self._opened(conflicts))

    def give_back(self, fact: Returned, on: Occasion) -> Effect | Meaningless:
        """An item came back: its loan ends, whichever it is."""
        item = self.items.get(fact.item)
        if item is None:
            return Meaningless("unknown_item")
        loan = self.loans.get(fact.loan)
        if loan is not None and loan.item != item.id:
            return Meaningless("loan_of_other_item")
        standing = self.open_loan(item.id)
        conflicts: list[ConflictRow] = []
        if loan is not None and loan.state in (LoanState.OPEN, LoanState.SUPERSEDED):
            explains = loan.state is LoanState.SUPERSEDED
            self._close(loan, on)
            if explains:
                self._explained(loan, on)
        else:
            conflicts.append(
                self._conflict(
                    ConflictKind.RETURN_WITHOUT_LOAN,
                    item.id,
                    on,
                    person=loan.person if loan else fact.person,
                    loan=loan.id if loan else None,
                    detail="" if loan else "loan_unknown",
                )
            )
        # The item lay on the reader: whoever was thought to have it since before that, has not.
        if (
            standing is not None
            and standing is not loan
            and not (on.certain and standing.borrowed_certain and on.at < standing.borrowed_at)
        ):
            self._close(standing, on)
            loan = loan or standing
        if loan is None:
            loan = self.loans.get(item.last_loan or LoanId(""))
        self._moved(item, on, None)
        if loan is None:
            return Meaningless("unknown_loan")
        self._touch(loan)
        return Effect("returned", loan, on.at, on.certain, self._opened(conflicts))

    def undo(self, fact: Undone, on: Occasion) -> Effect | Meaningless:
        """A person took back a borrow or a return of the same kiosk."""
        borrowed = self.loans.get(LoanId(fact.fact))
        if borrowed is not None:
            return self._undo_borrow(borrowed, on)
        ended = [self.loans[loan] for loan in self._by_return.get(fact.fact, ())]
        if ended:
            return self._undo_return(ended, fact.fact, on)
        stray = next(
            (
                conflict
                for conflict in self.conflicts.values()
                if conflict.fact == fact.fact and conflict.kind is ConflictKind.RETURN_WITHOUT_LOAN
            ),
            None,
        )
        if stray is not None:
            return self._undo_stray_return(stray, on)
        return Meaningless("unknown_fact")

    def cancel(self, loan: LoanRow, on: Occasion, reason: str) -> Effect:
        """This loan never was. A cancelled loan blocks nothing."""
        if loan.state is LoanState.OPEN:
            del self._open[loan.item]
            self._moved(self.items[loan.item], on, None)
        self._move(loan, LoanState.CANCELLED)
        loan.returned_at = None
        loan.cancel_reason = reason
        return Effect("cancelled", loan, on.at, on.certain)

    def settle(self, conflict: ConflictRow, resolution: Resolution, on: Occasion) -> list[Effect]:
        """Do what the admin decided, and close the conflict."""
        effects: list[Effect] = []
        standing = self.open_loan(conflict.item)
        if resolution is Resolution.RETURNED and standing is not None:
            self._close(standing, on)
            self._moved(self.items[conflict.item], on, None)
            effects.append(Effect("returned", standing, on.at, on.certain))
        other = self.loans.get(conflict.other or LoanId(""))
        if resolution is Resolution.SWAP and other is not None:
            if standing is not None and standing is not other:
                self._move(standing, LoanState.SUPERSEDED)
                del self._open[conflict.item]
            self._reopen(other)
            effects.append(Effect("lent", other, on.at, on.certain))
        self._settle(conflict, resolution)
        return effects

    # -- what the commands above are made of

    def _broken_rules(
        self, fact: Borrowed, item: ItemLine, person: PersonLine, on: Occasion
    ) -> Iterator[ConflictRow]:
        checks: tuple[tuple[ConflictKind, Refusal | None], ...] = (
            (ConflictKind.PERSON_NOT_ALLOWED, person_refusal(person.status)),
            (ConflictKind.ITEM_NOT_LENDABLE, item_refusal(item.status)),
            (
                ConflictKind.CARD_BLOCKED,
                Refusal.CARD_BLOCKED
                if self.blocked_cards & {fact.item_card, fact.person_card}
                else None,
            ),
        )
        for kind, refusal in checks:
            if refusal is not None:
                yield self._conflict(
                    kind,
                    item.id,
                    on,
                    person=person.id,
                    loan=LoanId(on.fact),
                    detail=refusal.value,
                )

    def _lent_twice(self, stands: LoanRow, gives_way: LoanRow, on: Occasion) -> ConflictRow:
        return self._conflict(
            ConflictKind.LENT_TWICE,
            stands.item,
            on,
            person=gives_way.person,
            loan=stands.id,
            other=gives_way.id,
        )

    def _undo_borrow(self, loan: LoanRow, on: Occasion) -> Effect:
        if loan.state is LoanState.RETURNED or loan.state is LoanState.CANCELLED:
            conflict = self._conflict(
                ConflictKind.UNDO_TOO_LATE, loan.item, on, person=loan.person, loan=loan.id
            )
            self._touch(loan)
            return Effect("undone", loan, on.at, on.certain, self._opened([conflict]))
        effect = self.cancel(loan, on, UNDO_REASON)
        for conflict in self._open_conflicts_of(loan.id):
            if conflict.loan == loan.id and conflict.other is not None:
                displaced = self.loans[conflict.other]
                if displaced.state is LoanState.SUPERSEDED and not self.open_loan(loan.item):
                    self._reopen(displaced)
            self._settle(conflict, Resolution.LATER_FACT)
        return Effect("undone", loan, effect.at, effect.certain)

    def _undo_return(self, ended: list[LoanRow], fact: EventId, on: Occasion) -> Effect:
        last = max(ended, key=lambda loan: loan.borrowed_at)
        if last.return_fact != fact or self.open_loan(last.item) is not None:
            conflict = self._conflict(
                ConflictKind.UNDO_TOO_LATE, last.item, on, person=last.person, loan=last.id
            )
            self._touch(last)
            return Effect("undone", last, on.at, on.certain, self._opened([conflict]))
        self._reopen(last)
        return Effect("undone", last, on.at, on.certain)

    def _undo_stray_return(self, stray: ConflictRow, on: Occasion) -> Effect | Meaningless:
        """A return that ended no loan is taken back: the person has what nobody lent them."""
        loan = self.loans.get(stray.loan or self.items[stray.item].last_loan or LoanId(""))
        if loan is None:
            return Meaningless("unknown_loan")
        if stray.resolution is None:
            self._settle(stray, Resolution.LATER_FACT)
        conflict = self._conflict(
            ConflictKind.UNDO_TOO_LATE, stray.item, on, person=stray.person, loan=loan.id
        )
        self._touch(loan)
        return Effect("undone", loan, on.at, on.certain, self._opened([conflict]))

    def _explained(self, loan: LoanRow, on: Occasion) -> None:
        """A superseded loan ended after all: if before the other began, nothing disagrees."""
        for conflict in self._open_conflicts_of(loan.id):
            stands = self.loans.get(conflict.loan or LoanId(""))
            if (
                conflict.kind is ConflictKind.LENT_TWICE
                and conflict.other == loan.id
                and stands is not None
                and on.at <= stands.borrowed_at
            ):
                self._settle(conflict, Resolution.LATER_FACT)

    def _open_conflicts_of(self, loan: LoanId) -> list[ConflictRow]:
        return [
            conflict
            for conflict in self.conflicts.values()
            if conflict.resolution is None and loan in (conflict.loan, conflict.other)
        ]

    def _settle(self, conflict: ConflictRow, resolution: Resolution) -> None:
        conflict.resolution = resolution
        self.settled[conflict.id] = None

    def _close(self, loan: LoanRow, on: Occasion) -> None:
        if self._open.get(loan.item) == loan.id:
            del self._open[loan.item]
        self._move(loan, LoanState.RETURNED)
        loan.returned_at = max(on.at, loan.borrowed_at)
        loan.returned_certain = on.certain
        loan.return_fact = on.fact
        loan.returned_by = on.agent
        self._by_return.setdefault(on.fact, []).append(loan.id)

    def _reopen(self, loan: LoanRow) -> None:
        self._move(loan, LoanState.OPEN)
        loan.returned_at = None
        loan.return_fact = None
        loan.returned_by = None
        self._open[loan.item] = loan.id
        self.items[loan.item].last_loan = loan.id

    def _move(self, loan: LoanRow, state: LoanState) -> None:
        loan.state = state
        self._touch(loan)

    def _touch(self, loan: LoanRow) -> None:
        self.touched_loans[loan.id] = None
        self.touched_items[loan.item] = None

    def _moved(self, item: ItemLine, on: Occasion, loan: LoanId | None) -> None:
        if on.certain and (item.moved_at is None or on.at > item.moved_at):
            item.moved_at = on.at
        if loan is not None:
            item.last_loan = loan

    @staticmethod
    def _is_late(item: ItemLine, on: Occasion) -> bool:
        return (
            on.certain and item.moved_at is not None and (on.at < item.moved_at - CLOCK_TOLERANCE)
        )

    def _conflict(
        self,
        kind: ConflictKind,
        item: ItemId,
        on: Occasion,
        *,
        person: PersonId | None = None,
        loan: LoanId | None = None,
        other: LoanId | None = None,
        detail: str = "",
    ) -> ConflictRow:
        # Named by its fact and kind, so that a fact applied again opens it once.
        name = str(uuid5(UUID(on.fact), kind.value))
        return ConflictRow(name, kind, item, person, on.fact, loan, other, on.at, detail)

    def _opened(self, conflicts: list[ConflictRow]) -> tuple[ConflictRow, ...]:
        for conflict in conflicts:
            self.conflicts[conflict.id] = conflict
            self.new_conflicts[conflict.id] = None
        return tuple(conflicts)
