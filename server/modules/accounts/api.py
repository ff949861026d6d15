"""HTTP of accounts and roles: path, permission, request, answer."""

from collections.abc import Sequence

import msgspec

from server.kernel.http import (
    API,
    Call,
    Nothing,
    Page,
    Paging,
    Reply,
    Route,
    page_of,
    read_cursor,
)
from server.modules.accounts import store, store_roles
from server.modules.accounts.model import (
    Account,
    AccountChange,
    AccountDraft,
    OneTimeLink,
    Role,
    RoleChange,
    RoleDraft,
    RoleId,
)
from server.modules.accounts.service import READ, WRITE, Accounts


class AccountQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the list of accounts."""

    search: str = ""
    role: RoleId | None = None


class AccountMade(msgspec.Struct, frozen=True):
    """A fresh account, and the link with which its owner chooses a password."""

    account: Account
    link: OneTimeLink


class Roles(msgspec.Struct, frozen=True):
    """All roles, and all permissions that there are."""

    items: list[Role]
    permissions: list[str]


def routes(accounts: Accounts) -> Sequence[Route]:
    """Return the operations on accounts and roles."""

    async def list_accounts(call: Call[AccountQuery, Nothing]) -> Page[Account]:
        query = call.query
        after = read_cursor(query.cursor, tuple[str])[0] if query.cursor else None
        found = await store.list_accounts(
            call.connection,
            search=query.search,
            role=query.role,
            after=after,
            limit=query.limit + 1,
        )
        return page_of(found, query.limit, lambda account: (account.login.lower(),))

    async def create(call: Call[Nothing, AccountDraft]) -> Reply:
        account, link = await accounts.create(call.connection, call.principal, call.body)
        return Reply(
            AccountMade(account, link),
            201,
            version=account.version,
            location=f"{API}/accounts/{account.id}",
        )

    async def get(call: Call[Nothing, Nothing]) -> Reply:
        account = await accounts.account(call.connection, call.path["id"])
        return Reply(account, version=account.version)

    async def change(call: Call[Nothing, AccountChange]) -> Reply:
        account = await accounts.change(
            call.connection, call.principal, call.path["id"], call.body, call.expected_version()
        )
        return Reply(account, version=account.version)

    async def password_link(call: Call[Nothing, Nothing]) -> OneTimeLink:
        return await accounts.password_link(call.connection, call.principal, call.path["id"])

    async def sign_out(call: Call[Nothing, Nothing]) -> Reply:
        await accounts.sign_out(call.connection, call.principal, call.path["id"])
        return Reply(None, 204)

    async def list_roles(call: Call[Nothing, Nothing]) -> Roles:
        return Roles(await store_roles.list_roles(call.connection), sorted(accounts.declared))

    async def create_role(call: Call[Nothing, RoleDraft]) -> Reply:
        role = await accounts.create_role(call.connection, call.principal, call.body)
        return Reply(role, 201, version=role.version, location=f"{API}/roles/{role.id}")

    async def change_role(call: Call[Nothing, RoleChange]) -> Reply:
        role = await accounts.change_role(
            call.connection, call.principal, call.path["id"], call.body, call.expected_version()
        )
        return Reply(role, version=role.version)

    async def delete_role(call: Call[Nothing, Nothing]) -> Reply:
        await accounts.delete_role(call.connection, call.principal, call.path["id"])
        return Reply(None, 204)

    path, one = f"{API}/accounts", API + "/accounts/{id}"
    roles, role = f"{API}/roles", API + "/roles/{id}"
    return (
        Route(
            "GET",
            path,
            READ,
            list_accounts,
            "List accounts",
            AccountQuery,
            answer=Page[Account],
        ),
        Route(
            "POST",
            path,
            WRITE,
            create,
            "Create an account",
            body=AccountDraft,
            answer=AccountMade,
            status=201,
            keep_answer=False,
        ),
        Route("GET", one, READ, get, "Get an account", answer=Account),
        Route("PATCH", one, WRITE, change, "Change an account", body=AccountChange, answer=Account),
        Route(
            "POST",
            f"{one}/password-link",
            WRITE,
            password_link,
            "Make a link to choose a new password",
            answer=OneTimeLink,
            keep_answer=False,
        ),
        Route("DELETE", f"{one}/sessions", WRITE, sign_out, "End all its sessions", status=204),
        Route("GET", roles, READ, list_roles, "List roles and permissions", answer=Roles),
        Route(
            "POST",
            roles,
            WRITE,
            create_role,
            "Create a role",
            body=RoleDraft,
            answer=Role,
            status=201,
        ),
        Route("PATCH", role, WRITE, change_role, "Change a role", body=RoleChange, answer=Role),
        Route("DELETE", role, WRITE, delete_role, "Delete a role", status=204),
    )
