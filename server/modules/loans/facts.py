"""From facts to ledger and journal: the one way in which an item changes hands.

Kiosks' batches and an admin's clicks take the same path. Runs inside the caller's transaction.
"""

from collections.abc import Sequence

import msgspec

from contract.facts import Borrowed, CardUnknown, Fact, Returned, Undone
from contract.link import RowAnswer, RowStatus
from contract.replica import ItemRow
from server.kernel.database import Connection
from server.kernel.journal import Journal, NewEntry
from server.modules.devices.facts import FactResults, ReceivedFact
from server.modules.loans import events, store, store_ledger
from server.modules.loans.rules import (
    ConflictRow,
    Effect,
    Ledger,
    Meaningless,
    Occasion,
)

MODULE = "loans"
_KIND = {
    "lent": events.LENT,
    "returned": events.RETURNED,
    "undone": events.UNDONE,
    "cancelled": events.CANCELLED,
}


class FactKeeper:
    """Applies facts. Implements `devices.facts.FactHandler`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def apply(self, connection: Connection, received: Sequence[ReceivedFact]) -> FactResults:
        """Apply facts in order, all in the caller's transaction; say what became of each.

        A fact that means nothing here is answered QUARANTINED; the caller keeps it.
        """
        ledger = await load_for(connection, [each.fact for each in received])
        answers: list[RowAnswer] = []
        news: list[NewEntry] = []
        unknown: list[ReceivedFact] = []
        for each in received:
            body = each.fact.body
            on = Occasion(each.fact.id, each.at, each.certain, each.agent)
            if isinstance(body, CardUnknown):
                unknown.append(each)
                answers.append(RowAnswer(each.fact.id, RowStatus.APPLIED))
                continue
            effect = _decide(ledger, body, on)
            if isinstance(effect, Meaningless):
                answers.append(RowAnswer(each.fact.id, RowStatus.QUARANTINED, effect.reason))
                continue
            news += _effect_news(ledger, effect, on, f"agent:{each.agent}")
            status = RowStatus.CONFLICT if effect.conflicts else RowStatus.APPLIED
            answers.append(
                RowAnswer(each.fact.id, status, ",".join(c.kind.value for c in effect.conflicts))
            )
        await self.write(connection, ledger, "ledger", news)
        await self._note_unknown(connection, unknown)
        items = await store.replica_items(connection, list(ledger.touched_items))
        return FactResults(answers, items)

    async def items_of(self, connection: Connection, facts: Sequence[Fact]) -> list[ItemRow]:
        """Return how the items that these facts, applied before, are about now stand."""
        ledger = await load_for(connection, facts)
        return await store.replica_items(connection, list(ledger.items))

    async def write(
        self, connection: Connection, ledger: Ledger, actor: str, news: Sequence[NewEntry]
    ) -> None:
        """Write the ledger's changes and their journal entries."""
        await store_ledger.write(connection, ledger, actor)
        settled = [
            conflict_entry(ledger, ledger.conflicts[i], events.CONFLICT_SETTLED, actor, None)
            for i in ledger.settled
        ]
        await self._journal.append(connection, [*news, *settled])

    async def _note_unknown(self, connection: Connection, received: Sequence[ReceivedFact]) -> None:
        cards = [
            (body.card, body.technology.value, each.at, each.agent)
            for each in received
            if isinstance(body := each.fact.body, CardUnknown)
        ]
        agents: dict[str, str] = {card[0]: card[3] for card in cards}
        for uid, technology, state in await store_ledger.note_unknown_cards(connection, cards):
            news = events.UnknownNews(technology, state)
            agent = agents[uid]
            await self._journal.tell(
                connection, f"agent:{agent}", events.CARD_UNKNOWN, uid, news, device=agent
            )


async def load_for(connection: Connection, facts: Sequence[Fact]) -> Ledger:
    """Return a ledger with all rows that these facts touch."""
    bodies = [fact.body for fact in facts]
    borrowed = [body for body in bodies if isinstance(body, Borrowed)]
    returned = [body for body in bodies if isinstance(body, Returned)]
    return await store_ledger.load(
        connection,
        items={body.item for body in borrowed} | {body.item for body in returned},
        persons={body.person for body in borrowed},
        loans={body.loan for body in returned},
        facts={body.fact for body in bodies if isinstance(body, Undone)},
        cards={card for body in borrowed for card in (body.item_card, body.person_card) if card},
    )


def _decide(
    ledger: Ledger, body: Borrowed | Returned | Undone, on: Occasion
) -> Effect | Meaningless:
    match body:
        case Borrowed():
            return ledger.borrow(body, on)
        case Returned():
            return ledger.give_back(body, on)
        case Undone():
            return ledger.undo(body, on)


def _effect_news(ledger: Ledger, effect: Effect, on: Occasion, actor: str) -> list[NewEntry]:
    return [
        loan_entry(ledger, effect, on, actor),
        *(
            conflict_entry(ledger, conflict, events.CONFLICT_OPENED, actor, on.agent)
            for conflict in effect.conflicts
        ),
    ]


def loan_entry(ledger: Ledger, effect: Effect, on: Occasion, actor: str) -> NewEntry:
    """Return the journal entry of an item that changed hands."""
    loan = effect.loan
    item = ledger.items[loan.item]
    news = events.LoanNews(
        fact=on.fact,
        loan=loan.id,
        item_code=item.code,
        item_name=item.name,
        person=loan.person,
        person_name=ledger.persons[loan.person].name,
        state=loan.state.value,
        at=effect.at,
        certain=effect.certain,
        reason=loan.cancel_reason,
    )
    return NewEntry(
        actor=actor,
        device=on.agent,
        module=MODULE,
        kind=_KIND[effect.what],
        subject=loan.item,
        body=msgspec.json.encode(news),
    )


def conflict_entry(
    ledger: Ledger, conflict: ConflictRow, kind: str, actor: str, device: str | None
) -> NewEntry:
    """Return the journal entry of a conflict that was opened or settled."""
    item = ledger.items[conflict.item]
    news = events.ConflictNews(
        kind=conflict.kind.value,
        item=item.id,
        item_code=item.code,
        item_name=item.name,
        fact=conflict.fact,
        detail=conflict.detail,
        resolution=conflict.resolution.value if conflict.resolution else "",
    )
    return NewEntry(
        actor=actor,
        device=device,
        module=MODULE,
        kind=kind,
        subject=conflict.id,
        body=msgspec.json.encode(news),
    )
