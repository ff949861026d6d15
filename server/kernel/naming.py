"""What ids are called now: journal entries keep ids, people read names."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from contract.ids import is_id
from server.kernel.database import Connection
from server.kernel.journal import Entry

# Returns the names of those of these ids (UUIDs) that are known, by id.
Names: TypeAlias = Callable[[Connection, Sequence[str]], Awaitable[Mapping[str, str]]]


def names_in(table: str) -> Names:
    """Return the names that a table with the columns `id` and `name` gives."""

    async def names(connection: Connection, ids: Sequence[str]) -> Mapping[str, str]:
        rows = await connection.fetch(
            f"select id, name from {table} where id = any($1::uuid[])", ids
        )
        return {row["id"]: row["name"] for row in rows}

    return names


class Naming:
    """All that any module can name."""

    def __init__(self, sources: Iterable[Names]) -> None:
        self._sources = tuple(sources)

    async def of(self, connection: Connection, entries: Sequence[Entry]) -> dict[str, str]:
        """Return the names of actors, devices and subjects of these entries, by id."""
        said = {id_of(entry.actor) for entry in entries}
        said |= {entry.device or "" for entry in entries} | {entry.subject for entry in entries}
        ids = sorted(each for each in said if is_id(each))
        found: dict[str, str] = {}
        for names in self._sources if ids else ():
            found |= await names(connection, ids)
        return found


def id_of(actor: str) -> str:
    """Return the id within an actor such as `account:<id>`, or the rest of it."""
    return actor.partition(":")[2] or actor
