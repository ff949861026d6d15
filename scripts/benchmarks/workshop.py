"""A workshop to measure with: people and items, each with one card, and who taps what next."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contract.cards import CardUid, Technology
from server.kernel.database import Connection, Database
from server.kernel.journal import Journal
from server.modules.loans.facts import FactKeeper
from server.modules.loans.model import ItemDraft
from server.modules.loans.service import Loans
from server.modules.loans.tags import Tags
from server.modules.people.model import CardDraft, PersonDraft
from server.modules.people.service import People

ACTOR = "system:benchmark"
_SEED = 20_261_120


@dataclass(frozen=True, slots=True)
class Stock:
    """The cards of a filled workshop; the person of code P00007 holds `people[7]`."""

    people: Sequence[CardUid]
    items: Sequence[CardUid]

    def alternating(self) -> Iterator[CardUid]:
        """Yield an item's card, a person's, an item's and so on, at random, the same each run."""
        chance = random.Random(_SEED)
        for number in itertools.count():
            yield chance.choice(self.people if number % 2 else self.items)

    def last_item(self) -> str:
        """Return the code of the last item made."""
        return item_code(len(self.items) - 1)


def item_code(number: int) -> str:
    """Return the code of an item."""
    return f"T{number:05}"


async def fill(dsn: str, *, people: int, items: int) -> Stock:
    """Put people and items with cards into a migrated database, as the admin pages would."""
    stock = Stock(
        [CardUid(f"0114{number:012X}") for number in range(people)],
        [CardUid(f"04{number:010X}80") for number in range(items)],
    )
    async with Database.open(dsn) as database:
        journal, tags = Journal(database), Tags()
        staff = People(journal, tags)
        loans = Loans(journal, staff, FactKeeper(journal))

        async def work(connection: Connection) -> None:
            for number, uid in enumerate(stock.people):
                person = PersonDraft(
                    code=f"P{number:05}", name=f"佐藤 {number}", reading=f"さとう {number}"
                )
                made = await staff.create(connection, ACTOR, person)
                card = CardDraft(uid=uid, technology=Technology.FELICA, person=made.id)
                await staff.register_card(connection, ACTOR, card)
            for number, uid in enumerate(stock.items):
                item = ItemDraft(
                    code=item_code(number), name=f"トルクレンチ {number}", place="工具室 A棚"
                )
                thing = await loans.create_item(connection, ACTOR, item)
                card = CardDraft(uid=uid, technology=Technology.ISO14443A, item=thing.id)
                await staff.register_card(connection, ACTOR, card)

        await database.run(work)
    return stock
