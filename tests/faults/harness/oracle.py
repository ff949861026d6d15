"""Which facts contradict each other, told from the journal alone and by its own small rules.

It knows of an item only who has it. Where an undo or an admin makes that unsure, it says nothing
until the item is given back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

LENT_TWICE = "lent_twice"
RETURN_WITHOUT_LOAN = "return_without_loan"


@dataclass(frozen=True)
class Change:
    """An item changed hands, as the journal tells it."""

    position: int
    kind: str
    item: str
    fact: str
    loan: str
    person: str
    state: str
    at: datetime
    certain: bool


@dataclass
class _Item:
    holder: Change | None = None
    displaced: dict[str, Change] = field(default_factory=dict)
    maybe: dict[str, Change] = field(default_factory=dict)
    sure: bool = True


class Oracle:
    """Feed it the journal's changes in order."""

    def __init__(self) -> None:
        self._items: dict[str, _Item] = {}
        self.expected: set[tuple[str, str]] = set()  # (fact, kind of conflict)

    def read(self, changes: Iterable[Change]) -> None:
        """Take in what the journal says next."""
        for change in changes:
            item = self._items.setdefault(change.item, _Item())
            match change.kind:
                case "loans.lent":
                    self._lent(item, change)
                case "loans.returned":
                    self._returned(item, change)
                case "loans.undone" | "loans.cancelled":
                    item.maybe[change.loan] = change  # it may be open again, or not
                    item.sure = False

    def _lent(self, item: _Item, change: Change) -> None:
        if item.sure and item.holder is not None:
            self.expected.add((change.fact, LENT_TWICE))
        if change.state == "superseded":  # it happened before what is known: history
            item.displaced[change.loan] = change
            return
        if item.holder is not None:
            item.displaced[item.holder.loan] = item.holder
        item.holder = change

    def _returned(self, item: _Item, change: Change) -> None:
        holder = item.holder
        known = {*item.displaced, *item.maybe}
        if holder is not None:
            known.add(holder.loan)
        if item.sure and change.loan not in known:
            self.expected.add((change.fact, RETURN_WITHOUT_LOAN))
        item.displaced.pop(change.loan, None)
        if holder is None or holder.loan == change.loan or not _before(change, holder):
            item.holder = None  # it lay on the reader: nobody has it
            if not any(_before(change, loan) for loan in item.maybe.values()):
                item.sure = True


def _before(change: Change, loan: Change) -> bool:
    return change.certain and loan.certain and change.at < loan.at
