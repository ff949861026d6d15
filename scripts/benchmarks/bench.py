"""What every benchmark gets: where to write, how much to do, and whom to tell."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarks.figures import Figure
from scripts.embedded_postgres import EmbeddedPostgres
from support.postgres import a_cluster
from support.site import Site


@dataclass(frozen=True, slots=True)
class Bench:
    """One run. `folder` is on a real disk and is thrown away afterwards."""

    quick: bool
    folder: Path
    say: Callable[[str], None]

    def size(self, full: int, quick: int) -> int:
        """Return how many rounds, rows or sockets to take."""
        return quick if self.quick else full

    @asynccontextmanager
    async def postgres(self) -> AsyncIterator[EmbeddedPostgres]:
        """Lend a started cluster of its own."""
        with a_cluster() as postgres:
            postgres.start()
            yield postgres

    @asynccontextmanager
    async def site(self, **environment: str) -> AsyncIterator[tuple[Site, EmbeddedPostgres]]:
        """Lend a running server on a cluster of its own; agents are added with `add_agent`."""
        async with AsyncExitStack() as stack:
            postgres = await stack.enter_async_context(self.postgres())
            folder = self.folder / "site"
            number = 1
            while folder.exists():
                folder, number = self.folder / f"site-{number}", number + 1
            folder.mkdir()
            site = Site(folder, postgres.dsn)
            site.environment.update(environment)
            stack.push_async_callback(site.close)
            await site.cli("migrate")
            await site.open()
            yield site, postgres


Benchmark = Callable[[Bench], AsyncIterator[Figure]]
