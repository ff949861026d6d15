"""What this agent knows of people and items: the server's rows, and on top its own unsent facts.

Pure memory, no I/O; `agent.replica_file` keeps the server's rows on disk. A fact that the server
has not yet answered is laid over the rows, so that a tap made offline shows at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from contract.cards import CardUid
from contract.facts import Borrowed, Fact, Returned, Undone
from contract.ids import EventId, ItemId, JournalEpoch, LoanId, PersonId
from contract.link import Changes
from contract.replica import CardRow, ItemRow, OpenLoan, PersonRow

DAY_US = 24 * 60 * 60 * 1_000_000
MAX_REMEMBERED_RETURNS = 256


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom or what a card belongs to."""

    row: PersonRow | ItemRow
    blocked: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What must be written to disk after an application: all rows, or only the touched ones."""

    everything: bool = False
    people: tuple[PersonRow, ...] = ()
    items: tuple[ItemRow, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(slots=True)
class Rows:
    """The server's rows, by id, with an index of cards."""

    people: dict[PersonId, PersonRow] = field(default_factory=dict)
    items: dict[ItemId, ItemRow] = field(default_factory=dict)
    cards: dict[CardUid, tuple[PersonRow | ItemRow, CardRow]] = field(default_factory=dict)
    lent: dict[PersonId, set[ItemId]] = field(default_factory=dict)

    def put_person(self, row: PersonRow) -> bool:
        """Take a row unless it or a newer one is here; say whether it was taken."""
        old = self.people.get(row.id)
        if old is not None and (row.version < old.version or row == old):
            return False
        self._forget_cards(old)
        self.people[row.id] = row
        self._index_cards(row)
        return True

    def put_item(self, row: ItemRow) -> bool:
        """Take a row unless it or a newer one is here; say whether it was taken."""
        old = self.items.get(row.id)
        if old is not None and (row.version < old.version or row == old):
            return False
        self._forget_cards(old)
        self._forget_loan(old)
        self.items[row.id] = row
        self._index_cards(row)
        if row.loan is not None:
            self.lent.setdefault(row.loan.person, set()).add(row.id)
        return True

    def drop(self, key: str) -> None:
        """Forget a person or an item."""
        self._forget_cards(self.people.pop(PersonId(key), None))
        item = self.items.pop(ItemId(key), None)
        self._forget_cards(item)
        self._forget_loan(item)

    def _index_cards(self, row: PersonRow | ItemRow) -> None:
        for card in row.cards:
            self.cards[card.uid] = (row, card)

    def _forget_cards(self, row: PersonRow | ItemRow | None) -> None:
        for card in row.cards if row is not None else ():
            # The card may have moved to another row meanwhile.
            holder = self.cards.get(card.uid)
            if holder is not None and holder[0].id == row.id:  # type: ignore[union-attr]
                del self.cards[card.uid]

    def _forget_loan(self, row: ItemRow | None) -> None:
        if row is not None and row.loan is not None:
            items = self.lent[row.loan.person]
            items.discard(row.id)
            if not items:
                del self.lent[row.loan.person]


@dataclass(frozen=True, slots=True)
class _Effect:
    """What one unsent fact did: the item's loan after it."""

    fact: EventId
    item: ItemId
    loan: OpenLoan | None


class Replica:
    """The rows that decisions are made from."""

    def __init__(self) -> None:
        self._rows = Rows()
        self._staged: Rows | None = None
        self._effects: dict[EventId, _Effect] = {}
        self._overlaid: dict[ItemId, list[_Effect]] = {}
        self._before_return: dict[EventId, tuple[ItemId, OpenLoan]] = {}
        self.journal_epoch: JournalEpoch | None = None
        self.position = 0

    # --- questions

    def holder(self, card: CardUid) -> Holder | None:
        """Say whom or what a card belongs to; an item as it stands with unsent facts."""
        found = self._rows.cards.get(card)
        if found is None:
            return None
        row, which = found
        if isinstance(row, ItemRow):
            return Holder(self._overlay(row), which.blocked)
        return Holder(row, which.blocked)

    def person(self, key: PersonId) -> PersonRow | None:
        """Return a person's row."""
        return self._rows.people.get(key)

    def item(self, key: ItemId) -> ItemRow | None:
        """Return an item as it stands with unsent facts."""
        row = self._rows.items.get(key)
        return None if row is None else self._overlay(row)

    def people(self) -> Iterable[PersonRow]:
        """Return all people."""
        return self._rows.people.values()

    def items(self) -> Iterable[ItemRow]:
        """Return all items as they stand with unsent facts."""
        return map(self._overlay, self._rows.items.values())

    def loans_of(self, person: PersonId) -> list[ItemRow]:
        """Return the items that a person has, longest held first."""
        keys = self._rows.lent.get(person, set()) | self._overlaid.keys()
        held = []
        for row in map(self.item, keys):
            if row is not None and row.loan is not None and row.loan.person == person:
                held.append((row.loan.since_us, row.code, row))
        return [row for _, _, row in sorted(held, key=lambda entry: entry[:2])]

    # --- own facts

    def note(self, fact: Fact) -> None:
        """Lay an own fact over the rows until the server answers it."""
        match fact.body:
            case Borrowed(item=key, person=person):
                row = self.item(key)
                days = row.loan_days if row is not None else None
                since = fact.at.wall_us
                due = None if days is None else since + days * DAY_US
                self._lay(_Effect(fact.id, key, OpenLoan(LoanId(fact.id), person, since, due)))
            case Returned(item=key):
                row = self.item(key)
                if row is not None and row.loan is not None:
                    self._remember_return(fact.id, key, row.loan)
                self._lay(_Effect(fact.id, key, None))
            case Undone(fact=target):
                self._lay_undo(fact.id, target)
            case _:
                pass

    def answered(self, facts: Iterable[EventId], items: Iterable[ItemRow]) -> Written:
        """Take the server's answer: the rows as they now stand, and the facts they contain."""
        taken = tuple(row for row in items if self._put_item(row))
        for fact in facts:
            effect = self._effects.pop(fact, None)
            if effect is None:
                continue
            effects = self._overlaid[effect.item]
            effects.remove(effect)
            if not effects:
                del self._overlaid[effect.item]
        return Written(items=taken)

    # --- the server's feed

    def load(self, rows: Rows, epoch: JournalEpoch | None, position: int) -> None:
        """Begin with rows read from disk."""
        self._rows, self.journal_epoch, self.position = rows, epoch, position

    def apply(self, changes: Changes) -> Written | None:
        """Take rows from the feed; None while a snapshot is incomplete and nothing is in force."""
        if changes.reset:
            self._staged = Rows()
        target = self._staged if self._staged is not None else self._rows
        people = tuple(row for row in changes.people if target.put_person(row))
        items = tuple(row for row in changes.items if target.put_item(row))
        for key in changes.gone:
            target.drop(key)
        if self._staged is not None:
            if changes.more:
                return None
            self._rows, self._staged = self._staged, None
            self.journal_epoch, self.position = changes.journal_epoch, changes.position
            return Written(everything=True)
        # What follows a snapshot may come in parts that begin before it.
        if changes.journal_epoch == self.journal_epoch:
            self.position = max(self.position, changes.position)
        else:
            self.journal_epoch, self.position = changes.journal_epoch, changes.position
        return Written(people=people, items=items, gone=changes.gone)

    def abandon_snapshot(self) -> None:
        """Forget an incomplete snapshot: the connection that sent it is gone."""
        self._staged = None

    def rows(self) -> Rows:
        """Return the server's rows, without unsent facts."""
        return self._rows

    # --- inside

    def _put_item(self, row: ItemRow) -> bool:
        if self._staged is not None and row.id in self._staged.items:
            self._staged.put_item(row)
        return self._rows.put_item(row)

    def _overlay(self, row: ItemRow) -> ItemRow:
        effects = self._overlaid.get(row.id)
        return msgspec.structs.replace(row, loan=effects[-1].loan) if effects else row

    def _lay(self, effect: _Effect) -> None:
        self._effects[effect.fact] = effect
        self._overlaid.setdefault(effect.item, []).append(effect)

    def _lay_undo(self, fact: EventId, target: EventId) -> None:
        undone = self._effects.get(target)
        if target in self._before_return:
            key, loan = self._before_return[target]
            self._lay(_Effect(fact, key, loan))
        elif undone is not None:
            # A loan is undone to nothing: it began with nobody having the item.
            self._lay(_Effect(fact, undone.item, None))
        else:
            for row in self._rows.items.values():
                if row.loan is not None and row.loan.id == LoanId(target):
                    self._lay(_Effect(fact, row.id, None))
                    break

    def _remember_return(self, fact: EventId, item: ItemId, loan: OpenLoan) -> None:
        self._before_return[fact] = (item, loan)
        while len(self._before_return) > MAX_REMEMBERED_RETURNS:
            del self._before_return[next(iter(self._before_return))]


def find(rows: Iterable[PersonRow | ItemRow], search: str, limit: int) -> list[PersonRow | ItemRow]:
    """Return rows with a card whose name, code or reading contains `search`, by code."""
    wanted = search.casefold().strip()

    def matches(row: PersonRow | ItemRow) -> bool:
        reading = row.reading if isinstance(row, PersonRow) else ""
        return any(wanted in text.casefold() for text in (row.name, row.code, reading))

    with_card = (row for row in rows if row.cards and matches(row))
    return sorted(with_card, key=lambda row: row.code)[:limit]
