"""SQL of sessions, one function a statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from contract.ids import AgentId
from server.kernel.database import Connection
from server.modules.accounts.model import (
    AccountId,
    Method,
    SessionId,
    SessionKind,
    SessionView,
)
from server.modules.accounts.rules import TWO_FACTORS, SessionLimits
from server.modules.accounts.store_factors import COVERED


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose session this is, and what they may do now."""

    session: SessionId
    account: AccountId
    name: str
    permissions: frozenset[str]
    stale: bool  # its last use was written some time ago
    restricted: bool  # a second factor is due; they may do nothing but make one


@dataclass(frozen=True, slots=True)
class Standing:
    """How long a session still lasts."""

    account: AccountId
    login: str
    kind: SessionKind
    authenticated_at: datetime | None  # None: by card and PIN only
    seen_at: datetime
    ends_at: datetime
    idle_seconds: int
    covered: bool  # the policy wants a second factor
    two_factors: bool  # the session was opened by two, or has proved them since
    due: datetime | None  # when the account must have a second factor


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
    agent: AgentId | None,
) -> None:
    """Insert a session that begins now; one at a kiosk without any recent proof."""
    await connection.execute(
        """
        insert into accounts.session (id, hash, account, kind, method, ends_at, idle_seconds,
                                      address, user_agent, agent, authenticated_at, two_factors)
        values ($1, $2, $3, $4, $5, now() + $6, $7, $8, $9, $10,
                case when $4 <> 'kiosk' then now() end, $11)
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
        agent,
        method in TWO_FACTORS,
    )


_VALID = """
    s.revoked_at is null and s.ends_at > now()
    and s.seen_at > now() - make_interval(secs => s.idle_seconds) and a.disabled_at is null
"""


async def holder(
    connection: Connection, secret_hash: bytes, touch_after: timedelta
) -> Holder | None:
    """Return whose valid session this is, with their permissions: each request asks this.

    `touch_after` is cut for a session that ends soon: its last use must not look long ago.
    """
    row = await connection.fetchrow(
        f"""
        select s.id, s.account, a.name,
               s.seen_at < now() - least($2, make_interval(secs => s.idle_seconds / 8)) as stale,
               case when s.two_factors or coalesce(a.second_factor_due > now(), true) then false
                    else {COVERED} end as restricted,
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
        row["restricted"],
    )


async def touch(connection: Connection, session: str) -> None:
    """Keep that the session was used now."""
    await connection.execute("update accounts.session set seen_at = now() where id = $1", session)


async def standing(connection: Connection, session: str) -> Standing | None:
    """Return how long the session still lasts."""
    row = await connection.fetchrow(
        f"""
        select s.account, a.login, s.kind, s.authenticated_at, s.seen_at, s.ends_at,
               s.idle_seconds, {COVERED} as covered, s.two_factors, a.second_factor_due as due
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
        covered=row["covered"],
        two_factors=row["two_factors"],
        due=row["due"],
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


async def revoke_single_factor(connection: Connection, account: str, but: str | None) -> int:
    """End the account's sessions that a password alone opened, but one; return how many."""
    rows = await connection.fetch(
        "update accounts.session set revoked_at = now() where account = $1 and not two_factors"
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
