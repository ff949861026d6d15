"""Nobody can give away rights that they do not hold, nor touch whoever has more of them."""

from collections.abc import Iterable, Sequence

from server.kernel.auth import Principal
from server.kernel.database import Connection
from server.kernel.problems import Invalid
from server.modules.accounts import store_roles
from server.modules.accounts.model import BeyondOwnRights, RoleId


async def check_grant(
    connection: Connection, principal: Principal, roles: Sequence[RoleId]
) -> None:
    """Let the principal give these roles away. Raises Invalid (unknown role), BeyondOwnRights."""
    for role in roles:
        found = await store_roles.role_by_id(connection, role)
        if found is None:
            raise Invalid(field="roles", expected=role)
        check_outranked(principal, found.permissions)


def check_outranked(principal: Principal, permissions: Iterable[str]) -> None:
    """Raise BeyondOwnRights if there is one that the principal does not hold."""
    for permission in permissions:
        if not principal.may(permission):
            raise BeyondOwnRights(permission=permission)
