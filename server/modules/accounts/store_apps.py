"""SQL of people's apps: families of refresh tokens, one function a statement."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from server.kernel.database import Connection
from server.modules.accounts.model import AccountId
from server.modules.accounts.oauth_model import App, FamilyId
from server.modules.accounts.oauth_rules import REFRESH_LIFETIME, Presented


@dataclass(frozen=True, slots=True)
class Kept:
    """A refresh token as it is kept. `now` is the time of the request."""

    family: FamilyId
    account: AccountId
    name: str
    token: Presented
    now: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose app it is, and what they may do now."""

    account: AccountId
    name: str
    permissions: frozenset[str]


async def insert_family(
    connection: Connection, family: FamilyId, account: str, name: str, address: str
) -> None:
    """Insert a family that begins now."""
    await connection.execute(
        "insert into accounts.family (id, account, name, address) values ($1, $2, $3, $4)",
        family,
        account,
        name,
        address,
    )


async def insert_refresh(connection: Connection, secret_hash: bytes, family: FamilyId) -> None:
    """Insert a refresh token that begins now."""
    await connection.execute(
        "insert into accounts.refresh (hash, family, expires_at) values ($1, $2, now() + $3)",
        secret_hash,
        family,
        REFRESH_LIFETIME,
    )


async def present(connection: Connection, secret_hash: bytes) -> Kept | None:
    """Return the token, and hold its whole family: refreshes of one come one after the other."""
    row = await connection.fetchrow(
        """
        select f.id, f.account, f.name, r.expires_at, r.used_at, now() as now,
               f.revoked_at is not null or a.disabled_at is not null as ended
          from accounts.refresh r
          join accounts.family f on f.id = r.family
          join accounts.account a on a.id = f.account
         where r.hash = $1
           for no key update of r, f
        """,
        secret_hash,
    )
    if row is None:
        return None
    return Kept(
        FamilyId(row["id"]),
        AccountId(row["account"]),
        row["name"],
        Presented(row["expires_at"], row["used_at"], row["ended"]),
        row["now"],
    )


async def note_refresh(
    connection: Connection, secret_hash: bytes, family: FamilyId, address: str
) -> None:
    """Keep that the token was used; the first time counts."""
    await connection.execute(
        "update accounts.refresh set used_at = coalesce(used_at, now()) where hash = $1",
        secret_hash,
    )
    await connection.execute(
        "update accounts.family set refreshed_at = now(), address = $2 where id = $1",
        family,
        address,
    )


async def holder(connection: Connection, family: str, account: str) -> Holder | None:
    """Return who holds an access token of this family: each request of an app asks this."""
    row = await connection.fetchrow(
        """
        select a.id, a.name,
               array(select distinct unnest(r.permissions)
                       from accounts.account_role ar join accounts.role r on r.id = ar.role
                      where ar.account = a.id) as permissions
          from accounts.family f join accounts.account a on a.id = f.account
         where f.id = $1 and a.id = $2 and f.revoked_at is null and a.disabled_at is null
        """,
        family,
        account,
    )
    return Holder(AccountId(row["id"]), row["name"], frozenset(row["permissions"])) if row else None


async def list_apps(connection: Connection, account: str) -> list[App]:
    """Return the account's apps that can still refresh, the last used first."""
    rows = await connection.fetch(
        """
        select id, name, created_at, refreshed_at, refreshed_at + $2 as ends_at, address
          from accounts.family
         where account = $1 and revoked_at is null and refreshed_at + $2 > now()
         order by refreshed_at desc, id
        """,
        account,
        REFRESH_LIFETIME,
    )
    return [_app(row) for row in rows]


def _app(row: asyncpg.Record) -> App:
    return App(
        id=FamilyId(row["id"]),
        name=row["name"],
        created_at=row["created_at"],
        refreshed_at=row["refreshed_at"],
        ends_at=row["ends_at"],
        address=row["address"],
    )


async def revoke_family(
    connection: Connection, account: str, family: str, reason: str
) -> str | None:
    """End one family of the account; return its name, or None if there is none to end."""
    name: str | None = await connection.fetchval(
        "update accounts.family set revoked_at = now(), reason = $3"
        " where id = $2 and account = $1 and revoked_at is null returning name",
        account,
        family,
        reason,
    )
    return name


async def revoke_families(connection: Connection, account: str, reason: str) -> list[str]:
    """End all of the account's families; return their names (index family_by_account)."""
    rows = await connection.fetch(
        "update accounts.family set revoked_at = now(), reason = $2"
        " where account = $1 and revoked_at is null returning name",
        account,
        reason,
    )
    return [row["name"] for row in rows]


async def delete_old(connection: Connection, days: int) -> None:
    """Forget what ended so many days ago; the journal tells of it still."""
    await connection.execute(
        "delete from accounts.family where least(refreshed_at + $2, coalesce(revoked_at,"
        " 'infinity')) < now() - make_interval(days => $1)",
        days,
        REFRESH_LIFETIME,
    )
    # A used token that comes back is a theft as long as its family lives, but not for ever.
    await connection.execute(
        "delete from accounts.refresh where expires_at < now() - make_interval(days => $1)", days
    )
