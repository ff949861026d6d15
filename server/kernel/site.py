"""Where this box stands. The settings say it until the first admin does."""

from collections.abc import Sequence
from typing import Final

import msgspec

from contract.ids import new_id
from server.kernel.database import Connection, Database
from server.kernel.journal import Journal, JournalRewound
from server.kernel.module import Site

SITE_CHANGED: Final = "site.changed"
KINDS: Final[Sequence[str]] = (SITE_CHANGED,)


class SiteNews(msgspec.Struct, frozen=True):
    """Body of site.changed: values by field. Subject: the site's id."""

    before: dict[str, str]
    after: dict[str, str]


class SiteKeeper:
    """Knows the site as it is called now, in every process of the server."""

    def __init__(self, database: Database, journal: Journal, default: Site) -> None:
        self._database = database
        self._journal = journal
        self._site = default

    @property
    def site(self) -> Site:
        """The site as it was last read."""
        return self._site

    async def load(self) -> None:
        """Read the site anew. Raises DatabaseUnavailable."""
        async with self._database.connection() as connection:
            self._site = await read_site(connection) or self._site

    async def run(self) -> None:
        """Follow changes until cancelled. The journal's tail must be running."""
        while True:
            head = await self._journal.tail.head()
            await self.load()
            try:
                async for batch in self._journal.follow(head.position):
                    if any(entry.kind == SITE_CHANGED for entry in batch):
                        await self.load()
            except JournalRewound:
                continue

    async def write(self, connection: Connection, actor: str, site: Site) -> None:
        """Name the site, in the caller's transaction."""
        before = await read_site(connection)
        await connection.execute(
            """
            insert into kernel.site (id, name, zone, language) values ($1, $2, $3, $4)
            on conflict (only_one) do update
               set name = excluded.name, zone = excluded.zone, language = excluded.language,
                   version = kernel.site.version + 1
            """,
            site.id or new_id(),
            site.name,
            site.zone,
            site.language,
        )
        old, new = _fields(before), _fields(await read_site(connection))
        changed = [name for name in new if old.get(name) != new[name]]
        news = SiteNews(
            {name: old[name] for name in changed if name in old},
            {name: new[name] for name in changed},
        )
        await self._journal.tell(connection, actor, SITE_CHANGED, new["id"], news)


async def read_site(connection: Connection) -> Site | None:
    """Return the site, or None before its first admin named it."""
    row = await connection.fetchrow("select id, name, zone, language from kernel.site")
    return Site(row["name"], row["zone"], row["language"], row["id"]) if row else None


def _fields(site: Site | None) -> dict[str, str]:
    if site is None:
        return {}
    return {"id": site.id, "name": site.name, "zone": site.zone, "language": site.language}
