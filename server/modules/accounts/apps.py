"""Apps that act for a person: each has a family of refresh tokens, and can be cut off alone."""

from contract.ids import new_id
from server.kernel.auth import Principal, digest, new_secret
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import Forbidden, NotFound
from server.modules.accounts import events, store, store_apps
from server.modules.accounts.access_tokens import AccessTokens
from server.modules.accounts.app_endings import Ended
from server.modules.accounts.oauth_model import BEARER, App, FamilyId, Granted
from server.modules.accounts.oauth_problems import TokenError, TokenRefused
from server.modules.accounts.oauth_rules import ACCESS_LIFETIME, Verdict, judge
from server.modules.accounts.sign_in import SignIns, actor
from server.modules.people.service import checked_id


class Apps:
    """Opens, refreshes and ends them. Every command runs in its caller's transaction."""

    def __init__(self, journal: Journal, sign_ins: SignIns, tokens: AccessTokens) -> None:
        self._journal = journal
        self._sign_ins = sign_ins
        self._tokens = tokens

    async def open(
        self, connection: Connection, principal: Principal, name: str, address: str
    ) -> Granted:
        """Give an app of the caller its first tokens.

        Raises Forbidden for a token (it opens no other), ConfirmFirst.
        """
        account = _owner(principal)
        await self._sign_ins.require_recent_proof(connection, principal)
        # Whoever disables the account meanwhile comes before this, or ends what this makes.
        held = await store.account_by_id(connection, account, lock=True)
        if held is None or held.disabled:
            raise Forbidden(permission="session")
        family = FamilyId(new_id())
        await store_apps.insert_family(connection, family, account, name, address)
        news = events.AppNews(name, address=address)
        await self._journal.tell(connection, principal.actor, events.APP_OPENED, account, news)
        return await self._grant(connection, family, account)

    async def refresh(
        self, connection: Connection, secret: str, address: str
    ) -> Granted | TokenRefused:
        """Use a refresh token up, and give the next ones.

        Returns TokenRefused: what a stolen one revokes must be kept.
        """
        kept = await store_apps.present(connection, digest(secret))
        refused = TokenRefused(TokenError.INVALID_GRANT, "unknown, expired or revoked")
        if kept is None:
            return refused
        match judge(kept.token, kept.now):
            case Verdict.VOID:
                return refused
            case Verdict.STOLEN:
                await store_apps.revoke_family(connection, kept.account, kept.family, Ended.REUSED)
                news = events.AppNews(kept.name, Ended.REUSED, address)
                await self._journal.tell(
                    connection, "nobody", events.REFRESH_REUSED, kept.account, news
                )
                return refused
            case Verdict.GOOD:
                await store_apps.note_refresh(connection, digest(secret), kept.family, address)
                return await self._grant(connection, kept.family, kept.account)

    async def own(self, connection: Connection, principal: Principal) -> list[App]:
        """Return the caller's apps. Raises Forbidden for a token."""
        return await store_apps.list_apps(connection, _owner(principal))

    async def revoke(self, connection: Connection, principal: Principal, family: str) -> None:
        """End one of the caller's apps, at once. Raises NotFound, Forbidden for a token."""
        account = _owner(principal)
        name = await store_apps.revoke_family(connection, account, checked_id(family), Ended.OWNER)
        if name is None:
            raise NotFound()
        news = events.AppNews(name, Ended.OWNER)
        await self._journal.tell(connection, principal.actor, events.APP_REVOKED, account, news)

    async def _grant(self, connection: Connection, family: FamilyId, account: str) -> Granted:
        secret = new_secret()
        await store_apps.insert_refresh(connection, digest(secret), family)
        return Granted(
            access_token=await self._tokens.sign(actor(account), family),
            token_type=BEARER,
            expires_in=int(ACCESS_LIFETIME.total_seconds()),
            refresh_token=secret,
        )


def _owner(principal: Principal) -> str:
    if principal.account is None or principal.session is None:
        raise Forbidden(permission="session")
    return principal.account
