"""Sessions, one-time links and failures: every way in ends here, and every failure is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contract.ids import AgentId, new_id
from server.kernel.auth import Principal, digest, new_secret
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import NotFound
from server.kernel.site import read_site
from server.modules.accounts import (
    events,
    store,
    store_factors,
    store_lockouts,
    store_one_time,
    store_sessions,
)
from server.modules.accounts.app_endings import Ended, end_apps
from server.modules.accounts.model import (
    Account,
    AccountId,
    ConfirmFirst,
    LinkVoid,
    LockedOut,
    Method,
    OneTimeLink,
    PasswordRefused,
    Purpose,
    SessionId,
    SessionKind,
    SignInRefused,
)
from server.modules.accounts.passwords import Passwords
from server.modules.accounts.rules import (
    GRACE,
    RECENT,
    TWO_FACTORS,
    SessionPolicy,
    after_failure,
    minutes_left,
    password_fault,
)

LINK_HOURS = 24
_PATHS = {Purpose.SETUP: "setup", Purpose.PASSWORD: "password", Purpose.SIGNIN: "signin"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt comes from, for the journal and the list of sessions.

    `agent` is the one whose kiosk it is, if it is one.
    """

    address: str
    user_agent: str
    agent: AgentId | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A fresh session; the secret is the cookie's value and cannot be read again."""

    id: SessionId
    secret: str
    account: AccountId
    seconds: int


class SignIns:
    """Opens and ends sessions. Every command runs in its caller's transaction."""

    def __init__(self, journal: Journal, passwords: Passwords, policy: SessionPolicy) -> None:
        self._journal = journal
        self._passwords = passwords
        self._policy = policy

    async def by_link(self, connection: Connection, secret: str, origin: Origin) -> Opened:
        """Sign in with a one-time link. Raises LinkVoid."""
        used = await store_one_time.use_one_time(connection, digest(secret), Purpose.SIGNIN)
        account = await store.account_by_id(connection, used[0]) if used and used[0] else None
        if account is None or account.disabled:
            raise LinkVoid()
        return await self.open(connection, account, SessionKind.BROWSER, Method.LINK, origin)

    async def open(
        self,
        connection: Connection,
        account: Account,
        kind: SessionKind,
        method: Method,
        origin: Origin,
    ) -> Opened:
        """Open a session for somebody who has proved who they are.

        By one factor: the time begins, if it has not, in which they may have to make a second one.
        """
        if method not in TWO_FACTORS:
            await store_factors.begin_grace(connection, account.id, GRACE)
        secret, session = new_secret(), SessionId(new_id())
        limits = self._policy.of(kind)
        await store_sessions.insert_session(
            connection,
            session,
            digest(secret),
            account.id,
            kind,
            method,
            limits,
            origin.address,
            origin.user_agent,
            origin.agent,
        )
        await store.note_sign_in(connection, account.id)
        news = events.SignInNews(account.login, method, origin.address, origin.user_agent)
        await self._journal.tell(
            connection,
            actor(account.id),
            events.SIGNED_IN,
            account.id,
            news,
            device=origin.agent,
        )
        return Opened(session, secret, account.id, int(limits.whole.total_seconds()))

    async def end(self, connection: Connection, principal: Principal, origin: Origin) -> None:
        """End the caller's own session, if they came with one."""
        if principal.session is None or principal.account is None:
            return
        await store_sessions.revoke_session(connection, principal.account, principal.session)
        news = events.SignInNews("", "", origin.address, origin.user_agent)
        await self._journal.tell(
            connection,
            principal.actor,
            events.SIGNED_OUT,
            principal.account,
            news,
        )

    async def revoke(self, connection: Connection, by: str, account: str, session: str) -> None:
        """End somebody's session. Raises NotFound."""
        if not await store_sessions.revoke_session(connection, account, session):
            raise NotFound()
        news = events.SignInNews("", "")
        await self._journal.tell(connection, by, events.SESSION_REVOKED, account, news)

    async def revoke_all(
        self, connection: Connection, by: str, account: str, but: str | None = None
    ) -> int:
        """End all of an account's sessions, but one; return how many."""
        count = await store_sessions.revoke_sessions(connection, account, but)
        if count:
            news = events.SignInNews("", "")
            await self._journal.tell(connection, by, events.SESSION_REVOKED, account, news)
        return count

    async def end_single_factor(
        self, connection: Connection, principal: Principal, account: str
    ) -> None:
        """End the account's other sessions that a password alone opened: somebody may know it."""
        if await store_sessions.revoke_single_factor(connection, account, principal.session):
            news = events.SignInNews("", "")
            kind = events.SESSION_REVOKED
            await self._journal.tell(connection, principal.actor, kind, account, news)

    async def require_recent_proof(self, connection: Connection, principal: Principal) -> None:
        """Raise ConfirmFirst unless who calls proved who they are a short while ago.

        Card and PIN at a kiosk are no such proof.
        """
        standing = (
            await store_sessions.standing(connection, principal.session)
            if principal.session
            else None
        )
        proved_at = standing.authenticated_at if standing else None
        if proved_at is None or datetime.now(UTC) - proved_at > RECENT:
            raise ConfirmFirst()

    # --- passwords and links

    async def make_link(
        self, connection: Connection, by: str, account: Account | None, purpose: Purpose
    ) -> OneTimeLink:
        """Make a one-time link; an unused one of the same kind is void from now on."""
        secret = new_secret()
        expires_at = await store_one_time.insert_one_time(
            connection,
            digest(secret),
            purpose,
            account.id if account else None,
            timedelta(hours=LINK_HOURS),
        )
        if account is not None:
            news = events.AccountNews(account.login, account.name, after={"purpose": purpose})
            await self._journal.tell(connection, by, events.LINK_MADE, account.id, news)
        return OneTimeLink(f"/#{_PATHS[purpose]}={secret}", expires_at)

    async def set_password(
        self, connection: Connection, by: str, account: Account, password: str, keep: str | None
    ) -> None:
        """Set a password and end the account's sessions, but `keep`. Raises PasswordRefused."""
        site = await read_site(connection)
        names = [*account.name.split(), *(site.name.split() if site else ())]
        await self.check_password(password, [account.login, *names])
        kept = await self._passwords.hash(password)
        await store.set_password(connection, account.id, kept)
        await store_one_time.void_one_time(connection, Purpose.PASSWORD, account.id)
        await store_lockouts.forget_lockout(connection, password_key(account.login))
        news = events.AccountNews(account.login, account.name)
        await self._journal.tell(connection, by, events.PASSWORD_CHANGED, account.id, news)
        await self.revoke_all(connection, by, account.id, keep)
        # Whoever had the password may have connected an app with it.
        await end_apps(self._journal, connection, by, account.id, Ended.PASSWORD)

    async def check_password(self, password: str, words: Sequence[str]) -> None:
        """Raise PasswordRefused if this should be nobody's password; `words` are easy to guess."""
        leaked = await self._passwords.is_leaked(password)
        if fault := password_fault(password, words, leaked):
            raise PasswordRefused(field="password", expected=fault)

    # --- failures

    async def locked(self, connection: Connection, key: str) -> LockedOut | None:
        """Return LockedOut while attempts at this key are not looked at."""
        now = datetime.now(UTC)
        counted = await store_lockouts.lockout(connection, key)
        if counted is None or not counted.locked(now):
            return None
        minutes = minutes_left(counted, now)
        return LockedOut(retry_after=minutes * 60, minutes=minutes)

    async def failed(
        self, connection: Connection, key: str, login: str, method: Method, origin: Origin
    ) -> LockedOut | SignInRefused:
        """Count a failure at this key and tell of it; return LockedOut or SignInRefused."""
        now = datetime.now(UTC)
        counted = after_failure(await store_lockouts.lockout(connection, key), now)
        await store_lockouts.keep_lockout(connection, key, counted)
        news = events.SignInNews(login[:60], method, origin.address, origin.user_agent)
        kind = events.LOCKED_OUT if counted.locked(now) else events.SIGN_IN_REFUSED
        await self._journal.tell(connection, "nobody", kind, login[:60], news, device=origin.agent)
        if counted.locked(now):
            minutes = minutes_left(counted, now)
            return LockedOut(retry_after=minutes * 60, minutes=minutes)
        return SignInRefused()


def actor(account: str) -> str:
    """Return how the journal names an account."""
    return f"account:{account}"


def password_key(login: str) -> str:
    """Return what failures of this login's password, and of the code with it, are counted under."""
    return f"password:{login.casefold()}"


def pin_key(account: str) -> str:
    """Return what failures at an account's PIN are counted by."""
    return f"pin:{account}"
