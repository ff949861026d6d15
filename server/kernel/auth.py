"""Who is calling, and what they may do: the one place that decides.

Secrets that we make are 256 random bits; the database keeps their SHA-256, which needs no salt for
a secret of full entropy.
"""

import enum
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from server.kernel.database import Connection

TOKEN_PREFIX = "genba_"  # noqa: S105 - it is no secret
EVERYTHING = "*"
# What a route asks for that is open to everybody who is somebody.
SIGNED_IN = "signed-in"
# The same, and also to those who have yet to make a second factor before they may do more.
FIRST_FACTOR = "first-factor"


class Carrier(enum.Enum):
    """How a credential came: a browser adds a cookie by itself, a header is meant."""

    COOKIE = "cookie"
    BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request brings to prove who sent it.

    `background`: a page asks by itself, with nobody at it; that does not keep a session alive.
    """

    secret: str
    carrier: Carrier
    background: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody with rights; `actor` is how the journal names them.

    `account` is the person's account, `session` the browser session that they came with.
    `restricted`: they have proved a first factor, and a second one is due.
    """

    actor: str
    name: str
    permissions: frozenset[str]
    account: str | None = None
    session: str | None = None
    restricted: bool = False

    def may(self, permission: str) -> bool:
        """Say whether the principal holds the permission. The one place that checks."""
        if permission in self.permissions or EVERYTHING in self.permissions:
            return True
        if self.actor == NOBODY.actor:
            return False
        return permission == FIRST_FACTOR or (permission == SIGNED_IN and not self.restricted)


Identify = Callable[[Connection, Credential], Awaitable[Principal | None]]

NOBODY = Principal("nobody", "", frozenset())


def digest(secret: str) -> bytes:
    """Return what the database stores of a secret; a header's bytes may be no text."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).digest()


def new_secret() -> str:
    """Return a fresh secret of 256 bits, safe in a URL."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


async def create_token(
    connection: Connection,
    name: str,
    permissions: frozenset[str],
    expires_at: datetime | None,
    created_by: str = "",
) -> str:
    """Store a new token and return it: the only time that it can be read."""
    secret = new_secret()
    await connection.execute(
        "insert into kernel.token (hash, name, permissions, expires_at, created_by)"
        " values ($1, $2, $3, $4, $5)",
        digest(secret),
        name,
        sorted(permissions),
        expires_at,
        created_by,
    )
    return secret


async def holder_of_token(connection: Connection, secret: str) -> Principal | None:
    """Return whose API token this is, or None if it is unknown, expired or revoked.

    That it was used is kept, at most once an hour.
    """
    row = await connection.fetchrow(
        """
        select name, permissions, coalesce(used_at < now() - interval '1 hour', true) as stale
          from kernel.token
         where hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())
        """,
        digest(secret),
    )
    if row is None:
        return None
    if row["stale"]:
        await connection.execute(
            "update kernel.token set used_at = now() where hash = $1", digest(secret)
        )
    return Principal(f"token:{row['name']}", row["name"], frozenset(row["permissions"]))
