"""HTTP of persons and cards: path, permission, request, answer."""

from collections.abc import Sequence

import msgspec

from contract.ids import PersonId
from server.kernel.csvfile import MAX_BYTES, ImportReport
from server.kernel.http import (
    API,
    CSV,
    Call,
    Nothing,
    Page,
    Paging,
    Reply,
    Route,
    page_of,
    read_cursor,
)
from server.modules.people import store
from server.modules.people.importing import export_people, import_people
from server.modules.people.model import (
    BlockRequest,
    Card,
    CardDraft,
    CardKind,
    Person,
    PersonChange,
    PersonDraft,
    StatusChoice,
)
from server.modules.people.service import People

READ = "people.read"
WRITE = "people.write"
EXPORT_ROWS = 100_000


class PersonQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the list of persons."""

    search: str = ""
    status: StatusChoice | None = None
    department: str | None = None


class CardQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the list of cards."""

    search: str = ""
    kind: CardKind | None = None
    blocked: bool | None = None


class ImportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`dry_run` only says what would happen."""

    dry_run: bool = False


class Departments(msgspec.Struct, frozen=True):
    """The departments in use."""

    departments: list[str]


def routes(people: People) -> Sequence[Route]:
    """Return this module's operations."""

    async def list_persons(call: Call[PersonQuery, Nothing]) -> Page[Person]:
        query = call.query
        after = read_cursor(query.cursor, tuple[str, PersonId]) if query.cursor else None
        persons = await store.list_persons(
            call.connection,
            search=query.search,
            status=query.status,
            department=query.department,
            after=after,
            limit=query.limit + 1,
        )
        total = await store.count_persons(
            call.connection, search=query.search, status=query.status, department=query.department
        )
        return page_of(persons, query.limit, lambda person: (person.reading, person.id), total)

    async def export(call: Call[PersonQuery, Nothing]) -> Reply:
        query = call.query
        persons = await store.list_persons(
            call.connection,
            search=query.search,
            status=query.status,
            department=query.department,
            limit=EXPORT_ROWS,
        )
        return Reply(export_people(persons, call.language), filename="people.csv")

    async def create(call: Call[Nothing, PersonDraft]) -> Reply:
        person = await people.create(call.connection, call.principal.actor, call.body)
        return Reply(person, 201, version=person.version, location=f"{API}/people/{person.id}")

    async def get(call: Call[Nothing, Nothing]) -> Reply:
        person = await people.person(call.connection, call.path["id"])
        return Reply(person, version=person.version)

    async def change(call: Call[Nothing, PersonChange]) -> Reply:
        person = await people.change(
            call.connection,
            call.principal.actor,
            call.path["id"],
            call.body,
            call.expected_version(),
        )
        return Reply(person, version=person.version)

    async def upload(call: Call[ImportQuery, bytes]) -> ImportReport:
        return await import_people(
            people, call.connection, call.principal.actor, call.body, dry_run=call.query.dry_run
        )

    async def departments(call: Call[Nothing, Nothing]) -> Departments:
        return Departments(await store.departments(call.connection))

    async def list_cards(call: Call[CardQuery, Nothing]) -> Page[Card]:
        query = call.query
        after = read_cursor(query.cursor, tuple[str, str]) if query.cursor else None
        cards = await store.list_cards(
            call.connection,
            search=query.search,
            also=await people.uids_held_by(call.connection, query.search),
            kind=query.kind,
            blocked=query.blocked,
            after=after,
            limit=query.limit + 1,
        )
        named = await people.name_holders(call.connection, cards)
        return page_of(named, query.limit, lambda card: (card.registered_at, card.uid))

    async def register(call: Call[Nothing, CardDraft]) -> Reply:
        card = await people.register_card(call.connection, call.principal.actor, call.body)
        return Reply(card, 201)

    async def block(call: Call[Nothing, BlockRequest]) -> Card:
        return await people.block_card(
            call.connection, call.principal.actor, call.path["uid"], reason=call.body.reason
        )

    async def unblock(call: Call[Nothing, Nothing]) -> Card:
        return await people.block_card(
            call.connection, call.principal.actor, call.path["uid"], reason=None
        )

    async def remove(call: Call[Nothing, Nothing]) -> Reply:
        await people.remove_card(call.connection, call.principal.actor, call.path["uid"])
        return Reply(None, 204)

    people_path, cards_path = f"{API}/people", f"{API}/cards"
    return (
        Route(
            "GET", people_path, READ, list_persons, "List persons", PersonQuery, answer=Page[Person]
        ),
        Route(
            "GET",
            f"{people_path}.csv",
            READ,
            export,
            "Export persons",
            PersonQuery,
            answer=bytes,
            answer_media=CSV,
        ),
        Route(
            "POST",
            people_path,
            WRITE,
            create,
            "Create a person",
            body=PersonDraft,
            answer=Person,
            status=201,
        ),
        Route(
            "POST",
            f"{people_path}/import",
            WRITE,
            upload,
            "Import persons from CSV",
            ImportQuery,
            bytes,
            ImportReport,
            body_media=CSV,
            max_body_bytes=MAX_BYTES,
        ),
        Route(
            "GET",
            f"{people_path}/departments",
            READ,
            departments,
            "List departments",
            answer=Departments,
        ),
        Route("GET", people_path + "/{id}", READ, get, "Get a person", answer=Person),
        Route(
            "PATCH",
            people_path + "/{id}",
            WRITE,
            change,
            "Change a person",
            body=PersonChange,
            answer=Person,
        ),
        Route("GET", cards_path, READ, list_cards, "List cards", CardQuery, answer=Page[Card]),
        Route(
            "POST",
            cards_path,
            WRITE,
            register,
            "Register a card",
            body=CardDraft,
            answer=Card,
            status=201,
        ),
        Route(
            "POST",
            cards_path + "/{uid}/block",
            WRITE,
            block,
            "Block a card",
            body=BlockRequest,
            answer=Card,
        ),
        Route("POST", cards_path + "/{uid}/unblock", WRITE, unblock, "Unblock a card", answer=Card),
        Route("DELETE", cards_path + "/{uid}", WRITE, remove, "Remove a card", status=204),
    )
