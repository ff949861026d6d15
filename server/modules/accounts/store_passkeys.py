"""SQL of passkeys and challenges, one function a statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from server.kernel.database import Connection
from server.modules.accounts.ceremonies import KeptKey, encode
from server.modules.accounts.model import AccountId
from server.modules.accounts.passkey_model import Ceremony, KnownCredential, Passkey


@dataclass(frozen=True, slots=True)
class Key:
    """What is needed to check a passkey's answer."""

    account: AccountId
    name: str
    rp: str
    public_key: bytes
    sign_count: int


async def insert_challenge(
    connection: Connection,
    secret_hash: bytes,
    ceremony: Ceremony,
    account: str | None,
    lasts: timedelta,
) -> None:
    """Keep a challenge's hash."""
    await connection.execute(
        "insert into accounts.challenge (hash, purpose, account, expires_at)"
        " values ($1, $2, $3, now() + $4)",
        secret_hash,
        ceremony,
        account,
        lasts,
    )


async def use_challenge(
    connection: Connection, secret_hash: bytes, ceremony: Ceremony, account: str | None
) -> bool:
    """Use a challenge up; say whether it was there, for this and for them."""
    return bool(
        await connection.fetchval(
            "delete from accounts.challenge where hash = $1 and purpose = $2"
            " and account is not distinct from $3::uuid and expires_at > now() returning true",
            secret_hash,
            ceremony,
            account,
        )
    )


async def delete_expired(connection: Connection) -> None:
    """Forget the challenges that nobody answered in time (index challenge_by_expiry)."""
    await connection.execute("delete from accounts.challenge where expires_at < now()")


async def insert_passkey(
    connection: Connection,
    account: str,
    name: str,
    rp: str,
    key: KeptKey,
    transports: Sequence[str],
) -> None:
    """Insert a passkey. Raises asyncpg.UniqueViolationError if the credential is known."""
    await connection.execute(
        """
        insert into accounts.passkey (id, account, name, rp, public_key, sign_count, transports)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        key.credential,
        account,
        name,
        rp,
        key.public_key,
        key.sign_count,
        transports,
    )


async def list_passkeys(connection: Connection, account: str) -> list[Passkey]:
    """Return the account's passkeys, the oldest first."""
    rows = await connection.fetch(
        "select id, name, rp, created_at, used_at, version from accounts.passkey"
        " where account = $1 order by created_at, id",
        account,
    )
    return [_passkey(row) for row in rows]


async def passkey(connection: Connection, account: str, credential: bytes) -> Passkey | None:
    """Return one passkey of the account and hold it until the transaction ends."""
    row = await connection.fetchrow(
        "select id, name, rp, created_at, used_at, version from accounts.passkey"
        " where account = $1 and id = $2 for no key update",
        account,
        credential,
    )
    return _passkey(row) if row else None


def _passkey(row: asyncpg.Record) -> Passkey:
    return Passkey(
        id=encode(row["id"]),
        name=row["name"],
        host=row["rp"],
        created_at=row["created_at"],
        used_at=row["used_at"],
        version=row["version"],
    )


async def known_credentials(
    connection: Connection, account: str, rp: str
) -> tuple[KnownCredential, ...]:
    """Return the account's passkeys at this host, as a browser is told of them."""
    rows = await connection.fetch(
        "select id, transports from accounts.passkey where account = $1 and rp = $2"
        " order by created_at, id",
        account,
        rp,
    )
    return tuple(KnownCredential(encode(row["id"]), tuple(row["transports"])) for row in rows)


async def key(connection: Connection, credential: bytes) -> Key | None:
    """Return a passkey's key, held until the transaction ends: its count goes up one by one."""
    row = await connection.fetchrow(
        "select account, name, rp, public_key, sign_count from accounts.passkey"
        " where id = $1 for no key update",
        credential,
    )
    if row is None:
        return None
    return Key(
        AccountId(row["account"]), row["name"], row["rp"], row["public_key"], row["sign_count"]
    )


async def note_use(connection: Connection, credential: bytes, sign_count: int) -> None:
    """Keep the count, and that the passkey was used now."""
    await connection.execute(
        "update accounts.passkey set sign_count = $2, used_at = now() where id = $1",
        credential,
        sign_count,
    )


async def rename_passkey(connection: Connection, credential: bytes, name: str) -> None:
    """Give a passkey another name."""
    await connection.execute(
        "update accounts.passkey set name = $2, version = version + 1 where id = $1",
        credential,
        name,
    )


async def delete_passkey(connection: Connection, credential: bytes) -> None:
    """Delete a passkey."""
    await connection.execute("delete from accounts.passkey where id = $1", credential)
