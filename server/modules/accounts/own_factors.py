"""Making and removing second factors, one's own and, where they are lost, another's."""

from server.kernel.auth import Principal, digest
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import AlreadyThere, NotFound, PreconditionFailed
from server.modules.accounts import events, store, store_factors, store_roles, totp
from server.modules.accounts.app_endings import Ended, end_apps
from server.modules.accounts.factor_model import (
    CodeRefused,
    Policy,
    RecoveryCodes,
    SecondFactors,
    TotpDraft,
    Whom,
)
from server.modules.accounts.factors import Factors
from server.modules.accounts.grants import check_outranked
from server.modules.accounts.model import Account
from server.modules.accounts.own import Own
from server.modules.accounts.sign_in import SignIns
from server.modules.people.service import checked_id

TOTP = "totp"
ALL = "all"


class FactorKeeper:
    """Every command runs in its caller's transaction."""

    def __init__(self, journal: Journal, sign_ins: SignIns, own: Own, factors: Factors) -> None:
        self._journal = journal
        self._sign_ins = sign_ins
        self._own = own
        self._factors = factors

    async def state(self, connection: Connection, principal: Principal) -> SecondFactors:
        """Return the caller's second factors. Raises Forbidden for a token."""
        account = await self._own.account(connection, principal)
        held = await store_factors.held(connection, account.id)
        lacking = held.covered and not held.totp and not held.passkeys
        return SecondFactors(
            wanted=held.covered,
            due=held.due if lacking else None,
            totp=held.totp,
            passkeys=held.passkeys,
            recovery_codes=held.recovery_codes,
        )

    async def begin(self, connection: Connection, principal: Principal, site: str) -> TotpDraft:
        """Return what an authenticator app needs; until it is proved it changes nothing.

        Raises ConfirmFirst, Forbidden, AlreadyThere while an app is in use.
        """
        account = await self._own.account(connection, principal)
        await self._sign_ins.require_recent_proof(connection, principal)
        secret = totp.new_secret()
        sealed = await self._factors.seal(account.id, secret)
        if not await store_factors.keep_draft(connection, account.id, sealed):
            raise AlreadyThere(field="totp")
        return totp.draft(secret, account.login, site)

    async def confirm(
        self, connection: Connection, principal: Principal, code: str
    ) -> RecoveryCodes:
        """Take the app in use that shows this code. Raises CodeRefused, ConfirmFirst, Forbidden."""
        account = await self._own.account(connection, principal)
        await self._sign_ins.require_recent_proof(connection, principal)
        sealed = await store_factors.totp_draft(connection, account.id)
        secret = await self._factors.unseal(account.id, sealed) if sealed else None
        step = totp.step_at(self._factors.clock())
        if secret is None or not totp.matches(secret, step, totp.typed(code)):
            raise CodeRefused(field="code")
        await store_factors.confirm_totp(connection, account.id, step)
        await store_factors.note_two_factors(connection, principal.session or "")
        await self._sign_ins.end_single_factor(connection, principal, account.id)
        await self._tell(connection, principal.actor, events.FACTOR_ADDED, account, TOTP)
        return await self._fresh_codes(connection, principal, account)

    async def remove(self, connection: Connection, principal: Principal) -> None:
        """Remove the caller's app. Raises NotFound, ConfirmFirst, Forbidden."""
        account = await self._own.account(connection, principal)
        await self._sign_ins.require_recent_proof(connection, principal)
        if not await store_factors.delete_totp(connection, account.id):
            raise NotFound()
        await self._tell(connection, principal.actor, events.FACTOR_REMOVED, account, TOTP)

    async def renew_codes(self, connection: Connection, principal: Principal) -> RecoveryCodes:
        """Return ten fresh recovery codes. Raises ConfirmFirst, Forbidden."""
        account = await self._own.account(connection, principal)
        await self._sign_ins.require_recent_proof(connection, principal)
        return await self._fresh_codes(connection, principal, account)

    async def take_away(self, connection: Connection, principal: Principal, account: str) -> None:
        """Remove all second factors of an account whose owner lost them, and end its sessions.

        Raises NotFound, ConfirmFirst, and BeyondOwnRights for an account that may do more.
        """
        found = await store.account_by_id(connection, checked_id(account), lock=True)
        if found is None:
            raise NotFound()
        check_outranked(principal, await store_roles.permissions_of(connection, found.id))
        await self._sign_ins.require_recent_proof(connection, principal)
        await self.forget(connection, principal.actor, found)

    async def forget(self, connection: Connection, by: str, account: Account) -> None:
        """Remove all second factors of an account, and end its sessions and apps."""
        await store_factors.take_away(connection, account.id)
        await self._tell(connection, by, events.FACTOR_REMOVED, account, ALL)
        await self._sign_ins.revoke_all(connection, by, account.id)
        await end_apps(self._journal, connection, by, account.id, Ended.SIGNED_OUT)

    # --- who must have one

    async def set_policy(
        self, connection: Connection, principal: Principal, whom: Whom, expected_version: int
    ) -> Policy:
        """Say who must have a second factor; whoever has none gets their time at the next sign-in.

        Raises PreconditionFailed, ConfirmFirst.
        """
        before = await store_factors.policy(connection, lock=True)
        if before.version != expected_version:
            raise PreconditionFailed(current=before.version)
        await self._sign_ins.require_recent_proof(connection, principal)
        if before.second_factor is whom:
            return before
        await store_factors.set_policy(connection, whom)
        news = events.PolicyNews({"second_factor": before.second_factor}, {"second_factor": whom})
        await self._journal.tell(connection, principal.actor, events.POLICY_CHANGED, "policy", news)
        return await store_factors.policy(connection)

    # --- inside

    async def _fresh_codes(
        self, connection: Connection, principal: Principal, account: Account
    ) -> RecoveryCodes:
        codes = totp.new_recovery_codes()
        hashes = [digest(totp.typed(code)) for code in codes]
        await store_factors.keep_recovery_codes(connection, account.id, hashes)
        news = events.AccountNews(account.login, account.name)
        await self._journal.tell(
            connection, principal.actor, events.RECOVERY_CODES_MADE, account.id, news
        )
        return RecoveryCodes(list(codes))

    async def _tell(
        self, connection: Connection, by: str, kind: str, account: Account, factor: str
    ) -> None:
        news = events.AccountNews(account.login, account.name, after={"factor": factor})
        await self._journal.tell(connection, by, kind, account.id, news)
