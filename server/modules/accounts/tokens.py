"""API tokens: named, limited to some of one's own permissions, expiring, revoked at once.

A token belongs to the site, not to who made it: it goes on when their account is disabled.
"""

from datetime import UTC, datetime, timedelta

from server.kernel.auth import Principal, create_token, digest
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import AlreadyThere, NotFound
from server.modules.accounts import events, store_tokens
from server.modules.accounts.model import BeyondOwnRights
from server.modules.accounts.service import Accounts
from server.modules.accounts.sign_in import SignIns
from server.modules.accounts.token_model import Token, TokenDraft, TokenMade, TokenState
from server.modules.people.service import checked_id


class TokenKeeper:
    """Every command runs in its caller's transaction."""

    def __init__(self, journal: Journal, accounts: Accounts, sign_ins: SignIns) -> None:
        self._journal = journal
        self._accounts = accounts
        self._sign_ins = sign_ins

    async def create(
        self, connection: Connection, principal: Principal, draft: TokenDraft
    ) -> TokenMade:
        """Make a token.

        Raises ConfirmFirst (also for a token: none begets another), Invalid, BeyondOwnRights,
        AlreadyThere while a valid token has this name: the journal names tokens by it.
        """
        self._accounts.check_permissions(principal, draft.permissions)
        await self._sign_ins.require_recent_proof(connection, principal)
        if await store_tokens.is_name_taken(connection, draft.name):
            raise AlreadyThere(field="name", value=draft.name)
        expires_at = None if draft.days is None else datetime.now(UTC) + timedelta(draft.days)
        secret = await create_token(
            connection, draft.name, frozenset(draft.permissions), expires_at, principal.actor
        )
        made = await store_tokens.token_by_hash(connection, digest(secret))
        if made is None:
            raise NotFound()
        await self._tell(connection, principal, events.TOKEN_CREATED, made)
        return TokenMade(made, secret)

    async def revoke(self, connection: Connection, principal: Principal, token: str) -> None:
        """Make a token worthless; one that is so already stays it.

        Raises NotFound, BeyondOwnRights for a token that may do more than the caller.
        """
        found = await store_tokens.token_by_id(connection, checked_id(token))
        if found is None:
            raise NotFound()
        for permission in found.permissions:
            if not principal.may(permission):
                raise BeyondOwnRights(permission=permission)
        if found.state is TokenState.REVOKED:
            return
        await store_tokens.revoke_token(connection, found.id)
        await self._tell(connection, principal, events.TOKEN_REVOKED, found)

    async def _tell(
        self, connection: Connection, principal: Principal, kind: str, token: Token
    ) -> None:
        until = token.expires_at.isoformat() if token.expires_at else ""
        news = events.TokenNews(token.name, token.permissions, until)
        await self._journal.tell(connection, principal.actor, kind, token.id, news)
