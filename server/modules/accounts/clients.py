"""Machines that sign in with a secret: who registers them, and how they prove themselves."""

import hmac
import re
import secrets

from contract.ids import new_id
from server.kernel.auth import Principal, digest, new_secret
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import NotFound, PreconditionFailed, Unavailable
from server.modules.accounts import events, store_clients, store_roles
from server.modules.accounts.access_tokens import AccessTokens
from server.modules.accounts.changes import applied, differing
from server.modules.accounts.grants import check_grant, check_outranked
from server.modules.accounts.oauth_model import (
    BEARER,
    Client,
    ClientChange,
    ClientDraft,
    ClientId,
    ClientSecret,
    Granted,
)
from server.modules.accounts.oauth_problems import TokenError, TokenRefused
from server.modules.accounts.oauth_rules import ACCESS_LIFETIME, client_id

# No vowels, so no words, and nothing that looks like something else: RFC 8628, 6.1.
_ALPHABET = "bcdfghjkmnpqrstvwxz23456789"
_SUFFIX = 4
_ID = re.compile(r"[0-9a-z-]{1,60}")
_ATTEMPTS = 20


class Clients:
    """Every command runs in its caller's transaction."""

    def __init__(self, journal: Journal, tokens: AccessTokens) -> None:
        self._journal = journal
        self._tokens = tokens

    async def client(self, connection: Connection, client: str, *, lock: bool = False) -> Client:
        """Return one client. Raises NotFound."""
        found = await store_clients.client_by_id(connection, client, lock=lock)
        if found is None:
            raise NotFound()
        return found

    async def create(
        self, connection: Connection, principal: Principal, draft: ClientDraft
    ) -> ClientSecret:
        """Register a machine. Raises Invalid (an unknown role), BeyondOwnRights."""
        await check_grant(connection, principal, draft.roles)
        secret = new_secret()
        for _ in range(_ATTEMPTS):
            suffix = "".join(secrets.choice(_ALPHABET) for _ in range(_SUFFIX))
            client = ClientId(client_id(draft.name, suffix))
            if await store_clients.insert_client(
                connection, client, draft.name, digest(secret), new_id(), principal.actor
            ):
                break
        else:
            raise Unavailable(retry_after=1)
        await store_roles.give_to_client(connection, client, draft.roles)
        news = events.ClientNews(draft.name, after={"roles": " ".join(sorted(draft.roles))})
        await self._journal.tell(connection, principal.actor, events.CLIENT_CREATED, client, news)
        return ClientSecret(await self.client(connection, client), secret)

    async def change(
        self,
        connection: Connection,
        principal: Principal,
        client: str,
        change: ClientChange,
        expected_version: int,
    ) -> Client:
        """Change a client; disabling it, or taking rights away, works at once.

        Raises NotFound, PreconditionFailed, Invalid, BeyondOwnRights.
        """
        before = await self.client(connection, client, lock=True)
        if before.version != expected_version:
            raise PreconditionFailed(current=before.version)
        await self._check_outranked(connection, principal, before.id)
        after = applied(before, change)
        await check_grant(connection, principal, sorted(set(after.roles) - set(before.roles)))
        await store_clients.update_client(connection, after)
        await store_roles.give_to_client(connection, before.id, after.roles)
        old, new = differing(_shown(before), _shown(after))
        news = events.ClientNews(after.name, before=old, after=new)
        await self._journal.tell(
            connection, principal.actor, events.CLIENT_CHANGED, before.id, news
        )
        return await self.client(connection, before.id)

    async def new_secret(
        self, connection: Connection, principal: Principal, client: str
    ) -> ClientSecret:
        """Replace the secret; with the old one, its access tokens are worth nothing.

        Raises NotFound, BeyondOwnRights: a secret is as good as the client.
        """
        found = await self.client(connection, client, lock=True)
        await self._check_outranked(connection, principal, found.id)
        secret = new_secret()
        await store_clients.set_secret(connection, found.id, digest(secret), new_id())
        news = events.ClientNews(found.name)
        await self._journal.tell(
            connection,
            principal.actor,
            events.CLIENT_SECRET_CHANGED,
            found.id,
            news,
        )
        return ClientSecret(await self.client(connection, found.id), secret)

    async def grant(
        self, connection: Connection, client: str, secret: str, address: str
    ) -> Granted | TokenRefused:
        """Give an access token for the secret (RFC 6749, 4.4): no refresh token comes with it.

        Returns TokenRefused: that somebody tried must be kept.
        """
        kept = await store_clients.proof_of(connection, client)
        if kept is None or not hmac.compare_digest(kept.secret_hash, digest(secret)):
            return await self._refused(connection, client, address)
        before = await store_clients.note_use(connection, client, kept.secret_id, address)
        if before is None:
            return await self._refused(connection, client, address)
        # A robot gets four tokens an hour: only where it comes from is news.
        if before != (address,):
            news = events.ClientNews(kept.name, address=address)
            kind = events.CLIENT_SIGNED_IN
            await self._journal.tell(connection, actor(client), kind, client, news)
        return Granted(
            access_token=await self._tokens.sign(actor(client), kept.secret_id),
            token_type=BEARER,
            expires_in=int(ACCESS_LIFETIME.total_seconds()),
        )

    async def _refused(self, connection: Connection, client: str, address: str) -> TokenRefused:
        # What is no id may be the secret, put into the wrong field.
        subject = client if _ID.fullmatch(client) else "-"
        news = events.ClientNews("", address=address)
        await self._journal.tell(connection, "nobody", events.CLIENT_REFUSED, subject, news)
        return TokenRefused(TokenError.INVALID_CLIENT, "unknown, stopped, or a wrong secret")

    async def _check_outranked(
        self, connection: Connection, principal: Principal, client: str
    ) -> None:
        check_outranked(principal, await store_clients.permissions_of(connection, client))


def actor(client: str) -> str:
    """Return how the journal names a client."""
    return f"client:{client}"


def _shown(client: Client) -> dict[str, str]:
    return {
        "name": client.name,
        "roles": " ".join(sorted(client.roles)),
        "disabled": "yes" if client.disabled else "no",
    }
