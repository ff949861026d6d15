"""SQL of API tokens, one function a statement."""

from datetime import datetime

import asyncpg

from server.kernel.database import Connection
from server.modules.accounts.token_model import Token, TokenId, TokenState

_COLUMNS = """
    t.id, t.name, t.permissions, t.created_at, t.expires_at, t.used_at, t.revoked_at,
    coalesce(a.name, t.created_by) as creator,
    case when t.revoked_at is not null then 'revoked'
         when t.expires_at <= now() then 'expired'
         else 'valid' end as state
    from kernel.token t left join accounts.account a on t.created_by = 'account:' || a.id
"""


def _token(row: asyncpg.Record) -> Token:
    return Token(
        id=TokenId(row["id"]),
        name=row["name"],
        permissions=tuple(row["permissions"]),
        state=TokenState(row["state"]),
        creator=row["creator"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
        revoked_at=row["revoked_at"],
    )


async def list_tokens(
    connection: Connection, *, before: tuple[datetime, str] | None, limit: int
) -> list[Token]:
    """Return tokens, the newest first."""
    at, id = before or (None, None)
    rows = await connection.fetch(
        f"""
        select {_COLUMNS}
         where $1::timestamptz is null or (t.created_at, t.id) < ($1, $2::uuid)
         order by t.created_at desc, t.id desc limit $3
        """,
        at,
        id,
        limit,
    )
    return [_token(row) for row in rows]


async def token_by_id(connection: Connection, token: str) -> Token | None:
    """Return one token and hold it until the transaction ends."""
    row = await connection.fetchrow(
        f"select {_COLUMNS} where t.id = $1 for no key update of t", token
    )
    return _token(row) if row else None


async def token_by_hash(connection: Connection, secret_hash: bytes) -> Token | None:
    """Return the token with this hash."""
    row = await connection.fetchrow(f"select {_COLUMNS} where t.hash = $1", secret_hash)
    return _token(row) if row else None


async def is_name_taken(connection: Connection, name: str) -> bool:
    """Say whether a valid token has this name; who else wants it waits until we are done."""
    await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 42))", name)
    return bool(
        await connection.fetchval(
            "select exists (select from kernel.token where name = $1 and revoked_at is null"
            " and (expires_at is null or expires_at > now()))",
            name,
        )
    )


async def revoke_token(connection: Connection, token: str) -> None:
    """Make a token worthless."""
    await connection.execute("update kernel.token set revoked_at = now() where id = $1", token)
