"""Tags: the cards that stand for items. Answers what the people module asks about them."""

from collections.abc import Mapping, Sequence

from contract.ids import ItemId
from server.kernel.database import Connection
from server.kernel.problems import NotFound
from server.modules.people.model import Holder
from server.modules.people.text import like


class Tags:
    """Implements `people.service.CardHolders` for items."""

    async def holders(self, connection: Connection, uids: Sequence[str]) -> Mapping[str, Holder]:
        """Return the items of these cards, by UID."""
        rows = await connection.fetch(
            """
            select t.uid, i.id, i.code, i.name
              from loans.tag t join loans.item i on i.id = t.item
             where t.uid = any($1)
            """,
            uids,
        )
        return {row["uid"]: Holder(row["id"], row["code"], row["name"]) for row in rows}

    async def search(self, connection: Connection, text: str) -> list[str]:
        """Return the UIDs of tags whose item matches the text."""
        rows = await connection.fetch(
            "select t.uid from loans.tag t join loans.item i on i.id = t.item"
            " where i.folded like $1 limit 1000",
            like(text),
        )
        return [row["uid"] for row in rows]

    async def attach(self, connection: Connection, uid: str, holder: str) -> Holder:
        """Stick a registered card on an item. Raises NotFound."""
        row = await connection.fetchrow(
            "update loans.item set version = version + 1, updated_at = now() where id = $1"
            " returning id, code, name",
            ItemId(holder),
        )
        if row is None:
            raise NotFound()
        await connection.execute("insert into loans.tag (uid, item) values ($1, $2)", uid, holder)
        return Holder(row["id"], row["code"], row["name"])

    async def changed(self, connection: Connection, uid: str) -> None:
        """Raise the version of the item whose tag was blocked, unblocked or is about to go."""
        await connection.execute(
            "update loans.item set version = version + 1, updated_at = now()"
            " where id = (select item from loans.tag where uid = $1)",
            uid,
        )
