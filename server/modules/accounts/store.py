"""SQL of accounts and roles, one function a statement."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from contract.ids import PersonId
from server.kernel.database import Connection
from server.modules.accounts.model import Account, AccountId, RoleId

_ACCOUNT = """
    a.id, a.login, a.name, a.email, a.person, a.password_hash is not null as has_password,
    a.pin_hash is not null as has_pin,
    (exists (select from accounts.passkey k where k.account = a.id) or exists
     (select from accounts.totp t where t.account = a.id and t.confirmed_at is not null)
    ) as second_factor, a.disabled_at is not null as disabled, a.created_at,
    a.signed_in_at, a.version,
    array(select r.role from accounts.account_role r where r.account = a.id order by 1) as roles
"""


def _account(row: asyncpg.Record) -> Account:
    return Account(
        id=AccountId(row["id"]),
        login=row["login"],
        name=row["name"],
        email=row["email"],
        person=PersonId(row["person"]) if row["person"] else None,
        roles=tuple(RoleId(role) for role in row["roles"]),
        disabled=row["disabled"],
        has_password=row["has_password"],
        has_pin=row["has_pin"],
        second_factor=row["second_factor"],
        created_at=row["created_at"],
        signed_in_at=row["signed_in_at"],
        version=row["version"],
    )


async def list_accounts(
    connection: Connection, *, search: str, role: str | None, after: str | None, limit: int
) -> list[Account]:
    """Return accounts in order of login."""
    rows = await connection.fetch(
        f"""
        select {_ACCOUNT} from accounts.account a
         where ($1 = '' or strpos(lower(a.login || ' ' || a.name), lower($1)) > 0)
           and ($2::text is null or exists
                (select from accounts.account_role r where r.account = a.id and r.role = $2))
           and ($3::text is null or lower(a.login) > $3)
         order by lower(a.login) limit $4
        """,
        search.strip(),
        role,
        after,
        limit,
    )
    return [_account(row) for row in rows]


async def account_by_id(
    connection: Connection, account: str, *, lock: bool = False
) -> Account | None:
    """Return one account; `lock` holds it until the transaction ends."""
    row = await connection.fetchrow(
        f"select {_ACCOUNT} from accounts.account a where a.id = $1"
        + (" for no key update of a" if lock else ""),
        account,
    )
    return _account(row) if row else None


async def account_by_login(connection: Connection, login: str) -> Account | None:
    """Return the account with this login, however its letters are cased (index account_login)."""
    row = await connection.fetchrow(
        f"select {_ACCOUNT} from accounts.account a where lower(a.login) = lower($1)", login
    )
    return _account(row) if row else None


async def account_by_person(connection: Connection, person: str) -> Account | None:
    """Return the account of this person of the register."""
    row = await connection.fetchrow(
        f"select {_ACCOUNT} from accounts.account a where a.person = $1", person
    )
    return _account(row) if row else None


async def any_account(connection: Connection) -> bool:
    """Say whether there is an account at all: whether the site is set up."""
    return bool(await connection.fetchval("select exists (select from accounts.account)"))


async def insert_account(
    connection: Connection,
    account: AccountId,
    login: str,
    name: str,
    person: str | None,
    email: str | None = None,
) -> None:
    """Insert an account.

    Raises asyncpg.UniqueViolationError (account_login, account_person, account_email).
    """
    await connection.execute(
        "insert into accounts.account (id, login, name, person, email) values ($1, $2, $3, $4, $5)",
        account,
        login,
        name,
        person,
        email,
    )


async def update_account(connection: Connection, account: Account) -> None:
    """Write the account's fields. Raises asyncpg.UniqueViolationError as `insert_account` does."""
    await connection.execute(
        """
        update accounts.account
           set login = $2, name = $3, person = $4, email = $6, version = version + 1,
               disabled_at = case when $5 then coalesce(disabled_at, now()) end
         where id = $1
        """,
        account.id,
        account.login,
        account.name,
        account.person,
        account.disabled,
        account.email,
    )


async def password_hash(connection: Connection, account: str) -> str | None:
    """Return the hash of the account's password, if it has one."""
    found: str | None = await connection.fetchval(
        "select password_hash from accounts.account where id = $1", account
    )
    return found


async def pin_hash(connection: Connection, account: str) -> str | None:
    """Return the hash of the account's PIN, if it has one."""
    found: str | None = await connection.fetchval(
        "select pin_hash from accounts.account where id = $1", account
    )
    return found


async def set_password(connection: Connection, account: str, kept: str) -> None:
    """Keep the hash of a new password."""
    await connection.execute(
        "update accounts.account set password_hash = $2, password_changed_at = now(),"
        " version = version + 1 where id = $1",
        account,
        kept,
    )


async def set_pin(connection: Connection, account: str, kept: str | None) -> None:
    """Keep the hash of a new PIN, or none."""
    await connection.execute(
        "update accounts.account set pin_hash = $2, version = version + 1 where id = $1",
        account,
        kept,
    )


async def note_sign_in(connection: Connection, account: str) -> None:
    """Keep when the account signed in last. Its version stays: nobody edited anything."""
    await connection.execute(
        "update accounts.account set signed_in_at = now() where id = $1", account
    )


async def names_of(connection: Connection, accounts: Sequence[str]) -> dict[str, str]:
    """Return the accounts' names by id."""
    rows = await connection.fetch(
        "select id, name from accounts.account where id = any($1::uuid[])", accounts
    )
    return {row["id"]: row["name"] for row in rows}


async def disabled_since(connection: Connection, account: str) -> datetime | None:
    """Return when the account was disabled, if it is."""
    found: datetime | None = await connection.fetchval(
        "select disabled_at from accounts.account where id = $1", account
    )
    return found
