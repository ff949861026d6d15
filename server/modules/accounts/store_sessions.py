"""SQL of sessions, one-time links and lockouts, one function a statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from server.kernel.database import Connection
from server.modules.accounts.model import (
    AccountId,
    Method,
    Purpose,
    SessionId,
    SessionKind,
    SessionView,
)
from server.modules.accounts.rules import Lockout, SessionLimits


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose session this is, and what they may do now."""

    session: SessionId
    account: AccountId
    name: str
    permissions: frozenset[str]
    stale: bool  # its last use was written some time ago


@dataclass(frozen=True, slots=True)
class Standing:
    """How long a session still lasts."""

    account: AccountId
    login: str
    kind: SessionKind
    authenticated_at: datetime
    seen_at: datetime
    ends_at: datetime
    idle_seconds: int


async def insert_session(
    connection: Connection,
    session: SessionId,
    secret_hash: bytes,
    account: str,
    kind: SessionKind,
    method: Method,
    limits: SessionLimits,
    address: str,
    user_agent: str,
) -> None:
    """Insert a session that begins now."""
    await connection.execute(
        """
        insert into accounts.session
               (id, hash, account, kind, method, ends_at, idle_seconds, address, user_agent)
        values ($1, $2, $3, $4, $5, now() + $6, $7, $8, $9)
        """,
        session,
        secret_hash,
        account,
        kind,
        method,
        limits.whole,
        int(limits.idle.total_seconds()),
        address,
        user_agent,
    )


_VALID = """
    s.revoked_at is null and s.ends_at > now()
    and s.seen_at > now() - make_interval(secs => s.idle_seconds) and a.disabled_at is null
"""


async def holder(
    connection: Connection, secret_hash: bytes, touch_after: timedelta
) -> Holder | None:
    """Return whose valid session this is, with their permissions: each request asks this."""
    row = await connection.fetchrow(
        f"""
        select s.id, s.account, a.name, s.seen_at < now() - $2::interval as stale,
               array(select distinct unnest(r.permissions)
                       from accounts.account_role ar join accounts.role r on r.id = ar.role
                      where ar.account = a.id) as permissions
          from accounts.session s join accounts.account a on a.id = s.account
         where s.hash = $1 and {_VALID}
        """,
        secret_hash,
        touch_after,
    )
    if row is None:
        return None
    return Holder(
        SessionId(row["id"]),
        AccountId(row["account"]),
        row["name"],
        frozenset(row["permissions"]),
        row["stale"],
    )


async def touch(connection: Connection, session: str) -> None:
    """Keep that the session was used now."""
    await connection.execute("update accounts.session set seen_at = now() where id = $1", session)


async def standing(connection: Connection, session: str) -> Standing | None:
    """Return how long the session still lasts."""
    row = await connection.fetchrow(
        """
        select s.account, a.login, s.kind, s.authenticated_at, s.seen_at, s.ends_at, s.idle_seconds
          from accounts.session s join accounts.account a on a.id = s.account where s.id = $1
        """,
        session,
    )
    if row is None:
        return None
    return Standing(
        account=AccountId(row["account"]),
        login=row["login"],
        kind=SessionKind(row["kind"]),
        authenticated_at=row["authenticated_at"],
        seen_at=row["seen_at"],
        ends_at=row["ends_at"],
        idle_seconds=row["idle_seconds"],
    )


async def note_proof(connection: Connection, session: str) -> None:
    """Keep that the person proved anew who they are."""
    await connection.execute(
        "update accounts.session set authenticated_at = now(), seen_at = now() where id = $1",
        session,
    )


async def list_sessions(
    connection: Connection, account: str, current: str | None
) -> list[SessionView]:
    """Return the account's valid sessions, the last used first."""
    rows = await connection.fetch(
        f"""
        select s.id, s.kind, s.method, s.created_at, s.seen_at, s.ends_at, s.address, s.user_agent
          from accounts.session s join accounts.account a on a.id = s.account
         where s.account = $1 and {_VALID} order by s.seen_at desc, s.id
        """,
        account,
    )
    return [_view(row, current) for row in rows]


def _view(row: asyncpg.Record, current: str | None) -> SessionView:
    return SessionView(
        id=SessionId(row["id"]),
        kind=SessionKind(row["kind"]),
        method=row["method"],
        created_at=row["created_at"],
        seen_at=row["seen_at"],
        ends_at=row["ends_at"],
        address=row["address"],
        user_agent=row["user_agent"],
        current=row["id"] == current,
    )


async def revoke_session(connection: Connection, account: str, session: str) -> bool:
    """End one session of the account; say whether it was there."""
    return bool(
        await connection.fetchval(
            "update accounts.session set revoked_at = now()"
            " where id = $2 and account = $1 and revoked_at is null returning true",
            account,
            session,
        )
    )


async def revoke_sessions(connection: Connection, account: str, but: str | None = None) -> int:
    """End the account's sessions, but one; return how many."""
    rows = await connection.fetch(
        "update accounts.session set revoked_at = now() where account = $1"
        " and revoked_at is null and ($2::uuid is null or id <> $2) returning id",
        account,
        but,
    )
    return len(rows)


async def delete_old(connection: Connection, days: int) -> None:
    """Forget what ended so many days ago; the journal tells of it still."""
    for statement in (
        "delete from accounts.session where least(ends_at, coalesce(revoked_at, ends_at))"
        " < now() - make_interval(days => $1)",
        "delete from accounts.one_time where expires_at < now() - make_interval(days => $1)",
        "delete from accounts.lockout where coalesce(until, since)"
        " < now() - make_interval(days => $1)",
    ):
        await connection.execute(statement, days)


# --- one-time links


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


# --- lockouts


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
