"""Commands on accounts and roles; nobody can give away rights that they do not hold."""

from collections.abc import Sequence

import asyncpg
from msgspec import UNSET

from contract.ids import new_id
from server.kernel.auth import EVERYTHING, Principal
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.module import Permission
from server.kernel.problems import (
    AlreadyThere,
    Conflicting,
    Invalid,
    NotFound,
    PreconditionFailed,
)
from server.modules.accounts import events, store, store_factors, store_roles
from server.modules.accounts.app_endings import Ended, end_apps
from server.modules.accounts.changes import applied, differing
from server.modules.accounts.grants import check_grant, check_outranked
from server.modules.accounts.model import (
    ADMIN,
    BUILTIN_ROLES,
    Account,
    AccountChange,
    AccountDraft,
    AccountId,
    BeyondOwnRights,
    LastAdmin,
    OneTimeLink,
    Purpose,
    Role,
    RoleChange,
    RoleDraft,
    RoleId,
)
from server.modules.accounts.rules import email_fault
from server.modules.accounts.sign_in import SignIns
from server.modules.people.service import checked_id

READ = "accounts.read"
WRITE = "accounts.write"


class Accounts:
    """Accounts and roles. Every command runs in its caller's transaction."""

    def __init__(self, journal: Journal, sign_ins: SignIns) -> None:
        self._journal = journal
        self._sign_ins = sign_ins
        self.declared: frozenset[str] = frozenset()

    async def seed(self, connection: Connection, permissions: Sequence[Permission]) -> None:
        """Give the built-in roles what modules declare for them, each permission once for ever."""
        self.declared = frozenset(permission.name for permission in permissions)
        for role in BUILTIN_ROLES:
            first = {EVERYTHING} if role == ADMIN else set()
            await store_roles.insert_role(connection, role, "", sorted(first), builtin=True)
        fresh = set(await store_roles.unseeded(connection, sorted(self.declared)))
        for permission in permissions:
            if permission.name in fresh:
                for holder in sorted(permission.roles):
                    await store_roles.give_permission(connection, holder, permission.name)
        weighty = [permission.name for permission in permissions if permission.weighty]
        await store_factors.mark_weighty(connection, weighty)

    async def account(self, connection: Connection, account: str, *, lock: bool = False) -> Account:
        """Return one account. Raises NotFound."""
        found = await store.account_by_id(connection, checked_id(account), lock=lock)
        if found is None:
            raise NotFound()
        return found

    async def create(
        self, connection: Connection, principal: Principal, draft: AccountDraft
    ) -> tuple[Account, OneTimeLink]:
        """Make an account, and the link with which its owner chooses a password.

        Raises AlreadyThere, Invalid (an unknown role or person), BeyondOwnRights.
        """
        account = AccountId(new_id())
        await check_grant(connection, principal, draft.roles)
        _check_email(draft.email)
        try:
            async with connection.transaction():
                await store.insert_account(
                    connection, account, draft.login, draft.name, draft.person, draft.email
                )
                await store_roles.give_to_account(connection, account, draft.roles)
        except asyncpg.PostgresError as error:
            raise _refusal(error) from error
        after = {"roles": " ".join(draft.roles)}
        news = events.AccountNews(draft.login, draft.name, after=after)
        await self._journal.tell(connection, principal.actor, events.ACCOUNT_CREATED, account, news)
        made = await self.account(connection, account)
        link = await self._sign_ins.make_link(connection, principal.actor, made, Purpose.PASSWORD)
        return made, link

    async def change(
        self,
        connection: Connection,
        principal: Principal,
        account: str,
        change: AccountChange,
        expected_version: int,
    ) -> Account:
        """Change an account; disabling it, or taking rights away, works at once.

        Raises NotFound, PreconditionFailed, AlreadyThere, Invalid, BeyondOwnRights, LastAdmin.
        """
        before = await self.account(connection, account, lock=True)
        if before.version != expected_version:
            raise PreconditionFailed(current=before.version)
        await self._check_outranked(connection, principal, before.id)
        had_admin = await self._has_admin(connection)
        after = applied(before, change)
        _check_email(after.email)
        if set(after.roles) != set(before.roles):
            given = sorted(set(after.roles) - set(before.roles))
            await check_grant(connection, principal, given)
        try:
            async with connection.transaction():
                await store.update_account(connection, after)
                await store_roles.give_to_account(connection, before.id, after.roles)
        except asyncpg.PostgresError as error:
            raise _refusal(error) from error
        if had_admin and not await self._has_admin(connection):
            raise LastAdmin()
        if after.disabled and not before.disabled:
            await self._sign_ins.revoke_all(connection, principal.actor, before.id)
            await end_apps(self._journal, connection, principal.actor, before.id, Ended.DISABLED)
        old, new = differing(_shown(before), _shown(after))
        news = events.AccountNews(after.login, after.name, old, new)
        await self._journal.tell(
            connection, principal.actor, events.ACCOUNT_CHANGED, before.id, news
        )
        return await self.account(connection, before.id)

    async def password_link(
        self, connection: Connection, principal: Principal, account: str
    ) -> OneTimeLink:
        """Make a link with which the account's owner chooses a new password.

        Raises NotFound, BeyondOwnRights: a link is as good as the account.
        """
        found = await self.account(connection, account)
        await self._check_outranked(connection, principal, found.id)
        return await self._sign_ins.make_link(connection, principal.actor, found, Purpose.PASSWORD)

    async def sign_out(self, connection: Connection, principal: Principal, account: str) -> None:
        """End all of an account's sessions and apps. Raises NotFound, BeyondOwnRights."""
        found = await self.account(connection, account)
        await self._check_outranked(connection, principal, found.id)
        await self._sign_ins.revoke_all(connection, principal.actor, found.id)
        await end_apps(self._journal, connection, principal.actor, found.id, Ended.SIGNED_OUT)

    # --- roles

    async def role(self, connection: Connection, role: str, *, lock: bool = False) -> Role:
        """Return one role. Raises NotFound."""
        found = await store_roles.role_by_id(connection, role, lock=lock)
        if found is None:
            raise NotFound()
        return found

    async def create_role(
        self, connection: Connection, principal: Principal, draft: RoleDraft
    ) -> Role:
        """Make a role. Raises Invalid, BeyondOwnRights, AlreadyThere."""
        self.check_permissions(principal, draft.permissions)
        if any(role.title == draft.title for role in await store_roles.list_roles(connection)):
            raise AlreadyThere(field="title", value=draft.title)
        role = RoleId(new_id())
        await store_roles.insert_role(
            connection, role, draft.title, draft.permissions, builtin=False
        )
        news = events.RoleNews(draft.title, given=tuple(sorted(draft.permissions)))
        await self._journal.tell(connection, principal.actor, events.ROLE_CREATED, role, news)
        return await self.role(connection, role)

    async def change_role(
        self,
        connection: Connection,
        principal: Principal,
        role: str,
        change: RoleChange,
        expected_version: int,
    ) -> Role:
        """Change a role; whoever has it can do more or less at once.

        Raises NotFound, PreconditionFailed, Conflicting for the admins' role, Invalid,
        BeyondOwnRights, LastAdmin.
        """
        before = await self.role(connection, role, lock=True)
        if before.version != expected_version:
            raise PreconditionFailed(current=before.version)
        if before.id == ADMIN or (before.builtin and change.title is not UNSET):
            raise Conflicting(field="role", expected=before.id)
        title = before.title if change.title is UNSET else change.title
        wanted = before.permissions if change.permissions is UNSET else change.permissions
        given = tuple(sorted(set(wanted) - set(before.permissions)))
        taken = tuple(sorted(set(before.permissions) - set(wanted)))
        self.check_permissions(principal, given)
        if (title, given, taken) == (before.title, (), ()):
            return before
        had_admin = await self._has_admin(connection)
        await store_roles.update_role(connection, before.id, title, sorted(set(wanted)))
        if had_admin and not await self._has_admin(connection):
            raise LastAdmin()
        news = events.RoleNews(title, given, taken)
        await self._journal.tell(connection, principal.actor, events.ROLE_CHANGED, before.id, news)
        return await self.role(connection, before.id)

    async def delete_role(self, connection: Connection, principal: Principal, role: str) -> None:
        """Delete a role that nobody has. Raises NotFound, Conflicting."""
        found = await self.role(connection, role, lock=True)
        if found.builtin or found.accounts or await store_roles.is_a_clients(connection, role):
            raise Conflicting(field="role", expected=found.title)
        await store_roles.delete_role(connection, found.id)
        news = events.RoleNews(found.title, taken=found.permissions)
        await self._journal.tell(connection, principal.actor, events.ROLE_DELETED, found.id, news)

    # --- inside

    def check_permissions(self, principal: Principal, given: Sequence[str]) -> None:
        """Raise Invalid for an undeclared permission, BeyondOwnRights for one that they lack."""
        for permission in given:
            if permission not in self.declared:
                raise Invalid(field="permissions", expected=permission)
            if not principal.may(permission):
                raise BeyondOwnRights(permission=permission)

    async def _check_outranked(
        self, connection: Connection, principal: Principal, account: str
    ) -> None:
        """Raise BeyondOwnRights if the account may do something that the principal may not."""
        check_outranked(principal, await store_roles.permissions_of(connection, account))

    async def _has_admin(self, connection: Connection) -> bool:
        # Two admins who take each other's role at the same moment must not both succeed.
        await store_roles.hold_links(connection)
        return await store_roles.count_holders(connection, [WRITE, EVERYTHING]) > 0


def _check_email(email: str | None) -> None:
    if email is not None and (fault := email_fault(email)):
        raise Invalid(field="email", expected=fault)


def _shown(account: Account) -> dict[str, str]:
    return {
        "login": account.login,
        "name": account.name,
        "email": account.email or "",
        "person": account.person or "",
        "roles": " ".join(sorted(account.roles)),
        "disabled": "yes" if account.disabled else "no",
    }


def _refusal(error: asyncpg.PostgresError) -> Exception:
    match getattr(error, "constraint_name", None):
        case "account_login":
            return AlreadyThere(field="login")
        case "account_email":
            return AlreadyThere(field="email")
        case "account_person":
            return AlreadyThere(field="person")
        case "account_person_fkey":
            return Invalid(field="person")
        case _:
            return error
