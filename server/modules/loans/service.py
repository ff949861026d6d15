"""An admin's commands on items and loans; each writes its journal entry with it."""

import datetime as dt
from collections.abc import Sequence

import asyncpg
import msgspec
from msgspec import UNSET

from contract.facts import Borrowed, Returned
from contract.ids import EventId, ItemId, LoanId, new_id
from contract.lending import item_refusal, person_refusal
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import (
    AlreadyThere,
    Conflicting,
    Invalid,
    NotFound,
    PreconditionFailed,
)
from server.modules.loans import events, store, store_ledger, store_loans
from server.modules.loans.facts import FactKeeper, loan_entry
from server.modules.loans.model import (
    Category,
    CategoryChange,
    CategoryDraft,
    Conflict,
    ConflictState,
    Item,
    ItemChange,
    ItemDraft,
    Loan,
    LoanState,
    RegisterRequest,
    SettleRequest,
    UnknownCard,
    UnknownState,
)
from server.modules.loans.rules import Effect, Ledger, LoanRow, Meaningless, Occasion
from server.modules.people.model import CardDraft
from server.modules.people.service import People, checked_id, fields_of


class Loans:
    """Items, categories, loans, unknown cards, conflicts. Runs in the caller's transaction."""

    def __init__(self, journal: Journal, people: People, facts: FactKeeper) -> None:
        self._journal = journal
        self._people = people
        self._facts = facts

    async def item(self, connection: Connection, item: str) -> Item:
        """Return one item. Raises NotFound."""
        found = await store.items_by_id(connection, [checked_id(item)])
        if not found:
            raise NotFound()
        return found[0]

    async def create_item(self, connection: Connection, actor: str, draft: ItemDraft) -> Item:
        """Make an item. Raises AlreadyThere for a taken code, Invalid for no such category."""
        item = ItemId(new_id())
        try:
            async with connection.transaction():
                await store.insert_item(connection, item, draft)
        except asyncpg.UniqueViolationError as error:
            raise AlreadyThere(field="code", value=draft.code) from error
        except (asyncpg.ForeignKeyViolationError, asyncpg.DataError) as error:
            raise Invalid(field="category", expected="category id") from error
        news = events.ItemNews(draft.code, draft.name, after=fields_of(draft))
        await self._journal.tell(connection, actor, events.ITEM_CREATED, item, news)
        return await self.item(connection, item)

    async def change_item(
        self,
        connection: Connection,
        actor: str,
        item: str,
        change: ItemChange,
        expected_version: int,
    ) -> Item:
        """Change an item. Raises NotFound, PreconditionFailed, AlreadyThere, Invalid."""
        if not await store.lock_item(connection, checked_id(item)):
            raise NotFound()
        before = await self.item(connection, item)
        if before.version != expected_version:
            raise PreconditionFailed(current=before.version)
        return await self.apply_change(connection, actor, before, change)

    async def apply_change(
        self, connection: Connection, actor: str, before: Item, change: ItemChange
    ) -> Item:
        """Change an item whose row the caller holds; nothing is written if nothing differs."""
        old, new = differences(before, change)
        if not new:
            return before
        after = msgspec.structs.replace(before, **{name: getattr(change, name) for name in new})
        try:
            async with connection.transaction():
                await store.update_item(connection, after)
        except asyncpg.UniqueViolationError as error:
            raise AlreadyThere(field="code", value=after.code) from error
        except (asyncpg.ForeignKeyViolationError, asyncpg.DataError) as error:
            raise Invalid(field="category", expected="category id") from error
        news = events.ItemNews(after.code, after.name, before=old, after=new)
        await self._journal.tell(connection, actor, events.ITEM_CHANGED, before.id, news)
        return await self.item(connection, before.id)

    async def create_category(
        self, connection: Connection, actor: str, draft: CategoryDraft
    ) -> Category:
        """Make a category. Raises AlreadyThere if the name is taken."""
        category = new_id()
        try:
            async with connection.transaction():
                await store.insert_category(connection, category, draft)
        except asyncpg.UniqueViolationError as error:
            raise AlreadyThere(field="name", value=draft.name) from error
        news = events.ItemNews("", draft.name, after=fields_of(draft))
        await self._journal.tell(connection, actor, events.CATEGORY_CREATED, category, news)
        return await self._category(connection, category)

    async def change_category(
        self,
        connection: Connection,
        actor: str,
        category: str,
        change: CategoryChange,
        expected_version: int,
    ) -> Category:
        """Change a category. Loans under way keep their due date."""
        before = await self._category(connection, category)
        if before.version != expected_version:
            raise PreconditionFailed(current=before.version)
        old, new = differences(before, change)
        if not new:
            return before
        after = msgspec.structs.replace(before, **{name: getattr(change, name) for name in new})
        try:
            async with connection.transaction():
                await store.update_category(connection, after)
        except asyncpg.UniqueViolationError as error:
            raise AlreadyThere(field="name", value=after.name) from error
        news = events.ItemNews("", after.name, before=old, after=new)
        await self._journal.tell(connection, actor, events.CATEGORY_CHANGED, before.id, news)
        return await self._category(connection, category)

    async def lend(self, connection: Connection, actor: str, item: str, person: str) -> Loan:
        """Hand out an item by hand. Unlike a tap, this asks first and may be refused.

        Raises NotFound, and Conflicting if the item is out or either may not.
        """
        loan = EventId(new_id())
        fact = Borrowed(
            ItemId(checked_id(item)), (await self._people.person(connection, person)).id
        )
        ledger = await store_ledger.load(
            connection, items=[fact.item], persons=[fact.person], loans=(), facts=(), cards=()
        )
        if fact.item not in ledger.items:
            raise NotFound()
        if ledger.open_loan(fact.item) is not None:
            raise Conflicting(reason="item_on_loan")
        refusal = person_refusal(ledger.persons[fact.person].status) or item_refusal(
            ledger.items[fact.item].status
        )
        if refusal is not None:
            raise Conflicting(reason=refusal.value)
        on = _now(loan)
        await self._write(connection, actor, ledger, on, [ledger.borrow(fact, on)])
        return await self.loan(connection, loan)

    async def give_back(self, connection: Connection, actor: str, loan: str) -> Loan:
        """Take an item back by hand. Raises NotFound, Conflicting if the loan is not open."""
        ledger, row = await self._open_ledger(connection, loan)
        if row.state is not LoanState.OPEN:
            raise Conflicting(reason="loan_not_open")
        on = _now(EventId(new_id()))
        effect = ledger.give_back(Returned(row.item, row.id), on)
        await self._write(connection, actor, ledger, on, [effect])
        return await self.loan(connection, row.id)

    async def cancel(self, connection: Connection, actor: str, loan: str, reason: str) -> Loan:
        """Say that a loan never was. Raises NotFound, Conflicting if it is cancelled already."""
        ledger, row = await self._open_ledger(connection, loan)
        if row.state is LoanState.CANCELLED:
            raise Conflicting(reason="loan_cancelled")
        on = _now(EventId(new_id()))
        await self._write(connection, actor, ledger, on, [ledger.cancel(row, on, reason)])
        return await self.loan(connection, row.id)

    async def loan(self, connection: Connection, loan: str) -> Loan:
        """Return one loan. Raises NotFound."""
        found = await store_loans.loans_by_id(connection, [checked_id(loan)])
        if not found:
            raise NotFound()
        return found[0]

    async def settle(
        self, connection: Connection, actor: str, conflict: str, request: SettleRequest
    ) -> Conflict:
        """Settle a conflict. Raises NotFound, Conflicting if it is settled or cannot be so."""
        found = await store_loans.list_conflicts(connection, ids=[checked_id(conflict)], limit=1)
        if not found:
            raise NotFound()
        shown = found[0]
        ledger = await store_ledger.load(
            connection,
            items=[shown.item],
            persons=(),
            loans=[loan.id for loan in shown.loans],
            facts=(),
            cards=(),
        )
        row = await connection.fetchrow(
            "select * from loans.conflict where id = $1 and state = 'open' for update", shown.id
        )
        if row is None:
            raise Conflicting(reason="conflict_settled")
        open_row = ledger.conflicts.setdefault(shown.id, store_ledger.conflict_row(row))
        if request.resolution not in allowed_resolutions(shown, ledger):
            raise Conflicting(reason="resolution_not_possible")
        on = _now(EventId(new_id()))
        effects = ledger.settle(open_row, request.resolution, on)
        await self._write(connection, actor, ledger, on, effects)
        if request.note:
            await store_loans.note_conflict(connection, shown.id, request.note)
        return (await store_loans.list_conflicts(connection, ids=[shown.id], limit=1))[0]

    async def register_unknown(
        self, connection: Connection, actor: str, uid: str, request: RegisterRequest
    ) -> UnknownCard:
        """Turn an unknown card into somebody's or something's. Raises as `register_card`."""
        found = await store_loans.settle_unknown(connection, uid, UnknownState.REGISTERED)
        if found is None:
            raise NotFound()
        draft = CardDraft(
            uid=uid, technology=found.technology, person=request.person, item=request.item
        )
        card = await self._people.register_card(connection, actor, draft)
        await self._tell_unknown(connection, actor, found, card.holder_id)
        return found

    async def dismiss_unknown(self, connection: Connection, actor: str, uid: str) -> UnknownCard:
        """Take a card off the list for good. Raises NotFound."""
        found = await store_loans.settle_unknown(connection, uid, UnknownState.DISMISSED)
        if found is None:
            raise NotFound()
        await self._tell_unknown(connection, actor, found, "")
        return found

    async def _category(self, connection: Connection, category: str) -> Category:
        found = await store.lock_category(connection, checked_id(category))
        if found is None:
            raise NotFound()
        return found

    async def _open_ledger(self, connection: Connection, loan: str) -> tuple[Ledger, LoanRow]:
        ledger = await store_ledger.load(
            connection, items=(), persons=(), loans=[checked_id(loan)], facts=(), cards=()
        )
        row = ledger.loans.get(LoanId(loan))
        if row is None:
            raise NotFound()
        return ledger, row

    async def _write(
        self,
        connection: Connection,
        actor: str,
        ledger: Ledger,
        on: Occasion,
        effects: Sequence[Effect | Meaningless],
    ) -> None:
        news = [
            loan_entry(ledger, effect, on, actor)
            for effect in effects
            if isinstance(effect, Effect)
        ]
        await self._facts.write(connection, ledger, actor, news)

    async def _tell_unknown(
        self, connection: Connection, actor: str, card: UnknownCard, holder: str
    ) -> None:
        news = events.UnknownNews(card.technology.value, card.state.value, holder)
        await self._journal.tell(connection, actor, events.UNKNOWN_SETTLED, card.uid, news)


def allowed_resolutions(conflict: Conflict, ledger: Ledger) -> frozenset[str]:
    """Return how this conflict can be settled, as things stand."""
    allowed = {"keep", "noted"}
    if ledger.open_loan(conflict.item) is not None:
        allowed.add("returned")
    if any(loan.state is LoanState.SUPERSEDED for loan in conflict.loans):
        allowed.add("swap")
    if conflict.state is ConflictState.SETTLED:
        allowed.clear()
    return frozenset(allowed)


def differences(
    before: msgspec.Struct, change: msgspec.Struct
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the old and the new values of the fields that the change really changes."""
    old: dict[str, str] = {}
    new: dict[str, str] = {}
    for name in change.__struct_fields__:
        value, now = getattr(change, name), getattr(before, name)
        if value is not UNSET and value != now:
            old[name] = "" if now is None else str(now)
            new[name] = "" if value is None else str(value)
    return old, new


def _now(fact: EventId) -> Occasion:
    return Occasion(fact, dt.datetime.now(dt.UTC), certain=True, agent=None)
