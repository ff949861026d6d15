"""HTTP of items and categories: path, permission, request, answer."""

from collections.abc import Sequence

import msgspec

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
from server.modules.loans import store
from server.modules.loans.importing import export_items, import_items
from server.modules.loans.model import (
    Category,
    CategoryChange,
    CategoryDraft,
    Item,
    ItemChange,
    ItemDraft,
    ItemStatusChoice,
    TagDraft,
)
from server.modules.loans.service import Loans
from server.modules.people.model import CardDraft
from server.modules.people.service import People, checked_id

READ = "loans.read"
LEND = "loans.lend"
WRITE = "loans.write"
EXPORT_ROWS = 100_000


class ItemQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the list of items; `category` is the id of one."""

    search: str = ""
    category: str | None = None
    status: ItemStatusChoice | None = None
    on_loan: bool | None = None


class ImportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`dry_run` only says what would happen."""

    dry_run: bool = False


def routes(loans: Loans, people: People) -> Sequence[Route]:
    """Return the operations on items and categories."""

    async def list_items(call: Call[ItemQuery, Nothing]) -> Page[Item]:
        query = call.query
        after = read_cursor(query.cursor, tuple[str])[0] if query.cursor else None
        items = await _filtered(call, query.limit + 1, after)
        category = checked_id(query.category) if query.category else None
        total = await store.count_items(
            call.connection,
            search=query.search,
            category=category,
            status=query.status,
            on_loan=query.on_loan,
        )
        return page_of(items, query.limit, lambda item: (item.code,), total)

    async def export(call: Call[ItemQuery, Nothing]) -> Reply:
        items = await _filtered(call, EXPORT_ROWS, None)
        return Reply(export_items(items, call.language), filename="items.csv")

    async def create(call: Call[Nothing, ItemDraft]) -> Reply:
        item = await loans.create_item(call.connection, call.principal.actor, call.body)
        return Reply(item, 201, version=item.version, location=f"{API}/items/{item.id}")

    async def get(call: Call[Nothing, Nothing]) -> Reply:
        item = await loans.item(call.connection, call.path["id"])
        return Reply(item, version=item.version)

    async def change(call: Call[Nothing, ItemChange]) -> Reply:
        item = await loans.change_item(
            call.connection,
            call.principal.actor,
            call.path["id"],
            call.body,
            call.expected_version(),
        )
        return Reply(item, version=item.version)

    async def upload(call: Call[ImportQuery, bytes]) -> ImportReport:
        return await import_items(
            loans, call.connection, call.principal.actor, call.body, dry_run=call.query.dry_run
        )

    async def add_tag(call: Call[Nothing, TagDraft]) -> Reply:
        item = await loans.item(call.connection, call.path["id"])
        draft = CardDraft(uid=call.body.uid, technology=call.body.technology, item=item.id)
        await people.register_card(call.connection, call.principal.actor, draft)
        return Reply(await loans.item(call.connection, item.id), 201)

    async def list_categories(call: Call[Nothing, Nothing]) -> Page[Category]:
        found = await store.list_categories(call.connection)
        return Page(found, None, len(found))

    async def create_category(call: Call[Nothing, CategoryDraft]) -> Reply:
        category = await loans.create_category(call.connection, call.principal.actor, call.body)
        return Reply(category, 201, version=category.version)

    async def change_category(call: Call[Nothing, CategoryChange]) -> Reply:
        category = await loans.change_category(
            call.connection,
            call.principal.actor,
            call.path["id"],
            call.body,
            call.expected_version(),
        )
        return Reply(category, version=category.version)

    items, categories = f"{API}/items", f"{API}/categories"
    return (
        Route("GET", items, READ, list_items, "List items", ItemQuery, answer=Page[Item]),
        Route("GET", f"{items}.csv", READ, export, "Export items", ItemQuery,
              answer=bytes, answer_media=CSV),
        Route("POST", items, WRITE, create, "Create an item", body=ItemDraft, answer=Item,
              status=201),
        Route("POST", f"{items}/import", WRITE, upload, "Import items from CSV", ImportQuery,
              bytes, ImportReport, body_media=CSV, max_body_bytes=MAX_BYTES),
        Route("GET", items + "/{id}", READ, get, "Get an item", answer=Item),
        Route("PATCH", items + "/{id}", WRITE, change, "Change an item", body=ItemChange,
              answer=Item),
        Route("POST", items + "/{id}/tags", WRITE, add_tag, "Stick a card on an item",
              body=TagDraft, answer=Item, status=201),
        Route("GET", categories, READ, list_categories, "List categories",
              answer=Page[Category]),
        Route("POST", categories, WRITE, create_category, "Create a category",
              body=CategoryDraft, answer=Category, status=201),
        Route("PATCH", categories + "/{id}", WRITE, change_category, "Change a category",
              body=CategoryChange, answer=Category),
    )  # fmt: skip


async def _filtered(call: Call[ItemQuery, Nothing], limit: int, after: str | None) -> list[Item]:
    query = call.query
    return await store.list_items(
        call.connection,
        search=query.search,
        category=checked_id(query.category) if query.category else None,
        status=query.status,
        on_loan=query.on_loan,
        after=after,
        limit=limit,
    )
