"""The past that the benchmarks measure is one that the product could have written."""

from scripts.benchmarks.loans_filler import Size, fill
from server.kernel.database import connect
from server.kernel.journal_verify import verify


async def test_a_past_is_filled_in_and_its_journal_verifies(database_url: str) -> None:
    await fill(database_url, Size(2_000, items=600, people=60))
    async with connect(database_url) as connection:
        assert await connection.fetchval("select count(*) from loans.loan") == 2_000
        report = await verify(connection)
    assert report.checked > 4_000
    assert not report.faults
