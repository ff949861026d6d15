"""SQL of second factors and of who must have one, one function a statement."""

from collections.abc import Sequence
from datetime import timedelta

from server.kernel.auth import EVERYTHING
from server.kernel.database import Connection
from server.modules.accounts.factor_model import Held, Policy, Whom

# Whether the policy wants a second factor of the account `a`.
COVERED = f"""
    (select p.second_factor = 'everybody' or (p.second_factor = 'administrators' and exists (
        select from accounts.account_role ar join accounts.role r on r.id = ar.role
         where ar.account = a.id and (r.permissions @> '{{{EVERYTHING}}}' or r.permissions &&
               array(select s.name from accounts.seeded_permission s where s.weighty))))
       from accounts.policy p)
"""


async def held(connection: Connection, account: str) -> Held:
    """Return what the account has besides a password."""
    row = await connection.fetchrow(
        f"""
        select {COVERED} as covered, a.second_factor_due as due,
               exists (select from accounts.totp t
                        where t.account = a.id and t.confirmed_at is not null) as totp,
               (select count(*) from accounts.passkey k where k.account = a.id)::int as passkeys,
               (select count(*) from accounts.recovery_code c
                 where c.account = a.id and c.used_at is null)::int as recovery_codes
          from accounts.account a where a.id = $1
        """,
        account,
    )
    assert row is not None
    return Held(**row)


async def begin_grace(connection: Connection, account: str, lasts: timedelta) -> None:
    """Let the time begin in which an account that the policy covers must get a second factor."""
    await connection.execute(
        "update accounts.account a set second_factor_due = now() + $2"
        f" where a.id = $1 and a.second_factor_due is null and {COVERED}",
        account,
        lasts,
    )


async def note_two_factors(connection: Connection, session: str) -> None:
    """Keep that whoever has this session has proved two factors."""
    await connection.execute(
        "update accounts.session set two_factors = true where id = $1", session
    )


# --- authenticator apps


async def keep_draft(connection: Connection, account: str, sealed: bytes) -> bool:
    """Keep a secret that is not proved yet, and say so; one that is proved stays."""
    return bool(
        await connection.fetchval(
            """
            insert into accounts.totp (account, sealed) values ($1, $2)
            on conflict (account) do update set sealed = $2, created_at = now()
             where accounts.totp.confirmed_at is null
            returning true
            """,
            account,
            sealed,
        )
    )


async def totp_draft(connection: Connection, account: str) -> bytes | None:
    """Return the secret that is not proved yet, sealed, held until the transaction ends."""
    found: bytes | None = await connection.fetchval(
        "select sealed from accounts.totp where account = $1 and confirmed_at is null for update",
        account,
    )
    return found


async def confirm_totp(connection: Connection, account: str, step: int) -> None:
    """Take the secret in use; the step that proved it is used."""
    await connection.execute(
        "update accounts.totp set confirmed_at = now(), last_step = $2 where account = $1",
        account,
        step,
    )


async def totp(connection: Connection, account: str) -> bytes | None:
    """Return the secret in use, sealed."""
    found: bytes | None = await connection.fetchval(
        "select sealed from accounts.totp where account = $1 and confirmed_at is not null", account
    )
    return found


async def use_step(connection: Connection, account: str, step: int) -> bool:
    """Use a step up; say whether neither it nor a later one was used before."""
    return bool(
        await connection.fetchval(
            "update accounts.totp set last_step = $2 where account = $1 and last_step < $2"
            " returning true",
            account,
            step,
        )
    )


async def delete_totp(connection: Connection, account: str) -> bool:
    """Delete the secret; say whether one was in use."""
    return bool(
        await connection.fetchval(
            "delete from accounts.totp where account = $1 returning confirmed_at is not null",
            account,
        )
    )


async def delete_every_totp(connection: Connection) -> None:
    """Delete the secrets of everybody's app; who has no passkey has time for another one."""
    await connection.execute(
        "update accounts.account set second_factor_due = null"
        " where id in (select account from accounts.totp)"
    )
    await connection.execute("delete from accounts.totp")


# --- recovery codes


async def keep_recovery_codes(
    connection: Connection, account: str, hashes: Sequence[bytes]
) -> None:
    """Keep fresh codes in the place of all earlier ones."""
    await connection.execute("delete from accounts.recovery_code where account = $1", account)
    await connection.execute(
        "insert into accounts.recovery_code (account, hash) select $1, unnest($2::bytea[])",
        account,
        hashes,
    )


async def use_recovery_code(connection: Connection, account: str, secret_hash: bytes) -> bool:
    """Use a code up; say whether it was good."""
    return bool(
        await connection.fetchval(
            "update accounts.recovery_code set used_at = now()"
            " where account = $1 and hash = $2 and used_at is null returning true",
            account,
            secret_hash,
        )
    )


# --- taken away, and who must have one


async def take_away(connection: Connection, account: str) -> None:
    """Delete all second factors; the time to make new ones begins at the next sign-in."""
    for statement in (
        "delete from accounts.totp where account = $1",
        "delete from accounts.recovery_code where account = $1",
        "delete from accounts.passkey where account = $1",
        "update accounts.account set second_factor_due = null where id = $1",
    ):
        await connection.execute(statement, account)


async def policy(connection: Connection, *, lock: bool = False) -> Policy:
    """Return the policy; `lock` holds it until the transaction ends."""
    row = await connection.fetchrow(
        "select second_factor, version from accounts.policy" + (" for update" if lock else "")
    )
    assert row is not None
    return Policy(second_factor=Whom(row["second_factor"]), version=row["version"])


async def set_policy(connection: Connection, second_factor: Whom) -> None:
    """Write the policy."""
    await connection.execute(
        "update accounts.policy set second_factor = $1, version = version + 1", second_factor
    )


async def mark_weighty(connection: Connection, permissions: Sequence[str]) -> None:
    """Keep which permissions make an administrator."""
    await connection.execute(
        "update accounts.seeded_permission set weighty = (name = any($1::text[]))"
        " where weighty <> (name = any($1::text[]))",
        permissions,
    )
