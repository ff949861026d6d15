"""What everybody may do with their own account and sessions."""

from server.kernel.auth import Principal
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import Forbidden, Invalid, Problem
from server.modules.accounts import events, store, store_lockouts, store_sessions
from server.modules.accounts.model import Account, SessionView
from server.modules.accounts.password_sign_in import PasswordSignIns
from server.modules.accounts.passwords import Passwords
from server.modules.accounts.rules import pin_fault
from server.modules.accounts.sign_in import Origin, SignIns, pin_key
from server.modules.people.service import checked_id


class Own:
    """Every command runs in its caller's transaction, and wants a session: a token has none."""

    def __init__(
        self,
        journal: Journal,
        sign_ins: SignIns,
        by_password: PasswordSignIns,
        passwords: Passwords,
    ) -> None:
        self._journal = journal
        self._sign_ins = sign_ins
        self._by_password = by_password
        self._passwords = passwords

    async def stay(self, connection: Connection, principal: Principal) -> None:
        """Keep the session from ending for lack of use."""
        await self.account(connection, principal)
        await store_sessions.touch(connection, principal.session or "")

    async def sessions(self, connection: Connection, principal: Principal) -> list[SessionView]:
        """Return the caller's valid sessions."""
        account = await self.account(connection, principal)
        return await store_sessions.list_sessions(connection, account.id, principal.session)

    async def revoke(self, connection: Connection, principal: Principal, session: str) -> None:
        """End one of the caller's sessions. Raises NotFound, ConfirmFirst."""
        account = await self.account(connection, principal)
        await self._sign_ins.require_recent_proof(connection, principal)
        await self._sign_ins.revoke(connection, principal.actor, account.id, checked_id(session))

    async def revoke_others(self, connection: Connection, principal: Principal) -> None:
        """End all of the caller's sessions but this one. Raises ConfirmFirst."""
        account = await self.account(connection, principal)
        await self._sign_ins.require_recent_proof(connection, principal)
        await self._sign_ins.revoke_all(
            connection, principal.actor, account.id, but=principal.session
        )

    async def set_password(
        self,
        connection: Connection,
        principal: Principal,
        password: str,
        current: str | None,
        origin: Origin,
    ) -> Problem | None:
        """Change the caller's password; their other sessions end.

        Returns LockedOut or SignInRefused for a wrong current one.
        Raises Invalid without it; PasswordRefused; ConfirmFirst where there is none yet, and where
        there is a second factor besides.
        """
        account = await self.account(connection, principal)
        if account.has_password:
            if current is None:
                raise Invalid(field="current", expected="missing")
            refused = await self._by_password.check_password(connection, account, current, origin)
            if refused is not None:
                refused.field = "current"
                return refused
        if account.second_factor or not account.has_password:
            await self._sign_ins.require_recent_proof(connection, principal)
        await self._sign_ins.set_password(
            connection, principal.actor, account, password, keep=principal.session
        )
        return None

    async def set_pin(self, connection: Connection, principal: Principal, pin: str | None) -> None:
        """Change or take away the caller's PIN. Raises ConfirmFirst, Invalid."""
        account = await self.account(connection, principal)
        await self._sign_ins.require_recent_proof(connection, principal)
        if pin is not None and (fault := pin_fault(pin)):
            raise Invalid(field="pin", expected=fault)
        kept = None if pin is None else await self._passwords.hash(pin)
        await store.set_pin(connection, account.id, kept)
        await store_lockouts.forget_lockout(connection, pin_key(account.id))
        news = events.AccountNews(account.login, account.name)
        await self._journal.tell(connection, principal.actor, events.PIN_CHANGED, account.id, news)

    async def account(self, connection: Connection, principal: Principal) -> Account:
        """Return the caller's account. Raises Forbidden for a token: it is nobody's session."""
        account = (
            await store.account_by_id(connection, principal.account)
            if principal.account and principal.session
            else None
        )
        if account is None:
            raise Forbidden(permission="session")
        return account
