"""SQL of disclosure and erasure, one function a statement."""

from server.kernel.database import Connection
from server.kernel.personal import Cell

_OF_AN_ACCOUNT = (
    "session",
    "one_time",
    "account_role",
    "passkey",
    "challenge",
    "totp",
    "recovery_code",
    "mailed_link",
    "family",  # and with it its refresh tokens
)


async def sessions_of(connection: Connection, account: str) -> list[dict[str, Cell]]:
    """Return the account's sessions, newest first."""
    rows = await connection.fetch(
        """
        select kind, method, created_at::text, seen_at::text, ends_at::text, address, user_agent
          from accounts.session where account = $1 order by created_at desc, id
        """,
        account,
    )
    return [dict(row) for row in rows]


async def passkeys_of(connection: Connection, account: str) -> list[dict[str, Cell]]:
    """Return the account's passkeys, without their keys."""
    rows = await connection.fetch(
        "select name, rp, created_at::text, used_at::text from accounts.passkey where account = $1"
        " order by created_at, id",
        account,
    )
    return [dict(row) for row in rows]


async def apps_of(connection: Connection, account: str) -> list[dict[str, Cell]]:
    """Return the account's apps, newest first."""
    rows = await connection.fetch(
        """
        select name, created_at::text, refreshed_at::text, revoked_at::text, address
          from accounts.family where account = $1 order by created_at desc, id
        """,
        account,
    )
    return [dict(row) for row in rows]


async def revoke_every_session(connection: Connection) -> None:
    """End all sessions of everybody, and all apps."""
    await connection.execute(
        "update accounts.session set revoked_at = now() where revoked_at is null"
    )
    await connection.execute(
        "update accounts.family set revoked_at = now(), reason = 'signed_out'"
        " where revoked_at is null"
    )


async def close(connection: Connection, account: str, login: str, code: str, name: str) -> None:
    """Close an account for good, under another login and name."""
    for table in _OF_AN_ACCOUNT:
        await connection.execute(f"delete from accounts.{table} where account = $1", account)
    await connection.execute(
        "delete from accounts.lockout where key = $1", f"password:{login.casefold()}"
    )
    await connection.execute(
        """
        update accounts.account
           set login = $2, name = $3, person = null, email = null,
               password_hash = null, pin_hash = null,
               disabled_at = coalesce(disabled_at, now()), signed_in_at = null,
               version = version + 1
         where id = $1
        """,
        account,
        code,
        name,
    )
