"""SQL of one-time links, one function a statement."""

from datetime import datetime, timedelta

from server.kernel.database import Connection
from server.modules.accounts.model import AccountId, Purpose


async def insert_one_time(
    connection: Connection,
    secret_hash: bytes,
    purpose: Purpose,
    account: str | None,
    lasts: timedelta,
) -> datetime:
    """Insert a one-time secret and return when it expires; an older one of its kind is void."""
    await void_one_time(connection, purpose, account)
    return await add_one_time(connection, secret_hash, purpose, account, lasts)


async def void_one_time(connection: Connection, purpose: Purpose, account: str | None) -> None:
    """Make the account's unused secrets of this kind worthless."""
    await connection.execute(
        "delete from accounts.one_time where purpose = $1 and used_at is null"
        " and account is not distinct from $2::uuid",
        purpose,
        account,
    )


async def add_one_time(
    connection: Connection,
    secret_hash: bytes,
    purpose: Purpose,
    account: str | None,
    lasts: timedelta,
) -> datetime:
    """Insert a one-time secret beside others and return when it expires."""
    expires_at: datetime = await connection.fetchval(
        "insert into accounts.one_time (hash, purpose, account, expires_at)"
        " values ($1, $2, $3, now() + $4) returning expires_at",
        secret_hash,
        purpose,
        account,
        lasts,
    )
    return expires_at


async def use_one_time(
    connection: Connection, secret_hash: bytes, purpose: Purpose
) -> tuple[AccountId | None] | None:
    """Use the secret up; return whose it is (setup: nobody's), or None if it is void."""
    row = await connection.fetchrow(
        "update accounts.one_time set used_at = now()"
        " where hash = $1 and purpose = $2 and used_at is null and expires_at > now()"
        " returning account",
        secret_hash,
        purpose,
    )
    return (AccountId(row["account"]) if row["account"] else None,) if row else None


async def peek_one_time(connection: Connection, secret_hash: bytes, purpose: Purpose) -> str | None:
    """Return the login that a usable secret is for ('' for setup), without using it up."""
    row = await connection.fetchrow(
        "select a.login from accounts.one_time o left join accounts.account a on a.id = o.account"
        " where o.hash = $1 and o.purpose = $2 and o.used_at is null and o.expires_at > now()",
        secret_hash,
        purpose,
    )
    return (row["login"] or "") if row else None
