"""Looking through the whole sealed journal for texts, in windows: nobody waits for a long scan."""

from collections.abc import AsyncIterator, Sequence

from server.kernel.database import Database
from server.kernel.journal_entry import Entry
from server.kernel.journal_reading import ENTRY, entry_values

WINDOW = 5_000


async def scan(database: Database, texts: Sequence[str]) -> AsyncIterator[list[Entry]]:
    """Yield the entries that have any of the texts in subject, actor or body, oldest first.

    Each window is read by itself, so that no long transaction holds back the sealer.
    """
    position = 0
    while True:
        async with database.connection() as connection:
            end = await connection.fetchval("select position from journal.sealed")
            if position >= (end or 0):
                return
            rows = await connection.fetch(
                f"""
                select s.position, p.id as epoch, {ENTRY}
                  from journal.seal s
                  join journal.epoch p on p.number = s.epoch
                  join journal.entry e on e.at = s.at and e.seq = s.seq
                 where s.position > $1 and s.position <= $2
                   and exists (select from unnest($3::text[]) as t (text)
                                where strpos(concat_ws(' ', e.subject, e.actor, e.body), text) > 0)
                 order by s.position
                """,
                position,
                position + WINDOW,
                texts,
            )
        position += WINDOW
        if rows:
            yield [Entry(*entry_values(row)) for row in rows]
