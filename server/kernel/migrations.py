"""Schema changes: plain SQL files, forward only, all that are pending in one transaction."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from server.kernel.database import Connection, connect

# Any constant would do; it only has to be the same in every release ("genbamig").
LOCK = 0x67656E62616D6967

_FILE = re.compile(r"(?P<number>\d{4})_(?P<name>[a-z0-9_]+)\.sql")
_ENDS_TRANSACTION = re.compile(r"^\s*(begin|commit|rollback)\s*;", re.IGNORECASE | re.MULTILINE)


class MigrationError(Exception):
    """A migration cannot be applied; the database was not touched."""


class MigrationChanged(MigrationError):
    """A migration that was applied long ago has been edited since."""


class DatabaseNewer(MigrationError):
    """The database has migrations that this version does not know: a newer Genba made them."""


class DatabaseUnsuitable(MigrationError):
    """The database is no UTF-8 database of PostgreSQL 15 or newer."""


@dataclass(frozen=True, slots=True)
class MigrationSource:
    """Where one module keeps its migrations."""

    name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Migration:
    """One file `NNNN_name.sql`; its first line is a comment that says what it is for."""

    module: str
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def intent(self) -> str:
        """What the migration is for, in a sentence."""
        return self.sql.partition("\n")[0].removeprefix("--").strip()

    def __str__(self) -> str:
        return f"{self.module}/{self.number:04}_{self.name}"


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What was applied, in order; after a dry run: what would have been."""

    applied: Sequence[Migration]
    dry_run: bool


def kernel_migrations() -> MigrationSource:
    """Return the kernel's own migrations, which come before every module's."""
    return MigrationSource("kernel", Path(__file__).parent / "migrations")


def read_migrations(sources: Sequence[MigrationSource]) -> list[Migration]:
    """Return all migrations: the sources as listed, each in order of number.

    Raises MigrationError for a file that is not `NNNN_name.sql`, for a number used twice, for a
    first line that is no comment, and for a file that would end the transaction.
    """
    found: list[Migration] = []
    for source in sources:
        seen: dict[int, str] = {}
        for path in sorted(source.folder.glob("*.sql")):
            parts = _FILE.fullmatch(path.name)
            if parts is None:
                raise MigrationError(f"{path} is not named NNNN_name.sql")
            number = int(parts["number"])
            if number in seen:
                raise MigrationError(
                    f"{source.name}: {path.name} and {seen[number]} share a number"
                )
            seen[number] = path.name
            sql = path.read_text(encoding="utf-8")
            if not sql.startswith("-- "):
                raise MigrationError(f"{path} does not begin with a comment that says its intent")
            if _ENDS_TRANSACTION.search(sql):
                raise MigrationError(f"{path} begins or ends a transaction; all run in one")
            found.append(Migration(source.name, number, parts["name"], sql))
    return found


async def pending_migrations(
    connection: Connection, sources: Sequence[MigrationSource]
) -> list[Migration]:
    """Return what is not applied yet, in order.

    Raises MigrationChanged, DatabaseNewer.
    """
    known = {(m.module, m.number): m for m in read_migrations(sources)}
    applied: set[tuple[str, int]] = set()
    if await connection.fetchval("select to_regclass('kernel.migration') is not null"):
        for row in await connection.fetch(
            "select module, number, name, checksum from kernel.migration order by module, number"
        ):
            key = (row["module"], row["number"])
            migration = known.get(key)
            if migration is None:
                raise DatabaseNewer(
                    f"the database has migration {key[0]}/{key[1]:04}_{row['name']},"
                    " which this version does not know"
                )
            if migration.checksum != row["checksum"]:
                raise MigrationChanged(f"{migration} was edited after it was applied")
            applied.add(key)
    return [migration for key, migration in known.items() if key not in applied]


async def migrate(
    dsn: str, sources: Sequence[MigrationSource], *, dry_run: bool = False
) -> MigrationReport:
    """Apply what is pending, all or nothing; a dry run does it really, and then rolls back.

    Raises MigrationError (of which MigrationChanged, DatabaseNewer and DatabaseUnsuitable are
    kinds) and DatabaseUnavailable. Whichever is raised, the database is as it was.
    """
    async with connect(dsn, name="genba migrate") as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            applied = await _apply(connection, sources)
        except BaseException:
            if not connection.is_closed():
                await transaction.rollback()
            raise
        if dry_run:
            await transaction.rollback()
        else:
            await transaction.commit()
    return MigrationReport(applied, dry_run)


async def _apply(connection: Connection, sources: Sequence[MigrationSource]) -> list[Migration]:
    await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
    await _refuse_unsuitable(connection)
    await connection.execute("create schema if not exists kernel")
    await connection.execute(
        """
        create table if not exists kernel.migration (
            module text not null,
            number integer not null,
            name text not null,
            checksum text not null,
            applied_at timestamptz not null default clock_timestamp(),
            primary key (module, number)
        )
        """
    )
    pending = await pending_migrations(connection, sources)
    for migration in pending:
        try:
            await connection.execute(migration.sql)
        except asyncpg.PostgresError as error:
            raise MigrationError(f"{migration} failed: {error}") from error
        await connection.execute(
            "insert into kernel.migration (module, number, name, checksum) values ($1, $2, $3, $4)",
            migration.module,
            migration.number,
            migration.name,
            migration.checksum,
        )
    return pending


async def _refuse_unsuitable(connection: Connection) -> None:
    version = connection.get_server_version()
    if version.major < 15:
        raise DatabaseUnsuitable(f"PostgreSQL 15 or newer is needed, this is {version.major}")
    encoding = await connection.fetchval("show server_encoding")
    if encoding != "UTF8":
        raise DatabaseUnsuitable(f"the database's encoding must be UTF8, it is {encoding}")
