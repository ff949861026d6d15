"""SQL of links sent by mail, one function a statement."""

from server.kernel.database import Connection
from server.modules.accounts.model import Account
from server.modules.accounts.store import account_by_id


async def account_by_login_or_email(connection: Connection, who: str) -> Account | None:
    """Return the account with this login, else the one with this address."""
    found = await connection.fetchval(
        """
        select id from accounts.account where lower(login) = lower($1) or lower(email) = lower($1)
         order by lower(login) = lower($1) desc limit 1
        """,
        who,
    )
    return await account_by_id(connection, found) if found else None


async def insert_letter(connection: Connection, letter: str, account: str) -> None:
    """Keep that a link is sent now."""
    await connection.execute(
        "insert into accounts.mailed_link (id, account) values ($1, $2)", letter, account
    )


async def delete_letter(connection: Connection, letter: str) -> None:
    """Forget a link that could not be sent."""
    await connection.execute("delete from accounts.mailed_link where id = $1", letter)


async def count_letters(connection: Connection, account: str) -> int:
    """Return how many links were sent within the hour."""
    return int(
        await connection.fetchval(
            "select count(*) from accounts.mailed_link"
            " where account = $1 and at > now() - interval '1 hour'",
            account,
        )
    )


async def delete_old_letters(connection: Connection) -> None:
    """Forget what no longer counts."""
    await connection.execute("delete from accounts.mailed_link where at < now() - interval '1 day'")
