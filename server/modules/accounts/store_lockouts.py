"""SQL of lockouts, one function a statement."""

from server.kernel.database import Connection
from server.modules.accounts.rules import Lockout


async def lockout(connection: Connection, key: str) -> Lockout | None:
    """Return what was counted for the key; attempts at one key come one after the other."""
    await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 41))", key)
    row = await connection.fetchrow(
        "select failures, since, until from accounts.lockout where key = $1", key
    )
    return Lockout(row["failures"], row["since"], row["until"]) if row else None


async def keep_lockout(connection: Connection, key: str, counted: Lockout) -> None:
    """Keep what was counted for the key."""
    await connection.execute(
        """
        insert into accounts.lockout (key, failures, since, until) values ($1, $2, $3, $4)
        on conflict (key) do update set failures = $2, since = $3, until = $4
        """,
        key,
        counted.failures,
        counted.since,
        counted.until,
    )


async def forget_lockout(connection: Connection, key: str) -> None:
    """Begin to count anew."""
    await connection.execute("delete from accounts.lockout where key = $1", key)
