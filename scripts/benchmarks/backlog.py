"""Taps that waited while the server was away: made up, queued as the agent queues them, audited."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from agent.outbox import Draft, Outbox
from contract.cards import CardUid
from contract.facts import Borrowed, Returned
from contract.ids import BootId, EventId, ItemId, LoanId, PersonId, new_id
from contract.moment import Clock, Moment
from server.kernel.database import connect

T = TypeVar("T")

_SEED = 20_261_121
# A tap each third of a second at the busiest counter: 10,000 of them are an hour.
_APART_US = 333_000


@dataclass(frozen=True, slots=True)
class Thing:
    """A person or an item of the database, with its card."""

    id: str
    card: CardUid


@dataclass(frozen=True, slots=True)
class Things:
    """Who may borrow what."""

    people: Sequence[Thing]
    items: Sequence[Thing]

    def part(self, number: int, parts: int) -> "Things":
        """Return all people and one part of the items."""
        return Things(self.people, self.items[number::parts])


@dataclass(frozen=True, slots=True)
class Waited:
    """One tap that waits."""

    draft: Draft
    at: Moment


class WrongLedger(Exception):
    """Facts are missing from the ledger, or are there twice: what was timed is no drain."""


async def read_things(dsn: str) -> Things:
    """Return the database's people and items that have a card."""
    async with connect(dsn) as connection:
        people = await connection.fetch(
            "select person as id, uid from people.card where person is not null order by uid"
        )
        items = await connection.fetch("select item as id, uid from loans.tag order by uid")
    return Things(
        [Thing(row["id"], CardUid(row["uid"])) for row in people],
        [Thing(row["id"], CardUid(row["uid"])) for row in items],
    )


class Past:
    """The hours in which taps were made: each backlog follows the one before it."""

    def __init__(self, hours: float = 48) -> None:
        self._boot = BootId(new_id())  # the box has been switched off since
        self._began_us = self._next_us = time.time_ns() // 1_000 - int(hours * 3_600_000_000)
        self._chance = random.Random(_SEED)

    def backlog(self, things: Things, taps: int, *, from_us: int | None = None) -> list[Waited]:
        """Return an even number of taps in random order that leave every item returned.

        At most half of the items are out at once. `from_us` puts a backlog beside another.
        """
        wall_us = self._next_us if from_us is None else from_us
        free, out = list(things.items), list[tuple[Thing, Thing, EventId]]()
        waited: list[Waited] = []
        while len(waited) < taps:
            rest = taps - len(waited)
            borrow = len(out) < rest and (
                not out or (len(out) * 2 < len(things.items) and self._chance.random() < 0.5)
            )
            fact = EventId(new_id())
            if borrow:
                item, person = _taken(free, self._chance), self._chance.choice(things.people)
                out.append((item, person, fact))
                draft = Draft(
                    fact, Borrowed(ItemId(item.id), PersonId(person.id), item.card, person.card)
                )
            else:
                item, person, loan = _taken(out, self._chance)
                free.append(item)
                draft = Draft(fact, Returned(ItemId(item.id), LoanId(loan), PersonId(person.id)))
            wall_us += _APART_US
            mono_us = wall_us - self._began_us
            waited.append(Waited(draft, Moment(self._boot, mono_us, wall_us, Clock.KNOWN)))
        self._next_us = max(self._next_us, wall_us)
        return waited

    @property
    def now_us(self) -> int:
        """When the last backlog ended, in Unix microseconds."""
        return self._next_us


async def queue(folder: Path, waited: Sequence[Waited]) -> None:
    """Write the taps into the queue of an agent that does not run, each for itself as it does."""
    async with Outbox.open(folder / "outbox.db") as outbox:
        for each in waited:
            await outbox.append([each.draft], each.at)


async def audit(dsn: str, waited: Sequence[Waited]) -> None:
    """Check that each fact was applied exactly once. Raises WrongLedger."""
    facts = [each.draft.id for each in waited]
    loans = [each.draft.id for each in waited if isinstance(each.draft.body, Borrowed)]
    async with connect(dsn) as connection:
        found = await connection.fetchrow(
            """
            select (select count(*) from devices.receipt
                     where id = any($1) and status = 'applied') as receipts,
                   (select count(*) from loans.loan
                     where id = any($2) and state = 'returned') as loans,
                   (select count(distinct return_fact) from loans.loan
                     where id = any($2) and return_fact = any($1)) as returns,
                   (select count(*) from journal.entry e
                     where e.module = 'loans' and e.body->>'fact' = any($3)) as entries,
                   (select count(*) from loans.conflict where fact = any($1)) as conflicts
            """,
            facts,
            loans,
            list(facts),
        )
    half = len(loans)
    expected = (len(facts), half, half, len(facts), 0)
    if found is None or tuple(found.values()) != expected:
        raise WrongLedger(f"receipts, loans, returns, entries, conflicts: {found} != {expected}")


def _taken(from_list: list[T], chance: random.Random) -> T:
    """Take a random element out of a list."""
    where = chance.randrange(len(from_list))
    from_list[where], from_list[-1] = from_list[-1], from_list[where]
    return from_list.pop()
