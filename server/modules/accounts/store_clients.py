"""SQL of clients, one function a statement."""

from dataclasses import dataclass

import asyncpg

from server.kernel.database import Connection
from server.modules.accounts.model import RoleId
from server.modules.accounts.oauth_model import Client, ClientId

_CLIENT = """
    c.id, c.name, c.disabled_at is not null as disabled, c.created_at, c.created_by,
    c.secret_changed_at, c.used_at, c.address, c.version,
    array(select r.role from accounts.client_role r where r.client = c.id order by 1) as roles
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the secret of a client in use is compared with."""

    secret_hash: bytes
    secret_id: str
    name: str


def _client(row: asyncpg.Record) -> Client:
    return Client(
        id=ClientId(row["id"]),
        name=row["name"],
        roles=tuple(RoleId(role) for role in row["roles"]),
        disabled=row["disabled"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        secret_changed_at=row["secret_changed_at"],
        used_at=row["used_at"],
        address=row["address"],
        version=row["version"],
    )


async def list_clients(connection: Connection, *, after: str, limit: int) -> list[Client]:
    """Return clients in order of id (primary key)."""
    rows = await connection.fetch(
        f"select {_CLIENT} from accounts.client c where c.id > $1 order by c.id limit $2",
        after,
        limit,
    )
    return [_client(row) for row in rows]


async def client_by_id(connection: Connection, client: str, *, lock: bool = False) -> Client | None:
    """Return one client; `lock` holds it until the transaction ends."""
    row = await connection.fetchrow(
        f"select {_CLIENT} from accounts.client c where c.id = $1"
        + (" for no key update of c" if lock else ""),
        client,
    )
    return _client(row) if row else None


async def insert_client(
    connection: Connection,
    client: ClientId,
    name: str,
    secret_hash: bytes,
    secret_id: str,
    created_by: str,
) -> bool:
    """Insert a client; say whether its id was free."""
    return bool(
        await connection.fetchval(
            """
            insert into accounts.client (id, name, secret_hash, secret_id, created_by)
            values ($1, $2, $3, $4, $5) on conflict do nothing returning true
            """,
            client,
            name,
            secret_hash,
            secret_id,
            created_by,
        )
    )


async def update_client(connection: Connection, client: Client) -> None:
    """Write the client's fields."""
    await connection.execute(
        """
        update accounts.client
           set name = $2, version = version + 1,
               disabled_at = case when $3 then coalesce(disabled_at, now()) end
         where id = $1
        """,
        client.id,
        client.name,
        client.disabled,
    )


async def set_secret(
    connection: Connection, client: str, secret_hash: bytes, secret_id: str
) -> None:
    """Keep the hash of a new secret."""
    await connection.execute(
        "update accounts.client set secret_hash = $2, secret_id = $3, secret_changed_at = now(),"
        " version = version + 1 where id = $1",
        client,
        secret_hash,
        secret_id,
    )


async def proof_of(connection: Connection, client: str) -> Proof | None:
    """Return what the client must prove that it knows."""
    row = await connection.fetchrow(
        "select secret_hash, secret_id, name from accounts.client"
        " where id = $1 and disabled_at is null",
        client,
    )
    return Proof(row["secret_hash"], row["secret_id"], row["name"]) if row else None


async def note_use(
    connection: Connection, client: str, secret_id: str, address: str
) -> tuple[str] | None:
    """Keep that the client got a token, and return from where it got the one before.

    None if it was stopped, or got another secret meanwhile. Its version stays: nobody edited it.
    """
    row = await connection.fetchrow(
        """
        update accounts.client c set used_at = now(), address = $3
          from (select id, address from accounts.client
                 where id = $1 and secret_id = $2 and disabled_at is null
                   for no key update) as before
         where c.id = before.id returning before.address
        """,
        client,
        secret_id,
        address,
    )
    return (row["address"],) if row else None


async def holder(
    connection: Connection, client: str, secret_id: str
) -> tuple[str, frozenset[str]] | None:
    """Return the name and permissions of a client in use that still has this secret."""
    row = await connection.fetchrow(
        """
        select c.name,
               array(select distinct unnest(r.permissions)
                       from accounts.client_role cr join accounts.role r on r.id = cr.role
                      where cr.client = c.id) as permissions
          from accounts.client c
         where c.id = $1 and c.secret_id = $2 and c.disabled_at is null
        """,
        client,
        secret_id,
    )
    return (row["name"], frozenset(row["permissions"])) if row else None


async def permissions_of(connection: Connection, client: str) -> frozenset[str]:
    """Return what the client's roles let it do."""
    rows = await connection.fetch(
        "select distinct unnest(r.permissions) as name from accounts.role r"
        " join accounts.client_role cr on cr.role = r.id where cr.client = $1",
        client,
    )
    return frozenset(row["name"] for row in rows)
