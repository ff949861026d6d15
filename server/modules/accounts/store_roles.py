"""SQL of roles: what they allow, and who has them, one function a statement."""

from collections.abc import Sequence

import asyncpg

from server.kernel.database import Connection
from server.modules.accounts.model import BUILTIN_ROLES, AccountId, Role, RoleId
from server.modules.accounts.oauth_model import ClientId

_ROLE = """
    r.id, r.title, r.builtin, r.permissions, r.version,
    (select count(*) from accounts.account_role ar where ar.role = r.id)::int as accounts
"""


def _role(row: asyncpg.Record) -> Role:
    return Role(
        id=RoleId(row["id"]),
        title=row["title"],
        builtin=row["builtin"],
        permissions=tuple(row["permissions"]),
        accounts=row["accounts"],
        version=row["version"],
    )


async def list_roles(connection: Connection) -> list[Role]:
    """Return all roles: the built-in ones first."""
    rows = await connection.fetch(
        f"select {_ROLE} from accounts.role r order by array_position($1, r.id), r.title",
        list(BUILTIN_ROLES),
    )
    return [_role(row) for row in rows]


async def role_by_id(connection: Connection, role: str, *, lock: bool = False) -> Role | None:
    """Return one role; `lock` holds it until the transaction ends."""
    row = await connection.fetchrow(
        f"select {_ROLE} from accounts.role r where r.id = $1"
        + (" for no key update of r" if lock else ""),
        role,
    )
    return _role(row) if row else None


async def insert_role(
    connection: Connection, role: str, title: str, permissions: Sequence[str], *, builtin: bool
) -> None:
    """Insert a role, unless it is there."""
    await connection.execute(
        "insert into accounts.role (id, title, permissions, builtin) values ($1, $2, $3, $4)"
        " on conflict do nothing",
        role,
        title,
        sorted(permissions),
        builtin,
    )


async def update_role(
    connection: Connection, role: str, title: str, permissions: Sequence[str]
) -> None:
    """Write a role's name and permissions."""
    await connection.execute(
        "update accounts.role set title = $2, permissions = $3, version = version + 1"
        " where id = $1",
        role,
        title,
        sorted(permissions),
    )


async def delete_role(connection: Connection, role: str) -> None:
    """Delete a role. Raises asyncpg.ForeignKeyViolationError while somebody has it."""
    await connection.execute("delete from accounts.role where id = $1", role)


async def unseeded(connection: Connection, permissions: Sequence[str]) -> list[str]:
    """Return those permissions that were not yet given to the built-in roles, and mark them."""
    rows = await connection.fetch(
        "insert into accounts.seeded_permission (name) select unnest($1::text[])"
        " on conflict do nothing returning name",
        permissions,
    )
    return [row["name"] for row in rows]


async def give_permission(connection: Connection, role: str, permission: str) -> None:
    """Add a permission to a role that lacks it."""
    await connection.execute(
        "update accounts.role set permissions = array_append(permissions, $2)"
        " where id = $1 and $2 <> all(permissions)",
        role,
        permission,
    )


# --- who has them


async def give_to_account(connection: Connection, account: AccountId, roles: Sequence[str]) -> None:
    """Give the account exactly these roles. Raises asyncpg.ForeignKeyViolationError."""
    await _give(connection, "account", account, roles)


async def give_to_client(connection: Connection, client: ClientId, roles: Sequence[str]) -> None:
    """Give the client exactly these roles. Raises asyncpg.ForeignKeyViolationError."""
    await _give(connection, "client", client, roles)


async def _give(connection: Connection, kind: str, holder: str, roles: Sequence[str]) -> None:
    await connection.execute(
        f"delete from accounts.{kind}_role where {kind} = $1 and role <> all($2::text[])",
        holder,
        roles,
    )
    await connection.execute(
        f"insert into accounts.{kind}_role ({kind}, role) select $1, unnest($2::text[])"
        " on conflict do nothing",
        holder,
        roles,
    )


async def hold_links(connection: Connection) -> None:
    """Let nobody else give or take an account's role until the transaction ends."""
    await connection.execute("lock table accounts.account_role in share row exclusive mode")


async def count_holders(
    connection: Connection, permissions: Sequence[str], but: str | None = None
) -> int:
    """Return how many accounts in use, but one, hold any of the permissions."""
    return int(
        await connection.fetchval(
            """
            select count(distinct a.id)
              from accounts.account a
              join accounts.account_role ar on ar.account = a.id
              join accounts.role r on r.id = ar.role
             where a.disabled_at is null and r.permissions && $1::text[]
               and ($2::uuid is null or a.id <> $2)
            """,
            permissions,
            but,
        )
    )


async def permissions_of(connection: Connection, account: str) -> frozenset[str]:
    """Return what the account's roles let it do."""
    rows = await connection.fetch(
        "select distinct unnest(r.permissions) as name from accounts.role r"
        " join accounts.account_role ar on ar.role = r.id where ar.account = $1",
        account,
    )
    return frozenset(row["name"] for row in rows)


async def is_a_clients(connection: Connection, role: str) -> bool:
    """Say whether any client has this role (index client_role_by_role)."""
    return bool(
        await connection.fetchval(
            "select exists (select from accounts.client_role where role = $1)", role
        )
    )
