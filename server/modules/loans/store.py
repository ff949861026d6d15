"""SQL of items, categories and tags, one function a statement."""

from collections.abc import Sequence

import asyncpg

from contract.cards import CardUid, Technology
from contract.ids import ItemId, LoanId, PersonId
from contract.replica import CardRow, ItemRow, ItemStatus, OpenLoan
from server.kernel.database import Connection
from server.modules.loans.model import (
    Category,
    CategoryDraft,
    Item,
    ItemDraft,
    ItemLoan,
    ItemTag,
)
from server.modules.people.text import fold, like

_ITEM = """
    i.id, i.code, i.name, i.category, coalesce(c.name, '') as category_name, c.loan_days,
    i.place, i.status, i.notes, i.version, i.created_at, i.updated_at,
    l.id as loan, l.person, p.code as person_code, p.name as person_name, l.borrowed_at, l.due_at,
    coalesce(l.due_at < now(), false) as overdue
"""
_FROM = """
    loans.item i
    left join loans.category c on c.id = i.category
    left join loans.loan l on l.item = i.id and l.state = 'open'
    left join people.person p on p.id = l.person
"""


def _item(row: asyncpg.Record, tags: tuple[ItemTag, ...]) -> Item:
    loan = None
    if row["loan"] is not None:
        loan = ItemLoan(
            id=LoanId(row["loan"]),
            person=PersonId(row["person"]),
            person_code=row["person_code"],
            person_name=row["person_name"],
            since=row["borrowed_at"],
            due=row["due_at"],
            overdue=row["overdue"],
        )
    return Item(
        id=ItemId(row["id"]),
        code=row["code"],
        name=row["name"],
        category=row["category"],
        category_name=row["category_name"],
        loan_days=row["loan_days"],
        place=row["place"],
        status=ItemStatus(row["status"]),
        notes=row["notes"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        tags=tags,
        loan=loan,
    )


async def _with_tags(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[Item]:
    tags: dict[str, list[ItemTag]] = {}
    for tag in await connection.fetch(
        """
        select t.item, c.uid, c.technology, c.blocked_at is not null as blocked
          from loans.tag t join people.card c using (uid)
         where t.item = any($1)
         order by c.registered_at, c.uid
        """,
        [row["id"] for row in rows],
    ):
        tags.setdefault(tag["item"], []).append(
            ItemTag(CardUid(tag["uid"]), Technology(tag["technology"]), tag["blocked"])
        )
    return [_item(row, tuple(tags.get(row["id"], ()))) for row in rows]


_ITEM_FILTER = """
    ($1 = '' or i.folded like $2)
    and ($3::uuid is null or i.category = $3)
    and ($4::text is null or i.status = $4)
    and ($5::boolean is null or (l.id is not null) = $5)
"""


async def list_items(
    connection: Connection,
    *,
    search: str = "",
    category: str | None = None,
    status: str | None = None,
    on_loan: bool | None = None,
    after: str | None = None,
    limit: int,
) -> list[Item]:
    """Return items in order of code (index item_code)."""
    rows = await connection.fetch(
        f"""
        select {_ITEM} from {_FROM}
         where {_ITEM_FILTER} and ($6::text is null or i.code > $6)
         order by i.code limit $7
        """,
        search.strip(),
        like(search),
        category,
        status,
        on_loan,
        after,
        limit,
    )
    return await _with_tags(connection, rows)


async def count_items(
    connection: Connection,
    *,
    search: str,
    category: str | None,
    status: str | None,
    on_loan: bool | None,
) -> int:
    """Return how many items the filters leave."""
    return int(
        await connection.fetchval(
            f"select count(*) from {_FROM} where {_ITEM_FILTER}",
            search.strip(),
            like(search),
            category,
            status,
            on_loan,
        )
    )


async def items_by_id(connection: Connection, ids: Sequence[str]) -> list[Item]:
    """Return these items, in order of id."""
    rows = await connection.fetch(
        f"select {_ITEM} from {_FROM} where i.id = any($1) order by i.id", ids
    )
    return await _with_tags(connection, rows)


async def lock_item(connection: Connection, item: str) -> bool:
    """Hold the item's row until the transaction ends; say whether it exists."""
    return bool(
        await connection.fetchval(
            "select true from loans.item where id = $1 for no key update", item
        )
    )


async def items_by_code(connection: Connection, codes: Sequence[str]) -> dict[str, Item]:
    """Return these items by code, held until the transaction ends."""
    ids = await connection.fetch(
        "select id from loans.item where code = any($1) order by id for no key update", codes
    )
    return {item.code: item for item in await items_by_id(connection, [r["id"] for r in ids])}


async def insert_item(connection: Connection, item: ItemId, draft: ItemDraft) -> None:
    """Insert one item. Raises asyncpg.UniqueViolationError, ForeignKeyViolationError."""
    await connection.execute(
        """
        insert into loans.item (id, code, name, category, place, status, notes, folded)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        item,
        draft.code,
        draft.name,
        draft.category,
        draft.place,
        draft.status,
        draft.notes,
        fold(draft.code, draft.name, draft.place),
    )


async def update_item(connection: Connection, item: Item) -> None:
    """Write the item's fields and raise the version."""
    await connection.execute(
        """
        update loans.item
           set code = $2, name = $3, category = $4, place = $5, status = $6, notes = $7,
               folded = $8, version = version + 1, updated_at = now()
         where id = $1
        """,
        item.id,
        item.code,
        item.name,
        item.category,
        item.place,
        item.status,
        item.notes,
        fold(item.code, item.name, item.place),
    )


def _replica_item(row: asyncpg.Record, cards: tuple[CardRow, ...]) -> ItemRow:
    loan = None
    if row["loan"] is not None:
        loan = OpenLoan(
            LoanId(row["loan"]),
            PersonId(row["person"]),
            row["borrowed_us"],
            row["due_us"] if row["due_us"] is not None else None,
        )
    return ItemRow(
        id=ItemId(row["id"]),
        code=row["code"],
        name=row["name"],
        category=row["category_name"],
        place=row["place"],
        status=ItemStatus(row["status"]),
        cards=cards,
        loan=loan,
        loan_days=row["loan_days"],
        version=row["version"],
    )


_REPLICA = """
    select i.id, i.code, i.name, coalesce(c.name, '') as category_name, i.place, i.status,
           c.loan_days, i.version, l.id as loan, l.person,
           (extract(epoch from l.borrowed_at) * 1000000)::bigint as borrowed_us,
           (extract(epoch from l.due_at) * 1000000)::bigint as due_us
      from loans.item i
      left join loans.category c on c.id = i.category
      left join loans.loan l on l.item = i.id and l.state = 'open'
"""


async def _replica_rows(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[ItemRow]:
    cards: dict[str, list[CardRow]] = {}
    for tag in await connection.fetch(
        "select t.item, t.uid, c.blocked_at is not null as blocked"
        " from loans.tag t join people.card c using (uid)"
        " where t.item = any($1) order by t.uid",
        [row["id"] for row in rows],
    ):
        cards.setdefault(tag["item"], []).append(CardRow(CardUid(tag["uid"]), tag["blocked"]))
    return [_replica_item(row, tuple(cards.get(row["id"], ()))) for row in rows]


async def replica_items(connection: Connection, ids: Sequence[str]) -> list[ItemRow]:
    """Return these items as kiosks know them."""
    if not ids:
        return []
    rows = await connection.fetch(f"{_REPLICA} where i.id = any($1) order by i.id", ids)
    return await _replica_rows(connection, rows)


async def replica_page(connection: Connection, after: str | None, limit: int) -> list[ItemRow]:
    """Return the next items in order of id, as kiosks know them."""
    rows = await connection.fetch(
        f"{_REPLICA} where $1::uuid is null or i.id > $1 order by i.id limit $2", after, limit
    )
    return await _replica_rows(connection, rows)


async def items_of_category(connection: Connection, category: str) -> list[ItemId]:
    """Return the ids of a category's items."""
    rows = await connection.fetch("select id from loans.item where category = $1", category)
    return [ItemId(row["id"]) for row in rows]


async def items_of_tags(connection: Connection, uids: Sequence[str]) -> list[ItemId]:
    """Return the ids of the items that wear these tags."""
    rows = await connection.fetch("select item from loans.tag where uid = any($1)", uids)
    return [ItemId(row["item"]) for row in rows]


async def list_categories(connection: Connection) -> list[Category]:
    """Return the categories in order of name, with how many items each has."""
    rows = await connection.fetch(
        """
        select c.id, c.name, c.name_en, c.loan_days, c.version, count(i.id) as items
          from loans.category c left join loans.item i on i.category = c.id
         group by c.id order by c.name
        """
    )
    return [Category(**dict(row)) for row in rows]


async def lock_category(connection: Connection, category: str) -> Category | None:
    """Return one category, held until the transaction ends."""
    row = await connection.fetchrow(
        "select id, name, name_en, loan_days, version from loans.category where id = $1"
        " for no key update",
        category,
    )
    return Category(**dict(row)) if row else None


async def insert_category(connection: Connection, category: str, draft: CategoryDraft) -> None:
    """Insert one category. Raises asyncpg.UniqueViolationError."""
    await connection.execute(
        "insert into loans.category (id, name, name_en, loan_days) values ($1, $2, $3, $4)",
        category,
        draft.name,
        draft.name_en,
        draft.loan_days,
    )


async def update_category(connection: Connection, category: Category) -> None:
    """Write a category and raise its version and that of its items, which show it."""
    await connection.execute(
        "update loans.category set name = $2, name_en = $3, loan_days = $4, version = version + 1"
        " where id = $1",
        category.id,
        category.name,
        category.name_en,
        category.loan_days,
    )
    await connection.execute(
        "update loans.item set version = version + 1 where category = $1", category.id
    )
