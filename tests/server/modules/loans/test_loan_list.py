"""The list of loans under every filter, against a filter written in Python."""

import itertools
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from contract.ids import ItemId, PersonId, new_id
from server.kernel.database import Connection, Database
from server.modules.loans import store, store_loan_list
from server.modules.loans.model import ItemDraft, Loan
from server.modules.people import store as people_store
from server.modules.people.model import PersonDraft

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
NAMES = ("トルクレンチ", "デジタルノギス", "トルクドライバー", "水準器")
PEOPLE = ("佐藤 花子", "鈴木 一郎", "トルク 太郎")
STATES = ("returned", "returned", "returned", "cancelled", "superseded")
LOANS = 120


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    async with Database.open(database_url) as database, database.connection() as connection:
        await fill(connection)
        yield connection


async def fill(connection: Connection) -> None:
    chance = random.Random(2)
    items = [ItemId(new_id()) for _ in range(12)]
    for number, item in enumerate(items):
        draft = ItemDraft(code=f"T{number:02}", name=NAMES[number % len(NAMES)])
        await store.insert_item(connection, item, draft)
    persons = [PersonId(new_id()) for _ in PEOPLE]
    for number, person in enumerate(persons):
        draft_person = PersonDraft(code=f"P{number}", name=PEOPLE[number])
        await people_store.insert_person(connection, person, draft_person)
    out: set[ItemId] = set()
    for number in range(LOANS):
        item, state = chance.choice(items[: 1 + number % 12]), chance.choice(STATES)
        if item not in out and chance.random() < 0.1:
            out.add(item)
            state = "open"
        # Some begin in the same instant: then the id decides.
        at = BEGAN + timedelta(hours=number // 3)
        await connection.execute(
            """
            insert into loans.loan (id, item, person, state, borrowed_at, borrowed_certain,
                                    due_at, returned_at)
            values ($1, $2, $3, $4, $5, true, $6, $7)
            """,
            new_id(),
            item,
            chance.choice(persons),
            state,
            at,
            chance.choice([None, BEGAN, datetime.now(UTC) + timedelta(days=1)]),
            at + timedelta(hours=1) if state == "returned" else None,
        )


def passes(loan: Loan, state: str | None, overdue: bool, search: str) -> bool:
    return (
        state in (None, loan.state)
        and (loan.overdue or not overdue)
        and any(
            search in text
            for text in (loan.item_name, loan.item_code, loan.person_name, loan.person_code)
        )
    )


@pytest.mark.parametrize("among", [1, 1_000])
async def test_every_filter_finds_all_and_each_once_page_by_page(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, among: int
) -> None:
    monkeypatch.setattr(store_loan_list, "_AMONG", among)
    everything = await store_loan_list.list_loans(connection, limit=LOANS + 1)
    assert len(everything) == LOANS
    assert everything == sorted(everything, key=lambda each: (each.borrowed_at, each.id))[::-1]
    one = everything[0]
    states = (None, "open", "returned", "cancelled", "superseded")
    searches = ("", "トルク", "水準", "佐藤", "T03", "ない")
    bounds = (None, BEGAN + timedelta(hours=15))
    for state, overdue, search, since, until in itertools.product(
        states, (False, True), searches, bounds, bounds
    ):
        if overdue and state not in (None, "open"):
            continue
        for item, person in ((None, None), (one.item, None), (None, one.person)):
            expected = [
                loan
                for loan in everything
                if passes(loan, state, overdue, search)
                and item in (None, loan.item)
                and person in (None, loan.person)
                and (since is None or loan.borrowed_at >= since)
                and (until is None or loan.borrowed_at < until)
            ]
            found: list[Loan] = []
            page: list[Loan] | None = None
            while page is None or page:
                page = await store_loan_list.list_loans(
                    connection,
                    state=state,
                    overdue=overdue,
                    search=search,
                    since=since,
                    until=until,
                    item=item,
                    person=person,
                    after=(found[-1].borrowed_at.isoformat(), found[-1].id) if found else None,
                    limit=7,
                )
                found += page
            assert found == expected, (state, overdue, search, since, until, item, person)
