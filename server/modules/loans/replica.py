"""What agents' replicas need of items and persons. Implements `devices.feed.ReplicaSource`."""

from collections.abc import Sequence

import msgspec

from contract.ids import ItemId, PersonId
from contract.replica import ItemRow, PersonRow
from server.kernel.database import Connection
from server.kernel.journal import Entry
from server.modules.loans import events, store
from server.modules.people import events as people_events
from server.modules.people.service import People

_PERSON_KINDS = (
    people_events.PERSON_CREATED,
    people_events.PERSON_CHANGED,
    people_events.PERSON_ERASED,
)


class LoanReplica:
    """Turns journal entries into the replica rows that they change, as these now stand."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def changed(
        self, connection: Connection, entries: Sequence[Entry]
    ) -> tuple[list[PersonRow], list[ItemRow]]:
        """Return the rows that these entries touch."""
        persons: dict[str, None] = {}
        items: dict[str, None] = {}
        for entry in entries:
            if entry.kind in events.ITEM_KINDS:
                items[ItemId(entry.subject)] = None
            elif entry.kind == events.CATEGORY_CHANGED:
                for item in await store.items_of_category(connection, entry.subject):
                    items[item] = None
            elif entry.kind in _PERSON_KINDS:
                persons[PersonId(entry.subject)] = None
            elif entry.kind in people_events.CARD_KINDS:
                card = msgspec.json.decode(entry.body, type=people_events.CardNews)
                (persons if card.kind == "person" else items)[card.holder] = None
        return (
            await self._people.replica_rows(connection, list(persons)) if persons else [],
            await store.replica_items(connection, list(items)),
        )

    async def people_page(
        self, connection: Connection, after: str | None, limit: int
    ) -> list[PersonRow]:
        """Return the next persons of a snapshot, in order of id."""
        return await self._people.replica_page(connection, after, limit)

    async def items_page(
        self, connection: Connection, after: str | None, limit: int
    ) -> list[ItemRow]:
        """Return the next items of a snapshot, in order of id."""
        return await store.replica_page(connection, after, limit)
