"""Signing in with a password, and with what it wants besides."""

from server.kernel.auth import Principal, digest
from server.kernel.database import Connection
from server.kernel.problems import Problem, Unauthenticated
from server.modules.accounts import (
    store,
    store_factors,
    store_lockouts,
    store_one_time,
    store_sessions,
)
from server.modules.accounts.factor_model import CodeRefused, Second, SecondFactorWanted
from server.modules.accounts.factors import Factors
from server.modules.accounts.model import (
    Account,
    LinkVoid,
    LockedOut,
    Method,
    Purpose,
    SessionKind,
)
from server.modules.accounts.passwords import Passwords, is_outdated
from server.modules.accounts.sign_in import Opened, Origin, SignIns, actor, password_key


class PasswordSignIns:
    """Every command runs in its caller's transaction.

    All return LockedOut, SignInRefused, CodeRefused, CodeStale or SecondFactorWanted instead of
    raising: what was counted must be kept. Wrong codes count as wrong passwords do.
    """

    def __init__(self, sign_ins: SignIns, passwords: Passwords, factors: Factors) -> None:
        self._sign_ins = sign_ins
        self._passwords = passwords
        self._factors = factors

    async def by_password(
        self, connection: Connection, login: str, password: str, code: str | None, origin: Origin
    ) -> Opened | Problem:
        """Sign in. Raises TooBusy."""
        with self._passwords.attempt():
            key = password_key(login)
            if locked := await self._sign_ins.locked(connection, key):
                return locked
            account = await store.account_by_login(connection, login)
            kept = await store.password_hash(connection, account.id) if account else None
            matches = await self._passwords.matches(kept, password)
            if account is None or not matches or account.disabled:
                return await self._sign_ins.failed(connection, key, login, Method.PASSWORD, origin)
            if kept and is_outdated(kept):
                fresh = await self._passwords.hash(password)
                await store.set_password(connection, account.id, fresh)
        method = await self._besides(connection, account, code, origin)
        if isinstance(method, Problem):
            return method
        await store_lockouts.forget_lockout(connection, key)
        return await self._sign_ins.open(connection, account, SessionKind.BROWSER, method, origin)

    async def by_link(
        self,
        connection: Connection,
        secret: str,
        password: str,
        code: str | None,
        origin: Origin,
    ) -> Opened | Problem:
        """Set a password with a one-time link, and sign in. Raises LinkVoid, PasswordRefused.

        The link goes round the old password, and round nothing else.
        """
        login = await store_one_time.peek_one_time(connection, digest(secret), Purpose.PASSWORD)
        account = await store.account_by_login(connection, login) if login else None
        if account is None or account.disabled:
            raise LinkVoid()
        method = await self._besides(connection, account, code, origin)
        if isinstance(method, Problem):
            return method
        if await store_one_time.use_one_time(connection, digest(secret), Purpose.PASSWORD) is None:
            raise LinkVoid()
        await self._sign_ins.set_password(
            connection, actor(account.id), account, password, keep=None
        )
        return await self._sign_ins.open(connection, account, SessionKind.BROWSER, method, origin)

    async def confirm(
        self,
        connection: Connection,
        principal: Principal,
        password: str,
        code: str | None,
        origin: Origin,
    ) -> Problem | None:
        """Prove anew who is there, as at sign-in."""
        account = await self._own(connection, principal)
        if refused := await self.check_password(connection, account, password, origin):
            return refused
        method = await self._besides(connection, account, code, origin)
        if isinstance(method, Problem):
            return method
        await store_lockouts.forget_lockout(connection, password_key(account.login))
        session = principal.session or ""
        await store_sessions.note_proof(connection, session)
        if method is not Method.PASSWORD:
            await store_factors.note_two_factors(connection, session)
        return None

    async def check_password(
        self, connection: Connection, account: Account, password: str, origin: Origin
    ) -> Problem | None:
        """Return LockedOut or SignInRefused unless this is the account's password."""
        with self._passwords.attempt():
            key = password_key(account.login)
            if locked := await self._sign_ins.locked(connection, key):
                return locked
            kept = await store.password_hash(connection, account.id)
            if await self._passwords.matches(kept, password):
                return None
            return await self._sign_ins.failed(
                connection, key, account.login, Method.PASSWORD, origin
            )

    async def _besides(
        self, connection: Connection, account: Account, code: str | None, origin: Origin
    ) -> Method | Problem:
        """Return how somebody has signed in who knows the password, or what is missing."""
        wanted = await self._factors.wanted(connection, account.id)
        if wanted is Second.NOTHING:
            return Method.PASSWORD
        if code is None or wanted is Second.PASSKEY:
            return SecondFactorWanted(expected=wanted)
        key = password_key(account.login)
        if locked := await self._sign_ins.locked(connection, key):
            return locked
        found = await self._factors.use(connection, account.id, code)
        if not isinstance(found, CodeRefused):
            return found
        failed = await self._sign_ins.failed(connection, key, account.login, Method.TOTP, origin)
        return failed if isinstance(failed, LockedOut) else found

    async def _own(self, connection: Connection, principal: Principal) -> Account:
        account = (
            await store.account_by_id(connection, principal.account)
            if principal.account and principal.session
            else None
        )
        if account is None:
            raise Unauthenticated()
        return account
