"""Searching the journal: each page, and going on to the next, until nothing is left."""

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from contract.ids import new_id
from server.kernel import journal_search
from server.kernel.database import Database
from server.kernel.journal import AuditEntry, Journal, Wanted
from support.journal_entries import entry, sealed, write

COUNT = 90
SUBJECTS, KINDS = ("wrench", "gauge", "Drill"), ("loans.lent", "loans.returned", "people.changed")
ACTORS, WORDS = ("agent:1", "token:admin"), ("トルクレンチ", "ノギス", "Drill")


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_search, "WINDOWS", (2, 3, 5))


async def a_journal(database: Database, journal: Journal) -> None:
    """Write entries over some months, with a clock that jumped back now and then."""
    chance = random.Random(1)
    start = datetime.now(UTC) - timedelta(days=20)
    async with database.transaction() as connection:
        for number in range(COUNT):
            kind = chance.choice(KINDS)
            await connection.execute(
                """
                insert into journal.entry (at, origin, id, actor, module, kind, subject, body)
                select $1, system_identifier, $2, $3, $4, $5, $6, $7 from pg_control_system()
                """,
                start + timedelta(days=number - 60 * (number % 17 == 5)),
                new_id(),
                chance.choice(ACTORS),
                kind.partition(".")[0],
                kind,
                chance.choice(SUBJECTS),
                f'{{"name":"{chance.choice(WORDS)} {number}"}}',
            )
    await sealed(database, journal, COUNT)


async def pages(
    database: Database, journal: Journal, wanted: Wanted, limit: int
) -> list[AuditEntry]:
    """Follow `next` to the end; returns everything found."""
    found: list[AuditEntry] = []
    before: int | None = None
    async with database.connection() as connection:
        for _ in range(2 * COUNT):
            page = await journal.search(connection, wanted, before=before, limit=limit)
            assert len(page.entries) <= limit
            found += page.entries
            if page.next is None:
                return found
            before = page.next
    raise AssertionError(f"{wanted} comes to no end")


def passes(entry: AuditEntry, wanted: Wanted) -> bool:
    said = f"{entry.subject} {entry.actor} {bytes(entry.body).decode()}".lower()
    return (
        all(
            getattr(wanted, name) in ("", getattr(entry, name))
            for name in ("subject", "kind", "actor", "module")
        )
        and wanted.text.lower() in said
    )


async def test_every_filter_finds_all_and_each_once_page_by_page(
    database: Database, journal: Journal
) -> None:
    await a_journal(database, journal)
    everything = await pages(database, journal, Wanted(), limit=COUNT)
    assert [e.position for e in everything] == list(range(COUNT, 0, -1))
    for subject, kind, actor, module, text in itertools.product(
        ("", "wrench", "nothing"),
        ("", "loans.lent", "loans.never"),
        ("", "token:admin"),
        ("", "loans"),
        ("", "レンチ", "drill", "nowhere"),
    ):
        wanted = Wanted(subject, kind, actor, module, text)
        expected = [e for e in everything if passes(e, wanted)]
        for limit in (3, 50):
            assert await pages(database, journal, wanted, limit) == expected, (wanted, limit)


async def test_a_search_ends_after_its_windows_and_says_where_to_go_on(
    database: Database, journal: Journal
) -> None:
    await a_journal(database, journal)
    async with database.connection() as connection:
        page = await journal.search(connection, Wanted(text="nowhere"))
    assert (page.entries, page.next) == ([], COUNT + 1 - sum(journal_search.WINDOWS))


async def test_what_was_inserted_early_and_committed_late_is_on_some_page(
    database: Database, journal: Journal
) -> None:
    async with database.transaction() as first:
        await first.execute("select pg_current_xact_id()")
        async with database.transaction() as late:
            await journal.append(late, [entry("late") for _ in range(3)])
            await journal.append(first, [entry("first")])
            # Committed within `late`, and with a lower transaction id: sealed before it.
            await first.execute("commit")
            await first.execute("begin")
            await sealed(database, journal, 1)
    await write(database, journal, entry("last"))
    await sealed(database, journal, 5)
    found = await pages(database, journal, Wanted(kind="test.happened"), limit=2)
    assert sorted(e.position for e in found) == [1, 2, 3, 4, 5]


async def test_what_is_not_sealed_yet_is_not_found(database: Database, journal: Journal) -> None:
    await write(database, journal, entry("old"))
    await sealed(database, journal, 1)
    async with database.transaction() as open_one:
        await open_one.execute("select pg_current_xact_id()")
        await write(database, journal, *(entry("new") for _ in range(4)))
        for wanted in (Wanted(), Wanted(text="a"), Wanted(module="test"), Wanted(subject="new")):
            found = await pages(database, journal, wanted, limit=2)
            assert {e.subject for e in found} <= {"old"}, wanted


async def test_a_page_of_a_popular_subject_does_not_read_the_rest(
    database: Database, journal: Journal
) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            """
            insert into journal.entry (at, origin, id, actor, module, kind, subject, body)
            select now() - days * interval '1 day', system_identifier, gen_random_uuid(), 'a', 'm',
                   'm.k', case when n % 3 = 0 then 'popular' else n::text end, '{}'
              from pg_control_system(), generate_series(1, 4500) n, (values (0), (400)) past (days)
            """
        )
    await sealed(database, journal, 9_000)
    async with database.connection() as connection:
        await connection.execute("analyze")
    async with database.transaction() as connection:
        page = await journal.search(connection, Wanted(subject="popular"), before=None, limit=50)
        fetched = await connection.fetchval(
            "select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint"
            "  from pg_stat_xact_all_tables where schemaname = 'journal' and relname like 'entry%'"
        )
    assert len(page.entries) == 50
    assert fetched < 60
